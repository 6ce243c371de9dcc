//! Statements: text, bound values, and the rows that come back, the same for both databases.
//!
//! Nothing here is generic over the database, so that the several hundred statements of the server are built once and not
//! once per driver and shape.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use fuyou_kernel::{Date, Timestamp};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments as _, AssertSqlSafe, ColumnIndex, Row as _, SqlSafeStr, SqlStr};
use uuid::Uuid;

use super::connection::Kind;
use super::lite::LiteRow;
use super::rows::read;
use super::types::Column;
use super::{Cell, CellType, Connection, DbDate, DbInstant, Error};

/// A statement that was put together at run time.
#[derive(Clone, Debug)]
pub(crate) struct Sql(Arc<str>);

impl Sql {
    /// The caller vouches that every name in it was checked and that every value is a placeholder.
    pub(crate) fn built(text: impl Into<Arc<str>>) -> Sql {
        Sql(text.into())
    }
}

/// The text of a statement: a constant, or one that was [`built`](Sql::built).
pub(crate) trait Text {
    fn text(self) -> SqlStr;
}

impl Text for &'static str {
    fn text(self) -> SqlStr {
        self.into_sql_str()
    }
}

impl Text for Sql {
    fn text(self) -> SqlStr {
        AssertSqlSafe(self.0).into_sql_str()
    }
}

impl Text for &Sql {
    fn text(self) -> SqlStr {
        self.clone().text()
    }
}

/// A statement with its values: `query(SQL).bind(id).all(&mut reader).await?`.
pub(crate) struct Query {
    text: SqlStr,
    cells: Vec<Cell>,
}

/// Queries over the same values that are asked at once: one trip to the database where trips cost something.
#[derive(Debug)]
pub(crate) struct Together(Vec<Sql>);

impl Together {
    /// All placeholders of all texts are numbered alike, so that they share their values.
    pub(crate) fn of(each: impl IntoIterator<Item = Sql>) -> Together {
        Together(each.into_iter().collect())
    }

    /// The rows of each query, in their order. A query that is not wanted has no rows.
    pub(crate) async fn rows(
        &self,
        connection: &mut Connection,
        cells: Vec<Cell>,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<Vec<Vec<Row>>, Error> {
        let mut found: Vec<Vec<Row>> = Vec::with_capacity(self.0.len());
        if connection.is_postgres() {
            for (at, sql) in self.0.iter().enumerate() {
                found.push(match wanted(at) {
                    true => fetch_all(connection, sql.text(), cells.clone()).await?,
                    false => Vec::new(),
                });
            }
            return Ok(found);
        }
        let Kind::Sqlite(on) = connection.kind() else {
            return Ok(found);
        };
        let each: Vec<Option<Sql>> = self
            .0
            .iter()
            .enumerate()
            .map(|(at, sql)| wanted(at).then(|| sql.clone()))
            .collect();
        let rows = on.run(move |lite| {
            let rows = |sql: &Option<Sql>| match sql {
                Some(sql) => lite.rows(&sql.0, &cells, usize::MAX),
                None => Ok(Vec::new()),
            };
            each.iter().map(rows).collect::<sqlx::Result<Vec<_>>>()
        });
        let of_sqlite = |rows: Vec<LiteRow>| rows.into_iter().map(Row::Sqlite).collect();
        Ok(rows.await?.into_iter().map(of_sqlite).collect())
    }
}

/// Begins a statement with `$1` placeholders.
pub(crate) fn query(sql: impl Text) -> Query {
    Query {
        text: sql.text(),
        cells: Vec::new(),
    }
}

impl Query {
    /// Binds the next placeholder.
    pub(crate) fn bind(mut self, value: impl Bound) -> Query {
        self.cells.push(value.cell());
        self
    }

    /// Binds the next placeholders.
    pub(crate) fn bind_all<T: Bound>(mut self, values: impl IntoIterator<Item = T>) -> Query {
        self.cells.extend(values.into_iter().map(Bound::cell));
        self
    }

    /// Binds the next placeholders with cells that are made already.
    pub(crate) fn bind_cells(mut self, cells: Vec<Cell>) -> Query {
        if self.cells.is_empty() {
            self.cells = cells;
        } else {
            self.cells.extend(cells);
        }
        self
    }

