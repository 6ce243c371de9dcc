//! Staff of an import file.

use fuyou_kernel::{Date, Id, Timestamp};
use sm3::{Digest as _, Sm3};

use super::store::{self, Kept};
use super::{NAME_CHARACTERS_MAX, Particulars, Post, Profession, StaffId};
use crate::db::{Change, Error, Operation, Tx};
use crate::keys::Keyring;
use crate::registry::OrganizationId;

/// A staff member as a file tells of her: no phone, no login.
#[derive(Clone, Debug)]
pub(crate) struct ImportedStaff {
    /// How files name her.
    pub code: String,
    /// Where she works.
    pub organization: OrganizationId,
    /// Her name.
    pub name: String,
    /// Her title (职称).
    pub title: String,
    /// What she is by training.
    pub profession: Profession,
    /// Since when she works there.
    pub from_on: Date,
}

impl ImportedStaff {
    /// Whether name and title can be kept.
    pub(crate) fn is_fit(&self) -> bool {
        let short = |text: &str| text.trim().chars().count() <= NAME_CHARACTERS_MAX;
        !self.name.trim().is_empty() && short(&self.name) && short(&self.title)
    }
}

/// Stores those who are not known by their code yet; what the installation knows of the others stays. Says how many are
/// new. The caller has the right, and audits.
pub(crate) async fn import_staff(
    tx: &mut Tx,
    keys: &Keyring,
    staff: &[ImportedStaff],
    now: Timestamp,
) -> Result<u64, Error> {
    let mut new = 0;
    for member in staff {
        let (id, post_id) = (id_of(&member.code, "staff"), id_of(&member.code, "post"));
        let said = Particulars {
            name: member.name.clone(),
            profession: member.profession,
            title: member.title.clone(),
            phone: None,
            login: String::new(),
        };
        let post = Post {
            organization: member.organization,
            from_on: member.from_on,
            until_on: None,
        };
        let id: StaffId = Id::from_uuid(id);
        if store::is_known(tx, id).await? {
            continue;
        }
        store::insert(tx, id, &Kept::of(keys, id, &said, None), &post, now).await?;
        store::insert_post(tx, id, post_id, &post).await?;
        tx.changed(Change {
            subject_id: Some(id.uuid()),
            entity: "staff",
            entity_id: id.uuid(),
            operation: Operation::Insert,
            at: now,
        });
        new += 1;
    }
    Ok(new)
}

/// Files know staff by their codes: the id follows from it, so that a repeated import is harmless.
pub(super) fn id_of(code: &str, what: &str) -> uuid::Uuid {
    let digest = Sm3::digest(format!("{what}/{code}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
