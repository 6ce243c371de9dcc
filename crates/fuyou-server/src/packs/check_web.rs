//! Whether the pack does what its golden cases say: they run as a job, and what they found is shown by place.

use std::sync::Arc;

use askama::Template;
use axum::response::{Html, Redirect};
use fuyou_kernel::{Language, Localized};
use fuyou_pack::cases::run_cases;
use fuyou_pack::{Diagnostic, Pack};

use crate::apart::apart;
use crate::http::{App, Cx, Error};
use crate::insight::pack_of;
use crate::jobs::{self, By, Ended, Handle, JobView, Kind, New, State};
use crate::ui::{Frame, html};

/// Findings that are kept of one run.
const FINDINGS_MAX: usize = 2_000;

/// A finding as it is kept: whether a case is missing, where, Chinese, English.
type Kept = (bool, String, String, String);

struct Finding {
    place: String,
    words: String,
}

#[derive(Template)]
#[template(path = "packs/checked.html")]
struct CheckedPage {
    frame: Frame,
    pack: String,
    last: Option<JobView>,
    unfinished: Option<JobView>,
    failures: Vec<Finding>,
    uncovered: Vec<Finding>,
}

/// What the last run found.
pub(super) async fn show(cx: Cx) -> Result<Html<String>, Error> {
    let pack = pack_of(&cx)?;
    let (newest, done) = jobs::last(&cx.db, Kind::TestPack).await?;
    let kept: Vec<Kept> = match &done {
        Some(job) => match jobs::left_behind(&cx, job).await? {
            Some(bytes) => {
                serde_json::from_slice(&bytes).map_err(|err| Error::Internal(err.into()))?
            }
            None => Vec::new(),
        },
        None => Vec::new(),
    };
    let (mut failures, mut uncovered) = (Vec::new(), Vec::new());
    for (is_missing, place, zh, en) in kept {
        let words = match cx.language {
            Language::Zh => zh,
            Language::En => en,
        };
        let list = if is_missing {
            &mut uncovered
        } else {
            &mut failures
        };
        list.push(Finding { place, words });
    }
    let newest = newest.filter(|job| job.stored != State::Done);
    html(&CheckedPage {
        frame: Frame::new(&cx, "packs-checked"),
        pack: format!("{} {}", pack.id, pack.version),
        last: done.as_ref().map(|job| JobView::new(&cx, job)),
        unfinished: newest.as_ref().map(|job| JobView::new(&cx, job)),
        failures,
        uncovered,
    })
}

/// Starts a run.
pub(super) async fn test(cx: Cx) -> Result<Redirect, Error> {
    let pack = cx.app.pack().cloned().ok_or(Error::NotFound)?;
    let new = New {
        kind: Kind::TestPack,
        name: format!("{} {}", pack.id, pack.version),
        same: Kind::TestPack.word().to_owned(),
        place: String::new(),
        by: By::user(&cx),
    };
    let app = cx.app.clone();
    let work = |handle| run(app, pack, handle);
    let id = jobs::start(&cx.app, new, cx.entry("start_job", "job"), work).await?;
    Ok(Redirect::to(&format!("/jobs/{id}")))
}

async fn run(app: App, pack: Arc<Pack>, handle: Handle) -> Ended {
    let broken = |why: &dyn std::fmt::Display| {
        tracing::error!(error = %why, "the cases of the pack could not be run");
        Ended::Failed(Localized::new("用例无法运行", "the cases could not be run"))
    };
    let running = apart(move || run_cases(&pack));
    let report = match running.await {
        Ok(report) => report,
        Err(err) => return broken(&err),
    };
    let keep = |is_missing: bool| {
        move |one: &Diagnostic| {
            let place = format!("{}:{}", one.file, one.line);
            (
                is_missing,
                place,
                one.message.zh.clone(),
                one.message.en.clone(),
            )
        }
    };
    let failures = report.failures.iter().map(keep(false));
    let kept: Vec<Kept> = failures
        .chain(report.uncovered.iter().map(keep(true)))
        .take(FINDINGS_MAX)
        .collect();
    let bytes = match serde_json::to_vec(&kept) {
        Ok(bytes) => bytes,
        Err(err) => return broken(&err),
    };
    if let Err(err) = jobs::leave(&app, handle.id(), &bytes).await {
        return broken(&err);
    }
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let figures = vec![
        ("cases", count(report.ran)),
        ("failures", count(report.failures.len())),
        ("uncovered", count(report.uncovered.len())),
    ];
    if report.failures.is_empty() {
        return Ended::Done(figures);
    }
    let failed = report.failures.len();
    Ended::Found(
        figures,
        Localized::new(
            format!("{failed} 个用例的结果与预期不符"),
            format!("{failed} cases came out otherwise than expected"),
        ),
    )
}
