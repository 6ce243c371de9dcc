//! The referral desk as a file.

use axum::http::Uri;
use axum::response::{Redirect, Response};
use fuyou_kernel::Id;

use super::web::{DeskQuery, LineView, line, span_word};
use super::{DeskFilter, DeskPage, Side, Span, desk};
use crate::access::Action;
use crate::care::{Acting, Care};
use crate::exchange::download_web::{Files, Lines, Sending, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Query};
use crate::registry::listed;

/// Referrals read at once.
const BATCH: u32 = 200;

/// A short desk at once.
pub(super) async fn download(
    cx: Cx,
    kind: SheetKind,
    Query(query): Query<DeskQuery>,
) -> Result<Response, Error> {
    table(&cx, kind, &query).await?.answer().await
}

/// A desk of any length by a job.
pub(super) async fn begin(
    cx: Cx,
    kind: SheetKind,
    uri: Uri,
    Query(query): Query<DeskQuery>,
) -> Result<Redirect, Error> {
    table(&cx, kind, &query).await?.begin(cx, &uri).await
}

/// How many referrals a part of the desk has; 0 when nobody counts them.
fn total(page: &DeskPage, span: Span) -> i64 {
    let mut counts = Side::ALL.into_iter().zip(page.counts);
    let found = counts.find(|(side, _)| *side == page.side);
    let count = found.map(|(_, count)| count).unwrap_or_default();
    match span {
        Span::Running => count.running,
        Span::Older => count.older,
        Span::All => 0,
    }
}

/// The files of a part of the desk; `first` is the address of the page.
pub(super) fn files(cx: &Cx, first: &str, page: &DeskPage, span: Span) -> Files {
    let address = first.replacen("/referrals", "/referrals/file", 1);
    if !cx.actor.may(Action::ExportData) || page.rows.is_empty() {
        return Files::none();
    }
    match span {
        Span::All => Files::uncounted(&address),
        Span::Running | Span::Older => Files::of(&address, total(page, span)),
    }
}

async fn table(cx: &Cx, kind: SheetKind, query: &DeskQuery) -> Result<Table, Error> {
    cx.actor
        .require(Action::ExportData, cx.actor.organization)?;
    let care = cx.app.care().ok_or(Error::NotFound)?;
    let filter = query.filter();
    let by = Acting::from(cx);
    let first = desk(care, &by, &filter, None, BATCH).await?;
    let total = total(&first, filter.span);
    let mut entry = cx.entry("export", "referral");
    entry.detail = serde_json::json!({ "lines": total }).to_string();
    cx.db.note(entry).await?;
    let head = [
        "referral-who",
        "referral-residence",
        "referral-kind",
        "referral-from",
        "referral-to",
        "referral-reason",
        "referral-sent-at",
        "referral-state",
        "referral-clock",
        "referral-next-by",
        "referral-note",
    ];
    let span = cx.t(&format!("referral-{}", span_word(filter.span)));
    Ok(Table {
        name: format!("{}-{span}-{}", cx.t("menu-referrals"), cx.today),
        kind,
        head: head.map(|key| cx.t(key)).into(),
        total,
        lines: Box::new(DeskLines {
            cx: cx.clone(),
            care: care.clone(),
            filter,
            waiting: Some(first),
        }),
    })
}

struct DeskLines {
    cx: Cx,
    care: Care,
    filter: DeskFilter,
    /// Referrals that were read but not written.
    waiting: Option<DeskPage>,
}

impl Lines for DeskLines {
    async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
        let Some(page) = self.waiting.take() else {
            return Ok(None);
        };
        let subjects = page
            .rows
            .iter()
            .map(|row| Id::from_uuid(row.subject.uuid()));
        let names = listed(&self.cx, &subjects.collect::<Vec<_>>()).await??;
        for row in &page.rows {
            let found = names.get(&Id::from_uuid(row.subject.uuid()));
            let line: LineView = line(&self.cx, self.care.pack(), (row, None), found);
            let (awaited, by) = line
                .clock
                .map(|clock| (clock.awaited, clock.by.iso))
                .unwrap_or_default();
            let notes = line.notes.join(" · ");
            sheet.texts([
                &*line.name,
                &line.residence,
                &line.kind,
                &line.from,
                &line.to,
                &line.reason,
                &line.sent.iso,
                &line.state,
                &awaited,
                &by,
                &notes,
            ])?;
        }
        if page.next.is_some() {
            let (by, after) = (Acting::from(&self.cx), page.next.as_ref());
            self.waiting = Some(desk(&self.care, &by, &self.filter, after, BATCH).await?);
        }
        Ok(Some(page.rows.len() as u64))
    }
}
