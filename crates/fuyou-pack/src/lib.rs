//! The pack language: definition files in, a checked [`Pack`] or all diagnostics out.
//!
//! Everything here is pure: the caller reads files ([`PackFiles`]), knows the day and stores what comes out.
//! [`load`] puts a pack and its overlays together and checks them whole; [`replay::replay`] turns an enrollment's records
//! into facts, risk, tasks and alerts; [`record::check_record`] checks a record while it is typed; [`indicator`] says what
//! an enrollment adds to a figure; [`opening`] what its records open elsewhere; [`browser`] prepares a form for checking it while it is typed; [`cases::run_cases`] runs the golden cases that a pack carries.

pub mod browser;
pub mod cases;
mod check;
mod diagnostic;
pub mod indicator;
pub mod input;
mod load;
pub mod model;
pub mod opening;
mod overlay;
mod raw;
pub mod record;
pub mod replay;
mod scope;
#[cfg(test)]
mod tests;
pub mod trend;

pub use diagnostic::{Diagnostic, PackErrors};
pub use load::{PackFile, PackFiles, base_of, load};
pub use model::{Form, Pack, Program};
pub use replay::{History, Outcome};
