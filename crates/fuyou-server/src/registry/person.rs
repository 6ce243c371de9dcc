//! What a person's identity is, and when it cannot be right.

use std::str::FromStr;

use fuyou_kernel::{Date, Id, IdentityNumber, Phone, Sex, kinds};
use pinyin::ToPinyin as _;

use super::{OrganizationId, UnknownWord};

/// Id of a person.
pub type PersonId = Id<kinds::Person>;

/// Most characters of a name; catches typing errors only.
const NAME_CHARACTERS_MAX: usize = 60;

/// Sex of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonSex {
    /// 女
    Female,
    /// 男
    Male,
    /// Not determined or not stated.
    Unknown,
}

/// What the identity number is written on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityType {
    /// 居民身份证; the number has a check character.
    IdentityCard,
    /// 护照
    Passport,
    /// Permit of a resident of Hong Kong, Macao or Taiwan.
    Permit,
    /// Birth certificate.
    BirthCertificate,
    /// Nothing at hand.
    None,
}

/// Where the household is registered, seen from the residence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Household {
    /// In the same county.
    Local,
    /// In another county of the province.
    OtherCounty,
    /// In another province.
    OtherProvince,
    /// Abroad.
    Foreign,
    /// Not known.
    Unknown,
}

impl PersonSex {
    /// Every value.
    pub const ALL: &[PersonSex] = &[PersonSex::Female, PersonSex::Male, PersonSex::Unknown];

    /// The word in storage, forms and texts.
    pub fn word(self) -> &'static str {
        match self {
            PersonSex::Female => "female",
            PersonSex::Male => "male",
            PersonSex::Unknown => "unknown",
        }
    }
}

impl FromStr for PersonSex {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = PersonSex::ALL
            .iter()
            .copied()
            .find(|value| value.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "sex"))
    }
}

impl IdentityType {
    /// Every value.
    pub const ALL: &[IdentityType] = &[
        IdentityType::IdentityCard,
        IdentityType::Passport,
        IdentityType::Permit,
        IdentityType::BirthCertificate,
        IdentityType::None,
    ];

    /// The word in storage, forms and texts.
    pub fn word(self) -> &'static str {
        match self {
            IdentityType::IdentityCard => "identity_card",
            IdentityType::Passport => "passport",
            IdentityType::Permit => "permit",
            IdentityType::BirthCertificate => "birth_certificate",
            IdentityType::None => "none",
        }
    }
}

impl FromStr for IdentityType {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = IdentityType::ALL
            .iter()
            .copied()
            .find(|value| value.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "type of identity document"))
    }
}

impl Household {
    /// Every value.
    pub const ALL: &[Household] = &[
        Household::Local,
        Household::OtherCounty,
        Household::OtherProvince,
        Household::Foreign,
        Household::Unknown,
    ];

    /// The word in storage, forms and texts.
    pub fn word(self) -> &'static str {
        match self {
            Household::Local => "local",
            Household::OtherCounty => "other_county",
            Household::OtherProvince => "other_province",
            Household::Foreign => "foreign",
            Household::Unknown => "unknown",
        }
    }
}

impl FromStr for Household {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let found = Household::ALL
            .iter()
            .copied()
            .find(|value| value.word() == text);
        found.ok_or_else(|| UnknownWord(text.to_owned(), "kind of household"))
    }
}

/// Everything that identifies a person and says where she lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Name as on the document.
    pub name: String,
    /// Sex.
    pub sex: PersonSex,
    /// Date of birth.
    pub birth_on: Date,
    /// Kind of document.
    pub id_type: IdentityType,
    /// Its number; checked when it is an identity card.
    pub id_no: Option<Secret>,
    /// Phone.
    pub phone: Option<Phone>,
    /// The organization whose area she lives in.
    pub residence: OrganizationId,
    /// Address within that area.
    pub address: String,
    /// Since when she lives there.
    pub residence_since: Option<Date>,
    /// Where her household is registered.
    pub household: Household,
    /// Place of the household's registration.
    pub household_region: Option<String>,
    /// Ethnicity (民族).
    pub ethnicity: Option<String>,
}

