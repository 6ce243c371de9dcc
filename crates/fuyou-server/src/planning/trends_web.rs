//! One target in every organization below a node: a map of tiles, and one small curve each.

use askama::Template;
use axum::response::Html;
use fuyou_kernel::Period;
use fuyou_pack::model::{IndicatorIx, Unit};
use serde::Deserialize;

use super::board::{self, Row, TREND_MONTHS};
use super::pictures::multiples;
use super::plans::Error as PlanningError;
use super::web::{progress_badge, year_of};
use crate::http::{Cx, Error, Query};
use crate::insight::chart::Point;
use crate::insight::{
    self, Progress, Question, Source, address, aim_words, months_until, pack_of, period_words,
    shown_in,
};
use crate::registry::OrganizationId;
use crate::ui::{Frame, html};

/// The key of what is said where nothing is known.
const UNKNOWN: &str = "planning-unknown";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TrendsQuery {
    node: String,
    year: String,
    indicator: String,
}

/// An organization as a tile: a word, a shape and a colour say how it stands.
pub(super) struct Tile {
    pub name: String,
    pub href: String,
    pub value: String,
    pub word: &'static str,
    pub class: &'static str,
    /// A small curve, where there is one.
    pub curve: String,
}

#[derive(Template)]
#[template(path = "planning/trends.html")]
struct TrendsPage {
    frame: Frame,
    node: String,
    back: String,
    aim: String,
    period: String,
    months: String,
    tiles: Vec<Tile>,
}

pub(super) async fn show(cx: Cx, Query(query): Query<TrendsQuery>) -> Result<Html<String>, Error> {
    let pack = pack_of(&cx)?;
    let year = year_of(&query.year, cx.today)?;
    let tree = &cx.actor.tree;
    let node = match query.node.as_str() {
        "" => tree.get(cx.actor.organization),
        code => tree.by_code(code),
    };
    let node = node.ok_or(Error::NotFound)?;
    let ix = pack.indicator_ix(&query.indicator).ok_or(Error::NotFound)?;
    let source = Source::of(&cx.app, pack, tree);
    let board = board::board(source, &cx.actor, cx.today, node.id, year).await?;
    let row = board.rows.iter().find(|row| row.indicator == Some(ix));
    let row = row.ok_or(Error::NotFound)?;
    let indicator = pack.indicator(ix);
    let title = indicator.title.get(cx.language).to_owned();
    let months = months_until(cx.today, TREND_MONTHS).unwrap_or_default();
    let curves = curves(&cx, source, (ix, &title), row, &months).await?;
    let period = row.period.unwrap_or(Period::CalendarYear(year));
    let tiles = row.children.iter().zip(curves);
    let tiles = tiles.map(|((child, cell, judgement), curve)| {
        let organization = tree.get(*child);
        let (word, class) = progress_badge(judgement.progress);
        Tile {
            name: organization.map_or_else(String::new, |child| child.name.clone()),
            href: organization.map_or_else(String::new, |child| {
                address(&indicator.id, "", &child.code, period)
            }),
            value: shown_in(cx.language, *cell, indicator.unit).value,
            word,
            class,
            curve,
        }
    });
    let aim = row.aim;
    let span = months.first().zip(months.last());
    html(&TrendsPage {
        frame: Frame::new(&cx, "menu-board").titled(title),
        node: node.name.clone(),
        back: format!("/board?node={}&year={year}", node.code),
        aim: aim.map_or_else(String::new, |aim| {
            aim_words(cx.language, aim, indicator.unit)
        }),
        period: period_words(&cx, period),
        months: span.map_or_else(String::new, |(from, to)| format!("{from} – {to}")),
        // A place without any figure in two years is none to compare.
        tiles: tiles
            .filter(|tile| tile.word != UNKNOWN || tile.curve.contains("chart-line"))
            .collect(),
    })
}

/// One curve per organization below the row's node, in their order.
async fn curves(
    cx: &Cx,
    source: Source<'_>,
    (ix, title): (IndicatorIx, &str),
    row: &Row,
    months: &[Period],
) -> Result<Vec<String>, Error> {
    let below: Vec<OrganizationId> = row.children.iter().map(|(child, _, _)| *child).collect();
    if below.is_empty() {
        return Ok(Vec::new());
    }
    let question = Question {
        indicators: vec![ix],
        nodes: below.clone(),
        periods: months.to_vec(),
    };
    let cells = insight::figures(source, &question, cx.actor.secrecy_max())
        .await
        .map_err(PlanningError::from)?;
    // What hides one of them hides the others by which it could be told.
    let by_month: Vec<_> = months
        .iter()
        .map(|month| cells.siblings(ix, &below, *month))
        .collect();
    let series: Vec<(String, Vec<Point>)> = below
        .iter()
        .enumerate()
        .map(|(at, child)| {
            let points = months.iter().zip(&by_month).map(|(month, cells)| Point {
                label: month.to_string(),
                value: cells[at].value(),
            });
            let says = format!("{}: {title}", cx.actor.tree.name(*child));
            (says, points.collect())
        })
        .collect();
    Ok(multiples(&series, row.aim))
}

/// How every organization below stands with all targets together: a tile each, in the order of the tree.
pub(super) fn overview(cx: &Cx, rows: &[&Row], year: i16) -> Vec<Tile> {
    let Some(first) = rows.iter().find(|row| !row.children.is_empty()) else {
        return Vec::new();
    };
    let tile =
        |(at, (child, _, _)): (usize, &(OrganizationId, insight::Cell, insight::Judgement))| {
            let stands = |progress: Progress| {
                let of_child = rows.iter().filter_map(|row| row.children.get(at));
                of_child
                    .filter(|(_, _, judgement)| judgement.progress == progress)
                    .count()
            };
            let (met, on_course, behind) = (
                stands(Progress::Met),
                stands(Progress::OnCourse),
                stands(Progress::Behind),
            );
            // The worst decides the colour: a place with one target behind is a place to look at.
            let progress = match (behind, on_course, met) {
                (1.., _, _) => Progress::Behind,
                (0, 1.., _) => Progress::OnCourse,
                (0, 0, 1..) => Progress::Met,
                (0, 0, 0) => Progress::Unknown,
            };
            let (word, class) = progress_badge(progress);
            let organization = cx.actor.tree.get(*child);
            Tile {
                name: organization.map_or_else(String::new, |child| child.name.clone()),
                href: organization.map_or_else(String::new, |child| {
                    format!("/board?node={}&year={year}", child.code)
                }),
                value: format!("● {met} ▲ {on_course} ■ {behind}"),
                word,
                class,
                curve: String::new(),
            }
        };
    // Offices and hospitals without a figure of their own are no places to compare.
    let places = first.children.iter().enumerate().map(tile);
    places.filter(|tile| tile.word != UNKNOWN).collect()
}

/// A value in words for a picture.
pub(super) fn said(cx: &Cx, cell: insight::Cell, unit: Unit) -> String {
    shown_in(cx.language, cell, unit).value
}
