//! The installation as its keeper sees it: what runs, where it is kept, whether it is copied and sound.
//!
//! Invariants:
//! - only the keeper of the root of the tree sees it; nothing here tells of a person;
//! - a copy is whole or it is not there: it is written beside its name, checked, and renamed;
//! - a copy and the keys that open it are written to two places, and nothing is put back over something that is there.

mod backup;
mod state;
mod web;
mod work_web;

#[cfg(test)]
mod tests;

pub use backup::{BackupError, Copied, back_up, check, restore};
pub use state::{Standing, Trouble, inspect};
pub(crate) use web::{needs, routes};
