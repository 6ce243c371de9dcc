//! Proving the chains from the page: as a job, because a large trail takes minutes.

use std::ops::ControlFlow;

use axum::response::Redirect;
use fuyou_kernel::Localized;

use super::{Break, Places, verify_from};
use crate::db::Db;
use crate::http::{Cx, Error};
use crate::jobs::{self, By, Ended, Handle, JobView, Kind, New, State};

/// The chains are walked at least once in so many milliseconds: 31 days. An older walk says nothing of what came since.
pub(crate) const PROOF_AGE_MAX_MS: i64 = 31 * 86_400_000;

/// What is known of the chains.
pub(super) struct Proof {
    /// The last walk that came to its end.
    pub last: Option<JobView>,
    /// The newest walk, when it did not come to its end.
    pub unfinished: Option<JobView>,
}

pub(super) async fn proof(cx: &Cx) -> Result<Proof, Error> {
    let (newest, done) = jobs::last(&cx.db, Kind::VerifyAudit).await?;
    let newest = newest.filter(|job| job.stored != State::Done);
    Ok(Proof {
        last: done.as_ref().map(|job| JobView::new(cx, job)),
        unfinished: newest.as_ref().map(|job| JobView::new(cx, job)),
    })
}

/// Starts a walk, or goes on with one that was stopped.
pub(super) async fn verify(cx: Cx) -> Result<Redirect, Error> {
    let (newest, _) = jobs::last(&cx.db, Kind::VerifyAudit).await?;
    let goes_on = newest.filter(|job| {
        let state = job.state_at(cx.now);
        matches!(state, State::Stopped | State::CutOff) && !job.place.is_empty()
    });
    let place = goes_on.map_or_else(String::new, |job| job.place);
    let places: Places = place.parse().unwrap_or_default();
    let new = New {
        kind: Kind::VerifyAudit,
        name: String::new(),
        same: Kind::VerifyAudit.word().to_owned(),
        place,
        by: By::user(&cx),
    };
    let db = cx.db.clone();
    let work = |handle| walk(db, places, handle);
    let id = jobs::start(&cx.app, new, cx.entry("start_job", "job"), work).await?;
    Ok(Redirect::to(&format!("/jobs/{id}")))
}

async fn walk(db: Db, places: Places, handle: Handle) -> Ended {
    let told = |places: &Places, total: i64| {
        let number = |count: i64| u64::try_from(count).unwrap_or_default();
        handle.at(number(places.entries()), number(total));
        handle.stands_at(places.to_string());
        if handle.shall_stop() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    match verify_from(&db, places, told).await {
        Ok(Ok(Some(verified))) => Ended::Done(vec![
            ("entries", verified.entries),
            ("lanes", verified.lanes),
        ]),
        Ok(Ok(None)) => Ended::Stopped(Vec::new()),
        Ok(Err(broken)) => Ended::Found(Vec::new(), said(&broken)),
        Err(err) => {
            tracing::warn!(error = %err, "the audit trail could not be read");
            Ended::Failed(Localized::new(
                "审计记录无法读取,请稍后再试",
                "the audit trail could not be read: try again later",
            ))
        }
    }
}

fn said(broken: &Break) -> Localized {
    let zh = match broken {
        Break::Gap {
            lane,
            expected,
            found,
        } => format!("审计链 {lane}:缺少第 {expected} 条,其后是第 {found} 条"),
        Break::Link { lane, seq } => format!("审计链 {lane}:第 {seq} 条与前一条不相接"),
        Break::Content { lane, seq } => format!("审计链 {lane}:第 {seq} 条写入后被改动过"),
        Break::End {
            lane,
            expected,
            found,
        } => format!("审计链 {lane}:止于第 {found} 条,应止于第 {expected} 条"),
    };
    Localized::new(zh, broken.to_string())
}
