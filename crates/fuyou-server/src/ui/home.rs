//! The home page and the language switch.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Frame, html};
use crate::access::Action;
use crate::care::WorkQuery;
use crate::http::{App, Cx, Error, Form, LANGUAGE_COOKIE};

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

pub(super) async fn switch_language(
    State(app): State<App>,
    Form(form): Form<LanguageForm>,
) -> impl IntoResponse {
    let language = if form.language == "en" { "en" } else { "zh" };
    let secure = if app.options().secure_cookies {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{LANGUAGE_COOKIE}={language}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}"
    );
    // Only a path of ours: a form must not lead elsewhere.
    let ours =
        form.back.starts_with('/') && !form.back.starts_with("//") && !form.back.contains('\\');
    (
        [(SET_COOKIE, cookie)],
        Redirect::to(if ours { &form.back } else { "/" }),
    )
}
