//! The viewer of the audit trail.

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use fuyou_kernel::{Date, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::proof_web::Proof;
use super::words::{self, ACTIONS, ENTITIES, Kind};
use super::{Filter, entries, file_web, proof_web};
use crate::access::Action;
use crate::db::Entry;
use crate::exchange::download_web::Files;
use crate::http::{Access, Cx, Error, Route, encoded};
use crate::ui::{Frame, html};

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

#[derive(Template)]
#[template(path = "audit/audit.html")]
struct AuditPage {
    frame: Frame,
    actions: Vec<(&'static str, String)>,
    entities: Vec<(&'static str, String)>,
    query: AuditQuery,
    lines: Vec<Line>,
    next: Option<String>,
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
