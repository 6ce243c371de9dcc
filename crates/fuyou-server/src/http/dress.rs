//! What every response wears: security headers, a request id, and a page around an error.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, LOCATION};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::MovedId;
use super::gate::language;
use super::{App, Refused};
use crate::db::counted;
use crate::ui;

/// Counts requests since start; with the start of the process it names a request in the log.
static REQUESTS: AtomicU64 = AtomicU64::new(0);

const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=()",
    ),
    ("x-frame-options", "DENY"),
];

/// The number of the request, for the error page and the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestNumber(u64);

/// How many statements a request sent; inside the server only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statements(
    #[cfg_attr(not(test), expect(dead_code, reason = "tests put a limit on it"))] pub u64,
);

/// Logs each request by its route, never by its address, which may hold an id of a person.
pub(super) async fn trace(mut request: Request, next: Next) -> Response {
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed) + 1;
    request.extensions_mut().insert(RequestNumber(number));
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let started = Instant::now();
    let (mut response, statements) = counted(next.run(request)).await;
    response.extensions_mut().insert(Statements(statements));
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert("x-request-number", HeaderValue::from(number));
    tracing::info!(
        request.number = number,
        http.method = %method,
        http.route = route.as_deref().unwrap_or("none"),
        http.status = response.status().as_u16(),
        db.statements = statements,
        duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request answered"
    );
    response
}

/// Puts a page in the reader's language around a refusal, and leads on from an id that is another one now.
pub(super) async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = request.uri().to_string();
    let language = language(request.headers());
    let number = request
        .extensions()
        .get::<RequestNumber>()
        .map_or(0, |number| number.0);
    let mut response = next.run(request).await;
    if let Some(MovedId { from, into }) = response.extensions().get().copied() {
        let address = asked.replace(&from.to_string(), &into.to_string());
        if let Ok(address) = HeaderValue::try_from(address) {
            response.headers_mut().insert(LOCATION, address);
        }
        return response;
    }
    let Some(refused) = response.extensions().get::<Refused>().cloned() else {
        return response;
    };
    let status = response.status();
    let mut page = match ui::error_page(&app, language, &refused, number) {
        Ok(page) => (status, page).into_response(),
        // The template itself is broken; the bare status still tells the truth.
        Err(err) => {
            tracing::error!(error = %err, "the error page could not be rendered");
            status.into_response()
        }
    };
    page.extensions_mut().insert(refused);
    page
}
