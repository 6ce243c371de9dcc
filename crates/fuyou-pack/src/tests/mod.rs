//! Tests of the whole crate on small packs: what a pack author sees, and what a record amounts to.

mod errors;
mod fixture;
mod golden;
mod inputs;
mod lapses;
mod openings;
mod organizations;
mod overlays;
mod ranges;
mod records;
mod reference;
mod replays;
mod sql;
mod trends;
