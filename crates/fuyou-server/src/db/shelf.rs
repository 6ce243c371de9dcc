//! SQLite connections for readers, lent and taken back without a word to the database.
//!
//! A general pool asks a connection whether it still lives when it lends it and again when it takes it back. A file in
//! this process does not go away, and each question is a trip to the connection's thread and back.

use std::sync::{Arc, Mutex, PoisonError};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;

/// Open connections, of which each is with one reader at most.
#[derive(Clone)]
pub(super) struct Shelf {
    idle: Arc<Mutex<Vec<SqliteConnection>>>,
    free: Arc<Semaphore>,
}

/// A connection that goes back to its shelf when it is dropped.
pub(super) struct Lent {
    connection: Option<SqliteConnection>,
    shelf: Shelf,
    _place: OwnedSemaphorePermit,
}

impl Shelf {
    /// Opens all connections at once.
    pub(super) async fn open(options: &SqliteConnectOptions, size: u32) -> Result<Shelf, Error> {
        let size = size.max(1);
        let mut idle = Vec::new();
        for _ in 0..size {
            idle.push(options.connect().await?);
        }
        Ok(Shelf {
            idle: Arc::new(Mutex::new(idle)),
            free: Arc::new(Semaphore::new(size as usize)),
        })
    }

    /// Waits for a connection.
    pub(super) async fn take(&self) -> Result<Lent, Error> {
        let closed = || Error::LaneUnavailable(Arc::from("the readers are closed"));
        let place = self
            .free
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| closed())?;
        let connection = self.idle().pop().ok_or_else(closed)?;
        Ok(Lent {
            connection: Some(connection),
            shelf: self.clone(),
            _place: place,
        })
    }

    /// Closes what is not lent; what is lent is closed when it comes back.
    pub(super) async fn close(&self) {
        self.free.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(err) = connection.close().await {
                tracing::warn!(error = %err, "a reader was not closed in order");
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection
            .as_mut()
            .expect("a lent connection is there until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.shelf.free.is_closed()
        {
            // A query that was given up ends at its next row; its statement is reset before the next one runs.
            self.shelf.idle().push(connection);
        }
    }
}
