//! The work list.

use axum::response::Response;
use serde::Deserialize;

use crate::http::{Cx, Error};

/// Which part of the work list.
#[derive(Deserialize)]
pub(crate) struct WorkQuery {}

/// The home page of those who care for persons; none for others.
pub(crate) async fn home(_cx: &Cx, _query: WorkQuery) -> Result<Option<Response>, Error> {
    Ok(None)
}
