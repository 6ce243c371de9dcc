//! `plan_terms.csv`: goals of plans that no indicator computes yet.

use fuyou_kernel::Localized;

use super::Context;
use super::names::check_snake;
use crate::model::{Better, Term};
use crate::raw::{At, Report, SheetRow, read_sheet};

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
    let sheet = read_sheet(report, file);
    let titles = ["id", "zh", "en", "unit", "better", "aliases", "source"];
    let columns: Vec<usize> = titles
        .iter()
        .filter_map(|title| sheet.column(title))
        .collect();
    let [id, zh, en, unit, better, aliases, source] = columns[..] else {
        let titles = titles.join(",");
        report.error(
            sheet.at,
            format!("表头应为 {titles}"),
            format!("the header should be {titles}"),
        );
        return Vec::new();
    };
    let term = |row: &SheetRow| {
        check_snake(report, row.cell(id), row.at);
        let aliases = row
            .cell(aliases)
            .split('|')
            .map(str::trim)
            .filter(|alias| !alias.is_empty());
        Term {
            id: row.cell(id).into(),
            title: Localized::new(row.cell(zh), row.cell(en)),
            unit: row.cell(unit).to_owned(),
            better: read_better(report, row.cell(better), row.at),
            aliases: aliases.map(str::to_owned).collect(),
            source: row.cell(source).to_owned(),
        }
    };
    sheet.rows.iter().map(term).collect()
}

fn read_better(report: &Report, word: &str, at: At) -> Better {
    match word {
        "higher" => Better::Higher,
        "lower" => Better::Lower,
        "neither" | "none" | "" => Better::Neither,
        other => {
            report.error(
                at,
                format!("better「{other}」应为 higher、lower 或 neither"),
                format!("better `{other}` should be higher, lower or neither"),
            );
            Better::Neither
        }
    }
}
