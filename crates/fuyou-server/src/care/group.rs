//! Changes of many desks written in one turn of a lane.
//!
//! A change is read, checked and replayed by whoever asked for it, outside of the lane. What is left, its rows, waits
//! here with those of the others; whoever comes first when nobody leads sends a leader for the lane's next turn, who
//! takes everything that is waiting by then. So the statements of a turn are shared by all that came while the turn
//! before was written and synced: the busier it is, the fewer statements a change costs.
//!
//! A change that was computed from an earlier version of its enrollment does not hold up the others. It is answered when
//! the batch is on disk, so that whoever computes it again reads what it lost against.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use fuyou_kernel::Timestamp;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::change::{HeadChange, Rows, Writing, Written, write, write_rows};
use super::{Care, Error, store};
use crate::apart::beside;
use crate::db::{Db, Tx};

/// Changes of one turn at most.
const CHANGES_MAX: usize = 64;

/// The changes that wait, by lane.
pub(super) struct Waiting(Vec<Arc<Mutex<Line>>>);

/// The changes that wait for one lane.
#[derive(Default)]
struct Line {
    changes: Vec<Pending>,
    /// Somebody has asked for a turn and has not taken the changes yet.
    is_led: bool,
}

struct Pending {
    writing: Writing,
    /// What it writes, put together by whoever asked.
    rows: Rows,
    now: Timestamp,
    /// True when it is stored, false when somebody else was faster.
    done: oneshot::Sender<Result<bool, Error>>,
}

impl Waiting {
    pub(super) fn new(db: &Db) -> Waiting {
        Waiting((0..db.lanes()).map(|_| Arc::default()).collect())
    }
}

impl Care {
    /// Writes one change together with those of others. False when somebody else was faster: read again.
    pub(super) async fn write_one(&self, writing: Writing, now: Timestamp) -> Result<bool, Error> {
        let subject = writing.head.subject;
        let line = self.waiting().0[self.db().lane(subject)].clone();
        let (done, answer) = oneshot::channel();
        let changes = std::iter::once((&writing, now));
        let pending = Pending {
            rows: Rows::of(self.pack(), self.tables(), changes),
            writing,
            now,
            done,
        };
        let leads = {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            line.changes.push(pending);
            !std::mem::replace(&mut line.is_led, true)
        };
        if leads {
            // A task of its own: whoever asked may go away, the others still wait.
            let care = self.clone();
            self.db()
                .spawn_in_lane(subject, async move { care.lead(subject, &line).await });
        }
        let lost = || crate::db::Error::NotSaved("the change was given up".into());
        answer.await.unwrap_or_else(|_| Err(lost().into()))
    }

    /// Takes the lane's next turn for all that wait when it comes.
    async fn lead(&self, subject: Uuid, line: &Mutex<Line>) {
        let turn = self.db().begin(Some(subject)).await;
        let (group, is_more) = {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            let size = line.changes.len().min(CHANGES_MAX);
            let group: Vec<Pending> = line.changes.drain(..size).collect();
            line.is_led = !line.changes.is_empty();
            (group, line.is_led)
        };
        match turn {
            Ok(tx) => {
                let rest = async {
                    if is_more {
                        Box::pin(self.lead(subject, line)).await;
                    }
                };
                futures_util::future::join(self.write_group(tx, group), rest).await;
            }
            Err(err) => {
                answer(group, &Err(err));
                if is_more {
                    Box::pin(self.lead(subject, line)).await;
                }
            }
        }
    }

    async fn write_group(&self, mut tx: Tx, group: Vec<Pending>) {
        let (fresh, stale) = match self.sift(&mut tx, group).await {
            Ok(sifted) => sifted,
            Err((err, group)) => return answer(group, &Err(err)),
        };
        let (mut fresh, mut rows) = (fresh, Rows::default());
        for pending in &mut fresh {
            rows.append(std::mem::take(&mut pending.rows));
        }
        let writings: Vec<(&Writing, Timestamp)> = fresh
            .iter()
            .map(|pending| (&pending.writing, pending.now))
            .collect();
        let of = (&**self.pack(), self.tables());
        match write_rows(&mut tx, of, &writings, rows).await {
            Ok(Written::Done) => {
                let synced = tx.commit().await;
                answer(stale, &synced.clone().map(|()| false));
                answer(fresh, &synced.map(|()| true));
            }
            // One of them cannot be written: each for itself, so that it is the only one who hears of it.
            Ok(Written::Raced) | Err(_) => {
                drop(tx);
                for pending in fresh {
                    let care = self.clone();
                    beside(async move {
                        let answer = care.write_alone(&pending.writing, pending.now).await;
                        let _ = pending.done.send(answer);
                    });
                }
                answer(stale, &Ok(false));
            }
        }
    }

    /// Which changes of a group can be written, and which were computed from what is no longer so.
    async fn sift(
        &self,
        tx: &mut Tx,
        group: Vec<Pending>,
    ) -> Result<(Vec<Pending>, Vec<Pending>), (crate::db::Error, Vec<Pending>)> {
        let heads = group.iter().map(|pending| &pending.writing.head);
        let known = heads.clone().map(|head| (head.subject, head.id));
        let versions = match store::versions(tx, known.collect()).await {
            Ok(versions) => versions,
            Err(err) => return Err((err, group)),
        };
        let mut written = HashSet::new();
        Ok(group.into_iter().partition(|pending| {
            let head = &pending.writing.head;
            let stored = versions.get(&head.id).copied();
            let is_current = match pending.writing.head_change {
                HeadChange::New => stored.is_none(),
                HeadChange::Advanced => stored == Some(head.version),
            };
            // Of two changes about one subject the second has not seen the first.
            is_current && written.insert(head.subject)
        }))
    }

    async fn write_alone(&self, writing: &Writing, now: Timestamp) -> Result<bool, Error> {
        let subject = Some(writing.head.subject);
        let mut tx = self.db().begin(subject).await?;
        match write(&mut tx, self.pack(), self.tables(), &[(writing, now)]).await? {
            Written::Raced => {
                drop(tx);
                // Whoever was faster may stand in the batch that is still open: a reader would not see it yet. An empty
                // turn ends when that batch is synced.
                self.db().begin(subject).await?.commit().await?;
                Ok(false)
            }
            Written::Done => {
                tx.commit().await?;
                Ok(true)
            }
        }
    }
}

fn answer(group: Vec<Pending>, outcome: &Result<bool, crate::db::Error>) {
    for pending in group {
        // Whoever no longer waits has lost interest, not the work.
        let _ = pending.done.send(outcome.clone().map_err(Error::from));
    }
}
