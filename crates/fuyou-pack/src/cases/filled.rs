//! Filled forms and hand-overs in cases.

use fuyou_expr::Value;
use fuyou_kernel::Localized;

use super::read::{CaseReader, DAY_MS, UTC_OFFSET_MINUTES};
use super::values::read_value;
use crate::model::{Field, FormIx, ReferralIx};
use crate::raw::{Node, NodeKind, Reader, Table, Text, nearest};
use crate::replay::{Encounter, History, Referral, ReferralState};

/// A case's records are made from eight in the morning on, a minute apart.
const MORNING_MS: i64 = 8 * 3_600_000;
const MINUTE_MS: i64 = 60_000;

impl<'a> CaseReader<'a> {
    pub(super) fn form(&self, text: Text<'_>) -> Option<FormIx> {
        let found = self.program.form_ix(text.text);
        if found.is_none() {
            let known = self.program.forms.iter().map(|form| &*form.id);
            self.report.unknown(text, known, ("表单", "form"));
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
    pub(super) fn add(&self, history: &mut History, table: &'a Table) -> Option<()> {
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

    pub(super) fn record(&self, table: &'a Table) -> Option<(FormIx, crate::record::Draft)> {
        let (encounter, _) = self.filled(table)?;
        let draft = crate::record::Draft {
            occurred_on: Some(encounter.occurred_on),
            values: encounter.values,
            groups: encounter.groups,
        };
        Some((encounter.form, draft))
    }

    pub(super) fn rows(&self, fields: &[Field], node: &Node) -> Option<Vec<Vec<Value>>> {
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

    pub(super) fn referral(&self, table: &'a Table, position: usize) -> Option<Referral> {
        let reader = Reader::new(table, self.report);
        let kinds: Vec<&str> = self
            .program
            .referrals
            .iter()
            .map(|kind| &*kind.id)
            .collect();
        let kind = reader.need_text("kind").and_then(|text| {
            let what = ("转诊类型", "kind of referral");
            self.report.position(text, kinds.iter().copied(), what)
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

/// The instant at which local clocks show a time.
fn local(clock_ms: i64) -> i64 {
    clock_ms - i64::from(UTC_OFFSET_MINUTES) * MINUTE_MS
}
