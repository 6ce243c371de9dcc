//! HTTP: the application, the context of a request, routes and their guards, errors.
//!
//! Every capability lists its routes as [`Route`]s. The list is what the router is built of and what the access test
//! walks: a route cannot be served without saying who may call it ([`Access`]).
//! Every post carries the token of its session, which is checked before a handler sees it.

mod app;
mod compress;
mod cx;
mod dress;
mod error;
mod form;
mod gate;
mod mask;
mod query;
mod route;
mod serve;

pub use app::{App, Clock, Options, StartError};
pub use cx::{Cx, Sheet};
#[cfg(test)]
pub(crate) use dress::Statements;
pub use error::Error;
pub(crate) use error::Refused;
pub(crate) use form::{Form, encoded};
pub(crate) use gate::{SESSION_COOKIE, language, language_cookie, session_of};
pub(crate) use mask::masked;
pub(crate) use query::Query;
pub use route::{Access, Route, router, routes};
pub use serve::serve;
