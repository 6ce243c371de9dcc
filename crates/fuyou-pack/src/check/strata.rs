//! Strata: how the figures of a program are split.

use fuyou_expr::{Expr, Type};
use fuyou_kernel::Localized;

use super::indicators::{is_passed_over, parse_row};
use super::names::check_snake;
use super::values::ValueSets;
use super::{Context, Sources, read_cited};
use crate::model::{ItemKind, Program, ProgramIx, Stratum, StratumLayer};
use crate::raw::{Item, Reader, Text};

/// Reads the strata of all programs.
pub(crate) fn strata(
    context: &Context<'_>,
    sources: &Sources<'_>,
    sets: &ValueSets,
    programs: &[Program],
) -> Vec<Stratum> {
    let mut strata = Vec::new();
    for (position, program) in programs.iter().enumerate() {
        let reading = Reading {
            context,
            sources,
            sets,
            program,
            ix: ProgramIx::new(position),
        };
        let items = context.items.of(ItemKind::Stratum, &program.id);
        strata.extend(items.filter_map(|item| reading.stratum(item)));
    }
    strata
}

struct Reading<'a> {
    context: &'a Context<'a>,
    sources: &'a Sources<'a>,
    sets: &'a ValueSets,
    program: &'a Program,
    ix: ProgramIx,
}

impl Reading<'_> {
    fn stratum(&self, item: &Item) -> Option<Stratum> {
        let report = self.context.report;
        let reader = Reader::new(&item.table, report);
        reader.node("id");
        check_snake(report, &item.id, item.id_at);
        let title = reader.need_localized("title");
        let (is, values) = (reader.need_text("is"), reader.text("values"));
        let cited = read_cited(&reader, self.sources);
        reader.finish();
        let is = self.layered(is?, values)?;
        let layers = self.layers(&is);
        let Some(layers) = layers else {
            report.error(
                item.id_at,
                "分层应为有标题的代码:值集的代码或风险等级;条件写出的代码要用 values 指明值集",
                "a stratum is a code that has a title: of a value set, or a risk level; `values` names the set of codes that a `case` writes",
            );
            return None;
        };
        Some(Stratum {
            id: item.id.as_str().into(),
            title,
            program: self.ix,
            secrecy: is.secrecy(),
            is,
            layers,
            cited,
        })
    }

    /// The expression, of the type that `values` names, or of whatever type it has.
    fn layered(&self, is: Text<'_>, values: Option<Text<'_>>) -> Option<Expr> {
        let Some(values) = values else {
            if is_passed_over(self.context, is, self.program) {
                return None;
            }
            return self.context.parse(is, &self.program.row_scope);
        };
        let Some(set) = self.sets.get(values.text) else {
            let known = self.sets.keys().map(String::as_str);
            self.context
                .report
                .unknown(values, known, ("值集", "value set"));
            return None;
        };
        let ty = Type::Code(std::sync::Arc::clone(&set.set));
        parse_row(self.context, is, self.program, &ty)
    }

    /// The layers with their titles; `None` when the value is no code, or its codes have no titles.
    fn layers(&self, is: &Expr) -> Option<Vec<StratumLayer>> {
        let Type::Code(set) = is.ty() else {
            return None;
        };
        let layer = |(code, title): (&std::sync::Arc<str>, &Localized)| StratumLayer {
            code: code.clone(),
            title: title.clone(),
        };
        if let Some(known) = self.sets.get(set.name()) {
            let codes = known.codes.iter().map(|code| (&code.code, &code.title));
            return Some(codes.map(layer).collect());
        }
        let scale = self.program.risk.as_ref()?;
        let levels = scale.levels.iter().map(|level| (&level.id, &level.title));
        let is_scale = set.codes().len() == scale.levels.len()
            && scale
                .levels
                .iter()
                .all(|level| set.index(&level.id).is_some());
        is_scale.then(|| levels.map(layer).collect())
    }
}
