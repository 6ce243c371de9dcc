//! The home page and the language switch.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::Language;
use serde::Deserialize;

use super::{Frame, html};
use crate::access::{Action, choose_language};
use crate::care::WorkQuery;
use crate::http::{App, Cx, Error, Form, Query, language_cookie, session_of};

#[derive(Template)]
#[template(path = "ui/home.html")]
struct HomePage {
    frame: Frame,
    needs: Vec<Need>,
    can_register: bool,
    can_break_glass: bool,
}

/// Something that waits for whoever opens the home page.
pub(crate) struct Need {
    pub words: String,
    /// `bad` when something is wrong; else empty.
    pub class: &'static str,
    /// Where it is seen to.
    pub href: String,
}

/// What waits for whoever keeps the installation or audits it; each capability knows its own.
async fn needs(cx: &Cx) -> Result<Vec<Need>, Error> {
    let mut needs = crate::system::needs(cx).await?;
    needs.extend(crate::jobs::needs(cx).await?);
    needs.extend(crate::audit::needs(cx).await?);
    Ok(needs)
}

/// The work list of those who care for persons, the plan board of those who plan, what waits for the others.
pub(super) async fn home(cx: Cx, Query(query): Query<WorkQuery>) -> Result<Response, Error> {
    if let Some(page) = crate::care::home(&cx, query).await? {
        return Ok(page);
    }
    if cx.app.pack().is_some() && cx.actor.may(Action::ReadIndicators) {
        return Ok(crate::planning::home(cx).await?.into_response());
    }
    let page = html(&HomePage {
        frame: Frame::new(&cx, "menu-home"),
        needs: needs(&cx).await?,
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
