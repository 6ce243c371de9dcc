//! Reading the audit table. It is written by the ledgers of the lanes (`db/ledger.rs`).

use sqlx::FromRow;
use uuid::Uuid;

use super::model::{Head, Stored};
use crate::db::{Connection, DbInstant, Entry, Error, on};

/// Where every lane says its chain ends.
pub(super) async fn heads(connection: &mut Connection) -> Result<Vec<Head>, Error> {
    const SQL: &str = "select id, audit_seq, audit_hash from lane order by id";
    let rows: Vec<(i64, i64, Vec<u8>)> =
        on!(connection, conn => sqlx::query_as(SQL).fetch_all(conn).await?);
    Ok(rows
        .into_iter()
        .map(|(lane, seq, hash)| Head { lane, seq, hash })
        .collect())
}

#[derive(FromRow)]
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

/// The next entries of a chain after `after_seq`, at most 1000.
pub(super) async fn page(
    connection: &mut Connection,
    lane: i64,
    after_seq: i64,
) -> Result<Vec<Stored>, Error> {
    const SQL: &str = "select seq, at, actor_id, actor_login, org_id, action, entity, entity_id, subject_id, detail, \
                       prev_hash, hash from audit where lane = $1 and seq > $2 order by seq limit 1000";
    let rows: Vec<Row> = on!(connection, conn => sqlx::query_as(SQL).bind(lane).bind(after_seq).fetch_all(conn).await?);
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
