//! From sums by node and period to the cells that a reader may see.

use std::collections::HashMap;

use fuyou_kernel::{Period, Secrecy};
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, MeasureIx, Pack};

use super::disclosure::Disclosure;
use super::figure::{Cell, Figure};
use super::months::bounds;
use super::question::{Cells, Question};
use super::store::Entered;
use super::tally::Sums;
use crate::registry::{OrganizationId, Tree};

/// What the store found for a question.
pub(super) struct Found {
    /// Sums of what was counted.
    pub(super) sums: Sums,
    /// Figures typed by people.
    pub(super) entered: Vec<Entered>,
    /// How many changes the store had taken in.
    pub(super) as_of: i64,
}

/// Makes the cells that `reader` may see.
pub(super) fn roll_up(
    pack: &Pack,
    tree: &Tree,
    question: &Question,
    found: &Found,
    (reader, disclosure): (Secrecy, &Disclosure),
) -> Cells {
    let mut cells = Vec::with_capacity(question.size());
    for ix in &question.indicators {
        let secrecy = pack.indicator(*ix).secrecy;
        for (node, id) in question.nodes.iter().enumerate() {
            for (period, asked) in question.periods.iter().enumerate() {
                cells.push(
                    match found.figure((pack, tree), *ix, (node, *id), (period, *asked)) {
                        Some(_) if !disclosure.shows(*ix, *id, *asked) => Cell::Suppressed,
                        Some(figure) => Cell::guarded(figure, secrecy, reader),
                        None => Cell::Absent,
                    },
                );
            }
        }
    }
    Cells::new(question, cells, found.as_of, found.sums.unplaced)
}

/// Decides what may be shown of `question`; `found` answers `widened`.
pub(super) fn disclose(
    pack: &Pack,
    tree: &Tree,
    (question, widened): (&Question, &Question),
    found: &Found,
) -> Disclosure {
    let place: HashMap<_, _> = widened.nodes.iter().zip(0..).collect();
    let time: HashMap<_, _> = widened.periods.iter().zip(0..).collect();
    Disclosure::decide(
        pack,
        tree,
        question,
        &widened.indicators,
        |ix, node, period| {
            let (node, period) = ((*place.get(&node)?, node), (*time.get(&period)?, period));
            found.figure((pack, tree), ix, node, period)
        },
    )
}

impl Found {
    /// The figure of an indicator; a node and a period come with their places in the question.
    fn figure(
        &self,
        (pack, tree): (&Pack, &Tree),
        ix: IndicatorIx,
        (node, id): (usize, OrganizationId),
        (period, asked): (usize, Period),
    ) -> Option<Figure> {
        let indicator = pack.indicator(ix);
        let (numerator, denominator) = match indicator.entry {
            IndicatorEntry::Computed {
                numerator,
                denominator,
            } => (
                self.get(pack, numerator, node, period),
                denominator.map(|measure| self.get(pack, measure, node, period)),
            ),
            IndicatorEntry::Manual => {
                let mut all = self.entered.iter();
                if !all.any(|entry| *entry.indicator == *indicator.id) {
                    return None;
                }
                entered(tree, &self.entered, &indicator.id, id, asked)?
            }
        };
        Some(Figure {
            numerator,
            denominator,
            unit: indicator.unit,
        })
    }

    /// What the parts of a measure add up to.
    fn get(&self, pack: &Pack, measure: MeasureIx, node: usize, period: usize) -> i64 {
        let parts = pack.parts(measure);
        parts.map(|part| self.sums.get(part, node, period)).sum()
    }
}

/// A figure that people typed: the node's own entry, else the sum of what stands below it.
/// At one node an entry for exactly this period wins over the entries for months inside it.
fn entered(
    tree: &Tree,
    all: &[Entered],
    indicator: &str,
    node: OrganizationId,
    period: Period,
) -> Option<(i64, Option<i64>)> {
    let here: Vec<_> = all
        .iter()
        .filter(|entry| entry.org == node && entry.indicator == indicator)
        .collect();
    let exact = here
        .iter()
        .find(|entry| entry.period == period)
        .map(|entry| (entry.numerator, entry.denominator));
    let months = || {
        let (first, last) = bounds(period);
        let inside = |entry: &&&Entered| match entry.period {
            Period::Month(_) => (first..=last).contains(&bounds(entry.period).0),
            _ => false,
        };
        here.iter()
            .filter(inside)
            .map(|entry| (entry.numerator, entry.denominator))
            .reduce(plus)
    };
    let below = || {
        tree.children(node)
            .filter_map(|child| entered(tree, all, indicator, child.id, period))
            .reduce(plus)
    };
    exact.or_else(months).or_else(below)
}

fn plus(left: (i64, Option<i64>), right: (i64, Option<i64>)) -> (i64, Option<i64>) {
    let denominator = match (left.1, right.1) {
        (Some(left), Some(right)) => Some(left + right),
        (one, other) => one.or(other),
    };
    (left.0 + right.0, denominator)
}
