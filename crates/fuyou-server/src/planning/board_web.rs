//! The page of the plan board.

use askama::Template;
use axum::response::{Html, Response};
use fuyou_kernel::Period;
use fuyou_pack::model::Unit;
use serde::Deserialize;

use super::board::{self, Board, Row};
use super::pictures::target_bar;
use super::trends_web::{Tile, overview, said};
use super::web::{progress_badge, year_of};
use crate::access::Action;
use crate::exchange::download_web::held;
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Query};
use crate::insight::chart::{Point, sparkline};
use crate::insight::{
    Choice, Progress, Shown, Source, address, aim_words, as_of_words, node_choices, pack_of,
    period_words, shown_in, with_unit_in,
};
use crate::registry::Organization;
use crate::ui::{Frame, html};

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct BoardQuery {
    node: String,
    year: String,
}

struct ChildView {
    name: String,
    href: String,
    value: String,
    class: &'static str,
    word: &'static str,
}

struct RowView {
    title: String,
    href: String,
    aim: String,
    period: String,
    actual: Shown,
    last_year: String,
    expected: String,
    word: &'static str,
    class: &'static str,
    missing: String,
    reach: String,
    gap_href: String,
    spark: String,
    bar: String,
    below_href: String,
    children: Vec<ChildView>,
    remark: &'static str,
}

#[derive(Template)]
#[template(path = "planning/board.html")]
struct BoardPage {
    frame: Frame,
    node: String,
    nodes: Vec<Choice>,
    year: i16,
    /// Both kinds of the year, with first and last month.
    years: String,
    plan: Option<String>,
    can_manage: bool,
    summary: Vec<(&'static str, &'static str, usize)>,
    tiles: Vec<Tile>,
    rows: Vec<RowView>,
    waiting: Vec<RowView>,
    exports: Vec<(String, &'static str)>,
    as_of: String,
}

pub(super) async fn show(cx: Cx, Query(query): Query<BoardQuery>) -> Result<Html<String>, Error> {
    page(cx, query, "menu-board").await
}

/// The board of the actor's own organization, as the home of those who plan.
///
/// # Errors
/// As the board.
pub(crate) async fn home(cx: Cx) -> Result<Html<String>, Error> {
    page(cx, BoardQuery::default(), "menu-home").await
}

async fn page(cx: Cx, query: BoardQuery, menu: &str) -> Result<Html<String>, Error> {
    let (node, board) = asked(&cx, &query).await?;
    let year = board.year;
    let can_drill = cx.actor.may(Action::DrillToPersons);
    let (bound, waiting): (Vec<_>, Vec<_>) =
        board.rows.iter().partition(|row| row.indicator.is_some());
    let view = |row: &&Row| row_view(&cx, row, (&node.code, year), can_drill);
    let summary = [Progress::Met, Progress::OnCourse, Progress::Behind].map(|progress| {
        let (word, class) = progress_badge(progress);
        (word, class, board.count(progress))
    });
    let export = |format: &str| {
        let code = &node.code;
        format!("/board/export?node={code}&year={year}&format={format}")
    };
    html(&BoardPage {
        frame: Frame::new(&cx, menu).titled(cx.t("menu-board")),
        node: node.name.clone(),
        nodes: node_choices(&cx, node),
        year,
        years: years(&cx, year),
        plan: board.plan.as_ref().map(|plan| plan.title.clone()),
        can_manage: cx.actor.may(Action::ManagePlan),
        summary: summary.to_vec(),
        tiles: overview(&cx, &bound, year),
        rows: bound.iter().map(view).collect(),
        waiting: waiting.iter().map(view).collect(),
        exports: vec![(export("xlsx"), "XLSX"), (export("csv"), "CSV")],
        as_of: as_of_words(&cx, board.as_of),
    })
}

/// The board that an address asks for, with its node.
async fn asked<'c>(cx: &'c Cx, query: &BoardQuery) -> Result<(&'c Organization, Board), Error> {
    let pack = pack_of(cx)?;
    let year = year_of(&query.year, cx.today)?;
    let tree = &cx.actor.tree;
    let found = if query.node.is_empty() {
        tree.get(cx.actor.organization)
    } else {
        tree.by_code(&query.node)
    };
    let node = found.ok_or(Error::NotFound)?;
    let source = Source::of(&cx.app, pack, tree);
    let of = async |year: i16| board::board(source, &cx.actor, cx.today, node.id, year).await;
    let mut board = of(year).await?;
    // Until the new year's plan is adopted, last year's is what one wants to see.
    if board.plan.is_none() && query.year.is_empty() {
        board = of(year - 1).await?;
    }
    if board.plan.is_none() {
        board.year = year;
    }
    Ok((node, board))
}

