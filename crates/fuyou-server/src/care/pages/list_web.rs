//! The lists of a pack: ledgers and registers, filtered, sorted, paged, as the user likes to see them.

use std::collections::HashMap;

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::list_condition::{Asked, Chip, Control, ControlKind, conditions, risk, settled};
use super::list_query::{ListQuery, NO_VIEW};
use super::list_view::{
    Choice, Dates, HeadView, LineView, Looks, keys, learn_colleagues, names_of, near, place_of,
};
use super::words::{Words, followed};
use super::{care_of, list_columns_web, list_file_web, list_keep_web};
use crate::access::Action;
use crate::care::{self, Acting, AttemptOutcome, Cursor, ListView, RECORDS_OF_MAX};
use crate::exchange::download_web::Files;
use crate::http::{Access, Cx, Error, Query, Route, encoded};
use crate::registry::choices;
use crate::ui::{Frame, html};

/// Lines on a page.
const LINES: u32 = 40;

/// Routes of lists.
pub(super) fn routes() -> Vec<Route> {
    let read = Access::Needs(Action::ReadPerson);
    let export = Access::Needs(Action::ExportData);
    vec![
        Route::get("/lists", read, index),
        Route::get("/lists/{program}/{list}", read, show),
        Route::get(
            "/lists/{program}/{list}/file",
            export,
            list_file_web::download,
        ),
        Route::post("/lists/{program}/{list}/file", export, list_file_web::begin),
        Route::get(
            "/lists/{program}/{list}/paper",
            export,
            list_file_web::paper,
        ),
        Route::get(
            "/lists/{program}/{list}/columns",
            read,
            list_columns_web::show,
        ),
        Route::post("/lists/{program}/{list}/views", read, list_keep_web::keep),
        Route::post(
            "/lists/{program}/{list}/views/{view}/removed",
            read,
            list_keep_web::remove,
        ),
    ]
}

struct IndexLine {
    href: String,
    title: String,
}

#[derive(Template)]
#[template(path = "care/pages/lists.html")]
struct IndexPage {
    frame: Frame,
    programs: Vec<(String, Vec<IndexLine>)>,
}

/// All lists that the reader may open.
async fn index(cx: Cx) -> Result<Response, Error> {
    let care = care_of(&cx)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    let programs = followed(care.pack()).map(|program| {
        let open = program
            .lists
            .iter()
            .filter(|list| list.secrecy <= words.secrecy_max());
        let lines = open.map(|list| IndexLine {
            href: format!("/lists/{}/{}", program.id, list.id),
            title: words.of(&list.title),
        });
        (words.of(&program.title), lines.collect())
    });
    let page = IndexPage {
        frame: Frame::new(&cx, "menu-lists"),
        programs: programs.collect(),
    };
    Ok(html(&page)?.into_response())
}

struct ViewLink {
    id: String,
    name: String,
    href: String,
    is_default: bool,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "care/pages/list.html")]
