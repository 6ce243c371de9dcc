//! Bitmaps of rows: 64 rows a word, the first in the lowest bit.

use crate::tree::Comparison;

use super::processor::{Processor, Test, Work, with_processor};
use super::view::Numbers;

/// Sets in `out` where the test holds of a number. The loops of this file go by position: within one large function for
/// each processor the steps of iterators would become calls.
#[inline(always)]
fn test<T: Copy + Default>(numbers: &[T], out: &mut [u64], holds: impl Fn(&[T; 64]) -> u64) {
    let (whole, rest) = numbers.as_chunks::<64>();
    let words = whole.len().min(out.len());
    for at in 0..words {
        out[at] = holds(&whole[at]);
    }
    if !rest.is_empty() && words < out.len() {
        let mut last = [T::default(); 64];
        last[..rest.len()].copy_from_slice(rest);
        out[words] = holds(&last) & ((1 << rest.len()) - 1);
    }
}

/// The comparison as one of three tests, and what is turned around afterwards.
#[inline(always)]
fn test_of(op: Comparison) -> (Test, u64) {
    match op {
        Comparison::Equal => (Test::Equal, 0),
        Comparison::NotEqual => (Test::Equal, u64::MAX),
        Comparison::Less => (Test::Less, 0),
        Comparison::LessOrEqual => (Test::Greater, u64::MAX),
        Comparison::Greater => (Test::Greater, 0),
        Comparison::GreaterOrEqual => (Test::Less, u64::MAX),
    }
}

/// Numbers of 8 or 16 bits beside one of them: a loop for each test, so that none is chosen row by row.
#[inline(always)]
fn beside_narrow<T: Copy + Default>(
    op: Comparison,
    numbers: &[T],
    out: &mut [u64],
    holds: impl Fn(Test, &[T; 64]) -> u64,
) {
    let (asked, turn) = test_of(op);
    match asked {
        Test::Equal => test(numbers, out, |all| holds(Test::Equal, all) ^ turn),
        Test::Less => test(numbers, out, |all| holds(Test::Less, all) ^ turn),
        Test::Greater => test(numbers, out, |all| holds(Test::Greater, all) ^ turn),
    }
}

/// Wider numbers beside one of them.
#[inline(always)]
fn beside<P: Processor, T: Copy + Default + PartialOrd>(
    processor: P,
    (op, with): (Comparison, T),
    numbers: &[T],
    out: &mut [u64],
) {
    let each = |all: &[T; 64], holds: fn(T, T) -> bool| {
        let mut bytes = [0u8; 64];
        for row in 0..64 {
            bytes[row] = u8::from(holds(all[row], with));
        }
        processor.pack(&bytes)
    };
    let (asked, turn) = test_of(op);
    match asked {
        Test::Equal => test(numbers, out, |all| each(all, |n, with| n == with) ^ turn),
        Test::Less => test(numbers, out, |all| each(all, |n, with| n < with) ^ turn),
        Test::Greater => test(numbers, out, |all| each(all, |n, with| n > with) ^ turn),
    }
}

/// Numbers beside a constant.
struct Beside<'n> {
    op: Comparison,
    numbers: Numbers<'n>,
    with: i64,
    out: &'n mut [u64],
}

impl Work for Beside<'_> {
    type Output = ();

    #[inline(always)]
    fn run<P: Processor>(self, processor: P) {
        let Beside {
            op,
            numbers,
            with,
            out,
        } = self;
        let done = match numbers {
            Numbers::I8(all) => {
                let holds = |with| move |test, all: &[i8; 64]| processor.beside_i8(test, all, with);
                i8::try_from(with).map(|with| beside_narrow(op, all, out, holds(with)))
            }
            Numbers::I16(all) => {
                let holds =
                    |with| move |test, all: &[i16; 64]| processor.beside_i16(test, all, with);
                i16::try_from(with).map(|with| beside_narrow(op, all, out, holds(with)))
            }
            Numbers::I32(all) => {
                i32::try_from(with).map(|with| beside(processor, (op, with), all, out))
            }
            Numbers::I64(all) => {
                beside(processor, (op, with), all, out);
                Ok(())
            }
        };
        if done.is_err() {
            // No number of this width reaches the constant: all lie on one side of it.
            let holds = match op {
                Comparison::Equal => false,
                Comparison::NotEqual => true,
                Comparison::Less | Comparison::LessOrEqual => with > 0,
                Comparison::Greater | Comparison::GreaterOrEqual => with < 0,
            };
            out.fill(if holds { u64::MAX } else { 0 });
        }
    }
}

/// Sets in `out` where a number compares so with a constant.
pub(super) fn compare_constant(op: Comparison, numbers: Numbers<'_>, with: i64, out: &mut [u64]) {
    with_processor(Beside {
        op,
        numbers,
        with,
        out,
    });
}

/// Numbers beside others.
struct Between<'n> {
    op: Comparison,
    left: Numbers<'n>,
    right: Numbers<'n>,
    rows: usize,
    out: &'n mut [u64],
}

