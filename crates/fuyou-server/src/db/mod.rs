//! The store: SQLite or PostgreSQL behind one SQL text.
//!
//! - **Readers** come from a pool: [`Db::read`], and [`Db::glance`] for a few rows by their key. An answer of any length is
//!   read with [`Db::walk`], row by row.
//! - **Writers take turns in lanes**: [`Db::begin`], [`Tx::commit`]. A lane owns one connection. It lends its open transaction to one
//!   operation after the other, each inside its own savepoint, and commits once for all that were waiting (group commit).
//!   [`Tx::commit`] returns only after that commit succeeded: acknowledged is synced.
//! - SQLite has one lane, PostgreSQL several; all writes about one subject go through the same lane, in order.
//! - Each lane keeps two ledgers in the same transaction: the change feed and the audit chain ([`Entry`], [`Change`]).
//!   Both are numbered in memory, without sequences and without gaps.
//!
//! SQL is a constant with `$1` placeholders in the common dialect, and every statement is run through [`query`].

mod catalog;
mod checkpoint;
mod connection;
mod error;
mod ground;
mod lane;
mod ledger;
mod lite;
mod migrate;
mod open;
mod row;
mod rows;
mod shelf;
mod statement;
mod storage;
mod tx;
mod types;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use catalog::{Hanging, hanging_on_subjects, hold_every_lane};
pub use connection::{Connection, Reader, counted};
pub use error::{Error, retry};
pub use ledger::{Change, Entry, Operation};
pub(crate) use ledger::{GENESIS, link};
pub use open::{Db, Dialect, Settings};
pub(crate) use row::row;
pub(crate) use rows::{Cell, CellType, Insert, ManyKeys, read_cell};
pub(crate) use statement::{Bound, FromRow, Query, Row, Sql, Together, query, script};
pub use storage::Storage;
pub use tx::Tx;
pub use types::{DbDate, DbInstant};
pub(crate) use walk::Walk;
