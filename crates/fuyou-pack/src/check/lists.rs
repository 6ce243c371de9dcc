//! Ledgers and work registers.

use fuyou_expr::{Expr, Scope};
use fuyou_kernel::Localized;

use super::names::check_snake;
use super::read_cited;
use super::schedule::Names;
use crate::model::{Direction, Fact, ItemKind, List, ListColumn, Score, Unreached};
use crate::raw::{Item, NodeKind, Reader, Text};

/// Reads the lists; `scope` is the facts row and `today`.
pub(crate) fn lists(
    names: &Names<'_>,
    program: &str,
    scope: &Scope,
    titled: (&[Fact], &[Score]),
) -> Vec<List> {
    let items = names.context.items.of(ItemKind::List, program);
    items.map(|item| list(names, item, scope, titled)).collect()
}

fn list(names: &Names<'_>, item: &Item, scope: &Scope, titled: (&[Fact], &[Score])) -> List {
    let report = names.context.report;
    let reader = Reader::new(&item.table, report);
    reader.node("id");
    check_snake(report, &item.id, item.id_at);
    let title = reader.need_localized("title");
    let filter = reader
        .text("where")
        .and_then(|text| names.typed(text, scope, &fuyou_expr::Type::Boolean));
    let any = |text: Text<'_>| -> Option<Expr> {
        if names.columns.is_poisoned(text.text) {
            None
        } else {
            names.context.parse(text, scope)
        }
    };
    let mut columns = Vec::new();
    for node in reader.array("columns") {
        let (text, title) = match &node.kind {
            NodeKind::Text(text) => (Some(Text { text, at: node.at }), None),
            NodeKind::Table(table) => {
                let column = Reader::new(table, report);
                let read = (column.need_text("is"), Some(column.need_localized("title")));
                column.finish();
                read
            }
            _ => {
                reader.wrong(
                    node,
                    "列名,或 { is = …, title = … }",
                    "a column, or { is = …, title = … }",
                );
                continue;
            }
        };
        let Some(text) = text else { continue };
        let title = title.unwrap_or_else(|| default_title(titled, text.text));
        columns.extend(any(text).map(|is| ListColumn { title, is }));
    }
    let sort = sort_texts(&reader).into_iter().filter_map(|text| {
        let (expression, direction) = match text.text.trim_end().strip_suffix(" desc") {
            Some(expression) => (expression, Direction::Descending),
            None => (text.text, Direction::Ascending),
        };
        any(Text {
            text: expression,
            at: text.at,
        })
        .map(|is| (is, direction))
    });
    let sort: Vec<(Expr, Direction)> = sort.collect();
    let is_called = reader.boolean("called").unwrap_or(false);
    let unreached = reader.node("unreached").and_then(|node| {
        let (table, table_at) = (reader.as_table(node)?, node.at);
        let reader = Reader::new(table, report);
        let read = (reader.count("attempts"), reader.span("within"));
        let then = reader.need_localized("then");
        reader.finish();
        match read {
            (Some(attempts), Some(within)) if attempts > 0 && is_called => Some(Unreached {
                attempts,
                within,
                then,
            }),
            _ => {
                report.error(
                    table_at,
                    "unreached 需要 called = true、attempts(至少 1)和 within",
                    "unreached needs called = true, attempts (at least 1) and within",
                );
                None
            }
        }
    });
    let cited = read_cited(&reader, names.sources);
    reader.finish();
    // Who may not see a column sees the list without it; what decides who is on the list cannot be left out.
    let secrecy = filter.as_ref().map(Expr::secrecy).unwrap_or_default();
    List {
        id: item.id.as_str().into(),
        title,
        filter,
        columns,
        sort,
        is_called,
        unreached,
        secrecy,
        cited,
    }
}

/// `sort = "edd_on"`, `sort = "edd_on desc"` or a list of these.
fn sort_texts<'a>(reader: &Reader<'a>) -> Vec<Text<'a>> {
    match reader.node("sort") {
        None => Vec::new(),
        Some(node) => match &node.kind {
            NodeKind::Array(list) => list
                .iter()
                .filter_map(|node| reader.as_text(node))
                .collect(),
            _ => reader.as_text(node).into_iter().collect(),
        },
    }
}

fn default_title((facts, scores): (&[Fact], &[Score]), name: &str) -> Localized {
    let engine = [
        ("risk", "风险等级", "Risk"),
        ("marks", "标记", "Marks"),
        ("opened_on", "建册日期", "Opened on"),
        ("org", "管理机构", "Responsible organization"),
        ("person.birth_on", "出生日期", "Date of birth"),
        ("person.sex", "性别", "Sex"),
        ("person.household", "户籍", "Household registration"),
        ("person.population", "人口类型", "Population group"),
        ("person.residence", "居住情况", "Residence"),
        ("organization.code", "机构编码", "Code"),
        ("organization.kind", "机构类别", "Kind"),
        ("organization.level", "机构层级", "Level"),
        ("organization.parent", "上级机构", "Organization above"),
        ("organization.population", "服务人口", "Population served"),
    ];
    let known = engine.iter().find(|(id, ..)| *id == name);
    if let Some((_, zh, en)) = known {
        return Localized::new(*zh, *en);
    }
    let fact = facts.iter().find(|fact| *fact.id == *name);
    let score = scores.iter().find(|score| *score.id == *name);
    fact.map(|fact| fact.title.clone())
        .or(score.map(|score| score.title.clone()))
        .unwrap_or_else(|| Localized::new(name, name))
}
