//! Evaluation over one record.

use std::cmp::Ordering;
use std::sync::Arc;

use fuyou_kernel::{Date, DayNumber, add_months, months_between, weeks_between, years_between};

use crate::compare::{compare, equal, holds, like, order, same};
use crate::limits::{DATE_MAX, DATE_MIN};
use crate::scope::{SetId, Slot};
use crate::tree::{
    Arithmetic, ColumnRef, Comparison, CurveAnswer, DatePart, Extreme, Kind, Need, Node, Rounding,
    SpanUnit,
};
use crate::types::Type;
use crate::value::{CodeSet, Value};

/// The values an expression is evaluated over: one outer row, and the rows of each set in the set's order.
///
/// Values have the type and lie within the range their column declares; otherwise the result is some value of the
/// right type, or `NULL`, but never a panic.
pub trait Rows {
    /// A value of the outer row.
    fn outer(&self, slot: Slot) -> &Value;
    /// How many rows a set has.
    fn len(&self, set: SetId) -> usize;
    /// A value of one row of a set.
    fn member(&self, set: SetId, row: usize, slot: Slot) -> &Value;
}

/// A value while it is being computed: borrowed where possible. Dates and codes are their numbers.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Cell<'v> {
    Null,
    Boolean(bool),
    Number(i64),
    Text(&'v Arc<str>),
    Made(Arc<str>),
    Codes(&'v CodeSet),
}

/// The value of a whole expression.
pub(crate) fn value<R: Rows + ?Sized>(root: &Node, rows: &R) -> Value {
    finished(Eval::over(rows).cell(root, 0), &root.ty)
}

/// Whether a condition is true.
pub(crate) fn is_true<R: Rows + ?Sized>(root: &Node, rows: &R) -> bool {
    Eval::over(rows).truth(root, 0) == Some(true)
}

/// A computed value as a value of a type.
pub(crate) fn finished(cell: Cell<'_>, ty: &Type) -> Value {
    match (cell, ty) {
        (Cell::Null, _) => Value::Null,
        (Cell::Boolean(truth), _) => Value::Boolean(truth),
        (Cell::Number(number), Type::Date) => {
            i32::try_from(number).map_or(Value::Null, Value::Date)
        }
        (Cell::Number(number), Type::Code(_)) => {
            u16::try_from(number).map_or(Value::Null, Value::Code)
        }
        (Cell::Number(number), _) => Value::Number(number),
        (Cell::Text(text), _) => Value::Text(Arc::clone(text)),
        (Cell::Made(text), _) => Value::Text(text),
        (Cell::Codes(codes), _) => Value::Codes(codes.clone()),
    }
}

pub(crate) fn borrow(value: &Value) -> Cell<'_> {
    match value {
        Value::Null => Cell::Null,
        Value::Boolean(truth) => Cell::Boolean(*truth),
        Value::Number(number) => Cell::Number(*number),
        Value::Text(text) => Cell::Text(text),
        Value::Code(index) => Cell::Number(i64::from(*index)),
        Value::Codes(codes) => Cell::Codes(codes),
        Value::Date(days) => Cell::Number(i64::from(*days)),
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Code(index) => Some(i64::from(*index)),
        Value::Date(days) => Some(i64::from(*days)),
        _ => None,
    }
}

/// Types whose cells are numbers, which need not be built to be compared.
fn is_number(ty: &Type) -> bool {
    matches!(
        ty,
        Type::Integer | Type::Decimal(_) | Type::Date | Type::Code(_)
    )
}

/// Nodes that may yield any type, because they pass one of their operands on.
fn is_choice(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Case { .. }
            | Kind::Coalesce(_)
            | Kind::NullIf { .. }
            | Kind::Extreme { .. }
            | Kind::Aggregate(_)
    )
}

/// Three-valued `and`.
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

