//! Visits, and the tasks of rules.

use fuyou_expr::{Scope, Type};
use fuyou_kernel::{Localized, Secrecy, Span};

use super::columns::Columns;
use super::names::check_snake;
use super::{Context, Sources, read_cited};
use crate::model::{Escalation, Form, FormIx, ItemKind, Owner, RuleTask, Visit};
use crate::raw::{Item, Reader, Table, Text, read_span, read_word};

/// What definitions of a program are read against.
pub(crate) struct Names<'a> {
    pub context: &'a Context<'a>,
    pub sources: &'a Sources<'a>,
    pub columns: &'a Columns,
    pub forms: &'a [Form],
}

impl Names<'_> {
    /// A condition over the facts row.
    pub fn row_condition(&self, text: Text<'_>) -> Option<fuyou_expr::Expr> {
        self.typed(text, &self.columns.row, &Type::Boolean)
    }

    /// An expression of a type over a scope.
    pub fn typed(&self, text: Text<'_>, scope: &Scope, ty: &Type) -> Option<fuyou_expr::Expr> {
        if self.columns.is_poisoned(text.text) {
            return None;
        }
        self.context.parse_as(text, scope, ty)
    }

    pub fn form(&self, text: Text<'_>) -> Option<FormIx> {
        let known = self.forms.iter().map(|form| &*form.id);
        let found = self.context.report.position(text, known, ("表单", "form"));
        found.map(FormIx::new)
    }
}

/// The ids of all visits, each time of a repeated one by itself.
pub(crate) fn visit_ids(context: &Context<'_>, program: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for item in context.items.of(ItemKind::Visit, program) {
        match times(item) {
            None => ids.push(item.id.clone()),
            Some(times) => ids.extend((1..=times).map(|number| format!("{}#{number}", item.id))),
        }
    }
    ids
}

fn times(item: &Item) -> Option<u16> {
    match item.table.get("times")?.kind {
        crate::raw::NodeKind::Integer(times) => {
            u16::try_from(times).ok().map(|times| times.min(500))
        }
        _ => None,
    }
}

/// Reads the schedule.
pub(crate) fn visits(names: &Names<'_>, program: &str) -> Vec<Visit> {
    let items = names.context.items.of(ItemKind::Visit, program);
    items
        .filter_map(|item| visit(names, item))
        .flatten()
        .collect()
}

fn visit(names: &Names<'_>, item: &Item) -> Option<Vec<Visit>> {
    let reader = Reader::new(&item.table, names.context.report);
    reader.node("id");
    check_snake(reader.report, &item.id, item.id_at);
    let title = reader.need_localized("title");
    let shown_as = reader.localized("shown_as");
    let form = reader.need_text("form").and_then(|text| names.form(text));
    let anchor = reader.need_text("anchor");
    let from = reader.need_text("from");
    let before = reader.text("before");
    let to_excluded = before.is_some();
    let to = match before {
        Some(before) => {
            if let Some(to) = reader.text("to") {
                let (zh, en) = (
                    "to 与 before 不能同时使用",
                    "`to` and `before` exclude each other",
                );
                reader.report.error(to.at, zh, en);
            }
            Some(before)
        }
        None => reader.need_text("to"),
    };
    let counts_if = reader.text("counts_if");
    let when = reader.text("when");
    let lapses_on = reader.text("lapses_on");
    let (every, times) = (reader.span("every"), reader.count("times"));
    let owner = owner(&reader, "owner").unwrap_or(Owner::Responsible);
    let escalate = escalations(&reader);
    let cited = read_cited(&reader, names.sources);
    let at = reader.at;
    reader.finish();
    let report = names.context.report;
    if every.is_some() != times.is_some() || times == Some(0) {
        report.error(
            at,
            "every 与 times 要一起写,times 至少为 1",
            "`every` and `times` go together, `times` at least 1",
        );
        return None;
    }
    let (from, to) = (days(report, from?)?, days(report, to?)?);
    if same_kind_and_after(from, to) {
        report.error(
            at,
            "窗口的起点在终点之后",
            "the window begins after its end",
        );
    }
    let anchor = || names.typed(anchor?, &names.columns.row, &Type::Date);
    let counts_if = || {
        counts_if.and_then(|text| names.typed(text, &names.columns.encounter_scope, &Type::Boolean))
    };
    let when = || when.and_then(|text| names.row_condition(text));
    let lapses_on =
        || lapses_on.and_then(|text| names.typed(text, &names.columns.row, &Type::Date));
    // That it is expected at all, and until when, tells what these read.
    let reads = [anchor(), when(), lapses_on()];
    let read = reads.iter().flatten().map(fuyou_expr::Expr::secrecy).max();
    let read = read.unwrap_or_default();
    if read > Secrecy::Open && shown_as.is_none() {
        report.error(
            item.id_at,
            format!("时点 {} 涉及保密内容,需要 shown_as", item.id),
            format!(
                "visit `{}` reads restricted findings and needs `shown_as`",
                item.id
            ),
        );
    }
    let secrecy = read.max(names.forms[form?.get()].secrecy());
    let mut visits = Vec::new();
    for number in 1..=times.unwrap_or(1) {
        let id = if times.is_some() {
            format!("{}#{number}", item.id)
        } else {
            item.id.clone()
        };
        visits.push(Visit {
            id: id.into(),
            base: item.id.as_str().into(),
            title: title.clone(),
            shown_as: shown_as.clone(),
            secrecy,
            form: form?,
            anchor: anchor()?,
            from,
            to,
            to_excluded,
            shift: every
                .map(|every| (every, number - 1))
                .filter(|(_, number)| *number > 0),
            counts_if: counts_if(),
            when: when(),
            lapses_on: lapses_on(),
            owner,
            escalate: escalate.clone(),
            cited: cited.clone(),
        });
    }
    Some(visits)
}

