//! The page of the annual summary and its file.

use std::time::Duration;

use askama::Template;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use fuyou_kernel::{Language, Localized};
use serde::Deserialize;

use super::document::{Block, Document, Inline};
use super::{Request, Stage, compose, docx, summary};
use crate::access::Action;
use crate::apart::apart;
use crate::db::Entry;
use crate::exchange::download_web::attachment;
use crate::http::{Access, Cx, Error, Query, Route};
use crate::insight::{Choice, node_choices, pack_of};
use crate::jobs::{self, Ended, Handle, Kind, New};
use crate::planning::web::year_of;
use crate::registry::Organization;
use crate::texts;
use crate::ui::{Frame, html};

/// The type of Word files.
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// A summary that is made within this time is sent at once; a longer one is fetched from the page of its job.
const SOON: Duration = Duration::from_millis(1_500);

/// Routes of the summary.
pub(in crate::planning) fn routes() -> Vec<Route> {
    let read = Access::Needs(Action::ReadIndicators);
    vec![
        Route::get("/summary", read, show),
        Route::get("/summary/file", read, file),
        Route::post("/summary/file", read, begin),
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

/// The Word file at once, for addresses that are kept and for scripts.
async fn file(
    cx: Cx,
    Query(query): Query<SummaryQuery>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (node, year) = (query.node(&cx)?, year_of(&query.year, cx.today)?);
    let document = made(&cx, node, year, query.language(&cx), &headers).await?;
    let bytes = docx(&document, cx.now).map_err(|err| Error::Internal(err.into()))?;
    note(&cx, node, year).await?;
    let headers = [
        (CONTENT_TYPE, DOCX.to_owned()),
        (CONTENT_DISPOSITION, attachment(&file_name(&document.title))),
    ];
    Ok((headers, bytes).into_response())
}

/// Begins to make the Word file. What is made in a moment is the answer; otherwise the page of the job shows how far it is.
async fn begin(
    cx: Cx,
    uri: Uri,
    Query(query): Query<SummaryQuery>,
    headers: HeaderMap,
) -> Result<Redirect, Error> {
    let (node, year) = (query.node(&cx)?.clone(), year_of(&query.year, cx.today)?);
    cx.actor.require(Action::ReadIndicators, node.id)?;
    let language = query.language(&cx);
    let title = texts::text_with(
        language,
        "summary-title",
        &[("node", node.name.as_str()), ("year", &year.to_string())],
    );
    note(&cx, &node, year).await?;
    let address = uri.path_and_query().map_or("/", |address| address.as_str());
    let new = New::file(&cx, Kind::Summary, file_name(&title), address);
    let entry = cx.entry("start_job", "job");
    let (app, request) = (cx.app.clone(), request(&cx, &node, year, &headers));
    let work = {
        let cx = cx.clone();
        |handle| write(cx, request, language, handle)
    };
    let id = jobs::start(&app, new, entry, work).await?;
    Ok(Redirect::to(&jobs::soon(&cx, id, SOON).await?))
}

/// The work of a job: the file, stage by stage.
async fn write(cx: Cx, request: Request, language: Language, handle: Handle) -> Ended {
    let stages = Stage::ALL.len() as u64;
    let told = |stage: Stage| handle.at(stage.before(), stages);
    let made = async {
        let pack = pack_of(&cx)?;
        let data = summary(&cx, pack, &request, told).await?;
        told(Stage::Words);
        if handle.shall_stop() {
            return Ok(None);
        }
        // Pictures and packing keep a processor busy: others are not kept waiting behind them.
        let (told, now) = (handle.clone(), cx.now);
        let bytes = apart(move || {
            let document = compose(&data, language);
            told.at(Stage::File.before(), stages);
            docx(&document, now).map_err(|err| Error::Internal(err.into()))
        });
        let bytes = bytes.await.map_err(|err| Error::Internal(err.into()))??;
        let left = jobs::leave(&cx.app, handle.id(), &bytes).await;
        left.map_err(|err| Error::Internal(err.into()))?;
        handle.at(stages, stages);
        Ok::<_, Error>(Some(bytes.len()))
    };
    match made.await {
        Ok(Some(bytes)) => Ended::Done(vec![("bytes", i64::try_from(bytes).unwrap_or(i64::MAX))]),
        Ok(None) => Ended::Stopped(Vec::new()),
        Err(err) => {
            tracing::error!(error = ?err, "a summary could not be made");
            Ended::Failed(Localized::new(
                "总结生成中断，请再试一次",
                "making the summary broke off: please try again",
            ))
        }
    }
}

/// Writes down that a summary was taken out.
async fn note(cx: &Cx, node: &Organization, year: i16) -> Result<(), Error> {
    let detail = serde_json::json!({ "node": node.code, "year": year }).to_string();
    let entry = Entry {
        detail,
        ..cx.entry("export", "summary")
    };
    Ok(cx.db.note(entry).await?)
}

fn file_name(title: &str) -> String {
    format!("{title}.docx")
}

fn request(cx: &Cx, node: &Organization, year: i16, headers: &HeaderMap) -> Request {
    // Links of a document must say which installation they lead to; a reader reached us by this name.
    let scheme = if cx.app.options().secure_cookies {
        "https"
    } else {
        "http"
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let at = cx.now.to_zoned(cx.app.options().time_zone.clone());
    Request {
        node: node.id,
        year,
        today: cx.today,
        at: at.strftime("%Y-%m-%d %H:%M").to_string(),
        address: host.map(|host| format!("{scheme}://{host}")),
    }
}

async fn made(
    cx: &Cx,
    node: &Organization,
    year: i16,
    language: Language,
    headers: &HeaderMap,
) -> Result<Document, Error> {
    let request = request(cx, node, year, headers);
    let data = summary(cx, pack_of(cx)?, &request, |_| {}).await?;
    Ok(compose(&data, language))
}