pub(crate) struct Eval<'v, R: ?Sized> {
    pub(crate) rows: &'v R,
    /// Which rows aggregates need look at; all when absent.
    pub(crate) worth: Option<&'v dyn Fn(usize) -> bool>,
}

impl<'v, R: ?Sized> Eval<'v, R> {
    fn over(rows: &'v R) -> Self {
        Eval { rows, worth: None }
    }
}

impl<'v, R: Rows + ?Sized> Eval<'v, R> {
    /// The value of a node; `row` is the current row of the set of the aggregate around it.
    pub(crate) fn cell(&self, node: &'v Node, row: usize) -> Cell<'v> {
        match &node.kind {
            Kind::Literal(value) => borrow(value),
            Kind::Column(column) => borrow(self.stored(*column, row)),
            Kind::Case { arms, otherwise } => {
                let taken = arms
                    .iter()
                    .find(|arm| self.truth(&arm.when, row) == Some(true))
                    .map(|arm| &arm.then);
                taken
                    .or(otherwise.as_deref())
                    .map_or(Cell::Null, |node| self.cell(node, row))
            }
            Kind::Coalesce(all) => all
                .iter()
                .map(|node| self.cell(node, row))
                .find(|cell| *cell != Cell::Null)
                .unwrap_or(Cell::Null),
            Kind::NullIf { of, equal_to } => {
                let of = self.cell(of, row);
                if equal(&of, &self.cell(equal_to, row)) == Some(true) {
                    Cell::Null
                } else {
                    of
                }
            }
            Kind::Extreme { which, of } => self.extreme(*which, of, row),
            Kind::Concat(parts) => self.concat(parts, row).map_or(Cell::Null, Cell::Made),
            Kind::Aggregate(aggregate) => self.aggregate(aggregate),
            _ if node.ty == Type::Boolean => {
                self.truth_of(node, row).map_or(Cell::Null, Cell::Boolean)
            }
            _ => self.number_of(node, row).map_or(Cell::Null, Cell::Number),
        }
    }

    fn stored(&self, column: ColumnRef, row: usize) -> &'v Value {
        match column.set {
            None => self.rows.outer(column.slot),
            Some(set) => self.rows.member(set, row, column.slot),
        }
    }

    /// The value of a boolean node.
    pub(crate) fn truth(&self, node: &'v Node, row: usize) -> Option<bool> {
        match &node.kind {
            Kind::Column(column) => truth(self.stored(*column, row)),
            Kind::Literal(value) => truth(value),
            kind if is_choice(kind) => match self.cell(node, row) {
                Cell::Boolean(truth) => Some(truth),
                _ => None,
            },
            _ => self.truth_of(node, row),
        }
    }

    /// The value of a number, date or code.
    pub(crate) fn number(&self, node: &'v Node, row: usize) -> Option<i64> {
        match &node.kind {
            Kind::Column(column) => number(self.stored(*column, row)),
            Kind::Literal(value) => number(value),
            kind if is_choice(kind) => match self.cell(node, row) {
                Cell::Number(number) => Some(number),
                _ => None,
            },
            _ => self.number_of(node, row),
        }
    }

