//! What was committed moves from SQLite's log into its file beside the writer, not in its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::lite::{Lite, Purpose, Stored};
use super::{Connection, Error, query};

/// How long commits are gathered before they are moved: a page that many of them changed is moved once.
const PAUSE: Duration = Duration::from_millis(250);
/// Pages in the log from which on it is begun anew. While somebody writes all the time it would not be otherwise: there is
/// always a page that was not moved yet, or a reader of the log. 256 MiB.
const BEGUN_ANEW: i64 = 65_536;

/// What the lane and whoever moves its pages tell each other.
#[derive(Default)]
pub(super) struct Log {
    committed: Notify,
    is_long: AtomicBool,
}

impl Log {
    /// The lane has committed something. Where its log has become long, the lane begins it anew between two batches, when
    /// few pages are left to be moved and nobody can add any: it waits for these and for readers that have begun.
    pub(super) async fn committed(&self, connection: &mut Connection) -> Result<(), Error> {
        if self.is_long.swap(false, Ordering::Relaxed) {
            query("pragma wal_checkpoint(restart)")
                .execute(connection)
                .await?;
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
    let task = tokio::spawn(async move {
        loop {
            told.committed.notified().await;
            tokio::time::sleep(PAUSE).await;
            let moved = tokio::task::spawn_blocking(move || {
                let left = move_pages(&lite);
                (lite, left)
            });
            match moved.await {
                Ok((back, Ok(pages))) => {
                    lite = back;
                    told.is_long.store(pages >= BEGUN_ANEW, Ordering::Relaxed);
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

/// Moves what was committed, and says how many pages the log holds, moved or not.
fn move_pages(lite: &Lite) -> sqlx::Result<i64> {
    let rows = lite.rows("pragma wal_checkpoint(passive)", &[], 1)?;
    let in_log = rows.first().map(|row| &row.values[..]);
    match in_log {
        Some([_, Stored::Int(pages), _]) => Ok(*pages),
        _ => Ok(0),
    }
}
