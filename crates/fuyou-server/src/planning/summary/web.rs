//! The page of the annual summary and its file.

use askama::Template;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HOST};
use axum::response::{Html, IntoResponse, Response};
use fuyou_kernel::Language;
use serde::Deserialize;

use super::document::{Block, Document, Inline};
use super::{Request, compose, docx, summary};
use crate::access::Action;
use crate::db::Entry;
use crate::http::{Access, Cx, Error, Route};
use crate::insight::{Choice, node_choices, pack_of};
use crate::planning::web::year_of;
use crate::registry::Organization;
use crate::ui::{Frame, html};

/// The type of Word files.
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// Routes of the summary.
pub(in crate::planning) fn routes() -> Vec<Route> {
    let read = Access::Needs(Action::ReadIndicators);
    vec![
        Route::get("/summary", read, show),
        Route::get("/summary/file", read, file),
    ]
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct SummaryQuery {
    node: String,
    year: String,
    language: String,
}

impl SummaryQuery {
    fn language(&self, cx: &Cx) -> Language {
        match self.language.as_str() {
            "zh" => Language::Zh,
            "en" => Language::En,
            _ => cx.language,
        }
    }

    fn node<'a>(&self, cx: &'a Cx) -> Result<&'a Organization, Error> {
        let tree = &cx.actor.tree;
        let found = if self.node.is_empty() {
            tree.get(cx.actor.organization)
        } else {
            tree.by_code(&self.node)
        };
        found.ok_or(Error::NotFound)
    }
}

#[derive(Template)]
#[template(path = "planning/summary/summary.html")]
struct SummaryPage {
    frame: Frame,
    nodes: Vec<Choice>,
    year: i16,
    file: String,
    file_other: String,
    document: Document,
}

async fn show(
    cx: Cx,
    Query(query): Query<SummaryQuery>,
    headers: HeaderMap,
) -> Result<Html<String>, Error> {
    let (node, year) = (query.node(&cx)?, year_of(&query.year, cx.today)?);
    let document = made(&cx, node, year, cx.language, &headers).await?;
    let file = |language: &str| {
        format!(
            "/summary/file?node={}&year={year}&language={language}",
            node.code
        )
    };
    let (own, other) = match cx.language {
        Language::Zh => ("zh", "en"),
        Language::En => ("en", "zh"),
    };
    html(&SummaryPage {
        frame: Frame::new(&cx, "summary-menu"),
        nodes: node_choices(&cx, node),
        year,
        file: file(own),
        file_other: file(other),
        document,
    })
}

async fn file(
    cx: Cx,
    Query(query): Query<SummaryQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (node, year) = (query.node(&cx)?, year_of(&query.year, cx.today)?);
    let document = made(&cx, node, year, query.language(&cx), &headers).await?;
    let bytes = docx(&document, cx.now).map_err(|err| Error::Internal(err.into()))?;
    let detail = serde_json::json!({ "node": node.code, "year": year }).to_string();
    cx.db
        .note(Entry {
            detail,
            ..cx.entry("export", "summary")
        })
        .await?;
    let name = format!("attachment; filename=\"summary-{}-{year}.docx\"", node.code);
    Ok((
        [(CONTENT_TYPE, DOCX.to_owned()), (CONTENT_DISPOSITION, name)],
        bytes,
    )
        .into_response())
}

async fn made(
    cx: &Cx,
    node: &Organization,
    year: i16,
    language: Language,
    headers: &HeaderMap,
) -> Result<Document, Error> {
    let pack = pack_of(cx)?;
    // Links of a document must say which installation they lead to; a reader reached us by this name.
    let scheme = if cx.app.options().secure_cookies {
        "https"
    } else {
        "http"
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let at = cx.now.to_zoned(cx.app.options().time_zone.clone());
    let request = Request {
        node: node.id,
        year,
        today: cx.today,
        at: at.strftime("%Y-%m-%d %H:%M").to_string(),
        address: host.map(|host| format!("{scheme}://{host}")),
    };
    let data = summary(cx, pack, &request).await?;
    compose(&data, language).map_err(|err| Error::Internal(err.into()))
}
