//! Forms: urlencoded bodies read into a typed struct.

use axum::extract::{FromRequest, Request};
use fuyou_kernel::Localized;
use serde::de::DeserializeOwned;

use super::Error;

/// A typed form. Unlike axum's, a body that does not fit is answered in our words.
pub(crate) struct Form<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match axum::Form::<T>::from_request(request, state).await {
            Ok(axum::Form(value)) => Ok(Form(value)),
            Err(why) => {
                tracing::debug!(error.status = why.status().as_u16(), "a form did not fit");
                Err(Error::Rejected(Localized::new(
                    "表单内容不完整或无法识别，请返回重新填写。",
                    "The form is incomplete or not understood; please go back and fill it in again.",
                )))
            }
        }
    }
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
