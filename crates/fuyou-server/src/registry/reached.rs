//! How the persons of a list are reached.

use std::collections::HashMap;

use fuyou_kernel::{Id, Phone};
use uuid::Uuid;

use super::search_store::{self as store, ReachedRow};
use super::store::{PHONE, place};
use super::{OrganizationId, Tree};
use crate::access::{Action, Denied, open_among};
use crate::db::{Connection, Error};
use crate::http::Cx;

/// Persons that are read with one statement.
const PERSONS_MAX: usize = 500;

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
    let tree: &Tree = &cx.actor.tree;
    let (mut persons, mut all) = (Vec::new(), HashMap::new());
    for id in ids {
        let Some(organization) = tree.get(Id::from_uuid(id)) else {
            persons.push(id);
            continue;
        };
        let above = organization.parent_id.map(|parent| tree.name(parent));
        let line = Reached {
            name: organization.name.clone(),
            residence: above.unwrap_or_default().to_owned(),
            phone: ShownPhone::None,
        };
        all.insert(id, line);
    }
    for some in persons.chunks(PERSONS_MAX) {
        let rows = store::reached(connection, some).await?;
        let lives = |row: &ReachedRow| {
            (
                row.subject_id,
                OrganizationId::from_uuid(row.residence_org_id),
            )
        };
        let subjects: Vec<_> = rows.iter().map(lives).collect();
        let open = open_among(cx, connection, &subjects).await?;
        for row in rows {
            let is_open = open.contains(&row.subject_id);
            let line = Reached {
                residence: tree.name(Id::from_uuid(row.residence_org_id)).to_owned(),
                phone: phone(cx, &row, is_open)?,
                name: row.name,
            };
            all.insert(row.subject_id, line);
        }
    }
    Ok(Ok(all))
}

fn phone(cx: &Cx, row: &ReachedRow, is_open: bool) -> Result<ShownPhone, Error> {
    let Some(sealed) = row.phone_sealed.as_ref().filter(|_| is_open) else {
        let tail = row.phone_tail.clone().filter(|tail| !tail.is_empty());
        return Ok(tail.map_or(ShownPhone::None, ShownPhone::Tail));
    };
    let id = Id::from_uuid(row.subject_id);
    let corrupt = |err: &dyn std::fmt::Display| Error::Corrupt(format!("person {id}: {err}"));
    let text = cx.keys.open_sealed(&place(PHONE, id), sealed);
    let text = text.map_err(|err| corrupt(&err))?;
    let phone = text.parse().map_err(|err| corrupt(&err))?;
    Ok(ShownPhone::Whole(phone))
}
