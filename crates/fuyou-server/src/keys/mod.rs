//! Keys: what is sealed in the database and how it is found again.
//!
//! A [`Keyring`] is read from a key file that is made at first start and readable by its owner only.
//! Identifiers are stored as [`Keyring::seal`]ed bytes (never the same twice) beside a keyed hash
//! ([`Keyring::lookup`]) that finds an exact value without opening anything.
//!
//! Invariants:
//! - a key version is never changed or removed; rotation adds one;
//! - sealed bytes begin with their key version and belong to one row and column (`context`): moved elsewhere they do not open.

mod file;
mod seal;

#[cfg(test)]
mod tests;

pub use file::{KeyFileError, Keyring};
pub use seal::{KeyError, Suite};
