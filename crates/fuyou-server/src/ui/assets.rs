//! Stylesheets, one file per component, joined, and the scripts of forms: named by their content so that browsers may
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
    include_str!("css/tiles.css"),
    include_str!("css/list.css"),
    include_str!("css/system.css"),
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
/// The scripts, each after those that it imports. A script imports others by their file names.
const SCRIPTS: &[(&str, &str)] = &[
    ("expression.js", include_str!("js/expression.js")),
    ("reading.js", include_str!("js/reading.js")),
    ("desk.js", include_str!("js/desk.js")),
    ("outlook.js", include_str!("js/outlook.js")),
    ("showing.js", include_str!("js/showing.js")),
    ("drafts.js", include_str!("js/drafts.js")),
    ("keeping.js", include_str!("js/keeping.js")),
    ("frame.js", include_str!("js/frame.js")),
    ("find.js", include_str!("js/find.js")),
    ("record.js", include_str!("js/record.js")),
];

static SCRIPTS_MADE: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let mut made: Vec<Asset> = Vec::new();
    for (_, text) in SCRIPTS {
        let mut text = (*text).to_owned();
        for ((name, _), asset) in SCRIPTS.iter().zip(&made) {
            text = text.replace(&format!("\"./{name}\""), &format!("\"./{}\"", asset.name));
        }
        made.push(Asset::new("js", "text/javascript; charset=utf-8", text));
    }
    made
});

/// Path of the stylesheet of this build.
pub(crate) fn stylesheet_path() -> String {
    format!("/assets/{}", SHEET.name)
}

/// Path of a script by its file name.
///
/// # Panics
/// When there is no such script.
pub(crate) fn script_path(file: &str) -> String {
    let found = SCRIPTS.iter().position(|(name, _)| *name == file);
    let found = found.expect("pages name scripts of the list");
    format!("/assets/{}", SCRIPTS_MADE[found].name)
}

pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Error> {
    let asset: &'static Asset = std::iter::once(&*SHEET)
        .chain(SCRIPTS_MADE.iter())
        .find(|asset| asset.name == name)
        .ok_or(Error::NotFound)?;
    let headers = [
        (CONTENT_TYPE, asset.kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text.as_str()).into_response())
}
