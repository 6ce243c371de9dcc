//! Long work: it goes on when its page is left, says how far it is, and is found again.
//!
//! Invariants:
//! - the row of a job is stored before its work begins, and says how it ended even when the work panics;
//! - who runs a job writes every second how far it is; a job that was silent for a minute was cut off, whatever its row says;
//! - work of which only one may run at a time is one job: who starts it again is led to the one that runs;
//! - a row holds counts and names of files, never what a file tells of a person. What a job leaves behind is sealed, is for
//!   who started it, by the rights with which it was started, and is swept away after a while.

mod leaving;
mod model;
mod run;
mod store;
mod web;

#[cfg(test)]
mod tests;

pub(crate) use leaving::{LeaveError, Leaving, leave};
pub use leaving::{keep_swept, sweep};
pub use model::{By, Ended, Job, JobFilter, JobId, Kind, New, Place, State};
pub(crate) use run::soon;
pub use run::{Handle, finished, start};
pub(crate) use web::{JobView, needs, routes};

use crate::access::{Action, Actor};
use crate::db::{Db, Error};
use crate::http::Cx;

/// Jobs on one page.
const PAGE: i64 = 50;

/// The job, if the actor may see it.
pub async fn job(cx: &Cx, id: JobId) -> Result<Option<Job>, Error> {
    let mut reader = cx.db.glance().await?;
    let found = store::load(&mut reader, id).await?;
    Ok(found.filter(|job| sees(&cx.actor, job)))
}

/// Jobs that the actor may see, the newest first, and the place where the page ends if more follow.
pub async fn jobs(
    cx: &Cx,
    filter: &JobFilter,
    after: Option<Place>,
) -> Result<(Vec<Job>, Option<Place>), Error> {
    let mut reader = cx.db.read().await?;
    let everyones = keeps_the_system(&cx.actor);
    let kinds = Kind::ALL
        .into_iter()
        .filter(|kind| everyones || (kind.is_shared() && cx.actor.may(kind.right())));
    let kinds: Vec<Kind> = kinds.collect();
    let mut found =
        store::page(&mut reader, (cx.actor.id, &kinds), filter, after, PAGE + 1).await?;
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = found.len() > page;
    found.truncate(page);
    let last = found.last().filter(|_| more);
    let next = last.map(|job| Place {
        begun_at: job.begun_at,
        id: job.id,
    });
    Ok((found, next))
}

/// The last job of a kind, and the last one that reached its end.
pub async fn last(db: &Db, kind: Kind) -> Result<(Option<Job>, Option<Job>), Error> {
    let mut reader = db.glance().await?;
    let newest = store::newest(&mut reader, kind, None).await?;
    let done = store::newest(&mut reader, kind, Some(State::Done)).await?;
    Ok((newest, done))
}

/// The last jobs of a kind that reached their end, the newest first.
pub async fn ended(db: &Db, kind: Kind, limit: i64) -> Result<Vec<Job>, Error> {
    let mut reader = db.read().await?;
    store::ended(&mut reader, kind, limit).await
}

/// Asks a job to stop. It does so at its next safe place; one that has ended is left as it is. False when there is no such
/// job that the actor may stop.
pub async fn stop(cx: &Cx, id: JobId) -> Result<bool, Error> {
    let found = job(cx, id).await?;
    let Some(job) = found.filter(|job| may_steer(&cx.actor, job)) else {
        return Ok(false);
    };
    let mut tx = cx.db.begin(None).await?;
    if store::ask_to_stop(&mut tx, id).await? {
        let mut entry = cx.entry("stop_job", "job");
        entry.entity_id = Some(id.uuid());
        tx.audit(entry.saying(format!("{{\"kind\":\"{}\"}}", job.kind.word())));
    }
    tx.commit().await?;
    Ok(true)
}

/// What a job left, whole, whoever started it: for pages that show what it found.
pub async fn left_behind(cx: &Cx, job: &Job) -> Result<Option<Vec<u8>>, Error> {
    let mut whole: Option<Vec<u8>> = None;
    for number in 0.. {
        match leaving::part(&cx.app, job, number).await? {
            Some(part) => whole.get_or_insert_default().extend(part),
            None => break,
        }
    }
    Ok(whole)
}

/// A part of what a job left, from number 0; none after the last.
pub async fn part(cx: &Cx, job: &Job, number: i64) -> Result<Option<Vec<u8>>, Error> {
    let is_own = job.started_by == Some(cx.actor.id) && may_do(&cx.actor, job);
    if !is_own || job.stored != State::Done {
        return Ok(None);
    }
    leaving::part(&cx.app, job, number).await
}

/// Whether the actor keeps the whole installation: its right is bound to the root of the tree.
pub fn keeps_the_system(actor: &Actor) -> bool {
    let own = actor.tree.get(actor.organization);
    actor.may(Action::ManageSystem) && own.is_some_and(|own| own.parent_id.is_none())
}

fn sees(actor: &Actor, job: &Job) -> bool {
    let shared = job.kind.is_shared() && actor.may(job.kind.right());
    job.started_by == Some(actor.id) || shared || keeps_the_system(actor)
}

/// Who may stop a job: who started it, as long as the right for such work lasts, and who keeps the installation.
fn may_steer(actor: &Actor, job: &Job) -> bool {
    (sees(actor, job) && may_do(actor, job)) || keeps_the_system(actor)
}

/// Whether the actor still has the right for such work; for a file, whether the actor is still who it was made for.
fn may_do(actor: &Actor, job: &Job) -> bool {
    if job.kind.makes_file() {
        job.same.starts_with(&model::rights(actor))
    } else {
        actor.may(job.kind.right())
    }
}
