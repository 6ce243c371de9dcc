//! From what came in to a draft, and what makes two drafts the same.

use std::sync::Arc;

use fuyou_expr::{Type, Value, format_value};
use fuyou_kernel::{Date, DayNumber, Localized};
use fuyou_pack::model::{Field, FieldIx, FormIx, Severity};
use fuyou_pack::record::{At, Draft, Finding};
use fuyou_pack::{Form, Program};
use sm3::{Digest, Sm3};

use super::{Reasons, TypedText, Values};

/// A draft, and what could not be read on the way.
pub(super) struct Read {
    pub draft: Draft,
    pub unreadable: Vec<Finding>,
}

impl Read {
    /// The day of service, if nothing is unreadable.
    pub(super) fn day(&self) -> Option<DayNumber> {
        self.draft
            .occurred_on
            .filter(|_| self.unreadable.is_empty())
    }
}

/// Reads what came in as the form says.
pub(super) fn read(
    program: &Program,
    form: FormIx,
    occurred_on: Option<Date>,
    values: &Values,
) -> Read {
    let mut unreadable = Vec::new();
    let mut draft = match values {
        Values::Typed(draft) => draft.clone(),
        Values::Text(text) => read_text(program, form, text, &mut unreadable),
    };
    draft.occurred_on = occurred_on.map(DayNumber::from).or(draft.occurred_on);
    if draft.occurred_on.is_none() {
        let message = Localized::new("请填写服务日期", "Please enter the day of service");
        unreadable.push(refusal(vec![At::OccurredOn], "required", message));
    }
    Read { draft, unreadable }
}

fn read_text(
    program: &Program,
    form_ix: FormIx,
    text: &TypedText,
    unreadable: &mut Vec<Finding>,
) -> Draft {
    let form = program.form(form_ix);
    let mut draft = Draft::new(program, form_ix);
    for (id, typed) in &text.fields {
        match form.field(id) {
            Some(ix) => match fuyou_pack::input::read_input(&form.fields[ix.get()], typed) {
                Ok(value) => draft.values[ix.get()] = value,
                Err(message) => unreadable.push(refusal(vec![At::Field(ix)], "type", message)),
            },
            None => unreadable.push(unknown(id)),
        }
    }
    for (id, rows) in &text.groups {
        let Some(group_ix) = form.group(id) else {
            unreadable.push(unknown(id));
            continue;
        };
        let group = &form.groups[group_ix.get()];
        for (at, row) in rows.iter().enumerate() {
            let mut values = vec![Value::Null; group.fields.len()];
            for (id, typed) in row {
                let found = group.fields.iter().position(|field| *field.id == **id);
                match found.map(|ix| (ix, fuyou_pack::input::read_input(&group.fields[ix], typed)))
                {
                    Some((ix, Ok(value))) => values[ix] = value,
                    Some((ix, Err(message))) => {
                        let place = At::Cell(group_ix, at, FieldIx::new(ix));
                        unreadable.push(refusal(vec![place], "type", message));
                    }
                    None => unreadable.push(unknown(id)),
                }
            }
            draft.groups[group_ix.get()].push(values);
        }
    }
    draft
}

pub(super) fn refusal(at: Vec<At>, kind: &str, message: Localized) -> Finding {
    Finding {
        at,
        severity: Severity::Refuse,
        kind: Arc::from(kind),
        message,
    }
}

fn unknown(id: &str) -> Finding {
    let message = Localized::new(
        format!("表单没有“{id}”这一项"),
        format!("the form has no field `{id}`"),
    );
    refusal(Vec::new(), "unknown_field", message)
}

/// The findings that still need a reason.
pub(super) fn unanswered(form: &Form, findings: &[Finding], reasons: &Reasons) -> Vec<Finding> {
    let answered = |finding: &Finding| {
        let given = reasons.get(&finding.key(form)).or_else(|| reasons.get("*"));
        given.is_some_and(|reason| !reason.trim().is_empty())
    };
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Confirm && !answered(finding))
        .cloned()
        .collect()
}

/// What identifies the content of a record: form, day, values that a person gave, reasons.
/// Computed fields and hidden ones are left out, so that a retry after a new version of the pack is still a retry.
pub(super) fn content_hash(form: &Form, draft: &Draft, reasons: &Reasons) -> Vec<u8> {
    // Gathered first: what it takes to hand over a few bytes is more than what it takes to hash them.
    let mut bytes = Vec::with_capacity(2048);
    let mut put = |text: &str| {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    put(&form.id);
    put(&draft.occurred_on.map_or(0, |day| day.0).to_string());
    let mut fields = |prefix: &str, fields: &[Field], values: &[Value]| {
        for (field, value) in fields.iter().zip(values) {
            let typed = matches!(field.kind, fuyou_pack::model::FieldKind::Typed);
            if typed && !value.is_null() {
                put(prefix);
                put(&field.id);
                put(&canonical(&field.ty, value));
            }
        }
    };
    fields("", &form.fields, &draft.values);
    for (group, rows) in form.groups.iter().zip(&draft.groups) {
        for row in rows {
            fields(&group.id, &group.fields, row);
        }
    }
    for (key, reason) in reasons {
        put(key);
        put(reason);
    }
    Sm3::digest(&bytes)[..16].to_vec()
}

fn canonical(ty: &Type, value: &Value) -> String {
    format_value(ty, value)
}

/// What stood in a record, as JSON for the history: canonical texts by field id.
pub(super) fn content_json(form: &Form, values: &[Value], groups: &[Vec<Vec<Value>>]) -> String {
    let row = |fields: &[Field], values: &[Value]| -> serde_json::Map<String, serde_json::Value> {
        let pairs = fields
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_null());
        pairs
            .map(|(field, value)| (field.id.to_string(), canonical(&field.ty, value).into()))
            .collect()
    };
    let mut content = row(&form.fields, values);
    for (group, rows) in form.groups.iter().zip(groups) {
        let rows: Vec<_> = rows
            .iter()
            .map(|values| serde_json::Value::Object(row(&group.fields, values)))
            .collect();
        if !rows.is_empty() {
            content.insert(group.id.to_string(), rows.into());
        }
    }
    serde_json::Value::Object(content).to_string()
}

/// The values of fields that stood in a record, from its history; a field that the form no longer has is left out.
pub(super) fn content_values(form: &Form, content: &str) -> Vec<Value> {
    let content: serde_json::Value = serde_json::from_str(content).unwrap_or_default();
    let stored = |field: &Field| content.get(&*field.id).and_then(serde_json::Value::as_str);
    form.fields
        .iter()
        .map(|field| {
            let text = stored(field);
            text.and_then(|text| fuyou_expr::parse_value(&field.ty, text).ok())
                .unwrap_or_default()
        })
        .collect()
}
