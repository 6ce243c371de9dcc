//! From counts by organization and month to cells by node and period, in memory.

use std::collections::HashMap;

use fuyou_kernel::{Period, Secrecy};
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, MeasureIx, Pack};

use super::counts::{Counted, Counts};
use super::disclosure::Disclosure;
use super::figure::{Cell, Figure};
use super::months::bounds;
use super::question::{Cells, Question};
use super::store::Entered;
use crate::registry::{OrganizationId, Tree};

/// What the store found for a question.
pub(super) struct Found {
    /// Counts by organization and month.
    pub(super) counts: Counts,
    /// Figures typed by people.
    pub(super) entered: Vec<Entered>,
    /// How many changes the store had taken in.
    pub(super) as_of: i64,
}

/// Sums along the tree and over the months, and makes the cells that `reader` may see.
pub(super) fn roll_up(
    pack: &Pack,
    tree: &Tree,
    question: &Question,
    found: &Found,
    (reader, disclosure): (Secrecy, &Disclosure),
) -> Cells {
    let sums = Sums::of(tree, question, found);
    let mut cells = Vec::with_capacity(question.size());
    for ix in &question.indicators {
        let secrecy = pack.indicator(*ix).secrecy;
        for (node, id) in question.nodes.iter().enumerate() {
            for (period, asked) in question.periods.iter().enumerate() {
                cells.push(
                    match sums.figure((pack, tree, found), *ix, (node, *id), (period, *asked)) {
                        Some(_) if !disclosure.shows(*ix, *id, *asked) => Cell::Suppressed,
                        Some(figure) => Cell::guarded(figure, secrecy, reader),
                        None => Cell::Absent,
                    },
                );
            }
        }
    }
    Cells::new(question, cells, found.as_of, sums.unplaced)
}

/// Decides what may be shown of `question`; `found` answers `widened`.
pub(super) fn disclose(
    pack: &Pack,
    tree: &Tree,
    (question, widened): (&Question, &Question),
    found: &Found,
) -> Disclosure {
    let sums = Sums::of(tree, widened, found);
    let place: HashMap<_, _> = widened.nodes.iter().zip(0..).collect();
    let time: HashMap<_, _> = widened.periods.iter().zip(0..).collect();
    Disclosure::decide(
        pack,
        tree,
        question,
        &widened.indicators,
        |ix, node, period| {
            let (node, period) = ((*place.get(&node)?, node), (*time.get(&period)?, period));
            sums.figure((pack, tree, found), ix, node, period)
        },
    )
}

/// Sums of every measure at every node in every period.
struct Sums {
    places: HashMap<MeasureIx, usize>,
    nodes: usize,
    periods: usize,
    values: Vec<i64>,
    unplaced: i64,
}

impl Sums {
    fn of(tree: &Tree, question: &Question, found: &Found) -> Self {
        let places: HashMap<_, _> = found
            .counts
            .measures
            .iter()
            .enumerate()
            .map(|(place, measure)| (*measure, place))
            .collect();
        let (nodes, periods) = (question.nodes.len(), question.periods.len());
        let mut sums = Sums {
            values: vec![0; found.counts.measures.len() * nodes * periods],
            places,
            nodes,
            periods,
            unplaced: 0,
        };
        let asked = Asked::new(tree, question);
        let above = |code: &Option<_>| code.as_deref().and_then(|code: &str| asked.above.get(code));
        let above: Vec<Option<&Vec<usize>>> = found.counts.places.iter().map(above).collect();
        let mut inside: HashMap<i32, Vec<usize>> = HashMap::new();
        for row in &found.counts.groups {
            let Some(nodes) = above[row.place as usize] else {
                sums.unplaced += row.rows;
                continue;
            };
            let month = row.month.0;
            let periods = inside
                .entry(month)
                .or_insert_with(|| asked.periods_of(month).collect());
            for node in nodes {
                for period in periods.iter() {
                    sums.add(row, found.counts.values(row), *node, *period);
                }
            }
        }
        sums
    }

    fn add(&mut self, row: &Counted, values: &[i64], node: usize, period: usize) {
        for (at, value) in values.iter().enumerate() {
            self.values[((row.first + at) * self.nodes + node) * self.periods + period] += value;
        }
    }

    /// The figure of an indicator; a node and a period come with their places in the question.
    fn figure(
        &self,
        (pack, tree, found): (&Pack, &Tree, &Found),
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
            IndicatorEntry::Manual => entered(tree, &found.entered, &indicator.id, id, asked)?,
        };
        Some(Figure {
            numerator,
            denominator,
            unit: indicator.unit,
        })
    }

    fn get(&self, pack: &Pack, measure: MeasureIx, node: usize, period: usize) -> i64 {
        let of = |part: MeasureIx| {
            let place = self.places[&part];
            self.values[(place * self.nodes + node) * self.periods + period]
        };
        pack.parts(measure).map(of).sum()
    }
}

/// The question, ready for looking up: which nodes stand at or above a code, which periods hold a month.
struct Asked<'t> {
    above: HashMap<&'t str, Vec<usize>>,
    bounds: Vec<(i32, i32)>,
}

impl<'t> Asked<'t> {
    fn new(tree: &'t Tree, question: &Question) -> Self {
        let mut above: HashMap<&str, Vec<usize>> = tree
            .all()
            .iter()
            .map(|node| (node.code.as_str(), Vec::new()))
            .collect();
        for (place, node) in question.nodes.iter().enumerate() {
            for below in tree.subtree(*node) {
                above.entry(&below.code).or_default().push(place);
            }
        }
        let bounds = question
            .periods
            .iter()
            .map(|period| bounds(*period))
            .map(|(first, last)| (first.0, last.0))
            .collect();
        Asked { above, bounds }
    }

    fn periods_of(&self, month: i32) -> impl Iterator<Item = usize> + '_ {
        let holds = move |(place, (first, last)): (usize, &(i32, i32))| {
            (*first <= month && month <= *last).then_some(place)
        };
        self.bounds.iter().enumerate().filter_map(holds)
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
