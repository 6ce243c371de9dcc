//! Stylesheets, one file per component, joined, and the scripts of forms: named by their content so that browsers may
//! keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use fuyou_kernel::hex;
use sm3::{Digest, Sm3};

use crate::http::Error;

const STYLES: &[&str] = &[
    include_str!("css/tokens.css"),
    include_str!("css/base.css"),
    include_str!("css/frame.css"),
    include_str!("css/card.css"),
    include_str!("css/form.css"),
    include_str!("css/brief.css"),
    include_str!("css/table.css"),
    include_str!("css/badge.css"),
    include_str!("css/risk.css"),
    include_str!("css/story.css"),
    include_str!("css/record.css"),
    include_str!("css/work.css"),
    include_str!("css/message.css"),
    include_str!("css/chart.css"),
    include_str!("css/plan.css"),
    include_str!("css/tiles.css"),
    include_str!("css/list.css"),
    include_str!("css/paper.css"),
    include_str!("css/system.css"),
    include_str!("css/print.css"),
];
/// The tokens by night: as the computer says, or as a person chose. Paper is always light.
const DARK: &str = include_str!("css/dark.css");

/// A file by its content's name.
struct Asset {
    name: String,
    kind: &'static str,
    text: String,
}

impl Asset {
    fn new(ending: &str, kind: &'static str, text: String) -> Self {
        Asset {
            name: format!("fuyou-{}.{ending}", hash(&text)),
            kind,
            text,
        }
    }
}

fn hash(text: &str) -> String {
    hex(Sm3::digest(text.as_bytes()).iter().take(8))
}

static SHEET: LazyLock<Asset> = LazyLock::new(|| {
    let dark = format!(
        "@media screen and (prefers-color-scheme: dark) {{ :root:not([data-look=light]) {{ {DARK} }} }}\n\
         @media screen {{ :root[data-look=dark] {{ {DARK} }} }}"
    );
    let text = format!("{}\n{dark}", STYLES.join("\n"));
    Asset::new("css", "text/css; charset=utf-8", text)
});
/// The scripts, each after those that it imports. A script imports others by their file names.
const SCRIPTS: &[(&str, &str)] = &[
    ("expression.js", include_str!("js/expression.js")),
    ("reading.js", include_str!("js/reading.js")),
    ("desk.js", include_str!("js/desk.js")),
    ("outlook.js", include_str!("js/outlook.js")),
    ("showing.js", include_str!("js/showing.js")),
    ("disk.js", include_str!("js/disk.js")),
    ("drafts.js", include_str!("js/drafts.js")),
    ("lock.js", include_str!("js/lock.js")),
    ("sending.js", include_str!("js/sending.js")),
    ("brief.js", include_str!("js/brief.js")),
    ("keeping.js", include_str!("js/keeping.js")),
    ("paste.js", include_str!("js/paste.js")),
    ("frame.js", include_str!("js/frame.js")),
    ("find.js", include_str!("js/find.js")),
    ("ahead.js", include_str!("js/ahead.js")),
    ("record.js", include_str!("js/record.js")),
    ("look.js", include_str!("js/look.js")),
    ("referrals.js", include_str!("js/referrals.js")),
    ("person.js", include_str!("js/person.js")),
    ("login.js", include_str!("js/login.js")),
    ("shell.js", include_str!("js/shell.js")),
];
/// The script that answers where there is no network. It has a fixed address; browsers ask for it anew.
const WORKER: &str = include_str!("js/worker.js");

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

/// The worker of this build: it keeps all assets and the `pages`, given as path and content, under a name of their own.
pub(super) fn worker(pages: &[(String, String)]) -> String {
    let mut kept = vec![stylesheet_path()];
    kept.extend(SCRIPTS.iter().map(|(name, _)| script_path(name)));
    let mut content = kept.join(" ");
    for (path, text) in pages {
        kept.push(path.clone());
        content.push_str(text);
    }
    let list: Vec<String> = kept.iter().map(|path| format!("{path:?}")).collect();
    let keeping = WORKER.replace(
        "const KEPT = [];",
        &format!("const KEPT = [{}];", list.join(", ")),
    );
    shelved(&keeping, &hash(&content))
}

/// The worker with the name of its shelf. The quotes belong to what is replaced: the name of an asset may begin alike.
fn shelved(worker: &str, name: &str) -> String {
    worker.replace("\"fuyou-0\"", &format!("\"fuyou-{name}\""))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The worker of a build once asked for an asset under a wrong name, because the asset's name began as the shelf's
    /// does; then nothing worked without a network.
    #[test]
    fn the_worker_keeps_assets_under_the_names_that_they_have() {
        let pages = [("/offline/zh".to_owned(), "fuyou-0".to_owned())];
        let worker = worker(&pages);
        for path in SCRIPTS
            .iter()
            .map(|(name, _)| script_path(name))
            .chain([stylesheet_path()])
        {
            assert!(worker.contains(&format!("{path:?}")), "{path}");
        }
        assert!(
            !worker.contains("\"fuyou-0\""),
            "the shelf has the name of this build"
        );
        let renamed = WORKER.replace(
            "const KEPT = [];",
            "const KEPT = [\"/assets/fuyou-0a.js\"];",
        );
        assert!(shelved(&renamed, "1").contains("/assets/fuyou-0a.js"));
    }
}
