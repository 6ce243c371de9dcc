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
        for child in children(self) {
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
    for child in children(node) {
        hoist(child, place);
    }
}

/// The operands, as [`Node::children`] gives them.
fn children(node: &mut Node) -> Vec<&mut Node> {
    match &mut node.kind {
        Kind::Literal(_) | Kind::Column(_) => Vec::new(),
        Kind::Not(of) | Kind::IsNull(of) | Kind::Negate(of) | Kind::Absolute(of) => vec![of],
        Kind::Length(of) | Kind::Size(of) => vec![of],
        Kind::IsTruth { of, .. } | Kind::Like { of, .. } | Kind::Rescale { of, .. } => vec![of],
        Kind::Round { of, .. } | Kind::DatePart { of, .. } | Kind::Has { of, .. } => vec![of],
        Kind::And(all) | Kind::Or(all) | Kind::Coalesce(all) | Kind::Concat(all) => {
            all.iter_mut().collect()
        }
        Kind::Extreme { of, .. } => of.iter_mut().collect(),
        Kind::Compare { left, right, .. } | Kind::Distinct { left, right } => vec![left, right],
        Kind::Arithmetic { left, right, .. } | Kind::Divide { left, right, .. } => {
            vec![left, right]
        }
        Kind::NullIf { of, equal_to } => vec![of, equal_to],
        Kind::DaysBetween { from, to } | Kind::Completed { from, to, .. } => vec![from, to],
        Kind::AddDays { date, days: count }
        | Kind::AddMonths {
            date,
            months: count,
        } => vec![date, count],
        Kind::Between { of, low, high } => vec![of, low, high],
        Kind::Curve { stratum, x, y, .. } => vec![stratum, x, y],
        Kind::In { of, list } => std::iter::once(&mut **of).chain(list).collect(),
        Kind::Case { arms, otherwise } => {
            let arms = arms
                .iter_mut()
                .flat_map(|arm| [&mut arm.when, &mut arm.then]);
            arms.chain(otherwise.as_deref_mut()).collect()
        }
        Kind::Aggregate(aggregate) => {
            let of = aggregate.of.iter_mut();
            of.chain(&mut aggregate.filter).collect()
        }
    }
}
