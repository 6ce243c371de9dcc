//! The page of the persons behind a cell.

use askama::Template;
use axum::extract::Path;
use axum::response::Html;
use fuyou_pack::model::Direction;

use super::order::{BY_PERSON_MAX, Cursor, Order, OrderBy};
use super::persons::{Behind, Group, PAGE, persons};
use super::responsible::responsible;
use super::shown::period_words;
use super::web::{GroupLink, Place, address, group_key, group_links, pack_of};
use super::{Source, export_web, strata_web};
use crate::access::Action;
use crate::exchange::download_web::Files;
use crate::http::{Cx, Error, Query};
use crate::registry::{ShownPhone, page_of, reached};
use crate::ui::{Frame, html};

/// A line of the list of persons.
pub(super) struct PersonLine {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) residence: String,
    pub(super) organization: String,
    /// Who of the responsible organization is to act.
    pub(super) worker: String,
    pub(super) on: String,
    pub(super) adds: i64,
    pub(super) phone: String,
}

/// What is told of a person, on the page and in the file.
pub(super) const COLUMNS: [&str; 7] = [
    "name",
    "residence",
    "organization",
    "worker",
    "on",
    "adds",
    "phone",
];

/// The head of a column.
struct Head {
    title: String,
    /// Where the lines are sorted by it; none when they cannot be.
    href: Option<String>,
    /// `ascending`, `descending` or empty.
    sorted: &'static str,
    is_number: bool,
}

#[derive(Template)]
#[template(path = "insight/persons.html")]
struct PersonsPage {
    frame: Frame,
    title: String,
    node: String,
    period: String,
    back: String,
    groups: Vec<GroupLink>,
    group: &'static str,
    advice: &'static str,
    total: i64,
    heads: [Head; COLUMNS.len()],
    lines: Vec<PersonLine>,
    first: String,
    next: Option<String>,
    files: Files,
}

pub(super) async fn behind(
    cx: Cx,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Html<String>, Error> {
    let (pack, node, period) = (pack_of(&cx)?, place.node(&cx)?, place.period(&cx)?);
    let ix = pack.indicator_ix(&id).ok_or(Error::NotFound)?;
    let group = if place.group.is_empty() {
        Group::NotCounted
    } else {
        Group::of_word(&place.group).ok_or(Error::NotFound)?
    };
    let order = Order::read(&place.sort).ok_or(Error::NotFound)?;
    let after = match place.after.as_str() {
        "" => None,
        text => Some(Cursor::read(text, order).ok_or(Error::NotFound)?),
    };
    let behind = Behind {
        indicator: ix,
        node: node.id,
        period,
        group,
        layer: strata_web::layer_of(pack, ix, &place)?,
        order,
    };
    let of_layer = strata_web::suffix(pack, behind.layer);
    let page = persons(
        Source::of(&cx.app, pack, &cx.actor.tree),
        &cx.actor,
        &behind,
        after.as_ref(),
        PAGE,
    )
    .await?;
    let (lines, phones) = person_lines(&cx, &page.lines).await?;
    let told = Told {
        lines: page.lines.len().try_into().ok(),
        phones: Some(phones),
    };
    export_web::note(&cx, "drill", &id, &behind, told).await?;
    let at = |what: &str, sort: &str| {
        let sort = match sort {
            "" => String::new(),
            sort => format!("&sort={sort}"),
        };
        let address = address(&id, what, &node.code, period);
        format!("{address}&group={}{of_layer}{sort}", group.word())
    };
    let (first, file) = (at("/persons", &place.sort), at("/export", &place.sort));
    let heads = COLUMNS.map(|column| {
        let by = OrderBy::ALL.into_iter().find(|by| by.word() == column);
        // Who could be counted has no day yet; and very many are not sorted by their names.
        let is_sorted = |by: &OrderBy| match by {
            OrderBy::Day => group != Group::Gap,
            OrderBy::Name | OrderBy::Residence => page.total <= BY_PERSON_MAX,
            OrderBy::Place | OrderBy::Adds => true,
        };
        let (sorted, next) = match (by == Some(order.by), order.direction) {
            (true, Direction::Ascending) => ("ascending", format!("-{column}")),
            (true, Direction::Descending) => ("descending", column.to_owned()),
            (false, _) => ("", column.to_owned()),
        };
        Head {
            title: cx.t(&format!("insight-column-{column}")),
            href: by.filter(is_sorted).map(|_| at("/persons", &next)),
            sorted,
            is_number: column == "adds",
        }
    });
    let title = pack.indicator(ix).title.get(cx.language).to_owned();
    html(&PersonsPage {
        frame: Frame::new(&cx, "insight-indicators").titled(title.clone()),
        title,
        node: node.name.clone(),
        period: match strata_web::layer_words(&cx, pack, behind.layer) {
            Some(layer) => format!("{} · {layer}", period_words(&cx, period)),
            None => period_words(&cx, period),
        },
        back: address(&id, "", &node.code, period),
        groups: group_links(pack, ix, (&node.code, &of_layer), period, Some(group)),
        group: group_key(group),
        advice: match group {
            Group::Counted => "insight-counted-what",
            Group::NotCounted => "insight-not-counted-what",
            Group::Gap => "insight-gap-what",
        },
        total: page.total,
        heads,
        lines,
        next: page.next.map(|cursor| format!("{first}&after={cursor}")),
        first,
        files: match cx.actor.may(Action::ExportData) {
            true => Files::of(&file, page.total),
            false => Files::none(),
        },
    })
}

/// What a list told, for the audit trail.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// Lines.
    pub(super) lines: Option<i64>,
    /// Whole phones that were shown or written.
    pub(super) phones: Option<usize>,
}

/// Names beside enrollments, and how many phones are whole: those of persons whose record is open to the reader. Of the
/// others the phone shows its end only. At most ten statements a page, however many lines it has.
pub(super) async fn person_lines(
    cx: &Cx,
    lines: &[super::Line],
) -> Result<(Vec<PersonLine>, usize), Error> {
    let mut reader = cx.db.read().await?;
    let subjects = lines.iter().map(|line| line.subject.uuid());
    let found = reached(cx, &mut reader, subjects).await??;
    let mut workers = responsible(cx, &mut reader, lines).await?;
    drop(reader);
    let is_whole = |line: &&super::Line| {
        let found = found.get(&line.subject.uuid());
        found.is_some_and(|found| matches!(found.phone, ShownPhone::Whole(_)))
    };
    let phones = lines.iter().filter(is_whole).count();
    let mut words = |line: &super::Line| {
        let found = found.get(&line.subject.uuid()).cloned().unwrap_or_default();
        let organization = line
            .place
            .as_deref()
            .and_then(|code| cx.actor.tree.by_code(code));
        PersonLine {
            href: page_of(&cx.actor.tree, line.subject.uuid()),
            name: found.name,
            residence: found.residence,
            organization: organization
                .map_or_else(String::new, |organization| organization.name.clone()),
            worker: workers.remove(&line.enrollment).unwrap_or_default(),
            on: line.on.map_or_else(String::new, |on| on.to_string()),
            adds: line.adds,
            phone: match found.phone {
                ShownPhone::None => String::new(),
                ShownPhone::Tail(tail) => format!("*{tail}"),
                ShownPhone::Whole(phone) => phone.reveal().to_owned(),
            },
        }
    };
    Ok((lines.iter().map(&mut words).collect(), phones))
}
