//! Rows whose shape is known only at run time, and inserts of many rows in one statement.
//!
//! Statements that are built here hold names that the caller has checked and placeholders, never values.
//! A statement of many rows has one of few sizes (powers of two), so that the prepared ones are used again. On SQLite,
//! where no trip is saved by it, an insert goes row by row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fuyou_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::statement::execute_each;
use super::{Connection, DbDate, DbInstant, Error, Row, Sql, query};

/// Values bound by one statement at most; SQLite takes 32,766, PostgreSQL 65,535.
const BOUND_MAX: usize = 8_000;
/// Rows of one statement at most.
const ROWS_MAX: usize = 128;

/// One value of a row. `None` is NULL of that type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Bool(Option<bool>),
    Int(Option<i64>),
    Text(Option<Arc<str>>),
    Date(Option<Date>),
    Instant(Option<Timestamp>),
    Id(Option<Uuid>),
    Bytes(Option<Vec<u8>>),
}

/// The type of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellType {
    Bool,
    Int,
    Text,
    Date,
    Instant,
    Id,
}

/// Shorthands for the cells that are never NULL.
impl Cell {
    pub(crate) fn id(id: Uuid) -> Cell {
        Cell::Id(Some(id))
    }

    pub(crate) fn int(number: i64) -> Cell {
        Cell::Int(Some(number))
    }

    pub(crate) fn text(text: impl Into<Arc<str>>) -> Cell {
        Cell::Text(Some(text.into()))
    }

    pub(crate) fn date(date: Date) -> Cell {
        Cell::Date(Some(date))
    }

    pub(crate) fn at(at: Timestamp) -> Cell {
        Cell::Instant(Some(at))
    }
}

/// An insert of any number of rows.
#[derive(Debug)]
pub(crate) struct Insert {
    head: String,
    columns: usize,
    tail: String,
    /// Texts by dialect and number of rows.
    texts: Mutex<HashMap<(bool, usize), Sql>>,
}

impl Insert {
    /// `insert into TABLE (COLUMNS) values … CONFLICT`. Names are quoted here and were checked by the caller.
    pub(crate) fn new(table: &str, columns: &[&str], conflict: &str) -> Insert {
        let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
        Insert {
            head: format!("insert into \"{table}\" ({}) values ", names.join(", ")),
            columns: columns.len(),
            tail: format!(" {conflict}"),
            texts: Mutex::default(),
        }
    }

    /// As [`Insert::new`]; a row whose `key` is there already is replaced.
    pub(crate) fn upsert(table: &str, columns: &[&str], key: &[&str]) -> Insert {
        let sets: Vec<String> = columns
            .iter()
            .filter(|name| !key.contains(name))
            .map(|name| format!("\"{name}\" = excluded.\"{name}\""))
            .collect();
        let key = key.join(", ");
        let conflict = if sets.is_empty() {
            // A row that is nothing but its key is there or it is not.
            format!("on conflict ({key}) do nothing")
        } else {
            format!("on conflict ({key}) do update set {}", sets.join(", "))
        };
        Insert::new(table, columns, &conflict)
    }

    /// Stores rows laid end to end, and says how many were stored.
    pub(crate) async fn run(
        &self,
        connection: &mut Connection,
        cells: Vec<Cell>,
    ) -> Result<u64, Error> {
        debug_assert_eq!(
            cells.len() % self.columns,
            0,
            "{}: rows are whole",
            self.head
        );
        if cells.is_empty() {
            return Ok(0);
        }
        if !connection.is_postgres() {
            // There is no way to go for each row: a small statement many times costs less than a large one.
            let text = self.text(false, 1);
            return execute_each(connection, &text, (cells, self.columns)).await;
        }
        let most = ROWS_MAX.min(BOUND_MAX / self.columns).max(1);
        let most = 1 << most.ilog2();
        let mut stored = 0;
        let mut cells = cells.into_iter();
        while cells.len() > 0 {
            let left = cells.len() / self.columns;
            let rows = most.min(1 << left.ilog2());
            let some = cells.by_ref().take(rows * self.columns).collect();
            stored += query(self.text(true, rows))
                .bind_cells(some)
                .execute(connection)
                .await?;
        }
        Ok(stored)
    }

    fn text(&self, postgres: bool, rows: usize) -> Sql {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts
            .entry((postgres, rows))
            .or_insert_with(|| Sql::built(self.print(postgres, rows)))
            .clone()
    }

    fn print(&self, postgres: bool, rows: usize) -> String {
        let mut text = self.head.clone();
        print_rows(&mut text, postgres, rows, self.columns);
        text + &self.tail
    }
}

/// A query for any number of rows by their keys.
#[derive(Debug)]
pub(crate) struct ManyKeys {
    head: String,
    key: usize,
}

impl ManyKeys {
    /// `HEAD (KEY) in (values …)`. Names were checked by the caller.
    pub(crate) fn new(head: &str, key: &[&str]) -> ManyKeys {
        ManyKeys {
            head: format!("{head} ({}) in (values ", key.join(", ")),
            key: key.len(),
        }
    }

    /// The rows of keys laid end to end. The last key may be asked for more than once, so that few texts are prepared.
    pub(crate) async fn run(
        &self,
        connection: &mut Connection,
        cells: Vec<Cell>,
    ) -> Result<Vec<Row>, Error> {
        let mut found = Vec::new();
        for some in cells.chunks(ROWS_MAX * self.key) {
            let mut some = some.to_vec();
            let rows = (some.len() / self.key).next_power_of_two();
            let last = some[some.len() - self.key..].to_vec();
            while some.len() < rows * self.key {
                some.extend(last.iter().cloned());
            }
            let mut text = self.head.clone();
            print_rows(&mut text, connection.is_postgres(), rows, self.key);
            text.push(')');
            found.extend(
                query(Sql::built(text))
                    .bind_cells(some)
                    .rows(connection)
                    .await?,
            );
        }
        Ok(found)
    }
}

/// `(…), (…)` with a placeholder for each value.
fn print_rows(text: &mut String, postgres: bool, rows: usize, columns: usize) {
    let mut number = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            number += 1;
            if column > 0 {
                text.push_str(", ");
            }
            // SQLite finds a named parameter by a walk over all names: with thousands of them the walk is the cost.
            if postgres {
                text.push_str(&format!("${number}"));
            } else {
                text.push('?');
            }
        }
        text.push(')');
    }
}

/// The cells of a row whose columns have these types.
pub(super) fn read(row: &Row, types: &[CellType]) -> sqlx::Result<Vec<Cell>> {
    let cells = types.iter().enumerate();
    cells.map(|(at, ty)| read_cell(row, at, *ty)).collect()
}

/// The cell at a place of a row, whose column has this type.
pub(crate) fn read_cell(row: &Row, at: usize, ty: CellType) -> sqlx::Result<Cell> {
    Ok(match ty {
        CellType::Bool => Cell::Bool(row.get(at)?),
        CellType::Int => Cell::Int(row.get(at)?),
        CellType::Text => Cell::Text(row.get(at)?),
        CellType::Date => Cell::Date(row.get::<Option<DbDate>, _>(at)?.map(|date| date.0)),
        CellType::Instant => Cell::Instant(row.get::<Option<DbInstant>, _>(at)?.map(|at| at.0)),
        CellType::Id => Cell::Id(row.get(at)?),
    })
}
