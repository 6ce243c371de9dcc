//! Running a job beside the request that started it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use fuyou_kernel::{Localized, Timestamp};
use tokio::task::JoinHandle;

use super::model::{Ended, JobId, Kind, New, State};
use super::{job, store};
use crate::apart::beside;
use crate::db::{Entry, Error};
use crate::http::{App, Cx};

/// How often a job writes how far it is.
const BEAT: Duration = Duration::from_secs(1);
/// How often a job is looked at by who waits a moment for it.
const LOOK: Duration = Duration::from_millis(50);
/// What work says of itself, and whether it shall stop. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: JobId,
    kind: Kind,
    done: AtomicI64,
    total: AtomicI64,
    place: Mutex<String>,
    shall_stop: AtomicBool,
}

impl Handle {
    /// The job.
    pub fn id(&self) -> JobId {
        self.0.id
    }

    /// Says how far the work is, in parts of `total`.
    pub fn at(&self, done: u64, total: u64) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.0.done.store(number(done), Ordering::Relaxed);
        self.0.total.store(number(total), Ordering::Relaxed);
    }

    /// Says where the work would go on after being stopped.
    pub fn stands_at(&self, place: String) {
        *self.0.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    /// Whether the work shall stop at its next safe place.
    pub fn shall_stop(&self) -> bool {
        self.0.shall_stop.load(Ordering::Relaxed)
    }

    fn told(&self) -> (i64, i64, String) {
        let place = self.0.place.lock().unwrap_or_else(PoisonError::into_inner);
        (
            self.0.done.load(Ordering::Relaxed),
            self.0.total.load(Ordering::Relaxed),
            place.clone(),
        )
    }
}

/// Starts a job and returns at once; `entry` is the audit entry of whoever starts it. When the same work runs already,
/// nothing is started and the id of the running job is given.
///
/// # Errors
/// When the row of the job cannot be stored; the work has not begun then.
pub async fn start<W>(
    app: &App,
    new: New,
    entry: Entry,
    work: impl FnOnce(Handle) -> W,
) -> Result<JobId, Error>
where
    W: Future<Output = Ended> + Send + 'static,
{
    let (id, handle) = begin(app, new, entry).await?;
    if let Some(handle) = handle {
        let working: BoxFuture<'static, Ended> = Box::pin(work(handle.clone()));
        beside(attend(app.clone(), handle, tokio::spawn(working)));
    }
    Ok(id)
}

/// Stores that a job begins. Without a handle it runs already.
async fn begin(app: &App, new: New, entry: Entry) -> Result<(JobId, Option<Handle>), Error> {
    let id: JobId = app.new_id();
    let now = app.now();
    let mut tx = app.db().begin(None).await?;
    if let Some(other) = store::running(&mut tx, &new.same).await?
        && other.state_at(now).is_alive()
    {
        return Ok((other.id, None));
    }
    store::begin(&mut tx, id, &new, now).await?;
    let mut entry = entry;
    entry.entity_id = Some(id.uuid());
    tx.audit(entry.saying(format!("{{\"kind\":\"{}\"}}", new.kind.word())));
    tx.commit().await?;
    let handle = Handle(Arc::new(Inner {
        id,
        kind: new.kind,
        done: AtomicI64::new(0),
        total: AtomicI64::new(0),
        place: Mutex::new(new.place),
        shall_stop: AtomicBool::new(false),
    }));
    Ok((id, Some(handle)))
}

/// Notes work that a command has done already, from its beginning to its end.
///
/// # Errors
/// The store's.
pub async fn finished(
    app: &App,
    new: New,
    entry: Entry,
    begun_at: Timestamp,
    figures: &[(&'static str, i64)],
) -> Result<JobId, Error> {
    let id: JobId = app.new_id();
    let mut tx = app.db().begin(None).await?;
    store::begin(&mut tx, id, &new, begun_at).await?;
    let end = store::End {
        state: State::Done,
        done: 1,
        total: 1,
        place: "",
        figures,
        problem: None,
    };
    store::end(&mut tx, id, &end, app.now()).await?;
    let mut entry = entry;
    entry.entity_id = Some(id.uuid());
    tx.audit(entry.saying(format!("{{\"kind\":\"{}\"}}", new.kind.word())));
    tx.commit().await?;
    Ok(id)
}

/// Where to go for a file that may be made in a moment: the file when it is, the page of its job when it takes longer
/// than `within`.
pub(crate) async fn soon(cx: &Cx, id: JobId, within: Duration) -> Result<String, Error> {
    let ended = async {
        loop {
            let found = job(cx, id).await?;
            if !found.is_some_and(|job| job.stored.is_alive()) {
                return Ok::<(), Error>(());
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    // Whether it ended in time or not is asked once more: the answer is the same to somebody who comes a moment later.
    tokio::time::timeout(within, ended)
        .await
        .unwrap_or(Ok(()))?;
    let is_done = job(cx, id)
        .await?
        .is_some_and(|job| job.stored == State::Done);
    Ok(if is_done {
        format!("/jobs/{id}/file")
    } else {
        format!("/jobs/{id}")
    })
}

/// Writes how far the work is until it ends, and then how it ended.
async fn attend(app: App, handle: Handle, mut working: JoinHandle<Ended>) {
    let ended = loop {
        tokio::select! {
            ended = &mut working => break ended,
            () = tokio::time::sleep(BEAT) => {
                if let Err(err) = beat(&app, &handle).await {
                    tracing::warn!(error = %err, "a job could not say how far it is");
                }
            }
        }
    };
    let ended = ended.unwrap_or_else(|err| {
        tracing::error!(error = %err, "the work of a job broke off");
        Ended::Failed(Localized::new(
            "内部错误,任务中断",
            "the work broke off because of a fault of ours",
        ))
    });
    if let Err(err) = note_end(&app, &handle, &ended).await {
        tracing::error!(error = %err, "a job could not say how it ended");
    }
}

async fn beat(app: &App, handle: &Handle) -> Result<(), Error> {
    let (done, total, place) = handle.told();
    let mut tx = app.db().begin(None).await?;
    let asked = store::advance(&mut tx, handle.id(), (done, total, &place), app.now()).await?;
    tx.commit().await?;
    if asked {
        handle.0.shall_stop.store(true, Ordering::Relaxed);
    }
    Ok(())
}

async fn note_end(app: &App, handle: &Handle, ended: &Ended) -> Result<(), Error> {
    let (mut done, total, place) = handle.told();
    let (state, figures, problem) = match ended {
        Ended::Done(figures) => (State::Done, figures.as_slice(), None),
        Ended::Found(figures, what) => (State::Done, figures.as_slice(), Some(what)),
        Ended::Stopped(figures) => (State::Stopped, figures.as_slice(), None),
        Ended::Failed(why) => (State::Failed, [].as_slice(), Some(why)),
    };
    let place = match state {
        State::Done => {
            done = total;
            // Where a file is asked for stays: it can be asked for again.
            if handle.0.kind.makes_file() {
                place
            } else {
                String::new()
            }
        }
        _ => place,
    };
    let end = store::End {
        state,
        done,
        total,
        place: &place,
        figures,
        problem,
    };
    let mut tx = app.db().begin(None).await?;
    store::end(&mut tx, handle.id(), &end, app.now()).await?;
    tx.commit().await
}
