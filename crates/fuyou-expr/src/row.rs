use crate::scope::{SetId, Slot};
use crate::value::Value;

/// The values an expression is evaluated over: one outer row, and the rows of each set in the set's order.
pub trait Rows {
    /// A value of the outer row.
    fn outer(&self, slot: Slot) -> &Value;
    /// How many rows a set has.
    fn len(&self, set: SetId) -> usize;
    /// A value of one row of a set.
    fn member(&self, set: SetId, row: usize, slot: Slot) -> &Value;
}
