//! From the parsed text to the typed tree. Every error is collected, so that one run shows them all; a part that
//! failed is `None` and silences what depends on it.

mod aggregates;
mod calls;
mod choices;
mod comparisons;
mod dates;
mod names;
mod numbers;
mod operators;
mod settle;
mod suggest;

pub use calls::function_names;

use std::ops::Range;

use fuyou_kernel::Localized;
use sqlparser::ast;
use sqlparser::ast::Spanned;

use crate::diagnostic::Diagnostic;
use crate::parse::Places;
use crate::scope::{Scope, SetId};
use crate::tree::Node;
use crate::types::Type;

/// Deepest tree: backends walk it recursively.
const DEPTH_MAX: usize = 200;

pub(crate) struct Checker<'a> {
    pub(crate) scope: &'a Scope,
    pub(crate) errors: Vec<Diagnostic>,
    places: Places<'a>,
    whole: Range<usize>,
    /// The set whose rows the expression at hand ranges over.
    within: Option<SetId>,
    depth: usize,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(text: &'a str, scope: &'a Scope) -> Checker<'a> {
        let places = Places::new(text);
        Checker {
            scope,
            errors: Vec::new(),
            places,
            whole: 0..text.len(),
            within: None,
            depth: 0,
        }
    }

    /// The whole expression, of the wanted type if one is wanted.
    pub(crate) fn root(&mut self, expr: &ast::Expr, want: Option<&Type>) -> Option<Node> {
        match want {
            Some(want) => self.wanted(expr, want),
            None => self.node(expr),
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

    fn span(&self, expr: &ast::Expr) -> Range<usize> {
        if let ast::Expr::Function(ast::Function { name, .. }) = expr
            && let Some(name) = self.places.range(name.span())
        {
            return self.places.call(name);
        }
        self.places
            .range(expr.span())
            .unwrap_or_else(|| self.whole.clone())
    }

    fn span_of(&self, exprs: &[&ast::Expr]) -> Range<usize> {
        let spans = exprs.iter().map(|expr| self.span(expr));
        spans
            .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
            .unwrap_or_else(|| self.whole.clone())
    }
}