struct ListPage {
    frame: Frame,
    cx: Cx,
    program: String,
    total: i64,
    total_words: String,
    /// The heads of the name and of what stands beside it.
    name: String,
    place: String,
    totals: Vec<String>,
    base: String,
    shows_residence: bool,
    shows_contact: bool,
    heads: Vec<HeadView>,
    lines: Vec<LineView>,
    organizations: Vec<(String, String)>,
    organization: String,
    levels: Vec<(String, String)>,
    level: String,
    sort: String,
    chosen: Vec<String>,
    /// What is asked besides the columns that are shown.
    besides: Vec<(String, String)>,
    /// Conditions on columns: those that hold, and what can be asked.
    chips: Vec<Chip>,
    controls: Vec<Control>,
    /// Why nobody is listed, and what of the question is to be mended.
    trouble: &'static str,
    wrong: Vec<String>,
    /// What fields of forms can be asked, where some are shown; else empty.
    of_records: String,
    /// The list without conditions on columns.
    unnarrowed: String,
    /// The columns that this page offers, and where all of them are.
    choices: Vec<Choice>,
    columns: String,
    views: Vec<ViewLink>,
    view_id: String,
    outcomes: Vec<(&'static str, String)>,
    first: String,
    next: Option<String>,
    files: Files,
    paper: Option<String>,
}

/// One page of a list.
async fn show(
    cx: Cx,
    Path((program_id, list_id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let care = care_of(&cx)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    let program = care
        .pack()
        .program(care.pack().program_ix(&program_id).ok_or(Error::NotFound)?);
    let names = (program_id.as_str(), list_id.as_str());
    let by = Acting::from(&cx);
    let views = care.views(&by, names).await?;
    let (query, view) = asked(ListQuery::read(pairs), &views)?;
    let all = care.list_columns(&by, names)?;
    let query = settled(query, &all);
    let mut read = conditions(&query, &all, words.secrecy_max());
    let filter = query.filter(program, std::mem::take(&mut read.only))?;
    let after = Some(query.after.clone())
        .filter(|after| !after.is_empty())
        .map(Cursor);
    // Of what was not understood no line is shown: it would be taken for an answer.
    let found = match read.wrong.is_empty() {
        true => {
            let page = care.list(&by, names, &filter, after.as_ref(), LINES);
            Some(page.await)
        }
        false => None,
    };
    let bare = || {
        let filter = query.filter(program, Vec::new())?;
        Ok::<_, Error>(care.bare_list(&by, names, &filter)?)
    };
    let mut wrong = read.said(words);
    let (status, trouble, page) = match found {
        Some(Ok(page)) => (StatusCode::OK, "", page),
        Some(Err(wide @ care::Error::TooWide(_))) => {
            wrong.push(words.of(&wide.message()));
            (StatusCode::UNPROCESSABLE_ENTITY, "list-wide", bare()?)
        }
        Some(Err(error)) => return Err(error.into()),
        None => (StatusCode::UNPROCESSABLE_ENTITY, "list-wrong", bare()?),
    };
    read.only = filter.only.clone();
    let persons = names_of(&cx, &page.rows).await?;
    learn_colleagues(&cx, &page.columns, &page.rows).await?;
    let looks = Looks {
        words,
        program,
        page: &page,
        query: &query,
        dates: Dates::Said,
    };
    let contacts = match looks.shows_contact() {
        true => {
            let list = program.lists.iter().find(|list| *list.id == *list_id);
            let unreached = list.and_then(|list| list.unreached.as_ref());
            let day_of = |at| cx.app.date_of(at);
            let contacts = care.contacts(&by, &page.rows, unreached, day_of);
            contacts.await?
        }
        false => HashMap::new(),
    };
    let base = format!("/lists/{program_id}/{list_id}");
    let first = query.address(&base, &query.sort);
    let of_file = |name: &str| query.address(&format!("{base}/{name}"), &query.sort);
    let may_export = cx.actor.may(Action::ExportData) && page.total > 0;
    let files = match may_export {
        true => Files::of(&of_file("file"), page.total),
        false => Files::none(),
    };
    let asked = Asked {
        words,
        program,
        query: &query,
        heads: &all,
    };
    let controls = asked.controls(&page.columns, &read);
    let levels = program.risk.as_ref().map(|scale| scale.levels.as_slice());
    let levels = levels.filter(|_| risk(&all).is_none());
    let rows = page.rows.iter();
    let view_page = ListPage {
        frame: Frame::new(&cx, "menu-lists").titled(words.of(&page.title)),
        cx: cx.clone(),
        program: words.of(&program.title),
        total: page.total,
        total_words: words.t1(keys(program).total, "count", page.total),
        name: cx.t(keys(program).name),
        place: cx.t(keys(program).place),
        totals: looks.totals(),
        shows_residence: looks.shows_residence(),
        shows_contact: looks.shows_contact(),
        heads: looks.heads(&base),
        lines: rows
            .map(|row| looks.line(row, &persons, &contacts))
            .collect(),
        organization: place_of(&cx, &query),
        organizations: choices(&cx, filter.organization),
        levels: levels
            .unwrap_or_default()
            .iter()
            .map(|level| (level.id.to_string(), words.of(&level.title)))
            .collect(),
        level: query.level.clone(),
        sort: query.sort.clone(),
        chosen: query.columns.clone(),
        besides: query.besides_columns(),
        chips: asked.chips(&base, &read),
        trouble,
        of_records: match asked.is_of_records(&page.columns) {
            true => words.t1("list-of-records", "most", RECORDS_OF_MAX),
            false => String::new(),
        },
        unnarrowed: {
            let query = ListQuery {
                only: Vec::new(),
                ..query.clone()
            };
            // What the records of too many would sort begins in the list's own order.
            let sort = match wrong.is_empty() {
                true => query.sort.as_str(),
                false => "",
            };
            query.address(&base, sort)
        },
        wrong,
        controls,
        choices: near(looks.choices(&all)),
        columns: of_file("columns"),
        views: links(&views, &base, view),
        view_id: cx.new_id().to_string(),
        outcomes: AttemptOutcome::ALL
            .map(|outcome| {
                let key = format!("attempt-{}", outcome.word().replace('_', "-"));
                (outcome.word(), cx.t(&key))
            })
            .into(),
        next: page
            .next
            .as_ref()
            .map(|cursor| format!("{first}&after={}", encoded(&cursor.0))),
        first,
        files,
        paper: may_export.then(|| of_file("paper")),
        base,
    };
    Ok((status, html(&view_page)?).into_response())
}

/// What is asked for: what the address says, else the view that it names, else the user's own.
fn asked<'v>(
    query: ListQuery,
    views: &'v [ListView],
) -> Result<(ListQuery, Option<&'v ListView>), Error> {
    let of_view = |view: &'v ListView| ListQuery::read(view.pairs.clone());
    if query.is_bare() {
        let own = views.iter().find(|view| view.is_default);
        return Ok((own.map(of_view).unwrap_or_default(), own));
    }
    if query.view.is_empty() || query.view == NO_VIEW {
        // A view is still the one that is shown when it says the same.
        let pairs = query.pairs();
        let same = views.iter().find(|view| view.pairs == pairs);
        return Ok((query, same));
    }
    let named = views.iter().find(|view| view.id.to_string() == query.view);
    let named = named.ok_or(Error::NotFound)?;
    Ok((of_view(named), Some(named)))
}

fn links(views: &[ListView], base: &str, current: Option<&ListView>) -> Vec<ViewLink> {
    let link = |view: &ListView| ViewLink {
        id: view.id.to_string(),
        name: view.name.clone(),
        href: format!("{base}?view={}", view.id),
        is_default: view.is_default,
        is_current: current.is_some_and(|current| current.id == view.id),
    };
    views.iter().map(link).collect()
}
