//! One block through a plan.

use std::sync::Arc;

use crate::tree::Comparison;
use crate::types::Type;
use crate::value::Value;

use super::op::{Class, NodeId, Op};
use super::plan::{Plan, PlanNode};
use super::scratch::{Buffer, Inputs, Scratch};
use super::texts::{Arena, Library};
use super::view::{Batch, Numbers};
use super::{BLOCK, bits, numbers, texts};

impl Plan {
    /// Evaluates everything over the rows of a batch. The values stand in the scratch until the next run.
    ///
    /// # Panics
    /// When the batch is larger than [`BLOCK`], does not begin at a word, or has columns of another plan.
    pub fn run(&self, scratch: &mut Scratch, batch: &Batch<'_>) {
        assert!(
            batch.rows <= BLOCK && batch.first.is_multiple_of(64),
            "a block of whole words"
        );
        assert_eq!(
            batch.columns.len(),
            self.columns.len(),
            "the plan's columns"
        );
        let Scratch {
            buffers,
            constants,
            arena,
        } = scratch;
        arena.clear();
        let lookup = Library {
            texts: batch.texts,
            sets: batch.sets,
            constants,
        };
        for (at, node) in self.nodes.iter().enumerate() {
            if !node.values && !node.known {
                continue;
            }
            let (before, rest) = buffers.split_at_mut(at);
            let inputs = Inputs {
                plan: self,
                buffers: before,
                batch,
            };
            Step {
                inputs,
                lookup,
                node,
            }
            .run(arena, &mut rest[0]);
        }
    }

    /// Where the output is true, after a run; bits beyond the rows mean nothing.
    #[inline]
    pub fn holds<'s>(
        &'s self,
        output: usize,
        scratch: &'s Scratch,
        batch: &'s Batch<'s>,
    ) -> &'s [u64] {
        self.inputs(scratch, batch).truth(self.outputs[output])
    }

    /// Where the output is known, after a run; `None`: everywhere. Only for what was wanted as a value.
    #[inline]
    pub fn known<'s>(
        &'s self,
        output: usize,
        scratch: &'s Scratch,
        batch: &'s Batch<'s>,
    ) -> Option<&'s [u64]> {
        self.inputs(scratch, batch).known(self.outputs[output])
    }

    /// The numbers, dates or codes of the output, after a run.
    #[inline]
    pub fn numbers<'s>(
        &'s self,
        output: usize,
        scratch: &'s Scratch,
        batch: &'s Batch<'s>,
    ) -> Numbers<'s> {
        self.inputs(scratch, batch).numbers(self.outputs[output])
    }

    /// The output of one row as a value of its type, after a run. Only for what was wanted as a value.
    pub fn value(
        &self,
        (output, ty): (usize, &Type),
        scratch: &Scratch,
        batch: &Batch<'_>,
        row: usize,
    ) -> Value {
        let (id, inputs) = (self.outputs[output], self.inputs(scratch, batch));
        if !bits::bit(inputs.known(id), row) {
            return Value::Null;
        }
        let library = Library {
            texts: batch.texts,
            sets: batch.sets,
            constants: &scratch.constants,
        };
        match self.class(id) {
            Class::Boolean => Value::Boolean(bits::bit(Some(inputs.truth(id)), row)),
            Class::Text => Value::Text(library.owned(inputs.handles(id)[row], &scratch.arena)),
            Class::Sets => Value::Codes(library.set(inputs.handles(id)[row]).clone()),
            Class::Number => {
                let number = inputs.numbers(id).at(row);
                match ty {
                    Type::Date => i32::try_from(number).map_or(Value::Null, Value::Date),
                    Type::Code(_) => u16::try_from(number).map_or(Value::Null, Value::Code),
                    _ => Value::Number(number),
                }
            }
        }
    }

    /// The text of an output in one row, after a run: its number in [`Batch::texts`], or a text that the expression
    /// made. `None` where it is unknown. Only for texts that were wanted as a value.
    pub fn text(
        &self,
        output: usize,
        scratch: &Scratch,
        batch: &Batch<'_>,
        row: usize,
    ) -> Option<Result<u32, Arc<str>>> {
        let (id, inputs) = (self.outputs[output], self.inputs(scratch, batch));
        if !bits::bit(inputs.known(id), row) {
            return None;
        }
        let handle = inputs.handles(id)[row];
        if handle & (texts::CONSTANT | texts::MADE) == 0 {
            return Some(Ok(handle));
        }
        let library = Library {
            texts: batch.texts,
            sets: batch.sets,
            constants: &scratch.constants,
        };
        Some(Err(library.owned(handle, &scratch.arena)))
    }

    #[inline]
    fn inputs<'s>(&'s self, scratch: &'s Scratch, batch: &'s Batch<'s>) -> Inputs<'s> {
        Inputs {
            plan: self,
            buffers: &scratch.buffers,
            batch,
        }
    }
}

