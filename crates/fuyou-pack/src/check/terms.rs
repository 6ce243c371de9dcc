//! `plan_terms.csv`: goals of plans that no indicator computes yet.

use fuyou_kernel::Localized;

use super::Context;
use crate::model::{Better, Term};
use crate::raw::At;

/// Reads the terms of all layers; a later layer's row replaces one of the same id.
pub(crate) fn terms(context: &Context<'_>, layers: usize) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for layer in 0..layers {
        let Some(file) = context.files.get(&(layer, "plan_terms.csv".to_owned())) else {
            continue;
        };
        for term in read(context, *file) {
            match terms.iter_mut().find(|known| known.id == term.id) {
                Some(known) => *known = term,
                None => terms.push(term),
            }
        }
    }
    terms
}

fn read(context: &Context<'_>, file: usize) -> Vec<Term> {
    let report = context.report;
    let at = |byte: u64| {
        let start = u32::try_from(byte).unwrap_or(0);
        At {
            file: u32::try_from(file).unwrap_or(0),
            start,
            end: start + 1,
        }
    };
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(report.files[file].text.as_bytes());
    let header = rows.headers().cloned().unwrap_or_default();
    let column = |name: &str| header.iter().position(|title| title.trim() == name);
    let wanted = ["id", "zh", "en", "unit", "better", "aliases", "source"].map(column);
    let [
        Some(id),
        Some(zh),
        Some(en),
        Some(unit),
        Some(better),
        Some(aliases),
        Some(source),
    ] = wanted
    else {
        report.error(
            at(0),
            "表头应为 id,zh,en,unit,better,aliases,source",
            "the header should be id,zh,en,unit,better,aliases,source",
        );
        return Vec::new();
    };
    let mut terms = Vec::new();
    for row in rows.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let byte = error.position().map_or(0, csv::Position::byte);
                report.error(
                    at(byte),
                    format!("CSV 有误:{error}"),
                    format!("not CSV: {error}"),
                );
                break;
            }
        };
        let here = at(row.position().map_or(0, csv::Position::byte));
        let cell = |column: usize| row.get(column).unwrap_or("").trim();
        super::names::check_snake(report, cell(id), here);
        let better = match cell(better) {
            "higher" => Better::Higher,
            "lower" => Better::Lower,
            "neither" | "none" | "" => Better::Neither,
            other => {
                report.error(
                    here,
                    format!("better「{other}」应为 higher、lower 或 neither"),
                    format!("better `{other}` should be higher, lower or neither"),
                );
                Better::Neither
            }
        };
        let aliases = cell(aliases)
            .split('|')
            .map(str::trim)
            .filter(|alias| !alias.is_empty())
            .map(str::to_owned);
        terms.push(Term {
            id: cell(id).into(),
            title: Localized::new(cell(zh), cell(en)),
            unit: cell(unit).to_owned(),
            better,
            aliases: aliases.collect(),
            source: cell(source).to_owned(),
        });
    }
    terms
}
