//! The trail as a file, for who audits it elsewhere.

use axum::extract::Query;
use axum::http::Uri;
use axum::response::Redirect;

use super::web::{AuditQuery, Line, line};
use super::{Filter, Position, entries};
use crate::db::Entry;
use crate::exchange::download_web::{Lines, Sending, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error};

/// Begins to write what the filter finds into a file. A trail has millions of entries, so that it is always a job.
pub(super) async fn begin(
    cx: Cx,
    uri: Uri,
    Query(query): Query<AuditQuery>,
) -> Result<Redirect, Error> {
    let kind = SheetKind::of_ending(&query.format).ok_or(Error::NotFound)?;
    let filter = query.filter(&cx)?;
    let (first, next) = entries(&cx, &filter, None).await??;
    cx.db.note(cx.entry("export", "audit")).await?;
    let head = ["at", "actor", "action", "entity", "subject", "detail"];
    let table = Table {
        name: format!("{}-{}", cx.t("menu-audit"), cx.today),
        kind,
        head: head.map(|key| cx.t(&format!("audit-{key}"))).into(),
        total: 0,
        lines: Trail {
            cx: cx.clone(),
            filter,
            waiting: Some((first, next)),
        },
    };
    table.begin(cx, &uri).await
}

struct Trail {
    cx: Cx,
    filter: Filter,
    /// Entries that were read but not written, and where the next begin.
    waiting: Option<(Vec<Entry>, Option<Position>)>,
}

impl Lines for Trail {
    async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
        let Some((found, next)) = self.waiting.take() else {
            return Ok(None);
        };
        let count = found.len() as u64;
        for entry in found {
            let Line {
                at,
                actor,
                action,
                entity,
                subject,
                detail,
            } = line(&self.cx, entry);
            sheet.texts([&at, &actor, &action, &entity, &subject, &detail].map(String::as_str))?;
        }
        if next.is_some() {
            self.waiting = Some(entries(&self.cx, &self.filter, next).await??);
        }
        Ok(Some(count))
    }
}
