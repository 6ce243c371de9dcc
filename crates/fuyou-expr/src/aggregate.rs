//! Aggregates over the rows of one set of one record.

use std::cmp::Ordering;

use crate::compare::{equal, order};
use crate::row::{Cell, Eval, Rows};
use crate::tree::{Aggregate, AggregateFunction, Node};

impl<'v, R: Rows + ?Sized> Eval<'v, R> {
    pub(crate) fn aggregate(&self, aggregate: &'v Aggregate) -> Cell<'v> {
        let Some(of) = &aggregate.of else {
            return Cell::Number(self.rows_of(aggregate).count() as i64);
        };
        match aggregate.function {
            AggregateFunction::Count => Cell::Number(self.known(aggregate, of).count() as i64),
            AggregateFunction::CountDistinct => {
                let mut different: Vec<Cell<'v>> = Vec::new();
                for cell in self.known(aggregate, of) {
                    if !different
                        .iter()
                        .any(|known| equal(known, &cell) == Some(true))
                    {
                        different.push(cell);
                    }
                }
                Cell::Number(different.len() as i64)
            }
            AggregateFunction::Sum => self.sum(aggregate, of),
            AggregateFunction::Min => self.outermost(aggregate, of, Ordering::Less),
            AggregateFunction::Max => self.outermost(aggregate, of, Ordering::Greater),
            AggregateFunction::First => self.known(aggregate, of).next().unwrap_or(Cell::Null),
            AggregateFunction::Last => self.last(aggregate, of),
            AggregateFunction::Any => self.every(aggregate, of, false),
            AggregateFunction::Every => self.every(aggregate, of, true),
        }
    }

    /// The rows that pass the filter.
    fn rows_of(&self, aggregate: &'v Aggregate) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let passes = move |row: &usize| match &aggregate.filter {
            None => true,
            Some(filter) => self.truth(filter, *row) == Some(true),
        };
        (0..self.rows.len(aggregate.set)).filter(passes)
    }

    /// The arguments that are not `NULL`.
    fn known(&self, aggregate: &'v Aggregate, of: &'v Node) -> impl Iterator<Item = Cell<'v>> + '_ {
        self.rows_of(aggregate)
            .map(|row| self.cell(of, row))
            .filter(|cell| *cell != Cell::Null)
    }

    fn last(&self, aggregate: &'v Aggregate, of: &'v Node) -> Cell<'v> {
        let mut cells = self.rows_of(aggregate).rev().map(|row| self.cell(of, row));
        cells.find(|cell| *cell != Cell::Null).unwrap_or(Cell::Null)
    }

    fn sum(&self, aggregate: &'v Aggregate, of: &'v Node) -> Cell<'v> {
        let mut sum: Option<i128> = None;
        for row in self.rows_of(aggregate) {
            if let Some(number) = self.number(of, row) {
                sum = Some(sum.unwrap_or(0) + i128::from(number));
            }
        }
        sum.and_then(|sum| i64::try_from(sum).ok())
            .map_or(Cell::Null, Cell::Number)
    }

    fn outermost(&self, aggregate: &'v Aggregate, of: &'v Node, wanted: Ordering) -> Cell<'v> {
        let better = |best: Cell<'v>, cell| {
            if order(&cell, &best) == Some(wanted) {
                cell
            } else {
                best
            }
        };
        self.known(aggregate, of)
            .reduce(better)
            .unwrap_or(Cell::Null)
    }

    /// Three-valued `and` over the rows (`neutral` true) or `or` (`neutral` false).
    fn every(&self, aggregate: &'v Aggregate, of: &'v Node, neutral: bool) -> Cell<'v> {
        let mut outcome = Cell::Boolean(neutral);
        for row in self.rows_of(aggregate) {
            match self.truth(of, row) {
                Some(truth) if truth != neutral => return Cell::Boolean(truth),
                Some(_) => {}
                None => outcome = Cell::Null,
            }
        }
        outcome
    }
}