    /// Runs it and says how many rows it touched.
    pub(crate) async fn execute(self, connection: &mut Connection) -> Result<u64, Error> {
        execute(connection.kind(), self.text, self.cells).await
    }

    /// The text and the values, for who runs it in another way.
    pub(super) fn into_parts(self) -> (SqlStr, Vec<Cell>) {
        (self.text, self.cells)
    }

    /// All rows, for a reader that knows their shape only at run time.
    pub(crate) async fn rows(self, connection: &mut Connection) -> Result<Vec<Row>, Error> {
        fetch_all(connection, self.text, self.cells).await
    }

    /// All rows, as cells of these types.
    pub(crate) async fn cells(
        self,
        connection: &mut Connection,
        types: &[CellType],
    ) -> Result<Vec<Vec<Cell>>, Error> {
        let rows = self.rows(connection).await?;
        let rows = rows.iter().map(|row| read(row, types));
        Ok(rows.collect::<sqlx::Result<_>>()?)
    }

    /// All rows.
    pub(crate) async fn all<T: FromRow>(
        self,
        connection: &mut Connection,
    ) -> Result<Vec<T>, Error> {
        let rows = self.rows(connection).await?;
        Ok(rows.iter().map(T::from_row).collect::<sqlx::Result<_>>()?)
    }

    /// The first row, if there is one.
    pub(crate) async fn optional<T: FromRow>(
        self,
        connection: &mut Connection,
    ) -> Result<Option<T>, Error> {
        let row = fetch_optional(connection, self.text, self.cells).await?;
        Ok(row.as_ref().map(T::from_row).transpose()?)
    }

