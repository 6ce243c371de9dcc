//! Names for lists that other capabilities make, and how those on them are reached.

use std::collections::HashMap;

use fuyou_kernel::{Date, Id, Phone};
use uuid::Uuid;

use super::search_store::{self as store, Line};
use super::store::{PHONE, place};
use super::{Found, OrganizationId, PersonId, Tree};
use crate::access::{Action, Denied, open_among};
use crate::db::{Connection, Error};
use crate::http::Cx;

/// Persons that are read with one statement.
const PERSONS_MAX: usize = 500;

/// A subject as lists name it.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// The name.
    pub name: String,
    /// When a person was born.
    pub birth_on: Option<Date>,
    /// Where a person lives; what stands above an organization.
    pub residence: String,
    /// The last digits of a person's phone.
    pub phone_tail: String,
}

/// The phone of somebody on a list, as far as the actor may know it.
#[derive(Clone, Debug, Default)]
pub enum ShownPhone {
    /// None is known, or it is no person.
    #[default]
    None,
    /// Her record is closed to the actor: the last digits.
    Tail(String),
    /// Her record is open to the actor.
    Whole(Phone),
}

/// A subject of a list, and how to reach her.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    /// The name.
    pub name: String,
    /// Where a person lives; what stands above an organization.
    pub residence: String,
    /// The phone.
    pub phone: ShownPhone,
}

/// Persons whom a list names: name, birth date, residence and end of the phone, no identifiers. One statement for every
/// [`PERSONS_MAX`]. The caller has decided that the actor may see each of them, and audits the list.
pub async fn listed(
    cx: &Cx,
    ids: &[PersonId],
) -> Result<Result<HashMap<PersonId, Found>, Denied>, Error> {
    if let Err(denied) = cx.actor.require_anywhere(Action::ReadPerson) {
        return Ok(Err(denied));
    }
    let persons: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut found = HashMap::new();
    if !persons.is_empty() {
        let mut reader = cx.db.read().await?;
        for line in lines(&mut reader, &persons).await? {
            let id = Id::from_uuid(line.subject_id);
            let residence = residence(&cx.actor.tree, &line);
            let line = Found {
                id,
                name: line.name,
                birth_on: line.birth_on.0,
                residence,
                phone_tail: line.phone_tail.unwrap_or_default(),
            };
            found.insert(id, line);
        }
    }
    Ok(Ok(found))
}

/// As [`listed`], for subjects of all kinds: an organization has its name from the tree.
pub async fn named(
    cx: &Cx,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Result<HashMap<Uuid, Named>, Denied>, Error> {
    let (mut all, persons) = parted(&cx.actor.tree, ids);
    let persons: Vec<PersonId> = persons.into_iter().map(Id::from_uuid).collect();
    let found = match listed(cx, &persons).await? {
        Ok(found) => found,
        Err(denied) => return Ok(Err(denied)),
    };
    all.extend(found.into_iter().map(|(id, found)| {
        let line = Named {
            name: found.name,
            birth_on: Some(found.birth_on),
            residence: found.residence,
            phone_tail: found.phone_tail,
        };
        (id.uuid(), line)
    }));
    Ok(Ok(all))
}

/// The subjects of a list with their phones: whole for those whose record is open to the actor ([`open_among`]), its end
/// for the others. At most three statements for every [`PERSONS_MAX`] persons; phones are unsealed in memory.
/// The caller has decided that the actor may see the list, and audits it with the number of whole phones.
pub async fn reached(
    cx: &Cx,
    connection: &mut Connection,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Result<HashMap<Uuid, Reached>, Denied>, Error> {
    if let Err(denied) = cx.actor.require_anywhere(Action::ReadPerson) {
        return Ok(Err(denied));
    }
    let (organizations, persons) = parted(&cx.actor.tree, ids);
    let lines = lines(connection, &persons).await?;
    let lives = |line: &Line| {
        (
            line.subject_id,
            OrganizationId::from_uuid(line.residence_org_id),
        )
    };
    let subjects: Vec<_> = lines.iter().map(lives).collect();
    let open = open_among(cx, connection, &subjects).await?;
    let mut all: HashMap<Uuid, Reached> = HashMap::new();
    for (
        id,
        Named {
            name, residence, ..
        },
    ) in organizations
    {
        let phone = ShownPhone::None;
        all.insert(
            id,
            Reached {
                name,
                residence,
                phone,
            },
        );
    }
    for line in lines {
        let reached = Reached {
            residence: residence(&cx.actor.tree, &line),
            phone: phone(cx, &line, open.contains(&line.subject_id))?,
            name: line.name,
        };
        all.insert(line.subject_id, reached);
    }
    Ok(Ok(all))
}

/// The address of a subject's page; what belongs to the subject stands below it.
pub fn page_of(tree: &Tree, subject: Uuid) -> String {
    match tree.get(Id::from_uuid(subject)) {
        Some(_) => format!("/organizations/{subject}"),
        None => format!("/persons/{subject}"),
    }
}

/// The organizations of a list as the tree names them, and the persons.
fn parted(tree: &Tree, ids: impl Iterator<Item = Uuid>) -> (HashMap<Uuid, Named>, Vec<Uuid>) {
    let (mut organizations, mut persons) = (HashMap::new(), Vec::new());
    for id in ids {
        let Some(organization) = tree.get(Id::from_uuid(id)) else {
            persons.push(id);
            continue;
        };
        let above = organization.parent_id.map(|parent| tree.name(parent));
        let line = Named {
            name: organization.name.clone(),
            residence: above.unwrap_or_default().to_owned(),
            ..Named::default()
        };
        organizations.insert(id, line);
    }
    (organizations, persons)
}

async fn lines(connection: &mut Connection, persons: &[Uuid]) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::new();
    for some in persons.chunks(PERSONS_MAX) {
        lines.extend(store::lines(connection, some).await?);
    }
    Ok(lines)
}

fn residence(tree: &Tree, line: &Line) -> String {
    tree.name(Id::from_uuid(line.residence_org_id)).to_owned()
}

fn phone(cx: &Cx, line: &Line, is_open: bool) -> Result<ShownPhone, Error> {
    let Some(sealed) = line.phone_sealed.as_ref().filter(|_| is_open) else {
        let tail = line.phone_tail.clone().filter(|tail| !tail.is_empty());
        return Ok(tail.map_or(ShownPhone::None, ShownPhone::Tail));
    };
    let id = Id::from_uuid(line.subject_id);
    let corrupt = |err: &dyn std::fmt::Display| Error::Corrupt(format!("person {id}: {err}"));
    let text = cx.keys.open_sealed(&place(PHONE, id), sealed);
    let text = text.map_err(|err| corrupt(&err))?;
    let phone = text.parse().map_err(|err| corrupt(&err))?;
    Ok(ShownPhone::Whole(phone))
}
