//! Names for lists that other capabilities make.

use std::collections::HashMap;

use fuyou_kernel::Id;
use uuid::Uuid;

use super::search_store as store;
use super::{Found, PersonId};
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
