//! The columns of an axis in the axis's own order, so that each group is one run of rows.

use std::sync::Arc;

use fuyou_expr::columns::{BLOCK, Batch, ColumnView, Plan, Scratch};

use crate::axis::{Axis, month};
use crate::cells::Group;
use crate::column::Column;
use crate::table::Table;

/// Copied columns. Rows that count nowhere are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Projection {
    columns: Vec<Column>,
    /// The groups in order.
    pub groups: Vec<Group>,
    /// Where each group begins, and where the last ends.
    pub bounds: Vec<u32>,
}

impl Projection {
    /// Orders the rows of a table by group and copies what the axis's plan reads.
    pub(crate) fn new(axis: &Axis, table: &mut Table) -> Projection {
        let mut keyed = keyed(axis, table);
        keyed.sort_unstable();
        let (mut groups, mut bounds): (Vec<Group>, Vec<u32>) = (Vec::new(), Vec::new());
        for (at, (key, _)) in (0u32..).zip(&keyed) {
            if groups.last() != Some(key) {
                groups.push(*key);
                bounds.push(at);
            }
        }
        bounds.push(u32::try_from(keyed.len()).expect("rows have 32-bit numbers"));
        let order: Vec<u32> = keyed.into_iter().map(|(_, row)| row).collect();
        let columns = axis
            .plan
            .columns()
            .iter()
            .map(|used| table.column(used.slot).gather(&order, *used))
            .collect();
        Projection {
            columns,
            groups,
            bounds,
        }
    }

    pub(crate) fn views(&self) -> Vec<ColumnView<'_>> {
        self.columns.iter().map(Column::view).collect()
    }

    /// How many rows are in some group.
    pub(crate) fn rows(&self) -> usize {
        self.bounds.last().map_or(0, |end| *end as usize)
    }

    /// Bytes that a scan reads.
    pub(crate) fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }
}

/// Group and row of every row that has a group.
fn keyed(axis: &Axis, table: &mut Table) -> Vec<(Group, u32)> {
    let live = table.live();
    let mut keyed = Vec::with_capacity(table.len());
    // Codes that an expression made rather than read are numbered afterwards.
    let mut made: Vec<(u32, i32, Arc<str>)> = Vec::new();
    each_block(&axis.order, table, |scratch, batch| {
        for at in 0..batch.rows {
            let row = batch.first + at;
            let number = u32::try_from(row).expect("rows have 32-bit numbers");
            let Some(month) = month_of(axis, scratch, batch, at).filter(|_| live[row]) else {
                continue;
            };
            match axis.order.text(0, scratch, batch, at) {
                None => keyed.push((Group { place: None, month }, number)),
                Some(Ok(place)) => {
                    let place = Some(place);
                    keyed.push((Group { place, month }, number));
                }
                Some(Err(text)) => made.push((number, month, text)),
            }
        }
    });
    for (row, month, text) in made {
        let place = Some(table.text_number(&text));
        keyed.push((Group { place, month }, row));
    }
    keyed
}

fn month_of(axis: &Axis, scratch: &Scratch, batch: &Batch<'_>, row: usize) -> Option<i32> {
    if axis.spec.dated_by.is_none() {
        return Some(0);
    }
    let known = axis.order.known(1, scratch, batch);
    if known.is_some_and(|words| words[row / 64] >> (row % 64) & 1 == 0) {
        return None;
    }
    month(axis.order.numbers(1, scratch, batch).at(row))
}

/// Runs a plan over all rows of a table, also those of nobody.
pub(crate) fn each_block(plan: &Plan, table: &Table, see: impl FnMut(&Scratch, &Batch<'_>)) {
    each_block_of(plan, table, 0..table.rows(), see);
}

/// Runs a plan over some rows of a table, of which the first begins a word.
pub(crate) fn each_block_of(
    plan: &Plan,
    table: &Table,
    rows: std::ops::Range<usize>,
    mut see: impl FnMut(&Scratch, &Batch<'_>),
) {
    let (views, mut scratch) = (table.views(plan.columns()), Scratch::new(plan));
    for first in rows.clone().step_by(BLOCK) {
        let batch = Batch {
            columns: &views,
            texts: table.texts(),
            sets: table.sets(),
            first,
            rows: BLOCK.min(rows.end - first),
        };
        plan.run(&mut scratch, &batch);
        see(&scratch, &batch);
    }
}
