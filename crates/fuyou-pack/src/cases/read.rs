//! Cases as written, typed against their program.

use std::collections::HashMap;

use fuyou_expr::{Type, Value};
use fuyou_kernel::{DayNumber, Localized};

use super::expect::{Expect, read_expectation};
use crate::check::Context;
use crate::model::{
    Field, FieldIx, FormIx, GroupIx, ItemKind, Place, Program, ProgramIx, ReferralIx,
};
use crate::raw::{At, Item, Node, NodeKind, Reader, Report, Table, Text, nearest};
use crate::replay::{Encounter, History, Referral, ReferralState};

/// Cases keep Chinese clocks unless a history says otherwise: UTC+8.
const UTC_OFFSET_MINUTES: i32 = 8 * 60;
/// A case's records are made from eight in the morning on, a minute apart.
const MORNING_MS: i64 = 8 * 3_600_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// The golden cases of a pack.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    pub list: Vec<Case>,
}

/// One case: a table's row is one.
#[derive(Debug)]
pub(crate) struct Case {
    pub program: ProgramIx,
    pub id: String,
    pub place: Place,
    pub history: History,
    pub today: Option<DayNumber>,
    pub record: Option<(FormIx, crate::record::Draft)>,
    pub expect: Vec<Expect>,
}

/// Reads the cases of all programs.
pub(crate) fn read_cases(context: &Context<'_>, programs: &[Program]) -> Cases {
    let mut cases = Cases::default();
    // With errors elsewhere forms may lack fields: cases would repeat them.
    if !context.report.is_clean() {
        return cases;
    }
    for (position, program) in programs.iter().enumerate() {
        let mut reader = CaseReader {
            report: context.report,
            program,
            ix: ProgramIx::new(position),
            histories: HashMap::new(),
        };
        for item in context.items.of(ItemKind::History, &program.id) {
            let history = reader.history(item);
            reader.histories.insert(item.id.clone(), history);
        }
        for item in context.items.of(ItemKind::Case, &program.id) {
            cases.list.extend(reader.case(item));
        }
        for item in context.items.of(ItemKind::CaseTable, &program.id) {
            cases.list.extend(reader.table(item));
        }
    }
    cases
}

struct CaseReader<'a> {
    report: &'a Report,
    program: &'a Program,
    ix: ProgramIx,
    /// `None` for a history that could not be read.
    histories: HashMap<String, Option<History>>,
}

impl<'a> CaseReader<'a> {
    fn history(&self, item: &'a Item) -> Option<History> {
        let reader = Reader::new(&item.table, self.report);
        reader.node("id");
        reader.node("title");
        let mut history = History {
            utc_offset_minutes: UTC_OFFSET_MINUTES,
            ..History::default()
        };
        if let Some(base) = reader.text("extends") {
            history = self.base(base)?;
        }
        if let Some(person) = reader.table("person") {
            for (key, node) in &person.entries {
                self.set_person(&mut history, &key.name, key.at, node);
            }
        }
        if let Some(node) = reader.node("opened_on") {
            history.opened_on = self.date(node);
        }
        history.org = reader
            .text("org")
            .map(|org| org.text.into())
            .or(history.org);
        let mut good = true;
        for table in reader.tables("encounters") {
            good &= self.add(&mut history, table).is_some();
        }
        for table in reader.tables("referrals") {
            history
                .referrals
                .extend(self.referral(table, history.referrals.len()));
        }
        reader.finish();
        good.then_some(history)
    }

    fn base(&self, text: Text<'_>) -> Option<History> {
        match self.histories.get(text.text) {
            Some(history) => history.clone(),
            None => {
                let message = Localized::new(
                    format!("没有病例史「{}」", text.text),
                    format!("there is no history `{}`", text.text),
                );
                let known = nearest(text.text, self.histories.keys().map(String::as_str))
                    .map(str::to_owned);
                self.report.error_with(text.at, message, known);
                None
            }
        }
    }

    fn case(&self, item: &'a Item) -> Option<Case> {
        let reader = Reader::new(&item.table, self.report);
        reader.node("id");
        reader.node("title");
        crate::check::check_loose(self.report, &item.id, item.id_at);
        let history = reader.need_text("history").and_then(|text| self.base(text));
        let set = reader.table("set");
        let (add, referrals) = (reader.tables("add"), reader.tables("referrals"));
        let today = reader.node("today").and_then(|node| self.date(node));
        let record = reader.table("record");
        let expect = reader.table("expect");
        if expect.is_none() {
            self.report
                .error(reader.at, "缺少 expect", "`expect` is missing");
        }
        reader.finish();
        let mut case = Case {
            program: self.ix,
            id: item.id.clone(),
            place: self.report.place(item.id_at),
            history: history?,
            today,
            record: None,
            expect: Vec::new(),
        };
        for (key, node) in set.into_iter().flat_map(|table| &table.entries) {
            self.set(&mut case.history, &key.name, key.at, node);
        }
        for table in add {
            self.add(&mut case.history, table);
        }
        for table in referrals {
            let position = case.history.referrals.len();
            case.history
                .referrals
                .extend(self.referral(table, position));
        }
        case.record = record.and_then(|table| self.record(table));
        for (key, node) in &expect?.entries {
            case.expect.extend(read_expectation(
                self.report,
                self.program,
                &key.name,
                key.at,
                node,
            ));
        }
        Some(case)
    }

