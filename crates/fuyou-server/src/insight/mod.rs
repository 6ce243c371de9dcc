//! Insight: indicators from facts, for any node of the tree and any period, and the persons behind every figure.
//!
//! - A [`Question`] names indicators, nodes and periods; [`compute`] answers with [`Cells`], one for each combination.
//! - A [`Source`] is asked: the figures in memory ([`Live`]) when they are current, else the facts tables with one
//!   statement for each program, date and place. What comes in is added up along the tree and over months at once ([`tally`]).
//! - A cell opens into its persons ([`persons`]): counted, not counted, and who would close the gap.
//!
//! Invariants:
//! - a rate with an empty denominator is no number, never 0;
//! - nothing is cut at 100 %: what is beyond the whole is shown and flagged;
//! - a small cell of an infection indicator does not leave [`compute`] for a reader who may not see findings, and cannot be
//!   computed from the cells that do.

pub mod chart;
mod compute;
mod counts;
mod decimal;
mod disclosure;
mod export_web;
mod figure;
mod gaps;
mod judge;
mod live;
mod months;
mod order;
mod persons;
mod persons_web;
mod question;
mod responsible;
mod rollup;
mod shown;
mod source;
mod store;
mod strata;
mod strata_web;
mod tally;
mod web;

#[cfg(test)]
mod persons_tests;
#[cfg(test)]
mod strata_tests;
#[cfg(test)]
mod tests;

pub(crate) use compute::codes_below;
pub use compute::{compute, figures};
pub use decimal::{Decimal, DecimalError};
pub use figure::{Cell, Figure};
pub use gaps::{Gaps, gaps};
pub use judge::{Aim, Judgement, Progress, judge};
pub use live::{
    Live, LiveError, Room, SnapshotFile, Standing as LiveStanding, TooLarge, was_too_large,
};
pub(crate) use months::MonthNumber;
pub use months::{By, Elapsed, months_until, split};
pub use order::{BY_PERSON_MAX, Cursor, Key, Order, OrderBy};
pub use persons::{Behind, Group, Line, PAGE, Page, persons};
pub use question::{CELLS_MAX, Cells, Question};
pub use shown::{
    Shown, period_words, shown, shown_in, statistical_year, unit_sign, with_unit, with_unit_in,
};
pub use source::Source;
pub use strata::{SplitQuestion, Strata, split as split_by, strata};
pub(crate) use web::{
    Choice, address, aim_words, as_of_words, node_choices, pack_of, period_choices, routes,
};

use crate::access::Denied;
use crate::db;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The actor may not see these figures.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// More cells than an answer may have.
    #[error("{0} cells were asked for; at most {CELLS_MAX} can be answered at once")]
    TooMany(usize),
    /// So many persons are not sorted by name.
    #[error("{0} persons are not sorted by name or residence; at most {BY_PERSON_MAX} are")]
    TooManyToSort(i64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] db::Error),
}

/// A scaled integer as people write it: 653 with one decimal is 65.3.
pub(crate) fn scaled_text(value: i64, places: u8) -> String {
    Decimal::scaled(value, places).to_string()
}
