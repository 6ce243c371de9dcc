//! A lane: one task, one connection, one transaction after the other, shared by whoever is waiting.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Log;
use super::ledger::Ledger;
use super::open::Writers;
use super::tx::{Loan, Returned, Verdict};
use super::{Connection, Entry, Error, Tx, query};

/// How much one transaction may gather. A batch ends earlier when nobody is waiting.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    /// Operations in one transaction.
    pub operations_max: usize,
    /// How long the first operation of a batch may wait for the commit while others are still let in.
    pub open_max: Duration,
    /// How long one operation may hold the lane.
    pub turn_max: Duration,
}

impl Default for BatchLimits {
    fn default() -> Self {
        BatchLimits {
            operations_max: 256,
            open_max: Duration::from_millis(20),
            turn_max: Duration::from_secs(30),
        }
    }
}

/// How long an operation may hold the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Others wait for it: at most [`BatchLimits::turn_max`].
    Shared,
    /// Nobody is served yet: as long as it takes.
    Alone,
}

/// What one sends to a lane.
pub(super) enum Request {
    /// An operation waits for its turn.
    Turn(oneshot::Sender<Result<Tx, Error>>, Pace),
    /// An audit entry without an operation: somebody has read a record. Kept until a commit has stored it.
    Note(Entry),
}

pub(super) struct Lane {
    pub id: i64,
    pub writers: Writers,
    pub limits: BatchLimits,
    pub requests: mpsc::Receiver<Request>,
    /// The lane's connection between two batches.
    pub idle: Option<Connection>,
    /// Notes that no commit has stored yet.
    pub notes: Vec<Entry>,
    /// The log of SQLite's file.
    pub log: Option<Arc<Log>>,
}

type Waiting = Vec<oneshot::Sender<Result<(), Error>>>;

impl Lane {
    /// Serves until every handle to the database is gone.
    pub(super) async fn run(mut self) {
        while let Some(first) = self.requests.recv().await {
            self.batch(first).await;
        }
        // The last chance for notes whose batch had failed.
        if !self.notes.is_empty() {
            let mut nobody = Waiting::new();
            if let Err(err) = self.transaction(None, &mut nobody).await {
                tracing::error!(error = %err, lane.id = self.id, "audit entries of reads were lost at shutdown");
            }
        }
    }

    async fn batch(&mut self, first: Request) {
        let mut waiting = Waiting::new();
        let outcome = self.transaction(Some(first), &mut waiting).await;
        if let Err(err) = &outcome {
            tracing::error!(error = %err, error.cause = %cause(err), lane.id = self.id, "a batch was not saved");
        }
        let answer =
            outcome.map_err(|err| Error::NotSaved(format!("{err}: {}", cause(&err)).into()));
        for done in waiting {
            // Whoever no longer waits has lost interest, not the work.
            let _ = done.send(answer.clone());
        }
        if let (Some(log), Some(connection)) = (&self.log, &mut self.idle)
            && let Err(err) = log.committed(connection).await
        {
            tracing::warn!(error = %err, "the log was not begun anew");
        }
    }

    /// One transaction: turns until nobody waits or a limit is reached, then the ledgers, then the commit.
    async fn transaction(
        &mut self,
        first: Option<Request>,
        waiting: &mut Waiting,
    ) -> Result<(), Error> {
        let mut loan = match self.begin().await {
            Ok(loan) => loan,
            Err(err) => {
                if let Some(request) = first {
                    self.refuse(request, &err);
                }
                return Err(err);
            }
        };
        let opened = Instant::now();
        let mut next = first;
        while let Some(request) = next {
            match request {
                Request::Note(entry) => self.notes.push(entry),
                Request::Turn(waiter, pace) => {
                    loan = self.turn((waiter, pace), loan, waiting).await?;
                }
            }
            let full = waiting.len() + self.notes.len() >= self.limits.operations_max;
            next = if full || opened.elapsed() >= self.limits.open_max {
                None
            } else {
                self.requests.try_recv().ok()
            };
        }
        for note in &self.notes {
            loan.ledger.audit(note.clone());
        }
        match finish(&mut loan).await {
            Ok(()) => {
                self.notes.clear();
                self.idle = Some(loan.connection);
                Ok(())
            }
            Err(err) => {
                loan.connection.discard();
                Err(err)
            }
        }
    }

    async fn begin(&mut self) -> Result<Loan, Error> {
        let mut connection = match self.idle.take() {
            Some(connection) => connection,
            None => self.writers.acquire().await?,
        };
        match start(self.writers.begin_sql(), self.id, &mut connection).await {
            Ok(ledger) => Ok(Loan { connection, ledger }),
            Err(err) => {
                connection.discard();
                Err(err)
            }
        }
    }

