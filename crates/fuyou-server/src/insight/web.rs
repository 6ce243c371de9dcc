//! Pages of indicators: the table, one indicator, the persons behind a cell, and their export.

use askama::Template;
use axum::extract::Path;
use axum::response::{Html, Response};
use fuyou_kernel::{Localized, Period};
use fuyou_pack::Pack;
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, Sum};
use serde::Deserialize;

use super::chart::{self, Point};
use super::persons::Group;
use super::shown::{
    Shown, direction_key, offered, period_words, shown_in, statistical_year, with_unit_in,
};
use super::strata_web::{SplitLink, SplitTable};
use super::{Cells, Decimal, Question, compute, export_web, months_until, persons_web, strata_web};
use crate::access::Action;
use crate::exchange::download_web::{Files, held};
use crate::exchange::sheet::SheetKind;
use crate::http::{Access, Cx, Error, Query, Route};
use crate::registry::Organization;
use crate::ui::{Frame, html};

/// Months of the curve on an indicator's page.
const TREND_MONTHS: i32 = 24;

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let figures = Access::Needs(Action::ReadIndicators);
    vec![
        Route::get("/indicators", figures, table),
        Route::get("/indicators/file", figures, download),
        Route::get("/indicators/{id}", figures, one),
        Route::get(
            "/indicators/{id}/persons",
            Access::Needs(Action::DrillToPersons),
            persons_web::behind,
        ),
        Route::get("/indicators/{id}/strata", figures, strata_web::download),
        Route::get(
            "/indicators/{id}/export",
            Access::Needs(Action::DrillToPersons),
            export_web::download,
        ),
        Route::post(
            "/indicators/{id}/export",
            Access::Needs(Action::DrillToPersons),
            export_web::begin,
        ),
    ]
}

/// Where and when; the address of every page here carries it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub(super) node: String,
    pub(super) period: String,
    from: String,
    to: String,
    pub(super) group: String,
    pub(super) after: String,
    /// The order of persons.
    pub(super) sort: String,
    /// The stratum by which figures are split.
    pub(super) by: String,
    /// The code of one of its layers.
    pub(super) layer: String,
}

/// A choice in a form.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is the present one.
    pub is_chosen: bool,
}

impl Place {
    /// The node; the user's own organization when the address names none.
    pub(super) fn node<'a>(&self, cx: &'a Cx) -> Result<&'a Organization, Error> {
        let tree = &cx.actor.tree;
        let found = if self.node.is_empty() {
            tree.get(cx.actor.organization)
        } else {
            tree.by_code(&self.node)
        };
        let node = found.ok_or(Error::NotFound)?;
        cx.actor.require(Action::ReadIndicators, node.id)?;
        Ok(node)
    }

    /// The period; the present statistical year when the address names none.
    pub(super) fn period(&self, cx: &Cx) -> Result<Period, Error> {
        let wrong = || {
            Error::Rejected(Localized::new(
                "期间无法识别,例如 s2026、2026、2026Q1、2026-03",
                "not a period, such as s2026, 2026, 2026Q1 or 2026-03",
            ))
        };
        if !self.from.is_empty() && !self.to.is_empty() {
            return format!("{}..{}", self.from, self.to)
                .parse()
                .map_err(|_| wrong());
        }
        match self.period.trim() {
            "" => Ok(Period::StatisticalYear(statistical_year(cx.today))),
            text => text.parse().map_err(|_| wrong()),
        }
    }
}

/// The pack, which every page here reads.
pub(crate) fn pack_of(cx: &Cx) -> Result<&Pack, Error> {
    cx.app.pack().map(AsRef::as_ref).ok_or(Error::NotFound)
}

/// The nodes below the user's organization as choices, villages left out: they are reached through their township.
pub(crate) fn node_choices(cx: &Cx, chosen: &Organization) -> Vec<Choice> {
    let top = cx.actor.tree.ancestors(cx.actor.organization).len();
    let near = cx
        .actor
        .tree
        .subtree(cx.actor.organization)
        .iter()
        .filter(|node| cx.actor.tree.ancestors(node.id).len() <= top + 1 || node.id == chosen.id);
    near.map(|node| {
        let depth = cx.actor.tree.ancestors(node.id).len() - top;
        Choice {
            value: node.code.clone(),
            label: format!("{}{}", "　".repeat(depth), node.name),
            is_chosen: node.id == chosen.id,
        }
    })
    .collect()
}

