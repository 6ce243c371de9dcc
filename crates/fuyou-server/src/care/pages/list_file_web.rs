//! A list as a file, and as the paper register.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};

use super::care_of;
use super::list_condition::{Asked, Chip, Conditions, conditions, settled};
use super::list_query::ListQuery;
use super::list_view::{
    Dates, HeadView, LineView, Looks, keys, learn_colleagues, names_of, place_of,
};
use super::words::Words;
use crate::access::Action;
use crate::care::{Acting, ListFilter, ListHead, ListPage as Page, ListWalk, noted};
use crate::exchange::download_web::{Lines, Sending, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Query};
use crate::ui::{Frame, html};

/// Lines on paper: some 40 sheets. Longer registers are taken out as files.
const PAPER_LINES_MAX: u32 = 1_000;
/// Whoever signs, signs below so many lines and not on a sheet without any.
const SIGNED_LINES: usize = 3;

/// What is taken out: the question, by right, and all columns that the reader can choose.
fn allowed(
    cx: &Cx,
    (program_id, list_id): (&str, &str),
    pairs: Vec<(String, String)>,
) -> Result<(ListQuery, ListFilter, Vec<ListHead>), Error> {
    let care = care_of(cx)?;
    let pack = care.pack();
    let program = pack.program(pack.program_ix(program_id).ok_or(Error::NotFound)?);
    let heads = care.list_columns(&Acting::from(cx), (program_id, list_id))?;
    let query = settled(ListQuery::read(pairs), &heads);
    let only = conditions(&query, &heads, cx.actor.secrecy_max()).whole()?;
    let filter = query.filter(program, only)?;
    let place = filter.organization.unwrap_or(cx.actor.organization);
    cx.actor.require(Action::ExportData, place)?;
    Ok((query, filter, heads))
}

/// Writes down that a list was taken out.
async fn note(cx: &Cx, list_id: &str, filter: &ListFilter, lines: i64) -> Result<(), Error> {
    let mut entry = cx.entry("export", "list");
    let lines = usize::try_from(lines).unwrap_or_default();
    entry.detail = noted(list_id, filter, lines).to_string();
    Ok(cx.db.note(entry).await?)
}

/// A short list as CSV or XLSX.
pub(super) async fn download(
    cx: Cx,
    kind: SheetKind,
    Path(names): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    table(&cx, kind, names, pairs).await?.answer().await
}

