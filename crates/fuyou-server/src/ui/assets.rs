//! Stylesheets, one file per component, joined, and the script of forms: named by their content so that browsers may
//! keep them for ever.

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
    include_str!("css/care.css"),
    include_str!("css/message.css"),
    include_str!("css/chart.css"),
    include_str!("css/plan.css"),
];

/// A file by its content's name.
struct Asset {
    name: String,
    kind: &'static str,
    text: String,
}

impl Asset {
    fn new(ending: &str, kind: &'static str, text: String) -> Self {
        let hash: String = Sm3::digest(text.as_bytes())
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Asset {
            name: format!("fuyou-{hash}.{ending}"),
            kind,
            text,
        }
    }
}

static SHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("css", "text/css; charset=utf-8", STYLES.join("\n")));
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("js/record.js").to_owned();
    Asset::new("js", "text/javascript; charset=utf-8", text)
});

static FIND: LazyLock<Asset> = LazyLock::new(|| {
    let text = include_str!("js/find.js").to_owned();
    Asset::new("js", "text/javascript; charset=utf-8", text)
});

/// Path of the stylesheet of this build.
pub(crate) fn stylesheet_path() -> String {
    format!("/assets/{}", SHEET.name)
}

/// Path of the script that improves the form of a record.
pub(crate) fn script_path() -> String {
    format!("/assets/{}", SCRIPT.name)
}

/// Path of the script that finds persons while somebody is typing.
pub(super) fn find_script_path() -> String {
    format!("/assets/{}", FIND.name)
}

pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Error> {
    let asset: &'static Asset = [&*SHEET, &*SCRIPT, &*FIND]
        .into_iter()
        .find(|asset| asset.name == name)
        .ok_or(Error::NotFound)?;
    let headers = [
        (CONTENT_TYPE, asset.kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text.as_str()).into_response())
}
