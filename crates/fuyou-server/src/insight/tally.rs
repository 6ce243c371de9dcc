//! Adding up counts along the tree and over months, while they come in.
//!
//! Organizations that stand below the same of the nodes asked for are added up together, and so are months that lie in
//! the same of the periods. What is left is small, whatever was counted.

use std::collections::HashMap;

use fuyou_cube::{Folding, MeasureSpec, Splitting};
use fuyou_expr::Expr;
use fuyou_kernel::Period;
use fuyou_pack::model::MeasureIx;

use super::counts::{AxisCells, Counting};
use super::months::{MonthNumber, bounds};
use super::question::Question;
use crate::registry::{OrganizationId, Tree};

/// Marks what nobody asked for.
const NOWHERE: u32 = Folding::SKIP;

/// Sums on their way.
pub(super) struct Tally<'t> {
    /// What is counted by position; empty when the caller knows.
    measures: Vec<MeasureIx>,
    /// How many positions there are.
    width: usize,
    /// How many layers every sum is split into; one when it is not.
    layers: usize,
    kinds: Kinds<'t>,
    /// By kind of place, kind of month, layer and measure.
    sums: Vec<i64>,
    unplaced: i64,
}

/// Which places and which months are added up together.
struct Kinds<'t> {
    tree: &'t Tree,
    /// By position in the tree.
    place: Vec<u32>,
    /// For each kind the positions of the nodes at or above it.
    nodes: Vec<Vec<usize>>,
    /// By month, from the first on.
    month: Vec<u32>,
    first_month: i32,
    /// For each kind the positions of the periods that hold it.
    periods: Vec<Vec<usize>>,
    /// How many nodes and periods were asked for.
    asked: (usize, usize),
}

/// Sums of every measure at every node in every period, in every layer.
pub(super) struct Sums {
    places: HashMap<MeasureIx, usize>,
    width: usize,
    nodes: usize,
    periods: usize,
    values: Vec<i64>,
    /// Records that no node of the tree could take.
    pub(super) unplaced: i64,
}

impl<'t> Tally<'t> {
    /// Nothing yet of these measures, for a question.
    pub(super) fn new(tree: &'t Tree, question: &Question, measures: Vec<MeasureIx>) -> Self {
        Tally::layered(tree, question, measures, 1)
    }

    /// The same in layers. What comes in says its layer by its position: layer × measures + measure.
    pub(super) fn layered(
        tree: &'t Tree,
        question: &Question,
        measures: Vec<MeasureIx>,
        layers: usize,
    ) -> Self {
        let kinds = Kinds::of(tree, &question.nodes).in_periods(&question.periods);
        let width = measures.len();
        Tally {
            sums: vec![0; kinds.count() * width * layers],
            layers,
            kinds,
            measures,
            width,
            unplaced: 0,
        }
    }

    /// Nothing yet of so many conditions that have no date, at these nodes.
    pub(super) fn timeless(tree: &'t Tree, nodes: &[OrganizationId], width: usize) -> Self {
        let kinds = Kinds::of(tree, nodes);
        Tally {
            sums: vec![0; kinds.count() * width],
            layers: 1,
            kinds,
            measures: Vec::new(),
            width,
            unplaced: 0,
        }
    }

    /// What was asked for.
    pub(super) fn sums(self) -> Sums {
        let (nodes, periods) = self.kinds.asked;
        let width = self.width * self.layers;
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
            width: self.width,
            places: self.measures.into_iter().zip(0..).collect(),
            nodes,
            periods,
            values,
            unplaced: self.unplaced,
        }
    }
}

impl Counting for Tally<'_> {
    /// The kind; [`NOWHERE`] below none of the nodes asked for, `None` outside of the tree.
    type Place = Option<u32>;

    fn place(&mut self, code: Option<&str>) -> Option<u32> {
        let position = self.kinds.tree.position(code?)?;
        Some(self.kinds.place[position])
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
        let width = self.width * self.layers;
        let first = (place as usize * self.kinds.periods.len() + *month as usize) * width;
        let sums = &mut self.sums[first..first + width];
        values.for_each(|(measure, value)| sums[measure] += value);
    }

    /// The same, many groups at a time.
    fn add_axis(&mut self, axis: &AxisCells<'_, Option<u32>>) {
        let places: Vec<u32> = axis.places.iter().map(folded).collect();
        let folding = self.kinds.folding(axis, &places, self.width);
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

impl Tally<'_> {
    /// Adds the rows behind an axis in layers. `false` when memory cannot tell.
    pub(super) fn add_split(
        &mut self,
        axis: &AxisCells<'_, Option<u32>>,
        by: &Expr,
        (dated_by, placed_by): (&Expr, &Expr),
        measures: &[(usize, MeasureSpec)],
    ) -> bool {
        let places: Vec<u32> = axis.places.iter().map(folded).collect();
        let width = self.width;
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

impl Kinds<'_> {
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

impl<'t> Kinds<'t> {
    /// Without months.
    fn of(tree: &'t Tree, nodes: &[OrganizationId]) -> Kinds<'t> {
        let mut place = vec![NOWHERE; tree.all().len()];
        // A node moves what is below it to the kind that is also below it; that kind is made when it is first needed.
        let mut kinds: Vec<Vec<usize>> = Vec::new();
        for (position, node) in nodes.iter().enumerate() {
            let mut moved: Vec<(u32, u32)> = Vec::new();
            for kind in &mut place[tree.places(*node)] {
                let known = moved.iter().find(|(before, _)| before == kind);
                *kind = match known {
                    Some((_, after)) => *after,
                    None => {
                        let mut above = kinds.get(*kind as usize).cloned().unwrap_or_default();
                        above.push(position);
                        kinds.push(above);
                        let after = kinds.len() as u32 - 1;
                        moved.push((*kind, after));
                        after
                    }
                };
            }
        }
        Kinds {
            tree,
            place,
            nodes: kinds,
            month: vec![0],
            first_month: 0,
            periods: vec![vec![0]],
            asked: (nodes.len(), 1),
        }
    }

    /// The same by months of these periods.
    fn in_periods(self, asked: &[Period]) -> Kinds<'t> {
        let spans: Vec<(i32, i32)> = asked
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
            month: month.collect(),
            first_month,
            periods,
            asked: (self.asked.0, asked.len()),
            ..self
        }
    }

    /// How many kinds of places and months there are together.
    fn count(&self) -> usize {
        self.nodes.len() * self.periods.len()
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
        self.at(layer * self.width + self.places[&measure], node, period)
    }

    /// The sum of what was counted by position.
    pub(super) fn at(&self, position: usize, node: usize, period: usize) -> i64 {
        self.values[(position * self.nodes + node) * self.periods + period]
    }
}
