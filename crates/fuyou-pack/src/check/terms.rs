//! `plan_terms.csv`: goals of plans that no indicator computes yet.

use std::collections::HashMap;

use fuyou_kernel::Localized;

use super::Context;
use super::names::check_snake;
use crate::model::{Better, Indicator, ItemKind, Program, Term};
use crate::raw::{At, Report, SheetRow, read_sheet};

/// Reads the terms of all layers; a later layer's row replaces one of the same id.
///
/// Plans know terms and indicators by name alike, so the two share one list of ids and one of names: a term whose id is
/// an indicator, and a name that two of them claim, are errors.
pub(crate) fn terms(
    context: &Context<'_>,
    layers: usize,
    programs: &[Program],
    indicators: &[Indicator],
) -> Vec<Term> {
    let mut terms: Vec<(Term, At)> = Vec::new();
    for layer in 0..layers {
        let Some(file) = context.files.get(&(layer, "plan_terms.csv".to_owned())) else {
            continue;
        };
        for row in read(context, *file) {
            match terms.iter_mut().find(|(known, _)| known.id == row.0.id) {
                Some(known) => *known = row,
                None => terms.push(row),
            }
        }
    }
    let mut names = ClaimedNames::default();
    for indicator in indicators {
        let program = &programs[indicator.program.get()];
        let item = context
            .items
            .one(ItemKind::Indicator, &program.id, &indicator.id);
        if let Some(item) = item {
            names.claim(
                context.report,
                &indicator.id,
                &indicator.title.zh,
                item.id_at,
            );
            for alias in &indicator.aliases {
                names.claim(context.report, &indicator.id, alias, item.id_at);
            }
        }
    }
    for (term, at) in &terms {
        if indicators.iter().any(|indicator| indicator.id == term.id) {
            context.report.error(
                *at,
                format!("{} 已是指标:请删去此行,把别名写在指标的 aliases 里", term.id),
                format!(
                    "`{}` is an indicator: remove this row and write its names into the indicator's `aliases`",
                    term.id
                ),
            );
            continue;
        }
        names.claim(context.report, &term.id, &term.title.zh, *at);
        for alias in &term.aliases {
            names.claim(context.report, &term.id, alias, *at);
        }
    }
    terms.into_iter().map(|(term, _)| term).collect()
}

/// The names by which plans call indicators and terms: each belongs to one of them.
#[derive(Default)]
struct ClaimedNames {
    owners: HashMap<String, (String, At)>,
}

impl ClaimedNames {
    fn claim(&mut self, report: &Report, id: &str, name: &str, at: At) {
        let Some((owner, before)) = self.owners.get(name) else {
            self.owners.insert(name.to_owned(), (id.to_owned(), at));
            return;
        };
        if owner == id {
            return;
        }
        let place = report.place(*before);
        report.error(
            at,
            format!(
                "名称「{name}」已属于 {owner}({}:{})",
                place.file, place.line
            ),
            format!(
                "the name `{name}` already belongs to `{owner}` ({}:{})",
                place.file, place.line
            ),
        );
    }
}

fn read(context: &Context<'_>, file: usize) -> Vec<(Term, At)> {
    let report = context.report;
    let sheet = read_sheet(report, file);
    let titles = [
        "id", "zh", "en", "unit", "better", "program", "aliases", "source",
    ];
    let columns: Vec<usize> = titles
        .iter()
        .filter_map(|title| sheet.column(title))
        .collect();
    let [id, zh, en, unit, better, program, aliases, source] = columns[..] else {
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
        check_snake(report, row.cell(program), row.at);
        let aliases = row
            .cell(aliases)
            .split('|')
            .map(str::trim)
            .filter(|alias| !alias.is_empty());
        let term = Term {
            id: row.cell(id).into(),
            title: Localized::new(row.cell(zh), row.cell(en)),
            unit: row.cell(unit).to_owned(),
            better: read_better(report, row.cell(better), row.at),
            program: row.cell(program).into(),
            aliases: aliases.map(str::to_owned).collect(),
            source: row.cell(source).to_owned(),
        };
        (term, row.at)
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
