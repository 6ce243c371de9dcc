//! Figures split by a code of each row: one pass over the columns, for what nobody keeps cells of.

use fuyou_expr::Expr;
use fuyou_expr::columns::{Batch, Plan, Scratch, Wanted};

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
}

const PLACE: usize = 0;
const DATE: usize = 1;
const LAYER: usize = 2;

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
        })
    }

    fn added(&self, rows: std::ops::Range<usize>, size: usize) -> Result<Vec<i64>, CubeError> {
        let (mut sums, mut outcome) = (vec![0; size], Ok(()));
        each_block_of(&self.plan, self.table, rows, |scratch, batch| {
            for row in 0..batch.rows {
                if outcome.is_ok() && self.live[batch.first + row] {
                    outcome = self.add(row, scratch, batch, &mut sums);
                }
            }
        });
        outcome.map(|()| sums)
    }

    fn add(
        &self,
        row: usize,
        scratch: &Scratch,
        batch: &Batch<'_>,
        sums: &mut [i64],
    ) -> Result<(), CubeError> {
        let bit = |words: &[u64]| words[row / 64] >> (row % 64) & 1 == 1;
        let number = |output: usize| {
            let known = self.plan.known(output, scratch, batch).is_none_or(bit);
            known.then(|| self.plan.numbers(output, scratch, batch).at(row))
        };
        let Some(month) = number(DATE).and_then(month) else {
            return Ok(());
        };
        let place = match self.plan.text(PLACE, scratch, batch, row) {
            None => None,
            Some(Ok(place)) => Some(place),
            // A code that an expression made has a number since the cells were counted.
            Some(Err(text)) => match self.table.find_text(&text) {
                None => return Ok(()),
                found => found,
            },
        };
        let Some(base) = self.splitting.folding.begins(place, month) else {
            return Ok(());
        };
        let layer = match number(LAYER).map(usize::try_from) {
            Some(Ok(layer)) if layer < self.splitting.layers => layer,
            _ => self.splitting.layers,
        };
        let first = base + layer * self.splitting.width;
        for (filter, sum, position) in &self.reads {
            let holds = |filter: usize| bit(self.plan.holds(filter, scratch, batch));
            if !filter.is_none_or(holds) {
                continue;
            }
            let adds = sum.map_or(Some(1), number).unwrap_or(0);
            let sum = &mut sums[first + position];
            *sum = sum.checked_add(adds).ok_or(CubeError::Overflow)?;
        }
        Ok(())
    }
}
