//! The work list as a file, to be taken along or handed on.

use axum::http::Uri;
use axum::response::{Redirect, Response};

use super::care_of;
use super::words::Words;
use super::work_web::{WorkQuery, line};
use crate::access::Action;
use crate::care::{Acting, Cursor, WorkFilter, WorkPage};
use crate::exchange::download_web::{Lines, Sending, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Query};
use crate::registry::named;

/// A short list at once.
pub(super) async fn download(
    cx: Cx,
    kind: SheetKind,
    Query(query): Query<WorkQuery>,
) -> Result<Response, Error> {
    table(&cx, kind, &query).await?.answer().await
}

/// A list of any length by a job.
pub(super) async fn begin(
    cx: Cx,
    kind: SheetKind,
    uri: Uri,
    Query(query): Query<WorkQuery>,
) -> Result<Redirect, Error> {
    table(&cx, kind, &query).await?.begin(cx, &uri).await
}

async fn table(cx: &Cx, kind: SheetKind, query: &WorkQuery) -> Result<Table, Error> {
    cx.actor
        .require(Action::ExportData, cx.actor.organization)?;
    let filter = query.filter();
    let first = care_of(cx)?
        .work_list(&Acting::from(cx), &filter, None, 1)
        .await?;
    let total = first.of(filter.kind);
    let mut entry = cx.entry("export", "task");
    entry.detail = serde_json::json!({ "lines": total }).to_string();
    cx.db.note(entry).await?;
    let head = ["when", "who", "where", "risk", "what", "notes"];
    Ok(Table {
        name: format!("{}-{}", cx.t("work-title"), cx.today),
        kind,
        head: head.map(|key| cx.t(&format!("work-{key}"))).into(),
        total,
        lines: Box::new(WorkLines {
            cx: cx.clone(),
            filter,
            after: None,
            is_over: false,
        }),
    })
}

struct WorkLines {
    cx: Cx,
    filter: WorkFilter,
    after: Option<Cursor>,
    is_over: bool,
}

impl Lines for WorkLines {
    async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
        if self.is_over {
            return Ok(None);
        }
        let care = care_of(&self.cx)?;
        let by = Acting::from(&self.cx);
        let page: WorkPage = care
            .work_lines(&by, &self.filter, self.after.as_ref())
            .await?;
        let names = named(&self.cx, page.rows.iter().map(|row| row.subject.uuid())).await??;
        let words = Words {
            cx: &self.cx,
            pack: care.pack(),
        };
        for row in &page.rows {
            let line = line(words, row, names.get(&row.subject.uuid()));
            let risk: Vec<&str> = line.badges.iter().map(|badge| &*badge.words).collect();
            let (risk, notes) = (risk.join(" "), line.notes.join(" · "));
            // A file is sorted and counted with: the day as it is written, where there is one.
            let when = match line.when.iso.is_empty() {
                true => &line.when.words,
                false => &line.when.iso,
            };
            sheet.texts([
                &**when,
                &line.name,
                &line.residence,
                &risk,
                &line.title,
                &notes,
            ])?;
        }
        self.is_over = page.next.is_none();
        self.after = page.next;
        Ok(Some(page.rows.len() as u64))
    }
}
