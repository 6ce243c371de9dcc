//! From items as written to a checked pack. Nothing stops at the first error.

mod chapters;
mod charts;
mod columns;
mod compile;
mod curve_examples;
mod curves;
mod facts;
mod fields;
mod forms;
mod head;
mod indicators;
mod lists;
mod names;
mod opens;
mod order;
mod program;
mod rules;
mod schedule;
mod strata;
mod terms;
mod trends;
mod values;

pub(crate) use head::pack;
pub(crate) use names::check_loose;

use std::collections::HashMap;

use fuyou_expr::{Expr, Scope, Type, parse, parse_as};

use crate::model::{Citation, Cited, SourceIx};
use crate::raw::{Items, Reader, Report, Text};

/// What every part of the check needs.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub report: &'a Report,
    pub items: &'a Items,
    /// Files by layer and path in the layer's folder.
    pub files: &'a HashMap<(usize, String), usize>,
}

impl Context<'_> {
    /// The position of a file that an item of a layer names; an overlay may name one that a pack below it holds.
    pub fn file(&self, layer: usize, file: Text<'_>) -> Option<usize> {
        let found = (0..=layer)
            .rev()
            .find_map(|layer| self.files.get(&(layer, file.text.to_owned())));
        if found.is_none() {
            self.report.error(
                file.at,
                format!("没有文件 {}", file.text),
                format!("there is no file `{}`", file.text),
            );
        }
        found.copied()
    }

    /// Parses an expression of any type.
    pub fn parse(&self, text: Text<'_>, scope: &Scope) -> Option<Expr> {
        parse(text.text, scope)
            .map_err(|found| self.report.expression(text.at, found))
            .ok()
    }

    /// Parses an expression that must be of a type.
    pub fn parse_as(&self, text: Text<'_>, scope: &Scope, ty: &Type) -> Option<Expr> {
        parse_as(text.text, scope, ty)
            .map_err(|found| self.report.expression(text.at, found))
            .ok()
    }
}

/// The cited sources, by id.
pub(crate) type Sources<'a> = HashMap<&'a str, SourceIx>;

/// Reads `source` and `certainty`.
pub(crate) fn read_cited(reader: &Reader<'_>, sources: &Sources<'_>) -> Cited {
    use crate::model::Certainty::{Design, Known, Uncertain, Verified};
    let words = [Verified, Known, Uncertain, Design].map(|certainty| (certainty.word(), certainty));
    let certainty = reader.word("certainty", &words);
    let source = reader
        .text("source")
        .and_then(|text| read_citation(reader.report, text, sources));
    Cited { source, certainty }
}

fn read_citation(report: &Report, text: Text<'_>, sources: &Sources<'_>) -> Option<Citation> {
    let (id, place) = text
        .text
        .split_once(char::is_whitespace)
        .unwrap_or((text.text, ""));
    if let Some(source) = sources.get(id) {
        return Some(Citation {
            source: *source,
            place: place.trim().to_owned(),
        });
    }
    let message = fuyou_kernel::Localized::new(
        format!("引用应以 pack.toml 中 [[source]] 的 id 开头,没有「{id}」"),
        format!("a citation begins with the id of a [[source]] in pack.toml; there is no `{id}`"),
    );
    report.error_with(
        text.at,
        message,
        crate::raw::nearest(id, sources.keys().copied()).map(str::to_owned),
    );
    None
}