/// The periods offered; a year says from when to when it runs, because there are two kinds of year.
pub(crate) fn period_choices(cx: &Cx, chosen: Period) -> Vec<Choice> {
    let mut periods = offered(cx.today);
    if !periods.contains(&chosen) {
        periods.insert(0, chosen);
    }
    periods
        .into_iter()
        .map(|period| Choice {
            value: period.to_string(),
            label: match period {
                Period::StatisticalYear(_) | Period::CalendarYear(_) => {
                    let month = |day: fuyou_kernel::Date| day.to_string()[..7].to_owned();
                    format!(
                        "{} ({} – {})",
                        period_words(cx, period),
                        month(period.start()),
                        month(period.end())
                    )
                }
                _ => period_words(cx, period),
            },
            is_chosen: period == chosen,
        })
        .collect()
}

struct Line {
    href: String,
    code: String,
    title: String,
    now: Shown,
    before: Shown,
    change: String,
}

#[derive(Template)]
#[template(path = "insight/table.html")]
struct TablePage {
    frame: Frame,
    files: Files,
    node: String,
    nodes: Vec<Choice>,
    periods: Vec<Choice>,
    period: String,
    lines: Vec<Line>,
    as_of: String,
    unplaced: i64,
}

/// Every indicator at a node in a period, and from when the figures are.
async fn all(
    cx: &Cx,
    (pack, node, period): (&Pack, &Organization, Period),
) -> Result<(Vec<Line>, Cells), Error> {
    let all: Vec<IndicatorIx> = (0..pack.indicators.len()).map(IndicatorIx::new).collect();
    let question = Question::of(all.clone(), node.id, period).with_previous_year();
    let cells = compute(cx, pack, &question).await?;
    let lines = all.iter().map(|ix| {
        let indicator = pack.indicator(*ix);
        let (now, before) = (
            cells.get(*ix, node.id, period),
            cells.get(*ix, node.id, period.previous_year()),
        );
        Line {
            href: address(&indicator.id, "", &node.code, period),
            code: indicator.code.clone().unwrap_or_default(),
            title: indicator.title.get(cx.language).to_owned(),
            now: shown_in(cx.language, now, indicator.unit),
            before: shown_in(cx.language, before, indicator.unit),
            change: change(now.value(), before.value()),
        }
    });
    Ok((lines.collect(), cells))
}

async fn table(cx: Cx, Query(place): Query<Place>) -> Result<Html<String>, Error> {
    let (pack, node, period) = (pack_of(&cx)?, place.node(&cx)?, place.period(&cx)?);
    let (lines, cells) = all(&cx, (pack, node, period)).await?;
    let file = format!("/indicators/file?node={}&period={period}", node.code);
    html(&TablePage {
        frame: Frame::new(&cx, "insight-indicators"),
        files: Files::of(&file, lines.len().try_into().unwrap_or(i64::MAX)),
        node: node.name.clone(),
        nodes: node_choices(&cx, node),
        periods: period_choices(&cx, period),
        period: period_words(&cx, period),
        lines,
        as_of: as_of_words(&cx, cells.as_of),
        unplaced: cells.unplaced,
    })
}

/// The table as CSV or XLSX.
async fn download(cx: Cx, kind: SheetKind, Query(place): Query<Place>) -> Result<Response, Error> {
    let (pack, node, period) = (pack_of(&cx)?, place.node(&cx)?, place.period(&cx)?);
    let (lines, _) = all(&cx, (pack, node, period)).await?;
    let head = ["code", "indicator", "value", "parts", "last-year", "change"];
    let line = |line: Line| {
        let (now, before) = (line.now, line.before);
        vec![
            line.code,
            line.title,
            now.value,
            now.parts,
            before.value,
            line.change,
        ]
    };
    let lines = lines.into_iter().map(line).collect();
    let name = format!("{}-{}-{period}", cx.t("insight-indicators"), node.name);
    let head = head.map(|key| cx.t(&format!("insight-{key}")));
    held(name, kind, &head, lines).answer().await
}

pub(crate) fn address(id: &str, page: &str, node: &str, period: Period) -> String {
    format!("/indicators/{id}{page}?node={node}&period={period}")
}

/// The difference to the year before, with its sign.
fn change(now: Option<Decimal>, before: Option<Decimal>) -> String {
    let Some(difference) = now.zip(before).and_then(|(now, before)| now.minus(before)) else {
        return String::new();
    };
    if difference.is_negative() {
        difference.to_string()
    } else {
        format!("+{difference}")
    }
}

struct RankLine {
    name: String,
    href: String,
    now: Shown,
    bar: String,
}

pub(super) struct GroupLink {
    pub(super) href: String,
    pub(super) key: &'static str,
    pub(super) is_current: bool,
}