    fn table(&self, item: &'a Item) -> Vec<Case> {
        let reader = Reader::new(&item.table, self.report);
        reader.node("id");
        reader.node("title");
        crate::check::check_loose(self.report, &item.id, item.id_at);
        let history = reader.need_text("history").and_then(|text| self.base(text));
        let columns = reader.texts("columns");
        let rows = reader.array("rows");
        reader.finish();
        let Some(history) = history else {
            return Vec::new();
        };
        let mut cases = Vec::new();
        for (position, node) in rows.iter().enumerate() {
            let NodeKind::Array(cells) = &node.kind else {
                self.report
                    .error(node.at, "每行应为列表", "each row should be a list");
                continue;
            };
            if cells.len() != columns.len() {
                self.report.error(
                    node.at,
                    format!("这一行有 {} 格,应有 {} 格", cells.len(), columns.len()),
                    format!(
                        "this row has {} cells, expected {}",
                        cells.len(),
                        columns.len()
                    ),
                );
                continue;
            }
            let mut case = Case {
                program: self.ix,
                id: format!("{}[{}]", item.id, position + 1),
                place: self.report.place(node.at),
                history: history.clone(),
                today: None,
                record: None,
                expect: Vec::new(),
            };
            for (column, cell) in columns.iter().zip(cells) {
                match column.text.split_once('.') {
                    None if column.text == "today" => case.today = self.date(cell),
                    None | Some(("facts" | "score", _)) => {
                        let read = read_expectation(
                            self.report,
                            self.program,
                            column.text,
                            column.at,
                            cell,
                        );
                        case.expect.extend(read);
                    }
                    Some(_) => self.set(&mut case.history, column.text, column.at, cell),
                }
            }
            cases.push(case);
        }
        cases
    }

    fn date(&self, node: &Node) -> Option<DayNumber> {
        match node.kind {
            NodeKind::Date(day) => Some(DayNumber(day)),
            _ => {
                self.report.error(
                    node.at,
                    "应为日期,如 2026-01-31",
                    "expected a date such as 2026-01-31",
                );
                None
            }
        }
    }

    fn set_person(&self, history: &mut History, name: &str, at: At, node: &Node) {
        let Some(column) = self.program.row_column(&format!("person.{name}")) else {
            self.report.error(
                at,
                format!("人员没有「{name}」"),
                format!("a person has no `{name}`"),
            );
            return;
        };
        let Some(value) = read_value(self.report, column.ty, node) else {
            return;
        };
        let person = &mut history.person;
        match name {
            "birth_on" => person.birth_on = value,
            "sex" => person.sex = value,
            "household" => person.household = value,
            "population" => person.population = value,
            _ => person.residence = value,
        }
    }

    /// Changes one value: `person.ATTRIBUTE`, `FORM.FIELD`, `FORM.occurred_on`, `FORM.GROUP` or `FORM.GROUP.FIELD`.
    fn set(&self, history: &mut History, name: &str, at: At, node: &Node) {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        if first == "person" {
            return self.set_person(history, rest, at, node);
        }
        let Some(form) = self.form(Text { text: first, at }) else {
            return;
        };
        let Some(position) = history
            .encounters
            .iter()
            .rposition(|encounter| encounter.form == form)
        else {
            self.report.error(
                at,
                format!("病例史里没有 {first}"),
                format!("the history has no `{first}`"),
            );
            return;
        };
        let encounter = &mut history.encounters[position];
        let definition = self.program.form(form);
        if rest == "occurred_on" {
            let Some(day) = self.date(node) else { return };
            let moved = i64::from(day.0) - i64::from(encounter.occurred_on.0);
            encounter.occurred_on = day;
            encounter.recorded_at_ms += moved * DAY_MS;
        } else if let Some(field) = definition.field(rest) {
            if let Some(value) = read_value(self.report, &definition.fields[field.get()].ty, node) {
                encounter.values[field.get()] = value;
            }
        } else if let Some(group) = definition.group(rest) {
            if let Some(rows) = self.rows(definition.groups[group.get()].fields.as_slice(), node) {
                encounter.groups[group.get()] = rows;
            }
        } else if let Some((group, field)) = rest
            .split_once('.')
            .and_then(|(group, field)| cell(definition, group, field))
        {
            let ty = &definition.groups[group.get()].fields[field.get()].ty;
            if let Some(value) = read_value(self.report, ty, node) {
                for row in &mut encounter.groups[group.get()] {
                    row[field.get()] = value.clone();
                }
            }
        } else {
            self.no_field(definition, rest, at);
        }
    }

