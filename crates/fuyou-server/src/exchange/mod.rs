//! What comes in and goes out in bulk.

pub(crate) mod download;
pub mod import;
pub(crate) mod sheet;