    /// The row that is always there.
    pub(crate) async fn one<T: FromRow>(self, connection: &mut Connection) -> Result<T, Error> {
        let row = fetch_optional(connection, self.text, self.cells).await?;
        let row = row.ok_or(sqlx::Error::RowNotFound)?;
        Ok(T::from_row(&row)?)
    }
}

// What runs a statement is boxed: whoever asks would otherwise hold all that a driver waits for, and the compiler would
// go through it again for each page.
fn execute(on: Kind<'_>, text: SqlStr, cells: Vec<Cell>) -> BoxFuture<'_, Result<u64, Error>> {
    Box::pin(async move {
        match on {
            Kind::Sqlite(on) => {
                on.run(move |lite| lite.execute(text.as_str(), &cells))
                    .await
            }
            Kind::Postgres(conn) => {
                let done = sqlx::query_with(text, postgres(cells)?)
                    .execute(conn)
                    .await?;
                Ok(done.rows_affected())
            }
        }
    })
}

/// Runs a statement on a file once for each row of cells laid end to end, and says how many rows it touched. Where each
/// would be a trip of its own it is refused.
pub(super) async fn execute_each(
    connection: &mut Connection,
    sql: &Sql,
    (cells, columns): (Vec<Cell>, usize),
) -> Result<u64, Error> {
    let Kind::Sqlite(on) = connection.kind() else {
        return Err(Error::NotSaved("rows one by one are for a file".into()));
    };
    let text = sql.0.clone();
    on.run(move |lite| lite.execute_each(&text, cells.chunks_exact(columns)))
        .await
}

fn fetch_all(
    connection: &mut Connection,
    text: SqlStr,
    cells: Vec<Cell>,
) -> BoxFuture<'_, Result<Vec<Row>, Error>> {
    Box::pin(async move {
        Ok(match connection.kind() {
            Kind::Sqlite(on) => {
                let rows = on.run(move |lite| lite.rows(text.as_str(), &cells, usize::MAX));
                rows.await?.into_iter().map(Row::Sqlite).collect()
            }
            Kind::Postgres(conn) => {
                let rows = sqlx::query_with(text, postgres(cells)?)
                    .fetch_all(conn)
                    .await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    })
}

fn fetch_optional(
    connection: &mut Connection,
    text: SqlStr,
    cells: Vec<Cell>,
) -> BoxFuture<'_, Result<Option<Row>, Error>> {
    Box::pin(async move {
        Ok(match connection.kind() {
            Kind::Sqlite(on) => {
                let rows = on.run(move |lite| lite.rows(text.as_str(), &cells, 1));
                rows.await?.pop().map(Row::Sqlite)
            }
            Kind::Postgres(conn) => sqlx::query_with(text, postgres(cells)?)
                .fetch_optional(conn)
                .await?
                .map(Row::Postgres),
        })
    })
}

/// Runs several statements without values, such as a migration.
pub(crate) async fn script(connection: &mut Connection, text: impl Text) -> Result<(), Error> {
    let text = text.text();
    match connection.kind() {
        Kind::Sqlite(on) => on.run(move |lite| lite.script(text.as_str())).await?,
        Kind::Postgres(conn) => sqlx::raw_sql(text).execute(conn).await.map(drop)?,
    }
    Ok(())
}

pub(super) fn postgres(cells: Vec<Cell>) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for cell in cells {
        match cell {
            Cell::Bool(value) => arguments.add(value),
            Cell::Int(value) => arguments.add(value),
            Cell::Text(value) => arguments.add(value.as_deref()),
            Cell::Date(value) => arguments.add(value.map(DbDate)),
            Cell::Instant(value) => arguments.add(value.map(DbInstant)),
            Cell::Id(value) => arguments.add(value),
            Cell::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// What can be bound. An `Option` binds NULL of its type.
pub(crate) trait Bound: Sized {
    fn cell(self) -> Cell;
    fn null() -> Cell;
}

impl<T: Bound> Bound for Option<T> {
    fn cell(self) -> Cell {
        self.map_or_else(T::null, T::cell)
    }

    fn null() -> Cell {
        T::null()
    }
}

macro_rules! bound {
    ($($kind:ty => $cell:ident($value:ident) $as:expr;)*) => {
        $(impl Bound for $kind {
            fn cell(self) -> Cell {
                let $value = self;
                Cell::$cell(Some($as))
            }

            fn null() -> Cell {
                Cell::$cell(None)
            }
        })*
    };
}

bound! {
    bool => Bool(value) value;
    i64 => Int(value) value;
    i32 => Int(value) value.into();
    &bool => Bool(value) *value;
    &i64 => Int(value) *value;
    &str => Text(value) value.into();
    &String => Text(value) value.as_str().into();
    String => Text(value) value.into();
    Arc<str> => Text(value) value;
    DbDate => Date(value) value.0;
    Date => Date(value) value;
    DbInstant => Instant(value) value.0;
    Timestamp => Instant(value) value;
    Uuid => Id(value) value;
    &[u8] => Bytes(value) value.to_vec();
    &Vec<u8> => Bytes(value) value.clone();
    Vec<u8> => Bytes(value) value;
}

/// A row of either database.
pub(crate) enum Row {
    Sqlite(LiteRow),
    Postgres(PgRow),
}

/// Where a column stands: its place, or its name.
pub(crate) trait Place: ColumnIndex<PgRow> + std::fmt::Display {
    fn within(&self, row: &LiteRow) -> Option<usize>;
}

impl Place for usize {
    fn within(&self, row: &LiteRow) -> Option<usize> {
        (*self < row.values.len()).then_some(*self)
    }
}

impl Place for &str {
    fn within(&self, row: &LiteRow) -> Option<usize> {
        row.place(self)
    }
}

impl Row {
    /// The value of a column, by its name or its place.
    pub(crate) fn get<T: Column, I: Place>(&self, column: I) -> sqlx::Result<T> {
        match self {
            Row::Sqlite(row) => {
                let found = column.within(row).map(|at| &row.values[at]);
                let found = found.ok_or_else(|| sqlx::Error::ColumnNotFound(column.to_string()))?;
                T::stored(found).ok_or_else(|| sqlx::Error::ColumnDecode {
                    index: column.to_string(),
                    source: format!("not a {}", std::any::type_name::<T>()).into(),
                })
            }
            Row::Postgres(row) => row.try_get(column),
        }
    }
}

/// What is read from a row: a tuple by place, a [`row!`](super::row) by name.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &Row) -> sqlx::Result<Self>;
}

macro_rules! tuples {
    ($(($($name:ident $at:tt),+))*) => {
        $(impl<$($name: Column),+> FromRow for ($($name,)+) {
            fn from_row(row: &Row) -> sqlx::Result<Self> {
                Ok(($(row.get::<$name, usize>($at)?,)+))
            }
        })*
    };
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
