//! The cube itself: programs with their tables and axes.

use std::sync::Arc;

use fuyou_expr::columns::{Plan, PlanError, Wanted};
use fuyou_expr::{Expr, Slot, Type, Value};

use crate::axis::{Axis, AxisSpec};
use crate::cells::{Cells, Group};
use crate::projection::Projection;
use crate::scan::{Job, scan};
use crate::table::{Key, Table};

/// Why the cube cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CubeError {
    /// An expression cannot be answered over columns.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A sum left 64 bits.
    #[error("a sum over facts is greater than 64 bits can hold")]
    Overflow,
    /// It would take more memory than it may.
    #[error("figures need {needs} bytes of memory and may take {bytes_max}")]
    TooLarge {
        /// Bytes that are needed at least.
        needs: usize,
        /// Bytes that may be taken.
        bytes_max: usize,
    },
    /// A thread of the scan ended before its work.
    #[error("a thread of the scan ended before its work was done")]
    Worker,
}

/// What is held of one program.
#[derive(Clone, Debug)]
pub struct ProgramSpec {
    /// Slot and type of every column of the facts row.
    pub columns: Vec<(Slot, Type)>,
    /// The ways in which its measures are dated and placed.
    pub axes: Vec<AxisSpec>,
    /// Expressions that are asked for later, such as those by which figures are split: what they read is held, too.
    pub also: Vec<Expr>,
}

/// Bytes that a cube occupies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Columns of facts.
    pub columns: usize,
    /// Ids and dictionaries.
    pub index: usize,
    /// Columns once more, in the order of each axis.
    pub projections: usize,
    /// Cells.
    pub cells: usize,
}

impl Memory {
    /// All of it.
    pub fn total(&self) -> usize {
        self.columns + self.index + self.projections + self.cells
    }
}

/// Facts in columns, and figures by organization and month.
#[derive(Clone, Debug)]
pub struct Cube {
    programs: Vec<Held>,
    threads: usize,
}

#[derive(Clone, Debug)]
struct Held {
    table: Table,
    axes: Vec<Axis>,
    /// Whether the cells are made; until then rows are only stored.
    counted: bool,
}

impl Cube {
    /// An empty cube that scans on so many threads.
    ///
    /// # Errors
    /// When an expression cannot be answered over columns.
    pub fn new(programs: Vec<ProgramSpec>, threads: usize) -> Result<Cube, CubeError> {
        let programs = programs.into_iter().map(|spec| {
            let axes = spec
                .axes
                .into_iter()
                .map(Axis::new)
                .collect::<Result<Vec<_>, _>>()?;
            let also: Vec<Wanted<'_>> = spec.also.iter().map(Wanted::Value).collect();
            let also = Plan::compile(&also)?;
            let used = |slot: Slot| {
                let of_axes = axes.iter().flat_map(|axis| [&axis.plan, &axis.order]);
                let mut plans = of_axes.chain([&also]);
                plans.any(|plan| plan.columns().iter().any(|used| used.slot == slot))
            };
            let columns = spec.columns.into_iter().filter(|(slot, _)| used(*slot));
            Ok(Held {
                table: Table::new(columns.collect()),
                axes,
                counted: false,
            })
        });
        Ok(Cube {
            programs: programs.collect::<Result<_, CubeError>>()?,
            threads: threads.max(1),
        })
    }

    /// Replaces the facts of an enrollment, or adds them; `None` removes them. `row` has the facts by slot.
    /// Once [`Cube::count`] has made the cells they follow.
    ///
    /// # Errors
    /// When a sum leaves 64 bits: the cells must then be counted anew.
    pub fn put(
        &mut self,
        program: usize,
        key: impl Into<Key>,
        row: Option<&[Value]>,
    ) -> Result<(), CubeError> {
        let (held, key) = (&mut self.programs[program], key.into());
        if held.counted {
            held.weigh(key.id, -1)?;
        }
        held.table.put(key, row);
        if held.counted {
            held.weigh(key.id, 1)?;
        }
        Ok(())
    }

    /// Makes all cells of a program anew.
    ///
    /// # Errors
    /// When a sum leaves 64 bits.
    pub fn count(&mut self, program: usize) -> Result<(), CubeError> {
        let (held, threads) = (&mut self.programs[program], self.threads);
        held.counted = false;
        let mut parts = Vec::with_capacity(held.axes.len());
        for axis in &mut held.axes {
            // With the projection the groups are the same as at the last count.
            parts.push(match axis.projection.take() {
                Some(projection) => (projection, std::mem::take(&mut axis.cells)),
                None => {
                    let projection = Projection::new(axis, &mut held.table);
                    let cells = Cells::new(axis.reads.len(), &projection);
                    (projection, cells)
                }
            });
        }
        let jobs = held.axes.iter().zip(&mut parts);
        let jobs = jobs.map(|(axis, (projection, cells))| Job {
            axis,
            projection,
            cells,
        });
        scan(jobs.collect(), &held.table, threads)?;
        for (axis, (projection, cells)) in held.axes.iter_mut().zip(parts) {
            (axis.cells, axis.projection) = (cells, Some(projection));
        }
        held.counted = true;
        Ok(())
    }

