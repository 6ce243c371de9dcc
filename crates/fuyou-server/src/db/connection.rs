//! A connection to either database, and the counting of statements.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection};

use super::shelf::Lent;

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

/// A connection to one of the two databases. Store functions that only read take this; those that write take a `Tx`.
pub struct Connection(Held);

enum Held {
    Sqlite(PoolConnection<Sqlite>),
    Lent(Lent),
    Postgres(PoolConnection<Postgres>),
}

/// The driver's connection, as `on!` hands it to a statement.
pub(crate) enum Kind<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Connection {
    pub(super) fn sqlite(held: PoolConnection<Sqlite>) -> Self {
        Connection(Held::Sqlite(held))
    }

    pub(super) fn lent(held: Lent) -> Self {
        Connection(Held::Lent(held))
    }

    pub(super) fn postgres(held: PoolConnection<Postgres>) -> Self {
        Connection(Held::Postgres(held))
    }

    /// The driver's connection, counted as one statement.
    pub(crate) fn kind(&mut self) -> Kind<'_> {
        // Outside of a request or a test nobody counts.
        let _ = STATEMENTS.try_with(|count| count.set(count.get() + 1));
        match &mut self.0 {
            Held::Sqlite(conn) => Kind::Sqlite(conn),
            Held::Lent(lent) => Kind::Sqlite(lent.connection()),
            Held::Postgres(conn) => Kind::Postgres(conn),
        }
    }

    /// Whether statements must be written for PostgreSQL.
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.0, Held::Postgres(_))
    }

    /// Closes the connection instead of giving it back to its pool, because a transaction may be open on it.
    pub(super) fn discard(self) {
        match self.0 {
            Held::Sqlite(conn) => drop(conn.detach()),
            // Readers open no transaction.
            Held::Lent(lent) => drop(lent),
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
