//! Counts and sums over runs of rows, by counting bits.
//!
//! The loops go by position: they stand within one function for each processor, which is so large that the steps of
//! iterators would become calls.

use fuyou_expr::columns::{BLOCK, Numbers, Processor};

use crate::cells::Cell;
use crate::few::Few;

/// Words of a block.
pub(crate) const WORDS: usize = BLOCK / 64;

/// Rows of a block where groups begin and end, each as a word and the bits of it that stand before the row.
#[derive(Default)]
pub(crate) struct Ends {
    rows: Vec<u32>,
    words: Vec<u32>,
    before: Vec<u64>,
}

impl Ends {
    /// Takes over where groups of a table end, as far as they lie in the block of rows from `first` to `last`; what lies
    /// before `from` is not looked at.
    pub(crate) fn fill(&mut self, ends: &[u32], from: usize, (first, last): (usize, usize)) {
        let count = ends.len();
        self.rows.resize(count, 0);
        self.words.resize(count, 0);
        self.before.resize(count, 0);
        let (words, before) = (&mut self.words[..count], &mut self.before[..count]);
        let rows = &mut self.rows[..count];
        for at in 0..count {
            // Only the first and the last end lie outside.
            let row = (ends[at] as usize).clamp(from, last) - first;
            rows[at] = row as u32;
            words[at] = (row / 64) as u32;
            before[at] = (1 << (row % 64)) - 1;
        }
    }

    /// Where so many groups begin and end, the first from an end on.
    pub(crate) fn rows_of(&self, from: usize, groups: usize) -> &[u32] {
        &self.rows[from..=from + groups]
    }

    /// The rows of groups that lie one after the other, the first from an end on.
    pub(crate) fn rows(
        &self,
        from: usize,
        groups: usize,
    ) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let rows = &self.rows;
        (from..from + groups).map(move |at| rows[at] as usize..rows[at + 1] as usize)
    }
}

/// A bitmap of a block: each word, and how many bits stand before it.
pub(crate) struct Ranks {
    // Twice as many as a block has, so that no position needs to be checked.
    words: [(u64, u32); 2 * WORDS],
}

impl Ranks {
    pub(crate) fn new() -> Ranks {
        Ranks {
            words: [(0, 0); 2 * WORDS],
        }
    }

    /// Takes over a bitmap, or one of all ones; says whether it has any bit at all.
    #[inline(always)]
    pub(crate) fn fill(&mut self, words: usize, bitmap: Option<&[u64]>) -> bool {
        let slots = &mut self.words[..words + 1];
        let mut total = 0;
        match bitmap {
            Some(bitmap) => {
                let bitmap = &bitmap[..words];
                for at in 0..words {
                    slots[at] = (bitmap[at], total);
                    total += bitmap[at].count_ones();
                }
            }
            None => {
                for slot in &mut slots[..words] {
                    *slot = (u64::MAX, total);
                    total += 64;
                }
            }
        }
        // A row after the last word has all bits before it.
        slots[words] = (0, total);
        total > 0
    }

    /// How many bits stand before a row.
    #[inline(always)]
    fn rank(&self, word: u32, before: u64) -> u32 {
        let (bits, rank) = self.words[word as usize % (2 * WORDS)];
        rank + (bits & before).count_ones()
    }

    /// The bits of each of a few groups, which fit into the cells.
    #[inline(always)]
    pub(crate) fn few_counts<T: Cell>(&self, processor: impl Processor, few: &Few, out: &mut [T]) {
        let counts = few.counts(processor, |word| self.words[word % (2 * WORDS)].0);
        let groups = out.len().min(64);
        for group in 0..groups {
            out[group] = T::of_count(u32::from(counts[group]));
        }
    }

    /// Adds the bits of each of a few groups, each `weight` times; says whether a sum does not fit.
    #[inline(always)]
    pub(crate) fn few_add<T: Cell>(
        &self,
        processor: impl Processor,
        few: &Few,
        weight: i32,
        out: &mut [T],
    ) -> bool {
        let counts = few.counts(processor, |word| self.words[word % (2 * WORDS)].0);
        let (groups, mut overflows) = (out.len().min(64), false);
        for group in 0..groups {
            let (sum, is_over) = out[group].plus_few(i32::from(counts[group]) * weight);
            (out[group], overflows) = (sum, overflows | is_over);
        }
        overflows
    }

    /// The bits of each group from end `at` on, which fit into the cells.
    #[inline(always)]
    pub(crate) fn counts<T: Cell>(&self, ends: &Ends, at: usize, out: &mut [T]) {
        let groups = out.len();
        let (words, masks) = (
            &ends.words[at..=at + groups],
            &ends.before[at..=at + groups],
        );
        let mut before = self.rank(words[0], masks[0]);
        for group in 0..groups {
            let rank = self.rank(words[group + 1], masks[group + 1]);
            out[group] = T::of_count(rank - before);
            before = rank;
        }
    }

    /// Adds the bits of each such group, each `weight` times; says whether a sum does not fit. A weight has at most 15
    /// binary digits and a block 4,096 rows.
    #[inline(always)]
    pub(crate) fn add<T: Cell>(&self, ends: &Ends, at: usize, weight: i32, out: &mut [T]) -> bool {
        let groups = out.len();
        let (words, masks) = (
            &ends.words[at..=at + groups],
            &ends.before[at..=at + groups],
        );
        let (mut before, mut overflows) = (self.rank(words[0], masks[0]), false);
        for group in 0..groups {
            let rank = self.rank(words[group + 1], masks[group + 1]);
            let (sum, is_over) = out[group].plus_few((rank - before) as i32 * weight);
            (out[group], overflows) = (sum, overflows | is_over);
            before = rank;
        }
        overflows
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
            let (whole, rest) = all.as_chunks::<64>();
            let mut bytes = [0u8; 64];
            for at in 0..whole.len() {
                for row in 0..64 {
                    bytes[row] = (bits(&whole[at][row]) >> digit & 1) as u8;
                }
                words[at] = processor.pack(&bytes);
            }
            if !rest.is_empty() {
                bytes = [0; 64];
                for row in 0..rest.len() {
                    bytes[row] = (bits(&rest[row]) >> digit & 1) as u8;
                }
                words[whole.len()] = processor.pack(&bytes);
            }
            self.used += 1;
        }
    }

    pub(crate) fn digits(&self) -> &[(i32, [u64; WORDS])] {
        &self.digits[..self.used]
    }
}
