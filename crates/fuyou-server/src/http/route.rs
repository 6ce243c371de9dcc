//! Routes as data, so that a test can walk them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

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
    pub(super) handler: MethodRouter<App>,
}

impl Route {
    /// A page.
    pub fn get<H, T>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: axum::handler::Handler<T, App>,
        T: 'static,
    {
        Route {
            method: Method::GET,
            path,
            access,
            body_bytes_max: BODY_BYTES_MAX,
            handler: get(handler),
        }
    }

    /// A form sent to us.
    pub fn post<H, T>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: axum::handler::Handler<T, App>,
        T: 'static,
    {
        Route {
            method: Method::POST,
            path,
            access,
            body_bytes_max: BODY_BYTES_MAX,
            handler: post(handler),
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
        let handler = route
            .handler
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
