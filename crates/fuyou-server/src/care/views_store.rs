//! SQL about the views that users keep of lists.

use fuyou_kernel::Timestamp;
use uuid::Uuid;

use super::ListView;
use crate::access::UserId;
use crate::db::{Connection, DbInstant, Error, Tx, query, row};

row! {
    struct Row {
        id: Uuid,
        name: String,
        pairs: String,
        is_default: bool,
    }
}

/// The views of a user of a list, by name.
pub(super) async fn views(
    connection: &mut Connection,
    user: UserId,
    (program, list): (&str, &str),
) -> Result<Vec<ListView>, Error> {
    const SQL: &str = "select id, name, pairs, is_default from list_view \
                       where user_id = $1 and program = $2 and list = $3 order by name, id";
    let rows: Vec<Row> = query(SQL)
        .bind(user.uuid())
        .bind(program)
        .bind(list)
        .all(connection)
        .await?;
    let view = |row: Row| {
        let pairs = serde_json::from_str(&row.pairs);
        Ok(ListView {
            id: row.id,
            pairs: pairs.map_err(|err| Error::Corrupt(format!("view {}: {err}", row.id)))?,
            name: row.name,
            is_default: row.is_default,
        })
    };
    rows.into_iter().map(view).collect()
}

/// Stores a view, or what has become of it.
pub(super) async fn save(
    tx: &mut Tx,
    user: UserId,
    (program, list): (&str, &str),
    view: &ListView,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "insert into list_view (user_id, id, program, list, name, pairs, is_default, updated_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (user_id, id) do update set \
                       name = excluded.name, pairs = excluded.pairs, is_default = excluded.is_default, \
                       updated_at = excluded.updated_at";
    query(SQL)
        .bind(user.uuid())
        .bind(view.id)
        .bind(program)
        .bind(list)
        .bind(view.name.as_str())
        .bind(serde_json::json!(view.pairs).to_string())
        .bind(view.is_default)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Lets the list open as the pack says.
pub(super) async fn clear_default(
    tx: &mut Tx,
    user: UserId,
    (program, list): (&str, &str),
) -> Result<(), Error> {
    const SQL: &str =
        "update list_view set is_default = $4 where user_id = $1 and program = $2 and list = $3";
    query(SQL)
        .bind(user.uuid())
        .bind(program)
        .bind(list)
        .bind(false)
        .execute(tx)
        .await?;
    Ok(())
}

/// Removes a view. False when there is none.
pub(super) async fn remove(tx: &mut Tx, user: UserId, id: Uuid) -> Result<bool, Error> {
    const SQL: &str = "delete from list_view where user_id = $1 and id = $2";
    Ok(query(SQL).bind(user.uuid()).bind(id).execute(tx).await? == 1)
}
