//! The cube: facts as typed columns in memory, and every figure of every organization and month kept current.
//!
//! A [`Cube`] holds, for each program of a pack, a table of the columns that some measure or gap condition reads, and
//! for each way of dating and placing a measure (an *axis*) one cell for each organization and month. [`Cube::count`]
//! makes all cells of an axis in one scan over columns that lie in the axis's order; [`Cube::put`] keeps them current
//! row by row. The cells after any history of changes are those that a new scan would make.
//!
//! It knows no table and no file of the server; values come in as rows of facts.

mod axis;
mod cells;
mod column;
mod cube;
mod few;
mod fold;
mod image;
mod interner;
mod pack;
mod projection;
mod rows;
mod scan;
mod split;
mod sums;
mod table;
#[cfg(test)]
mod tests;

pub use axis::{AxisSpec, MeasureSpec};
pub use cells::Group;
pub use cube::{Cube, CubeError, Memory, ProgramSpec};
pub use fold::Folding;
pub use image::ImageError;
pub use pack::{PackCube, Place};
pub use rows::{Adding, FoundRow, FoundRows, RowKey, RowsAsked, RowsBy, RowsOrder};
pub use split::Splitting;
pub use table::Key;
