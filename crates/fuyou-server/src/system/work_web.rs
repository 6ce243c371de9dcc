//! Long work on the installation itself.

use axum::response::Redirect;
use fuyou_kernel::Localized;
use serde::Deserialize;

use super::web::keeper;
use crate::db::Error as DbError;
use crate::http::{App, Cx, Error, Form};
use crate::insight::{Live, LiveStanding as Standing};
use crate::jobs::{self, By, Ended, Handle, Kind, New};
use crate::registry::rekey_batch;

/// Rows in one transaction of a change of keys: the desk writes in between.
const BATCH: i64 = 200;
/// How often loading says how far it is.
const LOOK: std::time::Duration = std::time::Duration::from_millis(200);

fn new(cx: &Cx, kind: Kind) -> New {
    New {
        kind,
        name: String::new(),
        same: kind.word().to_owned(),
        place: String::new(),
        by: By::user(cx),
    }
}

/// Loads the figures in memory anew.
pub(super) async fn load_figures(cx: Cx) -> Result<Redirect, Error> {
    keeper(&cx)?;
    let live = cx.app.live().cloned().ok_or(Error::NotFound)?;
    let new = new(&cx, Kind::LoadFigures);
    let work = |handle| load(live, handle);
    let id = jobs::start(&cx.app, new, cx.entry("start_job", "job"), work).await?;
    Ok(Redirect::to(&format!("/jobs/{id}")))
}

async fn load(live: Live, handle: Handle) -> Ended {
    let mut total = match live.standing() {
        Standing::Held { enrollments, .. } => enrollments,
        Standing::Loading { .. } | Standing::TooLarge(_) => 0,
    };
    live.load_again();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    loop {
        match live.standing() {
            Standing::Held {
                enrollments,
                memory,
                ..
            } => {
                return Ended::Done(vec![
                    ("rows", count(enrollments)),
                    ("bytes", count(memory.total())),
                ]);
            }
            Standing::TooLarge(refused) => {
                return Ended::Done(vec![
                    ("bytes-needed", count(refused.needs)),
                    ("bytes-max", count(refused.bytes_max)),
                ]);
            }
            Standing::Loading { enrollments } => {
                // What was held before is near enough to tell how long it takes.
                total = total.max(enrollments);
                handle.at(enrollments as u64, total as u64);
            }
        }
        if handle.shall_stop() {
            return Ended::Stopped(Vec::new());
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct KeysForm {
    /// `yes` to make a new key; without it, what an earlier change left is sealed anew.
    confirmed: String,
}

/// Makes a new key and seals everything with it, or goes on with that.
pub(super) async fn rotate_keys(cx: Cx, Form(form): Form<KeysForm>) -> Result<Redirect, Error> {
    keeper(&cx)?;
    let makes_one = form.confirmed == "yes";
    let (app, entry) = (cx.app.clone(), cx.entry("rotate_keys", "keys"));
    let work = move |handle| async move {
        rotate(app, entry, makes_one, handle)
            .await
            .unwrap_or_else(|err| {
                tracing::error!(error = %err, "the change of keys broke off");
                Ended::Failed(Localized::new(
                    "换钥中断，已重新加密的保持不变；可以继续。",
                    "The change of keys broke off; what was sealed anew stays, and it can go on.",
                ))
            })
    };
    let new = new(&cx, Kind::RotateKeys);
    let id = jobs::start(&cx.app, new, cx.entry("start_job", "job"), work).await?;
    Ok(Redirect::to(&format!("/jobs/{id}")))
}

/// Why keys could not be changed.
#[derive(Debug, thiserror::Error)]
enum RotateError {
    #[error(transparent)]
    Store(#[from] DbError),
    #[error(transparent)]
    File(#[from] crate::keys::KeyFileError),
}

async fn rotate(
    app: App,
    entry: crate::db::Entry,
    makes_one: bool,
    handle: Handle,
) -> Result<Ended, RotateError> {
    let (db, keys) = (app.db(), app.keys());
    let mut batch = rekey_batch(db, keys, app.now(), BATCH).await?;
    // What an earlier change left comes first: two changes at once would be none the wiser.
    if batch.done == 0 && makes_one {
        let version = keys.add_version(keys.current_suite())?;
        let mut tx = db.begin(None).await?;
        tx.audit(entry.saying(format!("{{\"version\":{version}}}")));
        tx.commit().await?;
        batch = rekey_batch(db, keys, app.now(), BATCH).await?;
    }
    let mut sealed = batch.done;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    while batch.left > 0 {
        handle.at(number(sealed), number(sealed + batch.left));
        if handle.shall_stop() {
            return Ok(Ended::Stopped(vec![("sealed", sealed)]));
        }
        batch = rekey_batch(db, keys, app.now(), BATCH).await?;
        sealed += batch.done;
    }
    handle.at(number(sealed), number(sealed));
    let version = i64::from(keys.current_version());
    Ok(Ended::Done(vec![("sealed", sealed), ("version", version)]))
}