/// One node over one block.
struct Step<'s> {
    inputs: Inputs<'s>,
    lookup: Library<'s>,
    node: &'s PlanNode,
}

impl Step<'_> {
    fn run(&self, arena: &mut Arena, out: &mut Buffer) {
        match &self.node.op {
            Op::Constant(..) | Op::Column(..) => {}
            Op::Not(of) => self.not(*of, out),
            Op::And(all) => self.and(all, out),
            Op::Or(all) => self.or(all, out),
            Op::IsNull(of) => {
                bits::copy(self.truth_of(out), self.inputs.known(*of));
                self.truth_of(out)
                    .iter_mut()
                    .for_each(|word| *word = !*word);
            }
            Op::IsTruth(of, true) => {
                bits::copy(self.truth_of(out), Some(self.inputs.truth(*of)));
            }
            Op::IsTruth(of, false) => self.not(*of, out),
            Op::CompareConstant(op, of, with) => {
                self.known_of(&[*of], out);
                if self.node.values {
                    let numbers = self.inputs.numbers(*of);
                    bits::compare_constant(*op, numbers, *with, self.truth_of(out));
                    bits::keep(self.truth_of(out), self.inputs.known(*of));
                }
            }
            Op::Compare(op, left, right) => self.compare(arena, *op, (*left, *right), out),
            Op::Like(of, pattern) => {
                self.known_of(&[*of], out);
                if self.node.values {
                    let truth = self.truth_of(out);
                    texts::matches(self.inputs, self.lookup, arena, (*of, pattern), truth);
                }
            }
            Op::Has(of, need, codes) => {
                self.known_of(&[*of], out);
                if self.node.values {
                    let truth = self.truth_of(out);
                    texts::has(self.inputs, self.lookup, (*of, *need, codes), truth);
                }
            }
            Op::Case {
                class,
                arms,
                otherwise,
            } => self.case(*class, arms, *otherwise, out),
            Op::One(op, of) => {
                self.known_of(&[*of], out);
                numbers::of_one(*op, self.inputs.numbers(*of), self.inputs.batch.rows, out);
            }
            Op::Two(op, left, right) => {
                self.known_of(&[*left, *right], out);
                let sides = (self.inputs.numbers(*left), self.inputs.numbers(*right));
                numbers::of_two(*op, sides, self.inputs.batch.rows, out);
            }
            Op::Length(of) | Op::Size(of) => {
                self.known_of(&[*of], out);
                texts::measure(self.inputs, self.lookup, arena, *of, &mut out.numbers);
            }
            Op::Concat(parts) => {
                self.known_of(parts, out);
                texts::concat(self.inputs, self.lookup, arena, parts, out);
            }
        }
    }

    fn truth_of<'b>(&self, out: &'b mut Buffer) -> &'b mut [u64] {
        &mut out.truth[..self.inputs.words()]
    }

    /// Known where all operands are.
    fn known_of(&self, operands: &[NodeId], out: &mut Buffer) {
        if self.node.known {
            let known = &mut out.known[..self.inputs.words()];
            known.fill(u64::MAX);
            for operand in operands {
                bits::keep(known, self.inputs.known(*operand));
            }
        }
    }

    /// True where the operand is known and not true.
    fn not(&self, of: NodeId, out: &mut Buffer) {
        let (truth, known) = (self.inputs.truth(of), self.inputs.known(of));
        if self.node.values {
            let out = self.truth_of(out);
            out.iter_mut().zip(truth).for_each(|(o, t)| *o = !t);
            bits::keep(out, known);
        }
        if self.node.known && !self.node.never_null {
            bits::copy(&mut out.known[..self.inputs.words()], known);
        }
    }

    fn and(&self, all: &[NodeId], out: &mut Buffer) {
        let truth = self.truth_of(out);
        truth.fill(u64::MAX);
        for of in all {
            bits::keep(truth, Some(self.inputs.truth(*of)));
        }
        if self.node.known && !self.node.never_null {
            // Known where it is true, or where one operand is false.
            let (truth, known) = (&out.truth, &mut out.known[..self.inputs.words()]);
            bits::copy(known, Some(truth));
            for of in all {
                let truth = self.inputs.truth(*of);
                match self.inputs.known(*of) {
                    None => known.iter_mut().zip(truth).for_each(|(k, t)| *k |= !t),
                    Some(sure) => {
                        let both = truth.iter().zip(sure);
                        known
                            .iter_mut()
                            .zip(both)
                            .for_each(|(k, (t, s))| *k |= s & !t);
                    }
                }
            }
        }
    }

    fn or(&self, all: &[NodeId], out: &mut Buffer) {
        let truth = self.truth_of(out);
        truth.fill(0);
        for of in all {
            let of = self.inputs.truth(*of);
            truth.iter_mut().zip(of).for_each(|(o, t)| *o |= t);
        }
        if self.node.known && !self.node.never_null {
            // Known where all operands are, or where it is true.
            let (truth, known) = (&out.truth, &mut out.known[..self.inputs.words()]);
            known.fill(u64::MAX);
            for of in all {
                bits::keep(known, self.inputs.known(*of));
            }
            known.iter_mut().zip(truth).for_each(|(k, t)| *k |= t);
        }
    }

    fn compare(&self, arena: &Arena, op: Comparison, sides: (NodeId, NodeId), out: &mut Buffer) {
        let (left, right) = sides;
        self.known_of(&[left, right], out);
        if !self.node.values {
            return;
        }
        let truth = self.truth_of(out);
        if self.inputs.plan.class(left) != Class::Number {
            texts::compare(self.inputs, self.lookup, arena, op, sides, truth);
            return;
        }
        let rows = self.inputs.batch.rows;
        bits::compare(
            op,
            self.inputs.numbers(left),
            self.inputs.numbers(right),
            rows,
            truth,
        );
        bits::keep(truth, self.inputs.known(left));
        bits::keep(truth, self.inputs.known(right));
    }

    fn case(
        &self,
        class: Class,
        arms: &[(NodeId, NodeId)],
        otherwise: Option<NodeId>,
        out: &mut Buffer,
    ) {
        let words = self.inputs.words();
        out.known[..words].fill(0);
        if class == Class::Boolean {
            out.truth[..words].fill(0);
        }
        let arms = arms.iter().map(|(when, then)| (Some(*when), *then));
        let arms = arms.chain(otherwise.map(|then| (None, then)));
        // A word of rows at a time: those that no arm has taken yet.
        for at in 0..words {
            let mut left = u64::MAX;
            for (when, then) in arms.clone() {
                let taken = when.map_or(left, |when| left & self.inputs.truth(when)[at]);
                left &= !taken;
                self.take(class, then, (at, taken), out);
                if left == 0 {
                    break;
                }
            }
        }
    }

    /// Lets the rows `taken` of word `at` have the values of `then`.
    fn take(&self, class: Class, then: NodeId, (at, taken): (usize, u64), out: &mut Buffer) {
        if self.node.known || class != Class::Boolean {
            out.known[at] |= taken & self.inputs.known(then).map_or(u64::MAX, |known| known[at]);
        }
        if !self.node.values || taken == 0 {
            return;
        }
        let rows = at * 64..self.inputs.batch.rows.min(at * 64 + 64);
        let chosen = |row: &usize| taken >> (row % 64) & 1 == 1;
        match class {
            Class::Boolean => out.truth[at] |= taken & self.inputs.truth(then)[at],
            Class::Number => {
                let numbers = self.inputs.numbers(then);
                for row in rows.filter(chosen) {
                    out.numbers[row] = numbers.at(row);
                }
            }
            Class::Text | Class::Sets => {
                let handles = self.inputs.handles(then);
                for row in rows.filter(chosen) {
                    out.handles[row] = handles[row];
                }
            }
        }
    }
}
