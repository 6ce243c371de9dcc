//! Answers out of memory.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use fuyou_cube::Place;
use fuyou_pack::model::{IndicatorIx, MeasureIx};

use super::{Live, State};
use crate::insight::MonthNumber;
use crate::insight::counts::{AxisCells, Counting, GapCount};
use crate::insight::store::Range;

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
            counting.add_axis(&AxisCells {
                cube,
                at: (program, axis),
                months: months.clone(),
                places: &places,
                without,
                measures: &measures,
            });
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
