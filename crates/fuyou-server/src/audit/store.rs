//! Reading the audit table. It is written by the ledgers of the lanes (`db/ledger.rs`).

use fuyou_kernel::Timestamp;
use uuid::Uuid;

use super::model::{Filter, Head, Position, Stored};
use crate::db::{Connection, DbInstant, Entry, Error, Sql, query, row};

/// Where every lane says its chain ends.
pub(super) async fn heads(connection: &mut Connection) -> Result<Vec<Head>, Error> {
    const SQL: &str = "select id, audit_seq, audit_hash from lane order by id";
    let rows: Vec<(i64, i64, Vec<u8>)> = query(SQL).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(lane, seq, hash)| Head { lane, seq, hash })
        .collect())
}

row! {
    struct Row {
        seq: i64,
        at: DbInstant,
        actor_id: Option<Uuid>,
        actor_login: String,
        org_id: Option<Uuid>,
        action: String,
        entity: String,
        entity_id: Option<Uuid>,
        subject_id: Option<Uuid>,
        detail: String,
        prev_hash: Vec<u8>,
        hash: Vec<u8>,
    }
}

/// The next entries of a chain after `after_seq`, at most 1000.
pub(super) async fn page(
    connection: &mut Connection,
    lane: i64,
    after_seq: i64,
) -> Result<Vec<Stored>, Error> {
    const SQL: &str = "select seq, at, actor_id, actor_login, org_id, action, entity, entity_id, subject_id, detail, \
                       prev_hash, hash from audit where lane = $1 and seq > $2 order by seq limit 1000";
    let rows: Vec<Row> = query(SQL)
        .bind(lane)
        .bind(after_seq)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(stored).collect())
}

fn stored(row: Row) -> Stored {
    Stored {
        seq: row.seq,
        entry: Entry {
            at: row.at.0,
            actor_id: row.actor_id,
            actor_login: row.actor_login,
            org_id: row.org_id,
            action: row.action.into(),
            entity: row.entity.into(),
            entity_id: row.entity_id,
            subject_id: row.subject_id,
            detail: row.detail,
        },
        prev_hash: row.prev_hash,
        hash: row.hash,
    }
}

row! {
    struct Listed {
        lane: i64,
        ..row: Row,
    }
}

/// What an auditor is told of without asking, which has an index of its own.
pub(super) const TOLD: [&str; 3] = ["break_glass", "export", "merge"];

/// The condition of that index, as both databases must read it to go by it.
fn is_told() -> String {
    let told = TOLD.map(|action| format!("'{action}'"));
    format!("action in ({})", told.join(", "))
}

fn told_sql() -> String {
    format!(
        "select action, count(*) from audit where {} and at >= $1 group by action",
        is_told()
    )
}

/// How often each of [`TOLD`] was done since a moment.
pub(super) async fn told(
    connection: &mut Connection,
    from: Timestamp,
) -> Result<Vec<(String, i64)>, Error> {
    query(Sql::built(told_sql()))
        .bind(DbInstant(from))
        .all(connection)
        .await
}

/// Entries on one page of the viewer.
const PAGE: usize = 100;

fn entries_sql(filter: &Filter, subjects: &[Uuid]) -> String {
    const HEAD: &str = "select lane, seq, at, actor_id, actor_login, org_id, action, entity, entity_id, subject_id, \
                       detail, prev_hash, hash from audit \
                       where ($1 = '' or actor_login = $1) and ($2 = '' or action = $2) and ($3 = '' or entity = $3) \
                       and at >= $4 and at < $5 \
                       and (at < $6 or (at = $6 and (lane < $7 or (lane = $7 and seq < $8))))";
    let places: Vec<String> = (0..subjects.len())
        .map(|at| format!("${}", at + 10))
        .collect();
    let about = match places.is_empty() {
        true => String::new(),
        false => format!("and subject_id in ({})", places.join(", ")),
    };
    let told = match TOLD.contains(&filter.action.as_str()) {
        true => format!("and {}", is_told()),
        false => String::new(),
    };
    format!("{HEAD} {about} {told} order by at desc, lane desc, seq desc limit $9")
}

/// Entries that pass the filter before a place, the newest first; about any of these subjects, or about all when none is
/// named.
pub(super) async fn entries(
    connection: &mut Connection,
    filter: &Filter,
    subjects: &[Uuid],
    before: Position,
) -> Result<(Vec<Entry>, Option<Position>), Error> {
    let sql = entries_sql(filter, subjects);
    let from = filter.from.unwrap_or(Timestamp::UNIX_EPOCH);
    let until = filter.until.unwrap_or(Position::END.at);
    let mut rows: Vec<Listed> = query(Sql::built(sql))
        .bind(filter.actor.as_str())
        .bind(filter.action.as_str())
        .bind(filter.entity.as_str())
        .bind(DbInstant(from))
        .bind(DbInstant(until))
        .bind(DbInstant(before.at))
        .bind(before.lane)
        .bind(before.seq)
        .bind(PAGE as i64 + 1)
        .bind_all(subjects.iter().copied())
        .all(connection)
        .await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().map(|listed| Position {
        at: listed.row.at.0,
        lane: listed.lane,
        seq: listed.row.seq,
    });
    let next = if more { last } else { None };
    Ok((
        rows.into_iter()
            .map(|listed| stored(listed.row).entry)
            .collect(),
        next,
    ))
}

/// Which actions on which tables the trail knows.
#[cfg(test)]
pub(super) async fn words(reader: &mut Connection) -> Result<Vec<(String, String)>, Error> {
    query("select distinct action, entity from audit")
        .all(reader)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::tests::noted;
    use crate::db::{Cell, CellType, Dialect};
    use crate::testkit::each_database;

    #[tokio::test]
    async fn what_is_told_is_counted_and_found_by_its_index() {
        each_database(async |db| {
            let at = |second: i64| Timestamp::from_second(1_774_500_000 + second).unwrap();
            for (second, action) in [(0, "export"), (5, "export"), (6, "merge"), (7, "read")] {
                noted(&db, at(second), action).await;
            }
            let mut reader = db.read().await.unwrap();
            let mut counted = told(&mut reader, at(5)).await.unwrap();
            counted.sort();
            assert_eq!(counted, [("export".to_owned(), 1), ("merge".to_owned(), 1)]);
            let asked = |action: &str| Filter {
                action: action.into(),
                ..Filter::default()
            };
            for (action, count) in [("export", 2), ("merge", 1), ("read", 1), ("break_glass", 0)] {
                let found = entries(&mut reader, &asked(action), &[], Position::END).await;
                assert_eq!(found.unwrap().0.len(), count, "{action}");
            }
            if db.dialect() == Dialect::Postgres {
                return;
            }
            for sql in [told_sql(), entries_sql(&asked("merge"), &[])] {
                let types = [CellType::Int, CellType::Int, CellType::Int, CellType::Text];
                let ways = query(Sql::built(format!("explain query plan {sql}")));
                let ways = ways.cells(&mut reader, &types).await.unwrap();
                let is_by_index =
                    |row: &Vec<Cell>| format!("{row:?}").contains("INDEX audit_told (at");
                assert!(ways.iter().any(is_by_index), "{ways:?}");
            }
        })
        .await;
    }
}