    fn truth_of(&self, node: &'v Node, row: usize) -> Option<bool> {
        match &node.kind {
            Kind::Not(of) => self.truth(of, row).map(|truth| !truth),
            Kind::And(all) => self.all(all, row, true),
            Kind::Or(all) => self.all(all, row, false),
            Kind::Compare { op, left, right } if is_number(&left.ty) => {
                let order = self.number(left, row)?.cmp(&self.number(right, row)?);
                Some(holds(*op, order))
            }
            Kind::Compare { op, left, right } => {
                compare(*op, &self.cell(left, row), &self.cell(right, row))
            }
            Kind::Distinct { left, right } => {
                Some(!same(&self.cell(left, row), &self.cell(right, row)))
            }
            Kind::IsNull(of) if is_number(&of.ty) => Some(self.number(of, row).is_none()),
            Kind::IsNull(of) => Some(self.cell(of, row) == Cell::Null),
            Kind::IsTruth { of, truth } => Some(self.truth(of, row) == Some(*truth)),
            Kind::Between { of, low, high } if is_number(&of.ty) => {
                let of = self.number(of, row)?;
                let (low, high) = (self.number(low, row), self.number(high, row));
                both(low.map(|low| low <= of), high.map(|high| of <= high))
            }
            Kind::Between { of, low, high } => {
                let of = self.cell(of, row);
                let above = compare(Comparison::LessOrEqual, &self.cell(low, row), &of);
                let below = compare(Comparison::LessOrEqual, &of, &self.cell(high, row));
                both(above, below)
            }
            Kind::In { of, list } => {
                let of = self.cell(of, row);
                let mut unknown = false;
                for candidate in list {
                    match equal(&of, &self.cell(candidate, row)) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => unknown = true,
                    }
                }
                if unknown { None } else { Some(false) }
            }
            Kind::Like { of, pattern } => match self.cell(of, row) {
                Cell::Text(text) => Some(like(text, &pattern.parts)),
                Cell::Made(text) => Some(like(&text, &pattern.parts)),
                _ => None,
            },
            Kind::Has { of, need, codes } => match self.cell(of, row) {
                Cell::Codes(set) => Some(match need {
                    Need::Any => codes.iter().any(|code| set.contains(*code)),
                    Need::All => codes.iter().all(|code| set.contains(*code)),
                }),
                _ => None,
            },
            _ => None,
        }
    }

    /// Three-valued `and` (decided by false, neutral true) or `or` (decided by true, neutral false).
    fn all(&self, nodes: &'v [Node], row: usize, neutral: bool) -> Option<bool> {
        let mut outcome = Some(neutral);
        for node in nodes {
            match self.truth(node, row) {
                Some(truth) if truth != neutral => return Some(truth),
                Some(_) => {}
                None => outcome = None,
            }
        }
        outcome
    }

    fn number_of(&self, node: &'v Node, row: usize) -> Option<i64> {
        match &node.kind {
            Kind::Arithmetic { op, left, right } => {
                let (left, right) = (self.number(left, row)?, self.number(right, row)?);
                match op {
                    Arithmetic::Add => left.checked_add(right),
                    Arithmetic::Subtract => left.checked_sub(right),
                    Arithmetic::Multiply => left.checked_mul(right),
                    Arithmetic::Remainder => left.checked_rem(right),
                }
            }
            Kind::Negate(of) => self.number(of, row)?.checked_neg(),
            Kind::Absolute(of) => self.number(of, row)?.checked_abs(),
            Kind::Divide { left, right, shift } => {
                divide(self.number(left, row)?, self.number(right, row)?, *shift)
            }
            Kind::Rescale { of, digits } => self
                .number(of, row)?
                .checked_mul(10i64.checked_pow(u32::from(*digits))?),
            Kind::Round {
                of,
                digits,
                rounding,
            } => round(self.number(of, row)?, *digits, *rounding),
            Kind::Length(of) => match self.cell(of, row) {
                Cell::Text(text) => Some(text.chars().count() as i64),
                Cell::Made(text) => Some(text.chars().count() as i64),
                _ => None,
            },
            Kind::Size(of) => match self.cell(of, row) {
                Cell::Codes(codes) => Some(i64::from(codes.len())),
                _ => None,
            },
            Kind::DaysBetween { from, to } => {
                self.number(to, row)?.checked_sub(self.number(from, row)?)
            }
            Kind::AddDays { date, days } => within_dates(
                self.number(date, row)?
                    .checked_add(self.number(days, row)?)?,
            ),
            Kind::AddMonths { date, months } => {
                let months = i32::try_from(self.number(months, row)?).ok()?;
                let sum = add_months(self.date(date, row)?, months).ok()?;
                within_dates(i64::from(DayNumber::from(sum).0))
            }
            Kind::Completed { unit, from, to } => {
                let (from, to) = (self.date(from, row)?, self.date(to, row)?);
                Some(i64::from(match unit {
                    SpanUnit::Weeks => weeks_between(from, to),
                    SpanUnit::Months => months_between(from, to),
                    SpanUnit::Years => years_between(from, to),
                }))
            }
            Kind::Curve {
                curve,
                answer,
                stratum,
                x,
                y,
            } => {
                let stratum = u16::try_from(self.number(stratum, row)?).ok()?;
                let (x, y) = (self.number(x, row)?, self.number(y, row)?);
                match answer {
                    CurveAnswer::Z => curve.0.z(stratum, x, y),
                    CurveAnswer::Band => curve.0.band(stratum, x, y),
                }
            }
            Kind::DatePart { part, of } => {
                let date = self.date(of, row)?;
                Some(match part {
                    DatePart::Year => i64::from(date.year()),
                    DatePart::Month => i64::from(date.month()),
                    DatePart::Day => i64::from(date.day()),
                })
            }
            _ => None,
        }
    }

    fn date(&self, node: &'v Node, row: usize) -> Option<Date> {
        let days = i32::try_from(self.number(node, row)?).ok()?;
        Date::try_from(DayNumber(days)).ok()
    }

    fn extreme(&self, which: Extreme, of: &'v [Node], row: usize) -> Cell<'v> {
        let mut best = Cell::Null;
        for node in of {
            let cell = self.cell(node, row);
            match (&best, order(&cell, &best)) {
                (_, _) if cell == Cell::Null => return Cell::Null,
                (Cell::Null, _) => best = cell,
                (_, Some(Ordering::Less)) if which == Extreme::Least => best = cell,
                (_, Some(Ordering::Greater)) if which == Extreme::Greatest => best = cell,
                _ => {}
            }
        }
        best
    }

    fn concat(&self, parts: &'v [Node], row: usize) -> Option<Arc<str>> {
        let mut all = String::new();
        for part in parts {
            match self.cell(part, row) {
                Cell::Text(text) => all.push_str(text),
                Cell::Made(text) => all.push_str(&text),
                _ => return None,
            }
        }
        Some(all.into())
    }
}

