//! Care: enrollments, encounters, facts, risk and tasks of every program, as the pack says.
//!
//! Invariants:
//! - what is stored about an enrollment besides its records equals the replay of its records (ADR 2);
//! - records, facts, tasks, rule hits, risk, care relations, change feed and audit are written in one transaction;
//! - the id of a record is made by the client: sent twice, it is stored once;
//! - nothing clinical is deleted: what is corrected or voided stands in the history with who, when and why;
//! - a value above the reader's secrecy does not leave this folder.

mod acting;
mod bulk;
mod change;
mod columns;
mod contacts;
mod contacts_store;
mod correct;
mod derive;
mod draft;
mod engine;
mod enrolling;
mod error;
mod file;
mod group;
mod hints;
mod listing;
mod memory;
mod merging;
mod model;
mod opening;
mod pages;
mod places;
mod places_store;
mod reconcile;
mod record;
mod referring;
mod register;
mod responsible;
mod settle;
mod shown;
mod store;
mod story;
mod tables;
mod views;
mod views_store;
mod work;
mod work_list;
mod work_store;

#[cfg(test)]
mod tests;

pub use acting::Acting;
pub(crate) use bulk::{BulkEnrollment, BulkLine, BulkRows, BulkWriting, Known, Refused};
pub(crate) use columns::COLUMNS_MAX;
pub use contacts::Contact;
pub(crate) use derive::area;
pub use engine::{Care, Settings};
pub use error::{Error, InstallError, Refusal, Stale};
pub(crate) use listing::{ListWalk, RECORDS_OF_MAX, noted};
pub use merging::{BothOpen, EnrolledBriefly};
pub use model::*;
pub use opening::{
    AskedSubject, Caught, LinkShown, LinkState, OpenedSubject, OtherEnd, keep_links,
};
pub(crate) use pages::{WorkQuery, home, routes, sections};
pub use register::{
    Asks, Blank, ColumnOf, Condition, Fits, ListFilter, ListHead, ListPage, ListRow, SortBy, Texts,
    Total,
};
pub use responsible::Responsible;
pub use views::{ListView, NewView};
pub use work::{Attempt, AttemptOutcome, Cursor, Reach, WorkFilter, WorkKind, WorkPage, WorkRow};

use fuyou_kernel::Localized;

/// What stands in place of a value, title or text above the reader's secrecy.
pub fn restricted() -> Localized {
    Localized::new("限制查看", "Restricted")
}
