//! Adding up counts along the tree and over months, while they come in.
//!
//! Organizations that stand below the same of the nodes asked for are added up together, and so are months that lie in
//! the same of the periods. What is left is small, whatever was counted.

use std::collections::HashMap;

use fuyou_cube::{Folding, MeasureSpec, Splitting};
use fuyou_expr::Expr;
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
    /// How many layers every sum is split into; one when it is not.
    layers: usize,
    kinds: Kinds,
    /// By kind of place, kind of month, layer and measure.
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

/// Sums of every measure at every node in every period, in every layer.
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
        Tally::layered(tree, question, measures, 1)
    }

    /// The same in layers. What comes in says its layer by its position: layer × measures + measure.
    pub(super) fn layered(
        tree: &Tree,
        question: &Question,
        measures: Vec<MeasureIx>,
        layers: usize,
    ) -> Tally {
        let kinds = Kinds::of(tree, question);
        let size = kinds.nodes.len() * kinds.periods.len() * measures.len() * layers;
        Tally {
            sums: vec![0; size],
            layers,
            kinds,
            measures,
            unplaced: 0,
        }
    }

    /// What was asked for.
    pub(super) fn sums(self, question: &Question) -> Sums {
        let (nodes, periods) = (question.nodes.len(), question.periods.len());
        let width = self.measures.len() * self.layers;
        let mut values = vec![0; width * nodes * periods];
        let mut at = 0;
        for nodes_here in &self.kinds.nodes {
            for periods_here in &self.kinds.periods {
                for measure in 0..width {
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
        let width = self.measures.len() * self.layers;
        let first = (place as usize * self.kinds.periods.len() + *month as usize) * width;
        let sums = &mut self.sums[first..first + width];
        values.for_each(|(measure, value)| sums[measure] += value);
    }

    /// The same, many groups at a time.
    fn add_axis(&mut self, axis: &AxisCells<'_, Option<u32>>) {
        let places: Vec<u32> = axis.places.iter().map(folded).collect();
        let folding = self.kinds.folding(axis, &places, self.measures.len());
        self.unplaced += axis.cube.fold(axis.at, &folding, &mut self.sums);
    }
}

/// What the cube does with a place.
fn folded(place: &Option<Option<u32>>) -> u32 {
    match place {
        None | Some(Some(NOWHERE)) => Folding::SKIP,
        Some(None) => Folding::TOLD,
        Some(Some(kind)) => *kind,
    }
}

impl Tally {
    /// Adds the rows behind an axis in layers. `false` when memory cannot tell.
    pub(super) fn add_split(
        &mut self,
        axis: &AxisCells<'_, Option<u32>>,
        by: &Expr,
        (dated_by, placed_by): (&Expr, &Expr),
        measures: &[(usize, MeasureSpec)],
    ) -> bool {
        let places: Vec<u32> = axis.places.iter().map(folded).collect();
        let width = self.measures.len();
        let splitting = Splitting {
            by,
            layers: self.layers - 1,
            placed_by,
            dated_by,
            measures,
            width,
            folding: &self.kinds.folding(axis, &places, width * self.layers),
        };
        let (cube, program) = (axis.cube, axis.at.0);
        cube.split(program, &splitting, &mut self.sums).is_ok()
    }
}

impl Kinds {
    /// As the cube adds them up.
    fn folding<'f>(
        &'f self,
        axis: &'f AxisCells<'_, Option<u32>>,
        places: &'f [u32],
        width: usize,
    ) -> Folding<'f> {
        Folding {
            months: axis.months.clone(),
            places,
            without: folded(&axis.without),
            month_kinds: &self.month,
            first_month: self.first_month,
            kinds: self.periods.len(),
            measures: axis.measures,
            width,
        }
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
        self.in_layer(0, measure, node, period)
    }

    /// The same of one layer.
    pub(super) fn in_layer(
        &self,
        layer: usize,
        measure: MeasureIx,
        node: usize,
        period: usize,
    ) -> i64 {
        let place = layer * self.places.len() + self.places[&measure];
        self.values[(place * self.nodes + node) * self.periods + period]
    }
}
