//! The pages of a file of organizations: the template, what becomes of each row, and storing them.

use askama::Template;
use axum::extract::Multipart;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use fuyou_kernel::Localized;
use serde::Deserialize;

use super::place_file;
use super::place_import::{Column, ImportRow, Verdict, import, judged};
use crate::access::Action;
use crate::exchange::sheet::{Sheet, SheetKind, Value};
use crate::http::{Access, Cx, Error, Form, Route};
use crate::ui::{Frame, html};

/// A file of some thousand organizations has less than a megabyte; its rows come back with the form.
const FILE_BYTES_MAX: usize = 8 << 20;

/// Routes of the import.
pub(super) fn routes() -> Vec<Route> {
    let keep = Access::Needs(Action::ManageOrganizations);
    vec![
        Route::get("/organizations/import", keep, show),
        Route::get("/organizations/file", keep, template),
        Route::post("/organizations/checked", keep, check).with_body_bytes_max(FILE_BYTES_MAX),
        Route::post("/organizations/imported", keep, store).with_body_bytes_max(FILE_BYTES_MAX),
    ]
}

struct RowView {
    line: usize,
    code: String,
    name: String,
    /// Key of the word for what becomes of it, and the class of its badge.
    word: &'static str,
    class: &'static str,
    why: String,
}

#[derive(Template)]
#[template(path = "registry/place_import.html")]
struct ImportPage {
    frame: Frame,
    message: Option<String>,
    /// What the rows would do, or have done.
    rows: Vec<RowView>,
    counts: Vec<(&'static str, &'static str, usize)>,
    /// The rows for the form that stores them; empty when they cannot be stored.
    sent: String,
    is_stored: bool,
}

fn page(cx: &Cx) -> ImportPage {
    ImportPage {
        frame: Frame::new(cx, "place-import"),
        message: None,
        rows: Vec::new(),
        counts: Vec::new(),
        sent: String::new(),
        is_stored: false,
    }
}

async fn show(cx: Cx) -> Result<Response, Error> {
    Ok(html(&page(&cx))?.into_response())
}

/// The actor's part of the tree as a file: to be changed, added to, and sent back.
async fn template(cx: Cx, kind: SheetKind) -> Result<Response, Error> {
    cx.actor
        .require(Action::ManageOrganizations, cx.actor.organization)?;
    let head: Vec<String> = Column::ALL
        .iter()
        .map(|column| cx.t(column.key()))
        .collect();
    let mut sheet = Sheet::begin(kind, Vec::new(), &head)?;
    let tree = &cx.actor.tree;
    for one in tree.subtree(cx.actor.organization) {
        let parent = one.parent_id.and_then(|id| tree.get(id));
        let yes = |is: bool| cx.t(if is { "place-yes" } else { "place-no" });
        let kind = one.kind.word().replace('_', "-");
        let cells = [
            one.code.clone(),
            parent.map_or_else(String::new, |parent| parent.code.clone()),
            one.name.clone(),
            cx.t(&format!("level-{}", one.level.word())),
            cx.t(&format!("kind-{kind}")),
            yes(one.has_midwifery_licence),
            yes(one.is_rescue_centre),
            one.hospital_grade.clone().unwrap_or_default(),
            one.population
                .map_or_else(String::new, |count| count.to_string()),
        ];
        sheet.line(cells.iter().map(|cell| Value::Text(cell)))?;
    }
    let bytes = sheet.finish()?;
    let headers = [
        (CONTENT_TYPE, kind.media_type().to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"organizations.{}\"", kind.ending()),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// Judges every row of a file; nothing is stored.
async fn check(cx: Cx, mut parts: Multipart) -> Result<Response, Error> {
    let broken = |_| {
        Error::Rejected(Localized::new(
            "文件没有传完,请重试",
            "the file did not arrive whole: try again",
        ))
    };
    let mut bytes = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        if part.name() == Some("file") {
            bytes = part.bytes().await.map_err(broken)?.to_vec();
        }
    }
    let rows = match place_file::read(&bytes) {
        Ok(rows) => rows,
        Err(why) => {
            let refused = ImportPage {
                message: Some(why.get(cx.language).to_owned()),
                ..page(&cx)
            };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&refused)?).into_response());
        }
    };
    let verdicts = judged(&cx, &rows)?;
    answer(&cx, &rows, &verdicts, Stage::Checked)
}

#[derive(Deserialize)]
struct RowsForm {
    rows: String,
}

/// Stores the rows that were checked, all or none.
async fn store(cx: Cx, Form(form): Form<RowsForm>) -> Result<Response, Error> {
    let unread = |_| {
        Error::Rejected(Localized::new(
            "提交的内容无法识别，请重新上传文件",
            "what was sent is not understood: send the file again",
        ))
    };
    let rows: Vec<ImportRow> = serde_json::from_str(&form.rows).map_err(unread)?;
    if rows.len() > place_file::ROWS_MAX {
        return Err(Error::TooLarge);
    }
    let verdicts = import(&cx, &rows).await?;
    answer(&cx, &rows, &verdicts, Stage::Stored)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Checked,
    Stored,
}

fn answer(
    cx: &Cx,
    rows: &[ImportRow],
    verdicts: &[Verdict],
    stage: Stage,
) -> Result<Response, Error> {
    let view = |(row, verdict): (&ImportRow, &Verdict)| {
        let (word, class) = match verdict {
            Verdict::New => ("place-row-new", "met"),
            Verdict::Changed => ("place-row-changed", "on-course"),
            Verdict::Same => ("place-row-same", "unknown"),
            Verdict::Refused(_) => ("place-row-refused", "behind"),
        };
        RowView {
            line: row.line,
            code: row.code.clone(),
            name: row.name.clone(),
            word,
            class,
            why: match verdict {
                Verdict::Refused(why) => why.get(cx.language).to_owned(),
                Verdict::New | Verdict::Changed | Verdict::Same => String::new(),
            },
        }
    };
    let mut views: Vec<RowView> = rows.iter().zip(verdicts).map(view).collect();
    let count = |word: &str| views.iter().filter(|row| row.word == word).count();
    let counts = [
        ("place-row-new", "met"),
        ("place-row-changed", "on-course"),
        ("place-row-same", "unknown"),
        ("place-row-refused", "behind"),
    ];
    let counts = counts.map(|(word, class)| (word, class, count(word)));
    let is_sound = counts[3].2 == 0;
    let does_something = counts[0].2 + counts[1].2 > 0;
    // What cannot be stored stands on top.
    views.sort_by_key(|row| row.why.is_empty());
    let sent = match stage == Stage::Checked && is_sound && does_something {
        true => serde_json::to_string(rows).map_err(|err| Error::Internal(err.into()))?,
        false => String::new(),
    };
    let page = ImportPage {
        rows: views,
        counts: counts.into(),
        sent,
        is_stored: stage == Stage::Stored && is_sound,
        ..page(cx)
    };
    let status = match is_sound {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((status, html(&page)?).into_response())
}
