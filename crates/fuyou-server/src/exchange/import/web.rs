//! The import page: a file in. How far it is, and the refused lines, stand on the page of its job.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path as FilePath, PathBuf};
use std::time::Duration;

use askama::Template;
use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::{Localized, hex};
use sm3::{Digest, Sm3};

use super::{Error as ImportError, Format, Job, Progress, Report, import_until};
use crate::access::Action;
use crate::care::Acting;
use crate::http::{Access, Cx, Error, Route};
use crate::jobs::{self, By, Ended, Handle, JobId, Kind, New};
use crate::ui::{Frame, html};

/// A file of a county's year has some tens of megabytes.
const FILE_BYTES_MAX: usize = 128 << 20;
/// The name of a file that is being imported, before its fingerprint.
const FILE_PREFIX: &str = "fuyou-import-";
/// How long the file of an import that was stopped is kept: it holds persons.
const FILE_KEPT: Duration = Duration::from_secs(86_400);

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let import = Access::Needs(Action::ImportData);
    vec![
        Route::get("/imports", import, show_form),
        Route::post("/imports", import, upload).with_body_bytes_max(FILE_BYTES_MAX),
        Route::post("/imports/{id}/resumed", import, resumed),
    ]
}

#[derive(Template)]
#[template(path = "exchange/import/form.html")]
struct FormPage {
    frame: Frame,
    forms: Vec<(String, String)>,
    message: Option<String>,
}

fn form_page(cx: &Cx, message: Option<String>) -> Result<FormPage, Error> {
    let care = cx.app.care().ok_or(Error::NotFound)?;
    let forms = care.pack().programs.iter().flat_map(|program| {
        program.forms.iter().map(|form| {
            let title = format!(
                "{} · {}",
                program.title.get(cx.language),
                form.title_for(cx.actor.secrecy_max()).get(cx.language)
            );
            (format!("{}/{}", program.id, form.id), title)
        })
    });
    Ok(FormPage {
        frame: Frame::new(cx, "menu-imports"),
        forms: forms.collect(),
        message,
    })
}

async fn show_form(cx: Cx) -> Result<Response, Error> {
    Ok(html(&form_page(&cx, None)?)?.into_response())
}

/// Takes a file and starts the import; the page of its job shows how far it is.
async fn upload(cx: Cx, mut parts: Multipart) -> Result<Response, Error> {
    let broken = |_| {
        Error::Rejected(Localized::new(
            "文件没有传完,请重试",
            "the file did not arrive whole: try again",
        ))
    };
    let (mut form, mut name, mut bytes) = (String::new(), String::new(), Vec::new());
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name().unwrap_or_default() {
            "form" => form = part.text().await.map_err(broken)?,
            "file" => {
                name = part.file_name().unwrap_or_default().to_owned();
                bytes = part.bytes().await.map_err(broken)?.to_vec();
            }
            _ => {}
        }
    }
    cx.actor
        .require(Action::ImportData, cx.actor.organization)?;
    if bytes.is_empty() {
        let page = form_page(&cx, Some(cx.t("import-no-file")))?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response());
    }
    let place = Place {
        hash: fingerprint(&bytes),
        form,
    };
    place
        .keep(&bytes)
        .map_err(|err| Error::Internal(err.into()))?;
    begin(cx, name, place).await
}

/// Goes on with an import that was stopped or cut off, from the file that was kept.
async fn resumed(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let id: JobId = id.parse().map_err(|_| Error::NotFound)?;
    let before = jobs::job(&cx, id).await?;
    let before = before
        .filter(|job| job.kind == Kind::Import && job.started_by == Some(cx.actor.id))
        .ok_or(Error::NotFound)?;
    let place = Place::read(&before.place).ok_or(Error::NotFound)?;
    if !place.path().exists() {
        return Err(Error::Rejected(Localized::new(
            "原文件已不在服务器上。请重新上传同一文件，会从停下处继续。",
            "The file is no longer on the server. Send the same file again: it goes on where it stopped.",
        )));
    }
    begin(cx, before.name, place).await
}

async fn begin(cx: Cx, name: String, place: Place) -> Result<Response, Error> {
    let new = New {
        kind: Kind::Import,
        name,
        same: format!("import:{}", place.written()),
        place: place.written(),
        by: By::user(&cx),
    };
    let (app, entry) = (cx.app.clone(), cx.entry("start_job", "job"));
    let id = jobs::start(&app, new, entry, |handle| run(cx, place, handle)).await?;
    Ok(Redirect::to(&format!("/jobs/{id}")).into_response())
}

