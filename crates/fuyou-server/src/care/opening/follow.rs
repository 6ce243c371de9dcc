//! Following the change feed: what a process that recorded did not come to, and what came in bulk.

use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use fuyou_pack::model::{FormIx, Opens, ProgramIx};
use uuid::Uuid;

use super::store;
use crate::care::{Acting, Care, Error};
use crate::http::App;

/// The name under which the position in the change feed is kept.
const READER: &str = "links";
/// Changes looked through at once: what is repeated at most after the process was killed.
const PIECE: i64 = 2_000;
/// Enrollments looked at side by side, so that their commits share syncs.
const AT_ONCE: usize = 64;

/// How often the change feed is looked at.
const POLL: Duration = Duration::from_secs(1);
/// How long is waited after the store failed.
const RETRY: Duration = Duration::from_secs(15);

/// How far catching up has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// Changes read.
    pub read: u64,
    /// Changes there were when it began.
    pub all: u64,
    /// Enrollments looked at.
    pub looked_at: u64,
    /// Links that changed.
    pub changed: u64,
}

/// Follows the change feed of an application until the task is ended; it may end anywhere.
pub async fn keep_links(app: App) {
    let Some(care) = app.care().cloned() else {
        return;
    };
    loop {
        let now = app.now();
        let by = Acting::system(app.tree(), now, app.date_of(now));
        let pause = match care.catch_up_links(&by, &mut |_| {}).await {
            Ok(_) => POLL,
            Err(error) => {
                tracing::error!(reason = %error, "what records open waits");
                RETRY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

impl Care {
    /// Brings what a record of this form (or whatever record was corrected) opens up to date at once, so that whoever
    /// recorded sees it. When it fails, whoever follows the change feed does it later.
    pub(in crate::care) async fn open_if_asked(
        &self,
        by: &Acting,
        opener: (Uuid, Uuid),
        (program, form): (ProgramIx, Option<FormIx>),
    ) {
        let opens = &self.pack().program(program).opens;
        let is_asked = |opens: &Opens| form.is_none_or(|form| form == opens.form);
        if !opens.iter().any(is_asked) {
            return;
        }
        if let Err(error) = Box::pin(self.open_linked(by, opener)).await {
            tracing::warn!(reason = %error, "what a record opens is opened later");
        }
    }

    /// Reads the change feed from where this was last read, and does what the records of changed enrollments open.
    /// Repeated after any interruption it does nothing twice.
    ///
    /// # Errors
    /// When the store fails; the position is that of what was done.
    pub async fn catch_up_links(
        &self,
        by: &Acting,
        progress: &mut (dyn FnMut(&Caught) + Send),
    ) -> Result<Caught, Error> {
        let mut caught = Caught::default();
        let openers: Vec<&str> = self
            .pack()
            .programs
            .iter()
            .flat_map(|program| {
                let forms = program.opens.iter().map(|opens| opens.form);
                forms.map(|form| &*program.form(form).id)
            })
            .collect();
        if openers.is_empty() || self.keys().is_none() {
            return Ok(caught);
        }
        let mut reader = self.db().read().await?;
        let positions = store::positions(&mut reader, READER).await?;
        drop(reader);
        let left = positions.iter().map(|(_, head, after)| head - after);
        caught.all = u64::try_from(left.sum::<i64>()).unwrap_or_default();
        for (lane, head, mut after) in positions {
            while after < head {
                let mut reader = self.db().read().await?;
                let found = store::changed(&mut reader, &openers, (lane, after, head), PIECE);
                let piece = found.await?;
                drop(reader);
                caught.looked_at += piece.changed.len() as u64;
                caught.changed += self.open_all(by, piece.changed).await?;
                let mut tx = self.db().begin(None).await?;
                store::advance(&mut tx, READER, (lane, piece.end)).await?;
                tx.commit().await?;
                caught.read += u64::try_from(piece.end - after).unwrap_or_default();
                after = piece.end;
                progress(&caught);
            }
        }
        Ok(caught)
    }

    async fn open_all(&self, by: &Acting, openers: Vec<(Uuid, Uuid)>) -> Result<u64, Error> {
        let tasks = openers.into_iter().map(|opener| {
            let (care, by) = (self.clone(), by.clone());
            async move {
                let done = tokio::spawn(async move { care.open_linked(&by, opener).await });
                done.await.unwrap_or_else(|error| {
                    let text = format!("opening was given up: {error}");
                    Err(crate::db::Error::NotSaved(text.into()).into())
                })
            }
        });
        let changed = stream::iter(tasks).buffer_unordered(AT_ONCE);
        changed
            .try_fold(0, |sum, one| async move { Ok(sum + one) })
            .await
    }
}