pub(crate) fn within_dates(days: i64) -> Option<i64> {
    (i64::from(DATE_MIN)..=i64::from(DATE_MAX))
        .contains(&days)
        .then_some(days)
}

pub(crate) fn divide(left: i64, right: i64, shift: i8) -> Option<i64> {
    let power = 10i128.checked_pow(u32::from(shift.unsigned_abs()))?;
    let (left, right) = (i128::from(left), i128::from(right));
    let (left, right) = if shift < 0 {
        (left, right.checked_mul(power)?)
    } else {
        (left.checked_mul(power)?, right)
    };
    if right == 0 {
        return None;
    }
    i64::try_from(half_away(left, right)).ok()
}

pub(crate) fn round(number: i64, digits: u8, rounding: Rounding) -> Option<i64> {
    let unit = 10i64.checked_pow(u32::from(digits))?;
    match rounding {
        Rounding::HalfAway => i64::try_from(half_away(i128::from(number), i128::from(unit))).ok(),
        Rounding::Floor => Some(number.div_euclid(unit)),
        Rounding::Ceiling => number.checked_neg()?.div_euclid(unit).checked_neg(),
    }
}

/// A quotient rounded to the nearest integer, a half away from zero.
pub(crate) fn half_away(dividend: i128, divisor: i128) -> i128 {
    let (magnitude, unit) = (dividend.unsigned_abs(), divisor.unsigned_abs());
    let (quotient, rest) = (magnitude / unit, magnitude % unit);
    let rounded = (quotient + u128::from(rest >= unit - rest)) as i128;
    if (dividend < 0) == (divisor < 0) {
        rounded
    } else {
        -rounded
    }
}
