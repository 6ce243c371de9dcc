//! Statements: text, bound values, and the rows that come back, the same for both databases.
//!
//! Nothing here is generic over the database, so that the several hundred statements of the server are built once and not
//! once per driver and shape.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use fuyou_kernel::{Date, Timestamp};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments as _, AssertSqlSafe, ColumnIndex, Decode, Either, Executor as _, Postgres, Row as _,
    SqlSafeStr, SqlStr, Sqlite, Type,
};
use uuid::Uuid;

use super::rows::read;
use super::{Cell, CellType, Connection, DbDate, DbInstant, Error, Kind};

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

/// Queries over the same values that are asked at once: one trip to the database where its driver can do that.
#[derive(Debug)]
pub(crate) struct Together {
    each: Vec<Sql>,
    joined: Sql,
}

impl Together {
    /// All placeholders of all texts are numbered alike, so that they share their values.
    pub(crate) fn of(each: impl IntoIterator<Item = Sql>) -> Together {
        let each: Vec<Sql> = each.into_iter().collect();
        let texts: Vec<&str> = each.iter().map(|sql| &*sql.0).collect();
        Together {
            joined: Sql::built(texts.join(";\n")),
            each,
        }
    }

    /// The rows of each query, in their order. A query that is not wanted may be left out and then has no rows.
    pub(crate) async fn rows(
        &self,
        connection: &mut Connection,
        cells: Vec<Cell>,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<Vec<Vec<Row>>, Error> {
        let mut found: Vec<Vec<Row>> = Vec::new();
        if connection.is_postgres() {
            for (at, sql) in self.each.iter().enumerate() {
                found.push(match wanted(at) {
                    true => fetch_all(connection, sql.text(), cells.clone()).await?,
                    false => Vec::new(),
                });
            }
            return Ok(found);
        }
        let Kind::Sqlite(conn) = connection.kind() else {
            return Ok(found);
        };
        // Looking into an empty table costs less than another trip.
        let mut answers =
            conn.fetch_many(sqlx::query_with(self.joined.clone().text(), sqlite(cells)?));
        let mut rows = Vec::new();
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Right(row) => rows.push(Row::Sqlite(row)),
                Either::Left(_) => found.push(std::mem::take(&mut rows)),
            }
        }
        Ok(found)
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
        execute(connection, self.text, self.cells).await
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

async fn execute(
    connection: &mut Connection,
    text: SqlStr,
    cells: Vec<Cell>,
) -> Result<u64, Error> {
    Ok(match connection.kind() {
        Kind::Sqlite(conn) => {
            let done = sqlx::query_with(text, sqlite(cells)?).execute(conn).await?;
            done.rows_affected()
        }
        Kind::Postgres(conn) => {
            let done = sqlx::query_with(text, postgres(cells)?)
                .execute(conn)
                .await?;
            done.rows_affected()
        }
    })
}

async fn fetch_all(
    connection: &mut Connection,
    text: SqlStr,
    cells: Vec<Cell>,
) -> Result<Vec<Row>, Error> {
    Ok(match connection.kind() {
        Kind::Sqlite(conn) => {
            let rows = sqlx::query_with(text, sqlite(cells)?)
                .fetch_all(conn)
                .await?;
            rows.into_iter().map(Row::Sqlite).collect()
        }
        Kind::Postgres(conn) => {
            let rows = sqlx::query_with(text, postgres(cells)?)
                .fetch_all(conn)
                .await?;
            rows.into_iter().map(Row::Postgres).collect()
        }
    })
}

async fn fetch_optional(
    connection: &mut Connection,
    text: SqlStr,
    cells: Vec<Cell>,
) -> Result<Option<Row>, Error> {
    Ok(match connection.kind() {
        Kind::Sqlite(conn) => sqlx::query_with(text, sqlite(cells)?)
            .fetch_optional(conn)
            .await?
            .map(Row::Sqlite),
        Kind::Postgres(conn) => sqlx::query_with(text, postgres(cells)?)
            .fetch_optional(conn)
            .await?
            .map(Row::Postgres),
    })
}

/// Runs several statements without values, such as a migration.
pub(crate) async fn script(connection: &mut Connection, text: impl Text) -> Result<(), Error> {
    let script = sqlx::raw_sql(text.text());
    match connection.kind() {
        Kind::Sqlite(conn) => script.execute(conn).await.map(drop)?,
        Kind::Postgres(conn) => script.execute(conn).await.map(drop)?,
    }
    Ok(())
}

fn sqlite(cells: Vec<Cell>) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(cells.len(), 0);
    for cell in cells {
        match cell {
            Cell::Bool(value) => arguments.add(value),
            Cell::Int(value) => arguments.add(value),
            Cell::Text(Some(value)) => arguments.add(value),
            Cell::Text(None) => arguments.add(None::<String>),
            Cell::Date(value) => arguments.add(value.map(DbDate)),
            Cell::Instant(value) => arguments.add(value.map(DbInstant)),
            Cell::Id(value) => arguments.add(value),
            Cell::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn postgres(cells: Vec<Cell>) -> Result<PgArguments, sqlx::Error> {
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
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as.
pub(crate) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl Row {
    /// The value of a column, by its name or its place.
    pub(crate) fn get<T, I>(&self, column: I) -> sqlx::Result<T>
    where
        T: Column,
        I: ColumnIndex<SqliteRow> + ColumnIndex<PgRow>,
    {
        match self {
            Row::Sqlite(row) => row.try_get(column),
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