/// Which file is imported, and as what.
struct Place {
    hash: String,
    form: String,
}

impl Place {
    fn written(&self) -> String {
        format!("{} {}", self.hash, self.form)
    }

    fn read(text: &str) -> Option<Place> {
        let (hash, form) = text.split_once(' ')?;
        let is_hash = hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Place {
            hash: hash.to_owned(),
            form: form.to_owned(),
        })
    }

    fn format(&self) -> Format {
        match self.form.split_once('/') {
            Some((program, form)) => Format::Csv {
                program: program.to_owned(),
                form: form.to_owned(),
            },
            None => Format::Ndjson,
        }
    }

    fn path(&self) -> PathBuf {
        std::env::temp_dir().join(format!("{FILE_PREFIX}{}", self.hash))
    }

    /// Writes the file where only the server reads it. Its name is its content's: sent again, the import goes on.
    fn keep(&self, bytes: &[u8]) -> std::io::Result<()> {
        let path = self.path();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(bytes)?;
        sweep(&path)
    }
}

/// Forgets files of imports that were stopped long before this one was written and never gone on with.
fn sweep(newest: &FilePath) -> std::io::Result<()> {
    let now = std::fs::metadata(newest)?.modified()?;
    for entry in std::fs::read_dir(std::env::temp_dir())? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(FILE_PREFIX) {
            continue;
        }
        // Another server's file may go while we look.
        let written = entry.metadata().and_then(|about| about.modified());
        if written.is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > FILE_KEPT)) {
            forget(&entry.path());
        }
    }
    Ok(())
}

fn fingerprint(bytes: &[u8]) -> String {
    hex(Sm3::digest(bytes).iter().take(16))
}

async fn run(cx: Cx, place: Place, handle: Handle) -> Ended {
    let path = place.path();
    let refused = path.with_extension("rejected.csv");
    let job = Job {
        file: &path,
        format: place.format(),
        rejected: &refused,
    };
    let Some(care) = cx.app.care() else {
        return Ended::Failed(Localized::new("没有规则包", "no pack is installed"));
    };
    let mut last = Progress::default();
    let goes_on = |now: &Progress| {
        last = *now;
        handle.at(now.bytes_done, now.bytes_total);
        if handle.shall_stop() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    match import_until(care, &cx.keys, &Acting::from(&cx), &job, goes_on).await {
        Ok(report) => {
            if report.rejected > 0 {
                let left = std::fs::read(&refused).unwrap_or_default();
                if let Err(err) = jobs::leave(&cx.app, handle.id(), &left).await {
                    tracing::error!(error = %err, "the refused lines of an import are not kept");
                }
            }
            forget(&path);
            forget(&refused);
            Ended::Done(figures(&report))
        }
        // The file stays: the job can go on.
        Err(ImportError::Stopped) => {
            let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            Ended::Stopped(vec![
                ("encounters", count(last.encounters)),
                ("rejected", count(last.rejected)),
            ])
        }
        Err(err) => {
            tracing::warn!(error = %err, "an import stopped");
            let why = match err {
                ImportError::NotThis(why) => {
                    forget(&path);
                    Localized::new(format!("文件不符合要求:{why}"), why)
                }
                ImportError::Changed | ImportError::NotRead(_) | ImportError::Stopped => {
                    Localized::new(
                        "文件无法读取，请重新上传",
                        "the file could not be read: send it again",
                    )
                }
                ImportError::Care(_) => Localized::new(
                    "导入中断，已入库的内容都在；可从停下处继续。",
                    "The import stopped; what was stored is there, and it can go on from there.",
                ),
            };
            Ended::Failed(why)
        }
    }
}

fn figures(report: &Report) -> Vec<(&'static str, i64)> {
    let counts = [
        ("lines", report.lines),
        ("persons", report.persons),
        ("enrollments", report.enrollments),
        ("encounters", report.encounters),
        ("referrals", report.referrals),
        ("repeated", report.repeated),
        ("rejected", report.rejected),
    ];
    counts
        .map(|(key, count)| (key, i64::try_from(count).unwrap_or(i64::MAX)))
        .into()
}

/// The file holds persons: it does not stay longer than needed.
fn forget(path: &FilePath) {
    if let Err(err) = std::fs::remove_file(path)
        && err.kind() != std::io::ErrorKind::NotFound
    {
        tracing::error!(error = %err, "a file of an import could not be removed");
    }
}
