//! What a user takes along where there is no network: the work that is due this week, and where its pages are. The
//! browser fetches those pages as the user does, by the same right and into the same audit, and seals them.

use axum::response::Json;
use fuyou_kernel::Secrecy;
use serde::Serialize;

use super::care_of;
use super::words::Words;
use super::work_web::{LineView, line};
use crate::access::Action;
use crate::care::{Acting, WorkFilter};
use crate::http::{Cx, Error};
use crate::registry::named;

/// Lines taken along at most: a week of a village, and what a browser fetches in a minute.
const LINES_MAX: u32 = 60;
/// What is due within so many days is this week's work.
const WEEK_DAYS: i32 = 7;

/// The work to be taken along.
#[derive(Serialize)]
pub(super) struct Ahead {
    /// Whether the organization lets its people take work along. Without it the browser drops what it has.
    allowed: bool,
    /// Whether the pages of persons may be kept: not of those who may read infection findings.
    pages: bool,
    lines: Vec<AheadLine>,
}

/// One task, in the reader's words.
#[derive(Serialize)]
struct AheadLine {
    name: String,
    about: String,
    title: String,
    when: String,
    state: &'static str,
    home: String,
    form: Option<String>,
}

/// The work of this week, the most urgent first. Noted in the audit with its number of lines.
pub(super) async fn ahead(cx: Cx) -> Result<Json<Ahead>, Error> {
    let care = care_of(&cx)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    cx.actor.require_anywhere(Action::RecordCare)?;
    if cx.actor.tree.ahead_off_by(cx.actor.organization).is_some() {
        return Ok(Json(Ahead {
            allowed: false,
            pages: false,
            lines: Vec::new(),
        }));
    }
    let filter = WorkFilter::default();
    let page = care
        .work_list(&Acting::from(&cx), &filter, None, LINES_MAX)
        .await?;
    let due = page.rows.iter().filter(|row| row.late_days >= -WEEK_DAYS);
    let due: Vec<_> = due.collect();
    let names = named(&cx, due.iter().map(|row| row.subject.uuid())).await??;
    let lines: Vec<AheadLine> = due
        .into_iter()
        .map(|row| line(words, row, names.get(&row.subject.uuid())))
        .map(AheadLine::from)
        .collect();
    let mut entry = cx.entry("take_along", "task");
    entry.detail = serde_json::json!({ "lines": lines.len() }).to_string();
    cx.db.note(entry).await?;
    let pages = cx.actor.secrecy_max() < Secrecy::Infection;
    Ok(Json(Ahead {
        allowed: true,
        pages,
        lines,
    }))
}

impl From<LineView> for AheadLine {
    fn from(line: LineView) -> Self {
        AheadLine {
            about: format!("{} {}", line.age, line.residence).trim().to_owned(),
            name: line.name,
            title: line.title,
            when: line.when.words,
            state: line.state,
            home: line.href,
            form: line.act,
        }
    }
}
