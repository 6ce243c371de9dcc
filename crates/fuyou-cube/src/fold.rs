//! Cells added up by kinds of places and months.

use std::ops::{Range, RangeInclusive};

use crate::cells::{CHUNK, Cell as _, Cells, of_any_width};
use crate::cube::Cube;

/// Which cells are added up to which sums.
#[derive(Clone, Debug)]
pub struct Folding<'f> {
    /// Groups of other months are left out.
    pub months: RangeInclusive<i32>,
    /// By number of the text: the kind of the place.
    pub places: &'f [u32],
    /// The kind of rows without a place.
    pub without: u32,
    /// By month from `first_month` on: the kind of the month, or [`Folding::SKIP`].
    pub month_kinds: &'f [u32],
    /// The month of the first kind.
    pub first_month: i32,
    /// How many kinds of months there are.
    pub kinds: usize,
    /// Position among the sums of a group, and measure of the axis.
    pub measures: &'f [(usize, usize)],
    /// Sums of a kind of place and month.
    pub width: usize,
}

impl Folding<'_> {
    /// Marks what is not added.
    pub const SKIP: u32 = u32::MAX;
    /// Marks places whose rows are told, and not added.
    pub const TOLD: u32 = u32::MAX - 1;

    /// Where the sums of a place begin in a kind of month; `None` where nobody asked for them.
    #[inline]
    pub(crate) fn begins(&self, place: Option<u32>, kind: u32) -> Option<usize> {
        let place = place.map_or(self.without, |place| self.places[place as usize]);
        let counts = place != Folding::TOLD && place != Folding::SKIP && kind != Folding::SKIP;
        counts.then(|| (place as usize * self.kinds + kind as usize) * self.width)
    }

    /// The kind of a month; [`Folding::SKIP`] where nobody asked for it.
    pub(crate) fn month_kind(&self, month: i32) -> u32 {
        let at = usize::try_from(month - self.first_month);
        let kind = at.ok().and_then(|at| self.month_kinds.get(at));
        let asked = kind.filter(|_| self.months.contains(&month));
        asked.copied().unwrap_or(Folding::SKIP)
    }

    /// Where the sums of a group begin.
    fn base(&self, place: u32, month: i32) -> Option<usize> {
        let month = usize::try_from(month - self.first_month).ok()?;
        let kind = *self.month_kinds.get(month)?;
        let counts = place != Folding::SKIP && kind != Folding::SKIP;
        counts.then(|| (place as usize * self.kinds + kind as usize) * self.width)
    }
}

impl Cube {
    /// Adds the cells of an axis to `sums`: by kind of place, kind of month and position. Says how many rows are of
    /// places that are only told.
    pub fn fold(&self, at: (usize, usize), folding: &Folding<'_>, sums: &mut [i64]) -> i64 {
        let (cells, threads) = (self.cells(at), self.threads());
        let chunks = cells.chunk_count();
        let parts = (chunks / CHUNKS_MIN).clamp(1, threads);
        let length = chunks.div_ceil(parts).max(1);
        let size = sums.len();
        let mut told = 0;
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..parts)
                .map(|part| {
                    scope.spawn(move || {
                        let mut own = vec![0; size];
                        let told =
                            cells.fold(part * length..(part + 1) * length, folding, &mut own);
                        (told, own)
                    })
                })
                .collect();
            told = cells.fold(0..length, folding, sums);
            for other in others {
                let (more, own) = other.join().expect("adding up does not fail");
                told += more;
                sums.iter_mut()
                    .zip(own)
                    .for_each(|(sum, adds)| *sum += adds);
            }
        });
        told
    }
}

/// Chunks of groups that a thread of its own pays for; few in tests, so that they use several.
const CHUNKS_MIN: usize = if cfg!(test) { 4 } else { 512 };

impl Cells {
    /// Adds some of the chunks.
    fn fold(&self, chunks: Range<usize>, folding: &Folding<'_>, sums: &mut [i64]) -> i64 {
        let mut told = 0;
        let mut here: Vec<(usize, usize)> = Vec::with_capacity(CHUNK);
        let asked = self.chunks().enumerate().skip(chunks.start);
        for (chunk, groups) in asked.take(chunks.len()) {
            here.clear();
            for (at, (group, rows)) in groups.enumerate() {
                if rows == 0 || !folding.months.contains(&group.month) {
                    continue;
                }
                let place = group
                    .place
                    .map_or(folding.without, |place| folding.places[place as usize]);
                if place == Folding::TOLD {
                    told += rows;
                } else if let Some(base) = folding.base(place, group.month) {
                    here.push((at, base));
                }
            }
            if here.is_empty() {
                continue;
            }
            for (position, measure) in folding.measures {
                let run = self.run(chunk, *measure);
                of_any_width!(self.values(), all => {
                    for (at, base) in &here {
                        sums[base + position] += all[run + at].number();
                    }
                });
            }
        }
        told
    }
}
