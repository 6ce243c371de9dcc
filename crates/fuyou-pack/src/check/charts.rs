//! Charts of measured values among the lines of reference curves.

use std::sync::Arc;

use fuyou_expr::{Expr, Type};

use super::names::check_snake;
use super::{Context, Sources, read_cited};
use crate::model::{Chart, DerivedIx, ItemKind, Plotted, Program, ReferenceCurve, Standard};
use crate::raw::{Item, Reader, Table, Text};

/// Reads the charts of a program.
pub(crate) fn charts(
    context: &Context<'_>,
    sources: &Sources<'_>,
    curves: &[ReferenceCurve],
    program: &Program,
) -> Vec<Chart> {
    let maker = Maker {
        context,
        sources,
        curves,
        program,
    };
    let items = context.items.of(ItemKind::Chart, &program.id);
    items.filter_map(|item| maker.chart(item)).collect()
}

struct Maker<'a> {
    context: &'a Context<'a>,
    sources: &'a Sources<'a>,
    curves: &'a [ReferenceCurve],
    program: &'a Program,
}

impl Maker<'_> {
    fn chart(&self, item: &Item) -> Option<Chart> {
        let report = self.context.report;
        let reader = Reader::new(&item.table, report);
        reader.node("id");
        check_snake(report, &item.id, item.id_at);
        let title = reader.need_localized("title");
        let stratum = reader
            .need_text("stratum")
            .and_then(|text| self.stratum(text));
        let standards: Vec<Standard> = reader
            .tables("standard")
            .into_iter()
            .filter_map(|table| self.standard(table))
            .collect();
        if item.table.get("standard").is_none() {
            report.error(reader.at, "缺少 standard", "`standard` is missing");
        }
        let cited = read_cited(&reader, self.sources);
        reader.finish();
        let stratum = stratum?;
        let drawn = standards.iter().flat_map(|standard| &standard.curves);
        let secrecy = drawn
            .flat_map(|plotted| [plotted.at, plotted.value])
            .map(|derived| self.program.derived[derived.get()].is.secrecy())
            .max();
        Some(Chart {
            id: item.id.as_str().into(),
            title,
            secrecy: secrecy.unwrap_or_default().max(stratum.secrecy()),
            stratum,
            standards,
            cited,
        })
    }

    fn stratum(&self, text: Text<'_>) -> Option<Expr> {
        let expr = self.context.parse(text, &self.program.row_scope)?;
        if matches!(expr.ty(), Type::Code(_)) {
            return Some(expr);
        }
        self.context
            .report
            .error(text.at, "stratum 应为编码", "the stratum should be a code");
        None
    }

    fn standard(&self, table: &Table) -> Option<Standard> {
        let reader = Reader::new(table, self.context.report);
        let id = reader.need_text("id");
        if let Some(id) = id {
            check_snake(self.context.report, id.text, id.at);
        }
        let title = reader.need_localized("title");
        let curves = reader
            .tables("curves")
            .into_iter()
            .filter_map(|table| self.plotted(table))
            .collect();
        reader.finish();
        Some(Standard {
            id: id?.text.into(),
            title,
            curves,
        })
    }

    fn plotted(&self, table: &Table) -> Option<Plotted> {
        let reader = Reader::new(table, self.context.report);
        let curve = reader.need_text("curve").and_then(|text| {
            let known = self.curves.iter().map(|known| &**known.curve.id());
            let found = self
                .curves
                .iter()
                .find(|known| **known.curve.id() == *text.text);
            if found.is_none() {
                self.context.report.unknown(text, known, ("曲线", "curve"));
            }
            found
        });
        let at = reader.need_text("x").and_then(|text| self.number(text));
        let value = reader.need_text("y").and_then(|text| self.number(text));
        reader.finish();
        let curve = curve?;
        Some(Plotted {
            curve: Arc::clone(&curve.curve),
            x: curve.x.clone(),
            y: curve.y.clone(),
            at: at?,
            value: value?,
        })
    }

    /// A derived column that is a number.
    fn number(&self, text: Text<'_>) -> Option<DerivedIx> {
        let derived = &self.program.derived;
        let known = derived
            .iter()
            .filter(|derived| derived.is.ty().scale().is_some())
            .map(|derived| &*derived.id);
        let found = derived
            .iter()
            .position(|derived| &*derived.id == text.text && derived.is.ty().scale().is_some());
        if found.is_none() {
            let what = ("数值型的逐次计算项", "numeric derived column");
            self.context.report.unknown(text, known, what);
        }
        found.map(DerivedIx::new)
    }
}
