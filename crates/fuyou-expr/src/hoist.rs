//! An expression without its aggregates: what computes them apart can keep them while nothing they read changes.

use std::sync::Arc;

use crate::expr::Expr;
use crate::scope::Slot;
use crate::tree::{Aggregate, ColumnRef, Kind, Node};

impl Expr {
    /// The same expression with a column of the outer row in place of each aggregate. `place` says which: it is called
    /// for each aggregate from left to right, and whoever evaluates the expression puts the aggregate's value there.
    /// Text, secrecy and the columns it reads stay those of the whole expression.
    pub fn hoisted(&self, place: &mut dyn FnMut(&Aggregate) -> Slot) -> Expr {
        let mut root = self.root().clone();
        hoist(&mut root, place);
        self.with_root(Arc::new(root))
    }
}

impl Node {
    /// Forgets where it and all below it were written, so that equal computations are equal.
    pub fn forget_places(&mut self) {
        self.span = 0..0;
        for child in self.children_mut() {
            child.forget_places();
        }
    }
}

fn hoist(node: &mut Node, place: &mut dyn FnMut(&Aggregate) -> Slot) {
    if let Kind::Aggregate(aggregate) = &node.kind {
        let column = ColumnRef {
            set: None,
            slot: place(aggregate),
        };
        node.kind = Kind::Column(column);
        return;
    }
    for child in node.children_mut() {
        hoist(child, place);
    }
}
