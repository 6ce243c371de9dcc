//! Facts rows and the change feed as the figures in memory read them.

use std::collections::BTreeSet;

use fuyou_expr::{Slot, Type, Value, parse_value};
use fuyou_pack::Program;
use uuid::Uuid;

use crate::db::{self, Connection, DbDate, Dialect, Row, Sql, query};
use crate::insight::store::{column, facts_table};

/// Rows of one page while loading; few in tests, so that they need several pages and readers.
const PAGE: usize = if cfg!(test) { 64 } else { 5_000 };
/// Rows asked for by name in one statement.
const NAMED: usize = 512;

/// An enrollment: its subject and its id.
pub(super) type Key = (Uuid, Uuid);

/// How a program's facts are read: the columns that some figure needs.
pub(super) struct Shape {
    table: String,
    columns: Vec<(Slot, Type)>,
    select: String,
    width: usize,
}

impl Shape {
    pub(super) fn new(program: &Program, needed: impl Iterator<Item = Slot>) -> Shape {
        let needed: BTreeSet<Slot> = needed.collect();
        let of_row: Vec<_> = program.row_columns().collect();
        let used = of_row.iter().filter(|known| needed.contains(&known.slot));
        let columns: Vec<(Slot, Type)> = used
            .clone()
            .map(|known| (known.slot, known.ty.clone()))
            .collect();
        let names: String = used
            .map(|known| format!(", {}", column(known.name)))
            .collect();
        Shape {
            table: facts_table(&program.id),
            columns,
            select: format!("select f.subject_id, f.id{names}"),
            width: of_row.len(),
        }
    }

    /// What it reads, in words that differ when a column, its type or a code differs.
    pub(super) fn describe(&self) -> String {
        let types = self.columns.iter().map(|(slot, ty)| match ty {
            Type::Code(set) | Type::Codes(set) => format!("{} {ty} {:?}", slot.0, set.codes()),
            ty => format!("{} {ty}", slot.0),
        });
        let types: Vec<String> = types.collect();
        format!("{} from {}: {}", self.select, self.table, types.join("; "))
    }

    /// The keys between which so many readers find about as much; few enrollments are one part.
    pub(super) async fn parts(
        &self,
        connection: &mut Connection,
        parts: usize,
    ) -> Result<Vec<(Option<Key>, Option<Key>)>, db::Error> {
        let count = format!("select cast(count(*) as bigint) from {}", self.table);
        let (rows,): (i64,) = query(Sql::built(count)).one(connection).await?;
        let rows = usize::try_from(rows).unwrap_or_default();
        let parts = parts.min(rows / PAGE).max(1);
        let mut ends: Vec<Option<Key>> = vec![None];
        for part in 1..parts {
            let sql = format!(
                "select f.subject_id, f.id from {} f order by f.subject_id, f.id limit 1 offset {}",
                self.table,
                part * rows / parts
            );
            ends.extend(query(Sql::built(sql)).optional(connection).await?.map(Some));
        }
        ends.push(None);
        Ok(ends.windows(2).map(|ends| (ends[0], ends[1])).collect())
    }

    /// The next page of enrollments behind one up to another, in the order of their keys.
    pub(super) async fn page(
        &self,
        connection: &mut Connection,
        after: Option<Key>,
        until: Option<Key>,
    ) -> Result<Vec<(Key, Vec<Value>)>, db::Error> {
        let condition = match (after, until) {
            (None, None) => "",
            (Some(_), None) => " where (f.subject_id, f.id) > ($1, $2)",
            (None, Some(_)) => " where (f.subject_id, f.id) <= ($1, $2)",
            (Some(_), Some(_)) => {
                " where (f.subject_id, f.id) > ($1, $2) and (f.subject_id, f.id) <= ($3, $4)"
            }
        };
        let sql = format!(
            "{} from {} f{condition} order by f.subject_id, f.id limit {PAGE}",
            self.select, self.table
        );
        let mut bound = query(Sql::built(sql));
        for (subject, id) in after.into_iter().chain(until) {
            bound = bound.bind(subject).bind(id);
        }
        self.rows(&bound.rows(connection).await?)
    }