    fn no_field(&self, form: &crate::Form, name: &str, at: At) {
        let known = form
            .fields
            .iter()
            .map(|field| &*field.id)
            .chain(form.groups.iter().map(|group| &*group.id));
        let message = Localized::new(
            format!("表单 {} 没有字段「{name}」", form.id),
            format!("form `{}` has no field `{name}`", form.id),
        );
        self.report
            .error_with(at, message, nearest(name, known).map(str::to_owned));
    }

    fn form(&self, text: Text<'_>) -> Option<FormIx> {
        let found = self.program.form_ix(text.text);
        if found.is_none() {
            let message = Localized::new(
                format!("没有表单「{}」", text.text),
                format!("there is no form `{}`", text.text),
            );
            let known = nearest(text.text, self.program.forms.iter().map(|form| &*form.id))
                .map(str::to_owned);
            self.report.error_with(text.at, message, known);
        }
        found
    }

    /// Reads a filled form: form, day, values, groups.
    fn filled(&self, table: &'a Table) -> Option<(Encounter, bool)> {
        let reader = Reader::new(table, self.report);
        let form = reader.need_text("form").and_then(|text| self.form(text))?;
        let occurred_on = match reader.node("occurred_on") {
            Some(node) => self.date(node)?,
            None => {
                self.report
                    .error(reader.at, "缺少 occurred_on", "`occurred_on` is missing");
                return None;
            }
        };
        let definition = self.program.form(form);
        let mut encounter = Encounter {
            id: 0,
            form,
            occurred_on,
            recorded_at_ms: local(i64::from(occurred_on.0) * DAY_MS + MORNING_MS),
            recorded_org: reader.text("recorded_org").map(|org| org.text.into()),
            values: vec![Value::Null; definition.fields.len()],
            groups: vec![Vec::new(); definition.groups.len()],
        };
        let mut told = false;
        if let Some(node) = reader.node("recorded_on") {
            encounter.recorded_at_ms = local(i64::from(self.date(node)?.0) * DAY_MS + MORNING_MS);
        }
        if let Some(node) = reader.node("recorded_at") {
            match node.kind {
                NodeKind::DateTime(at) => encounter.recorded_at_ms = local(at),
                _ => reader.wrong(
                    node,
                    "时刻,如 2026-01-31T09:30:00",
                    "a time such as 2026-01-31T09:30:00",
                ),
            }
            told = true;
        }
        let mut good = true;
        for (key, node) in reader.rest() {
            if let Some(field) = definition.field(&key.name) {
                match read_value(self.report, &definition.fields[field.get()].ty, node) {
                    Some(value) => encounter.values[field.get()] = value,
                    None => good = false,
                }
            } else if let Some(group) = definition.group(&key.name) {
                match self.rows(&definition.groups[group.get()].fields, node) {
                    Some(rows) => encounter.groups[group.get()] = rows,
                    None => good = false,
                }
            } else {
                self.no_field(definition, &key.name, key.at);
                good = false;
            }
        }
        good.then_some((encounter, told))
    }

    /// Adds an encounter to a history; records of one day are a minute apart unless the case says when they were made.
    fn add(&self, history: &mut History, table: &'a Table) -> Option<()> {
        let (mut encounter, told) = self.filled(table)?;
        let position = history.encounters.len();
        encounter.id = u128::try_from(position).ok()?;
        if !told {
            encounter.recorded_at_ms += i64::try_from(position).ok()? * MINUTE_MS;
        }
        history.opened_on = history.opened_on.or(Some(encounter.occurred_on));
        history.encounters.push(encounter);
        Some(())
    }

    fn record(&self, table: &'a Table) -> Option<(FormIx, crate::record::Draft)> {
        let (encounter, _) = self.filled(table)?;
        let draft = crate::record::Draft {
            occurred_on: Some(encounter.occurred_on),
            values: encounter.values,
            groups: encounter.groups,
        };
        Some((encounter.form, draft))
    }

    fn rows(&self, fields: &[Field], node: &Node) -> Option<Vec<Vec<Value>>> {
        let NodeKind::Array(list) = &node.kind else {
            self.report.error(
                node.at,
                "应为多行:[{ … }, { … }]",
                "expected rows: [{ … }, { … }]",
            );
            return None;
        };
        list.iter()
            .map(|node| self.group_row(fields, node))
            .collect()
    }

