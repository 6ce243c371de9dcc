//! The viewer of the audit trail.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use fuyou_kernel::{Date, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::proof_web::Proof;
use super::words::{self, ACTIONS, ENTITIES, Kind};
use super::{Filter, Position, entries, proof_web};
use crate::access::Action;
use crate::http::{Access, Cx, Error, Route, encoded};
use crate::ui::{Frame, html};

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let read = Access::Needs(Action::ReadAudit);
    vec![
        Route::get("/audit", read, show),
        Route::post("/audit/verified", read, proof_web::verify),
    ]
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct AuditQuery {
    actor: String,
    action: String,
    entity: String,
    subject: String,
    from: String,
    to: String,
    before: String,
}

impl AuditQuery {
    /// The page of the same filter that begins before a place.
    fn address(&self, before: Position) -> String {
        let before = before.to_string();
        let pairs = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("entity", &self.entity),
            ("subject", &self.subject),
            ("from", &self.from),
            ("to", &self.to),
            ("before", &before),
        ];
        let pairs = pairs.map(|(name, value)| format!("{name}={}", encoded(value)));
        format!("/audit?{}", pairs.join("&"))
    }
}

struct Line {
    at: String,
    actor: String,
    action: String,
    entity: String,
    subject: String,
    detail: String,
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
    proof: Proof,
}

async fn show(cx: Cx, Query(query): Query<AuditQuery>) -> Result<Response, Error> {
    let day = |text: &str| {
        text.parse::<Date>()
            .ok()
            .and_then(|date| start_of(&cx, date))
    };
    let next_day = |text: &str| {
        text.parse::<Date>()
            .ok()
            .and_then(|date| start_of(&cx, date.tomorrow().ok()?))
    };
    let subject = match query.subject.trim() {
        "" => None,
        text => Some(Uuid::try_parse(text).map_err(|_| Error::NotFound)?),
    };
    let filter = Filter {
        actor: query.actor.trim().to_owned(),
        action: query.action.trim().to_owned(),
        entity: query.entity.trim().to_owned(),
        subject,
        from: day(&query.from),
        until: next_day(&query.to),
    };
    let (found, next) = entries(&cx, &filter, query.before.parse().ok()).await??;
    let zone = &cx.app.options().time_zone;
    let lines = found.into_iter().map(|entry| Line {
        at: entry
            .at
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        actor: entry.actor_login,
        action: Kind::Action.label(cx.language, &entry.action),
        entity: Kind::Entity.label(cx.language, &entry.entity),
        subject: entry
            .subject_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        detail: words::detail(cx.language, &entry.detail),
    });
    let next = next.map(|position: Position| query.address(position));
    let page = AuditPage {
        frame: Frame::new(&cx, "menu-audit"),
        actions: choices(&cx, Kind::Action, ACTIONS),
        entities: choices(&cx, Kind::Entity, ENTITIES),
        lines: lines.collect(),
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
