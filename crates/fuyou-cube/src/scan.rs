//! All cells of some axes in one pass over their projections, on several threads.

use std::sync::{Mutex, PoisonError};

use fuyou_expr::columns::{
    BLOCK, Batch, ColumnView, Processor, Scratch, Work as ForProcessor, with_processor,
};

use crate::axis::{Axis, Read};
use crate::cells::{CHUNK, Cell, Cells, Values};
use crate::cube::CubeError;
use crate::few::Few;
use crate::projection::Projection;
use crate::sums::{Ends, Planes, Ranks, WORDS};
use crate::table::Table;

/// Units of work for each thread and axis: enough that none waits long for the last one, few enough that a unit has rows
/// for whole blocks.
const UNITS: usize = 12;

/// So many measures pay for working out which bits of small groups are gathered.
const MEASURES_MIN: usize = if cfg!(test) { 2 } else { 4 };

/// Whether the processor gathers bits fast.
struct Gathers;

impl ForProcessor for Gathers {
    type Output = bool;

    #[inline(always)]
    fn run<P: Processor>(self, processor: P) -> bool {
        processor.has_gather()
    }
}

/// An axis whose cells are to be made. `cells` has the groups of the projection; its values are overwritten.
pub(crate) struct Job<'j> {
    pub axis: &'j Axis,
    pub projection: &'j Projection,
    pub cells: &'j mut Cells,
}

/// Makes all cells of some axes of a table.
///
/// # Errors
/// When a sum leaves 64 bits.
pub(crate) fn scan(mut jobs: Vec<Job<'_>>, table: &Table, threads: usize) -> Result<(), CubeError> {
    while !jobs.is_empty() {
        let overflows = pass(&mut jobs, table, threads)?;
        let mut overflows = overflows.into_iter();
        jobs.retain(|_| overflows.next().unwrap_or(false));
        if !jobs.iter_mut().all(|job| job.cells.widen()) {
            return Err(CubeError::Overflow);
        }
    }
    Ok(())
}

/// Makes the cells of all jobs; says which of them have a sum that does not fit.
fn pass(jobs: &mut [Job<'_>], table: &Table, threads: usize) -> Result<Vec<bool>, CubeError> {
    let (mut works, mut units) = (Vec::with_capacity(jobs.len()), Vec::new());
    for (at, job) in jobs.iter_mut().enumerate() {
        works.push(Work {
            axis: job.axis,
            ends: &job.projection.bounds,
            views: job.projection.views(),
            table,
        });
        let chunks = job.cells.chunk_count().div_ceil(threads * UNITS).max(1);
        let length = job.cells.chunk_length() * chunks;
        let unit = |(at_unit, out)| Unit {
            job: at,
            first: at_unit * chunks,
            out,
        };
        match job.cells.values_mut() {
            Values::I8(all) => {
                let parts = all.chunks_mut(length).map(Out::I8);
                units.extend(parts.enumerate().map(unit));
            }
            Values::I16(all) => {
                let parts = all.chunks_mut(length).map(Out::I16);
                units.extend(parts.enumerate().map(unit));
            }
            Values::I32(all) => {
                let parts = all.chunks_mut(length).map(Out::I32);
                units.extend(parts.enumerate().map(unit));
            }
            Values::I64(all) => {
                let parts = all.chunks_mut(length).map(Out::I64);
                units.extend(parts.enumerate().map(unit));
            }
        }
    }
    let (works, units) = (&works, Mutex::new(units.into_iter()));
    let next = || units.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        let mut tools: Vec<Option<Tools>> = works.iter().map(|_| None).collect();
        let mut overflows = vec![false; works.len()];
        while let Some(unit) = next() {
            let (work, job) = (&works[unit.job], unit.job);
            let tools = tools[job].get_or_insert_with(|| Tools::new(work.axis));
            overflows[job] |= match unit.out {
                Out::I8(out) => work.unit(unit.first, tools, out),
                Out::I16(out) => work.unit(unit.first, tools, out),
                Out::I32(out) => work.unit(unit.first, tools, out),
                Out::I64(out) => work.unit(unit.first, tools, out),
            };
        }
        overflows
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut overflows = worker();
        for other in others {
            let more = other.join().map_err(|_| CubeError::Worker)?;
            overflows
                .iter_mut()
                .zip(more)
                .for_each(|(one, more)| *one |= more);
        }
        Ok(overflows)
    })
}

