//! Where a plan keeps the values of one block, made once and used for every block.

use std::sync::Arc;

use crate::value::CodeSet;

use super::BLOCK;
use super::op::{Class, Constant, NodeId, Op};
use super::plan::Plan;
use super::texts::{Arena, CONSTANT};
use super::view::{Batch, Numbers, Values};

/// Working memory of one thread for one plan.
#[derive(Clone, Debug)]
pub struct Scratch {
    pub(super) buffers: Vec<Buffer>,
    pub(super) constants: Constants,
    pub(super) arena: Arena,
}

/// The texts and sets of codes that a plan itself holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Constants {
    pub texts: Vec<Arc<str>>,
    pub sets: Vec<CodeSet>,
}

/// The values of one node over a block; empty where nothing reads them, and for columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffer {
    /// Where a boolean is true; only where it is known.
    pub truth: Vec<u64>,
    pub known: Vec<u64>,
    pub numbers: Vec<i64>,
    /// Texts and sets of codes by number.
    pub handles: Vec<u32>,
}

impl Scratch {
    /// Working memory for a plan.
    pub fn new(plan: &Plan) -> Scratch {
        let mut constants = Constants::default();
        let buffers = plan
            .nodes
            .iter()
            .map(|node| match &node.op {
                Op::Column(..) => Buffer::default(),
                Op::Constant(class, constant) => {
                    let mut buffer = Buffer::of(*class);
                    buffer.hold(constant.as_ref(), &mut constants);
                    buffer
                }
                op => Buffer::of(op.class()),
            })
            .collect();
        Scratch {
            buffers,
            constants,
            arena: Arena::default(),
        }
    }

    /// Bytes it occupies.
    pub fn bytes(&self) -> usize {
        let of = |buffer: &Buffer| {
            let words = buffer.truth.len() + buffer.known.len() + buffer.numbers.len();
            words * 8 + buffer.handles.len() * 4
        };
        self.buffers.iter().map(of).sum()
    }
}

impl Buffer {
    fn of(class: Class) -> Buffer {
        let mut buffer = Buffer {
            known: vec![0; BLOCK / 64],
            ..Buffer::default()
        };
        match class {
            Class::Boolean => buffer.truth = vec![0; BLOCK / 64],
            Class::Number => buffer.numbers = vec![0; BLOCK],
            Class::Text | Class::Sets => buffer.handles = vec![0; BLOCK],
        }
        buffer
    }

    fn hold(&mut self, constant: Option<&Constant>, constants: &mut Constants) {
        if constant.is_some() {
            self.known.fill(u64::MAX);
        }
        let number = |at: usize| CONSTANT | u32::try_from(at).expect("a plan holds few constants");
        match constant {
            None => {}
            Some(Constant::Boolean(truth)) => self.truth.fill(if *truth { u64::MAX } else { 0 }),
            Some(Constant::Number(value)) => self.numbers.fill(*value),
            Some(Constant::Text(text)) => {
                self.handles.fill(number(constants.texts.len()));
                constants.texts.push(Arc::clone(text));
            }
            Some(Constant::Sets(set)) => {
                self.handles.fill(number(constants.sets.len()));
                constants.sets.push(set.clone());
            }
        }
    }
}

/// What a node reads: the columns of the block, and the values of the nodes before it.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'s> {
    pub plan: &'s Plan,
    pub buffers: &'s [Buffer],
    pub batch: &'s Batch<'s>,
}

impl<'s> Inputs<'s> {
    #[inline]
    pub(super) fn words(&self) -> usize {
        self.batch.rows.div_ceil(64)
    }

    #[inline]
    fn bits(&self, words: &'s [u64]) -> &'s [u64] {
        let first = self.batch.first / 64;
        &words[first..first + self.words()]
    }

    #[inline]
    fn column(&self, id: NodeId) -> Option<&'s super::view::ColumnView<'s>> {
        match self.plan.nodes[id.get()].op {
            Op::Column(_, place) => Some(&self.batch.columns[place as usize]),
            _ => None,
        }
    }

    /// Where a boolean is true.
    #[inline]
    pub(super) fn truth(&self, id: NodeId) -> &'s [u64] {
        match self.column(id).map(|column| column.values) {
            None => &self.buffers[id.get()].truth[..self.words()],
            Some(Values::Boolean(words)) => self.bits(words),
            Some(_) => unreachable!("a boolean column brings bits"),
        }
    }

    /// Where a node is known; `None`: everywhere.
    #[inline]
    pub(super) fn known(&self, id: NodeId) -> Option<&'s [u64]> {
        match self.column(id) {
            Some(column) => column.known.map(|words| self.bits(words)),
            None if self.plan.nodes[id.get()].never_null => None,
            None => Some(&self.buffers[id.get()].known[..self.words()]),
        }
    }

    #[inline]
    pub(super) fn numbers(&self, id: NodeId) -> Numbers<'s> {
        match self.column(id).map(|column| column.values) {
            None => Numbers::I64(&self.buffers[id.get()].numbers[..self.batch.rows]),
            Some(Values::Numbers(all)) => all.rows(self.batch.first, self.batch.rows),
            Some(_) => unreachable!("a column of numbers brings numbers"),
        }
    }

    /// Texts or sets of codes by number.
    #[inline]
    pub(super) fn handles(&self, id: NodeId) -> &'s [u32] {
        match self.column(id).map(|column| column.values) {
            None => &self.buffers[id.get()].handles[..self.batch.rows],
            Some(Values::Texts(all) | Values::Sets(all)) => {
                &all[self.batch.first..self.batch.first + self.batch.rows]
            }
            Some(_) => unreachable!("a column of texts or sets brings their numbers"),
        }
    }
}
