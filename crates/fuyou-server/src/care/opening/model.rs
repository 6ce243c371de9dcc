//! A link between who opened and who was opened, and what was carried over it.

use std::collections::BTreeMap;

use fuyou_kernel::hex;
use fuyou_pack::opening::{NewPerson, Opening};
use serde_json::Value as Json;
use sm3::{Digest, Sm3};
use uuid::Uuid;

use crate::care::derive::derived_id;
use crate::care::model::Reasons;
use crate::registry::OrganizationId;

/// Bytes of a digest: enough to tell a change, too few to guess from.
const DIGEST_BYTES: usize = 8;
/// Names under which the digests of who somebody is stand among those of fields; no field can have them.
const PERSON: [&str; 3] = ["person.name", "person.sex", "person.birth_on"];

/// How far a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// The opened enrollment is there.
    Open,
    /// What is carried does not fill the opening form: a person has to.
    Waiting,
    /// What opened it no longer does.
    Withdrawn,
}

impl LinkState {
    pub(super) const ALL: [LinkState; 3] =
        [LinkState::Open, LinkState::Waiting, LinkState::Withdrawn];

    /// The word in storage.
    pub fn word(self) -> &'static str {
        match self {
            LinkState::Open => "open",
            LinkState::Waiting => "waiting",
            LinkState::Withdrawn => "withdrawn",
        }
    }
}

/// What was carried of one thing: digests of what the opener said, and of what was stored of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digests {
    pub told: String,
    pub stored: String,
}

/// What was carried, by field; who somebody is stands there too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CarriedOver(pub BTreeMap<String, Digests>);

/// A link as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// Who was opened.
    pub subject: Uuid,
    pub id: Uuid,
    /// Whose record opened.
    pub other: Uuid,
    /// The opener's program.
    pub program: String,
    pub opens: String,
    pub key: String,
    pub opener_enrollment: Uuid,
    pub opener_encounter: Uuid,
    pub enrollment: Option<Uuid>,
    pub encounter: Option<Uuid>,
    pub state: LinkState,
    pub carried: CarriedOver,
    /// Fields that say something else than the opener, because a person changed them.
    pub differs: Vec<String>,
    /// The opener's responsible organization as last followed.
    pub with_org: OrganizationId,
    /// Where the opener's subject lived when last followed.
    pub lived: Option<OrganizationId>,
    /// 0: not stored yet.
    pub version: i64,
}

/// The ids of what a row opens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ids {
    pub link: Uuid,
    pub person: Uuid,
    pub enrollment: Uuid,
    pub encounter: Uuid,
}

impl Ids {
    pub(super) fn of(encounter: Uuid, opens: &str, key: &str) -> Ids {
        let link = derived_id(&[
            b"link",
            encounter.as_bytes(),
            opens.as_bytes(),
            key.as_bytes(),
        ]);
        let of_link = |what: &[u8]| derived_id(&[what, link.as_bytes()]);
        Ids {
            link,
            person: of_link(b"linked person"),
            enrollment: of_link(b"linked enrollment"),
            encounter: of_link(b"linked encounter"),
        }
    }
}

/// A digest of a value, salted with where it stands.
pub(super) fn digest(link: Uuid, name: &str, text: &str) -> String {
    let mut hasher = Sm3::new();
    for part in [link.as_bytes(), name.as_bytes(), text.as_bytes()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hex(hasher.finalize().iter().take(DIGEST_BYTES))
}

/// Who a new person is, as texts beside their names.
pub(super) fn person_texts(person: &NewPerson) -> BTreeMap<String, String> {
    let texts = [
        person.name.clone(),
        person.sex.clone(),
        person.birth_on.0.to_string(),
    ];
    PERSON.map(str::to_owned).into_iter().zip(texts).collect()
}

/// The name of the day of the opening record among what is carried.
pub(super) const OCCURRED_ON: &str = "occurred_on";

/// The day of the opening record as a text.
pub(super) fn day_text(opening: &Opening) -> String {
    opening
        .draft
        .occurred_on
        .map_or_else(String::new, |day| day.0.to_string())
}

impl CarriedOver {
    /// Whether what the opener says of something is what it said before.
    pub(super) fn says(&self, link: Uuid, name: &str, told: &str) -> bool {
        self.0
            .get(name)
            .is_some_and(|digests| digests.told == digest(link, name, told))
    }

    /// Whether what is stored of something is what was carried there.
    pub(super) fn stands(&self, link: Uuid, name: &str, stored: &str) -> bool {
        self.0
            .get(name)
            .is_none_or(|digests| digests.stored == digest(link, name, stored))
    }

    pub(super) fn put(&mut self, link: Uuid, name: &str, (told, stored): (&str, &str)) {
        let digests = Digests {
            told: digest(link, name, told),
            stored: digest(link, name, stored),
        };
        self.0.insert(name.to_owned(), digests);
    }

    /// Remembers what the opener says of something whose stored value stays.
    pub(super) fn tell(&mut self, link: Uuid, name: &str, told: &str) {
        let told = digest(link, name, told);
        if let Some(digests) = self.0.get_mut(name) {
            digests.told = told;
        }
    }

    /// As it is stored.
    pub(super) fn text(&self) -> String {
        let pairs = self.0.iter().map(|(name, digests)| {
            let both = Json::from(vec![digests.told.clone(), digests.stored.clone()]);
            (name.clone(), both)
        });
        Json::Object(pairs.collect()).to_string()
    }

    /// From what is stored; `None` when it is something else.
    pub(super) fn read(text: &str) -> Option<CarriedOver> {
        let Json::Object(pairs) = serde_json::from_str(text).ok()? else {
            return None;
        };
        let mut carried = CarriedOver::default();
        for (name, both) in pairs {
            let [told, stored] = both.as_array()?.as_slice() else {
                return None;
            };
            let digests = Digests {
                told: told.as_str()?.to_owned(),
                stored: stored.as_str()?.to_owned(),
            };
            carried.0.insert(name, digests);
        }
        Some(carried)
    }
}

/// The reason given for whatever the opened form asks about: a person confirmed it in the opener's record.
pub(super) fn reasons() -> Reasons {
    Reasons::from([(
        "*".to_owned(),
        "由关联记录带入 · carried over from the linked record".to_owned(),
    )])
}
