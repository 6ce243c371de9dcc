//! The persons behind a cell as a file.

use axum::extract::Path;
use axum::http::Uri;
use axum::response::{Redirect, Response};

use super::order::Order;
use super::persons::{Behind, Group, Page, persons};
use super::persons_web::{COLUMNS, Told, person_lines};
use super::web::{Place, pack_of};
use super::{Source, strata_web};
use crate::access::Action;
use crate::db::Entry;
use crate::exchange::download_web::{Lines, Sending, Table};
use crate::exchange::sheet::{SheetKind, Value};
use crate::http::{Cx, Error, Query};

/// Enrollments read in one statement.
const BATCH: usize = 500;

/// Notes that somebody has opened or taken out persons. The entry names the figure, not the persons.
pub(super) async fn note(
    cx: &Cx,
    action: &'static str,
    id: &str,
    behind: &Behind,
    told: Told,
) -> Result<(), Error> {
    let detail = serde_json::json!({
        "indicator": id,
        "node": cx.actor.tree.get(behind.node).map(|node| node.code.as_str()),
        "period": behind.period.to_string(),
        "group": behind.group.word(),
        "layer": pack_of(cx).ok().map(|pack| strata_web::suffix(pack, behind.layer)),
        "lines": told.lines,
        "phones": told.phones,
    });
    cx.db
        .note(Entry {
            detail: detail.to_string(),
            ..cx.entry(action, "indicator")
        })
        .await?;
    Ok(())
}

/// The whole group as CSV or XLSX, for those who may export.
pub(super) async fn download(
    cx: Cx,
    kind: SheetKind,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Error> {
    table(&cx, kind, &id, &place).await?.answer().await
}

/// Begins to write a group of any size into a file.
pub(super) async fn begin(
    cx: Cx,
    kind: SheetKind,
    Path(id): Path<String>,
    uri: Uri,
    Query(place): Query<Place>,
) -> Result<Redirect, Error> {
    table(&cx, kind, &id, &place).await?.begin(cx, &uri).await
}

async fn table(cx: &Cx, kind: SheetKind, id: &str, place: &Place) -> Result<Table, Error> {
    let (pack, node, period) = (pack_of(cx)?, place.node(cx)?, place.period(cx)?);
    cx.actor.require(Action::ExportData, node.id)?;
    let indicator = pack.indicator_ix(id).ok_or(Error::NotFound)?;
    let group = Group::of_word(&place.group).ok_or(Error::NotFound)?;
    let behind = Behind {
        indicator,
        node: node.id,
        period,
        group,
        layer: strata_web::layer_of(pack, indicator, place)?,
        order: Order::read(&place.sort).ok_or(Error::NotFound)?,
    };
    let first = persons(
        Source::of(&cx.app, pack, &cx.actor.tree),
        &cx.actor,
        &behind,
        None,
        BATCH,
    )
    .await?;
    let told = Told {
        lines: Some(first.total),
        phones: None,
    };
    note(cx, "export", id, &behind, told).await?;
    Ok(Table {
        name: format!("{id}-{}-{period}-{}", node.code, group.word()),
        kind,
        head: COLUMNS
            .map(|column| cx.t(&format!("insight-column-{column}")))
            .into(),
        total: first.total,
        lines: Box::new(PersonLines {
            behind,
            next: Some(first),
            cx: cx.clone(),
        }),
    })
}

/// The lines of a group that is being taken out.
struct PersonLines {
    cx: Cx,
    behind: Behind,
    next: Option<Page>,
}

impl Lines for PersonLines {
    async fn write(&mut self, sheet: &mut Sending) -> Result<Option<u64>, Error> {
        let Some(page) = self.next.take() else {
            return Ok(None);
        };
        let (lines, phones) = person_lines(&self.cx, &page.lines).await?;
        if phones > 0 {
            // Before they leave: whoever reads the trail finds every whole phone that was taken out.
            let id = &pack_of(&self.cx)?.indicator(self.behind.indicator).id;
            let told = Told {
                lines: None,
                phones: Some(phones),
            };
            note(&self.cx, "export", id, &self.behind, told).await?;
        }
        for line in lines {
            sheet.line([
                Value::Text(&line.name),
                Value::Text(&line.residence),
                Value::Text(&line.organization),
                Value::Text(&line.worker),
                Value::Text(&line.on),
                Value::Int(line.adds),
                Value::Text(&line.phone),
            ])?;
        }
        if let Some(after) = page.next {
            let (pack, actor) = (pack_of(&self.cx)?, &self.cx.actor);
            let source = Source::of(&self.cx.app, pack, &actor.tree);
            let next = persons(source, actor, &self.behind, Some(&after), BATCH);
            self.next = Some(next.await?);
        }
        Ok(Some(page.lines.len() as u64))
    }
}