/// The targets of the board as CSV or XLSX, one line each.
pub(super) async fn download(
    cx: Cx,
    kind: SheetKind,
    Query(query): Query<BoardQuery>,
) -> Result<Response, Error> {
    let (node, board) = asked(&cx, &query).await?;
    let head = [
        "planning-target",
        "insight-period",
        "planning-progress",
        "planning-aim",
        "planning-actual",
        "insight-parts",
        "planning-expected",
        "planning-missing",
        "insight-gap",
        "insight-last-year",
    ]
    .map(|key| cx.t(key));
    let line = |row: &Row| {
        let view = row_view(&cx, row, (&node.code, board.year), false);
        vec![
            view.title,
            view.period,
            cx.t(view.word),
            view.aim,
            view.actual.value,
            view.actual.parts,
            view.expected,
            view.missing,
            view.reach,
            view.last_year,
        ]
    };
    let lines = board.rows.iter().map(line).collect();
    let name = format!("{}-{}-{}", cx.t("menu-board"), node.name, board.year);
    held(name, kind, &head, lines).answer().await
}

fn years(cx: &Cx, year: i16) -> String {
    let month = |day: fuyou_kernel::Date| day.to_string()[..7].to_owned();
    [Period::StatisticalYear(year), Period::CalendarYear(year)]
        .map(|period| {
            let (from, to) = (month(period.start()), month(period.end()));
            format!("{} {from} – {to}", period_words(cx, period))
        })
        .join(" · ")
}

fn row_view(cx: &Cx, row: &Row, (node, year): (&str, i16), can_drill: bool) -> RowView {
    let indicator = row
        .indicator
        .and_then(|ix| cx.app.pack().map(|pack| pack.indicator(ix)));
    let unit = indicator.map_or(Unit::Count, |indicator| indicator.unit);
    let title = indicator.map_or_else(
        || row.target.indicator_written.clone(),
        |indicator| indicator.title.get(cx.language).to_owned(),
    );
    let (word, class) = progress_badge(row.judgement.progress);
    let asked = match row.aim {
        Some(aim) => aim_words(cx.language, aim, unit),
        None => format!(
            "{} {}{}",
            row.target.comparator.sign(),
            row.target.written,
            if row.target.written.ends_with(&row.target.unit) {
                ""
            } else {
                &row.target.unit
            }
        ),
    };
    let points: Vec<Point> = row
        .trend
        .iter()
        .map(|(month, cell)| Point {
            label: month.to_string(),
            value: cell.value(),
        })
        .collect();
    let place = |page: &str, node: &str| match (indicator, row.period) {
        (Some(indicator), Some(period)) => address(&indicator.id, page, node, period),
        _ => String::new(),
    };
    let children = row.children.iter().map(|(child, cell, judgement)| {
        let organization = cx.actor.tree.get(*child);
        let (word, class) = progress_badge(judgement.progress);
        ChildView {
            name: organization.map_or_else(String::new, |child| child.name.clone()),
            href: organization.map_or_else(String::new, |child| place("", &child.code)),
            value: shown_in(cx.language, *cell, unit).value,
            word,
            class,
        }
    });
    let drillable = can_drill
        && indicator.is_some_and(|indicator| {
            indicator.gap.is_some() && indicator.secrecy <= cx.actor.secrecy_max()
        });
    RowView {
        href: place("", node),
        aim: asked,
        period: row
            .period
            .map_or_else(String::new, |period| period_words(cx, period)),
        actual: shown_in(cx.language, row.actual, unit),
        last_year: shown_in(cx.language, row.last_year, unit).value,
        expected: row.judgement.expected.map_or_else(String::new, |value| {
            with_unit_in(cx.language, value.short(), unit)
        }),
        missing: row
            .judgement
            .missing
            .map_or_else(String::new, |missing| missing.to_string()),
        reach: row
            .within_reach
            .map_or_else(String::new, |reach| reach.to_string()),
        gap_href: if drillable {
            format!("{}&group=gap", place("/persons", node))
        } else {
            String::new()
        },
        spark: if points.is_empty() {
            String::new()
        } else {
            sparkline(&points, &format!("{title}: {}", cx.t("insight-trend")))
        },
        bar: bar(cx, row, &title, unit),
        below_href: match indicator {
            Some(indicator) if !row.children.is_empty() => format!(
                "/board/below?node={node}&year={year}&indicator={}",
                indicator.id
            ),
            _ => String::new(),
        },
        children: children.collect(),
        remark: match (row.indicator, row.aim, row.value) {
            (None, _, _) => "planning-waiting",
            (Some(_), _, None) if row.target.value.is_some() => "planning-not-broken-down",
            (Some(_), None, _) => "planning-person-judges",
            _ => "",
        },
        title,
        word,
        class,
    }
}

/// The figure as a bar with the target and last year's mark, told in words too.
fn bar(cx: &Cx, row: &Row, title: &str, unit: Unit) -> String {
    if row.indicator.is_none() {
        return String::new();
    }
    let aim = row
        .aim
        .map_or_else(String::new, |aim| aim_words(cx.language, aim, unit));
    let says = format!(
        "{title}: {} · {} {aim} · {} {}",
        said(cx, row.actual, unit),
        cx.t("planning-aim"),
        cx.t("insight-last-year"),
        said(cx, row.last_year, unit)
    );
    target_bar(row.actual.value(), row.aim, row.last_year.value(), &says)
}
