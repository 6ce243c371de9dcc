//! Adding up counts along the tree and over months, while they come in.
//!
//! Organizations that stand below the same of the nodes asked for are added up together, and so are months that lie in
//! the same of the periods. What is left is small, whatever was counted.

use std::collections::HashMap;

use fuyou_cube::Folding;
use fuyou_pack::model::MeasureIx;

use super::counts::{AxisCells, Counting};
use super::months::{MonthNumber, bounds};
use super::question::Question;
use crate::registry::Tree;

/// Marks what nobody asked for.
const NOWHERE: u32 = Folding::SKIP;

/// Sums on their way.
pub(super) struct Tally {
    measures: Vec<MeasureIx>,
    kinds: Kinds,
    /// By kind of place, kind of month and measure.
    sums: Vec<i64>,
    unplaced: i64,
}

/// Which places and which months are added up together.
struct Kinds {
    /// By organization code.
    place: HashMap<String, u32>,
    /// For each kind the positions of the nodes at or above it.
    nodes: Vec<Vec<usize>>,
    /// By month, from the first on.
    month: Vec<u32>,
    first_month: i32,
    /// For each kind the positions of the periods that hold it.
    periods: Vec<Vec<usize>>,
}

/// Sums of every measure at every node in every period.
pub(super) struct Sums {
    places: HashMap<MeasureIx, usize>,
    nodes: usize,
    periods: usize,
    values: Vec<i64>,
    /// Records that no node of the tree could take.
    pub(super) unplaced: i64,
}

impl Tally {
    /// Nothing yet of these measures, for a question.
    pub(super) fn new(tree: &Tree, question: &Question, measures: Vec<MeasureIx>) -> Tally {
        let kinds = Kinds::of(tree, question);
        let size = kinds.nodes.len() * kinds.periods.len() * measures.len();
        Tally {
            sums: vec![0; size],
            kinds,
            measures,
            unplaced: 0,
        }
    }

    /// What was asked for.
    pub(super) fn sums(self, question: &Question) -> Sums {
        let (nodes, periods) = (question.nodes.len(), question.periods.len());
        let mut values = vec![0; self.measures.len() * nodes * periods];
        let mut at = 0;
        for nodes_here in &self.kinds.nodes {
            for periods_here in &self.kinds.periods {
                for measure in 0..self.measures.len() {
                    let sum = self.sums[at];
                    at += 1;
                    for node in nodes_here {
                        for period in periods_here {
                            values[(measure * nodes + node) * periods + period] += sum;
                        }
                    }
                }
            }
        }
        Sums {
            places: self.measures.into_iter().zip(0..).collect(),
            nodes,
            periods,
            values,
            unplaced: self.unplaced,
        }
    }
}

impl Counting for Tally {
    /// The kind; [`NOWHERE`] below none of the nodes asked for, `None` outside of the tree.
    type Place = Option<u32>;

    fn place(&mut self, code: Option<&str>) -> Option<u32> {
        self.kinds.place.get(code?).copied()
    }

    #[inline]
    fn add(
        &mut self,
        place: Option<u32>,
        month: MonthNumber,
        rows: i64,
        values: impl Iterator<Item = (usize, i64)>,
    ) {
        let Some(place) = place else {
            self.unplaced += rows;
            return;
        };
        let month = usize::try_from(month.0 - self.kinds.first_month);
        let month = month.ok().and_then(|month| self.kinds.month.get(month));
        let Some(month) = month.filter(|month| **month != NOWHERE && place != NOWHERE) else {
            return;
        };
        let first =
            (place as usize * self.kinds.periods.len() + *month as usize) * self.measures.len();
        let sums = &mut self.sums[first..first + self.measures.len()];
        values.for_each(|(measure, value)| sums[measure] += value);
    }

    /// The same, many groups at a time.
    fn add_axis(&mut self, axis: &AxisCells<'_, Option<u32>>) {
        let kind = |place: &Option<Option<u32>>| match place {
            None | Some(Some(NOWHERE)) => Folding::SKIP,
            Some(None) => Folding::TOLD,
            Some(Some(kind)) => *kind,
        };
        let places: Vec<u32> = axis.places.iter().map(kind).collect();
        let folding = Folding {
            months: axis.months.clone(),
            places: &places,
            without: kind(&axis.without),
            month_kinds: &self.kinds.month,
            first_month: self.kinds.first_month,
            kinds: self.kinds.periods.len(),
            measures: axis.measures,
            width: self.measures.len(),
        };
        self.unplaced += axis.cube.fold(axis.at, &folding, &mut self.sums);
    }
}

impl Kinds {
    fn of(tree: &Tree, question: &Question) -> Kinds {
        let mut above: HashMap<&str, Vec<usize>> = HashMap::with_capacity(tree.all().len());
        for node in tree.all() {
            above.insert(&node.code, Vec::new());
        }
        for (position, node) in question.nodes.iter().enumerate() {
            for below in tree.subtree(*node) {
                above.entry(&below.code).or_default().push(position);
            }
        }
        let (mut nodes, mut known) = (Vec::new(), HashMap::new());
        let place = above
            .into_iter()
            .map(|(code, positions)| (code.to_owned(), kind(&mut nodes, &mut known, positions)));
        let place = place.collect();
        let spans: Vec<(i32, i32)> = question
            .periods
            .iter()
            .map(|period| bounds(*period))
            .map(|(first, last)| (first.0, last.0))
            .collect();
        let first_month = spans.iter().map(|(first, _)| *first).min().unwrap_or(0);
        let last_month = spans.iter().map(|(_, last)| *last).max().unwrap_or(-1);
        let (mut periods, mut known) = (Vec::new(), HashMap::new());
        let month = (first_month..=last_month).map(|month| {
            let holds = |(first, last): &(i32, i32)| (*first..=*last).contains(&month);
            let all = spans.iter().enumerate();
            let positions = all.filter(|(_, span)| holds(span)).map(|(at, _)| at);
            kind(&mut periods, &mut known, positions.collect())
        });
        Kinds {
            place,
            nodes,
            month: month.collect(),
            first_month,
            periods,
        }
    }
}

/// The number of a set of positions among the sets there are.
fn kind(
    all: &mut Vec<Vec<usize>>,
    known: &mut HashMap<Vec<usize>, u32>,
    positions: Vec<usize>,
) -> u32 {
    if positions.is_empty() {
        return NOWHERE;
    }
    if let Some(known) = known.get(&positions) {
        return *known;
    }
    let number = all.len() as u32;
    all.push(positions.clone());
    known.insert(positions, number);
    number
}

impl Sums {
    /// The sum of a measure that was asked for, by the positions of node and period in the question.
    pub(super) fn get(&self, measure: MeasureIx, node: usize, period: usize) -> i64 {
        let place = self.places[&measure];
        self.values[(place * self.nodes + node) * self.periods + period]
    }
}
