//! Pages of jobs.

use askama::Template;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream;
use fuyou_kernel::Timestamp;
use serde::Deserialize;

use super::model::{By, Job, JobFilter, JobId, Kind, Place, State};
use super::{job, jobs, may_steer, part, stop};
use crate::exchange::download_web::{Files, PageRead, Paged, Pages, Table, attachment};
use crate::exchange::sheet::SheetKind;
use crate::http::{Access, Cx, Error, Query, Route, encoded};
use crate::texts::text_with;
use crate::ui::{Frame, Need, html};

/// Jobs that began so many milliseconds ago concern whoever comes home: 7 days.
const RECENT_MS: i64 = 7 * 86_400_000;

/// How often the page of a job that runs asks for itself again, in seconds.
const AGAIN_SECONDS: &str = "2";

/// Routes of this capability. Which jobs somebody sees depends on the job.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/jobs", Access::LoggedIn, index),
        Route::post("/jobs/file", Access::LoggedIn, begin_file),
        Route::get("/jobs/{job}", Access::LoggedIn, show),
        Route::get("/jobs/{job}/file", Access::LoggedIn, file),
        Route::post("/jobs/{job}/stopped", Access::LoggedIn, stopped),
    ]
}

impl By {
    /// The user of a request.
    pub(crate) fn user(cx: &Cx) -> By {
        By {
            user: Some(cx.actor.id),
            login: cx.actor.login.clone(),
            organization: Some(cx.actor.organization.uuid()),
        }
    }
}

/// A job as pages show it.
pub(crate) struct JobView {
    pub id: JobId,
    pub title: String,
    pub name: String,
    pub login: String,
    pub begun: String,
    pub ended: String,
    /// Key of the state's text.
    pub word: String,
    /// Class of the state's badge: a colour and a shape beside the word.
    pub class: &'static str,
    /// Parts done and all parts, while it runs and both are known.
    pub progress: Option<(i64, i64)>,
    pub figures: Vec<(String, i64)>,
    pub problem: String,
    pub is_alive: bool,
}

impl JobView {
    pub(crate) fn new(cx: &Cx, job: &Job) -> JobView {
        let state = job.state_at(cx.now);
        let words = |word: &str| word.replace('_', "-");
        let class = match (state, &job.problem) {
            (State::Done, None) => "met",
            (State::Running | State::Stopping, _) => "on-course",
            (State::Stopped | State::CutOff, _) => "unknown",
            (State::Done | State::Failed, _) => "behind",
        };
        let figures = job.figures.iter();
        JobView {
            id: job.id,
            title: cx.t(&format!("job-kind-{}", words(job.kind.word()))),
            name: job.name.clone(),
            login: job.login.clone(),
            begun: moment(cx, job.begun_at),
            ended: job.ended_at.map_or_else(String::new, |at| moment(cx, at)),
            word: format!("job-state-{}", words(state.word())),
            class,
            progress: (!matches!(state, State::Done | State::Failed) && job.total > 0)
                .then_some((job.done, job.total)),
            figures: figures
                .map(|(key, count)| (cx.t(&format!("job-figure-{key}")), *count))
                .collect(),
            problem: job
                .problem
                .as_ref()
                .map_or_else(String::new, |why| why.get(cx.language).to_owned()),
            is_alive: state.is_alive(),
        }
    }
}

