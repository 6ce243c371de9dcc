//! The rows behind a figure: which enrollments a condition finds, a page of them at a time. Every row is looked at, on
//! several threads, first as bits.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use fuyou_expr::Expr;
use fuyou_expr::columns::{Batch, Plan, Scratch, Wanted};

use crate::axis::MeasureSpec;
use crate::cube::{Cube, CubeError};
use crate::projection::each_block_of;
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
    /// In which order; equals by id.
    pub order: RowsOrder,
    /// Only rows behind one that is sorted by this and has this id.
    pub after: Option<(RowKey<'e>, u128)>,
    /// At most so many.
    pub limit: usize,
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsBy {
    /// Their organization code.
    Place,
    /// The day that dates them; 9999-12-31 for those without one.
    Day,
    /// What they add.
    Adds,
}

/// The order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsOrder {
    /// The smallest first.
    Up(RowsBy),
    /// The largest first.
    Down(RowsBy),
}

/// What a row is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKey<'e> {
    /// An organization code.
    Place(&'e str),
    /// A day number, or what is added.
    Number(i64),
}

/// What a row is sorted by, smaller the earlier it comes. All rows of a question have the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'c> {
    Up(&'c str),
    Down(Reverse<&'c str>),
    Number(i64),
    NumberDown(Reverse<i64>),
}

/// What stands for the day of rows that have none: the last of the calendar.
const NO_DAY: i64 = 2_932_896;

impl RowsOrder {
    fn rank<'c>(self, key: RowKey<'c>) -> Rank<'c> {
        match (self, key) {
            (RowsOrder::Up(_), RowKey::Place(place)) => Rank::Up(place),
            (RowsOrder::Down(_), RowKey::Place(place)) => Rank::Down(Reverse(place)),
            (RowsOrder::Up(_), RowKey::Number(number)) => Rank::Number(number),
            (RowsOrder::Down(_), RowKey::Number(number)) => Rank::NumberDown(Reverse(number)),
        }
    }

    /// The rank of a row.
    fn of<'c>(self, place: &'c str, on: Option<i64>, adds: i64) -> Rank<'c> {
        let (RowsOrder::Up(by) | RowsOrder::Down(by)) = self;
        match (by, on) {
            (RowsBy::Place, _) => self.rank(RowKey::Place(place)),
            (RowsBy::Day, on) => self.rank(RowKey::Number(on.unwrap_or(NO_DAY))),
            (RowsBy::Adds, _) => self.rank(RowKey::Number(adds)),
        }
    }
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

/// A page of rows in the order asked for, and how many rows all pages have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundRows {
    /// The page.
    pub rows: Vec<FoundRow>,
    /// Of all pages.
    pub total: i64,
}

/// A row that may come onto the page: its rank, id, row, place, day, what it adds.
type Candidate<'c> = (Rank<'c>, u128, u32, &'c str, Option<i64>, i64);

/// Rows that a thread of its own pays for; few in tests, so that they use several.
const ROWS_MIN: usize = if cfg!(test) { 64 } else { 1 << 17 };

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

    /// Leaves in a word of rows only those that may add something.
    fn keep(&self, (plan, scratch, batch): (&Plan, &Scratch, &Batch<'_>), at: usize) -> u64 {
        let holds = self.filter.map(|output| plan.holds(output, scratch, batch));
        let dated = self
            .date
            .and_then(|output| plan.known(output, scratch, batch));
        let adds = self
            .sum
            .and_then(|output| plan.known(output, scratch, batch));
        let words = [holds, dated, adds].into_iter().flatten();
        words.fold(u64::MAX, |word, words| word & words[at])
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
        let place = |text: &str| asked.codes.get(text).copied();
        let places: Vec<Option<&str>> = table.texts().iter().map(|text| place(text)).collect();
        let keys = table.keys();
        let after = asked.after.map(|(key, id)| (asked.order.rank(key), id));
        // The page and the total of some of the rows.
        let part = |rows: Range<usize>| {
            let (mut page, mut total) = (BinaryHeap::<Candidate<'_>>::new(), 0);
            each_block_of(&plan, table, rows, |scratch, batch| {
                let block = (&plan, scratch, batch);
                let mut see = |at: usize| {
                    let row = batch.first + at;
                    let Key { subject: _, id } = keys[row]?;
                    let place = match plan.text(0, scratch, batch, at)? {
                        Ok(number) => places[number as usize],
                        Err(text) => place(&text),
                    }?;
                    if within.is_some_and(|(by, layer)| code(block, by, at) != layer) {
                        return None;
                    }
                    let (on, adds) = of.adds(block, &asked.days, at)?;
                    let excluded = |without: &Parts| without.adds(block, &asked.days, at).is_some();
                    if without.as_ref().is_some_and(excluded) {
                        return None;
                    }
                    total += 1;
                    let rank = asked.order.of(place, on, adds);
                    let behind = after.is_none_or(|after| (rank, id) > after);
                    let is_full = page.len() == asked.limit;
                    let comes_before = |last: &Candidate<'_>| (rank, id) < (last.0, last.1);
                    if behind && (!is_full || page.peek().is_some_and(comes_before)) {
                        if is_full {
                            page.pop();
                        }
                        page.push((rank, id, row as u32, place, on, adds));
                    }
                    Some(())
                };
                for word in 0..batch.rows.div_ceil(64) {
                    let left = batch.rows - word * 64;
                    let mut rows = of.keep(block, word) & u64::MAX >> (64 - left.min(64));
                    while rows != 0 {
                        see(word * 64 + rows.trailing_zeros() as usize);
                        rows &= rows - 1;
                    }
                }
            });
            (page.into_vec(), total)
        };
        let all = table.rows();
        let parts = (all / ROWS_MIN).clamp(1, self.threads());
        let length = all.div_ceil(parts).next_multiple_of(64);
        let rows = |at: usize| (at * length).min(all)..((at + 1) * length).min(all);
        let (mut page, total) = std::thread::scope(|scope| {
            let part = &part;
            let others: Vec<_> = (1..parts)
                .map(|at| scope.spawn(move || part(rows(at))))
                .collect();
            let (mut page, mut total) = part(rows(0));
            for other in others {
                let (more, more_total) = other.join().map_err(|_| CubeError::Worker)?;
                page.extend(more);
                total += more_total;
            }
            Ok::<_, CubeError>((page, total))
        })?;
        page.sort_unstable();
        page.truncate(asked.limit);
        let found = |(_, id, row, place, on, adds): Candidate<'_>| FoundRow {
            subject: keys[row as usize].map_or(0, |key| key.subject),
            id,
            place: Arc::from(place),
            on,
            adds,
        };
        let rows = page.into_iter().map(found).collect();
        Ok(FoundRows { rows, total })
    }
}
