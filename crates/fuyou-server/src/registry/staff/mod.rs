//! Staff members: who works where, as what, from when to when.
//!
//! Invariants:
//! - a staff member is never deleted: she ends, and moves keep the places where she was before;
//! - at any day she is at one place; a user belongs to one staff member;
//! - her phone is stored sealed.

mod import;
mod keep;
mod list;
mod model;
mod names;
mod store;
mod web;
mod workers;

#[cfg(test)]
mod tests;

use fuyou_kernel::Date;

use crate::access::Denied;
use crate::db::Error as DbError;
pub(crate) use import::{ImportedStaff, import_staff};
pub(super) use keep::rekey;
use keep::{change_staff, create_staff, end_staff, move_staff};
use list::{Employment, StaffFilter, StaffSort, list_staff};
use model::NAME_CHARACTERS_MAX;
pub use model::{Particulars, Post, Profession, Staff, StaffId};
pub use names::StaffNames;
pub(crate) use names::learn_staff;
pub(super) use web::routes;
pub(crate) use workers::workers;

/// Why a staff member was not stored or changed. Nothing is stored then.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// Not allowed there, or not there.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such staff member.
    #[error("there is no such staff member")]
    NotFound,
    /// No name, or too long.
    #[error("a staff member needs a name, and neither name nor title may be too long")]
    Name,
    /// The place is closed.
    #[error("the organization is closed")]
    Closed,
    /// A day before the present post began.
    #[error("the day lies before {0}, when the present post began")]
    Before(Date),
    /// There is no user of this login in the actor's area.
    #[error("there is no such user")]
    NoUser,
    /// The user belongs to somebody else.
    #[error("the user belongs to another staff member")]
    UserTaken,
    /// The id was used for somebody else.
    #[error("this id was used for somebody else")]
    IdTaken,
    /// Somebody else has changed her meanwhile.
    #[error("somebody else has changed this staff member")]
    Stale,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] DbError),
}
