//! Figures split by a code of each row: one pass over the columns, for what nobody keeps cells of.

use fuyou_expr::Expr;
use fuyou_expr::columns::{Batch, Numbers, Plan, Scratch, Wanted};
use fuyou_kernel::{Date, DayNumber};

use crate::axis::{MeasureSpec, month};
use crate::cube::{Cube, CubeError};
use crate::fold::Folding;
use crate::projection::each_block_of;
use crate::table::Table;

/// What is added up by layers.
#[derive(Clone, Copy, Debug)]
pub struct Splitting<'s> {
    /// The layer of a row: a code. Rows where it is not known are one more layer, behind the others.
    pub by: &'s Expr,
    /// How many codes there are.
    pub layers: usize,
    /// The organization code of a row.
    pub placed_by: &'s Expr,
    /// The date that decides the month; a row without one is not counted.
    pub dated_by: &'s Expr,
    /// What is added up, by position among the sums of a layer.
    pub measures: &'s [(usize, MeasureSpec)],
    /// How many sums a layer has.
    pub width: usize,
    /// Which places and months are added up together. Its own measures are not read; its width is that of all layers.
    pub folding: &'s Folding<'s>,
}

impl Cube {
    /// Adds what rows add to `sums`: by kind of place, kind of month, layer and position. Every enrollment is looked at.
    ///
    /// # Errors
    /// When an expression cannot be answered over columns, or a sum leaves 64 bits.
    pub fn split(
        &self,
        program: usize,
        splitting: &Splitting<'_>,
        sums: &mut [i64],
    ) -> Result<(), CubeError> {
        let table = self.table(program);
        let work = Work::new(splitting, table)?;
        let parts = table.ranges(self.threads());
        let size = sums.len();
        let found = std::thread::scope(|scope| {
            let part = |rows| {
                let work = &work;
                scope.spawn(move || work.added(rows, size))
            };
            let running: Vec<_> = parts.into_iter().map(part).collect();
            let joined = running
                .into_iter()
                .map(|part| part.join().unwrap_or(Err(CubeError::Worker)));
            joined.collect::<Result<Vec<_>, _>>()
        })?;
        for part in found {
            for (sum, adds) in sums.iter_mut().zip(part) {
                *sum = sum.checked_add(adds).ok_or(CubeError::Overflow)?;
            }
        }
        Ok(())
    }
}

/// What all threads read.
struct Work<'w> {
    splitting: &'w Splitting<'w>,
    table: &'w Table,
    plan: Plan,
    /// Output of the condition and of the value, and position, of each measure.
    reads: Vec<(Option<usize>, Option<usize>, usize)>,
    live: Vec<bool>,
    days: Days,
}

const PLACE: usize = 0;
const DATE: usize = 1;
const LAYER: usize = 2;

/// The kind of month of each day of the months that are asked for.
struct Days {
    first: i64,
    kinds: Vec<u32>,
}

impl Days {
    fn of(folding: &Folding<'_>) -> Days {
        let (from, to) = (folding.months.start(), folding.months.end());
        let asked = (*from).max(folding.first_month);
        let known = i32::try_from(folding.month_kinds.len()).unwrap_or(i32::MAX);
        let until = (*to).min(folding.first_month.saturating_add(known) - 1);
        let first = first_day(asked);
        let (Some(first), Some(after)) = (first, first_day(until + 1)) else {
            return Days {
                first: 0,
                kinds: Vec::new(),
            };
        };
        let kind = |day| month(day).map_or(Folding::SKIP, |month| folding.month_kind(month));
        Days {
            first,
            kinds: (first..after).map(kind).collect(),
        }
    }

    #[inline]
    fn kind(&self, day: i64) -> Option<u32> {
        let at = usize::try_from(day.checked_sub(self.first)?).ok()?;
        let kind = self.kinds.get(at).copied();
        kind.filter(|kind| *kind != Folding::SKIP)
    }
}

/// The outputs of a block that decide where a row counts.
struct Deciding<'b> {
    date: (Numbers<'b>, Option<&'b [u64]>),
    layer: (Numbers<'b>, Option<&'b [u64]>),
}

