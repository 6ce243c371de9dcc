//! Answers out of memory.

use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use fuyou_cube::{MeasureSpec, Place};
use fuyou_pack::model::{IndicatorIx, Measure, MeasureIx, Stratum};

use super::{Live, State};
use crate::insight::MonthNumber;
use crate::insight::counts::{AxisCells, Counting};
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
            let places = state.places(measures)?;
            state.each_axis(
                &places,
                &Asked::within(range),
                counting,
                |counting, cells| {
                    counting.add_axis(cells);
                },
            );
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
        tally: &mut Tally<'_>,
    ) -> Option<i64> {
        let pack = &*self.0.pack;
        self.look(|state| {
            let mut complete = true;
            let places = state.places(measures)?;
            state.each_axis(&places, &Asked::within(range), tally, |tally, cells| {
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
            });
            complete.then(|| state.read_to.values().sum())
        })?
    }

    /// Counts gap conditions by organization, by position; `None` when the store must be asked.
    pub(in crate::insight) fn count_gaps(
        &self,
        indicators: &[IndicatorIx],
        counting: &mut impl Counting,
    ) -> Option<()> {
        self.look(|state| {
            let places = indicators.iter().map(|ix| state.cube.gap(*ix));
            let places: Vec<Place> = places.collect::<Option<_>>()?;
            state.each_axis(&places, &Asked::TIMELESS, counting, |counting, cells| {
                counting.add_axis(cells);
            });
            Some(())
        })?
    }
}

/// Which cells are asked for.
struct Asked<'a> {
    months: RangeInclusive<i32>,
    codes: Option<&'a [String]>,
}

impl<'a> Asked<'a> {
    fn within(range: &Range<'a>) -> Self {
        Asked {
            months: MonthNumber::of(range.from).0..=MonthNumber::of(range.to).0,
            codes: range.codes,
        }
    }

    /// Those of axes without dates.
    const TIMELESS: Asked<'static> = Asked {
        months: 0..=0,
        codes: None,
    };
}

impl State {
    fn places(&self, measures: &[MeasureIx]) -> Option<Vec<Place>> {
        let places = measures.iter().map(|measure| self.cube.measure(*measure));
        places.collect()
    }

    /// Calls `see` with the cells of every axis that some of these places are on.
    fn each_axis<C: Counting>(
        &self,
        places: &[Place],
        asked: &Asked<'_>,
        counting: &mut C,
        mut see: impl FnMut(&mut C, &AxisCells<'_, C::Place>),
    ) {
        let mut axes: BTreeMap<(usize, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for (position, place) in places.iter().enumerate() {
            let axis = axes.entry((place.program, place.axis)).or_default();
            axis.push((position, place.measure));
        }
        let codes: Option<HashSet<&str>> = asked
            .codes
            .map(|codes| codes.iter().map(String::as_str).collect());
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
            let cells = AxisCells {
                cube,
                at: (program, axis),
                months: asked.months.clone(),
                places: &places,
                without,
                measures: &measures,
            };
            see(counting, &cells);
        }
    }
}
