//! The gate in front of every route: session, right, token of the form.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::Language;

use super::mask::unmasked;
use super::{Access, App, Cx, Error};
use crate::access::{Denied, Session, authenticate};

/// Name of the session's cookie.
pub(crate) const SESSION_COOKIE: &str = "fuyou_session";
/// Name of the cookie that holds the language.
pub(crate) const LANGUAGE_COOKIE: &str = "fuyou_language";
/// Header that carries the token when a script posts.
const CSRF_HEADER: &str = "x-csrf-token";
/// The token stands in the first part of a multipart body, within so many bytes.
const MULTIPART_HEAD_BYTES: usize = 2048;

#[derive(Clone)]
pub(super) struct Guard {
    pub app: App,
    pub access: Access,
    pub body_bytes_max: usize,
}

pub(super) async fn gate(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match admit(&guard, request).await {
        Ok(Ok(request)) => next.run(request).await,
        Ok(Err(elsewhere)) => elsewhere.into_response(),
        Err(err) => err.into_response(),
    }
}

/// The request to be handled, or where to go instead.
async fn admit(guard: &Guard, mut request: Request) -> Result<Result<Request, Redirect>, Error> {
    let headers = request.headers();
    if guard.access == Access::Public {
        if request.method() == Method::POST && comes_from_elsewhere(headers) {
            return Err(Error::Csrf);
        }
        return Ok(Ok(request));
    }
    let session = session_of(&guard.app, headers).await?;
    let session = session.ok_or(Error::LogIn)?;
    let uri = request.uri();
    let path = uri.path();
    if session.must_change_password && !matches!(path, "/password" | "/logout") {
        return Ok(Err(Redirect::to("/password")));
    }
    if let Access::Needs(action) = guard.access
        && !session.actor.may(action)
    {
        return Err(Denied(action).into());
    }
    let language = session.language.unwrap_or_else(|| language(headers));
    let cx = Cx::new(&guard.app, session, language, uri);
    if request.method() == Method::POST {
        request = check_token(request, &cx.session.csrf, guard.body_bytes_max).await?;
    }
    request.extensions_mut().insert(cx);
    Ok(Ok(request))
}

/// Refuses a post that does not carry the session's token, in a header or in the form.
async fn check_token(
    request: Request,
    token: &str,
    body_bytes_max: usize,
) -> Result<Request, Error> {
    let given = request
        .headers()
        .get(CSRF_HEADER)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    if let Some(given) = given {
        return if is_token(&given, token) {
            Ok(request)
        } else {
            Err(Error::Csrf)
        };
    }
    let multipart = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("multipart/form-data"));
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, body_bytes_max)
        .await
        .map_err(|_| Error::TooLarge)?;
    let given = if multipart {
        token_in_multipart(&bytes)
    } else {
        token_in_form(&bytes)
    };
    if given.is_some_and(|given| is_token(&given, token)) {
        Ok(Request::from_parts(parts, Body::from(bytes)))
    } else {
        Err(Error::Csrf)
    }
}

/// Tokens are hexadecimal, so they stand in a form as they are.
fn token_in_form(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.split('&')
        .find_map(|pair| pair.strip_prefix("csrf="))
        .map(str::to_owned)
}

fn token_in_multipart(bytes: &[u8]) -> Option<String> {
    let head =
        String::from_utf8_lossy(&bytes[..bytes.len().min(MULTIPART_HEAD_BYTES)]).into_owned();
    let (_, after) = head.split_once("name=\"csrf\"\r\n\r\n")?;
    after.split("\r\n").next().map(str::to_owned)
}

/// Pages carry the token masked.
fn is_token(given: &str, token: &str) -> bool {
    unmasked(given).is_some_and(|given| same(&given, token))
}

/// Compares without telling by its duration where the difference is.
fn same(given: &str, token: &str) -> bool {
    given.len() == token.len()
        && given
            .bytes()
            .zip(token.bytes())
            .fold(0, |diff, (a, b)| diff | (a ^ b))
            == 0
}

/// Before login there is no token; the browser says where the form came from.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    match (text(ORIGIN.as_str()), text(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split("://").nth(1) != Some(host),
        _ => false,
    }
}

/// The cookie that keeps the language of whoever is not logged in.
pub(crate) fn language_cookie(app: &App, language: Language) -> String {
    let word = match language {
        Language::Zh => "zh",
        Language::En => "en",
    };
    let secure = if app.options().secure_cookies {
        "; Secure"
    } else {
        ""
    };
    format!("{LANGUAGE_COOKIE}={word}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}")
}

/// The session of a request that needs none.
pub(crate) async fn session_of(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Error> {
    match cookie(headers, SESSION_COOKIE) {
        Some(token) => Ok(authenticate(app, token).await?),
        None => Ok(None),
    }
}

pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split("; "))
        .find_map(|pair| {
            let (found, value) = pair.split_once('=')?;
            (found == name).then_some(value)
        })
}

/// The language of the cookie; Chinese unless the browser asks for English first.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    match cookie(headers, LANGUAGE_COOKIE) {
        Some("en") => Language::En,
        Some("zh") => Language::Zh,
        _ => {
            let wanted = headers
                .get("accept-language")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            if wanted.starts_with("en") {
                Language::En
            } else {
                Language::Zh
            }
        }
    }
}