#[inline]
fn bit(words: &[u64], row: usize) -> bool {
    words[row / 64] >> (row % 64) & 1 == 1
}

#[inline]
fn number((numbers, known): &(Numbers<'_>, Option<&[u64]>), row: usize) -> Option<i64> {
    known
        .is_none_or(|known| bit(known, row))
        .then(|| numbers.at(row))
}

impl<'w> Work<'w> {
    fn new(splitting: &'w Splitting<'w>, table: &'w Table) -> Result<Self, CubeError> {
        let of_row = [splitting.placed_by, splitting.dated_by, splitting.by];
        let mut wanted: Vec<Wanted<'_>> = of_row.into_iter().map(Wanted::Value).collect();
        let mut add = |want: Option<Wanted<'w>>| {
            want.map(|want| {
                wanted.push(want);
                wanted.len() - 1
            })
        };
        let mut reads = Vec::with_capacity(splitting.measures.len());
        for (position, measure) in splitting.measures {
            let filter = add(measure.filter.as_ref().map(Wanted::Holds));
            let sum = add(measure.sum.as_ref().map(Wanted::Value));
            reads.push((filter, sum, *position));
        }
        Ok(Work {
            splitting,
            table,
            plan: Plan::compile(&wanted)?,
            reads,
            live: table.live(),
            days: Days::of(splitting.folding),
        })
    }

    fn added(&self, rows: std::ops::Range<usize>, size: usize) -> Result<Vec<i64>, CubeError> {
        let (mut sums, mut outcome) = (vec![0; size], Ok(()));
        each_block_of(&self.plan, self.table, rows, |scratch, batch| {
            let of = |output| {
                let numbers = self.plan.numbers(output, scratch, batch);
                (numbers, self.plan.known(output, scratch, batch))
            };
            let deciding = Deciding {
                date: of(DATE),
                layer: of(LAYER),
            };
            let live = &self.live[batch.first..batch.first + batch.rows];
            for (row, live) in live.iter().enumerate() {
                if !live || outcome.is_err() {
                    continue;
                }
                if let Some(first) = self.begins(row, &deciding, scratch, batch) {
                    outcome = self.add(row, scratch, batch, &mut sums[first..]);
                }
            }
        });
        outcome.map(|()| sums)
    }

    /// Where the sums of a row's place, month and layer begin.
    #[inline]
    fn begins(
        &self,
        row: usize,
        deciding: &Deciding<'_>,
        scratch: &Scratch,
        batch: &Batch<'_>,
    ) -> Option<usize> {
        let kind = self.days.kind(number(&deciding.date, row)?)?;
        let place = match self.plan.text(PLACE, scratch, batch, row) {
            None => None,
            Some(Ok(place)) => Some(place),
            // A code that an expression made has a number since the cells were counted.
            Some(Err(text)) => Some(self.table.find_text(&text)?),
        };
        let base = self.splitting.folding.begins(place, kind)?;
        let layer = match number(&deciding.layer, row).map(usize::try_from) {
            Some(Ok(layer)) if layer < self.splitting.layers => layer,
            _ => self.splitting.layers,
        };
        Some(base + layer * self.splitting.width)
    }

    #[inline]
    fn add(
        &self,
        row: usize,
        scratch: &Scratch,
        batch: &Batch<'_>,
        sums: &mut [i64],
    ) -> Result<(), CubeError> {
        for (filter, sum, position) in &self.reads {
            let holds = |filter: usize| bit(self.plan.holds(filter, scratch, batch), row);
            if !filter.is_none_or(holds) {
                continue;
            }
            let value = |output: usize| {
                let known = self.plan.known(output, scratch, batch);
                number(&(self.plan.numbers(output, scratch, batch), known), row)
            };
            let adds = sum.map_or(Some(1), value).unwrap_or(0);
            let sum = &mut sums[*position];
            *sum = sum.checked_add(adds).ok_or(CubeError::Overflow)?;
        }
        Ok(())
    }
}

/// The day number of the first day of a month.
fn first_day(month: i32) -> Option<i64> {
    let (year, of_year) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    let date = Date::new(i16::try_from(year).ok()?, of_year as i8, 1).ok()?;
    Some(i64::from(DayNumber::from(date).0))
}
