//! The page on which people type figures that no record yields.

use askama::Template;
use axum::response::{Html, Redirect, Response};
use fuyou_kernel::{Localized, Period};
use fuyou_pack::Pack;
use fuyou_pack::model::IndicatorEntry;
use serde::Deserialize;

use super::figures::{self, FigureEntry};
use crate::exchange::download_web::{Files, held};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Form};
use crate::insight::{
    Choice, node_choices, pack_of, period_choices, period_words, statistical_year, unit_sign,
};
use crate::ui::{Frame, html};

struct EntryLine {
    indicator: String,
    org: String,
    period: String,
    value: String,
    note: String,
    at: String,
    by: String,
    in_force: bool,
}

#[derive(Template)]
#[template(path = "planning/figures.html")]
struct FiguresPage {
    frame: Frame,
    files: Files,
    indicators: Vec<Choice>,
    nodes: Vec<Choice>,
    periods: Vec<Choice>,
    lines: Vec<EntryLine>,
}

pub(super) async fn show(cx: Cx) -> Result<Html<String>, Error> {
    let pack = pack_of(&cx)?;
    let node = cx
        .actor
        .tree
        .get(cx.actor.organization)
        .ok_or(Error::NotFound)?;
    let typed = pack
        .indicators
        .iter()
        .filter(|indicator| indicator.entry == IndicatorEntry::Manual);
    let indicators = typed.map(|indicator| Choice {
        value: indicator.id.to_string(),
        label: match unit_sign(cx.language, indicator.unit) {
            "" => indicator.title.get(cx.language).to_owned(),
            sign => format!("{} ({sign})", indicator.title.get(cx.language)),
        },
        is_chosen: false,
    });
    let lines = lines(&cx, pack).await?;
    html(&FiguresPage {
        frame: Frame::new(&cx, "menu-figures"),
        files: Files::of("/figures/file", lines.len().try_into().unwrap_or(i64::MAX)),
        indicators: indicators.collect(),
        nodes: node_choices(&cx, node),
        periods: period_choices(&cx, Period::StatisticalYear(statistical_year(cx.today))),
        lines,
    })
}

async fn lines(cx: &Cx, pack: &Pack) -> Result<Vec<EntryLine>, Error> {
    let zone = &cx.app.options().time_zone;
    let lines = figures::entries(cx)
        .await?
        .into_iter()
        .map(|entry| EntryLine {
            indicator: pack.indicator_ix(&entry.indicator).map_or_else(
                || entry.indicator.clone(),
                |ix| pack.indicator(ix).title.get(cx.language).to_owned(),
            ),
            org: cx.actor.tree.name(entry.org).to_owned(),
            value: entry.denominator.map_or_else(
                || entry.numerator.to_string(),
                |denominator| format!("{} / {denominator}", entry.numerator),
            ),
            at: entry
                .entered_at
                .to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M")
                .to_string(),
            period: entry
                .period
                .parse()
                .map_or_else(|_| entry.period.clone(), |period| period_words(cx, period)),
            note: entry.note,
            by: entry.entered_by,
            in_force: entry.in_force,
        });
    Ok(lines.collect())
}

/// The figures that were typed as CSV or XLSX, those that were replaced among them.
pub(super) async fn download(cx: Cx, kind: SheetKind) -> Result<Response, Error> {
    let lines = lines(&cx, pack_of(&cx)?).await?;
    let head = [
        "insight-indicator",
        "insight-organization",
        "insight-period",
        "insight-value",
        "planning-state",
        "planning-note",
        "planning-by",
        "planning-at",
    ];
    let line = |line: EntryLine| {
        let state = match line.in_force {
            true => cx.t("planning-in-force"),
            false => cx.t("planning-replaced"),
        };
        let (indicator, value) = (line.indicator, line.value);
        vec![
            indicator,
            line.org,
            line.period,
            value,
            state,
            line.note,
            line.by,
            line.at,
        ]
    };
    let lines = lines.into_iter().map(line).collect();
    let name = format!("{}-{}", cx.t("menu-figures"), cx.today);
    held(name, kind, &head.map(|key| cx.t(key)), lines)
        .answer()
        .await
}

#[derive(Debug, Deserialize)]
pub(super) struct FigureForm {
    indicator: String,
    node: String,
    period: String,
    numerator: String,
    denominator: String,
    note: String,
}

pub(super) async fn entered(cx: Cx, Form(form): Form<FigureForm>) -> Result<Redirect, Error> {
    let pack = pack_of(&cx)?;
    let node = cx.actor.tree.by_code(&form.node).ok_or(Error::NotFound)?;
    let whole = |text: &str, zh: &str, en: &str| {
        text.trim().parse::<i64>().map_err(|_| {
            Error::Rejected(Localized::new(
                format!("{zh}须为整数"),
                format!("the {en} is a whole number"),
            ))
        })
    };
    let period = form.period.trim().parse().map_err(|_| {
        Error::Rejected(Localized::new(
            "期间无法识别,例如 2026-03、2026 或 s2026",
            "not a period, such as 2026-03, 2026 or s2026",
        ))
    })?;
    let denominator = match form.denominator.trim() {
        "" => None,
        text => Some(whole(text, "分母", "denominator")?),
    };
    let entry = FigureEntry {
        indicator: form.indicator,
        org: node.id,
        period,
        numerator: whole(&form.numerator, "数值", "figure")?,
        denominator,
        note: form.note,
    };
    figures::enter(&cx, pack, &entry).await?;
    Ok(Redirect::to("/figures"))
}
