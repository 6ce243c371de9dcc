//! Where a lane runs.
//!
//! A batch is a chain of short steps, each of which must be woken by the one before. Among the tasks of requests every
//! step would wait behind whatever is being computed there, and with it everybody whose record is in the batch. A lane of
//! SQLite computes and waits for the disk itself, so it has a thread of its own, which the operating system runs at once.
//! A lane of PostgreSQL waits for another process most of the time and stays among the other tasks.

use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Error;
use super::lane::Lane;

/// Where the tasks of a lane are run.
pub(super) struct Ground(Handle);

impl Ground {
    /// Starts a lane among the tasks of the caller.
    pub(super) fn shared(lane: Lane) -> (Ground, JoinHandle<()>) {
        let here = Handle::current();
        let task = here.spawn(lane.run());
        (Ground(here), task)
    }

    /// Starts a lane in a thread of its own, which ends when the lane has ended or its task is aborted.
    pub(super) fn own(lane: Lane) -> Result<(Ground, JoinHandle<()>), Error> {
        let refused = |err: std::io::Error| Error::LaneUnavailable(err.to_string().into());
        let runtime = Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(refused)?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        let task = handle.spawn(async move {
            // Dropped together with the task, however it ends.
            let _running = running;
            lane.run().await;
        });
        let until_it_ends = move || {
            let _ = runtime.block_on(ended);
        };
        thread::Builder::new()
            .name("lane".to_owned())
            .spawn(until_it_ends)
            .map_err(refused)?;
        Ok((Ground(handle), task))
    }

    /// Runs a task where the lane runs.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.0.spawn(task));
    }
}
