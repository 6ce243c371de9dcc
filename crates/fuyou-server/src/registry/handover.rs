//! Care changes hands: open enrollments of one organization go to another, and what a change of the tree has marked is
//! computed anew.

use super::organizations_store as store;
use super::{OrganizationId, PlaceError};
use crate::access::Action;
use crate::apart::beside;
use crate::care::{Acting, Care};
use crate::http::{App, Cx};

/// Enrollments that change hands in one request: some seconds.
const HANDED_OVER_MAX: i64 = 1000;
/// Enrollments that change hands before a command shows how far it is.
const STEP: i64 = 100;
/// Enrollments that are computed anew before a change of the tree is answered.
const SETTLED_AT_ONCE: i64 = 500;

/// Makes another organization of the actor's subtree responsible for the open enrollments of one, so many at once:
/// before it is closed, or when it becomes part of another. Each enrollment changes by itself, with its history and an
/// audit entry; whoever asks again goes on where it ended. Gives how many are left.
pub async fn hand_over(
    cx: &Cx,
    from: OrganizationId,
    to: OrganizationId,
    why: &str,
) -> Result<i64, PlaceError> {
    cx.actor.require(Action::ManageOrganizations, from)?;
    cx.actor.require(Action::ManageOrganizations, to)?;
    let target = cx.actor.tree.get(to).ok_or(PlaceError::NotFound)?;
    if target.closed_on.is_some() {
        return Err(PlaceError::Closed);
    }
    if from == to {
        return Err(PlaceError::Cycle);
    }
    if why.trim().is_empty() {
        return Err(PlaceError::NoReason);
    }
    if let Some(care) = cx.app.care() {
        care.hand_over(&cx.into(), (from, to), why, HANDED_OVER_MAX)
            .await
            .map_err(Box::new)?;
    }
    left_at(&cx.app, from).await
}

/// As [`hand_over`], all of them, for a command: organizations by their codes. Calls `progress` with how many are done
/// and how many there are. Interrupted, it goes on where it ended when it is run again.
///
/// # Errors
/// [`PlaceError::NotFound`] for an unknown code, [`PlaceError::Closed`], [`PlaceError::NoReason`] …
pub async fn hand_over_all(
    app: &App,
    care: &Care,
    (from, to): (&str, &str),
    why: &str,
    mut progress: impl FnMut(u64, u64),
) -> Result<u64, PlaceError> {
    let tree = app.tree();
    let known = |code| tree.by_code(code).ok_or(PlaceError::NotFound);
    let (from, to) = (known(from)?, known(to)?);
    if to.closed_on.is_some() {
        return Err(PlaceError::Closed);
    }
    if from.id == to.id {
        return Err(PlaceError::Cycle);
    }
    if why.trim().is_empty() {
        return Err(PlaceError::NoReason);
    }
    let by = Acting::system(tree.clone(), app.now(), app.date_of(app.now()));
    let all = left_at(app, from.id).await?.unsigned_abs();
    let mut done = 0;
    loop {
        let ids = (from.id, to.id);
        let some = care
            .hand_over(&by, ids, why, STEP)
            .await
            .map_err(Box::new)?;
        if some == 0 {
            return Ok(done);
        }
        done += some;
        progress(done, all.max(done));
    }
}

/// Open enrollments for which an organization is responsible.
async fn left_at(app: &App, id: OrganizationId) -> Result<i64, PlaceError> {
    let mut reader = app.db().read().await?;
    Ok(store::going_on(&mut reader, id).await?.enrollments)
}

/// Computes anew what a change of the tree has marked: the first of it at once, the rest beside the request.
pub(super) async fn settle(cx: &Cx) -> Result<(), PlaceError> {
    let Some(care) = cx.app.care() else {
        return Ok(());
    };
    let mut by = Acting::from(cx);
    by.actor.tree = cx.app.tree();
    let settled = care.settle_marked(&by, None, SETTLED_AT_ONCE).await;
    let (settled, _) = settled.map_err(Box::new)?;
    if settled < SETTLED_AT_ONCE.unsigned_abs() {
        return Ok(());
    }
    let care = care.clone();
    beside(async move { care.settle_all(&by).await });
    Ok(())
}
