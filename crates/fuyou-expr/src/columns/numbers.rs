//! Arithmetic and dates over the numbers of a block. Row by row, by the functions of the row evaluator.

use fuyou_kernel::{Date, DayNumber, add_months, months_between, weeks_between, years_between};

use crate::row::{divide, round, within_dates};
use crate::tree::{Arithmetic, DatePart, SpanUnit};

use super::bits::bit;
use super::op::{One, Two};
use super::scratch::Buffer;
use super::view::Numbers;

fn one(op: One, number: i64) -> Option<i64> {
    match op {
        One::Negate => number.checked_neg(),
        One::Absolute => number.checked_abs(),
        One::Rescale(digits) => number.checked_mul(10i64.checked_pow(u32::from(digits))?),
        One::Round(digits, rounding) => round(number, digits, rounding),
        One::Part(part) => {
            let date = date(number)?;
            Some(match part {
                DatePart::Year => i64::from(date.year()),
                DatePart::Month => i64::from(date.month()),
                DatePart::Day => i64::from(date.day()),
            })
        }
    }
}

fn two(op: Two, left: i64, right: i64) -> Option<i64> {
    match op {
        Two::Arithmetic(Arithmetic::Add) => left.checked_add(right),
        Two::Arithmetic(Arithmetic::Subtract) => left.checked_sub(right),
        Two::Arithmetic(Arithmetic::Multiply) => left.checked_mul(right),
        Two::Arithmetic(Arithmetic::Remainder) => left.checked_rem(right),
        Two::Divide(shift) => divide(left, right, shift),
        Two::DaysBetween => right.checked_sub(left),
        Two::AddDays => within_dates(left.checked_add(right)?),
        Two::AddMonths => {
            let sum = add_months(date(left)?, i32::try_from(right).ok()?).ok()?;
            within_dates(i64::from(DayNumber::from(sum).0))
        }
        Two::Completed(unit) => {
            let (from, to) = (date(left)?, date(right)?);
            Some(i64::from(match unit {
                SpanUnit::Weeks => weeks_between(from, to),
                SpanUnit::Months => months_between(from, to),
                SpanUnit::Years => years_between(from, to),
            }))
        }
    }
}

fn date(days: i64) -> Option<Date> {
    Date::try_from(DayNumber(i32::try_from(days).ok()?)).ok()
}

/// Keeps what is known: `out.known` holds where all operands are, and loses where the result is not.
fn each(rows: usize, out: &mut Buffer, result: impl Fn(usize) -> Option<i64>) {
    for row in 0..rows {
        if !bit(Some(&out.known), row) {
            continue;
        }
        match result(row) {
            Some(number) => out.numbers[row] = number,
            None => out.known[row / 64] &= !(1 << (row % 64)),
        }
    }
}

pub(super) fn of_one(op: One, of: Numbers<'_>, rows: usize, out: &mut Buffer) {
    each(rows, out, |row| one(op, of.at(row)));
}

pub(super) fn of_two(
    op: Two,
    (left, right): (Numbers<'_>, Numbers<'_>),
    rows: usize,
    out: &mut Buffer,
) {
    each(rows, out, |row| two(op, left.at(row), right.at(row)));
}
