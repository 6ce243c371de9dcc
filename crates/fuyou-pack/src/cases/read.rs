//! Cases as written, typed against their program.

use std::collections::HashMap;
use std::panic::resume_unwind;

use fuyou_kernel::{DayNumber, Localized};

use super::expect::{Expect, read_expectation};
use super::values::read_value;
use crate::check::Context;
use crate::model::{FieldIx, FormIx, GroupIx, ItemKind, Place, Program, ProgramIx, Stratum};
use crate::raw::{At, Item, Node, NodeKind, Reader, Report, Text, nearest};
use crate::replay::History;

/// Cases keep Chinese clocks unless a history says otherwise: UTC+8.
pub(super) const UTC_OFFSET_MINUTES: i32 = 8 * 60;
/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

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
pub(crate) fn read_cases(context: &Context<'_>, programs: &[Program], strata: &[Stratum]) -> Cases {
    let mut cases = Cases::default();
    // With errors elsewhere forms may lack fields: cases would repeat them.
    if !context.report.is_clean() {
        return cases;
    }
    std::thread::scope(|scope| {
        let readers: Vec<_> = programs
            .iter()
            .enumerate()
            .map(|(position, program)| {
                let of_program = |stratum: &&Stratum| stratum.program.get() == position;
                let reader = CaseReader {
                    report: context.report,
                    program,
                    strata: strata.iter().filter(of_program).collect(),
                    ix: ProgramIx::new(position),
                    histories: HashMap::new(),
                };
                scope.spawn(move || reader.read(context))
            })
            .collect();
        for reader in readers {
            let read = reader.join().unwrap_or_else(|panic| resume_unwind(panic));
            cases.list.extend(read);
        }
    });
    cases
}

/// Reads the cases of one program.
pub(super) struct CaseReader<'a> {
    pub report: &'a Report,
    pub program: &'a Program,
    strata: Vec<&'a Stratum>,
    ix: ProgramIx,
    /// `None` for a history that could not be read.
    histories: HashMap<String, Option<History>>,
}

impl<'a> CaseReader<'a> {
    fn read(mut self, context: &'a Context<'a>) -> Vec<Case> {
        let program = self.program;
        let of = |kind| context.items.of(kind, &program.id);
        for item in of(ItemKind::History) {
            let history = self.history(item);
            self.histories.insert(item.id.clone(), history);
        }
        let mut cases = Vec::new();
        for item in of(ItemKind::Case) {
            cases.extend(self.case(item));
        }
        for item in of(ItemKind::CaseTable) {
            cases.extend(self.table(item));
        }
        cases
    }

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
        for of in ["person", "organization"] {
            let table = reader.table(of);
            for (key, node) in table.iter().flat_map(|table| &table.entries) {
                self.set_known(&mut history, (of, &key.name), key.at, node);
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
                let known = self.histories.keys().map(String::as_str);
                self.report.unknown(text, known, ("病例史", "history"));
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
                (self.program, &self.strata),
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
                    None | Some(("facts" | "score" | "strata", _)) => {
                        let read = read_expectation(
                            self.report,
                            (self.program, &self.strata),
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

    pub fn date(&self, node: &Node) -> Option<DayNumber> {
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

    fn set_known(&self, history: &mut History, (of, name): (&str, &str), at: At, node: &Node) {
        let Some(column) = self.program.row_column(&format!("{of}.{name}")) else {
            self.report.error(
                at,
                format!("本项目的服务对象没有「{of}.{name}」"),
                format!("the subject of this program has no `{of}.{name}`"),
            );
            return;
        };
        let Some(value) = read_value(self.report, column.ty, node) else {
            return;
        };
        let (person, organization) = (&mut history.person, &mut history.organization);
        let place = match (of, name) {
            ("organization", "code") => &mut organization.code,
            ("organization", "kind") => &mut organization.kind,
            ("organization", "level") => &mut organization.level,
            ("organization", "parent") => &mut organization.parent,
            ("organization", _) => &mut organization.population,
            (_, "birth_on") => &mut person.birth_on,
            (_, "sex") => &mut person.sex,
            (_, "household") => &mut person.household,
            (_, "population") => &mut person.population,
            _ => &mut person.residence,
        };
        *place = value;
    }

    /// Changes one value: `person.ATTRIBUTE`, `organization.ATTRIBUTE`, `FORM.FIELD`, `FORM.occurred_on`, `FORM.GROUP` or `FORM.GROUP.FIELD`.
    fn set(&self, history: &mut History, name: &str, at: At, node: &Node) {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        if matches!(first, "person" | "organization") {
            return self.set_known(history, (first, rest), at, node);
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

    pub fn no_field(&self, form: &crate::Form, name: &str, at: At) {
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
}

fn cell(form: &crate::Form, group: &str, field: &str) -> Option<(GroupIx, FieldIx)> {
    let group = form.group(group)?;
    let field = form.groups[group.get()]
        .fields
        .iter()
        .position(|known| &*known.id == field)?;
    Some((group, FieldIx::new(field)))
}
