//! Forms: urlencoded bodies read into a typed struct.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use fuyou_kernel::Localized;
use serde::de::DeserializeOwned;

use super::Error;

/// A typed form. A body that does not fit is answered in our words.
pub(crate) struct Form<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    fn from_request(request: Request, _: &S) -> impl Future<Output = Result<Self, Error>> + Send {
        body(request).map(|body| filled(&body?))
    }
}

/// What was sent, if it says that it is a form.
fn body(request: Request) -> BoxFuture<'static, Result<Bytes, Error>> {
    Box::pin(async move {
        let kind = request.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            tracing::debug!("a post was no form");
            return Err(unfit());
        }
        let body = Bytes::from_request(request, &()).await;
        body.map_err(|_| Error::TooLarge)
    })
}

fn filled<T: DeserializeOwned>(body: &[u8]) -> Result<Form<T>, Error> {
    match serde_urlencoded::from_bytes(body) {
        Ok(value) => Ok(Form(value)),
        Err(_) => {
            tracing::debug!("a form did not fit");
            Err(unfit())
        }
    }
}

fn unfit() -> Error {
    Error::Rejected(Localized::new(
        "表单内容不完整或无法识别，请返回重新填写。",
        "The form is incomplete or not understood; please go back and fill it in again.",
    ))
}

/// Percent-encodes everything but letters and digits, for a value in an address.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
