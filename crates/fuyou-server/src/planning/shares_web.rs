//! The page on which a target is broken down to the organizations below.

use askama::Template;
use axum::extract::Path;
use axum::response::{Html, Redirect};
use fuyou_kernel::Localized;

use super::breakdown::by_population;
use super::plans::{self, Opened};
use super::plans_web::{id_of, number};
use super::target::{Method, PlanId, PlanTarget, Share, TargetId, counts};
use crate::http::{Cx, Error, Form};
use crate::insight::Decimal;
use crate::ui::{Frame, html};

struct ShareLine {
    code: String,
    name: String,
    population: String,
    value: String,
    by_population: String,
}

#[derive(Template)]
#[template(path = "planning/shares.html")]
struct SharesPage {
    frame: Frame,
    back: String,
    action: String,
    version: i64,
    phrase: String,
    whole: String,
    is_count: bool,
    lines: Vec<ShareLine>,
    can_divide: bool,
}

pub(super) async fn shares(
    cx: Cx,
    Path((id, target)): Path<(String, String)>,
) -> Result<Html<String>, Error> {
    let (id, target): (PlanId, TargetId) = (id_of(&id)?, id_of(&target)?);
    let opened = plans::open(&cx, id).await?;
    let (known, whole) = divisible(&opened, target)?;
    let is_count = counts(known);
    let children = areas(&cx, &opened);
    let populations: Vec<i64> = children
        .iter()
        .map(|(_, _, population)| population.unwrap_or(0))
        .collect();
    let divided = by_population(whole, &populations).ok().filter(|_| is_count);
    let lines = children
        .iter()
        .enumerate()
        .map(|(at, (org, node, population))| {
            let set = opened
                .shares
                .iter()
                .find(|share| share.target == target && share.org == *org);
            let by_population = divided
                .as_ref()
                .map(|shares| shares[at].to_string())
                .unwrap_or_default();
            ShareLine {
                code: node.0.clone(),
                name: node.1.clone(),
                population: population
                    .map_or_else(|| "–".to_owned(), |population| population.to_string()),
                value: match set {
                    Some(share) => share.value.to_string(),
                    None if is_count => by_population.clone(),
                    None => whole.to_string(),
                },
                by_population,
            }
        });
    html(&SharesPage {
        frame: Frame::new(&cx, "menu-plans").titled(cx.t("planning-shares")),
        back: format!("/plans/{id}#t-{target}"),
        action: format!("/plans/{id}/targets/{target}/shares"),
        version: opened.plan.version,
        phrase: known.indicator_written.clone(),
        whole: format!("{whole}{}", known.unit),
        is_count,
        lines: lines.collect(),
        can_divide: divided.is_some(),
    })
}

/// A target that can be broken down, with its value for the whole.
fn divisible(opened: &Opened, target: TargetId) -> Result<(&PlanTarget, Decimal), Error> {
    let known = opened.targets.iter().find(|known| known.id == target);
    let known = known.filter(|known| known.can_be_broken_down());
    known
        .and_then(|known| Some((known, known.value?)))
        .ok_or(Error::NotFound)
}

type Area = (
    crate::registry::OrganizationId,
    (String, String),
    Option<i64>,
);

/// The organizations below the plan's own that have people: areas and those that serve one. Where some have a population,
/// the others (a bureau, a hospital) take no part.
fn areas(cx: &Cx, opened: &Opened) -> Vec<Area> {
    let children: Vec<_> = cx.actor.tree.children(opened.plan.org).collect();
    let peopled = children.iter().any(|child| child.population.is_some());
    let part = children
        .into_iter()
        .filter(|child| !peopled || child.population.is_some());
    part.map(|child| {
        (
            child.id,
            (child.code.clone(), child.name.clone()),
            child.population,
        )
    })
    .collect()
}

/// The form of a breakdown: `version`, `method`, and `v-CODE` for each organization.
pub(super) async fn shared(
    cx: Cx,
    Path((id, target)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, Error> {
    let (id, target): (PlanId, TargetId) = (id_of(&id)?, id_of(&target)?);
    let opened = plans::open(&cx, id).await?;
    let (_, whole) = divisible(&opened, target)?;
    let field = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let incomplete = || Error::Rejected(Localized::new("表单不完整", "the form is incomplete"));
    let version = field("version").parse().map_err(|_| incomplete())?;
    let method = Method::of_word(field("method")).ok_or_else(incomplete)?;
    let children = areas(&cx, &opened);
    let values: Vec<Decimal> = match method {
        Method::Same => vec![whole; children.len()],
        Method::Population => {
            let populations: Vec<i64> = children
                .iter()
                .map(|(_, _, population)| population.unwrap_or(0))
                .collect();
            by_population(whole, &populations).map_err(|err| {
                Error::Rejected(Localized::new(
                    "下级机构没有人口数,无法按人口分解",
                    err.to_string(),
                ))
            })?
        }
        Method::Edited => {
            let typed = |(_, (code, name), _): &Area| {
                let missing = || {
                    Error::Rejected(Localized::new(
                        format!("{name}:没有填写"),
                        format!("{name}: nothing was typed"),
                    ))
                };
                number(field(&format!("v-{code}")))?.ok_or_else(missing)
            };
            children.iter().map(typed).collect::<Result<_, _>>()?
        }
    };
    let share = |((org, _, _), value): (&Area, Decimal)| Share {
        target,
        org: *org,
        value,
        method,
    };
    let shares = children.iter().zip(values).map(share).collect();
    plans::break_down(&cx, id, target, version, shares).await?;
    Ok(Redirect::to(&format!(
        "/plans/{id}/targets/{target}/shares"
    )))
}
