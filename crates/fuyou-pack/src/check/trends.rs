//! Pictures of numbers that recur.

use std::sync::Arc;

use fuyou_expr::{Scope, Type};

use super::names::check_snake;
use super::read_cited;
use super::schedule::Names;
use crate::model::{Field, ItemKind, Trend};
use crate::raw::{Item, Reader, Text};

/// Lines in one picture: more cannot be told apart.
const FIELDS_MAX: usize = 3;

/// Reads the trends; `scope` is the facts row and `today`, the day drawn.
pub(crate) fn trends(names: &Names<'_>, program: &str, scope: &Scope) -> Vec<Trend> {
    let items = names.context.items.of(ItemKind::Trend, program);
    items.map(|item| trend(names, item, scope)).collect()
}

fn trend(names: &Names<'_>, item: &Item, scope: &Scope) -> Trend {
    let report = names.context.report;
    let reader = Reader::new(&item.table, report);
    reader.node("id");
    check_snake(report, &item.id, item.id_at);
    let title = reader.need_localized("title");
    let texts = reader.texts("fields");
    if texts.is_empty() || texts.len() > FIELDS_MAX {
        let (zh, en) = ("趋势图有1至3个字段", "a trend has one to three `fields`");
        report.error(item.id_at, zh, en);
    }
    let found: Vec<&Field> = texts
        .iter()
        .filter_map(|text| field_named(names, *text))
        .collect();
    let ty = found.first().map(|field| &field.ty);
    let numbers = found
        .iter()
        .all(|field| matches!(field.ty, Type::Integer | Type::Decimal(_)));
    if !numbers || found.iter().any(|field| Some(&field.ty) != ty) {
        report.error(
            item.id_at,
            "同一幅趋势图的字段应为同类型的数",
            "the fields of a trend must be numbers of one type",
        );
    }
    let limit = |key| {
        let text = reader.text(key)?;
        names.typed(text, scope, ty?)
    };
    let (low, high) = (limit("low"), limit("high"));
    let band = reader.localized("band");
    if band.is_some() != (low.is_some() || high.is_some()) {
        report.error(
            item.id_at,
            "band 是 low、high 之间范围的名称,应同时给出",
            "`band` words what lies between `low` and `high`: give both or neither",
        );
    }
    let cited = read_cited(&reader, names.sources);
    reader.finish();
    Trend {
        id: item.id.as_str().into(),
        title,
        fields: texts.iter().map(|text| Arc::from(text.text)).collect(),
        low,
        high,
        band,
        cited,
    }
}

fn field_named<'a>(names: &Names<'a>, text: Text<'_>) -> Option<&'a Field> {
    let fields = || names.forms.iter().flat_map(|form| &form.fields);
    let found = fields().find(|field| &*field.id == text.text);
    if found.is_none() {
        let known = fields().map(|field| &*field.id);
        names.context.report.unknown(text, known, ("字段", "field"));
    }
    found
}
