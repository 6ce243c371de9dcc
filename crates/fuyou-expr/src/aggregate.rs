//! Aggregates over the rows of one set of one record.

use std::cmp::Ordering;

use crate::compare::{equal, order};
use crate::row::{Cell, Eval, Rows, borrow, finished};
use crate::tree::{Aggregate, AggregateFunction, Node};
use crate::types::Type;
use crate::value::Value;

impl Aggregate {
    /// Its value over all rows, given its value over the rows before `from`.
    ///
    /// This is what evaluating it over all rows gives, provided that `before` is what evaluating it over the first
    /// `from` rows gives now. When `from` is 0, `before` is not looked at. Different values are always counted anew.
    ///
    /// Rows that are not `worth` a look must be known not to change the value: the filter is not true of them, or what
    /// they add is nothing.
    pub fn extend<R: Rows + ?Sized>(
        &self,
        before: &Value,
        rows: &R,
        from: usize,
        worth: &dyn Fn(usize) -> bool,
    ) -> Value {
        let eval = Eval {
            rows,
            worth: Some(worth),
        };
        let cell = if from == 0 || self.function == AggregateFunction::CountDistinct {
            eval.aggregate(self)
        } else {
            eval.extended(self, borrow(before), from)
        };
        let counted = Type::Integer;
        let ty = match (&self.of, self.function) {
            (None, _) | (_, AggregateFunction::Count | AggregateFunction::CountDistinct) => {
                &counted
            }
            (Some(of), _) => &of.ty,
        };
        finished(cell, ty)
    }
}

/// The value over no rows.
fn over_nothing(function: AggregateFunction) -> Cell<'static> {
    match function {
        AggregateFunction::Count | AggregateFunction::CountDistinct => Cell::Number(0),
        AggregateFunction::Any => Cell::Boolean(false),
        AggregateFunction::Every => Cell::Boolean(true),
        AggregateFunction::Sum
        | AggregateFunction::Min
        | AggregateFunction::Max
        | AggregateFunction::First
        | AggregateFunction::Last => Cell::Null,
    }
}

impl<'v, R: Rows + ?Sized> Eval<'v, R> {
    /// The value over all rows.
    pub(crate) fn aggregate(&self, aggregate: &'v Aggregate) -> Cell<'v> {
        match (&aggregate.of, aggregate.function) {
            (Some(of), AggregateFunction::CountDistinct) => self.different(aggregate, of),
            _ => self.extended(aggregate, over_nothing(aggregate.function), 0),
        }
    }

    /// The value over all rows, given the value over those before `from`.
    fn extended(&self, aggregate: &'v Aggregate, before: Cell<'v>, from: usize) -> Cell<'v> {
        let Some(of) = &aggregate.of else {
            return counted(before, self.rows_of(aggregate, from).count());
        };
        match aggregate.function {
            AggregateFunction::Count | AggregateFunction::CountDistinct => {
                counted(before, self.known(aggregate, of, from).count())
            }
            AggregateFunction::Sum => self.sum(aggregate, of, &before, from),
            AggregateFunction::Min => self.outermost(aggregate, of, before, from, Ordering::Less),
            AggregateFunction::Max => {
                self.outermost(aggregate, of, before, from, Ordering::Greater)
            }
            AggregateFunction::First if before != Cell::Null => before,
            AggregateFunction::First => {
                self.known(aggregate, of, from).next().unwrap_or(Cell::Null)
            }
            AggregateFunction::Last => self.last(aggregate, of, before, from),
            AggregateFunction::Any => self.every(aggregate, of, before, from, false),
            AggregateFunction::Every => self.every(aggregate, of, before, from, true),
        }
    }

    fn different(&self, aggregate: &'v Aggregate, of: &'v Node) -> Cell<'v> {
        let mut different: Vec<Cell<'v>> = Vec::new();
        for cell in self.known(aggregate, of, 0) {
            if !different
                .iter()
                .any(|known| equal(known, &cell) == Some(true))
            {
                different.push(cell);
            }
        }
        Cell::Number(different.len() as i64)
    }

    /// The rows that pass the filter.
    fn rows_of(
        &self,
        aggregate: &'v Aggregate,
        from: usize,
    ) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let passes = move |row: &usize| {
            self.worth.is_none_or(|worth| worth(*row))
                && match &aggregate.filter {
                    None => true,
                    Some(filter) => self.truth(filter, *row) == Some(true),
                }
        };
        (from..self.rows.len(aggregate.set)).filter(passes)
    }

    /// The arguments that are not `NULL`.
    fn known(
        &self,
        aggregate: &'v Aggregate,
        of: &'v Node,
        from: usize,
    ) -> impl Iterator<Item = Cell<'v>> + '_ {
        self.rows_of(aggregate, from)
            .map(|row| self.cell(of, row))
            .filter(|cell| *cell != Cell::Null)
    }

    fn last(
        &self,
        aggregate: &'v Aggregate,
        of: &'v Node,
        before: Cell<'v>,
        from: usize,
    ) -> Cell<'v> {
        let rows = self.rows_of(aggregate, from).rev();
        let mut cells = rows.map(|row| self.cell(of, row));
        cells.find(|cell| *cell != Cell::Null).unwrap_or(before)
    }

    fn sum(
        &self,
        aggregate: &'v Aggregate,
        of: &'v Node,
        before: &Cell<'v>,
        from: usize,
    ) -> Cell<'v> {
        let mut sum: Option<i128> = match before {
            Cell::Number(number) => Some(i128::from(*number)),
            _ => None,
        };
        for row in self.rows_of(aggregate, from) {
            if let Some(number) = self.number(of, row) {
                sum = Some(sum.unwrap_or(0) + i128::from(number));
            }
        }
        sum.and_then(|sum| i64::try_from(sum).ok())
            .map_or(Cell::Null, Cell::Number)
    }

    fn outermost(
        &self,
        aggregate: &'v Aggregate,
        of: &'v Node,
        before: Cell<'v>,
        from: usize,
        wanted: Ordering,
    ) -> Cell<'v> {
        let better = |best: Cell<'v>, cell| {
            if best == Cell::Null || order(&cell, &best) == Some(wanted) {
                cell
            } else {
                best
            }
        };
        self.known(aggregate, of, from).fold(before, better)
    }

    /// Three-valued `and` over the rows (`neutral` true) or `or` (`neutral` false).
    fn every(
        &self,
        aggregate: &'v Aggregate,
        of: &'v Node,
        before: Cell<'v>,
        from: usize,
        neutral: bool,
    ) -> Cell<'v> {
        if before == Cell::Boolean(!neutral) {
            return before;
        }
        let mut outcome = before;
        for row in self.rows_of(aggregate, from) {
            match self.truth(of, row) {
                Some(truth) if truth != neutral => return Cell::Boolean(truth),
                Some(_) => {}
                None => outcome = Cell::Null,
            }
        }
        outcome
    }
}

fn counted(before: Cell<'_>, more: usize) -> Cell<'_> {
    match before {
        Cell::Number(number) => Cell::Number(number + more as i64),
        _ => Cell::Number(more as i64),
    }
}
