//! Persons whom the record of somebody else brought into the registry: what the engine does about them without a user.

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

/// Others who were born on the same day and are reached by the same phone: perhaps registered twice. The caller decides
/// who may know. Their names and residences.
pub(crate) async fn perhaps_the_same(
    connection: &mut Connection,
    keys: &Keyring,
    person: &Person,
) -> Result<Vec<(PersonId, String, OrganizationId)>, Error> {
    let Some(phone) = &person.identity.phone else {
        return Ok(Vec::new());
    };
    let phones = keys.lookups(store::PHONE, phone.reveal());
    let born = person.identity.birth_on;
    let found = store::born_with_phone(connection, born, &phones).await?;
    let others = found.into_iter().filter(|brief| brief.id != person.id);
    Ok(others
        .map(|brief| {
            (
                brief.id,
                brief.name,
                OrganizationId::from_uuid(brief.residence),
            )
        })
        .collect())
}

/// Corrects a person whose identity follows another record. The history keeps what stood there, as for a correction by
/// hand. False when somebody else has corrected her since she was read.
pub(crate) async fn correct_linked(
    tx: &mut Tx,
    keys: &Keyring,
    by: &Acting,
    (person, new): (&Person, &Identity),
    (reason, ids): (&str, impl Fn(&str) -> uuid::Uuid),
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
