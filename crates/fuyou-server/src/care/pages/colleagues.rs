//! Who is named in records: by code in files, by name on every page.

use fuyou_expr::Value;
use fuyou_pack::model::{Field, InputType};
use fuyou_pack::{Form, Pack};

use crate::care::{EnrollmentStory, RecordShown, Shown, TypedText};
use crate::http::{Cx, Error};
use crate::registry::learn_staff;

fn codes<'a>(fields: &'a [Field], values: &'a [Shown]) -> impl Iterator<Item = &'a str> {
    fields
        .iter()
        .zip(values)
        .filter_map(|(field, shown)| match (&field.input, shown) {
            (InputType::Staff, Shown::Value(Value::Text(code))) => Some(&**code),
            _ => None,
        })
}

fn of_record<'a>(form: &'a Form, record: &'a RecordShown) -> impl Iterator<Item = &'a str> {
    let rows = form.groups.iter().zip(&record.groups);
    let rows = rows.flat_map(|(group, rows)| rows.iter().flat_map(|row| codes(&group.fields, row)));
    let earlier = record
        .earlier
        .iter()
        .flat_map(|version| codes(&form.fields, &version.values));
    codes(&form.fields, &record.values)
        .chain(rows)
        .chain(earlier)
}

fn of_all<'a>(pack: &'a Pack, stories: &'a [EnrollmentStory]) -> Vec<&'a str> {
    let records = stories.iter().flat_map(|story| {
        let program = pack.program(story.program);
        let records = story.records.iter();
        records.flat_map(|record| of_record(program.form(record.form), record))
    });
    records.collect()
}

/// Learns who is named in the records of these enrollments.
pub(super) async fn of_stories(
    cx: &Cx,
    pack: &Pack,
    stories: &[EnrollmentStory],
) -> Result<(), Error> {
    Ok(learn_staff(cx, &of_all(pack, stories)).await?)
}

/// Learns who is named by a form that is being filled in: as usual, last time, or as typed.
pub(super) async fn of_form(
    cx: &Cx,
    form: &Form,
    (last, usual): (&[Shown], &[Value]),
    typed: &TypedText,
) -> Result<(), Error> {
    let usual = form.fields.iter().zip(usual);
    let usual = usual.filter_map(|(field, value)| match (&field.input, value) {
        (InputType::Staff, Value::Text(code)) => Some(&**code),
        _ => None,
    });
    let fields = form.fields.iter();
    let typed = fields
        .filter(|field| field.input == InputType::Staff)
        .filter_map(|field| typed.fields.get(&*field.id).map(String::as_str));
    let all: Vec<&str> = codes(&form.fields, last)
        .chain(usual)
        .chain(typed)
        .collect();
    Ok(learn_staff(cx, &all).await?)
}
