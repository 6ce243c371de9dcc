//! Enrollments that records of other enrollments open, of the same subject or of persons who come to be with a record.
//!
//! Invariants:
//! - what is open because of a record is what its program's `[[opens]]` say of the records as they stand now;
//! - ids of opened persons, enrollments and records are made of the opener's record, the row's key and the id of
//!   `[[opens]]`: whatever is done again is done once, also when the process was killed in between;
//! - it is done in the transaction of the opened subject, after that of the opener (or, for newcomers of a file, in that
//!   one): a reader of the change feed does
//!   what the process that recorded did not come to;
//! - nothing opened is deleted: what no longer opens is withdrawn, and comes back when it opens again;
//! - what a person has changed by hand is left as it is;
//! - a death that records know ends what else is open, and takes nothing else along.

mod bulk;
mod carry;
mod death;
mod follow;
mod listed;
mod model;
mod newcomer;
mod page;
mod perform;
mod plan;
mod shown;
mod store;
mod wanting;
mod wanting_web;
mod write;

#[cfg(test)]
mod death_tests;
#[cfg(test)]
mod join_tests;
#[cfg(test)]
mod merge_tests;
#[cfg(test)]
mod more_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wanting_tests;

pub(in crate::care) use bulk::Opened;
pub(in crate::care) use death::begins_after;
pub(in crate::care) use follow::Asks;
pub use follow::{Caught, keep_links};
pub use listed::{AskedSubject, OpenedSubject};
pub use model::LinkState;
pub(in crate::care) use page::links_part;
pub use shown::{LinkShown, OtherEnd};
#[cfg(test)]
use wanting::Wanting;
pub(in crate::care) use wanting_web::{LIST as LINKS, routes};
pub(in crate::care) use write::{Pending, PendingRows};
