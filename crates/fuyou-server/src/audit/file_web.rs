//! The trail as a file, for who audits it elsewhere.

use axum::http::Uri;
use axum::response::Redirect;

use super::web::{AuditQuery, line};
use super::{Filter, Position, entries};
use crate::db::Entry;
use crate::exchange::download_web::{PageRead, Paged, Pages, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Query};

/// Begins to write what the filter finds into a file. A trail has millions of entries, so that it is always a job.
pub(super) async fn begin(
    cx: Cx,
    kind: SheetKind,
    uri: Uri,
    Query(query): Query<AuditQuery>,
) -> Result<Redirect, Error> {
    let lines = Paged::begin(Trail {
        cx: cx.clone(),
        filter: query.filter(&cx)?,
    });
    let lines = lines.await?;
    cx.db.note(cx.entry("export", "audit")).await?;
    let head = ["at", "actor", "action", "entity", "subject", "detail"];
    let table = Table {
        name: format!("{}-{}", cx.t("menu-audit"), cx.today),
        kind,
        head: head.map(|key| cx.t(&format!("audit-{key}"))).into(),
        total: 0,
        lines: Box::new(lines),
    };
    table.begin(cx, &uri).await
}

struct Trail {
    cx: Cx,
    filter: Filter,
}

impl Pages for Trail {
    type Line = Entry;
    type Place = Position;

    async fn read(&self, from: Option<Position>) -> Result<PageRead<Self>, Error> {
        Ok(entries(&self.cx, &self.filter, from).await??)
    }

    fn cells(&self, entry: Entry) -> Vec<String> {
        let line = line(&self.cx, entry);
        let (entity, subject) = (line.entity, line.subject);
        vec![
            line.at,
            line.actor,
            line.action,
            entity,
            subject,
            line.detail,
        ]
    }
}
