//! What jobs leave for whoever started them: sealed part by part, and swept away after a while.

use std::time::Duration;

use fuyou_kernel::Timestamp;

use super::model::{DAY_MS, Job, JobId, Kind};
use super::store;
use crate::db::Error;
use crate::http::App;

/// Bytes of one part, before sealing.
const PART: usize = 1 << 20;
/// Bytes that a job may leave at most.
const LEFT_MAX: u64 = 1 << 30;
/// What a job left that was cut off is swept away when it has been silent for a day.
const SILENT_MS: i64 = DAY_MS;
/// How often what is no longer kept is swept away.
const SWEPT_EVERY: Duration = Duration::from_secs(3_600);

/// Why nothing more can be left.
#[derive(Debug, thiserror::Error)]
pub enum LeaveError {
    /// It is too much.
    #[error("a job may not leave more than {LEFT_MAX} bytes")]
    TooLong,
    /// The store's.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What a job leaves, while it is being written: never more than a part of it is held.
pub(crate) struct Leaving {
    app: App,
    id: JobId,
    part: i64,
    bytes: u64,
    waiting: Vec<u8>,
}

impl Leaving {
    pub(crate) fn new(app: &App, id: JobId) -> Leaving {
        Leaving {
            app: app.clone(),
            id,
            part: 0,
            bytes: 0,
            waiting: Vec::new(),
        }
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) async fn add(&mut self, bytes: &[u8]) -> Result<(), LeaveError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > LEFT_MAX {
            return Err(LeaveError::TooLong);
        }
        self.waiting.extend_from_slice(bytes);
        while self.waiting.len() >= PART {
            let rest = self.waiting.split_off(PART);
            let part = std::mem::replace(&mut self.waiting, rest);
            self.store(&part).await?;
        }
        Ok(())
    }

    /// Stores what is still held.
    pub(crate) async fn end(&mut self) -> Result<(), LeaveError> {
        let last = std::mem::take(&mut self.waiting);
        if !last.is_empty() {
            self.store(&last).await?;
        }
        Ok(())
    }

    /// Takes back what was left so far.
    pub(crate) async fn withdraw(self) -> Result<(), Error> {
        let mut tx = self.app.db().begin(None).await?;
        store::withdraw(&mut tx, self.id).await?;
        tx.commit().await
    }

    async fn store(&mut self, plain: &[u8]) -> Result<(), Error> {
        let context = context(self.id, self.part);
        let sealed = self.app.keys().seal_bytes(&context, plain);
        let mut tx = self.app.db().begin(None).await?;
        store::leave(&mut tx, self.id, self.part, &sealed).await?;
        tx.commit().await?;
        self.part += 1;
        Ok(())
    }
}

/// Leaves bytes that are all there.
pub(crate) async fn leave(app: &App, id: JobId, bytes: &[u8]) -> Result<(), LeaveError> {
    let mut leaving = Leaving::new(app, id);
    leaving.add(bytes).await?;
    leaving.end().await
}

/// A part of what a job left; none after the last, and none when it is no longer kept.
pub(super) async fn part(app: &App, job: &Job, number: i64) -> Result<Option<Vec<u8>>, Error> {
    if job.kept_until().is_none_or(|until| until < app.now()) {
        return Ok(None);
    }
    let mut reader = app.db().read().await?;
    let sealed = store::part(&mut reader, job.id, number).await?;
    let open = |sealed: Vec<u8>| app.keys().open_bytes(&context(job.id, number), &sealed);
    let opened = sealed.map(open).transpose();
    opened.map_err(|err| Error::Corrupt(err.to_string()))
}

/// Sweeps away what is no longer kept, and says how many parts that were.
///
/// # Errors
/// The store's.
pub async fn sweep(app: &App) -> Result<u64, Error> {
    let now = app.now().as_millisecond();
    let before = |ms: i64| Timestamp::from_millisecond(now - ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut tx = app.db().begin(None).await?;
    let mut swept = 0;
    for kind in Kind::ALL {
        let kept_from = before(kind.days_kept() * DAY_MS);
        swept += store::sweep(&mut tx, kind, kept_from, before(SILENT_MS)).await?;
    }
    tx.commit().await?;
    Ok(swept)
}

/// Sweeps away what is no longer kept, now and every hour, for as long as the server runs.
pub async fn keep_swept(app: App) {
    loop {
        if let Err(err) = sweep(&app).await {
            tracing::warn!(error = %err, "what jobs left was not swept away");
        }
        tokio::time::sleep(SWEPT_EVERY).await;
    }
}

/// The place of a part, to which its seal is bound.
fn context(id: JobId, part: i64) -> String {
    format!("job_file.sealed:{id}:{part}")
}
