//! A list as a file, and as the paper register.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};

use super::care_of;
use super::list_query::ListQuery;
use super::list_view::{Dates, HeadView, LineView, Looks, keys, names_of, place_of};
use super::words::Words;
use crate::access::Action;
use crate::care::{Acting, ListFilter, ListPage as Page};
use crate::exchange::download_web::{Lines, Sending, download as send};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error};
use crate::ui::{Frame, html};

/// Lines on paper: some 40 sheets. Longer registers are taken out as files.
const PAPER_LINES_MAX: usize = 1_000;

/// The first lines of a list that is taken out, by right and noted in the audit.
async fn taken_out(
    cx: &Cx,
    (program_id, list_id): (&str, &str),
    query: &ListQuery,
) -> Result<(ListFilter, Page), Error> {
    let care = care_of(cx)?;
    let program = care
        .pack()
        .program(care.pack().program_ix(program_id).ok_or(Error::NotFound)?);
    let filter = query.filter(program)?;
    let place = filter.organization.unwrap_or(cx.actor.organization);
    cx.actor.require(Action::ExportData, place)?;
    let first = care
        .list_in_bulk(&Acting::from(cx), (program_id, list_id), &filter, None)
        .await?;
    let mut entry = cx.entry("export", "list");
    entry.detail = serde_json::json!({ "list": list_id, "lines": first.total }).to_string();
    cx.db.note(entry).await?;
    Ok((filter, first))
}

/// A whole list as CSV or XLSX. Taking it out is audited with the list's name and the number of lines.
pub(super) async fn download(
    cx: Cx,
    Path((program_id, list_id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let query = ListQuery::read(pairs);
    let kind = SheetKind::of_ending(&query.format).ok_or(Error::NotFound)?;
    let (filter, first) = taken_out(&cx, (&program_id, &list_id), &query).await?;
    let lines = ListLines {
        program_id,
        list_id,
        filter,
        query,
        cx,
    };
    let head = lines.with(&first, |looks| {
        let mut head = vec![looks.words.t(keys(looks.program).name)];
        if looks.shows_residence() {
            head.push(looks.words.t(keys(looks.program).place));
        }
        head.extend(looks.heads("").into_iter().map(|head| head.title));
        head
    })?;
    let stem = format!("{}-{}", lines.list_id, lines.cx.today);
    send(&stem, kind, &head, lines, first)
}

/// The lines of a list that is being taken out. Every cell is text: what is shown on the page is what stands in the file.
struct ListLines {
    cx: Cx,
    program_id: String,
    list_id: String,
    filter: ListFilter,
    query: ListQuery,
}

impl ListLines {
    fn with<T>(&self, page: &Page, look: impl FnOnce(&Looks<'_>) -> T) -> Result<T, Error> {
        let pack = care_of(&self.cx)?.pack();
        let program = pack.program(pack.program_ix(&self.program_id).ok_or(Error::NotFound)?);
        Ok(look(&Looks {
            words: Words { cx: &self.cx, pack },
            program,
            page,
            query: &self.query,
            dates: Dates::Written,
        }))
    }

    async fn after(&self, page: &Page) -> Result<Option<Page>, Error> {
        let Some(after) = &page.next else {
            return Ok(None);
        };
        let names = (self.program_id.as_str(), self.list_id.as_str());
        let acting = Acting::from(&self.cx);
        let next = care_of(&self.cx)?.list_in_bulk(&acting, names, &self.filter, Some(after));
        Ok(Some(next.await?))
    }
}

impl Lines for ListLines {
    type Page = Page;

    async fn write(&self, page: Page, sheet: &mut Sending) -> Result<Option<Page>, Error> {
        let persons = names_of(&self.cx, &page).await?;
        self.with(&page, |looks| {
            for row in &page.rows {
                let line = looks.line(row, &persons, &HashMap::new());
                let residence = looks.shows_residence().then_some(line.residence.as_str());
                let cells = line.cells.iter().map(|(text, _)| text.as_str());
                let who = std::iter::once(line.name.as_str()).chain(residence);
                sheet.texts(who.chain(cells))?;
            }
            Ok::<(), Error>(())
        })??;
        self.after(&page).await
    }
}

#[derive(Template)]
#[template(path = "care/pages/list_paper.html")]
struct PaperPage {
    frame: Frame,
    cx: Cx,
    place: String,
    name_head: String,
    place_head: String,
    total_words: String,
    on: String,
    total: i64,
    totals: Vec<String>,
    shows_residence: bool,
    heads: Vec<HeadView>,
    lines: Vec<LineView>,
    is_cut: bool,
    back: String,
}

/// The list as the paper register: every line numbered, to be printed and signed.
pub(super) async fn paper(
    cx: Cx,
    Path((program_id, list_id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let query = ListQuery::read(pairs);
    let (filter, first) = taken_out(&cx, (&program_id, &list_id), &query).await?;
    let place = place_of(&cx, &query).parse().map_err(|_| Error::NotFound)?;
    let base = format!("/lists/{program_id}/{list_id}");
    let source = ListLines {
        program_id,
        list_id,
        filter,
        query,
        cx: cx.clone(),
    };
    let mut lines = Vec::new();
    let mut page = Some(first.clone());
    while let Some(read) = page.filter(|_| lines.len() < PAPER_LINES_MAX) {
        let persons = names_of(&cx, &read).await?;
        let none = HashMap::new();
        let more = source.with(&read, |looks| {
            let rows = read.rows.iter();
            let more: Vec<LineView> = rows.map(|row| looks.line(row, &persons, &none)).collect();
            more
        })?;
        lines.extend(more);
        page = source.after(&read).await?;
    }
    lines.truncate(PAPER_LINES_MAX);
    let title = source.with(&first, |looks| looks.words.of(&looks.page.title))?;
    let (name_head, place_head, total_words) = source.with(&first, |looks| {
        let (words, keys) = (looks.words, keys(looks.program));
        let total = words.t1(keys.total, "count", first.total);
        (words.t(keys.name), words.t(keys.place), total)
    })?;
    let (heads, totals, shows_residence) = source.with(&first, |looks| {
        (looks.heads(""), looks.totals(), looks.shows_residence())
    })?;
    let view = PaperPage {
        frame: Frame::new(&cx, "menu-lists").titled(title),
        place: cx.actor.tree.name(place).to_owned(),
        on: cx.today.to_string(),
        total: first.total,
        name_head,
        place_head,
        total_words,
        totals,
        shows_residence,
        heads,
        is_cut: usize::try_from(first.total).is_ok_and(|total| total > lines.len()),
        lines,
        back: source.query.address(&base, &source.query.sort),
        cx,
    };
    Ok(html(&view)?.into_response())
}
