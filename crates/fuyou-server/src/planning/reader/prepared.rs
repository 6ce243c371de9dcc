//! A line made ready: uniform characters, labels, clauses and quantities.

use super::clauses::{Clause, Opening, clauses};
use super::glyphs::uniform;
use super::labels::{Label, Style, labels};
use super::quantity::{Quantity, quantities};
use super::target::Span;

/// One line of the text with everything the finders look at.
#[derive(Debug)]
pub(super) struct Prepared {
    /// From 1.
    pub(super) number: usize,
    pub(super) glyphs: Vec<char>,
    pub(super) labels: Vec<Label>,
    pub(super) clauses: Vec<Clause>,
    pub(super) quantities: Vec<Quantity>,
    /// Whether tabs or bars cut the line into cells.
    pub(super) is_row: bool,
    /// The label at the line's start when it is a viewer's page number.
    pub(super) page_number: Option<Label>,
}

impl Prepared {
    /// Prepares a line. A label above 99 is kept only until the damage is known.
    pub(super) fn new(number: usize, text: &str) -> Self {
        let glyphs = uniform(text);
        let labels = labels(&glyphs);
        let mut line = Self {
            number,
            glyphs,
            labels,
            clauses: Vec::new(),
            quantities: Vec::new(),
            is_row: false,
            page_number: None,
        };
        line.scan();
        line
    }

    /// "5.90%以上的卫生院" after item 4 is item 5 that begins with a number, not 5.90 %.
    pub(super) fn split_label(&mut self, expected: i64) {
        let digits = self
            .glyphs
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count();
        let value: Option<i64> = self.glyphs[..digits]
            .iter()
            .collect::<String>()
            .parse()
            .ok();
        let joined = self.glyphs.get(digits) == Some(&'.')
            && self
                .glyphs
                .get(digits + 1)
                .is_some_and(char::is_ascii_digit);
        if joined && digits <= 2 && value == Some(expected) {
            self.labels.insert(
                0,
                Label {
                    start: 0,
                    end: digits + 1,
                    value: expected,
                    style: Style::Arabic,
                },
            );
            self.scan();
        }
    }

    /// Drops the labels that `keep` refuses and cuts the line again.
    pub(super) fn keep_labels(&mut self, keep: impl Fn(&Label) -> bool) {
        let before = self.labels.len();
        self.labels.retain(keep);
        if self.labels.len() != before {
            self.scan();
        }
    }

    fn scan(&mut self) {
        self.clauses = clauses(&self.glyphs, &self.labels);
        self.is_row = self
            .clauses
            .iter()
            .any(|clause| clause.opening == Opening::Cell);
        self.quantities = self
            .clauses
            .iter()
            .flat_map(|clause| quantities(&self.glyphs, clause.start, clause.end))
            .collect();
    }

    /// The quantities that begin within `start..end`.
    pub(super) fn quantities_in(&self, start: usize, end: usize) -> &[Quantity] {
        let first = self.quantities.partition_point(|q| q.start < start);
        let last = self.quantities.partition_point(|q| q.start < end);
        &self.quantities[first..last.max(first)]
    }

    /// A stretch of this line.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span {
            line: self.number,
            start,
            end,
        }
    }

    /// The index of the first clause of the sentence that `clause` belongs to.
    pub(super) fn sentence_start(&self, clause: usize) -> usize {
        (0..=clause)
            .rev()
            .find(|&i| matches!(self.clauses[i].opening, Opening::Sentence | Opening::Cell))
            .unwrap_or(0)
    }

    /// Where the sentence of `clause` begins when it is the first of its line; the line's end otherwise.
    pub(super) fn sentence_first(&self, clause: usize) -> usize {
        if self.sentence_start(clause) == 0 {
            self.clauses[0].start
        } else {
            self.glyphs.len()
        }
    }

    /// The characters of the whole sentence that `clause` belongs to.
    pub(super) fn sentence(&self, clause: usize) -> &[char] {
        let first = self.sentence_start(clause);
        let after = (clause + 1..self.clauses.len())
            .find(|&i| matches!(self.clauses[i].opening, Opening::Sentence | Opening::Cell));
        let last = after.map_or(self.clauses.len() - 1, |after| after - 1);
        &self.glyphs[self.clauses[first].start..self.clauses[last].end]
    }
}
