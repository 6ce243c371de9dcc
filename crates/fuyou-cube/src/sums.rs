//! Counts and sums over runs of rows, by counting bits.

use fuyou_expr::columns::{BLOCK, Numbers, Processor};

use crate::cells::Cell;

/// Words of a block.
pub(crate) const WORDS: usize = BLOCK / 64;

/// A bitmap of a block with, for each word, how many bits stand before it.
pub(crate) struct Ranks {
    words: [u64; WORDS + 1],
    before: [u32; WORDS + 1],
}

impl Ranks {
    pub(crate) fn new() -> Ranks {
        Ranks {
            words: [0; WORDS + 1],
            before: [0; WORDS + 1],
        }
    }

    /// Takes over a bitmap; says whether it has any bit at all.
    #[inline(always)]
    pub(crate) fn fill(&mut self, words: impl Iterator<Item = u64>) -> bool {
        let mut total = 0;
        let mut last = 0;
        for (at, word) in words.enumerate() {
            self.words[at] = word;
            self.before[at] = total;
            total += word.count_ones();
            last = at + 1;
        }
        self.words[last] = 0;
        self.before[last] = total;
        total > 0
    }

    /// How many bits stand before a row.
    #[inline(always)]
    fn rank(&self, row: u32) -> u32 {
        let (word, bit) = ((row / 64) as usize, row % 64);
        self.before[word] + (self.words[word] & ((1 << bit) - 1)).count_ones()
    }

    /// Adds to `out` the bits of each run between neighbouring bounds, each bit `weight` times: at most 4,096 bits of a
    /// weight of at most 15 binary digits. The sums must be known to fit.
    #[inline(always)]
    pub(crate) fn add_runs<T: Cell>(&self, bounds: &[u32], weight: i32, out: &mut [T]) {
        let mut bounds = bounds.iter();
        let Some(first) = bounds.next() else { return };
        let mut before = self.rank(*first);
        for (end, out) in bounds.zip(out) {
            let rank = self.rank(*end);
            *out = out.plus_few((rank - before) as i32 * weight);
            before = rank;
        }
    }
}

/// A summed column of a block: numbers of few bits as one bitmap for each binary digit, so that sums are counts.
pub(crate) struct Planes {
    /// Weight and bitmap of each digit that some row has.
    digits: Vec<(i32, [u64; WORDS])>,
    used: usize,
    /// Numbers of many bits are added one by one.
    pub wide: bool,
}

impl Planes {
    pub(crate) fn new() -> Planes {
        Planes {
            digits: vec![(0, [0; WORDS]); 16],
            used: 0,
            wide: false,
        }
    }

    /// Takes over the numbers of a block.
    #[inline(always)]
    pub(crate) fn fill(&mut self, processor: impl Processor, numbers: Numbers<'_>) {
        self.used = 0;
        self.wide = false;
        match numbers {
            Numbers::I8(all) => {
                let digits = all.iter().fold(0, |digits, number| digits | number) as u8;
                self.split(processor, all, (u16::from(digits), 7), |number| {
                    *number as u8 as u16
                });
            }
            Numbers::I16(all) => {
                let digits = all.iter().fold(0, |digits, number| digits | number) as u16;
                self.split(processor, all, (digits, 15), |number| *number as u16);
            }
            Numbers::I32(_) | Numbers::I64(_) => self.wide = true,
        }
    }

    /// One bitmap for each digit set in `digits`; the digit `sign` weighs negative, as in two's complement.
    #[inline(always)]
    fn split<T>(
        &mut self,
        processor: impl Processor,
        all: &[T],
        (digits, sign): (u16, u32),
        bits: impl Fn(&T) -> u16,
    ) {
        for digit in (0..=sign).filter(|digit| digits >> digit & 1 == 1) {
            let (weight, words) = &mut self.digits[self.used];
            *weight = if digit == sign {
                -(1 << digit)
            } else {
                1 << digit
            };
            for (word, chunk) in words.iter_mut().zip(all.chunks(64)) {
                let mut bytes = [0u8; 64];
                for (byte, number) in bytes.iter_mut().zip(chunk) {
                    *byte = (bits(number) >> digit & 1) as u8;
                }
                *word = processor.pack(&bytes);
            }
            self.used += 1;
        }
    }

    pub(crate) fn digits(&self) -> &[(i32, [u64; WORDS])] {
        &self.digits[..self.used]
    }
}
