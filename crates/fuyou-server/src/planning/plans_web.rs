//! Pages of plans: import, the marked text with its targets, the breakdown.

use askama::Template;
use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use fuyou_kernel::{Language, Localized};
use fuyou_pack::Pack;
use serde::Deserialize;

use super::marked::{Piece, pieces};
use super::plans::{self, Decision, Error as PlanningError, Import, Opened, PlanState};
use super::target::{COMPARATORS, PlanId, PlanTarget, TargetId, TargetState, comparator_of};
use super::web::year_of;
use crate::access::Action;
use crate::exchange::download_web::{Files, held};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Form};
use crate::insight::{Choice, Decimal, node_choices, pack_of};
use crate::ui::{Frame, html};

struct PlanLine {
    href: String,
    title: String,
    org: String,
    year: i16,
    edition: i64,
    state: &'static str,
    by: String,
}

#[derive(Template)]
#[template(path = "planning/plans.html")]
struct PlansPage {
    frame: Frame,
    files: Files,
    lines: Vec<PlanLine>,
    nodes: Vec<Choice>,
    year: String,
    text: String,
    problem: String,
}

/// An address that names nothing of ours is not found.
pub(super) fn id_of<K: fuyou_kernel::Kind>(text: &str) -> Result<fuyou_kernel::Id<K>, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

fn state_key(state: PlanState) -> &'static str {
    match state {
        PlanState::Draft => "planning-draft",
        PlanState::Current => "planning-current",
        PlanState::Replaced => "planning-replaced",
    }
}

pub(super) async fn index(cx: Cx) -> Result<Html<String>, Error> {
    page(&cx, &Typed::default(), "").await
}

/// The page with what was typed, so that nothing is lost when a text cannot be read.
async fn page(cx: &Cx, typed: &Typed, problem: &str) -> Result<Html<String>, Error> {
    let lines = lines(cx).await?;
    let chosen = cx
        .actor
        .tree
        .by_code(&typed.node)
        .or(cx.actor.tree.get(cx.actor.organization))
        .ok_or(Error::NotFound)?;
    html(&PlansPage {
        frame: Frame::new(cx, "menu-plans"),
        files: Files::of("/plans/file", lines.len().try_into().unwrap_or(i64::MAX)),
        lines,
        nodes: node_choices(cx, chosen),
        year: if typed.year.is_empty() {
            year_of("", cx.today)?.to_string()
        } else {
            typed.year.clone()
        },
        text: typed.text.clone(),
        problem: problem.to_owned(),
    })
}

async fn lines(cx: &Cx) -> Result<Vec<PlanLine>, Error> {
    let plans = plans::list(cx).await?.into_iter();
    let lines = plans.map(|plan| PlanLine {
        href: format!("/plans/{}", plan.id),
        org: cx.actor.tree.name(plan.org).to_owned(),
        state: state_key(plan.state),
        title: plan.title,
        year: plan.year,
        edition: plan.edition,
        by: plan.created_by,
    });
    Ok(lines.collect())
}

/// The list of plans as CSV or XLSX.
pub(super) async fn download(cx: Cx, kind: SheetKind) -> Result<Response, Error> {
    let head = [
        "planning-plan",
        "insight-organization",
        "planning-year",
        "planning-edition",
        "planning-state",
        "planning-by",
    ];
    let line = |line: PlanLine| {
        let (year, edition) = (line.year.to_string(), line.edition.to_string());
        vec![
            line.title,
            line.org,
            year,
            edition,
            cx.t(line.state),
            line.by,
        ]
    };
    let lines = lines(&cx).await?.into_iter().map(line).collect();
    let name = format!("{}-{}", cx.t("menu-plans"), cx.today);
    held(name, kind, &head.map(|key| cx.t(key)), lines)
        .answer()
        .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    node: String,
    year: String,
    text: String,
}

pub(super) async fn paste(cx: Cx, Form(typed): Form<Typed>) -> Result<Response, Error> {
    let bytes = typed.text.clone().into_bytes();
    take_in(&cx, &typed, "", &bytes).await
}

pub(super) async fn upload(cx: Cx, mut parts: Multipart) -> Result<Response, Error> {
    let mut typed = Typed::default();
    let (mut name, mut bytes) = (String::new(), Vec::new());
    let broken = |_| {
        Error::Rejected(Localized::new(
            "文件没有传完,请重试",
            "the file did not arrive whole: try again",
        ))
    };
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name().unwrap_or_default() {
            "node" => typed.node = part.text().await.map_err(broken)?,
            "year" => typed.year = part.text().await.map_err(broken)?,
            "file" => {
                name = part.file_name().unwrap_or_default().to_owned();
                bytes = part.bytes().await.map_err(broken)?.to_vec();
            }
            _ => {}
        }
    }
    take_in(&cx, &typed, &name, &bytes).await
}

