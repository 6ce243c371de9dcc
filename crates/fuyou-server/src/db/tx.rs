//! A turn in a lane's transaction, lent to one operation.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::ledger::Ledger;
use super::{Change, Connection, Entry, Error};

/// What a lane lends: its connection with an open transaction, and its ledgers.
pub(super) struct Loan {
    pub connection: Connection,
    pub ledger: Ledger,
}

/// What comes back from an operation.
pub(super) struct Returned {
    pub loan: Loan,
    pub verdict: Verdict,
}

/// What the lane shall do with the operation's savepoint.
pub(super) enum Verdict {
    /// Keep the work and tell the operation when it is synced.
    Keep(oneshot::Sender<Result<(), Error>>),
    /// Roll back to the savepoint: the operation failed, panicked or was abandoned.
    Undo,
}

/// One operation's turn. Dropped without [`Tx::commit`], its work is rolled back and nobody else notices.
pub struct Tx {
    lent: Option<(Loan, oneshot::Sender<Returned>)>,
}

impl Tx {
    pub(super) fn new(loan: Loan, give_back: oneshot::Sender<Returned>) -> Self {
        Tx {
            lent: Some((loan, give_back)),
        }
    }

    /// Ends the turn and waits until the batch it belongs to is synced to disk.
    pub async fn commit(mut self) -> Result<(), Error> {
        let (loan, give_back) = self
            .lent
            .take()
            .expect("a Tx holds its loan until commit or drop");
        let (done, synced) = oneshot::channel();
        give(
            give_back,
            Returned {
                loan,
                verdict: Verdict::Keep(done),
            },
        );
        synced
            .await
            .unwrap_or_else(|_| Err(Error::NotSaved(Arc::from("the lane gave up this batch"))))
    }

    /// Adds a line to the change feed. It gets its number in this turn and is stored with the batch.
    pub fn changed(&mut self, change: Change) {
        self.loan().ledger.change(change);
    }

    /// Adds an entry to the audit chain of this lane, in the same transaction as the change it tells of.
    pub fn audit(&mut self, entry: Entry) {
        self.loan().ledger.audit(entry);
    }

    fn loan(&mut self) -> &mut Loan {
        &mut self
            .lent
            .as_mut()
            .expect("a Tx holds its loan until commit or drop")
            .0
    }
}

fn give(give_back: oneshot::Sender<Returned>, returned: Returned) {
    // The lane only stops listening when it has given this turn up; then the transaction must die with its connection.
    if let Err(returned) = give_back.send(returned) {
        returned.loan.connection.discard();
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let Some((loan, give_back)) = self.lent.take() {
            give(
                give_back,
                Returned {
                    loan,
                    verdict: Verdict::Undo,
                },
            );
        }
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self
            .lent
            .as_ref()
            .expect("a Tx holds its loan until commit or drop")
            .0
            .connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.loan().connection
    }
}
