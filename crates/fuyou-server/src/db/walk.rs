//! A long answer, row by row: the memory it takes does not grow with the number of its rows.
//!
//! Rows are found on a connection of their own, some ahead of who takes them, and nobody looks for more than are wanted.
//! On SQLite the database is kept as it was when the walk began until it ends, so that the log grows meanwhile: who walks
//! must not wait for somebody far away.

use std::sync::Arc;

use futures_util::StreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::{Postgres, SqlStr};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::lite::{Lite, Purpose};
use super::rows::read;
use super::statement::postgres;
use super::{Cell, CellType, Error, Query, Row};
use crate::apart::{apart, beside};

/// Rows that are handed over together.
const ROWS: usize = 500;
/// Such handfuls that wait to be taken.
const AHEAD: usize = 2;

/// None says that all rows were handed over: who falls silent before has failed.
type Handful = Result<Option<Vec<Row>>, Error>;

/// Rows that come as they are taken.
pub(crate) struct Walk(Receiver<Handful>);

impl Walk {
    pub(super) fn on_sqlite(path: Arc<str>, query: Query) -> Walk {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let (text, cells) = query.into_parts();
        drop(apart(move || {
            let walked = walk_lite(&path, &text, &cells, &sender);
            // Who is gone needs neither an end nor an error.
            let _ = sender.blocking_send(walked.map(|()| None).map_err(Error::from));
        }));
        Walk(receiver)
    }

    pub(super) fn on_postgres(held: PoolConnection<Postgres>, query: Query) -> Result<Walk, Error> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        let (text, cells) = query.into_parts();
        let arguments = postgres(cells)?;
        beside(async move {
            // The connection does not come back to its pool: rows that nobody wants may still be on their way.
            let mut held = held.detach();
            let mut rows = sqlx::query_with(text, arguments)
                .fetch(&mut held)
                .chunks(ROWS);
            while let Some(some) = rows.next().await {
                let some: sqlx::Result<Vec<Row>> =
                    some.into_iter().map(|row| row.map(Row::Postgres)).collect();
                let is_broken = some.is_err();
                let some = some.map(Some).map_err(Error::from);
                if sender.send(some).await.is_err() || is_broken {
                    return;
                }
            }
            let _ = sender.send(Ok(None)).await;
        });
        Ok(Walk(receiver))
    }

    /// The next rows, as cells of these types; none after the last.
    pub(crate) async fn cells(
        &mut self,
        types: &[CellType],
    ) -> Result<Option<Vec<Vec<Cell>>>, Error> {
        let broken = || Error::LaneUnavailable("a walk through a table broke off".into());
        let Some(rows) = self.0.recv().await.ok_or_else(broken)?? else {
            return Ok(None);
        };
        let rows: sqlx::Result<_> = rows.iter().map(|row| read(row, types)).collect();
        Ok(Some(rows?))
    }
}

/// Hands out the rows of a query until there are no more or nobody takes them.
fn walk_lite(
    path: &str,
    text: &SqlStr,
    cells: &[Cell],
    sender: &Sender<Handful>,
) -> sqlx::Result<()> {
    let lite = Lite::open(path, Purpose::Walk)?;
    let mut some = Vec::with_capacity(ROWS);
    lite.walk(text.as_str(), cells, |row| {
        some.push(Row::Sqlite(row));
        some.len() < ROWS
            || sender
                .blocking_send(Ok(Some(std::mem::take(&mut some))))
                .is_ok()
    })?;
    if !some.is_empty() {
        let _ = sender.blocking_send(Ok(Some(some)));
    }
    Ok(())
}
