//! The lines of the import format, from JSON to the words of care.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use fuyou_expr::{Type, Value, parse_value};
use fuyou_kernel::{Date, DayNumber, Localized, Timestamp};
use fuyou_pack::input::read_input;
use fuyou_pack::model::{Field, FormIx};
use fuyou_pack::record::Draft;
use fuyou_pack::{Form, Program};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::registry::Profession;

fn parsed<'a, D: Deserializer<'a>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    let text = Cow::<str>::deserialize(from)?;
    text.parse()
        .map_err(|err| D::Error::custom(format_args!("`{text}`: {err}")))
}

fn parsed_option<'a, D: Deserializer<'a>, T: FromStr<Err: Display>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let text = Option::<Cow<str>>::deserialize(from)?;
    text.map(|text| {
        text.parse()
            .map_err(|err| D::Error::custom(format_args!("`{text}`: {err}")))
    })
    .transpose()
}

/// What every line says first: enough to put it with others of its subject.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    pub id: Option<Uuid>,
    pub subject: Option<Uuid>,
}

/// An organization.
#[derive(Deserialize)]
pub(super) struct OrganizationLine {
    pub code: String,
    #[serde(default)]
    pub parent: Option<String>,
    pub level: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    #[serde(default)]
    pub population: Option<i64>,
    #[serde(default)]
    pub grade: Option<String>,
    #[serde(default)]
    pub midwifery: bool,
    #[serde(default)]
    pub rescue_centre: bool,
}

/// A staff member.
#[derive(Deserialize)]
pub(super) struct StaffLine {
    pub code: String,
    pub org: String,
    pub name: String,
    #[serde(default)]
    pub title: String,
    #[serde(default, deserialize_with = "parsed_option")]
    pub profession: Option<Profession>,
    #[serde(default, deserialize_with = "parsed_option")]
    pub from_on: Option<Date>,
}

/// A person.
#[derive(Deserialize)]
pub(super) struct PersonLine {
    pub id: Uuid,
    pub name: String,
    #[serde(default)]
    pub sex: Option<String>,
    #[serde(deserialize_with = "parsed")]
    pub birth_on: Date,
    #[serde(default)]
    pub id_no: Option<String>,
    #[serde(default)]
    pub phone: Option<String>,
    pub residence: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub household: Option<String>,
    #[serde(default)]
    pub population: Option<String>,
}

/// An enrollment.
#[derive(Deserialize)]
pub(super) struct EnrollmentLine {
    pub id: Uuid,
    pub program: String,
    pub org: String,
}

/// A filled form.
#[derive(Deserialize)]
pub(super) struct RecordLine<'a> {
    pub enrollment: Uuid,
    pub id: Uuid,
    pub form: String,
    #[serde(deserialize_with = "parsed")]
    pub occurred_on: Date,
    #[serde(deserialize_with = "parsed")]
    pub recorded_at: Timestamp,
    pub org: String,
    #[serde(borrow)]
    pub values: HashMap<Cow<'a, str>, &'a RawValue>,
    #[serde(default)]
    pub reason: Option<String>,
}

/// A hand-over as far as it has gone.
#[derive(Deserialize)]
pub(super) struct ReferralLine {
    pub enrollment: Uuid,
    pub id: Uuid,
    #[serde(rename = "type")]
    pub kind: String,
    pub from: String,
    pub to: String,
    #[serde(deserialize_with = "parsed")]
    pub sent_at: Timestamp,
    #[serde(default, deserialize_with = "parsed_option")]
    pub arrived_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "parsed_option")]
    pub feedback_at: Option<Timestamp>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub feedback: Option<String>,
    /// The sender looked after her again, and nothing is left to do.
    #[serde(default, deserialize_with = "parsed_option")]
    pub followed_up_at: Option<Timestamp>,
    #[serde(default)]
    pub follow_up: Option<String>,
}

/// A task marked done.
#[derive(Deserialize)]
pub(super) struct DoneLine {
    pub enrollment: Uuid,
    pub key: String,
    #[serde(deserialize_with = "parsed")]
    pub at: Timestamp,
}

/// The draft that a record line says, or why it says none.
pub(super) fn draft(
    program: &Program,
    form_ix: FormIx,
    line: &RecordLine<'_>,
) -> Result<Draft, Localized> {
    let form = program.form(form_ix);
    let mut draft = Draft::new(program, form_ix);
    draft.occurred_on = Some(DayNumber::from(line.occurred_on));
    for (id, raw) in &line.values {
        match form.field(id) {
            Some(ix) => draft.values[ix.get()] = value(&form.fields[ix.get()], raw)?,
            None => group(form, id, raw, &mut draft)?,
        }
    }
    Ok(draft)
}

fn group(form: &Form, id: &str, raw: &RawValue, draft: &mut Draft) -> Result<(), Localized> {
    let unknown = |id: &str| {
        Localized::new(
            format!("表单没有“{id}”这一项"),
            format!("the form has no field `{id}`"),
        )
    };
    let ix = form.group(id).ok_or_else(|| unknown(id))?;
    let group = &form.groups[ix.get()];
    let rows: Vec<HashMap<Cow<'_, str>, &RawValue>> =
        serde_json::from_str(raw.get()).map_err(|_| {
            Localized::new(
                format!("“{id}”应是一组行"),
                format!("`{id}` must be a list of rows"),
            )
        })?;
    for row in rows {
        let mut values = vec![Value::Null; group.fields.len()];
        for (id, raw) in &row {
            let at = group
                .fields
                .iter()
                .position(|field| *field.id == **id)
                .ok_or_else(|| unknown(id))?;
            values[at] = value(&group.fields[at], raw)?;
        }
        draft.groups[ix.get()].push(values);
    }
    Ok(())
}

/// A value as people write it: exact where it is canonical, forgiving otherwise.
fn value(field: &Field, raw: &RawValue) -> Result<Value, Localized> {
    let text = raw.get();
    let wrong = || {
        let label = &field.label;
        Localized::new(
            format!("“{}”的值 {text} 读不懂", label.zh),
            format!("{}: {text} cannot be read", label.en),
        )
    };
    match text.as_bytes().first() {
        Some(b'n') => Ok(Value::Null),
        Some(b'"') => {
            let text: Cow<'_, str> = serde_json::from_str(text).map_err(|_| wrong())?;
            // Free text must not be taken for anything else; the others are tried as they are stored first.
            match &field.ty {
                Type::Codes(_) => read_input(field, &text),
                ty => parse_value(ty, &text).or_else(|_| read_input(field, &text)),
            }
        }
        Some(b'[') => {
            let codes: Vec<Cow<'_, str>> = serde_json::from_str(text).map_err(|_| wrong())?;
            parse_value(&field.ty, &format!("|{}|", codes.join("|"))).map_err(|_| wrong())
        }
        Some(_) => parse_value(&field.ty, text).map_err(|_| wrong()),
        None => Err(wrong()),
    }
}