impl Work for Between<'_> {
    type Output = ();

    #[inline(always)]
    fn run<P: Processor>(self, processor: P) {
        match (self.left, self.right) {
            (Numbers::I8(left), Numbers::I8(right)) => self.each(processor, left, right),
            (Numbers::I16(left), Numbers::I16(right)) => self.each(processor, left, right),
            (Numbers::I32(left), Numbers::I32(right)) => self.each(processor, left, right),
            _ => self.widened(processor),
        }
    }
}

impl Between<'_> {
    #[inline(always)]
    fn each<P: Processor, T: Copy + PartialOrd>(self, processor: P, left: &[T], right: &[T]) {
        let out = self.out;
        match self.op {
            Comparison::Equal => pairs(processor, left, right, out, |l, r| l == r),
            Comparison::NotEqual => pairs(processor, left, right, out, |l, r| l != r),
            Comparison::Less => pairs(processor, left, right, out, |l, r| l < r),
            Comparison::LessOrEqual => pairs(processor, left, right, out, |l, r| l <= r),
            Comparison::Greater => pairs(processor, left, right, out, |l, r| l > r),
            Comparison::GreaterOrEqual => pairs(processor, left, right, out, |l, r| l >= r),
        }
    }

    /// Numbers of different widths, in 64 bits, a word of rows at a time.
    #[inline(always)]
    fn widened<P: Processor>(self, processor: P) {
        let mut sides = [[0i64; 64]; 2];
        for (at, word) in self.out.iter_mut().enumerate() {
            let first = at * 64;
            let count = (self.rows - first).min(64);
            widen(self.left.rows(first, count), &mut sides[0]);
            widen(self.right.rows(first, count), &mut sides[1]);
            let [left, right] = &sides;
            let out = std::slice::from_mut(word);
            Between {
                op: self.op,
                left: Numbers::I64(left),
                right: Numbers::I64(right),
                rows: 64,
                out,
            }
            .each(processor, left, right);
        }
    }
}

/// Sets in `out` where the test holds of two numbers of the same row.
#[inline(always)]
fn pairs<P: Processor, T: Copy>(
    processor: P,
    left: &[T],
    right: &[T],
    out: &mut [u64],
    holds: impl Fn(T, T) -> bool,
) {
    let (lefts, left) = left.as_chunks::<64>();
    let (rights, right) = right.as_chunks::<64>();
    let mut bytes = [0u8; 64];
    for at in 0..lefts.len().min(rights.len()).min(out.len()) {
        let (left, right) = (&lefts[at], &rights[at]);
        for row in 0..64 {
            bytes[row] = u8::from(holds(left[row], right[row]));
        }
        out[at] = processor.pack(&bytes);
    }
    if !left.is_empty() && lefts.len() < out.len() {
        bytes = [0; 64];
        for row in 0..left.len().min(right.len()) {
            bytes[row] = u8::from(holds(left[row], right[row]));
        }
        out[lefts.len()] = processor.pack(&bytes);
    }
}

/// Sets in `out` where two numbers compare so.
pub(super) fn compare(
    op: Comparison,
    left: Numbers<'_>,
    right: Numbers<'_>,
    rows: usize,
    out: &mut [u64],
) {
    with_processor(Between {
        op,
        left,
        right,
        rows,
        out,
    });
}

/// The numbers in 64 bits.
#[inline(always)]
pub(super) fn widen(numbers: Numbers<'_>, out: &mut [i64]) {
    match numbers {
        Numbers::I8(all) => out
            .iter_mut()
            .zip(all)
            .for_each(|(o, n)| *o = i64::from(*n)),
        Numbers::I16(all) => out
            .iter_mut()
            .zip(all)
            .for_each(|(o, n)| *o = i64::from(*n)),
        Numbers::I32(all) => out
            .iter_mut()
            .zip(all)
            .for_each(|(o, n)| *o = i64::from(*n)),
        Numbers::I64(all) => out.iter_mut().zip(all).for_each(|(o, n)| *o = *n),
    }
}

/// Keeps in `out` what is also in `mask`; without a mask all.
#[inline]
pub(super) fn keep(out: &mut [u64], mask: Option<&[u64]>) {
    if let Some(mask) = mask {
        out.iter_mut().zip(mask).for_each(|(o, m)| *o &= m);
    }
}

/// Copies a bitmap; all ones when it is left out.
#[inline]
pub(super) fn copy(out: &mut [u64], from: Option<&[u64]>) {
    match from {
        Some(from) => out.iter_mut().zip(from).for_each(|(o, f)| *o = *f),
        None => out.fill(u64::MAX),
    }
}

/// The bit of a row; set when the bitmap is left out.
#[inline]
pub(super) fn bit(bitmap: Option<&[u64]>, row: usize) -> bool {
    bitmap.is_none_or(|words| words[row / 64] >> (row % 64) & 1 == 1)
}

/// Sets or clears the bit of a row that is clear.
#[inline]
pub(super) fn set(out: &mut [u64], row: usize, holds: bool) {
    out[row / 64] |= u64::from(holds) << (row % 64);
}
