//! What was committed moves from SQLite's log into its file beside the writer, not in its way.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Error;
use super::lite::{Lite, Purpose};

/// How long commits are gathered before they are moved: a page that many of them changed is moved once.
const PAUSE: Duration = Duration::from_millis(100);

/// Moves what was committed whenever the lane has said that it committed something. The lane itself does so only when its
/// log has become very long ([`Lite::open`]), because a reader held on to it.
pub(super) fn beside_the_lane(path: &str) -> Result<(Arc<Notify>, JoinHandle<()>), Error> {
    let mut lite = Lite::open(path, Purpose::Write)?;
    let committed = Arc::new(Notify::new());
    let wake = committed.clone();
    let task = tokio::spawn(async move {
        loop {
            wake.notified().await;
            tokio::time::sleep(PAUSE).await;
            let moved = tokio::task::spawn_blocking(move || {
                let done = lite.execute("pragma wal_checkpoint(passive)", &[]);
                (lite, done)
            });
            match moved.await {
                Ok((back, Ok(_))) => lite = back,
                Ok((back, Err(err))) => {
                    tracing::warn!(error = %err, "the log was not moved into the file");
                    lite = back;
                }
                // The process ends.
                Err(_) => return,
            }
        }
    });
    Ok((committed, task))
}
