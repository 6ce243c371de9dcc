//! Counts over groups of few rows: sixty-four groups at once, row by row of each group.
//!
//! With ten rows a group it pays to count the bits between two ends ([`crate::sums::Ranks`]); with one or two that is as
//! much work for each group as for a hundred rows. Here the first rows of sixty-four groups are gathered into one word,
//! then the second rows of those that have one, and so on; the words are then added up position by position. Which bits
//! are gathered is worked out once for a block and serves all measures.

use fuyou_expr::columns::Processor;

/// Most rows of a group.
const ROWS: usize = 6;
/// Most words over which the rows of sixty-four such groups extend.
const WORDS: usize = ROWS + 1;

/// At most sixty-four groups of at most [`ROWS`] rows in a block.
#[derive(Clone, Debug)]
pub(crate) struct Few {
    /// The word that holds the first row.
    first: usize,
    words: usize,
    /// How many rows the largest group has.
    rows: usize,
    /// For the first, the second … rows of groups: where they stand, word by word.
    places: [[u64; WORDS]; ROWS],
    /// Which groups have that many rows.
    groups: [u64; ROWS],
}

impl Default for Few {
    fn default() -> Self {
        Few {
            first: 0,
            words: 0,
            rows: 0,
            places: [[0; WORDS]; ROWS],
            groups: [0; ROWS],
        }
    }
}

impl Few {
    /// Works it out for groups that begin and end at these rows of a block; says whether they are few and small enough.
    pub(crate) fn fill(&mut self, ends: &[u32]) -> bool {
        let (Some(first), Some(last)) = (ends.first(), ends.last()) else {
            return false;
        };
        let start = (first / 64) as usize;
        let words = (*last as usize).div_ceil(64).max(start + 1) - start;
        if words > WORDS || ends.len() > 65 {
            return false;
        }
        (self.first, self.words, self.rows) = (start, words, 0);
        self.places = [[0; WORDS]; ROWS];
        self.groups = [0; ROWS];
        for group in 0..ends.len() - 1 {
            let rows = (ends[group + 1] - ends[group]) as usize;
            if rows > ROWS {
                return false;
            }
            self.rows = self.rows.max(rows);
            for at in 0..rows {
                let row = ends[group] as usize + at - start * 64;
                self.places[at][row / 64 % WORDS] |= 1 << (row % 64);
                self.groups[at] |= 1 << group;
            }
        }
        true
    }

    /// How many bits of a bitmap each group has.
    #[inline(always)]
    pub(crate) fn counts(
        &self,
        processor: impl Processor,
        word: impl Fn(usize) -> u64,
    ) -> [u8; 64] {
        let mut all = [0u64; ROWS];
        for (row, all) in all[..self.rows].iter_mut().enumerate() {
            let (mut gathered, mut before) = (0u64, 0);
            for (at, place) in self.places[row][..self.words].iter().enumerate() {
                let place = *place;
                // No more than sixty-four in all: what is shifted out is none.
                gathered |= processor.gather(word(self.first + at), place) << (before & 63);
                before += place.count_ones();
            }
            *all = processor.scatter(gathered, self.groups[row]);
        }
        processor.tally(&all[..self.rows])
    }
}
