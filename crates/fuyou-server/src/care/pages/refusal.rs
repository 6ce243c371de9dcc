//! How the errors of care are answered.

use crate::care::Error;
use crate::http;

impl From<Error> for http::Error {
    fn from(err: Error) -> Self {
        let words = err.message();
        match err {
            Error::Denied(denied) => http::Error::Forbidden(denied),
            Error::NotFound(_) => http::Error::NotFound,
            Error::Refused(_) | Error::NoReason | Error::TooWide(_) => http::Error::Rejected(words),
            Error::IdTaken(_)
            | Error::Stale(_)
            | Error::StillOpen(_)
            | Error::Closed(_)
            | Error::NotEnrolled(_)
            | Error::NotCorrectable(_)
            | Error::Void(_)
            | Error::Step { .. }
            | Error::Busy(_) => http::Error::Conflict(words),
            Error::Merged { from, into } => http::Error::Moved { from, into },
            Error::Stored { .. } => http::Error::Internal(err.into()),
            Error::Store(cause) => cause.into(),
        }
    }
}
