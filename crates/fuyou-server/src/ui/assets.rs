//! Stylesheets: one file per component, joined, named by their content so that browsers may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sm3::{Digest, Sm3};

use crate::http::Error;

const STYLES: &[&str] = &[
    include_str!("css/tokens.css"),
    include_str!("css/base.css"),
    include_str!("css/frame.css"),
    include_str!("css/card.css"),
    include_str!("css/form.css"),
    include_str!("css/table.css"),
    include_str!("css/badge.css"),
    include_str!("css/message.css"),
];

struct Sheet {
    name: String,
    text: String,
}

static SHEET: LazyLock<Sheet> = LazyLock::new(|| {
    let text = STYLES.join("\n");
    let hash: String = Sm3::digest(text.as_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Sheet {
        name: format!("fuyou-{hash}.css"),
        text,
    }
});

/// Path of the stylesheet of this build.
pub(crate) fn stylesheet_path() -> String {
    format!("/assets/{}", SHEET.name)
}

pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Error> {
    if name != SHEET.name {
        return Err(Error::NotFound);
    }
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, SHEET.text.as_str()).into_response())
}