/// Begins to write a list of any length into a file; the page of the job shows how far it is.
pub(super) async fn begin(
    cx: Cx,
    kind: SheetKind,
    Path(names): Path<(String, String)>,
    uri: Uri,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Redirect, Error> {
    table(&cx, kind, names, pairs).await?.begin(cx, &uri).await
}

async fn table(
    cx: &Cx,
    kind: SheetKind,
    (program_id, list_id): (String, String),
    pairs: Vec<(String, String)>,
) -> Result<Table, Error> {
    let (query, filter, _) = allowed(cx, (&program_id, &list_id), pairs)?;
    let by = Acting::from(cx);
    let (page, walk) = care_of(cx)?
        .walk_list(&by, (&program_id, &list_id), &filter)
        .await?;
    note(cx, &list_id, &filter, page.total).await?;
    let lines = ListLines {
        cx: cx.clone(),
        program_id,
        query,
        page,
        walk,
    };
    let (title, head) = lines.with(|looks| {
        let mut head = vec![looks.words.t(keys(looks.program).name)];
        if looks.shows_residence() {
            head.push(looks.words.t(keys(looks.program).place));
        }
        head.extend(looks.heads("").into_iter().map(|head| head.title));
        (looks.words.of(&looks.page.title), head)
    })?;
    Ok(Table {
        name: format!("{title}-{}", cx.today),
        kind,
        head,
        total: lines.page.total,
        lines: Box::new(lines),
    })
}

/// The lines of a list that is being taken out. Every cell is text: what is shown on the page is what stands in the file.
struct ListLines {
    cx: Cx,
    program_id: String,
    query: ListQuery,
    /// The list without its lines.
    page: Page,
    walk: ListWalk,
}

impl ListLines {
    fn with<T>(&self, look: impl FnOnce(&Looks<'_>) -> T) -> Result<T, Error> {
        let pack = care_of(&self.cx)?.pack();
        let program = pack.program(pack.program_ix(&self.program_id).ok_or(Error::NotFound)?);
        Ok(look(&Looks {
            words: Words { cx: &self.cx, pack },
            program,
            page: &self.page,
            query: &self.query,
            dates: Dates::Written,
        }))
    }
}

impl Lines for ListLines {
    async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
        let Some(rows) = self.walk.next().await? else {
            return Ok(None);
        };
        let persons = names_of(&self.cx, &rows).await?;
        learn_colleagues(&self.cx, &self.page.columns, &rows).await?;
        self.with(|looks| {
            for row in &rows {
                let line = looks.line(row, &persons, &HashMap::new());
                let residence = looks.shows_residence().then_some(line.residence.as_str());
                let cells = line.cells.iter().map(|(text, _)| text.as_str());
                let who = std::iter::once(line.name.as_str()).chain(residence);
                sheet.texts(who.chain(cells))?;
            }
            Ok(Some(rows.len() as u64))
        })?
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
    /// The first of the lines that stand on one sheet with the sums and with who signs.
    last_from: usize,
    /// Which lines of the register are on this paper.
    conditions: Vec<Chip>,
    is_cut: bool,
    back: String,
}

/// The list as the paper register: every line numbered, to be printed and signed.
pub(super) async fn paper(
    cx: Cx,
    Path((program_id, list_id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let (query, filter, heads) = allowed(&cx, (&program_id, &list_id), pairs)?;
    let care = care_of(&cx)?;
    let names = (program_id.as_str(), list_id.as_str());
    let page = care
        .list(&Acting::from(&cx), names, &filter, None, PAPER_LINES_MAX)
        .await?;
    note(&cx, &list_id, &filter, page.total).await?;
    let persons = names_of(&cx, &page.rows).await?;
    learn_colleagues(&cx, &page.columns, &page.rows).await?;
    let pack = care.pack();
    let looks = Looks {
        words: Words { cx: &cx, pack },
        program: pack.program(page.program),
        page: &page,
        query: &query,
        dates: Dates::Written,
    };
    let (none, rows) = (HashMap::new(), page.rows.iter());
    let lines: Vec<LineView> = rows.map(|row| looks.line(row, &persons, &none)).collect();
    let place = place_of(&cx, &query).parse().map_err(|_| Error::NotFound)?;
    let keys = keys(looks.program);
    let base = format!("/lists/{program_id}/{list_id}");
    let view = PaperPage {
        frame: Frame::new(&cx, "menu-lists").titled(looks.words.of(&page.title)),
        place: cx.actor.tree.name(place).to_owned(),
        on: cx.today.to_string(),
        total: page.total,
        name_head: looks.words.t(keys.name),
        place_head: looks.words.t(keys.place),
        total_words: looks.words.t1(keys.total, "count", page.total),
        totals: looks.totals(),
        shows_residence: looks.shows_residence(),
        heads: looks.heads(""),
        conditions: {
            let asked = Asked {
                words: looks.words,
                program: looks.program,
                query: &query,
                heads: &heads,
            };
            let wrong = Vec::new();
            let only = filter.only.clone();
            asked.chips(&base, &Conditions { only, wrong })
        },
        is_cut: usize::try_from(page.total).is_ok_and(|total| total > lines.len()),
        last_from: lines.len().saturating_sub(SIGNED_LINES),
        lines,
        back: query.address(&base, &query.sort),
        cx: cx.clone(),
    };
    Ok(html(&view)?.into_response())
}
