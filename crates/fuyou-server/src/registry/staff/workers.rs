//! Who works at an organization: the name beside a line that somebody there has to act on.

use std::collections::HashMap;

use fuyou_kernel::Id;
use uuid::Uuid;

use super::store;
use crate::access::names_at_work;
use crate::db::{Connection, Error};
use crate::registry::OrganizationId;

/// Staff members of an organization that are named when none of them has acted.
const NAMED_MAX: i64 = 2;

/// Who works where, as far as a list asks.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    /// By user: where she works now, and her name.
    users: HashMap<Uuid, (OrganizationId, String)>,
    /// By organization: the first few who work there, and how many there are.
    places: HashMap<OrganizationId, (Vec<String>, i64)>,
}

impl Workers {
    /// The name of a user if she works there.
    pub(crate) fn at(&self, place: OrganizationId, user: Uuid) -> Option<&str> {
        let (works_at, name) = self.users.get(&user)?;
        (*works_at == place).then_some(name)
    }

    /// The first few who work at a place, and how many more there are.
    pub(crate) fn of(&self, place: OrganizationId) -> (&[String], i64) {
        let Some((names, all)) = self.places.get(&place) else {
            return (&[], 0);
        };
        (names, all - i64::try_from(names.len()).unwrap_or(*all))
    }
}

/// Who these users are and who works at these places: staff members, and users who are none. At most three statements.
/// Names of colleagues; the caller has decided that the actor may see the list they stand in.
pub(crate) async fn workers(
    connection: &mut Connection,
    users: &[Uuid],
    places: &[Uuid],
) -> Result<Workers, Error> {
    let mut workers = Workers::default();
    if !users.is_empty() {
        workers.users = names_at_work(connection, users).await?;
        // Where somebody is on the list of staff it knows better than the login.
        for (user, org, name) in store::at_work(connection, users).await? {
            workers.users.insert(user, (Id::from_uuid(org), name));
        }
    }
    if !places.is_empty() {
        for (org, name, all) in store::first_at(connection, places, NAMED_MAX).await? {
            let place = workers.places.entry(Id::from_uuid(org)).or_default();
            place.0.push(name);
            place.1 = all;
        }
    }
    Ok(workers)
}
