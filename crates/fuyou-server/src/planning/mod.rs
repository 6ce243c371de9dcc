//! Planning: the annual plan comes in, its targets are bound to indicators, broken down the tree, and watched.
//!
//! Invariants:
//! - a text that was read is kept whole, edition by edition, before anybody decides anything;
//! - a value that was repaired, implied or contradicts itself is never adopted without a person's decision;
//! - shares of a count sum up to the target exactly.

mod board;
mod board_web;
mod breakdown;
mod figures;
mod figures_web;
mod marked;
mod pictures;
mod plans;
mod plans_web;
pub mod reader;
mod shares_web;
mod store;
pub mod summary;
mod target;
mod trends_web;
mod web;

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod tests;

pub use board::{Board, Row, board, board_unguarded};
pub(crate) use board_web::home;
pub use breakdown::{BreakdownError, by_population};
pub use figures::{Entry, FigureEntry, enter, entries};
pub use plans::{
    Decision, Error, Import, Opened, Plan, PlanState, adopt, adopt_certain, break_down, decide,
    dictionary_of, import, list, open, unit_written,
};
pub use target::{Method, PlanId, PlanTarget, Share, TargetId, TargetState};
pub(crate) use web::routes;
