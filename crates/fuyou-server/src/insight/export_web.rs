//! The persons behind a cell as a file.

use axum::extract::{Path, Query};
use axum::response::Response;

use super::persons::{Behind, Cursor, Group, persons};
use super::persons_web::{PersonLine, person_lines};
use super::web::{Place, file, pack_of};
use crate::access::Action;
use crate::db::Entry;
use crate::http::{Cx, Error};

/// Enrollments read in one statement.
const BATCH: usize = 500;
/// A file has at most so many lines; more are an error, never a cut list.
const LINES_MAX: i64 = 200_000;

/// Notes that somebody has opened or taken out persons. The entry names the figure, not the persons.
pub(super) async fn note(
    cx: &Cx,
    action: &'static str,
    id: &str,
    behind: &Behind,
    lines: usize,
) -> Result<(), Error> {
    let detail = serde_json::json!({
        "indicator": id,
        "node": cx.actor.tree.get(behind.node).map(|node| node.code.as_str()),
        "period": behind.period.to_string(),
        "group": behind.group.word(),
        "lines": lines,
    });
    cx.db
        .note(Entry {
            detail: detail.to_string(),
            ..cx.entry(action, "indicator")
        })
        .await?;
    Ok(())
}

/// The whole group as CSV or XLSX, for those who may export.
pub(super) async fn download(
    cx: Cx,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Error> {
    let (pack, node, period) = (pack_of(&cx)?, place.node(&cx)?, place.period(&cx)?);
    cx.actor.require(Action::ExportData, node.id)?;
    let indicator = pack.indicator_ix(&id).ok_or(Error::NotFound)?;
    let group = Group::of_word(&place.group).ok_or(Error::NotFound)?;
    let behind = Behind {
        indicator,
        node: node.id,
        period,
        group,
    };
    let mut lines: Vec<PersonLine> = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = persons(&cx.db, pack, &cx.actor, &behind, after.as_ref(), BATCH).await?;
        if page.total > LINES_MAX {
            return Err(Error::TooLarge);
        }
        lines.extend(person_lines(&cx, &page.lines).await?);
        match page.next {
            Some(cursor) => after = Some(cursor),
            None => break,
        }
    }
    note(&cx, "export", &id, &behind, lines.len()).await?;
    let head = ["name", "residence", "organization", "on", "adds", "phone"]
        .map(|column| cx.t(&format!("insight-column-{column}")));
    let name = format!("{id}-{}-{period}-{}", node.code, group.word());
    match place.format.as_str() {
        "csv" => Ok(file(
            &format!("{name}.csv"),
            "text/csv; charset=utf-8",
            csv(&head, &lines)?,
        )),
        "xlsx" => Ok(file(
            &format!("{name}.xlsx"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            xlsx(&head, &lines)?,
        )),
        _ => Err(Error::NotFound),
    }
}

fn row(line: &PersonLine) -> [String; 6] {
    let text = [&line.name, &line.residence, &line.organization, &line.on].map(|text| tame(text));
    let [name, residence, organization, on] = text;
    [
        name,
        residence,
        organization,
        on,
        line.adds.to_string(),
        line.phone.clone(),
    ]
}

/// A name that begins like a formula must not become one when the file is opened.
fn tame(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn csv(head: &[String], lines: &[PersonLine]) -> Result<Vec<u8>, Error> {
    // Spreadsheet programs take a file without this mark for their local encoding.
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let internal = |err: csv::Error| Error::Internal(err.into());
    writer.write_record(head).map_err(internal)?;
    for line in lines {
        writer.write_record(row(line)).map_err(internal)?;
    }
    writer
        .into_inner()
        .map_err(|err| Error::Internal(Box::new(err.into_error())))
}

fn xlsx(head: &[String], lines: &[PersonLine]) -> Result<Vec<u8>, Error> {
    let internal = |err: rust_xlsxwriter::XlsxError| Error::Internal(err.into());
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book
        .add_worksheet_with_constant_memory()
        .map_err(internal)?;
    let bold = rust_xlsxwriter::Format::new().set_bold();
    for (column, title) in (0u16..).zip(head) {
        sheet
            .write_string_with_format(0, column, title, &bold)
            .map_err(internal)?;
    }
    for (at, line) in (1u32..).zip(lines) {
        for (column, text) in (0u16..).zip(row(line)) {
            if column == 4 {
                // An Excel number is binary; counts of births are far below its limits.
                sheet
                    .write_number(at, column, line.adds as f64)
                    .map_err(internal)?;
            } else {
                sheet.write_string(at, column, text).map_err(internal)?;
            }
        }
    }
    book.save_to_buffer().map_err(internal)
}
