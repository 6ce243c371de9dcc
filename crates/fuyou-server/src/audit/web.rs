//! The viewer of the audit trail.

use askama::Template;
use axum::response::{IntoResponse, Response};
use fuyou_kernel::{Date, DayNumber, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::proof_web::{PROOF_AGE_MAX_MS, Proof};
use super::words::{self, ACTIONS, ENTITIES, Kind};
use super::{Filter, entries, file_web, proof_web, store};
use crate::access::Action;
use crate::db::Entry;
use crate::exchange::download_web::Files;
use crate::http::{Access, Cx, Error, Query, Route, encoded};
use crate::jobs;
use crate::ui::{Frame, Need, html};

/// What was done in so many days is told to an auditor who comes home.
const RECENT_DAYS: i32 = 7;

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let read = Access::Needs(Action::ReadAudit);
    vec![
        Route::get("/audit", read, show),
        Route::post("/audit/file", read, file_web::begin),
        Route::post("/audit/verified", read, proof_web::verify),
    ]
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct AuditQuery {
    actor: String,
    action: String,
    entity: String,
    subject: String,
    from: String,
    to: String,
    before: String,
}

impl AuditQuery {
    /// The same filter at another address.
    fn address(&self, path: &str) -> String {
        let pairs = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("entity", &self.entity),
            ("subject", &self.subject),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encoded(value)));
        format!("{path}?{}", pairs.join("&"))
    }

    /// What is looked for.
    pub(super) fn filter(&self, cx: &Cx) -> Result<Filter, Error> {
        let day = |text: &str| text.parse::<Date>().ok();
        let next_day = day(&self.to).and_then(|date| date.tomorrow().ok());
        let subject = match self.subject.trim() {
            "" => None,
            text => Some(Uuid::try_parse(text).map_err(|_| Error::NotFound)?),
        };
        Ok(Filter {
            actor: self.actor.trim().to_owned(),
            action: self.action.trim().to_owned(),
            entity: self.entity.trim().to_owned(),
            subject,
            from: day(&self.from).and_then(|date| start_of(cx, date)),
            until: next_day.and_then(|date| start_of(cx, date)),
        })
    }
}

/// An entry in the reader's words.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) entity: String,
    pub(super) subject: String,
    pub(super) detail: String,
}

pub(super) fn line(cx: &Cx, entry: Entry) -> Line {
    let at = entry.at.to_zoned(cx.app.options().time_zone.clone());
    let subject = entry.subject_id.map(|id| id.to_string());
    Line {
        at: at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        actor: entry.actor_login,
        action: Kind::Action.label(cx.language, &entry.action),
        entity: Kind::Entity.label(cx.language, &entry.entity),
        subject: subject.unwrap_or_default(),
        detail: words::detail(cx.language, &entry.detail),
    }
}

/// What an auditor looks at first: whether the chains were walked, and what was opened and taken out in the last days.
pub(crate) async fn needs(cx: &Cx) -> Result<Vec<Need>, Error> {
    if !cx.actor.may(Action::ReadAudit) {
        return Ok(Vec::new());
    }
    let mut needs = Vec::new();
    let (_, done) = jobs::last(&cx.db, jobs::Kind::VerifyAudit).await?;
    let age_ms = |job: &jobs::Job| cx.now.as_millisecond() - job.begun_at.as_millisecond();
    let wrong = match &done {
        None => Some("audit-never-verified"),
        Some(job) if job.problem.is_some() => Some("audit-broken"),
        Some(job) if age_ms(job) > PROOF_AGE_MAX_MS => Some("audit-long-ago"),
        Some(_) => None,
    };
    needs.extend(wrong.map(|key| Need {
        words: cx.t(key),
        class: "bad",
        href: "/audit".to_owned(),
    }));
    let recent = DayNumber(DayNumber::from(cx.today).0 - RECENT_DAYS);
    let Some((from, since)) = Date::try_from(recent)
        .ok()
        .and_then(|from| Some((from, start_of(cx, from)?)))
    else {
        return Ok(needs);
    };
    let found = store::told(&mut *cx.db.read().await?, since).await?;
    for action in store::TOLD {
        let Some((_, count)) = found.iter().find(|(told, _)| told == action) else {
            continue;
        };
        let done = Kind::Action.label(cx.language, action);
        needs.push(Need {
            words: format!("{}: {done} {count}", cx.t("audit-recently")),
            class: "",
            href: format!("/audit?action={action}&from={from}"),
        });
    }
    Ok(needs)
}

#[derive(Template)]
#[template(path = "audit/audit.html")]
struct AuditPage {
    frame: Frame,
    actions: Vec<(&'static str, String)>,
    entities: Vec<(&'static str, String)>,
    query: AuditQuery,
    lines: Vec<Line>,
    next: Option<String>,
    /// The first page of the same question.
    first: String,
    files: Files,
    proof: Proof,
}

async fn show(cx: Cx, Query(query): Query<AuditQuery>) -> Result<Response, Error> {
    let filter = query.filter(&cx)?;
    let (found, next) = entries(&cx, &filter, query.before.parse().ok()).await??;
    let is_empty = found.is_empty();
    let lines = found.into_iter().map(|entry| line(&cx, entry));
    let next = next.map(|at| {
        format!(
            "{}&before={}",
            query.address("/audit"),
            encoded(&at.to_string())
        )
    });
    let page = AuditPage {
        frame: Frame::new(&cx, "menu-audit"),
        actions: choices(&cx, Kind::Action, ACTIONS),
        entities: choices(&cx, Kind::Entity, ENTITIES),
        lines: lines.collect(),
        files: match is_empty {
            true => Files::none(),
            false => Files::uncounted(&query.address("/audit/file")),
        },
        first: query.address("/audit"),
        query,
        next,
        proof: proof_web::proof(&cx).await?,
    };
    Ok(html(&page)?.into_response())
}

fn choices(cx: &Cx, kind: Kind, words: &'static [&'static str]) -> Vec<(&'static str, String)> {
    let label = |word: &&'static str| (*word, kind.label(cx.language, word));
    words.iter().map(label).collect()
}

fn start_of(cx: &Cx, date: Date) -> Option<Timestamp> {
    date.to_zoned(cx.app.options().time_zone.clone())
        .ok()
        .map(|start| start.timestamp())
}