/// Some chunks of groups of an axis, and where their cells go.
struct Unit<'u> {
    job: usize,
    /// The first chunk.
    first: usize,
    out: Out<'u>,
}

/// Cells in some width.
enum Out<'u> {
    I8(&'u mut [i8]),
    I16(&'u mut [i16]),
    I32(&'u mut [i32]),
    I64(&'u mut [i64]),
}

/// What all threads read of an axis.
struct Work<'w> {
    axis: &'w Axis,
    /// Where each group begins, and where the last ends.
    ends: &'w [u32],
    views: Vec<ColumnView<'w>>,
    table: &'w Table,
}

/// What each thread has for itself.
struct Tools {
    scratch: Scratch,
    ranks: Ranks,
    planes: Vec<Planes>,
    ends: Ends,
    few: Vec<Few>,
    segments: Vec<Segment>,
}

/// Groups of a block that stand in one chunk.
struct Segment {
    /// Each has few rows: how they are counted stands at the same position of [`Tools::few`].
    is_few: bool,
    /// Position of the chunk in the unit.
    chunk: usize,
    /// The first of them in the chunk.
    group: usize,
    /// How many.
    groups: usize,
    /// The end at which the first begins.
    end: usize,
    /// Whether the first has rows in the block before, too.
    goes_on: bool,
}

impl Tools {
    fn new(axis: &Axis) -> Tools {
        Tools {
            scratch: Scratch::new(&axis.plan),
            ranks: Ranks::new(),
            planes: axis.sums.iter().map(|_| Planes::new()).collect(),
            ends: Ends::default(),
            few: Vec::new(),
            segments: Vec::new(),
        }
    }
}

impl Work<'_> {
    /// The cells of some chunks of groups, a block of rows at a time; says whether a sum does not fit.
    fn unit<T: Cell>(&self, first_chunk: usize, tools: &mut Tools, out: &mut [T]) -> bool {
        let chunks = out.len() / (CHUNK * self.axis.reads.len()).max(1);
        let last_group = ((first_chunk + chunks) * CHUNK).min(self.ends.len() - 1);
        let ends = &self.ends[first_chunk * CHUNK..=last_group];
        let (from, to) = (ends[0] as usize, ends[ends.len() - 1] as usize);
        let (mut first, mut overflows) = (from / 64 * 64, false);
        let gathers = self.axis.reads.len() >= MEASURES_MIN && with_processor(Gathers);
        while first < to {
            let batch = Batch {
                columns: &self.views,
                texts: self.table.texts(),
                sets: self.table.sets(),
                first,
                rows: BLOCK.min(to - first),
            };
            let last = first + batch.rows;
            // The groups of this block: from the one that holds its first row to the one that holds its last.
            let begin = ends.partition_point(|end| *end as usize <= first.max(from)) - 1;
            let end = ends.partition_point(|end| (*end as usize) < last);
            tools
                .ends
                .fill(&ends[begin..=end], first.max(from), (first, last));
            tools.segments.clear();
            let mut at = begin;
            while at < end {
                let until = (at / CHUNK * CHUNK + CHUNK).min(end);
                let segment = tools.segments.len();
                if gathers && tools.few.len() == segment {
                    tools.few.push(Few::default());
                }
                let rows = tools.ends.rows_of(at - begin, until - at);
                tools.segments.push(Segment {
                    is_few: gathers && tools.few[segment].fill(rows),
                    chunk: at / CHUNK,
                    group: at % CHUNK,
                    groups: until - at,
                    end: at - begin,
                    goes_on: (ends[at] as usize) < first,
                });
                at = until;
            }
            self.axis.plan.run(&mut tools.scratch, &batch);
            overflows |= with_processor(Block {
                axis: self.axis,
                batch: &batch,
                tools: &mut *tools,
                out: &mut *out,
            });
            first = last;
        }
        overflows
    }
}

/// One evaluated block on its way into the cells of a unit.
struct Block<'b, T> {
    axis: &'b Axis,
    batch: &'b Batch<'b>,
    tools: &'b mut Tools,
    out: &'b mut [T],
}

