//! The lists of a pack: ledgers and registers, filtered, sorted, paged, and as files.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use fuyou_pack::Program;
use fuyou_pack::model::{Direction, SubjectKind};
use serde::Deserialize;
use uuid::Uuid;

use super::words::{Badge, Words, followed};
use super::{care_of, home_of};
use crate::access::Action;
use crate::care::{Acting, Cursor, ListFilter, ListPage as Page, ListRow, Shown};
use crate::exchange::download_web::{Lines, Sending, download as send};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, encoded};
use crate::registry::{Named, choices, named};
use crate::ui::{Frame, html};

/// Lines on a page, and read at once for a file.
const LINES: u32 = 40;
const BATCH: u32 = 500;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ListQuery {
    organization: String,
    level: String,
    sort: String,
    after: String,
    format: String,
}

impl ListQuery {
    fn filter(&self, program: &Program) -> Result<ListFilter, Error> {
        let organization = Some(&self.organization).filter(|text| !text.is_empty());
        let levels = program
            .risk
            .as_ref()
            .map(|scale| scale.levels.as_slice())
            .unwrap_or_default();
        let sort = Some(self.sort.as_str()).filter(|text| !text.is_empty());
        let sort = sort.and_then(|text| match text.strip_prefix('-') {
            Some(column) => Some((column.parse().ok()?, Direction::Descending)),
            None => Some((text.parse().ok()?, Direction::Ascending)),
        });
        Ok(ListFilter {
            organization: organization
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| Error::NotFound)?,
            level: levels.iter().position(|level| *level.id == *self.level),
            sort,
        })
    }

    fn address(&self, base: &str, sort: &str) -> String {
        let pairs = [
            ("organization", self.organization.as_str()),
            ("level", &self.level),
            ("sort", sort),
        ];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("{base}?{}", pairs.join("&"))
    }
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
pub(super) async fn index(cx: Cx) -> Result<Response, Error> {
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

struct HeadView {
    title: String,
    href: String,
    /// `ascending`, `descending` or empty.
    sorted: &'static str,
    is_number: bool,
}

struct LineView {
    href: String,
    name: String,
    residence: String,
    cells: Vec<(String, Vec<Badge>)>,
}

#[derive(Template)]
#[template(path = "care/pages/list.html")]
struct ListPage {
    frame: Frame,
    cx: Cx,
    program: String,
    /// The heads of the name and of what stands beside it.
    name: String,
    place: String,
    total: String,
    base: String,
    heads: Vec<HeadView>,
    lines: Vec<LineView>,
    organizations: Vec<(String, String)>,
    organization: String,
    levels: Vec<(String, String)>,
    level: String,
    sort: String,
    first: String,
    next: Option<String>,
    files: Vec<(String, &'static str)>,
}

/// One page of a list.
pub(super) async fn show(
    cx: Cx,
    Path((program_id, list_id)): Path<(String, String)>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Error> {
    let care = care_of(&cx)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    let program = care
        .pack()
        .program(care.pack().program_ix(&program_id).ok_or(Error::NotFound)?);
    let filter = query.filter(program)?;
    let after = Some(query.after.clone())
        .filter(|after| !after.is_empty())
        .map(Cursor);
    let names = (program_id.as_str(), list_id.as_str());
    let page = care
        .list(&Acting::from(&cx), names, &filter, after.as_ref(), LINES)
        .await?;
    let persons = names_of(&cx, &page).await?;
    let base = format!("/lists/{program_id}/{list_id}");
    let first = query.address(&base, &query.sort);
    let levels = program
        .risk
        .as_ref()
        .map(|scale| scale.levels.as_slice())
        .unwrap_or_default();
    let organizations = choices(&cx);
    let files = match cx.actor.may(Action::ExportData) && page.total > 0 {
        true => ["csv", "xlsx"]
            .map(|format| {
                (
                    format!(
                        "{}&format={format}",
                        query.address(&format!("{base}/file"), &query.sort)
                    ),
                    format,
                )
            })
            .into(),
        false => Vec::new(),
    };
    let view = ListPage {
        frame: Frame::new(&cx, "menu-lists").titled(words.of(&page.title)),
        cx: cx.clone(),
        program: words.of(&program.title),
        name: cx.t(keys(program).name),
        place: cx.t(keys(program).place),
        total: words.t1(keys(program).total, "count", page.total),
        heads: heads(words, &query, &base, &page),
        lines: page
            .rows
            .iter()
            .map(|row| line(words, program, &page, row, &persons))
            .collect(),
        organization: if query.organization.is_empty() {
            cx.actor.organization.to_string()
        } else {
            query.organization.clone()
        },
        organizations,
        levels: levels
            .iter()
            .map(|level| (level.id.to_string(), words.of(&level.title)))
            .collect(),
        level: query.level.clone(),
        sort: query.sort.clone(),
        next: page
            .next
            .as_ref()
            .map(|cursor| format!("{first}&after={}", encoded(&cursor.0))),
        first,
        base,
        files,
    };
    Ok(html(&view)?.into_response())
}

/// How a list speaks of its subjects: beside a name stands where a person lives, or what an organization belongs to.
struct Keys {
    name: &'static str,
    place: &'static str,
    total: &'static str,
}

fn keys(program: &Program) -> Keys {
    match program.subject {
        SubjectKind::Organization => Keys {
            name: "list-organization-name",
            place: "list-above",
            total: "list-total-organizations",
        },
        SubjectKind::Person | SubjectKind::Staff => Keys {
            name: "list-name",
            place: "list-residence",
            total: "list-total",
        },
    }
}

async fn names_of(cx: &Cx, page: &Page) -> Result<HashMap<Uuid, Named>, Error> {
    let subjects = page.rows.iter().map(|row| row.subject.uuid());
    Ok(named(cx, subjects).await??)
}

fn heads(words: Words<'_>, query: &ListQuery, base: &str, page: &Page) -> Vec<HeadView> {
    let head = |(at, head): (usize, &crate::care::ListHead)| {
        let (up, down) = (at.to_string(), format!("-{at}"));
        let (sort, sorted) = match query.sort.as_str() {
            sort if sort == up => (&down, "ascending"),
            sort if sort == down => (&up, "descending"),
            _ => (&up, ""),
        };
        HeadView {
            title: words.of(&head.title),
            href: query.address(base, sort),
            sorted,
            is_number: head.ty.scale().is_some(),
        }
    };
    page.columns.iter().enumerate().map(head).collect()
}

/// The value of a column in words, and its badges when it is the risk.
fn cell(
    words: Words<'_>,
    program: &Program,
    page: &Page,
    row: &ListRow,
    at: usize,
) -> (String, Vec<Badge>) {
    let head = &page.columns[at];
    let value = match &row.values[at] {
        Shown::Restricted => return (words.of(&crate::care::restricted()), Vec::new()),
        Shown::Value(value) => value,
    };
    let fact = program
        .facts
        .iter()
        .find(|fact| fact.title == head.title && fact.ty == head.ty);
    let unit = fact.and_then(|fact| fact.unit.as_deref());
    let text = words
        .value(Some(program), &head.ty, unit, value)
        .unwrap_or_default();
    let set = head.ty.value_set().map(|set| set.name());
    let scale = program.risk.as_ref();
    let of_scale = |code: &str| {
        let level = scale.and_then(|scale| scale.levels.iter().find(|level| *level.id == *code));
        level.map(|level| Badge {
            colour: level.colour.clone(),
            words: words.of(&level.title),
        })
    };
    let badges = match (set, value, head.ty.value_set()) {
        (Some("risk"), fuyou_expr::Value::Code(index), Some(codes)) => codes
            .code(*index)
            .and_then(|code| of_scale(code))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    };
    // Organizations are kept by code and read by name.
    let named = matches!(value, fuyou_expr::Value::Text(_))
        .then(|| words.cx.actor.tree.by_code(&text))
        .flatten();
    (
        named.map_or(text, |organization| organization.name.clone()),
        badges,
    )
}

fn line(
    words: Words<'_>,
    program: &Program,
    page: &Page,
    row: &ListRow,
    names: &HashMap<Uuid, Named>,
) -> LineView {
    let found = names.get(&row.subject.uuid());
    LineView {
        href: home_of(words.cx, row.subject),
        name: found.map_or_else(|| "–".to_owned(), |found| found.name.clone()),
        residence: found.map_or_else(String::new, |found| found.residence.clone()),
        cells: (0..page.columns.len())
            .map(|at| cell(words, program, page, row, at))
            .collect(),
    }
}

/// A whole list as CSV or XLSX. Taking it out is audited with the list's name and the number of lines.
pub(super) async fn download(
    cx: Cx,
    Path((program_id, list_id)): Path<(String, String)>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Error> {
    let care = care_of(&cx)?;
    let kind = SheetKind::of_ending(&query.format).ok_or(Error::NotFound)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    let program = care
        .pack()
        .program(care.pack().program_ix(&program_id).ok_or(Error::NotFound)?);
    let filter = query.filter(program)?;
    let place = filter.organization.unwrap_or(cx.actor.organization);
    cx.actor.require(Action::ExportData, place)?;
    let names = (program_id.as_str(), list_id.as_str());
    let first = care
        .list(&Acting::from(&cx), names, &filter, None, BATCH)
        .await?;
    let mut entry = cx.entry("export", "list");
    entry.detail = serde_json::json!({ "list": list_id, "lines": first.total }).to_string();
    cx.db.note(entry).await?;
    let mut head = vec![cx.t(keys(program).name), cx.t(keys(program).place)];
    head.extend(first.columns.iter().map(|column| words.of(&column.title)));
    let stem = format!("{list_id}-{}", cx.today);
    let lines = ListLines {
        program_id,
        list_id,
        filter,
        cx,
    };
    send(&stem, kind, &head, lines, first)
}

/// The lines of a list that is being taken out. Every cell is text: what is shown on the page is what stands in the file.
struct ListLines {
    cx: Cx,
    program_id: String,
    list_id: String,
    filter: ListFilter,
}

impl Lines for ListLines {
    type Page = Page;

    async fn write(&self, page: Page, sheet: &mut Sending) -> Result<Option<Page>, Error> {
        let care = care_of(&self.cx)?;
        let pack = care.pack();
        let words = Words { cx: &self.cx, pack };
        let program = pack.program(pack.program_ix(&self.program_id).ok_or(Error::NotFound)?);
        let persons = names_of(&self.cx, &page).await?;
        for row in &page.rows {
            let line = line(words, program, &page, row, &persons);
            let cells = line.cells.iter().map(|(text, _)| text.as_str());
            sheet.texts(
                [line.name.as_str(), &line.residence]
                    .into_iter()
                    .chain(cells),
            )?;
        }
        let Some(after) = page.next else {
            return Ok(None);
        };
        let names = (self.program_id.as_str(), self.list_id.as_str());
        let acting = Acting::from(&self.cx);
        let next = care.list(&acting, names, &self.filter, Some(&after), BATCH);
        Ok(Some(next.await?))
    }
}
