//! The aggregates of all facts, each once: facts share them, and a replay keeps their values.

use std::collections::HashMap;

use fuyou_expr::{Aggregate, ColumnRef, Expr, Slot};

use super::plan::Work;
use crate::model::Program;
use crate::scope::Step;

/// The facts and their aggregates apart.
pub(super) struct Shared {
    /// The different aggregates.
    pub aggregates: Vec<Aggregate>,
    /// The facts, with the places of the aggregates' values instead of the aggregates.
    pub facts: Vec<Expr>,
    /// How many columns the facts row has; the aggregates' values stand behind them.
    pub columns: usize,
    /// All there is to compute, an aggregate before the first fact that reads it.
    pub work: Vec<Work>,
}

impl Shared {
    pub fn of(program: &Program) -> Self {
        let columns = program.layout.row.columns(None).count();
        let mut shared = Self {
            aggregates: Vec::new(),
            facts: program.facts.iter().map(|fact| fact.is.clone()).collect(),
            columns,
            work: Vec::with_capacity(program.layout.steps.len()),
        };
        // Positions of the aggregates that read the same columns: few to compare with.
        let mut alike: HashMap<Vec<ColumnRef>, Vec<usize>> = HashMap::new();
        for step in &program.layout.steps {
            if let Step::Fact(ix) = step {
                let fact = program.fact(*ix).is.hoisted(&mut |aggregate| {
                    let aggregate = without_places(aggregate);
                    let alike = alike.entry(aggregate.columns()).or_default();
                    let known = alike
                        .iter()
                        .find(|one| shared.aggregates[**one] == aggregate);
                    let position = known.copied().unwrap_or_else(|| {
                        let next = shared.aggregates.len();
                        alike.push(next);
                        shared.aggregates.push(aggregate);
                        shared.work.push(Work::Aggregate(next));
                        next
                    });
                    let slot = u16::try_from(columns + position);
                    Slot(
                        slot.expect("a facts row with its aggregates has fewer than 65,536 values"),
                    )
                });
                shared.facts[ix.get()] = fact;
            }
            shared.work.push(Work::Step(*step));
        }
        shared
    }
}

/// Equal for aggregates that compute the same, wherever they are written.
fn without_places(aggregate: &Aggregate) -> Aggregate {
    let mut aggregate = aggregate.clone();
    for part in aggregate.of.iter_mut().chain(&mut aggregate.filter) {
        part.forget_places();
    }
    aggregate
}
