//! How a request can fail, and what the person sees.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::Localized;
use uuid::Uuid;

use crate::access::Denied;

/// A failed request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there.
    #[error("not found")]
    NotFound,
    /// There, but not for this user: looks exactly like `NotFound`.
    #[error(transparent)]
    Forbidden(#[from] Denied),
    /// Nobody is logged in.
    #[error("not logged in")]
    LogIn,
    /// The form was not sent from our page, or its session has ended.
    #[error("the form does not carry the token of the session")]
    Csrf,
    /// Somebody else was first.
    #[error("{0}")]
    Conflict(Localized),
    /// The request cannot be understood or breaks a rule.
    #[error("{0}")]
    Rejected(Localized),
    /// The body is larger than we take.
    #[error("the body is too large")]
    TooLarge,
    /// The id in the address leads elsewhere now: the same request is to be sent there.
    #[error("{from} is {into} now")]
    Moved {
        /// The id that was asked for.
        from: Uuid,
        /// The id that she has now.
        into: Uuid,
    },
    /// A fault of ours: logged here, once, and shown without detail.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<crate::db::Error> for Error {
    fn from(err: crate::db::Error) -> Self {
        Error::Internal(err.into())
    }
}

/// What a failed response carries inside the server: enough to dress it as a page. It is not sent.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// Key of the text.
    pub key: &'static str,
    /// Words of the capability, when it had some.
    pub words: Option<Localized>,
    /// Whether access was the reason; only tests may ask.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "nobody else may see the difference")
    )]
    pub forbidden: bool,
}

/// An id that leads elsewhere: what is around the handlers knows the address and answers with the new one.
#[derive(Debug, Clone, Copy)]
pub(super) struct MovedId {
    pub from: Uuid,
    pub into: Uuid,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, key) = match &self {
            Error::NotFound | Error::Forbidden(_) => (StatusCode::NOT_FOUND, "error-not-found"),
            Error::LogIn => return Redirect::to("/login").into_response(),
            Error::Moved { from, into } => {
                // Not for good: a merge can be undone.
                let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
                let (from, into) = (*from, *into);
                response.extensions_mut().insert(MovedId { from, into });
                return response;
            }
            Error::Csrf => (StatusCode::UNPROCESSABLE_ENTITY, "error-csrf"),
            Error::Conflict(_) => (StatusCode::CONFLICT, "error-conflict"),
            Error::Rejected(_) => (StatusCode::UNPROCESSABLE_ENTITY, "error-rejected"),
            Error::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "error-too-large"),
            Error::Internal(cause) => {
                tracing::error!(error = %innermost(cause.as_ref()), "a request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "error-internal")
            }
        };
        let forbidden = matches!(self, Error::Forbidden(_));
        let words = match self {
            Error::Conflict(words) | Error::Rejected(words) => Some(words),
            _ => None,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Refused {
            key,
            words,
            forbidden,
        });
        response
    }
}

/// The chain of causes in one line. Statements and bound values are not part of it.
fn innermost(err: &(dyn std::error::Error + 'static)) -> String {
    let mut line = err.to_string();
    let mut next = err.source();
    while let Some(cause) = next {
        line = format!("{line}: {cause}");
        next = cause.source();
    }
    line
}
