//! Pages of the pack viewer. Everything stands in the pack; nothing is read from the database.

use askama::Template;
use axum::extract::Path;
use axum::response::Html;
use fuyou_kernel::{Secrecy, Span};
use fuyou_pack::Pack;
use fuyou_pack::model::{
    Certainty, ChangeKind, Cited, Field, FieldKind, IndicatorEntry, Program, Requirement, Visit,
};

use super::check_web;
use crate::access::Action;
use crate::http::{Access, Cx, Error, Route};
use crate::insight::pack_of;
use crate::ui::{Frame, html};

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let packs = Access::Needs(Action::ReadPacks);
    vec![
        Route::get("/packs", packs, overview),
        Route::get("/packs/checked", packs, check_web::show),
        Route::post("/packs/tested", packs, check_web::test),
        Route::get("/packs/{program}", packs, program),
    ]
}

/// Where a definition comes from: title, edition, place.
pub(crate) fn source_words(pack: &Pack, cited: &Cited) -> String {
    let Some(citation) = &cited.source else {
        return String::new();
    };
    let source = &pack.sources[citation.source.get()];
    let parts = [
        Some(source.title.as_str()),
        source.edition.as_deref(),
        Some(citation.place.as_str()),
    ];
    parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The key of the text that says how sure the pack is.
pub(crate) fn certainty_key(certainty: Option<Certainty>) -> &'static str {
    match certainty {
        None => "",
        Some(Certainty::Verified) => "packs-verified",
        Some(Certainty::Known) => "packs-known",
        Some(Certainty::Uncertain) => "packs-uncertain",
        Some(Certainty::Design) => "packs-design",
    }
}

struct ProgramLine {
    id: String,
    title: String,
    forms: usize,
    fields: usize,
    visits: usize,
    rules: usize,
    indicators: usize,
}

struct ChangeLine {
    layer: String,
    kind: &'static str,
    keys: String,
    item: String,
    place: String,
}

#[derive(Template)]
#[template(path = "packs/overview.html")]
struct OverviewPage {
    frame: Frame,
    title: String,
    layers: Vec<(String, String)>,
    programs: Vec<ProgramLine>,
    changes: Vec<ChangeLine>,
    sources: Vec<(String, String)>,
}

async fn overview(cx: Cx) -> Result<Html<String>, Error> {
    let pack = pack_of(&cx)?;
    let programs = pack.programs.iter().map(|program| ProgramLine {
        id: program.id.to_string(),
        title: program.title.get(cx.language).to_owned(),
        forms: program.forms.len(),
        fields: program
            .forms
            .iter()
            .map(|form| {
                form.fields.len()
                    + form
                        .groups
                        .iter()
                        .map(|group| group.fields.len())
                        .sum::<usize>()
            })
            .sum(),
        visits: program.visits.len(),
        rules: program.rules.len(),
        indicators: pack
            .indicators
            .iter()
            .filter(|indicator| pack.program(indicator.program).id == program.id)
            .count(),
    });
    let changes = pack.changes.iter().map(|change| ChangeLine {
        layer: change.layer.to_string(),
        kind: match change.kind {
            ChangeKind::Added => "packs-added",
            ChangeKind::Replaced => "packs-replaced",
            ChangeKind::Altered(_) => "packs-altered",
            ChangeKind::Removed => "packs-removed",
        },
        keys: match &change.kind {
            ChangeKind::Altered(keys) => keys.join(", "),
            ChangeKind::Added | ChangeKind::Replaced | ChangeKind::Removed => String::new(),
        },
        item: format!("{} {} {}", change.program, change.item.word(), change.id)
            .trim()
            .to_owned(),
        place: format!("{}:{}", change.place.file, change.place.line),
    });
    html(&OverviewPage {
        frame: Frame::new(&cx, "menu-packs"),
        title: pack.title.get(cx.language).to_owned(),
        layers: pack
            .layers
            .iter()
            .map(|layer| {
                (
                    layer.title.get(cx.language).to_owned(),
                    format!("{} {}", layer.id, layer.version),
                )
            })
            .collect(),
        programs: programs.collect(),
        changes: changes.collect(),
        sources: pack
            .sources
            .iter()
            .map(|source| {
                (
                    source.title.clone(),
                    source.edition.clone().unwrap_or_default(),
                )
            })
            .collect(),
    })
}

