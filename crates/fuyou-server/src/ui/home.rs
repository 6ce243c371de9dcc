//! The home page and the language switch.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::Language;
use serde::Deserialize;

use super::{Frame, html};
use crate::access::{Action, choose_language};
use crate::care::WorkQuery;
use crate::http::{App, Cx, Error, Form, language_cookie, session_of};

#[derive(Template)]
#[template(path = "ui/home.html")]
struct HomePage {
    frame: Frame,
    can_register: bool,
    can_break_glass: bool,
}

/// The work list of those who care for persons, the plan board of those who plan, tiles for the others.
pub(super) async fn home(cx: Cx, Query(query): Query<WorkQuery>) -> Result<Response, Error> {
    if let Some(page) = crate::care::home(&cx, query).await? {
        return Ok(page);
    }
    if cx.app.pack().is_some() && cx.actor.may(Action::ReadIndicators) {
        return Ok(crate::planning::home(cx).await?.into_response());
    }
    let page = html(&HomePage {
        frame: Frame::new(&cx, "menu-home"),
        can_register: cx.actor.may(Action::RegisterPerson),
        can_break_glass: cx.actor.may(Action::BreakGlass),
    })?;
    Ok(page.into_response())
}

#[derive(Deserialize)]
pub(super) struct LanguageForm {
    language: String,
    back: String,
}

/// The language of whoever asks; of the account, too, when somebody is logged in.
pub(super) async fn switch_language(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<LanguageForm>,
) -> Result<Response, Error> {
    let language = match form.language.as_str() {
        "en" => Language::En,
        _ => Language::Zh,
    };
    if let Some(session) = session_of(&app, &headers).await? {
        choose_language(&app, &session, language).await?;
    }
    // Only a path of ours: a form must not lead elsewhere.
    let ours =
        form.back.starts_with('/') && !form.back.starts_with("//") && !form.back.contains('\\');
    let to = Redirect::to(if ours { &form.back } else { "/" });
    Ok(([(SET_COOKIE, language_cookie(&app, language))], to).into_response())
}
