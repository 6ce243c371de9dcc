//! Routes as data, so that a test can walk them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::future::BoxFuture;

use super::{App, compress, dress, gate};
use crate::access::Action;

/// Most bytes of a body, unless a route says otherwise.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Who may call a route. The use case behind it still checks the record it loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody: the login page and stylesheets.
    Public,
    /// Every logged-in user.
    LoggedIn,
    /// Users whose role allows it somewhere.
    Needs(Action),
}

/// One method on one path.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path with `{parameters}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    pub(super) body_bytes_max: usize,
    handler: Handled,
}

/// A handler of any kind behind one type: what axum puts around a handler is compiled once and not for each of them,
/// and that its future may change threads is proved once.
#[derive(Clone)]
struct Handled(Arc<dyn Fn(Request, App) -> Answering + Send + Sync>);

/// Every function that axum can call with what it takes out of a request.
pub trait Handles<T>: Handler<T, App, Future = Answering> {}

impl<T, H: Handler<T, App, Future = Answering>> Handles<T> for H {}

type Answering = BoxFuture<'static, Response>;

impl Handled {
    fn new<T>(handler: impl Handles<T>) -> Self {
        Handled(Arc::new(move |request, app| {
            handler.clone().call(request, app)
        }))
    }
}

impl Handler<(), App> for Handled {
    type Future = Answering;

    fn call(self, request: Request, app: App) -> Self::Future {
        (self.0)(request, app)
    }
}

impl Route {
    /// A page.
    pub fn get<T>(path: &'static str, access: Access, handler: impl Handles<T>) -> Self {
        Route {
            method: Method::GET,
            path,
            access,
            body_bytes_max: BODY_BYTES_MAX,
            handler: Handled::new(handler),
        }
    }

    /// A form sent to us.
    pub fn post<T>(path: &'static str, access: Access, handler: impl Handles<T>) -> Self {
        Route {
            method: Method::POST,
            path,
            access,
            body_bytes_max: BODY_BYTES_MAX,
            handler: Handled::new(handler),
        }
    }

    /// Takes larger bodies: files.
    #[must_use]
    pub fn with_body_bytes_max(self, body_bytes_max: usize) -> Self {
        Route {
            body_bytes_max,
            ..self
        }
    }
}

/// Every route of the server.
pub fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(crate::ui::routes());
    routes.extend(crate::access::routes());
    routes.extend(crate::registry::routes());
    routes.extend(crate::insight::routes());
    routes.extend(crate::planning::routes());
    routes.extend(crate::packs::routes());
    routes.extend(crate::care::routes());
    routes.extend(crate::referral::routes());
    routes.extend(crate::exchange::import::routes());
    routes.extend(crate::audit::routes());
    routes.extend(crate::jobs::routes());
    routes.extend(crate::system::routes());
    routes
}

/// The router of all routes, each behind its gate.
pub fn router(app: &App) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let guard = gate::Guard {
            app: app.clone(),
            access: route.access,
            body_bytes_max: route.body_bytes_max,
        };
        let handler = match route.method {
            Method::POST => post(route.handler),
            _ => get(route.handler),
        };
        let handler = handler
            .layer(DefaultBodyLimit::max(route.body_bytes_max))
            .layer(from_fn_with_state(guard, gate::gate));
        router = router.route(route.path, handler);
    }
    router
        .fallback(async || super::Error::NotFound)
        .method_not_allowed_fallback(async || super::Error::NotFound)
        .with_state(app.clone())
        .layer(from_fn_with_state(app.clone(), dress::dress))
        .layer(from_fn(compress::compress))
        .layer(from_fn(dress::trace))
}
