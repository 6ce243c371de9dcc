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
    const POSTGRES: &str = "select cast(c.table_name as text), cast(c.column_name as text) \
                            from information_schema.columns c join information_schema.tables t \
                            on t.table_schema = c.table_schema and t.table_name = c.table_name \
                            where t.table_type = 'BASE TABLE' and c.table_schema = current_schema() order by 1, 2";
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
    const SQL: &str = "update lane set batches = batches";
    query(SQL).execute(tx).await?;
    Ok(())
}