/// A span in days or months: windows are civil.
fn days(report: &crate::raw::Report, text: Text<'_>) -> Option<Span> {
    match read_span(report, text)? {
        Span::Hours(_) => {
            report.error(
                text.at,
                "窗口按天、周、月计,不能用小时",
                "a window counts in days, weeks or months, not hours",
            );
            None
        }
        span => Some(span),
    }
}

fn same_kind_and_after(from: Span, to: Span) -> bool {
    match (from, to) {
        (Span::Days(from), Span::Days(to)) | (Span::Months(from), Span::Months(to)) => from > to,
        _ => false,
    }
}

/// Who does a task.
pub(crate) fn owner(reader: &Reader<'_>, key: &'static str) -> Option<Owner> {
    reader.word(key, &Owner::ALL.map(|owner| (owner.word(), owner)))
}

fn escalations(reader: &Reader<'_>) -> Vec<Escalation> {
    let mut list = Vec::new();
    for table in reader.tables("escalate") {
        let entry = Reader::new(table, reader.report);
        let after = entry
            .need_text("after")
            .and_then(|text| read_span(entry.report, text));
        let to = entry.need_text("to");
        let to = to.and_then(|text| {
            read_word(
                entry.report,
                text,
                &Owner::ALL.map(|owner| (owner.word(), owner)),
            )
        });
        entry.finish();
        list.extend(after.zip(to).map(|(after, to)| Escalation { after, to }));
    }
    list
}

/// Reads the task of a rule.
pub(crate) fn rule_task(
    names: &Names<'_>,
    table: &Table,
    rule_title: &Localized,
) -> Option<RuleTask> {
    let reader = Reader::new(table, names.context.report);
    let title = reader
        .localized("title")
        .unwrap_or_else(|| rule_title.clone());
    let to = owner(&reader, "to");
    let form = reader.text("form");
    let counts_if = reader.text("counts_if");
    let within = reader
        .need_text("within")
        .and_then(|text| read_span(reader.report, text));
    let every = reader
        .text("every")
        .and_then(|text| days(reader.report, text));
    let until = reader
        .text("until")
        .and_then(|text| names.row_condition(text));
    let done_if = reader
        .text("done_if")
        .and_then(|text| names.row_condition(text));
    let lapses_on = reader
        .text("lapses_on")
        .and_then(|text| names.typed(text, &names.columns.row, &Type::Date));
    let escalate = escalations(&reader);
    let at = reader.at;
    if let (Some(_), Some(node)) = (&every, table.get("done_if")) {
        names.context.report.error(
            node.at,
            "有 every 的任务不能写 done_if:重复的任务由 form 完成",
            "a task that repeats has no `done_if`: its `form` does it each time",
        );
    }
    if table.get("to").is_none() {
        reader.report.error(at, "缺少 to", "`to` is missing");
    }
    reader.finish();
    if let (Some(counts_if), None) = (counts_if, form) {
        names.context.report.error(
            counts_if.at,
            "counts_if 需要 form",
            "`counts_if` needs `form`",
        );
    }
    let counts_if = counts_if
        .and_then(|text| names.typed(text, &names.columns.encounter_scope, &Type::Boolean));
    let form = match form {
        Some(text) => Some(names.form(text)?),
        None => None,
    };
    Some(RuleTask {
        title,
        to: to?,
        form,
        counts_if,
        within: within?,
        every,
        until,
        done_if,
        lapses_on,
        escalate,
    })
}
