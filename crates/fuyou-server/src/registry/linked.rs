//! Persons whom the record of somebody else brought into the registry: what the engine does about them without a user.

use std::collections::HashMap;

use fuyou_kernel::Date;
use uuid::Uuid;

use super::register::differences;
use super::store::{self, By};
use super::{Identity, OrganizationId, Person, PersonId};
use crate::care::Acting;
use crate::db::{Change, Connection, Error, Operation, Tx};
use crate::keys::Keyring;

/// Who a person is. The caller has decided who may know.
pub(crate) async fn person_known(
    connection: &mut Connection,
    keys: &Keyring,
    id: PersonId,
) -> Result<Option<Person>, Error> {
    store::load(connection, keys, id).await
}

/// Who these persons are, by id. One statement. The caller has decided who may know.
pub(crate) async fn persons_known(
    connection: &mut Connection,
    keys: &Keyring,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Person>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let persons = store::load_all(connection, keys, ids).await?;
    let by_id = |person: Person| (person.id.uuid(), person);
    Ok(persons.into_iter().map(by_id).collect())
}

/// Somebody who is perhaps the same as another.
#[derive(Clone, Debug)]
pub(crate) struct Alike {
    pub id: PersonId,
    pub name: String,
    pub residence: OrganizationId,
}

/// For each of these persons the others who were born on the same day and are reached by the same phone: perhaps
/// registered twice. One statement. The caller decides who may know.
pub(crate) async fn perhaps_the_same<'p>(
    connection: &mut Connection,
    keys: &Keyring,
    persons: impl Iterator<Item = &'p Person>,
) -> Result<HashMap<Uuid, Vec<Alike>>, Error> {
    let reached: Vec<(&Person, [Vec<u8>; 2])> = persons
        .filter_map(|person| {
            let phone = person.identity.phone.as_ref()?;
            Some((person, keys.lookups(store::PHONE, phone.reveal())))
        })
        .collect();
    if reached.is_empty() {
        return Ok(HashMap::new());
    }
    let days: Vec<Date> = reached
        .iter()
        .map(|(person, _)| person.identity.birth_on)
        .collect();
    let phones: Vec<Vec<u8>> = reached
        .iter()
        .flat_map(|(_, hashes)| hashes.clone())
        .collect();
    let found = store::born_with_phones(connection, &days, &phones).await?;
    let others_of = |(person, hashes): &(&Person, [Vec<u8>; 2])| {
        let others = found.iter().filter(|(brief, hash)| {
            brief.id != person.id
                && brief.birth_on == person.identity.birth_on
                && hashes.contains(hash)
        });
        let others = others.map(|(brief, _)| Alike {
            id: brief.id,
            name: brief.name.clone(),
            residence: OrganizationId::from_uuid(brief.residence),
        });
        (person.id.uuid(), others.collect())
    };
    Ok(reached.iter().map(others_of).collect())
}

/// Corrects a person whose identity follows another record. The history keeps what stood there, as for a correction by
/// hand. False when somebody else has corrected her since she was read.
pub(crate) async fn correct_linked(
    tx: &mut Tx,
    keys: &Keyring,
    by: &Acting,
    (person, new): (&Person, &Identity),
    (reason, ids): (&str, impl Fn(&str) -> Uuid),
) -> Result<bool, Error> {
    let id = person.id;
    let corrected = differences((keys, &by.actor.tree), id, &person.identity, new);
    if corrected.is_empty() {
        return Ok(true);
    }
    if !store::update(tx, keys, id, new, person.version, by.now).await? {
        return Ok(false);
    }
    let told = By {
        at: by.now,
        actor_id: by.actor.id.uuid(),
        actor_login: &by.actor.login,
        reason,
        version: person.version + 1,
    };
    for field in &corrected {
        store::insert_history(tx, id, ids(field.field), &told, field).await?;
    }
    tx.changed(Change {
        subject_id: Some(id.uuid()),
        entity: "person",
        entity_id: id.uuid(),
        operation: Operation::Update,
        at: by.now,
    });
    let fields: Vec<&str> = corrected.iter().map(|field| field.field).collect();
    let mut entry = by.entry("correct", "person");
    (entry.entity_id, entry.subject_id) = (Some(id.uuid()), Some(id.uuid()));
    entry.detail = serde_json::json!({ "fields": fields, "reason": reason }).to_string();
    tx.audit(entry);
    Ok(true)
}
