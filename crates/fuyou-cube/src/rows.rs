//! The rows behind a figure: which enrollments a condition finds, a page of them at a time.

use std::collections::{BinaryHeap, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use fuyou_expr::Expr;
use fuyou_expr::columns::{Batch, Plan, Scratch, Wanted};

use crate::axis::MeasureSpec;
use crate::cube::{Cube, CubeError};
use crate::projection::each_block;
use crate::table::Key;

/// Rows that add something to a measure.
#[derive(Clone, Copy, Debug)]
pub struct Adding<'e> {
    /// Which rows, and what they add; a row that adds nothing is not among them.
    pub measure: &'e MeasureSpec,
    /// The date that decides whether a row is within [`RowsAsked::days`]; `None`: it always is.
    pub dated_by: Option<&'e Expr>,
}

/// Which rows are asked for.
#[derive(Clone, Debug)]
pub struct RowsAsked<'e> {
    /// The organization code of a row.
    pub placed_by: &'e Expr,
    /// Only rows of these organizations.
    pub codes: &'e HashSet<&'e str>,
    /// Day numbers.
    pub days: RangeInclusive<i64>,
    /// Rows that add to this.
    pub of: Adding<'e>,
    /// Unless they add to that.
    pub without: Option<Adding<'e>>,
    /// Only rows where this code is that one; with `None`, only rows where it is not known.
    pub within: Option<(&'e Expr, Option<usize>)>,
    /// Only rows behind this organization code and id.
    pub after: Option<(&'e str, u128)>,
    /// At most so many.
    pub limit: usize,
}

/// A row behind a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    /// Whom the enrollment is about.
    pub subject: u128,
    /// The enrollment.
    pub id: u128,
    /// Its organization code.
    pub place: Arc<str>,
    /// The day that dates it.
    pub on: Option<i64>,
    /// What it adds.
    pub adds: i64,
}

/// A page of rows, by organization code and id, and how many rows all pages have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundRows {
    /// The page.
    pub rows: Vec<FoundRow>,
    /// Of all pages.
    pub total: i64,
}

/// A row that may come onto the page: rank of its place, id, row, day, what it adds.
type Candidate = (u32, u128, u32, Option<i64>, i64);

/// Where the parts of [`Adding`] stand among the outputs of the plan.
struct Parts {
    filter: Option<usize>,
    sum: Option<usize>,
    date: Option<usize>,
}

impl Parts {
    fn of<'e>(adding: Adding<'e>, wanted: &mut Vec<Wanted<'e>>) -> Parts {
        let mut add = |want: Option<Wanted<'e>>| {
            want.map(|want| {
                wanted.push(want);
                wanted.len() - 1
            })
        };
        Parts {
            filter: add(adding.measure.filter.as_ref().map(Wanted::Holds)),
            sum: add(adding.measure.sum.as_ref().map(Wanted::Value)),
            date: add(adding.dated_by.map(Wanted::Value)),
        }
    }

    /// Day and what is added, of a row that adds something within the days.
    fn adds(
        &self,
        (plan, scratch, batch): (&Plan, &Scratch, &Batch<'_>),
        days: &RangeInclusive<i64>,
        row: usize,
    ) -> Option<(Option<i64>, i64)> {
        let bit = |words: &[u64]| words[row / 64] >> (row % 64) & 1 == 1;
        let number = |output: usize| {
            let known = plan.known(output, scratch, batch).is_none_or(bit);
            known.then(|| plan.numbers(output, scratch, batch).at(row))
        };
        let holds = |output: usize| bit(plan.holds(output, scratch, batch));
        if !self.filter.is_none_or(holds) {
            return None;
        }
        let on = match self.date {
            Some(output) => Some(number(output).filter(|on| days.contains(on))?),
            None => None,
        };
        let adds = self.sum.map_or(Some(1), number).filter(|adds| *adds != 0)?;
        Some((on, adds))
    }
}

/// The code of a row; `None` when it is not known.
fn code(
    (plan, scratch, batch): (&Plan, &Scratch, &Batch<'_>),
    output: usize,
    row: usize,
) -> Option<usize> {
    let bit = |words: &[u64]| words[row / 64] >> (row % 64) & 1 == 1;
    let known = plan.known(output, scratch, batch).is_none_or(bit);
    let number = known.then(|| plan.numbers(output, scratch, batch).at(row))?;
    usize::try_from(number).ok()
}

impl Cube {
    /// The rows behind a figure. Every enrollment is looked at, however small the page.
    ///
    /// # Errors
    /// When an expression cannot be answered over columns.
    pub fn rows_behind(
        &self,
        program: usize,
        asked: &RowsAsked<'_>,
    ) -> Result<FoundRows, CubeError> {
        let table = self.table(program);
        let mut wanted = vec![Wanted::Value(asked.placed_by)];
        let of = Parts::of(asked.of, &mut wanted);
        let without = asked.without.map(|without| Parts::of(without, &mut wanted));
        let within = asked.within.map(|(by, layer)| {
            wanted.push(Wanted::Value(by));
            (wanted.len() - 1, layer)
        });
        let plan = Plan::compile(&wanted)?;
        let mut codes: Vec<&str> = asked.codes.iter().copied().collect();
        codes.sort_unstable();
        let ranks: HashMap<&str, u32> = codes.iter().copied().zip(0..).collect();
        let rank_of = |text: &Arc<str>| ranks.get(&**text).copied();
        let numbered: Vec<Option<u32>> = table.texts().iter().map(rank_of).collect();
        let after = asked.after.map(|(code, id)| {
            // A code that is gone stands before the first that is greater.
            let rank = codes.partition_point(|known| *known < code);
            let is_there = codes.get(rank) == Some(&code);
            (rank as u32, if is_there { Some(id) } else { None })
        });
        let behind = |rank: u32, id: u128| match after {
            None => true,
            Some((last, None)) => rank >= last,
            Some((last, Some(last_id))) => (rank, id) > (last, last_id),
        };
        let keys = table.keys();
        let (mut page, mut total) = (BinaryHeap::<Candidate>::new(), 0);
        each_block(&plan, table, |scratch, batch| {
            let block = (&plan, scratch, batch);
            for at in 0..batch.rows {
                let row = batch.first + at;
                let Some(Key { subject: _, id }) = keys[row] else {
                    continue;
                };
                let rank = match plan.text(0, scratch, batch, at) {
                    None => None,
                    Some(Ok(number)) => numbered[number as usize],
                    Some(Err(text)) => rank_of(&text),
                };
                let Some(rank) = rank else { continue };
                if within.is_some_and(|(by, layer)| code(block, by, at) != layer) {
                    continue;
                }
                let Some((on, adds)) = of.adds(block, &asked.days, at) else {
                    continue;
                };
                let excluded = |without: &Parts| without.adds(block, &asked.days, at).is_some();
                if without.as_ref().is_some_and(excluded) {
                    continue;
                }
                total += 1;
                let is_full = page.len() == asked.limit;
                if behind(rank, id)
                    && (!is_full
                        || page
                            .peek()
                            .is_some_and(|last| (rank, id) < (last.0, last.1)))
                {
                    if is_full {
                        page.pop();
                    }
                    page.push((rank, id, row as u32, on, adds));
                }
            }
        });
        let found = |(rank, id, row, on, adds): Candidate| FoundRow {
            subject: keys[row as usize].map_or(0, |key| key.subject),
            id,
            place: Arc::from(codes[rank as usize]),
            on,
            adds,
        };
        let rows = page.into_sorted_vec().into_iter().map(found).collect();
        Ok(FoundRows { rows, total })
    }
}
