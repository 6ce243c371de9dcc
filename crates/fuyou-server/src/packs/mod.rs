//! The pack viewer: what the rules of this installation are, where they come from, and what overlays changed.

mod check_web;
mod web;

pub(crate) use web::{certainty_key, routes, source_words};
