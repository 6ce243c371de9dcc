//! What was committed moves from SQLite's log into its file beside the writer, not in its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::lite::{Lite, Purpose, Stored};
use super::{Connection, Error, query};
use crate::apart::{apart, beside};

/// How long commits are gathered before they are moved: a page that many of them changed is moved once.
const PAUSE: Duration = Duration::from_millis(250);
/// Pages in the log from which on it is begun anew. While somebody writes all the time it would not be otherwise: there is
/// always a page that was not moved yet, or a reader of the log. 256 MiB.
const BEGUN_ANEW: i64 = 65_536;
/// So few pages moved at once that few more were added meanwhile. 4 MiB.
const FEW: i64 = 1_024;
/// How often a long log is gone through without a pause until few pages are left.
const CHASES_MAX: usize = 8;

/// What the lane and whoever moves its pages tell each other.
#[derive(Default)]
pub(super) struct Log {
    committed: Notify,
    is_long: AtomicBool,
}

impl Log {
    /// The lane has committed something. Where its log has become long, the lane begins it anew between two batches, when
    /// few pages are left to be moved and nobody can add any. It waits for these, and for a moment for readers that have
    /// begun: those who read for long are waited for by the log, not by the lane.
    pub(super) async fn committed(&self, connection: &mut Connection) -> Result<(), Error> {
        if self.is_long.swap(false, Ordering::Relaxed) {
            let anew = [
                "pragma busy_timeout = 20",
                "pragma wal_checkpoint(restart)",
                "pragma busy_timeout = 10000",
            ];
            for sql in anew {
                query(sql).execute(connection).await?;
            }
        }
        self.committed.notify_one();
        Ok(())
    }
}

/// Moves what was committed whenever the lane has said that it committed something. SQLite itself does so in the lane's
/// commits only when the log has become far too long ([`Lite::open`]).
pub(super) fn beside_the_lane(path: &str) -> Result<(Arc<Log>, JoinHandle<()>), Error> {
    let mut lite = Lite::open(path, Purpose::Write)?;
    let log = Arc::new(Log::default());
    let told = log.clone();
    let task = beside(async move {
        loop {
            told.committed.notified().await;
            tokio::time::sleep(PAUSE).await;
            let moved = apart(move || {
                let is_ready = chase(&lite);
                (lite, is_ready)
            });
            match moved.await {
                Ok((back, Ok(is_ready))) => {
                    lite = back;
                    told.is_long.store(is_ready, Ordering::Relaxed);
                }
                Ok((back, Err(err))) => {
                    tracing::warn!(error = %err, "the log was not moved into the file");
                    lite = back;
                }
                // The process ends.
                Err(_) => return,
            }
        }
    });
    Ok((log, task))
}

/// Moves what was committed. Says whether the log is long and nearly all of it was moved: then the lane can begin it anew
/// without keeping anybody waiting.
fn chase(lite: &Lite) -> sqlx::Result<bool> {
    let mut before = 0;
    for _ in 0..CHASES_MAX {
        let (in_log, moved) = move_pages(lite)?;
        if in_log < BEGUN_ANEW {
            return Ok(false);
        }
        let is_near = in_log - moved <= FEW;
        if is_near && moved - before <= FEW {
            return Ok(true);
        }
        // Somebody reads what the log held before: it stays until they are done.
        if moved == before {
            return Ok(false);
        }
        before = moved;
    }
    Ok(false)
}

/// Moves what was committed, and says how many pages the log holds, and how many of them were moved by now.
fn move_pages(lite: &Lite) -> sqlx::Result<(i64, i64)> {
    let rows = lite.rows("pragma wal_checkpoint(passive)", &[], 1)?;
    let in_log = rows.first().map(|row| &row.values[..]);
    match in_log {
        Some([_, Stored::Int(pages), Stored::Int(moved)]) => Ok((*pages, *moved)),
        _ => Ok((0, 0)),
    }
}
