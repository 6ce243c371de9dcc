//! What a browser needs to go on where there is no network: the worker, the page that it shows, and the state of the
//! session for what was kept meanwhile.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Json, Response};
use fuyou_kernel::Language;
use serde::Serialize;

use super::frame::DraftKeys;
use super::{Frame, assets, html};
use crate::http::{App, Cx, Error, masked};

const LANGUAGES: [(&str, Language); 2] = [("zh", Language::Zh), ("en", Language::En)];
/// Kept by the worker; whoever else asks, asks again.
const ANEW: (axum::http::HeaderName, &str) = (CACHE_CONTROL, "no-cache");

#[derive(Template)]
#[template(path = "ui/offline.html")]
struct OfflinePage {
    frame: Frame,
}

fn page(app: &App, language: Language) -> Result<String, Error> {
    let frame = Frame::for_visitor(app, language, "offline-title").with_draft_words();
    Ok(html(&OfflinePage { frame })?.0)
}

/// The page of no network. It holds nothing of any person.
pub(super) async fn shell(
    State(app): State<App>,
    Path(language): Path<String>,
) -> Result<Response, Error> {
    let (_, language) = LANGUAGES
        .into_iter()
        .find(|(word, _)| *word == language)
        .ok_or(Error::NotFound)?;
    let kind = (CONTENT_TYPE, "text/html; charset=utf-8");
    Ok(([kind, ANEW], page(&app, language)?).into_response())
}

/// The worker.
pub(super) async fn worker(State(app): State<App>) -> Result<Response, Error> {
    let mut pages = Vec::new();
    for (word, language) in LANGUAGES {
        pages.push((format!("/offline/{word}"), page(&app, language)?));
    }
    let kind = (CONTENT_TYPE, "text/javascript; charset=utf-8");
    Ok(([kind, ANEW], assets::worker(&pages)).into_response())
}

/// The session, for a page that is older than it.
#[derive(Serialize)]
pub(super) struct SessionState {
    csrf: String,
    drafts: Option<String>,
    #[serde(rename = "draftKey")]
    draft_key: Option<String>,
    /// Whether the browser shall drop what the user took along.
    #[serde(rename = "aheadOff")]
    is_ahead_off: bool,
}

/// The token of the session and what names and seals the user's drafts.
pub(super) async fn session(cx: Cx) -> Json<SessionState> {
    let keys = DraftKeys::of(&cx);
    let is_ahead_off = keys.as_ref().is_some_and(|keys| keys.is_ahead_off);
    let (drafts, draft_key) = keys.map(|keys| (keys.owner, keys.key)).unzip();
    Json(SessionState {
        csrf: masked(&cx.session.csrf),
        drafts,
        draft_key,
        is_ahead_off,
    })
}
