//! Answers out of memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use fuyou_cube::{Cube, Place};
use fuyou_pack::model::{IndicatorIx, MeasureIx};

use super::{Live, State};
use crate::insight::MonthNumber;
use crate::insight::counts::{Counts, GapCount};
use crate::insight::store::Range;

/// An answer and the number of changes it includes.
pub(in crate::insight) struct Current<T> {
    pub as_of: i64,
    pub answer: T,
}

impl Live {
    /// The counts of measures by organization and month; `None` when the store must be asked.
    pub(in crate::insight) fn count(
        &self,
        measures: &[MeasureIx],
        range: &Range<'_>,
    ) -> Option<Current<Counts>> {
        self.look(|state| Some(state.current(state.count(measures, range)?)))?
    }

    /// The counts of gap conditions by organization; `None` when the store must be asked.
    pub(in crate::insight) fn count_gaps(
        &self,
        indicators: &[IndicatorIx],
    ) -> Option<Current<Vec<GapCount>>> {
        self.look(|state| state.current(state.count_gaps(indicators)))
    }
}

impl State {
    fn current<T>(&self, answer: T) -> Current<T> {
        Current {
            as_of: self.read_to.values().sum(),
            answer,
        }
    }

    fn count(&self, measures: &[MeasureIx], range: &Range<'_>) -> Option<Counts> {
        let mut axes: BTreeMap<(usize, usize), Vec<(MeasureIx, Place)>> = BTreeMap::new();
        for measure in measures {
            let place = self.cube.measure(*measure)?;
            let axis = axes.entry((place.program, place.axis)).or_default();
            axis.push((*measure, place));
        }
        let codes: Option<HashSet<&str>> = range
            .codes
            .map(|codes| codes.iter().map(String::as_str).collect());
        let months = MonthNumber::of(range.from).0..=MonthNumber::of(range.to).0;
        let (mut counts, cube) = (Counts::default(), &self.cube.cube);
        let mut program_places = (usize::MAX, Places::default());
        for ((program, axis), measures) in axes {
            if program_places.0 != program {
                program_places = (program, Places::of(cube, program, codes.as_ref()));
            }
            let (first, places) = (counts.measures.len(), &mut program_places.1);
            cube.each_group((program, axis), months.clone(), |group, rows, value| {
                if let Some(place) = places.position(group.place, &mut counts) {
                    let values = measures.iter().map(|(_, place)| value(place.measure));
                    counts.push((place, MonthNumber(group.month), rows), first, values);
                }
            });
            let measures = measures.into_iter().map(|(measure, _)| measure);
            counts.measures.extend(measures);
        }
        Some(counts)
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

/// Where the places of a program stand among those of an answer.
#[derive(Default)]
struct Places {
    /// By number of the text: its code when it was asked for.
    codes: Vec<Option<Arc<str>>>,
    without: bool,
    known: HashMap<Option<u32>, u32>,
}

impl Places {
    /// Only these codes; all, and rows without a place, when none are named.
    fn of(cube: &Cube, program: usize, codes: Option<&HashSet<&str>>) -> Places {
        let asked = |code: &Arc<str>| {
            let asked = codes.is_none_or(|codes| codes.contains(&**code));
            asked.then(|| Arc::clone(code))
        };
        Places {
            codes: cube.texts(program).iter().map(asked).collect(),
            without: codes.is_none(),
            known: HashMap::new(),
        }
    }

    fn position(&mut self, place: Option<u32>, counts: &mut Counts) -> Option<u32> {
        let code = match place {
            Some(number) => Some(self.codes[number as usize].as_ref()?),
            None if self.without => None,
            None => return None,
        };
        Some(*self.known.entry(place).or_insert_with(|| {
            counts.places.push(code.map(Arc::clone));
            counts.places.len() as u32 - 1
        }))
    }
}
