//! What a staff member is.

use fuyou_kernel::{Date, Id, Phone, kinds};

use crate::access::UserId;
use crate::registry::{OrganizationId, UnknownWord};

/// Id of a staff member.
pub type StaffId = Id<kinds::Staff>;

/// Most characters of a name and a title; catches typing errors only.
pub(super) const NAME_CHARACTERS_MAX: usize = 60;

/// What somebody is by training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profession {
    /// 执业（助理）医师
    Doctor,
    /// 护士
    Nurse,
    /// 助产士
    Midwife,
    /// 乡村医生
    VillageDoctor,
    /// 公共卫生人员
    PublicHealth,
    /// 医技、药学人员
    Technician,
    /// 管理及其他人员
    Other,
}

impl Profession {
    /// Every profession.
    pub const ALL: [Profession; 7] = [
        Profession::Doctor,
        Profession::Nurse,
        Profession::Midwife,
        Profession::VillageDoctor,
        Profession::PublicHealth,
        Profession::Technician,
        Profession::Other,
    ];

    /// The word in storage, forms and texts.
    pub fn word(self) -> &'static str {
        match self {
            Profession::Doctor => "doctor",
            Profession::Nurse => "nurse",
            Profession::Midwife => "midwife",
            Profession::VillageDoctor => "village_doctor",
            Profession::PublicHealth => "public_health",
            Profession::Technician => "technician",
            Profession::Other => "other",
        }
    }
}

impl std::str::FromStr for Profession {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Profession::ALL.into_iter().find(|one| one.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "profession"))
    }
}

/// What is said about a staff member, wherever she works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Name.
    pub name: String,
    /// What she is by training.
    pub profession: Profession,
    /// Her professional title (职称).
    pub title: String,
    /// Her phone at work.
    pub phone: Option<Phone>,
    /// The login of her user, when she has one.
    pub login: String,
}

/// A place where somebody works or worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The organization.
    pub organization: OrganizationId,
    /// First day there.
    pub from_on: Date,
    /// Last day there.
    pub until_on: Option<Date>,
}

/// A staff member.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Her id.
    pub id: StaffId,
    /// What is said about her.
    pub said: Particulars,
    /// Where she works now, or worked last.
    pub organization: OrganizationId,
    /// Her first day at her first place.
    pub from_on: Date,
    /// Her last day; none while she works.
    pub until_on: Option<Date>,
    /// Counts changes.
    pub version: i64,
    /// Her user.
    pub user: Option<UserId>,
}
