//! A connection to SQLite. Its calls return when they are done: there is no thread behind it and nothing to wait for.
//!
//! A statement about a few rows costs less than handing it to another thread and waiting to be woken, so who holds such
//! a connection decides where its statements run: [`Connection`](super::Connection) does.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{Display, Formatter};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{Null, ValueRef};
use rusqlite::{CachedStatement, OpenFlags, Statement, ffi};
use sqlx::error::{DatabaseError, ErrorKind};
use uuid::Uuid;

use super::Cell;
use super::types::date_text;

/// Prepared statements that a connection keeps.
const PREPARED_MAX: usize = 512;
/// How long a statement waits for another process that writes.
const BUSY_MAX: Duration = Duration::from_secs(10);
/// Kibibytes of pages that a connection keeps.
const CACHE_KIB: u32 = 65_536;
/// As [`CACHE_KIB`], of a connection that walks through a table once: also what it sorts in memory before it goes to disk.
const WALK_CACHE_KIB: u32 = 8_192;
/// Pages in the log after which whoever commits moves them into the file; before, that happens beside the writer
/// (`checkpoint.rs`). 1 GiB.
const LOG_PAGES_MAX: u32 = 262_144;

/// The names of an answer's columns, which all its rows share.
type Names = Arc<[Box<str>]>;

/// A connection to a file.
pub(super) struct Lite {
    base: rusqlite::Connection,
    /// The names of the columns of each query, which are needed for every answer.
    names: RefCell<HashMap<Box<str>, Names>>,
}

/// Whether a connection may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
    /// Reads one long answer from its beginning to its end. What has to be sorted for it is sorted on the disk.
    Walk,
}

/// A value as SQLite gives it.
#[derive(Debug)]
pub(crate) enum Stored {
    Null,
    Int(i64),
    /// Nothing here stores one.
    Real,
    Text(Arc<str>),
    /// Sixteen bytes.
    Id(Uuid),
    Bytes(Vec<u8>),
}

/// A row with the names of its columns, which all rows of an answer share.
pub(crate) struct LiteRow {
    pub values: Vec<Stored>,
    names: Names,
}

impl LiteRow {
    /// The place of a column.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| &**known == name)
    }
}

impl Lite {
    /// Opens a file, which is made when it is not there.
    pub(super) fn open(path: &str, purpose: Purpose) -> sqlx::Result<Lite> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let base = rusqlite::Connection::open_with_flags(path, flags).map_err(refused)?;
        base.busy_timeout(BUSY_MAX).map_err(refused)?;
        base.set_prepared_statement_cache_capacity(PREPARED_MAX);
        let lite = Lite {
            base,
            names: RefCell::default(),
        };
        // Full: a commit returns when the disk has it.
        lite.script(
            "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on",
        )?;
        let (cache_kib, sorts_in) = match purpose {
            Purpose::Write | Purpose::Read => (CACHE_KIB, "memory"),
            Purpose::Walk => (WALK_CACHE_KIB, "file"),
        };
        lite.script(&format!(
            "pragma temp_store = {sorts_in}; pragma cache_size = -{cache_kib}; \
             pragma wal_autocheckpoint = {LOG_PAGES_MAX}"
        ))?;
        if purpose != Purpose::Write {
            lite.script("pragma query_only = on")?;
        }
        Ok(lite)
    }

    /// Whether a transaction is open. SQLite ends one by itself when the disk is full or fails.
    pub(super) fn has_transaction(&self) -> bool {
        !self.base.is_autocommit()
    }

    /// Runs a statement and says how many rows it touched.
    pub(super) fn execute(&self, text: &str, cells: &[Cell]) -> sqlx::Result<u64> {
        let mut statement = self.bound(text, cells)?;
        if statement.column_count() == 0 {
            let touched = statement.raw_execute().map_err(refused)?;
            return Ok(touched as u64);
        }
        let mut rows = statement.raw_query();
        while rows.next().map_err(refused)?.is_some() {}
        Ok(0)
    }

    /// Runs a statement that gives no rows once for each of these, and says how many rows it touched in all.
    pub(super) fn execute_each<'a>(
        &self,
        text: &str,
        rows: impl Iterator<Item = &'a [Cell]>,
    ) -> sqlx::Result<u64> {
        let mut statement = self.base.prepare_cached(text).map_err(refused)?;
        let mut touched = 0;
        for row in rows {
            bind_all(&mut statement, row)?;
            touched += statement.raw_execute().map_err(refused)? as u64;
        }
        Ok(touched)
    }

    /// The rows of a query, so many at most.
    pub(super) fn rows(
        &self,
        text: &str,
        cells: &[Cell],
        rows_max: usize,
    ) -> sqlx::Result<Vec<LiteRow>> {
        let mut found = Vec::new();
        let take = |row| {
            found.push(row);
            found.len() < rows_max
        };
        if rows_max > 0 {
            self.walk(text, cells, take)?;
        }
        Ok(found)
    }

    /// Hands out the rows of a query one by one, as they are found, as long as `take` wants more.
    pub(super) fn walk(
        &self,
        text: &str,
        cells: &[Cell],
        mut take: impl FnMut(LiteRow) -> bool,
    ) -> sqlx::Result<()> {
        let mut statement = self.bound(text, cells)?;
        let width = statement.column_count();
        let mut names: Option<Names> = None;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(refused)? {
            let names = names.get_or_insert_with(|| self.names_of(text, row.as_ref()));
            let values = (0..width)
                .map(|at| row.get_ref(at).map_err(refused).and_then(stored))
                .collect::<sqlx::Result<_>>()?;
            let names = names.clone();
            if !take(LiteRow { values, names }) {
                break;
            }
        }
        Ok(())
    }

    /// The names of a query's columns. A table that got wider since is noticed by the number of columns.
    fn names_of(&self, text: &str, statement: &Statement<'_>) -> Names {
        let mut known = self.names.borrow_mut();
        if let Some(names) = known.get(text)
            && names.len() == statement.column_count()
        {
            return names.clone();
        }
        if known.len() >= PREPARED_MAX {
            known.clear();
        }
        let names = statement.column_names().into_iter().map(Box::from);
        let names: Names = names.collect();
        known.insert(text.into(), names.clone());
        names
    }

    /// Runs several statements without values.
    pub(super) fn script(&self, text: &str) -> sqlx::Result<()> {
        self.base.execute_batch(text).map_err(refused)
    }

    /// A statement with its values.
    fn bound(&self, text: &str, cells: &[Cell]) -> sqlx::Result<CachedStatement<'_>> {
        let mut statement = self.base.prepare_cached(&numbered(text)).map_err(refused)?;
        // A text that serves both databases may have values that this one does not ask for.
        let wanted = statement.parameter_count();
        bind_all(&mut statement, &cells[..wanted.min(cells.len())])?;
        Ok(statement)
    }
}

