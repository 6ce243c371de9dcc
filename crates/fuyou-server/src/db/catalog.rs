//! What the database itself knows about its tables, and holding everybody else still while many of them change.

use std::collections::BTreeMap;

use super::{Connection, Error, Tx, query};

/// A table whose rows hang on subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hanging {
    /// Its name, safe to stand in a statement between quotes.
    pub table: String,
    /// Its columns that name a subject: `subject_id`, and others that end in `_subject_id`.
    pub subjects: Vec<String>,
    /// Whether its rows name an enrollment too.
    pub has_enrollment: bool,
    /// Whether its rows name a task too.
    pub has_task: bool,
}

/// Every table with the columns `subject_id` and `id`, those that a pack made too, in the order of their names.
pub(crate) async fn hanging_on_subjects(
    connection: &mut Connection,
) -> Result<Vec<Hanging>, Error> {
    const SQLITE: &str = "select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c \
                          where m.type = 'table' order by m.name, c.name";
    // Not the views of the information schema: joined, each table reads all columns of all tables anew, and where the
    // statistics of a young database mislead the planner that takes minutes, in which every lane is held.
    const POSTGRES: &str = "select cast(c.relname as text), cast(a.attname as text) from pg_class c \
                            join pg_attribute a on a.attrelid = c.oid \
                            where c.relnamespace = (select n.oid from pg_namespace n where n.nspname = current_schema()) \
                            and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped order by 1, 2";
    let sql = if connection.is_postgres() {
        POSTGRES
    } else {
        SQLITE
    };
    let columns: Vec<(String, String)> = query(sql).all(connection).await?;
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in columns {
        tables.entry(table).or_default().push(column);
    }
    let hanging = tables.into_iter().filter_map(|(table, columns)| {
        let has = |name: &str| columns.iter().any(|column| column == name);
        let plain = |name: &String| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        if !(has("subject_id") && has("id") && plain(&table)) {
            return None;
        }
        let (has_enrollment, has_task) = (has("enrollment_id"), has("task_id"));
        let names_subject =
            |name: &String| plain(name) && (name == "subject_id" || name.ends_with("_subject_id"));
        Some(Hanging {
            table,
            has_enrollment,
            has_task,
            subjects: columns.into_iter().filter(names_subject).collect(),
        })
    });
    Ok(hanging.collect())
}

/// Waits until no batch of any lane of any process is open and lets none begin before this one ends. For the few deeds
/// that change what hangs on more than one subject; must be the first statement of a turn.
///
/// Two of them at once on PostgreSQL can wait for each other: the database ends one, and [`super::retry`] repeats it.
pub(crate) async fn hold_every_lane(tx: &mut Tx) -> Result<(), Error> {
    // Whoever writes on SQLite is alone. On PostgreSQL every batch begins with a write to this table; a lock on its rows
    // would not find that of a lane whose first batch has not been committed yet.
    const POSTGRES: &str = "lock table lane in share row exclusive mode";
    if tx.is_postgres() {
        query(POSTGRES).execute(tx).await?;
    }
    Ok(())
}
