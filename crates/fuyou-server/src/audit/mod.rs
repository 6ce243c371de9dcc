//! The audit trail: append-only, one hash chain (SM3) per lane.
//!
//! Entries are written by [`crate::db::Tx::audit`] in the transaction of the change they tell of, and by
//! [`crate::db::Db::note`] for reads. This folder proves the chains and shows them.
//!
//! Invariants:
//! - an entry is never changed or removed; its hash covers every column and the hash before it;
//! - the last hash of a lane stands in `lane` too, so that cutting off the end is noticed;
//! - `detail` holds names of fields and reasons, never clinical values or identifiers.

mod file_web;
mod model;
mod proof_web;
mod store;
mod web;
mod words;

#[cfg(test)]
mod tests;

pub use model::{Break, Filter, Places, Position, Verified};
pub(crate) use proof_web::PROOF_AGE_MAX_MS;
pub(crate) use web::{needs, routes};
#[cfg(test)]
pub(crate) use words::words_are_known;

use std::ops::ControlFlow;

use crate::access::{Action, Denied};
use crate::db::{Db, Entry, Error};
use crate::http::Cx;
use crate::registry::ids_of;

/// Walks every chain from its beginning. The outer error is a failed query, the inner one the first broken link.
pub async fn verify(db: &Db) -> Result<Result<Verified, Break>, Error> {
    verify_telling(db, |_, _| {}).await
}

/// The same, telling after each page how many entries were walked, and how many there are in all.
pub async fn verify_telling(
    db: &Db,
    mut told: impl FnMut(i64, i64),
) -> Result<Result<Verified, Break>, Error> {
    let goes_on = |places: &Places, total| {
        told(places.entries(), total);
        ControlFlow::Continue(())
    };
    let walked = verify_from(db, Places::default(), goes_on).await?;
    // Nobody asked it to stop.
    Ok(walked.map(Option::unwrap_or_default))
}

/// Walks every chain on from where an earlier walk found it sound. After each page it is told where it stands and how
/// many entries there are in all, and goes on or stops; `None` when it stopped.
pub async fn verify_from(
    db: &Db,
    mut places: Places,
    mut goes_on: impl FnMut(&Places, i64) -> ControlFlow<()>,
) -> Result<Result<Option<Verified>, Break>, Error> {
    let mut reader = db.read().await?;
    let mut verified = Verified::default();
    let heads = store::heads(&mut reader).await?;
    let total = heads.iter().map(|head| head.seq).sum();
    for head in heads {
        let mut walk = model::Walk::from(&places, head.lane);
        loop {
            let page = store::page(&mut reader, head.lane, walk.seq()).await?;
            if page.is_empty() {
                break;
            }
            for stored in page {
                if let Err(broken) = walk.step(&stored) {
                    return Ok(Err(broken));
                }
            }
            places.note(&walk);
            if goes_on(&places, total).is_break() {
                return Ok(Ok(None));
            }
        }
        if let Err(broken) = walk.end(&head) {
            return Ok(Err(broken));
        }
        verified.lanes += 1;
        verified.entries += walk.seq();
    }
    Ok(Ok(Some(verified)))
}

/// Entries that pass the filter, the newest first, and where the next page starts. At most 100. A person is asked for by
/// any of her ids, and all that was done under any of them is found.
pub async fn entries(
    cx: &Cx,
    filter: &Filter,
    before: Option<Position>,
) -> Result<Result<(Vec<Entry>, Option<Position>), Denied>, Error> {
    if let Err(denied) = cx.actor.require_anywhere(Action::ReadAudit) {
        return Ok(Err(denied));
    }
    let mut reader = cx.db.read().await?;
    // What was done under the id of a record that was merged belongs to the one that stayed, and the other way round.
    let subjects = match filter.subject {
        Some(subject) => ids_of(&mut reader, subject).await?,
        None => Vec::new(),
    };
    let before = before.unwrap_or(Position::END);
    let found = store::entries(&mut reader, filter, &subjects, before).await?;
    Ok(Ok(found))
}
