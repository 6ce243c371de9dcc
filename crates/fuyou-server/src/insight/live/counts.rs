//! Answers out of memory.

use std::collections::{BTreeMap, HashSet};

use fuyou_cube::Place;
use fuyou_pack::model::{IndicatorIx, MeasureIx};

use super::{Live, LiveError, State};
use crate::db::Db;
use crate::insight::MonthNumber;
use crate::insight::store::{Counted, GapCount, Range};

/// An answer and the number of changes it includes.
pub(in crate::insight) struct Current<T> {
    pub as_of: i64,
    pub answer: T,
}

impl Live {
    /// The counts of measures by organization and month; `None` when the store must be asked.
    pub(in crate::insight) async fn count(
        &self,
        db: &Db,
        measures: &[MeasureIx],
        range: &Range<'_>,
    ) -> Result<Option<Current<(Vec<MeasureIx>, Vec<Counted>)>>, LiveError> {
        let mut state = self.state.lock().await;
        if !self.catch_up(db, &mut state).await? {
            return Ok(None);
        }
        let mut axes: BTreeMap<(usize, usize), Vec<(MeasureIx, Place)>> = BTreeMap::new();
        for measure in measures {
            let Some(place) = state.cube.measure(*measure) else {
                return Ok(None);
            };
            axes.entry((place.program, place.axis))
                .or_default()
                .push((*measure, place));
        }
        let codes: Option<HashSet<&str>> = range
            .codes
            .map(|codes| codes.iter().map(String::as_str).collect());
        let months = MonthNumber::of(range.from).0..=MonthNumber::of(range.to).0;
        let (mut order, mut counted) = (Vec::new(), Vec::new());
        let cube = &state.cube.cube;
        for ((program, axis), measures) in axes {
            let first = order.len();
            cube.each_group((program, axis), months.clone(), |group, rows, value| {
                let place = cube.place(program, group);
                let asked = |codes: &HashSet<&str>| place.is_some_and(|code| codes.contains(code));
                if codes.as_ref().is_none_or(asked) {
                    counted.push(Counted {
                        place: place.map(str::to_owned),
                        month: MonthNumber(group.month),
                        first,
                        values: measures
                            .iter()
                            .map(|(_, place)| value(place.measure))
                            .collect(),
                        rows,
                    });
                }
            });
            order.extend(measures.into_iter().map(|(measure, _)| measure));
        }
        Ok(Some(state.current((order, counted))))
    }

    /// The counts of gap conditions by organization; `None` when the store must be asked.
    pub(in crate::insight) async fn count_gaps(
        &self,
        db: &Db,
        indicators: &[IndicatorIx],
    ) -> Result<Option<Current<Vec<GapCount>>>, LiveError> {
        let mut state = self.state.lock().await;
        if !self.catch_up(db, &mut state).await? {
            return Ok(None);
        }
        let mut axes: BTreeMap<(usize, usize), Vec<(IndicatorIx, Place)>> = BTreeMap::new();
        for ix in indicators {
            if let Some(place) = state.cube.gap(*ix) {
                axes.entry((place.program, place.axis))
                    .or_default()
                    .push((*ix, place));
            }
        }
        let (mut counted, cube) = (Vec::new(), &state.cube.cube);
        for ((program, axis), gaps) in axes {
            cube.each_group((program, axis), i32::MIN..=i32::MAX, |group, _, value| {
                counted.push(GapCount {
                    place: cube.place(program, group).map(str::to_owned),
                    counts: gaps
                        .iter()
                        .map(|(ix, place)| (*ix, value(place.measure)))
                        .collect(),
                });
            });
        }
        Ok(Some(state.current(counted)))
    }
}

impl State {
    fn current<T>(&self, answer: T) -> Current<T> {
        Current {
            as_of: self.read_to.values().sum(),
            answer,
        }
    }
}
