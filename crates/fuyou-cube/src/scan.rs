//! All cells of an axis in one pass over its projection, on several threads.

use std::sync::{Mutex, PoisonError};

use fuyou_expr::columns::{
    BLOCK, Batch, ColumnView, Processor, Scratch, Work as ForProcessor, with_processor,
};

use crate::axis::{Axis, Read};
use crate::cells::{CHUNK, Cell, Cells, Values};
use crate::cube::CubeError;
use crate::projection::Projection;
use crate::sums::{Planes, Ranks};
use crate::table::Table;

/// From so many rows on a group has cells of 64 bits.
const GROUP_MAX: u32 = 1 << 16;

/// Makes all cells of an axis. `cells` has the groups of the projection; its values are overwritten.
///
/// # Errors
/// When a sum leaves 64 bits.
pub(crate) fn scan(
    axis: &Axis,
    projection: &Projection,
    table: &Table,
    threads: usize,
    cells: &mut Cells,
) -> Result<(), CubeError> {
    let views = projection.views();
    let work = Work {
        axis,
        projection,
        views: &views,
        table,
    };
    // Numbers of up to 16 bits are added without looking: so few of them fit into 32 bits, and any number into 64.
    let ends = projection.bounds.windows(2);
    if ends.map(|ends| ends[1] - ends[0]).max() >= Some(GROUP_MAX) {
        cells.widen();
    }
    let length = cells.chunk_length();
    if let Values::Narrow(all) = cells.values_mut() {
        match work.all(all.chunks_mut(length), threads) {
            // Some value needs more than 32 bits.
            Err(CubeError::Overflow) => cells.widen(),
            done => return done,
        }
    }
    match cells.values_mut() {
        Values::Narrow(_) => Ok(()),
        Values::Wide(all) => work.all(all.chunks_mut(length), threads),
    }
}

/// What all threads read.
#[derive(Clone, Copy)]
struct Work<'w> {
    axis: &'w Axis,
    projection: &'w Projection,
    views: &'w [ColumnView<'w>],
    table: &'w Table,
}

/// What each thread has for itself.
struct Tools {
    scratch: Scratch,
    ranks: Ranks,
    planes: Vec<Planes>,
    bounds: Vec<u32>,
}

impl Tools {
    fn new(axis: &Axis) -> Tools {
        Tools {
            scratch: Scratch::new(&axis.plan),
            ranks: Ranks::new(),
            planes: axis.sums.iter().map(|_| Planes::new()).collect(),
            bounds: Vec::with_capacity(CHUNK + 1),
        }
    }
}

impl Work<'_> {
    /// All chunks of groups, on so many threads.
    fn all<'o, T: Cell + 'o>(
        &self,
        chunks: impl Iterator<Item = &'o mut [T]> + Send,
        threads: usize,
    ) -> Result<(), CubeError> {
        let chunks = Mutex::new(chunks.enumerate());
        let next = || chunks.lock().unwrap_or_else(PoisonError::into_inner).next();
        let worker = || {
            let mut tools = Tools::new(self.axis);
            while let Some((chunk, out)) = next() {
                self.chunk(chunk, &mut tools, out)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
            let own = worker();
            let joined = others
                .into_iter()
                .map(|other| other.join().unwrap_or(Err(CubeError::Worker)));
            joined.fold(own, Result::and)
        })
    }

    /// The cells of one chunk of groups, a block of rows at a time.
    fn chunk<T: Cell>(
        &self,
        chunk: usize,
        tools: &mut Tools,
        out: &mut [T],
    ) -> Result<(), CubeError> {
        let ends = &self.projection.bounds;
        let groups = chunk * CHUNK..(chunk * CHUNK + CHUNK).min(ends.len() - 1);
        out.fill(T::default());
        let (from, to) = (ends[groups.start] as usize, ends[groups.end] as usize);
        let mut first = from / 64 * 64;
        while first < to {
            let batch = Batch {
                columns: self.views,
                texts: self.table.texts(),
                sets: self.table.sets(),
                first,
                rows: BLOCK.min(to - first),
            };
            let last = first + batch.rows;
            // The groups of this block: from the one that holds its first row to the one that holds its last.
            let inside = &ends[groups.start..=groups.end];
            let begin = inside.partition_point(|end| *end as usize <= first.max(from)) - 1;
            let end = inside.partition_point(|end| (*end as usize) < last);
            let place = |end: &u32| ((*end as usize).clamp(first.max(from), last) - first) as u32;
            tools.bounds.clear();
            tools.bounds.extend(inside[begin..=end].iter().map(place));
            self.axis.plan.run(&mut tools.scratch, &batch);
            with_processor(Block {
                axis: self.axis,
                batch: &batch,
                tools: &mut *tools,
                begin,
                out: &mut *out,
            })?;
            first = last;
        }
        Ok(())
    }
}

/// One evaluated block on its way into the cells; `begin` is the chunk's group of the first run.
struct Block<'b, T> {
    axis: &'b Axis,
    batch: &'b Batch<'b>,
    tools: &'b mut Tools,
    begin: usize,
    out: &'b mut [T],
}

impl<T: Cell> ForProcessor for Block<'_, T> {
    type Output = Result<(), CubeError>;

    #[inline(always)]
    fn run<P: Processor>(self, processor: P) -> Result<(), CubeError> {
        let (batch, begin) = (self.batch, self.begin);
        let Tools {
            scratch,
            ranks,
            planes,
            bounds,
        } = self.tools;
        let plan = &self.axis.plan;
        for (sum, planes) in self.axis.sums.iter().zip(planes.iter_mut()) {
            planes.fill(processor, plan.numbers(*sum, scratch, batch));
        }
        let words = batch.rows.div_ceil(64);
        for (measure, Read { filter, sum }) in self.axis.reads.iter().enumerate() {
            let filter = filter.map(|filter| plan.holds(filter, scratch, batch));
            let counted = |word: usize| filter.map_or(u64::MAX, |words| words[word]);
            let cells = &mut self.out[measure * CHUNK + begin..(measure + 1) * CHUNK];
            let Some(sum) = *sum else {
                if ranks.fill((0..words).map(counted)) {
                    ranks.add_runs(bounds, 1, cells);
                }
                continue;
            };
            let output = self.axis.sums[sum];
            let known = plan.known(output, scratch, batch);
            let mask = |word: usize| counted(word) & known.map_or(u64::MAX, |words| words[word]);
            if planes[sum].wide {
                let numbers = plan.numbers(output, scratch, batch);
                add_wide(bounds, mask, |row| numbers.at(row), cells)?;
                continue;
            }
            for (weight, digit) in planes[sum].digits() {
                if ranks.fill((0..words).map(|word| digit[word] & mask(word))) {
                    ranks.add_runs(bounds, *weight, cells);
                }
            }
        }
        Ok(())
    }
}

/// Adds numbers one by one.
fn add_wide(
    bounds: &[u32],
    mask: impl Fn(usize) -> u64,
    number: impl Fn(usize) -> i64,
    out: &mut [impl Cell],
) -> Result<(), CubeError> {
    for (ends, out) in bounds.windows(2).zip(out) {
        let rows = ends[0] as usize..ends[1] as usize;
        let counted = rows.filter(|row| mask(row / 64) >> (row % 64) & 1 == 1);
        let sum: i128 = counted.map(|row| i128::from(number(row))).sum();
        let sum = i64::try_from(sum).map_err(|_| CubeError::Overflow)?;
        let (total, overflows) = out.plus(sum);
        if overflows {
            return Err(CubeError::Overflow);
        }
        *out = total;
    }
    Ok(())
}
