//! Registering, opening and correcting a person.

use fuyou_kernel::{Date, Phone};
use sm3::{Digest, Sm3};
use uuid::Uuid;

use super::person::Secret;
use super::store::{self, Brief, By, Corrected};
use super::{Identity, IdentityError, Person, PersonId, Problem, Tree};
use crate::access::{Action, Denied, opens};
use crate::care::{self, Acting};
use crate::db::{Change, Connection, Error, Operation};
use crate::http::Cx;
use crate::keys::Keyring;

/// Fewest characters of a reason.
const REASON_CHARACTERS_MIN: usize = 2;

/// A person who may be the same.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Her id.
    pub id: PersonId,
    /// Her name.
    pub name: String,
    /// Her date of birth.
    pub birth_on: Date,
    /// Where she lives.
    pub residence: String,
}

/// How a registration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// Stored now.
    New,
    /// The same registration had been stored before: the client had not heard our answer.
    Before,
}

/// Why a person was not registered or corrected. Nothing is stored then.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Not allowed there.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Not there, or closed to the actor.
    #[error("there is no such person")]
    NotFound,
    /// Fields that cannot be right.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The document number belongs to a registered person.
    #[error("the document number belongs to a registered person")]
    SamePerson(Box<Candidate>),
    /// Somebody alike is registered: look, then confirm with a reason.
    #[error("{} persons are alike", .0.len())]
    Alike(Vec<Candidate>),
    /// The id was used for a different registration.
    #[error("this id was used for a different registration")]
    IdTaken,
    /// Somebody else has corrected the record meanwhile.
    #[error("somebody else has corrected this person: now at version {}", .0.version)]
    Stale(Box<Person>),
    /// The record was merged into another one.
    #[error("{from} was merged into {into}")]
    Merged {
        /// The id that was asked for.
        from: Uuid,
        /// The id that she has now.
        into: Uuid,
    },
    /// What follows for her care could not be computed.
    #[error(transparent)]
    Care(#[from] Box<care::Error>),
    /// A correction needs a reason.
    #[error("a correction needs a reason")]
    NoReason,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Registers a person under an id made by the client. Sent twice, it is stored once.
///
/// Somebody with the same document number refuses it; somebody alike asks for `confirmation`, a reason why she is
/// another person.
pub async fn register(
    cx: &Cx,
    id: PersonId,
    new: &Identity,
    confirmation: Option<&str>,
) -> Result<Registered, RegisterError> {
    cx.actor.require(Action::RegisterPerson, new.residence)?;
    check(cx, new)?;
    takes_in(cx, new)?;
    // All registrations of one document number pass through one lane, so that two at once see each other.
    let lane = new
        .id_no
        .as_ref()
        .map_or(id.uuid(), |number| lane_of_number(number.reveal()));
    let mut tx = cx.db.begin(Some(lane)).await?;
    if let Some(stored) = store::content_hash(&mut tx, id).await? {
        let same = cx
            .keys
            .lookups(store::CONTENT, &new.canonical())
            .contains(&stored);
        return if same {
            Ok(Registered::Before)
        } else {
            Err(RegisterError::IdTaken)
        };
    }
    look_for_same(cx, &mut tx, id, new).await?;
    let confirmation = confirmation
        .map(str::trim)
        .filter(|reason| reason.chars().count() >= REASON_CHARACTERS_MIN);
    if confirmation.is_none() {
        let phones = new
            .phone
            .as_ref()
            .map(|phone| cx.keys.lookups(store::PHONE, phone.reveal()));
        let alike = store::alike(&mut tx, &new.name, new.birth_on, phones.as_ref()).await?;
        if !alike.is_empty() {
            return Err(RegisterError::Alike(
                alike
                    .into_iter()
                    .map(|brief| candidate(cx, brief))
                    .collect(),
            ));
        }
    }
    store::insert(&mut tx, &cx.keys, id, new, cx.now).await?;
    tx.changed(change(cx, id, Operation::Insert));
    let detail = serde_json::json!({ "confirmed_not_the_same": confirmation }).to_string();
    tx.audit(
        cx.entry("register", "person")
            .about(id.uuid(), id.uuid())
            .saying(detail),
    );
    tx.commit().await?;
    Ok(Registered::New)
}

/// What the identity itself tells, and that the place of residence exists.
fn check(cx: &Cx, new: &Identity) -> Result<(), IdentityError> {
    new.check(cx.today)?;
    match cx.actor.tree.get(new.residence) {
        Some(_) => Ok(()),
        None => Err(IdentityError(vec![Problem {
            field: "residence",
            text: "person-choose",
        }])),
    }
}

/// A place that was closed takes in nobody.
fn takes_in(cx: &Cx, new: &Identity) -> Result<(), IdentityError> {
    let place = cx.actor.tree.get(new.residence);
    if place.is_none_or(|place| place.closed_on.is_none()) {
        return Ok(());
    }
    Err(IdentityError(vec![Problem {
        field: "residence",
        text: "person-residence-closed",
    }]))
}

async fn look_for_same(
    cx: &Cx,
    connection: &mut Connection,
    id: PersonId,
    new: &Identity,
) -> Result<(), RegisterError> {
    let Some(number) = &new.id_no else {
        return Ok(());
    };
    let hashes = cx.keys.lookups(store::ID_NO, number.reveal());
    match store::by_id_no(connection, &hashes).await? {
        Some(same) if same.id != id => {
            Err(RegisterError::SamePerson(Box::new(candidate(cx, same))))
        }
        _ => Ok(()),
    }
}

fn candidate(cx: &Cx, brief: Brief) -> Candidate {
    Candidate {
        id: brief.id,
        name: brief.name,
        birth_on: brief.birth_on,
        residence: cx
            .actor
            .tree
            .name(fuyou_kernel::Id::from_uuid(brief.residence))
            .to_owned(),
    }
}

fn change(cx: &Cx, id: PersonId, operation: Operation) -> Change {
    Change {
        subject_id: Some(id.uuid()),
        entity: "person",
        entity_id: id.uuid(),
        operation,
        at: cx.now,
    }
}

/// A lane is chosen by a UUID; a document number gets one by its hash, which is not stored.
fn lane_of_number(number: &str) -> Uuid {
    let hash = Sm3::digest(number.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Uuid::from_bytes(bytes)
}

/// Opens a person's record for reading. The reading is audited.
pub async fn open_person(
    cx: &Cx,
    connection: &mut Connection,
    id: PersonId,
) -> Result<Person, RegisterError> {
    let person = store::load(connection, &cx.keys, id)
        .await?
        .ok_or(RegisterError::NotFound)?;
    if let Some(survivor) = person.merged_into {
        let there = store::load(connection, &cx.keys, survivor)
            .await?
            .ok_or(RegisterError::NotFound)?;
        let residence = there.identity.residence;
        // Whoever may not see her does not learn that there was a merge.
        opens(cx, connection, survivor.uuid(), residence)
            .await?
            .ok_or(Denied(Action::ReadPerson))?;
        return Err(RegisterError::Merged {
            from: id.uuid(),
            into: survivor.uuid(),
        });
    }
    let opening = opens(cx, connection, id.uuid(), person.identity.residence).await?;
    let opening = opening.ok_or(Denied(Action::ReadPerson))?;
    let detail = serde_json::json!({ "by": format!("{opening:?}").to_lowercase() }).to_string();
    cx.db
        .note(
            cx.entry("read", "person")
                .about(id.uuid(), id.uuid())
                .saying(detail),
        )
        .await?;
    Ok(person)
}

/// Corrects a person's identity. Every changed field is kept in her history with the reason.
pub async fn correct(
    cx: &Cx,
    id: PersonId,
    version: i64,
    new: &Identity,
    reason: &str,
) -> Result<(), RegisterError> {
    check(cx, new)?;
    if reason.trim().chars().count() < REASON_CHARACTERS_MIN {
        return Err(RegisterError::NoReason);
    }
    let mut tx = cx.db.begin(Some(id.uuid())).await?;
    let old = store::load(&mut tx, &cx.keys, id)
        .await?
        .ok_or(RegisterError::NotFound)?;
    if opens(cx, &mut tx, id.uuid(), old.identity.residence)
        .await?
        .is_none()
    {
        return Err(Denied(Action::ReadPerson).into());
    }
    cx.actor.require_anywhere(Action::RegisterPerson)?;
    if let Some(survivor) = old.merged_into {
        return Err(RegisterError::Merged {
            from: id.uuid(),
            into: survivor.uuid(),
        });
    }
    if old.version != version {
        return Err(RegisterError::Stale(Box::new(old)));
    }
    if old.identity.residence != new.residence {
        takes_in(cx, new)?;
    }
    if old.identity.id_no != new.id_no {
        look_for_same(cx, &mut tx, id, new).await?;
    }
    // Nothing happened to somebody before birth: one of the two days is wrong.
    if let Some(care) = cx
        .app
        .care()
        .filter(|_| old.identity.birth_on < new.birth_on)
    {
        let first = care.first_recorded_on(&mut tx, id.uuid());
        if first
            .await
            .map_err(Box::new)?
            .is_some_and(|first| first < new.birth_on)
        {
            return Err(IdentityError(vec![Problem {
                field: "birth_on",
                text: "person-birth-after-record",
            }])
            .into());
        }
    }
    let around = (&cx.keys, &*cx.actor.tree);
    let corrected = differences(around, id, &old.identity, new);
    if corrected.is_empty() {
        return Ok(());
    }
    if !store::update(&mut tx, &cx.keys, id, new, version, cx.now).await? {
        return Err(RegisterError::Stale(Box::new(old)));
    }
    let by = By {
        at: cx.now,
        actor_id: cx.actor.id.uuid(),
        actor_login: &cx.actor.login,
        reason: reason.trim(),
        version: version + 1,
    };
    for field in &corrected {
        store::insert_history(&mut tx, id, cx.new_id(), &by, field).await?;
    }
    // Age, sex and place decide facts, risk and tasks.
    if let Some(care) = cx.app.care() {
        care.refresh_in(&mut tx, &Acting::from(cx), id.uuid(), None)
            .await
            .map_err(Box::new)?;
    }
    let fields: Vec<&str> = corrected.iter().map(|field| field.field).collect();
    tx.changed(change(cx, id, Operation::Update));
    let detail = serde_json::json!({ "fields": fields, "reason": reason.trim() }).to_string();
    tx.audit(
        cx.entry("correct", "person")
            .about(id.uuid(), id.uuid())
            .saying(detail),
    );
    tx.commit().await?;
    Ok(())
}

pub(super) fn differences(
    (keys, tree): (&Keyring, &Tree),
    id: PersonId,
    old: &Identity,
    new: &Identity,
) -> Vec<Corrected> {
    let mut corrected = Vec::new();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let date = |value: Option<Date>| value.map(|date| date.to_string()).unwrap_or_default();
    let place = |identity: &Identity| tree.name(identity.residence).to_owned();
    let pairs = [
        ("name", old.name.clone(), new.name.clone()),
        ("sex", old.sex.word().to_owned(), new.sex.word().to_owned()),
        (
            "birth_on",
            old.birth_on.to_string(),
            new.birth_on.to_string(),
        ),
        (
            "id_type",
            old.id_type.word().to_owned(),
            new.id_type.word().to_owned(),
        ),
        ("address", old.address.clone(), new.address.clone()),
        (
            "residence_since",
            date(old.residence_since),
            date(new.residence_since),
        ),
        (
            "household",
            old.household.word().to_owned(),
            new.household.word().to_owned(),
        ),
        (
            "household_region",
            text(&old.household_region),
            text(&new.household_region),
        ),
        ("ethnicity", text(&old.ethnicity), text(&new.ethnicity)),
    ];
    for (field, from, to) in pairs {
        if from != to {
            corrected.push(Corrected {
                field,
                from: Some(from),
                to: Some(to),
                from_sealed: None,
                to_sealed: None,
            });
        }
    }
    if old.residence != new.residence {
        let (from, to) = (Some(place(old)), Some(place(new)));
        corrected.push(Corrected {
            field: "residence",
            from,
            to,
            from_sealed: None,
            to_sealed: None,
        });
    }
    let numbers = (
        old.id_no.as_ref().map(Secret::reveal),
        new.id_no.as_ref().map(Secret::reveal),
    );
    let phones = (
        old.phone.as_ref().map(Phone::reveal),
        new.phone.as_ref().map(Phone::reveal),
    );
    for (field, column, (from, to)) in [
        ("id_no", store::ID_NO, numbers),
        ("phone", store::PHONE, phones),
    ] {
        if from != to {
            let seal = |plain: Option<&str>| {
                plain.map(|plain| keys.seal(&store::place(column, id), plain))
            };
            let (from_sealed, to_sealed) = (seal(from), seal(to));
            corrected.push(Corrected {
                field,
                from: None,
                to: None,
                from_sealed,
                to_sealed,
            });
        }
    }
    corrected
}
