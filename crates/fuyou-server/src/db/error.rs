//! What can go wrong below the capabilities.

use std::sync::Arc;
use std::time::Duration;

/// A failure of the store. It is never the fault of the person at the desk.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database refused or lost a statement.
    #[error("a statement failed")]
    Statement(#[source] Arc<sqlx::Error>),
    /// The batch this operation was part of could not be committed; nothing of it is stored.
    #[error("the batch was not saved: {0}")]
    NotSaved(Arc<str>),
    /// The lane did not take the operation: the server is stopping or its database is away.
    #[error("the lane takes no operations: {0}")]
    LaneUnavailable(Arc<str>),
    /// The operation held its lane longer than an operation may.
    #[error("the operation held its lane for more than {0} seconds")]
    TooSlow(u64),
    /// A stored value is not one this program writes.
    #[error("a stored value is damaged: {0}")]
    Corrupt(String),
    /// The address of the database is not one we know.
    #[error("the database address must start with sqlite: or postgres:, not {0:?}")]
    Address(String),
    /// A database on another machine, to which everything would go in the clear.
    #[error(
        "到 {0:?} 的数据库连接没有加密，已拒绝：请改用本机套接字或加密隧道；确认网络本身安全时，在地址后加 sslmode=disable · \
         the connection to the database on {0:?} would not be encrypted: use a local socket or a tunnel, or write \
         sslmode=disable in its address if the network itself is safe"
    )]
    InTheClear(String),
    /// A migration that was already applied has another text now.
    #[error("migration {0} was changed after it had been applied")]
    MigrationChanged(String),
    /// The database was migrated by a newer program.
    #[error("the database knows migration {0}, this program does not: use a newer program")]
    MigrationUnknown(i64),
}

impl From<sqlx::Error> for Error {
    fn from(err: sqlx::Error) -> Self {
        Error::Statement(Arc::new(err))
    }
}

/// Runs `attempt` and repeats it, with growing pauses and a bounded number of times, when it lost a race in the
/// database: a deadlock, a serialization failure, or the same key stored by somebody else at the same time.
///
/// An attempt begins its own turn and commits it, and has no effects outside of the database.
pub async fn retry<T, E, F>(mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: std::error::Error + 'static,
{
    let mut attempts: u32 = 1;
    loop {
        match attempt().await {
            Err(err) if attempts < attempts_worthwhile(&err) => {
                tokio::time::sleep(Duration::from_millis(5 << attempts)).await;
                attempts += 1;
            }
            outcome => return outcome,
        }
    }
}

/// How many attempts are worthwhile after this error.
fn attempts_worthwhile(err: &(dyn std::error::Error + 'static)) -> u32 {
    let mut cause = Some(err);
    while let Some(err) = cause {
        let found = match err.downcast_ref::<Error>() {
            Some(Error::Statement(inner)) => Some(inner.as_ref()),
            // A transparent error shows its cause's cause.
            _ => err
                .downcast_ref::<Arc<sqlx::Error>>()
                .map(Arc::as_ref)
                .or_else(|| err.downcast_ref::<sqlx::Error>()),
        };
        if let Some(sqlx::Error::Database(why)) = found {
            return match why.code().as_deref() {
                // Serialization failure, deadlock, lock not available: the other one has won, now it is our turn.
                Some("40001" | "40P01" | "55P03") => 5,
                // Somebody stored the same key first: the second look will find it.
                _ if why.is_unique_violation() => 2,
                _ => 1,
            };
        }
        cause = err.source();
    }
    1
}