/// A document number. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The number without blanks, in capitals; none when nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        (!text.is_empty()).then(|| Secret(text.to_uppercase()))
    }

    /// The number itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A document number of a file.
pub(crate) fn secret(text: &str) -> Option<Secret> {
    Secret::new(text)
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A field that cannot be right, for showing beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field in the form.
    pub field: &'static str,
    /// Key of the text.
    pub text: &'static str,
}

/// An identity that cannot be right, with every problem found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} fields of the identity cannot be right", .0.len())]
pub struct IdentityError(pub Vec<Problem>);

/// A registered person.
#[derive(Debug, Clone)]
pub struct Person {
    /// Her id, the subject of everything about her.
    pub id: PersonId,
    /// Who she is.
    pub identity: Identity,
    /// Counts corrections.
    pub version: i64,
    /// The person this record was merged into.
    pub merged_into: Option<PersonId>,
}

impl Identity {
    /// Checks everything that can be checked without the database.
    pub fn check(&self, today: Date) -> Result<(), IdentityError> {
        let mut problems = Vec::new();
        let mut wrong = |field, text| problems.push(Problem { field, text });
        if self.name.trim().is_empty() {
            wrong("name", "person-name-missing");
        }
        if self.name.chars().count() > NAME_CHARACTERS_MAX {
            wrong("name", "person-name-long");
        }
        if today < self.birth_on {
            wrong("birth_on", "person-birth-future");
        }
        if self
            .residence_since
            .is_some_and(|since| since < self.birth_on || today < since)
        {
            wrong("residence_since", "person-since-wrong");
        }
        match (self.id_type, &self.id_no) {
            (IdentityType::None, Some(_)) => wrong("id_type", "person-id-type-missing"),
            (IdentityType::None, None) => {}
            (_, None) => wrong("id_no", "person-id-no-missing"),
            (IdentityType::IdentityCard, Some(number)) => {
                match number.reveal().parse::<IdentityNumber>() {
                    Err(_) => wrong("id_no", "person-id-no-wrong"),
                    Ok(number) => {
                        if number.birth_date() != self.birth_on {
                            wrong("birth_on", "person-birth-disagrees");
                        }
                        let sex = match number.sex() {
                            Sex::Female => PersonSex::Female,
                            Sex::Male => PersonSex::Male,
                        };
                        if sex != self.sex {
                            wrong("sex", "person-sex-disagrees");
                        }
                    }
                }
            }
            (
                IdentityType::Passport | IdentityType::Permit | IdentityType::BirthCertificate,
                Some(_),
            ) => {}
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(IdentityError(problems))
        }
    }

    /// All of it as one text, for telling a repeated registration from a different one. Only its keyed hash is stored.
    pub(super) fn canonical(&self) -> String {
        let since = self
            .residence_since
            .map(|date| date.to_string())
            .unwrap_or_default();
        [
            self.name.as_str(),
            self.sex.word(),
            &self.birth_on.to_string(),
            self.id_type.word(),
            self.id_no.as_ref().map_or("", Secret::reveal),
            self.phone.as_ref().map_or("", Phone::reveal),
            &self.residence.to_string(),
            &self.address,
            &since,
            self.household.word(),
            self.household_region.as_deref().unwrap_or_default(),
            self.ethnicity.as_deref().unwrap_or_default(),
        ]
        .join("\u{1f}")
    }
}

/// The name in letters for searching: all of each syllable, and the first letter of each.
/// What is not a Chinese character is kept when it is a letter or digit.
pub(super) fn spelled(name: &str) -> (String, String) {
    let (mut pinyin, mut initials) = (String::new(), String::new());
    for (c, syllable) in name.chars().zip(name.to_pinyin()) {
        match syllable {
            Some(syllable) => {
                pinyin.push_str(syllable.plain());
                initials.push_str(syllable.first_letter());
            }
            None if c.is_alphanumeric() => {
                let lower = c.to_lowercase().to_string();
                pinyin.push_str(&lower);
                initials.push_str(&lower);
            }
            None => {}
        }
    }
    (pinyin.replace('ü', "v"), initials)
}
