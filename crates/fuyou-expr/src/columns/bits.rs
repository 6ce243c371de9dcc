//! Bitmaps of rows: 64 rows a word, the first in the lowest bit.

use crate::tree::Comparison;

use super::view::Numbers;

/// Sixty-four bytes of 0 or 1 as one word.
///
/// A product with this constant moves the lowest bit of each of eight bytes into the topmost byte, in order.
#[inline]
pub fn pack(bytes: &[u8; 64]) -> u64 {
    let mut word = 0;
    for (at, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word |= bits << (at * 8);
    }
    word
}

/// Sets in `out` where the test holds of a number.
#[inline]
fn test<T: Copy + Default>(numbers: &[T], out: &mut [u64], holds: impl Fn(T) -> bool) {
    let (whole, rest) = numbers.as_chunks::<64>();
    let mut bytes = [0u8; 64];
    for (chunk, word) in whole.iter().zip(out.iter_mut()) {
        for (byte, number) in bytes.iter_mut().zip(chunk) {
            *byte = u8::from(holds(*number));
        }
        *word = pack(&bytes);
    }
    if let (false, Some(word)) = (rest.is_empty(), out.get_mut(whole.len())) {
        bytes = [0; 64];
        for (byte, number) in bytes.iter_mut().zip(rest) {
            *byte = u8::from(holds(*number));
        }
        *word = pack(&bytes);
    }
}

fn beside<T: Copy + Default + PartialOrd>(op: Comparison, numbers: &[T], with: T, out: &mut [u64]) {
    match op {
        Comparison::Equal => test(numbers, out, |number| number == with),
        Comparison::NotEqual => test(numbers, out, |number| number != with),
        Comparison::Less => test(numbers, out, |number| number < with),
        Comparison::LessOrEqual => test(numbers, out, |number| number <= with),
        Comparison::Greater => test(numbers, out, |number| number > with),
        Comparison::GreaterOrEqual => test(numbers, out, |number| number >= with),
    }
}

/// Sets in `out` where a number compares so with a constant.
pub(super) fn compare_constant(op: Comparison, numbers: Numbers<'_>, with: i64, out: &mut [u64]) {
    let done = match numbers {
        Numbers::I8(all) => i8::try_from(with).map(|with| beside(op, all, with, out)),
        Numbers::I16(all) => i16::try_from(with).map(|with| beside(op, all, with, out)),
        Numbers::I32(all) => i32::try_from(with).map(|with| beside(op, all, with, out)),
        Numbers::I64(all) => {
            beside(op, all, with, out);
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

/// Sets in `out` where two numbers compare so.
pub(super) fn compare(
    op: Comparison,
    left: Numbers<'_>,
    right: Numbers<'_>,
    rows: usize,
    out: &mut [u64],
) {
    let mut sides = [[0i64; 64]; 2];
    for (at, word) in out.iter_mut().enumerate() {
        let first = at * 64;
        let count = (rows - first).min(64);
        widen(left.rows(first, count), &mut sides[0]);
        widen(right.rows(first, count), &mut sides[1]);
        let [left, right] = &sides;
        let mut bytes = [0u8; 64];
        for ((byte, left), right) in bytes.iter_mut().zip(left).zip(right) {
            *byte = u8::from(match op {
                Comparison::Equal => left == right,
                Comparison::NotEqual => left != right,
                Comparison::Less => left < right,
                Comparison::LessOrEqual => left <= right,
                Comparison::Greater => left > right,
                Comparison::GreaterOrEqual => left >= right,
            });
        }
        *word = pack(&bytes);
    }
}

/// The numbers in 64 bits.
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
pub(super) fn keep(out: &mut [u64], mask: Option<&[u64]>) {
    if let Some(mask) = mask {
        out.iter_mut().zip(mask).for_each(|(o, m)| *o &= m);
    }
}

/// Copies a bitmap; all ones when it is left out.
pub(super) fn copy(out: &mut [u64], from: Option<&[u64]>) {
    match from {
        Some(from) => out.iter_mut().zip(from).for_each(|(o, f)| *o = *f),
        None => out.fill(u64::MAX),
    }
}

/// The bit of a row; set when the bitmap is left out.
pub(super) fn bit(bitmap: Option<&[u64]>, row: usize) -> bool {
    bitmap.is_none_or(|words| words[row / 64] >> (row % 64) & 1 == 1)
}

/// Sets or clears the bit of a row that is clear.
pub(super) fn set(out: &mut [u64], row: usize, holds: bool) {
    out[row / 64] |= u64::from(holds) << (row % 64);
}
