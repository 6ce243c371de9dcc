//! Names for lists that other capabilities make.

use std::collections::HashMap;

use fuyou_kernel::{Date, Id};
use uuid::Uuid;

use super::search_store as store;
use super::{Found, PersonId, Tree};
use crate::access::{Action, Denied};
use crate::db::Error;
use crate::http::Cx;

/// Persons whom a list of at most a page names: name, birth date, residence and end of the phone, no identifiers.
/// One statement. The caller has decided that the actor may see each of them, and audits the list.
pub async fn listed(
    cx: &Cx,
    ids: &[PersonId],
) -> Result<Result<HashMap<PersonId, Found>, Denied>, Error> {
    if let Err(denied) = cx.actor.require_anywhere(Action::ReadPerson) {
        return Ok(Err(denied));
    }
    if ids.is_empty() {
        return Ok(Ok(HashMap::new()));
    }
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut reader = cx.db.read().await?;
    let rows = store::by_ids(&mut reader, &uuids).await?;
    let found = rows.into_iter().map(|row| {
        let id = Id::from_uuid(row.subject_id);
        let residence = cx
            .actor
            .tree
            .name(Id::from_uuid(row.residence_org_id))
            .to_owned();
        let phone_tail = row.phone_tail.unwrap_or_default();
        (
            id,
            Found {
                id,
                name: row.name,
                birth_on: row.birth_on.0,
                residence,
                phone_tail,
            },
        )
    });
    Ok(Ok(found.collect()))
}

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

/// As [`listed`], for subjects of all kinds: an organization has its name from the tree.
pub async fn named(
    cx: &Cx,
    ids: impl Iterator<Item = Uuid>,
) -> Result<Result<HashMap<Uuid, Named>, Denied>, Error> {
    let tree = &cx.actor.tree;
    let mut persons: Vec<PersonId> = Vec::new();
    let mut all = HashMap::new();
    for id in ids {
        let Some(organization) = tree.get(Id::from_uuid(id)) else {
            persons.push(Id::from_uuid(id));
            continue;
        };
        let above = organization.parent_id.map(|parent| tree.name(parent));
        let line = Named {
            name: organization.name.clone(),
            birth_on: None,
            residence: above.unwrap_or_default().to_owned(),
            phone_tail: String::new(),
        };
        all.insert(id, line);
    }
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

/// The address of a subject's page; what belongs to the subject stands below it.
pub fn page_of(tree: &Tree, subject: Uuid) -> String {
    match tree.get(Id::from_uuid(subject)) {
        Some(_) => format!("/organizations/{subject}"),
        None => format!("/persons/{subject}"),
    }
}