fn bind_all(statement: &mut CachedStatement<'_>, cells: &[Cell]) -> sqlx::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        bind(statement, at + 1, cell).map_err(refused)?;
    }
    Ok(())
}

/// The text with `?1` for `$1`: a numbered parameter is found by its number, a named one by a walk over all names.
fn numbered(text: &str) -> Cow<'_, str> {
    if !text.contains('$') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let is_placeholder = rest[at + 1..].starts_with(|next: char| next.is_ascii_digit());
        out.push_str(&rest[..at]);
        out.push(if is_placeholder { '?' } else { '$' });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.into()
}

fn bind(statement: &mut CachedStatement<'_>, at: usize, cell: &Cell) -> rusqlite::Result<()> {
    match cell {
        Cell::Bool(Some(value)) => statement.raw_bind_parameter(at, value),
        Cell::Int(Some(value)) => statement.raw_bind_parameter(at, value),
        Cell::Text(Some(value)) => statement.raw_bind_parameter(at, &**value),
        Cell::Date(Some(value)) => match date_text(*value) {
            Some(text) => statement.raw_bind_parameter(at, text.as_str()),
            None => statement.raw_bind_parameter(at, value.to_string()),
        },
        Cell::Instant(Some(value)) => statement.raw_bind_parameter(at, value.as_millisecond()),
        Cell::Id(Some(value)) => statement.raw_bind_parameter(at, value.as_bytes().as_slice()),
        Cell::Bytes(Some(value)) => statement.raw_bind_parameter(at, value.as_slice()),
        Cell::Bool(None)
        | Cell::Int(None)
        | Cell::Text(None)
        | Cell::Date(None)
        | Cell::Instant(None)
        | Cell::Id(None)
        | Cell::Bytes(None) => statement.raw_bind_parameter(at, Null),
    }
}

fn stored(value: ValueRef<'_>) -> sqlx::Result<Stored> {
    Ok(match value {
        ValueRef::Null => Stored::Null,
        ValueRef::Integer(number) => Stored::Int(number),
        ValueRef::Real(_) => Stored::Real,
        ValueRef::Text(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|err| sqlx::Error::Decode(err.into()))?;
            Stored::Text(text.into())
        }
        ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(id) => Stored::Id(id),
            Err(_) => Stored::Bytes(bytes.to_vec()),
        },
    })
}

/// What SQLite said, in the words that both databases share.
fn refused(err: rusqlite::Error) -> sqlx::Error {
    match err {
        rusqlite::Error::SqliteFailure(cause, message) => Refused::of(cause, message),
        rusqlite::Error::SqlInputError { error, msg, .. } => Refused::of(error, Some(msg)),
        other => sqlx::Error::Protocol(other.to_string()),
    }
}

/// A statement that SQLite refused.
#[derive(Debug)]
struct Refused {
    code: i32,
    message: String,
}

impl Refused {
    fn of(cause: ffi::Error, message: Option<String>) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Refused {
            code: cause.extended_code,
            message: message.unwrap_or_else(|| cause.to_string()),
        }))
    }
}

impl Display for Refused {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        write!(out, "(code: {}) {}", self.code, self.message)
    }
}

impl std::error::Error for Refused {}

impl DatabaseError for Refused {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                ErrorKind::UniqueViolation
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn placeholders() {
        let check = |text: &str, numbers: &str| assert_eq!(numbered(text), numbers);
        check("select 1", "select 1");
        check("a = $1 and b > $12", "a = ?1 and b > ?12");
        check("in (?, ?)", "in (?, ?)");
        check("'$' || $2 || '$x'", "'$' || ?2 || '$x'");
    }
}