async fn take_in(cx: &Cx, typed: &Typed, name: &str, bytes: &[u8]) -> Result<Response, Error> {
    let pack = pack_of(cx)?;
    let node = cx.actor.tree.by_code(&typed.node).ok_or(Error::NotFound)?;
    cx.actor.require(Action::ManagePlan, node.id)?;
    let import = Import {
        org: node.id,
        year: year_of(&typed.year, cx.today)?,
        file_name: name,
        bytes,
        by: (Some(cx.actor.id.uuid()), &cx.actor.login),
    };
    match plans::import(&cx.app, pack, &import, cx.entry("import", "plan")).await {
        Ok(plan) => Ok(Redirect::to(&format!("/plans/{}", plan.id)).into_response()),
        Err(PlanningError::Unreadable(why)) => {
            let words = match cx.language {
                Language::Zh => why.zh(),
                Language::En => why.to_string(),
            };
            Ok((
                StatusCode::UNPROCESSABLE_ENTITY,
                page(cx, typed, &words).await?,
            )
                .into_response())
        }
        Err(other) => Err(other.into()),
    }
}

struct TargetView {
    id: String,
    line: usize,
    written: String,
    phrase: String,
    class: &'static str,
    state: &'static str,
    note: String,
    indicators: Vec<Choice>,
    bound: String,
    comparators: Vec<Choice>,
    value: String,
    value_high: String,
    unit: String,
    kind: &'static str,
    shares_href: String,
    shares: usize,
}

#[derive(Template)]
#[template(path = "planning/plan.html")]
struct PlanPage {
    frame: Frame,
    id: String,
    version: i64,
    org: String,
    year: i16,
    edition: i64,
    state: &'static str,
    can_adopt: bool,
    damage: Vec<String>,
    lines: Vec<(usize, Vec<Piece>)>,
    targets: Vec<TargetView>,
    bound: usize,
    waiting: usize,
    doubtful: usize,
}

pub(super) async fn show(cx: Cx, Path(id): Path<String>) -> Result<Html<String>, Error> {
    let id: PlanId = id_of(&id)?;
    let pack = pack_of(&cx)?;
    let Opened {
        plan,
        targets,
        shares,
    } = plans::open(&cx, id).await?;
    let damage = plan.damage.lines().map(|line| {
        let (zh, en) = line.split_once('\t').unwrap_or((line, line));
        match cx.language {
            Language::Zh => zh.to_owned(),
            Language::En => en.to_owned(),
        }
    });
    let all = indicator_choices(&cx, pack);
    let views = targets.iter().map(|target| TargetView {
        shares: shares
            .iter()
            .filter(|share| share.target == target.id)
            .count(),
        ..target_view(&cx, id, target, &all)
    });
    let lines = plan
        .body
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, pieces(line, at + 1, &targets, class_of)));
    html(&PlanPage {
        frame: Frame::new(&cx, "menu-plans").titled(plan.title.clone()),
        id: id.to_string(),
        version: plan.version,
        org: cx.actor.tree.name(plan.org).to_owned(),
        year: plan.year,
        edition: plan.edition,
        state: state_key(plan.state),
        can_adopt: plan.state != PlanState::Current,
        damage: damage.collect(),
        lines: lines.collect(),
        bound: targets
            .iter()
            .filter(|target| target.indicator.is_some() && target.state != TargetState::Ignored)
            .count(),
        waiting: targets
            .iter()
            .filter(|target| target.indicator.is_none() && target.state != TargetState::Ignored)
            .count(),
        doubtful: targets
            .iter()
            .filter(|target| target.waits_for_decision())
            .count(),
        targets: views.collect(),
    })
}

/// How a target is marked in the text.
fn class_of(target: &PlanTarget) -> &'static str {
    match (target.state, &target.indicator) {
        (TargetState::Ignored, _) => "ignored",
        (TargetState::Found, _) if target.confidence != "high" => "doubtful",
        (_, None) => "waiting",
        (_, Some(_)) => "bound",
    }
}