/// An instant as people write it, where the installation stands.
pub(crate) fn moment(cx: &Cx, at: Timestamp) -> String {
    let zone = cx.app.options().time_zone.clone();
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct JobsQuery {
    kind: String,
    state: String,
    after: String,
}

impl JobsQuery {
    fn filter(&self) -> JobFilter {
        JobFilter {
            kind: self.kind.parse().ok(),
            state: self.state.parse().ok(),
        }
    }

    /// The same question at an address.
    fn address(&self, path: &str) -> String {
        match (self.kind.as_str(), self.state.as_str()) {
            ("", "") => path.to_owned(),
            (kind, state) => {
                format!("{path}?kind={}&state={}", encoded(kind), encoded(state))
            }
        }
    }
}

/// Work of the last days that came to no good end.
pub(crate) async fn needs(cx: &Cx) -> Result<Vec<Need>, Error> {
    let since = cx.now.as_millisecond() - RECENT_MS;
    let mut needs = Vec::new();
    for state in [State::Failed, State::Running] {
        let filter = JobFilter {
            kind: None,
            state: Some(state),
        };
        let (found, _) = jobs(cx, &filter, None).await?;
        let is_recent = |job: &&Job| job.begun_at.as_millisecond() >= since;
        let ended_badly =
            |job: &&Job| matches!(job.state_at(cx.now), State::Failed | State::CutOff);
        let count = found.iter().filter(is_recent).filter(ended_badly).count();
        if count > 0 {
            needs.push(Need {
                words: text_with(cx.language, "home-jobs", &[("count", &count.to_string())]),
                class: "bad",
                href: format!("/jobs?kind=&state={}", state.word()),
            });
        }
    }
    Ok(needs)
}

#[derive(Template)]
#[template(path = "jobs/jobs.html")]
struct JobsPage {
    frame: Frame,
    files: Files,
    jobs: Vec<JobView>,
    query: JobsQuery,
    kinds: Vec<(&'static str, String)>,
    states: Vec<(&'static str, String)>,
    first: String,
    next: Option<String>,
}

async fn index(cx: Cx, Query(query): Query<JobsQuery>) -> Result<Response, Error> {
    let (found, next) = jobs(&cx, &query.filter(), Place::of(&query.after)).await?;
    let word = |word: &str| word.replace('_', "-");
    let kinds = Kind::ALL
        .into_iter()
        .filter(|kind| kind.may_be_seen(&cx.actor));
    // Whether a job was cut off is not stored: it is a job that runs and says nothing.
    let states = State::ALL
        .into_iter()
        .filter(|state| *state != State::CutOff);
    let first = query.address("/jobs");
    let joint = if first.contains('?') { '&' } else { '?' };
    let page = JobsPage {
        frame: Frame::new(&cx, "menu-jobs"),
        files: match found.is_empty() {
            true => Files::none(),
            false => Files::uncounted(&query.address("/jobs/file")),
        },
        jobs: found.iter().map(|job| JobView::new(&cx, job)).collect(),
        kinds: kinds
            .map(|kind| {
                (
                    kind.word(),
                    cx.t(&format!("job-kind-{}", word(kind.word()))),
                )
            })
            .collect(),
        states: states
            .map(|state| {
                (
                    state.word(),
                    cx.t(&format!("job-state-{}", word(state.word()))),
                )
            })
            .collect(),
        next: next.map(|place| format!("{first}{joint}after={}", place.text())),
        first,
        query,
    };
    Ok(html(&page)?.into_response())
}

/// Begins to write the jobs that the filter finds into a file.
async fn begin_file(
    cx: Cx,
    kind: SheetKind,
    uri: Uri,
    Query(query): Query<JobsQuery>,
) -> Result<Redirect, Error> {
    let lines = Paged::begin(JobLines {
        cx: cx.clone(),
        filter: query.filter(),
    });
    let lines = lines.await?;
    cx.db.note(cx.entry("export", "job")).await?;
    let head = [
        "job-what",
        "job-name",
        "job-state",
        "job-begun",
        "job-ended",
        "job-by",
        "job-figures",
        "job-problem",
    ];
    let table = Table {
        name: format!("{}-{}", cx.t("menu-jobs"), cx.today),
        kind,
        head: head.map(|key| cx.t(key)).into(),
        total: 0,
        lines: Box::new(lines),
    };
    table.begin(cx, &uri).await
}

struct JobLines {
    cx: Cx,
    filter: JobFilter,
}

impl Pages for JobLines {
    type Line = Job;
    type Place = Place;

    async fn read(&self, from: Option<Place>) -> Result<PageRead<Self>, Error> {
        Ok(jobs(&self.cx, &self.filter, from).await?)
    }

    fn cells(&self, job: Job) -> Vec<String> {
        let view = JobView::new(&self.cx, &job);
        let state = self.cx.t(&view.word);
        let figures = view.figures.iter();
        let figures = figures.map(|(label, count)| format!("{label} {count}"));
        let figures = figures.collect::<Vec<_>>().join(" · ");
        let (begun, ended) = (view.begun, view.ended);
        let (title, name, by) = (view.title, view.name, view.login);
        vec![title, name, state, begun, ended, by, figures, view.problem]
    }
}

#[derive(Template)]
#[template(path = "jobs/job.html")]
struct JobPage {
    frame: Frame,
    job: JobView,
    can_stop: bool,
    /// Where to go on, and the key of the words for that.
    again: Option<(String, &'static str)>,
    file: Option<&'static str>,
    /// Until when the file is kept.
    kept: String,
    /// Whether there was a file that is no longer there for the reader.
    is_gone: bool,
    back: (String, &'static str),
}

fn back(address: &str, words: &'static str) -> (String, &'static str) {
    (address.to_owned(), words)
}

/// The page on which a file is offered: what lies above the address of the file, asked the same.
fn above(address: &str) -> String {
    let (path, question) = address.split_once('?').unwrap_or((address, ""));
    let page = path.rsplit_once('/').map_or("/", |(page, _)| page);
    format!("{page}?{question}")
}

async fn show(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let job = found(&cx, &id).await?;
    let state = job.state_at(cx.now);
    let may = may_steer(&cx.actor, &job);
    let again = match state {
        State::Stopped | State::CutOff | State::Failed if job.kind.goes_on() => Some("job-go-on"),
        // A file that was imported whole is sent again as a file; nobody changes the key by a slip of the hand.
        State::Done if matches!(job.kind, Kind::Import | Kind::RotateKeys) => None,
        State::Done if job.kind.makes_file() => Some("job-file-again"),
        State::Stopped | State::CutOff | State::Failed | State::Done => Some("job-again"),
        State::Running | State::Stopping => None,
    };
    let is_own = job.started_by == Some(cx.actor.id);
    // Who did not ask for a file does not ask for it again.
    let at = job.kind.starts_at(&job);
    let at = at.filter(|_| may && (is_own || !job.kind.makes_file()));
    let leaves = job.kind == Kind::Import && job.figure("rejected").unwrap_or(0) > 0;
    let is_kept = job.kept_until().is_some_and(|until| cx.now <= until);
    let has_file = is_own && state == State::Done && is_kept && part(&cx, &job, 0).await?.is_some();
    let page = JobPage {
        frame: Frame::new(&cx, "menu-jobs"),
        job: JobView::new(&cx, &job),
        can_stop: may && state == State::Running,
        again: at.zip(again),
        file: match job.kind {
            Kind::Import if leaves && has_file => Some("import-rejected-file"),
            Kind::Export | Kind::Summary if has_file => Some("job-file"),
            _ => None,
        },
        kept: job
            .kept_until()
            .map_or_else(String::new, |at| moment(&cx, at)),
        is_gone: job.kind.makes_file() && is_own && state == State::Done && !has_file,
        back: match job.kind {
            Kind::Import => back("/imports", "import-another"),
            Kind::VerifyAudit => back("/audit", "menu-audit"),
            Kind::TestPack => back("/packs/checked", "packs-checked"),
            Kind::LoadFigures | Kind::RotateKeys | Kind::Backup => back("/system", "menu-system"),
            Kind::Export | Kind::Summary if is_own => (above(&job.place), "job-file-from"),
            Kind::Export | Kind::Summary => back("/jobs", "menu-jobs"),
        },
    };
    let mut response = html(&page)?.into_response();
    if state.is_alive() {
        let headers = response.headers_mut();
        headers.insert("refresh", HeaderValue::from_static(AGAIN_SECONDS));
    }
    Ok(response)
}

async fn found(cx: &Cx, id: &str) -> Result<Job, Error> {
    let id: JobId = id.parse().map_err(|_| Error::NotFound)?;
    job(cx, id).await?.ok_or(Error::NotFound)
}

/// What the job left for who started it; nobody else may have it. It is read part by part, as the reader takes it.
async fn file(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let job = found(&cx, &id).await?;
    let first = part(&cx, &job, 0).await?.ok_or(Error::NotFound)?;
    let (name, media) = match job.kind {
        Kind::Export | Kind::Summary => (job.name.clone(), media_type(&job.name)),
        _ => ("rejected.csv".to_owned(), SheetKind::Csv.media_type()),
    };
    let mut entry = cx.entry("export", "job");
    entry.entity_id = Some(job.id.uuid());
    cx.db.note(entry).await?;
    let parts = stream::try_unfold((Some(first), 0), move |(this, number)| {
        let (cx, job) = (cx.clone(), job.clone());
        async move {
            let Some(this) = this else {
                return Ok::<_, crate::db::Error>(None);
            };
            let next = part(&cx, &job, number + 1).await?;
            Ok(Some((this, (next, number + 1))))
        }
    });
    let headers = [
        (CONTENT_TYPE, media.to_owned()),
        (CONTENT_DISPOSITION, attachment(&name)),
    ];
    Ok((headers, Body::from_stream(parts)).into_response())
}

/// The type of a file by its ending.
fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let table = SheetKind::of_ending(ending).map(SheetKind::media_type);
    table.unwrap_or("application/vnd.openxmlformats-officedocument.wordprocessingml.document")
}

async fn stopped(cx: Cx, Path(id): Path<String>) -> Result<Redirect, Error> {
    let id: JobId = id.parse().map_err(|_| Error::NotFound)?;
    if !stop(&cx, id).await? {
        return Err(Error::NotFound);
    }
    Ok(Redirect::to(&format!("/jobs/{id}")))
}
