//! Texts and sets of codes, which columns hold by number.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::compare::{holds, like};
use crate::tree::{Comparison, LikePattern, Need};
use crate::value::CodeSet;

use super::bits::{bit, set};
use super::op::{Class, NodeId};
use super::scratch::{Buffer, Constants, Inputs};

/// Marks the number of a constant of the plan; numbers without a mark are those of the batch.
pub(super) const CONSTANT: u32 = 1 << 31;
/// Marks the number of a text made in this block.
pub(super) const MADE: u32 = 1 << 30;

/// Texts made in a block, one after the other; keeps its memory from block to block.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    text: String,
    ends: Vec<usize>,
}

impl Arena {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }
}

/// Where numbers of texts and sets are looked up.
#[derive(Clone, Copy)]
pub(super) struct Library<'s> {
    pub texts: &'s [Arc<str>],
    pub sets: &'s [CodeSet],
    pub constants: &'s Constants,
}

impl<'s> Library<'s> {
    fn text<'r>(&self, handle: u32, made: &'r Arena) -> &'r str
    where
        's: 'r,
    {
        if handle & CONSTANT != 0 {
            &self.constants.texts[(handle & !CONSTANT) as usize]
        } else if handle & MADE != 0 {
            made.get((handle & !MADE) as usize)
        } else {
            &self.texts[handle as usize]
        }
    }

    pub(super) fn set(&self, handle: u32) -> &'s CodeSet {
        if handle & CONSTANT != 0 {
            &self.constants.sets[(handle & !CONSTANT) as usize]
        } else {
            &self.sets[handle as usize]
        }
    }

    /// An owned text, for whoever reads an output.
    pub(super) fn owned(&self, handle: u32, made: &Arena) -> Arc<str> {
        if handle & (CONSTANT | MADE) == 0 {
            Arc::clone(&self.texts[handle as usize])
        } else {
            Arc::from(self.text(handle, made))
        }
    }
}

/// Compares booleans, texts or sets, where both are known.
pub(super) fn compare(
    inputs: Inputs<'_>,
    library: Library<'_>,
    made: &Arena,
    op: Comparison,
    (left, right): (NodeId, NodeId),
    out: &mut [u64],
) {
    let (left_known, right_known) = (inputs.known(left), inputs.known(right));
    let class = inputs.plan.class(left);
    let order = |row: usize| match class {
        Class::Boolean | Class::Number => {
            let truth = |id| bit(Some(inputs.truth(id)), row);
            truth(left).cmp(&truth(right))
        }
        Class::Text => {
            let text = |id| library.text(inputs.handles(id)[row], made);
            text(left).cmp(text(right))
        }
        Class::Sets => {
            let set = |id| library.set(inputs.handles(id)[row]);
            if set(left) == set(right) {
                Ordering::Equal
            } else {
                Ordering::Less
            }
        }
    };
    out.fill(0);
    for row in 0..inputs.batch.rows {
        if bit(left_known, row) && bit(right_known, row) {
            set(out, row, holds(op, order(row)));
        }
    }
}

/// Where a text matches a pattern.
pub(super) fn matches(
    inputs: Inputs<'_>,
    library: Library<'_>,
    made: &Arena,
    (of, pattern): (NodeId, &LikePattern),
    out: &mut [u64],
) {
    let (known, handles) = (inputs.known(of), inputs.handles(of));
    out.fill(0);
    for (row, handle) in handles.iter().enumerate() {
        if bit(known, row) {
            set(out, row, like(library.text(*handle, made), &pattern.parts));
        }
    }
}

/// Where a set has some or all of the codes.
pub(super) fn has(
    inputs: Inputs<'_>,
    library: Library<'_>,
    (of, need, codes): (NodeId, Need, &[u16]),
    out: &mut [u64],
) {
    let (known, handles) = (inputs.known(of), inputs.handles(of));
    out.fill(0);
    for (row, handle) in handles.iter().enumerate() {
        if bit(known, row) {
            let has = library.set(*handle);
            let holds = match need {
                Need::Any => codes.iter().any(|code| has.contains(*code)),
                Need::All => codes.iter().all(|code| has.contains(*code)),
            };
            set(out, row, holds);
        }
    }
}

/// How many characters a text or codes a set has, where it is known.
pub(super) fn measure(
    inputs: Inputs<'_>,
    library: Library<'_>,
    made: &Arena,
    of: NodeId,
    out: &mut [i64],
) {
    let (known, handles, class) = (inputs.known(of), inputs.handles(of), inputs.plan.class(of));
    for (row, handle) in handles.iter().enumerate() {
        if bit(known, row) {
            out[row] = match class {
                Class::Text => library.text(*handle, made).chars().count() as i64,
                _ => i64::from(library.set(*handle).len()),
            };
        }
    }
}

/// Texts one after the other, where all are known.
pub(super) fn concat(
    inputs: Inputs<'_>,
    library: Library<'_>,
    made: &mut Arena,
    parts: &[NodeId],
    out: &mut Buffer,
) {
    for row in 0..inputs.batch.rows {
        if !bit(Some(&out.known), row) {
            continue;
        }
        for part in parts {
            let handle = inputs.handles(*part)[row];
            if handle & (CONSTANT | MADE) == MADE {
                let at = (handle & !MADE) as usize;
                let start = at.checked_sub(1).map_or(0, |before| made.ends[before]);
                made.text.extend_from_within(start..made.ends[at]);
            } else {
                made.text.push_str(library.text(handle, &Arena::default()));
            }
        }
        made.ends.push(made.text.len());
        out.handles[row] = MADE | (made.ends.len() - 1) as u32;
    }
}