fn indicator_choices(cx: &Cx, pack: &Pack) -> Vec<(String, String)> {
    let indicators = pack.indicators.iter().map(|indicator| {
        (
            indicator.id.to_string(),
            indicator.title.get(cx.language).to_owned(),
        )
    });
    let terms = pack.terms.iter().map(|term| {
        (
            term.id.to_string(),
            format!("{} *", term.title.get(cx.language)),
        )
    });
    indicators.chain(terms).collect()
}

fn kind_key(kind: &str) -> &'static str {
    match kind {
        "growth_target" => "planning-kind-growth",
        "relative_target" => "planning-kind-relative",
        "qualitative" => "planning-kind-qualitative",
        "implied_all" => "planning-kind-all",
        "implied_zero" => "planning-kind-none",
        "policy_parameter" => "planning-kind-policy",
        "programme_count" => "planning-kind-count",
        _ => "planning-kind-target",
    }
}

fn target_view(cx: &Cx, plan: PlanId, target: &PlanTarget, all: &[(String, String)]) -> TargetView {
    let text = |value: Option<Decimal>| value.map_or_else(String::new, |value| value.to_string());
    let chosen = |id: &str| target.indicator.as_deref() == Some(id);
    let bound = all
        .iter()
        .find(|(id, _)| chosen(id))
        .map_or_else(String::new, |(_, title)| title.clone());
    TargetView {
        id: target.id.to_string(),
        line: target.span.line,
        written: target.written.clone(),
        phrase: target.indicator_written.clone(),
        class: class_of(target),
        state: match target.state {
            TargetState::Found => "planning-state-found",
            TargetState::Confirmed => "planning-state-confirmed",
            TargetState::Ignored => "planning-state-ignored",
        },
        note: match cx.language {
            Language::Zh => target.note_zh.clone(),
            Language::En => target.note_en.clone(),
        },
        indicators: all
            .iter()
            .map(|(id, title)| Choice {
                value: id.clone(),
                label: title.clone(),
                is_chosen: chosen(id),
            })
            .collect(),
        bound,
        comparators: COMPARATORS
            .into_iter()
            .map(|comparator| Choice {
                value: comparator.sign().to_owned(),
                label: comparator.sign().to_owned(),
                is_chosen: comparator == target.comparator,
            })
            .collect(),
        value: text(target.value),
        value_high: text(target.value_high),
        unit: target.unit.clone(),
        kind: kind_key(&target.kind),
        shares_href: if target.can_be_broken_down() {
            format!("/plans/{plan}/targets/{}/shares", target.id)
        } else {
            String::new()
        },
        shares: 0,
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct DecisionForm {
    version: i64,
    indicator: String,
    comparator: String,
    value: String,
    value_high: String,
    unit: String,
    /// Which button: `confirmed` or `ignored`.
    state: String,
}

pub(super) async fn decided(
    cx: Cx,
    Path((id, target)): Path<(String, String)>,
    Form(form): Form<DecisionForm>,
) -> Result<Redirect, Error> {
    let (id, target): (PlanId, TargetId) = (id_of(&id)?, id_of(&target)?);
    let pack = pack_of(&cx)?;
    let decision = Decision {
        version: form.version,
        indicator: Some(form.indicator).filter(|id| !id.is_empty()),
        comparator: comparator_of(&form.comparator).ok_or_else(|| {
            Error::Rejected(Localized::new("比较符号无法识别", "not a comparator"))
        })?,
        value: number(&form.value)?,
        value_high: number(&form.value_high)?,
        unit: form.unit.trim().to_owned(),
        state: TargetState::of_word(&form.state)
            .ok_or_else(|| Error::Rejected(Localized::new("状态无法识别", "not a state")))?,
    };
    plans::decide(&cx, pack, id, target, decision).await?;
    Ok(Redirect::to(&format!("/plans/{id}#t-{target}")))
}

pub(super) fn number(text: &str) -> Result<Option<Decimal>, Error> {
    match text.trim() {
        "" => Ok(None),
        text => match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(err) => Err(not_a_number(text, &err)),
        },
    }
}

fn not_a_number(text: &str, err: &crate::insight::DecimalError) -> Error {
    Error::Rejected(Localized::new(format!("“{text}”不是数字"), err.to_string()))
}

#[derive(Debug, Deserialize)]
pub(super) struct AdoptForm {
    version: i64,
}

pub(super) async fn adopted(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<AdoptForm>,
) -> Result<Redirect, Error> {
    let id: PlanId = id_of(&id)?;
    plans::adopt(&cx, id, form.version).await?;
    Ok(Redirect::to("/board"))
}
