//! Two records of one woman made one, and two again.
//!
//! A merge rewrites the subject of every row that hangs on the record that goes, in one transaction under all lanes, and
//! remembers which rows these were (ADR 11). The record that goes keeps its identity and its history of corrections, and
//! leads to the one that stays: an old id in a bookmark, a file or a client that was away still finds her.
//!
//! Invariants:
//! - nothing is recorded for a record that was merged;
//! - one hop leads from any merged record to the one that stays;
//! - undoing a merge gives back what stood there, or says which later records it would tear apart.

mod join;
mod store;
mod undo;
mod web;

#[cfg(test)]
mod tests;

use fuyou_kernel::Localized;
use uuid::Uuid;

use super::PersonId;
use crate::access::Denied;
use crate::care::{self, BothOpen};
use crate::db::Error as DbError;
pub use join::{compare, merge, obstacles};
pub use undo::undo;
pub(super) use web::{MergedLine, merged_section, routes};

/// Fewest characters of a reason.
const REASON_CHARACTERS_MIN: usize = 4;

/// Which record shall stay, which shall go, as the person at the desk saw them.
pub struct Wanted<'a> {
    /// Made by the client: sent twice, it is done once.
    pub id: Uuid,
    /// The record that stays, and its version.
    pub survivor: (PersonId, i64),
    /// The record that goes, and its version.
    pub merged: (PersonId, i64),
    /// How one knows that it is the same person.
    pub reason: &'a str,
}

/// Why two records were not made one, or not two again. Nothing is stored then.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Not there, closed to the actor, or not one to merge for the actor.
    #[error("there is no such person or merge for this user")]
    NotFound,
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// One record was named twice.
    #[error("a record cannot be merged with itself")]
    Same,
    /// No reason was given.
    #[error("a merge needs a reason of {REASON_CHARACTERS_MIN} characters")]
    NoReason,
    /// Somebody corrected or merged one of them meanwhile.
    #[error("one of the records was corrected or merged meanwhile")]
    Stale,
    /// Both are enrolled in a program in which one person can be enrolled only once.
    #[error("both have an open enrollment in {} programs", .0.len())]
    BothOpen(Vec<BothOpen>),
    /// Both have a row of the same id.
    #[error("both have a row of one id in {0}")]
    SharedRow(String),
    /// Recorded since the merge: undoing would tear it from its context.
    #[error("{} records were added since the merge", .0.len())]
    ToldSince(Vec<Localized>),
    /// The record that stayed was itself merged since.
    #[error("a later merge stands upon this one")]
    MergedOn,
    /// The document number of the record that would stand for itself again belongs to somebody else now.
    #[error("the document number is in use")]
    NumberInUse,
    /// Care could not compute what follows.
    #[error(transparent)]
    Care(#[from] Box<care::Error>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] DbError),
}

impl From<care::Error> for MergeError {
    fn from(err: care::Error) -> Self {
        MergeError::Care(Box::new(err))
    }
}
