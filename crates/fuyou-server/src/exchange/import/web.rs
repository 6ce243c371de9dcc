//! The import page: a file in, progress, and the refused lines back.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use askama::Template;
use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::Localized;
use sm3::{Digest, Sm3};
use uuid::Uuid;

use super::{Format, Job, Progress, Report, import_file};
use crate::access::{Action, UserId};
use crate::care::Acting;
use crate::http::{Access, Cx, Error, Route};
use crate::ui::{Frame, html};

/// A file of a county's year has some tens of megabytes.
const FILE_BYTES_MAX: usize = 128 << 20;
/// Finished imports that are remembered until the next start.
const REMEMBERED_MAX: usize = 50;

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let import = Access::Needs(Action::ImportData);
    vec![
        Route::get("/imports", import, show_form),
        Route::post("/imports", import, upload).with_body_bytes_max(FILE_BYTES_MAX),
        Route::get("/imports/{id}", import, show_progress),
        Route::get("/imports/{id}/rejected", import, rejected),
    ]
}

/// How far an import of this process is. What is stored stands in the database; a file sent again goes on there.
#[derive(Clone)]
enum State {
    Running(Progress),
    Done { report: Report, rejected: Vec<u8> },
    Failed(String),
}

struct Known {
    owner: UserId,
    name: String,
    state: State,
}

static IMPORTS: LazyLock<Mutex<HashMap<Uuid, Known>>> = LazyLock::new(Mutex::default);

fn imports() -> MutexGuard<'static, HashMap<Uuid, Known>> {
    IMPORTS.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Takes a file and starts the import; its page shows how far it is.
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
    let format = match form.split_once('/') {
        Some((program, form)) => Format::Csv {
            program: program.to_owned(),
            form: form.to_owned(),
        },
        None => Format::Ndjson,
    };
    let path = keep(&bytes).map_err(|err| Error::Internal(err.into()))?;
    let id = cx.new_id();
    {
        let mut imports = imports();
        if imports.len() >= REMEMBERED_MAX {
            imports.retain(|_, known| matches!(known.state, State::Running(_)));
        }
        let state = State::Running(Progress::default());
        imports.insert(
            id,
            Known {
                owner: cx.actor.id,
                name,
                state,
            },
        );
    }
    tokio::spawn(run(cx, id, path, format));
    Ok(Redirect::to(&format!("/imports/{id}")).into_response())
}

/// Writes the file where only the server reads it. Its name is its content's: sent again, the import goes on.
fn keep(bytes: &[u8]) -> std::io::Result<PathBuf> {
    let hash: String = Sm3::digest(bytes)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let path = std::env::temp_dir().join(format!("fuyou-import-{hash}"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(bytes)?;
    Ok(path)
}

async fn run(cx: Cx, id: Uuid, path: PathBuf, format: Format) {
    let refused = path.with_extension("rejected.csv");
    let job = Job {
        file: &path,
        format,
        rejected: &refused,
    };
    let progress = |progress: &Progress| {
        if let Some(known) = imports().get_mut(&id) {
            known.state = State::Running(*progress);
        }
    };
    let outcome = match cx.app.care() {
        Some(care) => import_file(care, &cx.keys, &Acting::from(&cx), &job, progress).await,
        None => return,
    };
    let state = match outcome {
        Ok(report) => State::Done {
            report,
            rejected: std::fs::read(&refused).unwrap_or_default(),
        },
        Err(err) => {
            tracing::warn!(error = %err, "an import stopped");
            State::Failed(err.to_string())
        }
    };
    forget(&path);
    forget(&refused);
    if let Some(known) = imports().get_mut(&id) {
        known.state = state;
    }
}

/// The file holds persons: it does not stay longer than needed.
fn forget(path: &FilePath) {
    if let Err(err) = std::fs::remove_file(path)
        && err.kind() != std::io::ErrorKind::NotFound
    {
        tracing::error!(error = %err, "a file of an import could not be removed");
    }
}

#[derive(Template)]
#[template(path = "exchange/import/progress.html")]
struct ProgressPage {
    frame: Frame,
    id: Uuid,
    name: String,
    running: Option<(u64, u64)>,
    figures: Vec<(String, u64)>,
    failed: Option<String>,
    rejected: u64,
}

fn known(cx: &Cx, id: &str) -> Result<(Uuid, String, State), Error> {
    let id = Uuid::try_parse(id).map_err(|_| Error::NotFound)?;
    let imports = imports();
    let found = imports
        .get(&id)
        .filter(|known| known.owner == cx.actor.id)
        .ok_or(Error::NotFound)?;
    Ok((id, found.name.clone(), found.state.clone()))
}

async fn show_progress(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let (id, name, state) = known(&cx, &id)?;
    let mut page = ProgressPage {
        frame: Frame::new(&cx, "menu-imports"),
        id,
        name,
        running: None,
        figures: Vec::new(),
        failed: None,
        rejected: 0,
    };
    match state {
        State::Running(progress) => {
            page.running = Some((progress.bytes_done, progress.bytes_total.max(1)));
            page.figures = vec![
                (cx.t("import-encounters"), progress.encounters),
                (cx.t("import-rejected"), progress.rejected),
            ];
        }
        State::Done { report, .. } => {
            page.rejected = report.rejected;
            page.figures = vec![
                (cx.t("import-lines"), report.lines),
                (cx.t("import-persons"), report.persons),
                (cx.t("import-enrollments"), report.enrollments),
                (cx.t("import-encounters"), report.encounters),
                (cx.t("import-referrals"), report.referrals),
                (cx.t("import-repeated"), report.repeated),
                (cx.t("import-rejected"), report.rejected),
            ];
        }
        State::Failed(why) => page.failed = Some(why),
    }
    let is_running = page.running.is_some();
    let mut response = html(&page)?.into_response();
    if is_running {
        response
            .headers_mut()
            .insert("refresh", axum::http::HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// The refused lines with the reason of each.
async fn rejected(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let (_, _, state) = known(&cx, &id)?;
    let State::Done { rejected, .. } = state else {
        return Err(Error::NotFound);
    };
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"rejected.csv\""),
    ];
    Ok((headers, rejected).into_response())
}