    fn group_row(&self, fields: &[Field], node: &Node) -> Option<Vec<Value>> {
        let NodeKind::Table(table) = &node.kind else {
            self.report
                .error(node.at, "应为一行:{ … }", "expected a row: { … }");
            return None;
        };
        let mut row = vec![Value::Null; fields.len()];
        for (key, node) in &table.entries {
            match fields.iter().position(|field| *field.id == *key.name) {
                Some(field) => row[field] = read_value(self.report, &fields[field].ty, node)?,
                None => {
                    let name = &key.name;
                    let message = Localized::new(
                        format!("没有字段「{name}」"),
                        format!("there is no field `{name}`"),
                    );
                    let known =
                        nearest(name, fields.iter().map(|field| &*field.id)).map(str::to_owned);
                    self.report.error_with(key.at, message, known);
                    return None;
                }
            }
        }
        Some(row)
    }

    fn referral(&self, table: &'a Table, position: usize) -> Option<Referral> {
        let reader = Reader::new(table, self.report);
        let kinds: Vec<&str> = self
            .program
            .referrals
            .iter()
            .map(|kind| &*kind.id)
            .collect();
        let kind = reader.need_text("kind").and_then(|text| {
            let found = kinds.iter().position(|kind| *kind == text.text);
            if found.is_none() {
                let message = Localized::new(
                    format!("没有转诊类型「{}」", text.text),
                    format!("there is no kind of referral `{}`", text.text),
                );
                self.report.error_with(
                    text.at,
                    message,
                    nearest(text.text, kinds.iter().copied()).map(str::to_owned),
                );
            }
            found
        });
        let state = reader.word(
            "state",
            &ReferralState::ALL.map(|state| (state.word(), state)),
        );
        let day = |key| reader.node(key).and_then(|node| self.date(node));
        let (sent_on, arrived_on, feedback_on) =
            (day("sent_on"), day("arrived_on"), day("feedback_on"));
        reader.finish();
        let state = state.unwrap_or(match (arrived_on, feedback_on) {
            (_, Some(_)) => ReferralState::Feedback,
            (Some(_), None) => ReferralState::Arrived,
            (None, None) => ReferralState::Sent,
        });
        let id = u128::try_from(position).unwrap_or(0);
        Some(Referral {
            id,
            kind: ReferralIx::new(kind?),
            state,
            sent_on,
            arrived_on,
            feedback_on,
        })
    }
}

fn cell(form: &crate::Form, group: &str, field: &str) -> Option<(GroupIx, FieldIx)> {
    let group = form.group(group)?;
    let field = form.groups[group.get()]
        .fields
        .iter()
        .position(|known| &*known.id == field)?;
    Some((group, FieldIx::new(field)))
}

/// The instant at which local clocks show a time.
fn local(clock_ms: i64) -> i64 {
    clock_ms - i64::from(UTC_OFFSET_MINUTES) * MINUTE_MS
}

/// A value of a type as TOML writes it; the text `null` is NULL for everything but free text.
pub(super) fn read_value(report: &Report, ty: &Type, node: &Node) -> Option<Value> {
    let read = match (&node.kind, ty) {
        (NodeKind::Text(text), ty) if text == "null" && *ty != Type::Text => Some(Value::Null),
        (NodeKind::Boolean(truth), Type::Boolean) => Some(Value::Boolean(*truth)),
        (NodeKind::Date(day), Type::Date) => Some(Value::Date(*day)),
        (NodeKind::Integer(number), Type::Integer | Type::Decimal(_)) => {
            fuyou_expr::parse_value(ty, &number.to_string()).ok()
        }
        (NodeKind::Decimal(text), Type::Decimal(_)) => read_decimal(ty, text),
        (NodeKind::Text(text), Type::Text | Type::Code(_)) => {
            fuyou_expr::parse_value(ty, text).ok()
        }
        (NodeKind::Array(list), Type::Codes(set)) => {
            let codes = list.iter().map(|node| match &node.kind {
                NodeKind::Text(code) => set.index(code),
                _ => None,
            });
            codes
                .collect::<Option<fuyou_expr::CodeSet>>()
                .map(Value::Codes)
        }
        _ => None,
    };
    if read.is_none() {
        let (zh, en) = node.kind.name();
        report.error(
            node.at,
            format!("不是 {ty} 的值({zh})"),
            format!("not a value of type {ty} ({en})"),
        );
    }
    read
}

/// Decimals may be written with zeros beyond the type's places.
fn read_decimal(ty: &Type, text: &str) -> Option<Value> {
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    fuyou_expr::parse_value(ty, text)
        .or_else(|_| fuyou_expr::parse_value(ty, trimmed))
        .ok()
}