    /// The rows of these enrollments, those that this program has.
    pub(super) async fn named(
        &self,
        connection: &mut Connection,
        keys: &[Key],
    ) -> Result<Vec<(Key, Vec<Value>)>, db::Error> {
        let mut found = Vec::new();
        for keys in keys.chunks(NAMED) {
            // Few lengths, so that the statements kept ready stay few: the last enrollment is asked for again and again.
            let length = keys.len().next_power_of_two().min(NAMED);
            let places: Vec<String> = (0..length)
                .map(|at| format!("(${}, ${})", at * 2 + 1, at * 2 + 2))
                .collect();
            let sql = format!(
                "{} from {} f where (f.subject_id, f.id) in (values {})",
                self.select,
                self.table,
                places.join(", ")
            );
            let last = keys.last().copied().into_iter();
            let keys = keys.iter().copied().chain(last.cycle()).take(length);
            let ids = keys.flat_map(|(subject, id)| [subject, id]);
            let rows = query(Sql::built(sql))
                .bind_all(ids)
                .rows(connection)
                .await?;
            found.extend(self.rows(&rows)?);
        }
        Ok(found)
    }

    fn rows(&self, rows: &[Row]) -> Result<Vec<(Key, Vec<Value>)>, db::Error> {
        let read = |row: &Row| {
            let mut values = vec![Value::Null; self.width];
            for (at, (slot, ty)) in self.columns.iter().enumerate() {
                values[usize::from(slot.0)] = value(row, at + 2, ty)?;
            }
            Ok(((row.get(0)?, row.get(1)?), values))
        };
        Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
    }
}

fn value(row: &Row, at: usize, ty: &Type) -> sqlx::Result<Value> {
    Ok(match ty {
        Type::Boolean => row
            .get::<Option<bool>, _>(at)?
            .map_or(Value::Null, Value::Boolean),
        Type::Integer | Type::Decimal(_) => row
            .get::<Option<i64>, _>(at)?
            .map_or(Value::Null, Value::Number),
        Type::Date => row
            .get::<Option<DbDate>, _>(at)?
            .map_or(Value::Null, |date| Value::date(date.0)),
        Type::Text => row
            .get::<Option<String>, _>(at)?
            .map_or(Value::Null, |text| Value::text(&text)),
        Type::Code(_) | Type::Codes(_) => match row.get::<Option<String>, _>(at)? {
            None => Value::Null,
            Some(text) => parse_value(ty, &text).map_err(|err| sqlx::Error::Decode(err.into()))?,
        },
    })
}

/// From now on this connection sees the store as it is at its next statement.
pub(super) async fn begin_moment(
    connection: &mut Connection,
    dialect: Dialect,
) -> Result<(), db::Error> {
    let begin = match dialect {
        Dialect::Sqlite => "begin",
        Dialect::Postgres => "begin transaction isolation level repeatable read, read only",
    };
    query(begin).execute(connection).await.map(drop)
}

/// And now it sees what comes again.
pub(super) async fn end_moment(connection: &mut Connection) -> Result<(), db::Error> {
    query("rollback").execute(connection).await.map(drop)
}

/// The enrollments that changed in a lane after `from` up to `to`, and how many lines the feed has there.
pub(super) async fn changed(
    connection: &mut Connection,
    (lane, from, to): (i64, i64, i64),
) -> Result<(Vec<Key>, i64), db::Error> {
    const LINES: &str =
        "select cast(count(*) as bigint) from change where lane = $1 and seq > $2 and seq <= $3";
    const KEYS: &str = "select distinct subject_id, entity_id from change \
                        where lane = $1 and seq > $2 and seq <= $3 and entity = 'enrollment' and subject_id is not null";
    let (lines,): (i64,) = query(LINES)
        .bind(lane)
        .bind(from)
        .bind(to)
        .one(connection)
        .await?;
    let keys = query(KEYS)
        .bind(lane)
        .bind(from)
        .bind(to)
        .all(connection)
        .await?;
    Ok((keys, lines))
}

/// The row that a line of the feed is about; `None` when there is no such line.
pub(super) async fn line(
    connection: &mut Connection,
    (lane, seq): (i64, i64),
) -> Result<Option<Uuid>, db::Error> {
    const SQL: &str = "select entity_id from change where lane = $1 and seq = $2";
    let line: Option<(Uuid,)> = query(SQL).bind(lane).bind(seq).optional(connection).await?;
    Ok(line.map(|(entity_id,)| entity_id))
}
