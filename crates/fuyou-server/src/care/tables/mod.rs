//! The tables that packs define: the only place where statements are built from names.
//!
//! Every name has been checked ([`ddl`]): lower-case letters, digits and underscores, short enough for both databases,
//! and no two things share one. Values are always bound.

mod conditions;
mod ddl;
mod fields;
mod list_index;
mod lists;
mod model;
mod names;
mod numbers;
mod values;

pub(super) use ddl::{install, stamp};
pub(super) use fields::{Written, last_values};
pub(super) use lists::{
    After, Line, Question, Read, Walking, is_beyond, keys_of, page, totals, walk,
};
pub(super) use model::{PackColumn, PackTable, ProgramTables, Tables};
pub(super) use numbers::subjects;
pub(super) use values::{from_cell, to_cell};
