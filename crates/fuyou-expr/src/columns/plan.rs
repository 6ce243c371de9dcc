//! A plan: the graph, what of each node is needed, and what is read from it.

use crate::expr::Expr;
use crate::scope::Slot;

use super::op::{Class, NodeId, Op};

/// Expressions that are evaluated together.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) nodes: Vec<PlanNode>,
    pub(super) columns: Vec<ColumnUse>,
    pub(super) outputs: Vec<NodeId>,
}

/// What is wanted of an expression.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'e> {
    /// Where a condition is true: neither false nor unknown.
    Holds(&'e Expr),
    /// Its value, and where it is known.
    Value(&'e Expr),
}

impl<'e> Wanted<'e> {
    pub(super) fn expr(self) -> &'e Expr {
        match self {
            Wanted::Holds(expr) | Wanted::Value(expr) => expr,
        }
    }
}

/// An expression that columns cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It ranges over the rows of a set, and columns have none.
    #[error("`{0}` aggregates over a set of rows; over columns there are no sets")]
    Aggregate(String),
    /// It reads a reference curve, which is answered over one record.
    #[error("`{0}` reads a reference curve; columns have none, a fact keeps the result")]
    Curve(String),
}

/// A column that a plan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnUse {
    /// Which column of the row.
    pub slot: Slot,
    /// Whether its values are read; otherwise only whether they are known.
    pub values: bool,
    /// Whether it is read where they are known.
    pub known: bool,
}

/// One node.
#[derive(Clone, Debug)]
pub(super) struct PlanNode {
    pub op: Op,
    /// Something reads its values (for a boolean: where it is true).
    pub values: bool,
    /// Something reads where it is known.
    pub known: bool,
    /// It is known everywhere, whatever the rows.
    pub never_null: bool,
}

impl Plan {
    /// The columns it reads, each once; a [`super::Batch`] brings them in this order.
    pub fn columns(&self) -> &[ColumnUse] {
        &self.columns
    }

    /// How many distinct nodes the expressions have together.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Whether two of the expressions turned out to be the same.
    pub fn same(&self, output: usize, other: usize) -> bool {
        self.outputs[output] == self.outputs[other]
    }

    pub(super) fn class(&self, node: NodeId) -> Class {
        self.nodes[node.get()].op.class()
    }
}