struct FieldLine {
    label: String,
    id: String,
    ty: String,
    limits: String,
    condition: String,
    secrecy: &'static str,
}

struct FormView {
    id: String,
    title: String,
    source: String,
    certainty: &'static str,
    fields: Vec<FieldLine>,
}

struct VisitLine {
    title: String,
    form: String,
    window: String,
    condition: String,
    source: String,
    certainty: &'static str,
}

struct RuleLine {
    id: String,
    title: String,
    sets: String,
    colour: String,
    condition: String,
    source: String,
    certainty: &'static str,
}

struct IndicatorLine {
    id: String,
    title: String,
    formula: String,
    source: String,
    certainty: &'static str,
}

#[derive(Template)]
#[template(path = "packs/program.html")]
struct ProgramPage {
    frame: Frame,
    title: String,
    source: String,
    forms: Vec<FormView>,
    visits: Vec<VisitLine>,
    rules: Vec<RuleLine>,
    indicators: Vec<IndicatorLine>,
    lists: Vec<(String, String)>,
}

async fn program(cx: Cx, Path(id): Path<String>) -> Result<Html<String>, Error> {
    let pack = pack_of(&cx)?;
    let program = pack.program(pack.program_ix(&id).ok_or(Error::NotFound)?);
    let title = program.title.get(cx.language).to_owned();
    html(&ProgramPage {
        frame: Frame::new(&cx, "menu-packs").titled(title.clone()),
        title,
        source: source_words(pack, &program.cited),
        forms: forms(&cx, pack, program),
        visits: program
            .visits
            .iter()
            .map(|visit| visit_line(&cx, pack, program, visit))
            .collect(),
        rules: rules(&cx, pack, program),
        indicators: indicators(&cx, pack, program),
        lists: program
            .lists
            .iter()
            .map(|list| {
                (
                    list.title.get(cx.language).to_owned(),
                    list.filter
                        .as_ref()
                        .map_or_else(String::new, |filter| filter.text().to_owned()),
                )
            })
            .collect(),
    })
}

fn forms(cx: &Cx, pack: &Pack, program: &Program) -> Vec<FormView> {
    let view = |form: &fuyou_pack::Form| {
        let mut fields: Vec<FieldLine> = form
            .fields
            .iter()
            .map(|field| field_line(cx, field, ""))
            .collect();
        for group in &form.groups {
            let heading = group.title.get(cx.language);
            fields.extend(
                group
                    .fields
                    .iter()
                    .map(|field| field_line(cx, field, heading)),
            );
        }
        FormView {
            id: form.id.to_string(),
            title: form.title.get(cx.language).to_owned(),
            source: source_words(pack, &form.cited),
            certainty: certainty_key(form.cited.certainty),
            fields,
        }
    };
    program.forms.iter().map(view).collect()
}

fn field_line(cx: &Cx, field: &Field, group: &str) -> FieldLine {
    let label = field.label.get(cx.language);
    let scaled = |value: i64| match field.ty.scale() {
        Some(scale) if scale > 0 => crate::insight::scaled_text(value, scale),
        _ => value.to_string(),
    };
    let range = |key: &str, range: Option<(i64, i64)>| {
        range.map(|(low, high)| format!("{} {}–{}", cx.t(key), scaled(low), scaled(high)))
    };
    let expression = |key: &str, expr: Option<&fuyou_expr::Expr>| {
        expr.map(|expr| format!("{} {}", cx.t(key), expr.text()))
    };
    let limits = [
        range("packs-hard", field.hard_range),
        range("packs-soft", field.soft_range),
        expression("packs-hard", field.hard.as_ref()),
        expression("packs-soft", field.soft.as_ref()),
    ];
    let required = match &field.required {
        None => None,
        Some(Requirement::Always) => Some(cx.t("packs-required")),
        Some(Requirement::When(expr)) => {
            Some(format!("{} {}", cx.t("packs-required"), expr.text()))
        }
    };
    let computed = match &field.kind {
        FieldKind::Typed => None,
        FieldKind::Computed(expr) => Some(format!("= {}", expr.text())),
    };
    let conditions = [
        computed,
        required,
        expression("packs-shown-if", field.show_if.as_ref()),
    ];
    let join = |parts: &[Option<String>]| {
        parts
            .iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join("; ")
    };
    FieldLine {
        label: if group.is_empty() {
            label.to_owned()
        } else {
            format!("{group} · {label}")
        },
        id: field.id.to_string(),
        ty: field.unit.as_ref().map_or_else(
            || field.ty.to_string(),
            |unit| format!("{} {unit}", field.ty),
        ),
        limits: join(&limits),
        condition: join(&conditions),
        secrecy: match field.secrecy {
            Secrecy::Open => "",
            Secrecy::Sensitive => "packs-sensitive",
            Secrecy::Infection => "packs-infection",
        },
    }
}