    /// Lends the transaction to one operation and settles its savepoint. An error here ends the whole batch.
    async fn turn(
        &mut self,
        (waiter, pace): (oneshot::Sender<Result<Tx, Error>>, Pace),
        mut loan: Loan,
        waiting: &mut Waiting,
    ) -> Result<Loan, Error> {
        if waiter.is_closed() {
            return Ok(loan);
        }
        // Where nothing was written yet, the transaction itself is the savepoint: SQLite keeps a copy of every page that
        // changes inside of one. PostgreSQL calls a commit of a failed transaction a success; there each turn has its own.
        let is_first = waiting.is_empty() && !loan.connection.is_postgres();
        if !is_first && let Err(err) = run(&mut loan.connection, "savepoint turn").await {
            loan.connection.discard();
            let _ = waiter.send(Err(err.clone()));
            return Err(err);
        }
        let mark = loan.ledger.mark();
        let (give_back, returned) = oneshot::channel();
        // When the waiter is gone, the Tx is dropped here, which gives the loan back with the verdict to undo.
        drop(waiter.send(Ok(Tx::new(loan, give_back))));
        let returned = match pace {
            Pace::Shared => tokio::time::timeout(self.limits.turn_max, returned)
                .await
                .ok(),
            Pace::Alone => Some(returned.await),
        };
        let Some(Ok(Returned { mut loan, verdict })) = returned else {
            return Err(Error::TooSlow(self.limits.turn_max.as_secs()));
        };
        let settled = match verdict {
            Verdict::Keep(done) => {
                waiting.push(done);
                match is_first {
                    true => Ok(()),
                    false => run(&mut loan.connection, "release savepoint turn").await,
                }
            }
            Verdict::Undo if is_first => match self.begin_again(&mut loan.connection).await {
                Ok(ledger) => {
                    loan.ledger = ledger;
                    Ok(())
                }
                Err(err) => Err(err),
            },
            Verdict::Undo => {
                loan.ledger.rewind(mark);
                undo(&mut loan.connection).await
            }
        };
        match settled {
            Ok(()) => Ok(loan),
            Err(err) => {
                loan.connection.discard();
                Err(err)
            }
        }
    }

    /// Ends a transaction of which nothing is to stay, and begins another.
    async fn begin_again(&mut self, connection: &mut Connection) -> Result<Ledger, Error> {
        if connection.has_transaction() {
            run(connection, "rollback").await?;
        }
        start(self.writers.begin_sql(), self.id, connection).await
    }

    fn refuse(&mut self, request: Request, err: &Error) {
        match request {
            Request::Note(entry) => self.notes.push(entry),
            Request::Turn(waiter, _) => {
                let _ = waiter.send(Err(Error::LaneUnavailable(Arc::from(cause(err)))));
            }
        }
    }
}

async fn start(
    begin: &'static str,
    lane: i64,
    connection: &mut Connection,
) -> Result<Ledger, Error> {
    // Another process may be writing: its end is waited for here.
    query(begin).execute(connection).await?;
    Ledger::open(lane, connection).await
}

async fn finish(loan: &mut Loan) -> Result<(), Error> {
    if !loan.connection.has_transaction() {
        return Err(Error::NotSaved("the database ended the transaction".into()));
    }
    loan.ledger.flush(&mut loan.connection).await?;
    query("commit").execute(&mut loan.connection).await?;
    Ok(())
}

async fn undo(connection: &mut Connection) -> Result<(), Error> {
    run(connection, "rollback to savepoint turn").await?;
    run(connection, "release savepoint turn").await
}

async fn run(connection: &mut Connection, sql: &'static str) -> Result<(), Error> {
    query(sql).execute(connection).await?;
    Ok(())
}

/// The innermost cause, which says what the database said.
fn cause(err: &(dyn std::error::Error + 'static)) -> String {
    let mut err = err;
    while let Some(source) = err.source() {
        err = source;
    }
    err.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::migrate::migrate;

    /// Whether a turn that holds the lane for longer than others may wait is kept.
    async fn is_kept(pace: Pace) -> bool {
        let folder = std::env::temp_dir().join(format!("fuyou-lane-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir(&folder).unwrap();
        let writers = Writers::Sqlite(folder.join("lane.db").to_string_lossy().into_owned().into());
        migrate(&mut writers.acquire().await.unwrap())
            .await
            .unwrap();
        let (sender, requests) = mpsc::channel(4);
        let lane = Lane {
            id: 0,
            writers,
            limits: BatchLimits {
                turn_max: Duration::from_millis(20),
                ..BatchLimits::default()
            },
            requests,
            idle: None,
            notes: Vec::new(),
            log: None,
        };
        let served = tokio::spawn(lane.run());
        let (waiter, turn) = oneshot::channel();
        assert!(sender.send(Request::Turn(waiter, pace)).await.is_ok());
        let tx = turn.await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let kept = tx.commit().await.is_ok();
        drop(sender);
        served.await.unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        kept
    }

    #[tokio::test]
    async fn a_turn_ends_in_time_unless_nobody_waits_for_it() {
        assert!(!is_kept(Pace::Shared).await);
        assert!(is_kept(Pace::Alone).await);
    }
}