impl<T: Cell> ForProcessor for Block<'_, T> {
    /// Whether a sum does not fit.
    type Output = bool;

    #[inline(always)]
    fn run<P: Processor>(self, processor: P) -> bool {
        let (batch, out) = (self.batch, self.out);
        let Tools {
            scratch,
            ranks,
            planes,
            ends,
            segments,
            few,
        } = self.tools;
        let plan = &self.axis.plan;
        for (sum, planes) in self.axis.sums.iter().zip(planes.iter_mut()) {
            planes.fill(processor, plan.numbers(*sum, scratch, batch));
        }
        let (words, measures) = (batch.rows.div_ceil(64), self.axis.reads.len());
        let mut overflows = false;
        for (measure, Read { filter, sum }) in self.axis.reads.iter().enumerate() {
            let filter = filter.map(|filter| plan.holds(filter, scratch, batch));
            let place =
                |segment: &Segment| (segment.chunk * measures + measure) * CHUNK + segment.group;
            let Some(sum) = *sum else {
                let any = ranks.fill(words, filter);
                for (number, segment) in segments.iter().enumerate() {
                    let at = place(segment);
                    let cells = &mut out[at..at + segment.groups];
                    let before = cells[0];
                    match segment.is_few {
                        _ if !any => cells.fill(T::default()),
                        true => ranks.few_counts(processor, &few[number], cells),
                        false => ranks.counts(ends, segment.end, cells),
                    }
                    if segment.goes_on {
                        let (sum, is_over) = cells[0].plus(before.number());
                        (cells[0], overflows) = (sum, overflows | is_over);
                    }
                }
                continue;
            };
            for segment in segments.iter() {
                let at = place(segment) + usize::from(segment.goes_on);
                out[at..place(segment) + segment.groups].fill(T::default());
            }
            let output = self.axis.sums[sum];
            let known = plan.known(output, scratch, batch);
            let mut mask = [u64::MAX; WORDS];
            for bitmap in [filter, known].into_iter().flatten() {
                for word in 0..words {
                    mask[word] &= bitmap[word];
                }
            }
            if planes[sum].wide {
                let numbers = plan.numbers(output, scratch, batch);
                for segment in segments.iter() {
                    let at = place(segment);
                    let cells = &mut out[at..at + segment.groups];
                    let rows = ends.rows(segment.end, segment.groups);
                    overflows |= add_wide(rows, &mask, |row| numbers.at(row), cells);
                }
                continue;
            }
            for (weight, digit) in planes[sum].digits() {
                let mut counted = [0; WORDS];
                for word in 0..words {
                    counted[word] = digit[word] & mask[word];
                }
                if ranks.fill(words, Some(&counted)) {
                    for (number, segment) in segments.iter().enumerate() {
                        let at = place(segment);
                        let cells = &mut out[at..at + segment.groups];
                        overflows |= match segment.is_few {
                            true => ranks.few_add(processor, &few[number], *weight, cells),
                            false => ranks.add(ends, segment.end, *weight, cells),
                        };
                    }
                }
            }
        }
        overflows
    }
}

/// Adds numbers one by one to the groups of these rows; says whether a sum does not fit.
fn add_wide(
    groups: impl Iterator<Item = std::ops::Range<usize>>,
    mask: &[u64; WORDS],
    number: impl Fn(usize) -> i64,
    out: &mut [impl Cell],
) -> bool {
    let mut overflows = false;
    for (rows, out) in groups.zip(out) {
        let counted = rows.filter(|row| mask[row / 64] >> (row % 64) & 1 == 1);
        let sum: i128 = counted.map(|row| i128::from(number(row))).sum();
        match i64::try_from(sum) {
            Ok(sum) => {
                let (total, is_over) = out.plus(sum);
                (*out, overflows) = (total, overflows | is_over);
            }
            Err(_) => overflows = true,
        }
    }
    overflows
}