fn visit_line(cx: &Cx, pack: &Pack, program: &Program, visit: &Visit) -> VisitLine {
    let shift = visit
        .shift
        .filter(|(_, times)| *times > 0)
        .map_or_else(String::new, |(every, times): (Span, u16)| {
            format!(" + {times} × {every}")
        });
    VisitLine {
        title: visit.title.get(cx.language).to_owned(),
        form: program.form(visit.form).title.get(cx.language).to_owned(),
        window: format!(
            "{}: {} – {}{}{shift}",
            visit.anchor.text(),
            visit.from,
            if visit.to_excluded { "< " } else { "" },
            visit.to
        ),
        condition: visit
            .when
            .as_ref()
            .map_or_else(String::new, |when| when.text().to_owned()),
        source: source_words(pack, &visit.cited),
        certainty: certainty_key(visit.cited.certainty),
    }
}

fn rules(cx: &Cx, pack: &Pack, program: &Program) -> Vec<RuleLine> {
    let line = |rule: &fuyou_pack::model::Rule| {
        let level = rule
            .risk
            .and_then(|level| program.risk.as_ref()?.levels.get(level));
        let mark = rule
            .mark
            .and_then(|mark| program.risk.as_ref()?.marks.get(mark));
        let mut sets: Vec<String> = Vec::new();
        sets.extend(level.map(|level| level.title.get(cx.language).to_owned()));
        sets.extend(mark.map(|mark| mark.title.get(cx.language).to_owned()));
        sets.extend(rule.points.iter().map(|(score, points)| {
            format!(
                "{} +{points}",
                program.scores[score.get()].title.get(cx.language)
            )
        }));
        sets.extend(
            rule.alert
                .as_ref()
                .map(|alert| alert.get(cx.language).to_owned()),
        );
        sets.extend(rule.task.as_ref().map(|task| {
            format!(
                "→ {}: {} {}",
                task.to.word(),
                task.title.get(cx.language),
                task.within
            )
        }));
        RuleLine {
            id: rule.id.to_string(),
            title: rule.title.get(cx.language).to_owned(),
            sets: sets.join("; "),
            colour: level
                .map(|level| &level.colour)
                .or(mark.map(|mark| &mark.colour))
                .cloned()
                .unwrap_or_default(),
            condition: rule.when.text().to_owned(),
            source: source_words(pack, &rule.cited),
            certainty: certainty_key(rule.cited.certainty),
        }
    };
    program.rules.iter().map(line).collect()
}

fn indicators(cx: &Cx, pack: &Pack, program: &Program) -> Vec<IndicatorLine> {
    let own = pack
        .indicators
        .iter()
        .filter(|indicator| pack.program(indicator.program).id == program.id);
    own.map(|indicator| IndicatorLine {
        id: indicator.id.to_string(),
        title: indicator.title.get(cx.language).to_owned(),
        formula: match indicator.entry {
            IndicatorEntry::Manual => cx.t("packs-typed"),
            IndicatorEntry::Computed {
                numerator,
                denominator,
            } => {
                let title = |measure| pack.measure(measure).title.get(cx.language).to_owned();
                denominator.map_or_else(
                    || title(numerator),
                    |denominator| format!("{} / {}", title(numerator), title(denominator)),
                )
            }
        },
        source: source_words(pack, &indicator.cited),
        certainty: certainty_key(indicator.cited.certainty),
    })
    .collect()
}
