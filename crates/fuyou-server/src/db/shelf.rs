//! SQLite connections for readers, lent and taken back without a word to the database.
//!
//! A general pool asks a connection whether it still lives when it lends it and again when it takes it back. A file in
//! this process does not go away.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use super::lite::{Lite, Purpose};

/// Open connections, of which each is with one reader at most.
#[derive(Clone)]
pub(super) struct Shelf {
    idle: Arc<Mutex<Vec<Lite>>>,
    free: Arc<Semaphore>,
}

/// A connection that goes back to its shelf when it is dropped; one that came from no shelf is closed.
pub(super) struct Lent {
    lite: Option<Lite>,
    shelf: Option<(Shelf, OwnedSemaphorePermit)>,
}

impl Shelf {
    /// Opens all connections at once.
    pub(super) fn open(path: &str, size: u32) -> Result<Shelf, Error> {
        let size = size.max(1);
        let idle: sqlx::Result<_> = (0..size).map(|_| Lite::open(path, Purpose::Read)).collect();
        Ok(Shelf {
            idle: Arc::new(Mutex::new(idle?)),
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
        let lite = self.idle().pop().ok_or_else(closed)?;
        Ok(Lent {
            lite: Some(lite),
            shelf: Some((self.clone(), place)),
        })
    }

    /// Closes what is not lent; what is lent is closed when it comes back.
    pub(super) fn close(&self) {
        self.free.close();
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Lite>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    /// A connection of its own.
    pub(super) fn own(lite: Lite) -> Lent {
        Lent {
            lite: Some(lite),
            shelf: None,
        }
    }
}

impl Deref for Lent {
    type Target = Lite;

    fn deref(&self) -> &Lite {
        self.lite
            .as_ref()
            .expect("a lent connection is there until it is dropped")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // The connection is back before its place is free: whoever is let in finds it.
        if let (Some(lite), Some((shelf, _place))) = (self.lite.take(), self.shelf.take())
            && !shelf.free.is_closed()
        {
            shelf.idle().push(lite);
        }
    }
}
