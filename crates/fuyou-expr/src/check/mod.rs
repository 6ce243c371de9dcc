//! From the parsed text to the typed tree. Every error is collected, so that one run shows them all; a part that
//! failed is `None` and silences what depends on it.

mod aggregates;
mod calls;
mod choices;
mod comparisons;
mod curves;
mod dates;
mod names;
mod numbers;
mod operators;
mod settle;
mod suggest;

pub use calls::function_names;

use std::ops::Range;

use fuyou_kernel::Localized;

use crate::diagnostic::Diagnostic;
use crate::scope::{Scope, SetId};
use crate::syntax::Part;
use crate::tree::Node;
use crate::types::Type;

pub(crate) struct Checker<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) errors: Vec<Diagnostic>,
    /// The set whose rows the expression at hand ranges over.
    within: Option<SetId>,
    depth: usize,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(scope: &'a Scope) -> Checker<'a> {
        Checker {
            scope,
            errors: Vec::new(),
            within: None,
            depth: 0,
        }
    }

    /// The whole expression, of the wanted type if one is wanted.
    pub(crate) fn root(&mut self, part: &Part<'_>, want: Option<&Type>) -> Option<Node> {
        match want {
            Some(want) => self.wanted(part, want),
            None => self.node(part),
        }
    }

    fn error(&mut self, span: Range<usize>, zh: impl Into<String>, en: impl Into<String>) {
        self.suggest(span, zh, en, None);
    }

    fn suggest(
        &mut self,
        span: Range<usize>,
        zh: impl Into<String>,
        en: impl Into<String>,
        suggestion: Option<String>,
    ) {
        let message = Localized::new(zh, en);
        self.errors.push(Diagnostic {
            start: span.start,
            end: span.end,
            message,
            suggestion,
        });
    }
}

/// From the first to the last of some parts.
fn span_of(parts: &[&Part<'_>]) -> Range<usize> {
    let spans = parts.iter().map(|part| part.span.clone());
    let both = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
    spans.reduce(both).unwrap_or_default()
}
