//! Answers out of memory.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use fuyou_cube::{MeasureSpec, Place};
use fuyou_pack::model::{IndicatorIx, Measure, MeasureIx, Stratum};

use super::{Live, State};
use crate::insight::MonthNumber;
use crate::insight::counts::{AxisCells, Counting, GapCount};
use crate::insight::store::Range;
use crate::insight::tally::Tally;

impl Live {
    /// Counts measures by organization and month, and says how many changes are included; `None` when the store must be
    /// asked.
    pub(in crate::insight) fn count(
        &self,
        measures: &[MeasureIx],
        range: &Range<'_>,
        counting: &mut impl Counting,
    ) -> Option<i64> {
        self.look(|state| {
            state.count(measures, range, counting)?;
            Some(state.read_to.values().sum())
        })?
    }

    /// Counts measures by layers of a stratum, and says how many changes are included; `None` when the store must be
    /// asked. Nothing is held of this: every enrollment is looked at.
    pub(in crate::insight) fn split(
        &self,
        measures: &[MeasureIx],
        stratum: &Stratum,
        range: &Range<'_>,
        tally: &mut Tally,
    ) -> Option<i64> {
        let pack = &*self.0.pack;
        self.look(|state| {
            let mut complete = true;
            state.each_axis(measures, range, tally, |tally, cells| {
                let asked = cells.measures.iter();
                let asked =
                    asked.map(|(position, _)| (*position, pack.measure(measures[*position])));
                let asked: Vec<(usize, &Measure)> = asked.collect();
                let Some((_, first)) = asked.first() else {
                    return;
                };
                let specs = asked.iter();
                let specs: Vec<(usize, MeasureSpec)> = specs
                    .map(|(position, measure)| (*position, MeasureSpec::from(*measure)))
                    .collect();
                // What shares an axis is dated and placed alike.
                let by = (&first.dated_by, &first.placed_by);
                complete &= tally.add_split(cells, &stratum.is, by, &specs);
            })?;
            complete.then(|| state.read_to.values().sum())
        })?
    }

    /// The counts of gap conditions by organization; `None` when the store must be asked.
    pub(in crate::insight) fn count_gaps(
        &self,
        indicators: &[IndicatorIx],
    ) -> Option<Vec<GapCount>> {
        self.look(|state| state.count_gaps(indicators))
    }
}

impl State {
    fn count(
        &self,
        measures: &[MeasureIx],
        range: &Range<'_>,
        counting: &mut impl Counting,
    ) -> Option<()> {
        self.each_axis(measures, range, counting, |counting, cells| {
            counting.add_axis(cells);
        })
    }

    /// Calls `see` with the cells of every axis that some of these measures have.
    fn each_axis<C: Counting>(
        &self,
        measures: &[MeasureIx],
        range: &Range<'_>,
        counting: &mut C,
        mut see: impl FnMut(&mut C, &AxisCells<'_, C::Place>),
    ) -> Option<()> {
        let mut axes: BTreeMap<(usize, usize), Vec<(usize, Place)>> = BTreeMap::new();
        for (position, measure) in measures.iter().enumerate() {
            let place = self.cube.measure(*measure)?;
            let axis = axes.entry((place.program, place.axis)).or_default();
            axis.push((position, place));
        }
        let codes: Option<HashSet<&str>> = range
            .codes
            .map(|codes| codes.iter().map(String::as_str).collect());
        let months = MonthNumber::of(range.from).0..=MonthNumber::of(range.to).0;
        let cube = &self.cube.cube;
        // By number of the text; `None` for codes that were not asked for.
        let (mut of_program, mut places) = (None, Vec::new());
        let without = codes.is_none().then(|| counting.place(None));
        for ((program, axis), measures) in axes {
            if of_program != Some(program) {
                of_program = Some(program);
                let asked = |code: &str| codes.as_ref().is_none_or(|codes| codes.contains(code));
                let place = |code: &Arc<str>| asked(code).then(|| counting.place(Some(code)));
                places = cube.texts(program).iter().map(place).collect();
            }
            let measures = measures.iter();
            let measures: Vec<(usize, usize)> = measures
                .map(|(position, place)| (*position, place.measure))
                .collect();
            let cells = AxisCells {
                cube,
                at: (program, axis),
                months: months.clone(),
                places: &places,
                without,
                measures: &measures,
            };
            see(counting, &cells);
        }
        Some(())
    }

    fn count_gaps(&self, indicators: &[IndicatorIx]) -> Vec<GapCount> {
        let mut axes: BTreeMap<(usize, usize), Vec<(IndicatorIx, Place)>> = BTreeMap::new();
        for ix in indicators {
            if let Some(place) = self.cube.gap(*ix) {
                let axis = axes.entry((place.program, place.axis)).or_default();
                axis.push((*ix, place));
            }
        }
        let (mut counted, cube) = (Vec::new(), &self.cube.cube);
        for ((program, axis), gaps) in axes {
            cube.each_group((program, axis), i32::MIN..=i32::MAX, |group, _, value| {
                let counts = gaps.iter().map(|(ix, place)| (*ix, value(place.measure)));
                counted.push(GapCount {
                    place: cube.place(program, group).map(Arc::clone),
                    counts: counts.collect(),
                });
            });
        }
        counted
    }
}