    /// As [`Cube::count`], in no more than `bytes_max` for everything that the cube holds then: copies of columns in the
    /// order of an axis are given back before those of the next are made.
    ///
    /// # Errors
    /// [`CubeError::TooLarge`] before more is taken; the cells of the program are then not made.
    pub fn count_within(&mut self, program: usize, bytes_max: usize) -> Result<(), CubeError> {
        self.programs[program].counted = false;
        let threads = self.threads;
        for at in 0..self.programs[program].axes.len() {
            let held = &mut self.programs[program];
            let axis = &mut held.axes[at];
            (axis.projection, axis.cells) =
                (None, Cells::new(axis.reads.len(), &Projection::default()));
            // No copy is larger than the columns it is made of.
            self.fits(self.programs[program].table.column_bytes(), bytes_max)?;
            let held = &mut self.programs[program];
            let axis = &mut held.axes[at];
            let projection = Projection::new(axis, &mut held.table);
            let measures = axis.reads.len();
            let cells = Cells::bytes_of(measures, &projection);
            self.fits(projection.bytes() + cells, bytes_max)?;
            let held = &mut self.programs[program];
            let axis = &mut held.axes[at];
            let mut cells = Cells::new(measures, &projection);
            let job = Job {
                axis,
                projection: &projection,
                cells: &mut cells,
            };
            scan(vec![job], &held.table, threads)?;
            axis.cells = cells;
        }
        self.programs[program].counted = true;
        self.fits(0, bytes_max)
    }

    /// Refuses when more bytes than these are held together with so many others.
    ///
    /// # Errors
    /// [`CubeError::TooLarge`].
    pub fn fits(&self, more: usize, bytes_max: usize) -> Result<(), CubeError> {
        let needs = self.memory().total().saturating_add(more);
        if needs > bytes_max {
            return Err(CubeError::TooLarge { needs, bytes_max });
        }
        Ok(())
    }

    /// On how many threads it scans.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// The cells of an axis.
    pub(crate) fn cells(&self, (program, axis): (usize, usize)) -> &Cells {
        &self.programs[program].axes[axis].cells
    }

    /// The facts of a program.
    pub(crate) fn table(&self, program: usize) -> &Table {
        &self.programs[program].table
    }

    /// Puts other facts in the place of those of a program; its cells are those of before until they are counted.
    pub(crate) fn replace(&mut self, program: usize, table: Table) {
        let held = &mut self.programs[program];
        (held.table, held.counted) = (table, false);
        held.axes.iter_mut().for_each(|axis| axis.projection = None);
    }

    /// Gives back the memory of the columns in the axes' orders; the next count copies them again.
    pub fn forget_projections(&mut self) {
        let axes = self.programs.iter_mut().flat_map(|held| &mut held.axes);
        axes.for_each(|axis| axis.projection = None);
    }

    /// The ids of the enrollments of a program.
    pub fn ids(&self, program: usize) -> impl Iterator<Item = u128> + '_ {
        self.programs[program].table.ids()
    }

    /// The facts of a program that some figure reads.
    pub fn slots(&self, program: usize) -> impl Iterator<Item = Slot> + '_ {
        self.programs[program].table.slots()
    }

    /// How many enrollments a program has.
    pub fn rows(&self, program: usize) -> usize {
        self.programs[program].table.len()
    }

    /// The organization code of a place.
    pub fn place(&self, program: usize, group: Group) -> Option<&Arc<str>> {
        let texts = self.programs[program].table.texts();
        group.place.map(|place| &texts[place as usize])
    }

    /// The texts of a program; [`Group::place`] is a position among them.
    pub fn texts(&self, program: usize) -> &[Arc<str>] {
        self.programs[program].table.texts()
    }

    /// Calls `see` for each group of an axis that has rows, in months `from..=to`: with the rows, and a function that
    /// tells the value of a measure of the axis.
    pub fn each_group(
        &self,
        (program, axis): (usize, usize),
        months: std::ops::RangeInclusive<i32>,
        mut see: impl FnMut(Group, i64, &dyn Fn(usize) -> i64),
    ) {
        let cells = &self.programs[program].axes[axis].cells;
        for (group, rows, at) in cells.groups() {
            if months.contains(&group.month) {
                see(group, rows, &|measure| cells.value(at, measure));
            }
        }
    }

    /// Bytes by part.
    pub fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        for held in &self.programs {
            memory.columns += held.table.column_bytes();
            memory.index += held.table.index_bytes();
            for axis in &held.axes {
                memory.projections += axis.projection.as_ref().map_or(0, Projection::bytes);
                memory.cells += axis.cells.bytes();
            }
        }
        memory
    }

    /// Rows and bytes that a scan of an axis reads; nothing before the first count.
    pub fn scanned(&self, program: usize, axis: usize) -> (usize, usize) {
        let projection = self.programs[program].axes[axis].projection.as_ref();
        projection.map_or((0, 0), |projection| (projection.rows(), projection.bytes()))
    }

    /// How many axes a program has.
    pub fn axes(&self, program: usize) -> usize {
        self.programs[program].axes.len()
    }
}

impl Held {
    /// Adds the row of an enrollment to the cells, or takes it away. Projections then no longer say what the table says.
    fn weigh(&mut self, id: u128, sign: i64) -> Result<(), CubeError> {
        let Some(row) = self.table.find(id) else {
            return Ok(());
        };
        let row = self.table.read(row);
        for axis in &mut self.axes {
            axis.projection = None;
            if let Some(group) = axis.group(&row, &mut self.table) {
                let adds = axis.adds(&row);
                axis.cells.add(group, &adds, sign)?;
            }
        }
        Ok(())
    }
}
