//! Reads a work plan: bytes in, text with sections, tasks, targets and damage out. No file, clock or network.
//!
//! A line is cut into clauses, the clauses are searched for quantities, and a quantity becomes a target when the grammar
//! around it says so. Nothing here knows a particular plan: names come from the [`Dictionary`], all else is grammar.

mod accept;
mod amounts;
mod bind;
mod build;
mod clauses;
mod comparator;
mod damage;
mod docx;
mod finder;
mod glyphs;
mod implied;
mod items;
mod labels;
mod lexicon;
mod naming;
mod numbers;
mod outline;
mod phrase;
mod plan;
mod prepared;
mod quantity;
mod source;
mod tables;
mod target;
mod tense;
#[cfg(test)]
mod tests;
mod wishes;

pub use bind::{Better, Dictionary, Term};
pub use comparator::Comparator;
pub use docx::DocxError;
pub use numbers::Number;
pub use plan::read;
pub use source::ReadError;
pub use target::{Confidence, Damage, Kind, Note, PlanText, Section, Span, Target, Task};
