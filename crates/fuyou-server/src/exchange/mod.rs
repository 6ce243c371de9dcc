//! What comes in and goes out in bulk.

pub(crate) mod download_web;
pub mod import;
pub(crate) mod sheet;
