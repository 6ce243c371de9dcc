//! Evaluation over columns: the expressions of many measures at once, block by block.
//!
//! [`Plan::compile`] puts expressions into one graph in which each distinct sub-expression stands once;
//! [`Plan::run`] evaluates the graph over a block of at most [`BLOCK`] rows without allocating.
//! Booleans are two bitmaps, one row a bit: where the value is true, and where it is known; true implies known.
//! The meaning is that of the row evaluator to the bit; a property test holds the two together.
//!
//! Over columns there are no sets of rows, so an aggregate is refused when the plan is made.

mod bits;
mod compile;
mod numbers;
mod op;
mod plan;
mod processor;
mod run;
mod scratch;
mod texts;
mod view;

pub use plan::{ColumnUse, Plan, PlanError, Wanted};
pub use processor::{Processor, Test, Work, with_processor};
pub use scratch::Scratch;
pub use view::{Batch, ColumnView, Numbers, Values};

/// Most rows of one block. The bitmaps of some hundred conditions over a block then fit a core's second cache.
pub const BLOCK: usize = 4096;
