//! Persons who come to be with a record of somebody else, and follow it.

use std::collections::BTreeMap;

use fuyou_kernel::DayNumber;
use fuyou_pack::model::{Opens, Travel};
use fuyou_pack::opening::NewPerson;

use super::model::Link;
use super::plan::Looked;
use super::store;
use crate::care::derive::derived_id;
use crate::care::{Acting, Care, Error, shown};
use crate::keys::Keyring;
use crate::registry::{
    Identity, IdentityType, Person, PersonId, PersonRow, PersonSex, Profile, correct_linked,
    person_row,
};

impl Care {
    /// Corrects somebody after the opener's record; nothing when somebody else was faster.
    pub(super) async fn correct_person(
        &self,
        by: &Acting,
        keys: &Keyring,
        (person, identity): (&Person, &Identity),
        link: Link,
    ) -> Result<(), Error> {
        let mut tx = self.db().begin(Some(link.subject)).await?;
        let version = person.version.to_be_bytes();
        let history_id = |field: &str| {
            derived_id(&[
                b"linked correction",
                person.id.uuid().as_bytes(),
                &version,
                field.as_bytes(),
            ])
        };
        let reason = "随关联记录更正 · follows the linked record";
        let what = (person, identity);
        if !correct_linked(&mut tx, keys, by, what, (reason, history_id)).await? {
            return Ok(());
        }
        self.refresh_in(&mut tx, by, link.subject, None).await?;
        if store::save(&mut tx, store::link_row(&link, by.now).into()).await? == 1 {
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Who somebody is after following the opener: what a person has changed stays.
pub(super) fn followed(
    looked: &Looked,
    opens: &Opens,
    (person, link): (&Person, &Link),
    told: &BTreeMap<String, String>,
) -> Identity {
    let mut identity = person.identity.clone();
    for (name, text) in told {
        let stands = link
            .carried
            .stands(link.id, name, &stored_of(&person.identity, name));
        if link.carried.says(link.id, name, text) || !stands {
            continue;
        }
        match name.as_str() {
            "person.name" => identity.name.clone_from(text),
            "person.sex" => identity.sex = sex(text),
            _ => {
                if let Some(day) = text.parse().ok().map(DayNumber) {
                    identity.birth_on = shown::date(day);
                }
            }
        }
    }
    let lives = looked.file.residence();
    let together = link.lived == Some(person.identity.residence);
    if let (true, true, Some(to)) = (opens.travels.contains(&Travel::Move), together, lives)
        && identity.residence != to
    {
        identity.residence = to;
        if let Some(opener) = &looked.person {
            identity.address.clone_from(&opener.address);
        }
    }
    identity
}

/// What is stored of who somebody is, as [`person_texts`] words it.
pub(super) fn stored_of(identity: &Identity, name: &str) -> String {
    match name {
        "person.name" => identity.name.clone(),
        "person.sex" => identity.sex.word().to_owned(),
        _ => DayNumber::from(identity.birth_on).0.to_string(),
    }
}

fn sex(word: &str) -> PersonSex {
    word.parse().unwrap_or(PersonSex::Unknown)
}

/// A new person: she lives where the opener's subject lives, and is reached by the same phone.
pub(super) fn registration(looked: &Looked, new: &NewPerson) -> Option<Identity> {
    let with = looked.person.as_ref()?;
    Some(Identity {
        name: new.name.clone(),
        sex: sex(&new.sex),
        birth_on: shown::date(new.birth_on),
        id_type: IdentityType::None,
        id_no: None,
        phone: with.phone.clone(),
        residence: with.residence,
        address: with.address.clone(),
        residence_since: None,
        household: with.household,
        household_region: with.household_region.clone(),
        ethnicity: with.ethnicity.clone(),
    })
}

/// A new person ready to be stored: sealing takes its time outside of lanes.
pub(super) fn newcomer_row(
    keys: &Keyring,
    link: &Link,
    looked: &Looked,
    identity: &Identity,
    by: &Acting,
) -> PersonRow {
    let profile = profile_of(looked);
    let word = |word: String| Some(word).filter(|word| !word.is_empty());
    let (household, population) = (word(profile.household), word(profile.population));
    let codes = (household.as_deref(), population.as_deref());
    let id = PersonId::from_uuid(link.subject);
    person_row(keys, id, identity, codes, by.now)
}

/// What rules know of the opener's subject.
pub(super) fn profile_of(looked: &Looked) -> Profile {
    looked.file.profile.clone().unwrap_or_else(|| Profile {
        birth_on: looked.enrolled.head.opened_on,
        sex: String::new(),
        residence: None,
        household: String::new(),
        population: String::new(),
    })
}
