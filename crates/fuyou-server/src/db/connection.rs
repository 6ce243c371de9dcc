//! A connection to either database, and the counting of statements.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};

use super::Error;
use super::lite::Lite;
use super::shelf::Lent;
use crate::apart::apart;

tokio::task_local! {
    static STATEMENTS: Cell<u64>;
}

/// Runs `work` and says how many statements it sent, reads and writes together.
/// What is asked in one trip ([`Together`](super::Together)) counts as one where it is one.
/// Statements of the lane itself (begin, savepoint, ledgers, commit) are not counted: they are shared by a batch.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, u64) {
    STATEMENTS
        .scope(Cell::new(0), async {
            let value = work.await;
            (value, STATEMENTS.with(Cell::get))
        })
        .await
}

/// Counts a statement. Outside of a request or a test nobody counts.
pub(super) fn count_one() {
    let _ = STATEMENTS.try_with(|count| count.set(count.get() + 1));
}

/// A connection to one of the two databases. Store functions that only read take this; those that write take a `Tx`.
pub struct Connection(Held);

enum Held {
    Sqlite {
        /// None while a statement runs on another thread, and for good when nobody waited for its end.
        lent: Option<Lent>,
        runs: Runs,
    },
    Postgres(PoolConnection<Postgres>),
}

/// Where statements on a file run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runs {
    /// Where they are asked for. Of a statement about a few rows the way to another thread and back is most of the cost.
    Here,
    /// On a thread that may take its time, so that nobody else waits for a long one.
    Apart,
}

/// A connection as a statement needs it.
pub(super) enum Kind<'c> {
    Sqlite(OnSqlite<'c>),
    Postgres(&'c mut PgConnection),
}

/// A connection to a file with the place where statements on it run.
pub(super) struct OnSqlite<'c> {
    lent: &'c mut Option<Lent>,
    runs: Runs,
}

impl OnSqlite<'_> {
    /// Runs `work` on the connection.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&Lite) -> sqlx::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let gone = || Error::LaneUnavailable("a statement on this connection was given up".into());
        if self.runs == Runs::Here {
            return Ok(work(self.lent.as_ref().ok_or_else(gone)?)?);
        }
        let lent = self.lent.take().ok_or_else(gone)?;
        let done = apart(move || {
            let done = work(&lent);
            (lent, done)
        });
        let (lent, done) = done.await.map_err(|_| gone())?;
        *self.lent = Some(lent);
        Ok(done?)
    }
}

impl Connection {
    pub(super) fn sqlite(lent: Lent, runs: Runs) -> Self {
        let lent = Some(lent);
        Connection(Held::Sqlite { lent, runs })
    }

    pub(super) fn postgres(held: PoolConnection<Postgres>) -> Self {
        Connection(Held::Postgres(held))
    }

    /// The connection for one statement, which is counted.
    pub(super) fn kind(&mut self) -> Kind<'_> {
        count_one();
        match &mut self.0 {
            Held::Sqlite { lent, runs } => Kind::Sqlite(OnSqlite { lent, runs: *runs }),
            Held::Postgres(conn) => Kind::Postgres(conn),
        }
    }

    /// Whether statements must be written for PostgreSQL.
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.0, Held::Postgres(_))
    }

    /// Whether the transaction that was begun is still open, as far as this side can tell.
    pub(super) fn has_transaction(&self) -> bool {
        match &self.0 {
            Held::Sqlite { lent, .. } => lent.as_ref().is_some_and(|lite| lite.has_transaction()),
            Held::Postgres(_) => true,
        }
    }

    /// Closes the connection instead of giving it back to its pool, because a transaction may be open on it.
    pub(super) fn discard(self) {
        match self.0 {
            // A connection that writes came from no shelf: it ends here. Readers open no transaction.
            Held::Sqlite { lent, .. } => drop(lent),
            Held::Postgres(conn) => drop(conn.detach()),
        }
    }
}

/// A pooled connection for reading. On SQLite it refuses to write.
pub struct Reader(pub(super) Connection);

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