#[derive(Template)]
#[template(path = "insight/indicator.html")]
struct IndicatorPage {
    frame: Frame,
    title: String,
    code: String,
    node: String,
    nodes: Vec<Choice>,
    periods: Vec<Choice>,
    period: String,
    now: Shown,
    before: Shown,
    numerator: Vec<String>,
    denominator: Vec<String>,
    direction: &'static str,
    is_manual: bool,
    source: String,
    certainty: &'static str,
    trend: String,
    months: Vec<(String, Shown)>,
    ranking: Vec<RankLine>,
    /// Nodes below that have nothing to be counted: named, not ranked.
    idle: Vec<(String, String)>,
    groups: Vec<GroupLink>,
    /// What the address names the present way of splitting; empty when nothing is split.
    by: String,
    splits: Vec<SplitLink>,
    split: Option<SplitTable>,
    as_of: String,
}

async fn one(
    cx: Cx,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Html<String>, Error> {
    let (pack, node, period) = (pack_of(&cx)?, place.node(&cx)?, place.period(&cx)?);
    let ix = pack.indicator_ix(&id).ok_or(Error::NotFound)?;
    let indicator = pack.indicator(ix);
    let stratum = strata_web::chosen(pack, ix, &place.by)?;
    let months = months_until(cx.today, TREND_MONTHS).map_err(|err| Error::Internal(err.into()))?;
    let mut question = Question::of(vec![ix], node.id, period)
        .with_previous_year()
        .with_children(&cx.actor.tree);
    question.periods.extend(
        months
            .iter()
            .filter(|month| **month != period && **month != period.previous_year())
            .copied()
            .collect::<Vec<_>>(),
    );
    let cells = compute(&cx, pack, &question).await?;
    let title = indicator.title.get(cx.language).to_owned();
    let unit = indicator.unit;
    let points: Vec<Point> = months
        .iter()
        .map(|month| Point {
            label: month.to_string(),
            value: cells.get(ix, node.id, *month).value(),
        })
        .collect();
    let says = crate::texts::text_with(
        cx.language,
        "insight-trend-of",
        &[("title", &title), ("node", &node.name)],
    );
    let (numerator, denominator) = formula(&cx, pack, ix);
    let can_drill = cx.actor.require(Action::DrillToPersons, node.id).is_ok()
        && indicator.secrecy <= cx.actor.secrecy_max()
        && indicator.entry != IndicatorEntry::Manual;
    let (idle, ranking): (Vec<_>, Vec<_>) = ranking(&cx, pack, ix, &cells, node, period)
        .into_iter()
        .partition(|line| line.now.is_idle);
    html(&IndicatorPage {
        frame: Frame::new(&cx, "insight-indicators").titled(title.clone()),
        code: indicator.code.clone().unwrap_or_default(),
        node: node.name.clone(),
        nodes: node_choices(&cx, node),
        periods: period_choices(&cx, period),
        period: period_words(&cx, period),
        now: shown_in(cx.language, cells.get(ix, node.id, period), unit),
        before: shown_in(
            cx.language,
            cells.get(ix, node.id, period.previous_year()),
            unit,
        ),
        numerator,
        denominator,
        direction: direction_key(indicator),
        is_manual: indicator.entry == IndicatorEntry::Manual,
        source: crate::packs::source_words(pack, &indicator.cited),
        certainty: crate::packs::certainty_key(indicator.cited.certainty),
        trend: chart::trend(&points, None, &says),
        months: months
            .iter()
            .rev()
            .map(|month| {
                (
                    month.to_string(),
                    shown_in(cx.language, cells.get(ix, node.id, *month), unit),
                )
            })
            .collect(),
        ranking,
        idle: idle
            .into_iter()
            .map(|line| (line.name, line.href))
            .collect(),
        groups: if can_drill {
            group_links(pack, ix, (&node.code, ""), period, None)
        } else {
            Vec::new()
        },
        splits: strata_web::links(&cx, pack, ix, (&node.code, period), stratum),
        split: match stratum {
            Some(stratum) => {
                Some(strata_web::table(&cx, pack, ix, (node, period), stratum, can_drill).await?)
            }
            None => None,
        },
        by: place.by,
        as_of: as_of_words(&cx, cells.as_of),
        title,
    })
}

/// The nodes below, best first; those without a figure last.
fn ranking(
    cx: &Cx,
    pack: &Pack,
    ix: IndicatorIx,
    cells: &Cells,
    node: &Organization,
    period: Period,
) -> Vec<RankLine> {
    let indicator = pack.indicator(ix);
    let children: Vec<&Organization> = cx.actor.tree.children(node.id).collect();
    let ids: Vec<_> = children.iter().map(|child| child.id).collect();
    let mut lines: Vec<_> = children
        .into_iter()
        .zip(cells.siblings(ix, &ids, period))
        .collect();
    let whole = lines
        .iter()
        .filter_map(|(_, cell)| cell.value())
        .max_by(|one, other| one.cmp_value(*other))
        .unwrap_or(Decimal::whole(1));
    lines.sort_by(|(_, one), (_, other)| match (one.value(), other.value()) {
        (Some(one), Some(other)) if indicator.better == fuyou_pack::model::Better::Lower => {
            one.cmp_value(other)
        }
        (Some(one), Some(other)) => other.cmp_value(one),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
    let line = |(child, cell): (&Organization, super::Cell)| {
        let now = shown_in(cx.language, cell, indicator.unit);
        RankLine {
            name: child.name.clone(),
            href: address(&indicator.id, "", &child.code, period),
            bar: chart::bar(
                cell.value(),
                None,
                whole,
                &format!("{} {}", child.name, now.value),
            ),
            now,
        }
    };
    lines.into_iter().map(line).collect()
}

/// Numerator and denominator as the pack writes them: title, condition, value, date.
fn formula(cx: &Cx, pack: &Pack, ix: IndicatorIx) -> (Vec<String>, Vec<String>) {
    let IndicatorEntry::Computed {
        numerator,
        denominator,
    } = pack.indicator(ix).entry
    else {
        return (Vec::new(), Vec::new());
    };
    let words = |measure| {
        let measure = pack.measure(measure);
        let mut lines = vec![measure.title.get(cx.language).to_owned()];
        lines.extend(
            measure
                .filter
                .as_ref()
                .map(|filter| filter.text().to_owned()),
        );
        if let Sum::Of(value) = &measure.sum {
            lines.push(format!("sum {}", value.text()));
        }
        lines.push(format!("dated by {}", measure.dated_by.text()));
        lines
    };
    (words(numerator), denominator.map(words).unwrap_or_default())
}

pub(super) fn group_key(group: Group) -> &'static str {
    match group {
        Group::Counted => "insight-counted",
        Group::NotCounted => "insight-not-counted",
        Group::Gap => "insight-gap",
    }
}

pub(super) fn group_links(
    pack: &Pack,
    ix: IndicatorIx,
    (node, of_layer): (&str, &str),
    period: Period,
    current: Option<Group>,
) -> Vec<GroupLink> {
    let indicator = pack.indicator(ix);
    let has = |group: &Group| match (group, indicator.entry) {
        (_, IndicatorEntry::Manual) => false,
        (Group::NotCounted, IndicatorEntry::Computed { denominator, .. }) => denominator.is_some(),
        (Group::Gap, _) => indicator.gap.is_some(),
        (Group::Counted, _) => true,
    };
    let link = |group: Group| GroupLink {
        href: format!(
            "{}&group={}{of_layer}",
            address(&indicator.id, "/persons", node, period),
            group.word()
        ),
        key: group_key(group),
        is_current: current == Some(group),
    };
    Group::ALL.into_iter().filter(has).map(link).collect()
}

impl From<super::Error> for Error {
    fn from(err: super::Error) -> Self {
        match err {
            super::Error::Denied(denied) => Error::Forbidden(denied),
            super::Error::TooManyToSort(total) => Error::Rejected(Localized::new(
                format!(
                    "共 {total} 人，超过 {} 人时不能按姓名或居住地排序，请缩小机构范围。",
                    super::BY_PERSON_MAX
                ),
                format!(
                    "These are {total} persons; more than {} are not sorted by name or residence. Choose a smaller organization.",
                    super::BY_PERSON_MAX
                ),
            )),
            super::Error::TooMany(cells) => Error::Rejected(Localized::new(
                format!(
                    "一次最多计算 {} 个单元格,此次为 {cells} 个,请缩小范围",
                    super::CELLS_MAX
                ),
                format!("{cells} cells are more than can be computed at once: ask for less"),
            )),
            super::Error::Store(err) => err.into(),
        }
    }
}

/// Until when figures are complete: the moment at which they were asked for, and how many changes they contain.
pub(crate) fn as_of_words(cx: &Cx, changes: i64) -> String {
    let at = cx.now.to_zoned(cx.app.options().time_zone.clone());
    let (at, changes) = (
        at.strftime("%Y-%m-%d %H:%M").to_string(),
        changes.to_string(),
    );
    let values = [("at", at.as_str()), ("change", changes.as_str())];
    crate::texts::text_with(cx.language, "insight-as-of", &values)
}

/// A target in words, for pages that show aims.
pub(crate) fn aim_words(
    language: fuyou_kernel::Language,
    aim: super::Aim,
    unit: fuyou_pack::model::Unit,
) -> String {
    let with_unit = |value, unit| with_unit_in(language, value, unit);
    match aim {
        super::Aim::AtLeast(value) => format!("≥ {}", with_unit(value.short(), unit)),
        super::Aim::AtMost(value) => format!("≤ {}", with_unit(value.short(), unit)),
        super::Aim::Between(low, high) => format!(
            "{} – {}",
            with_unit(low.short(), unit),
            with_unit(high.short(), unit)
        ),
    }
}
