//! SQL about merges. The tables whose rows move are those that the database names: whatever hangs on subjects.

use fuyou_kernel::{Id, Timestamp};
use uuid::Uuid;

use crate::db::{Connection, DbInstant, Error, Hanging, Sql, Tx, query, row};
use crate::registry::PersonId;

/// Tables whose rows stay where they are: who she was called under which id, what is written once and for all, what was
/// opened with a reason, and the merges themselves.
const STAYING: [&str; 7] = [
    "audit",
    "change",
    "glass",
    "person",
    "person_history",
    "person_merge",
    "person_merge_row",
];

/// Whether the rows of a table move when two persons become one.
pub(super) fn moves(table: &Hanging) -> bool {
    !STAYING.contains(&table.table.as_str())
}

row! {
    /// A merge as stored.
    pub(super) struct MergeRow {
        pub id: Uuid,
        pub merged_id: Uuid,
        pub reason: String,
        pub merged_at: DbInstant,
        pub merged_by_login: String,
        pub undone_at: Option<DbInstant>,
    }
}

/// A merge by its id, whichever record stayed.
pub(super) async fn merge(
    connection: &mut Connection,
    survivor: PersonId,
    id: Uuid,
) -> Result<Option<MergeRow>, Error> {
    const SQL: &str = "select id, merged_id, reason, merged_at, merged_by_login, undone_at \
                       from person_merge where subject_id = $1 and id = $2";
    query(SQL)
        .bind(survivor.uuid())
        .bind(id)
        .optional(connection)
        .await
}

row! {
    /// A merge with the name of the record that went.
    pub(super) struct NamedMerge {
        pub name: String,
        pub residence_org_id: Uuid,
        ..pub merge: MergeRow,
    }
}

/// The merges into a record, the newest first.
pub(super) async fn merges_into(
    connection: &mut Connection,
    survivor: PersonId,
) -> Result<Vec<NamedMerge>, Error> {
    const SQL: &str = "select m.id, m.merged_id, m.reason, m.merged_at, m.merged_by_login, m.undone_at, p.name, p.residence_org_id \
                       from person_merge m join person p on p.subject_id = m.merged_id \
                       where m.subject_id = $1 order by m.merged_at desc, m.id desc limit 50";
    query(SQL).bind(survivor.uuid()).all(connection).await
}

pub(super) struct Merging<'a> {
    pub survivor: PersonId,
    pub id: Uuid,
    pub merged: PersonId,
    pub reason: &'a str,
    pub by: Uuid,
    pub by_login: &'a str,
    pub at: Timestamp,
}

pub(super) async fn insert_merge(tx: &mut Tx, merging: &Merging<'_>) -> Result<(), Error> {
    const SQL: &str = "insert into person_merge (subject_id, id, merged_id, reason, merged_at, merged_by, \
                       merged_by_login) values ($1, $2, $3, $4, $5, $6, $7)";
    query(SQL)
        .bind(merging.survivor.uuid())
        .bind(merging.id)
        .bind(merging.merged.uuid())
        .bind(merging.reason)
        .bind(DbInstant(merging.at))
        .bind(merging.by)
        .bind(merging.by_login)
        .execute(tx)
        .await?;
    Ok(())
}

/// Marks a merge as undone. False when it was before.
pub(super) async fn mark_undone(tx: &mut Tx, undoing: &Merging<'_>) -> Result<bool, Error> {
    const SQL: &str = "update person_merge set undone_at = $3, undone_by = $4, undone_by_login = $5, \
                       undone_reason = $6 where subject_id = $1 and id = $2 and undone_at is null";
    let rows = query(SQL)
        .bind(undoing.survivor.uuid())
        .bind(undoing.id)
        .bind(DbInstant(undoing.at))
        .bind(undoing.by)
        .bind(undoing.by_login)
        .bind(undoing.reason)
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Says that a record stands under another, or for itself again. False when it does not stand where it was `expected`.
pub(super) async fn point(
    tx: &mut Tx,
    person: PersonId,
    at: Option<PersonId>,
    expected: Option<PersonId>,
) -> Result<bool, Error> {
    const SQL: &str = "update person set merged_into = $2 where subject_id = $1 \
                       and (merged_into = $3 or (merged_into is null and $4 = 1))";
    let rows = query(SQL)
        .bind(person.uuid())
        .bind(at.map(Id::uuid))
        .bind(expected.map(Id::uuid))
        .bind(i32::from(expected.is_none()))
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Records that stood under `from` stand under `to` now; gives back which.
pub(super) async fn point_on(
    tx: &mut Tx,
    from: PersonId,
    to: PersonId,
) -> Result<Vec<Uuid>, Error> {
    const SQL: &str =
        "update person set merged_into = $2 where merged_into = $1 returning subject_id";
    let rows: Vec<(Uuid,)> = query(SQL).bind(from.uuid()).bind(to.uuid()).all(tx).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// A row that a merge moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moved {
    pub table: String,
    pub column: String,
    pub row: Uuid,
}

impl Moved {
    /// A row that moved with the subject it hangs on.
    pub(super) fn of_subject(table: &str, row: Uuid) -> Moved {
        Moved {
            table: table.to_owned(),
            column: "subject_id".to_owned(),
            row,
        }
    }

    /// A record that was merged before and leads on.
    pub(super) fn pointing(person: Uuid) -> Moved {
        Moved {
            table: "person".to_owned(),
            column: "merged_into".to_owned(),
            row: person,
        }
    }

    pub(super) fn is_pointing(&self) -> bool {
        self.table == "person"
    }
}

/// Whether both persons have a row of the same id in a table: then one would hide the other.
pub(super) async fn share_a_row(
    connection: &mut Connection,
    table: &Hanging,
    (one, other): (PersonId, PersonId),
) -> Result<bool, Error> {
    let sql = format!(
        "select a.id from \"{0}\" a join \"{0}\" b on b.id = a.id where a.subject_id = $1 and b.subject_id = $2 limit 1",
        table.table
    );
    let row: Option<(Uuid,)> = query(Sql::built(sql))
        .bind(one.uuid())
        .bind(other.uuid())
        .optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Moves every row of a table that names `from` in one of its columns; gives back which.
pub(super) async fn move_rows(
    tx: &mut Tx,
    table: &Hanging,
    from: PersonId,
    to: PersonId,
) -> Result<Vec<Moved>, Error> {
    let mut moved = Vec::new();
    for column in &table.subjects {
        let sql = format!(
            "update \"{}\" set \"{column}\" = $2 where \"{column}\" = $1 returning id",
            table.table
        );
        let rows: Vec<(Uuid,)> = query(Sql::built(sql))
            .bind(from.uuid())
            .bind(to.uuid())
            .all(tx)
            .await?;
        moved.extend(rows.into_iter().map(|(row,)| Moved {
            table: table.table.clone(),
            column: column.clone(),
            row,
        }));
    }
    // A repeated group has several rows of one id; they move together.
    moved.sort();
    moved.dedup();
    Ok(moved)
}

/// Moves one row.
pub(super) async fn move_row(
    tx: &mut Tx,
    moved: &Moved,
    from: PersonId,
    to: PersonId,
) -> Result<(), Error> {
    let sql = format!(
        "update \"{}\" set \"{1}\" = $2 where \"{1}\" = $1 and id = $3",
        moved.table, moved.column
    );
    query(Sql::built(sql))
        .bind(from.uuid())
        .bind(to.uuid())
        .bind(moved.row)
        .execute(tx)
        .await?;
    Ok(())
}

/// Rows that hang on one of the enrollments but were not there when it was moved: what its facts amounted to under the
/// other record, or what was told afterwards.
pub(super) async fn rows_of_enrollment(
    connection: &mut Connection,
    table: &Hanging,
    subject: PersonId,
    enrollment: Uuid,
) -> Result<Vec<Uuid>, Error> {
    let sql = format!(
        "select id from \"{}\" where subject_id = $1 and enrollment_id = $2",
        table.table
    );
    let rows: Vec<(Uuid,)> = query(Sql::built(sql))
        .bind(subject.uuid())
        .bind(enrollment)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes away a row that was computed, never one that somebody recorded.
pub(super) async fn remove_computed(
    tx: &mut Tx,
    table: &str,
    subject: PersonId,
    id: Uuid,
) -> Result<(), Error> {
    let sql = format!("delete from \"{table}\" where subject_id = $1 and id = $2");
    query(Sql::built(sql))
        .bind(subject.uuid())
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Rows about tasks that stand under `to` go there too; gives back which.
pub(super) async fn follow_tasks(
    tx: &mut Tx,
    table: &Hanging,
    from: PersonId,
    to: PersonId,
) -> Result<Vec<Moved>, Error> {
    let sql = format!(
        "update \"{}\" set subject_id = $2 where subject_id = $1 \
         and task_id in (select id from task where subject_id = $2) returning id",
        table.table
    );
    let rows: Vec<(Uuid,)> = query(Sql::built(sql))
        .bind(from.uuid())
        .bind(to.uuid())
        .all(tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(row,)| Moved::of_subject(&table.table, row))
        .collect())
}

/// Remembers the rows that a merge moved.
pub(super) async fn remember(
    tx: &mut Tx,
    survivor: PersonId,
    merge: Uuid,
    moved: &[Moved],
) -> Result<(), Error> {
    use crate::db::{Cell, Insert};
    static ROWS: std::sync::LazyLock<Insert> = std::sync::LazyLock::new(|| {
        Insert::new(
            "person_merge_row",
            &["subject_id", "id", "table_name", "column_name", "row_id"],
            "",
        )
    });
    let cells = moved.iter().flat_map(|moved| {
        [
            Cell::id(survivor.uuid()),
            Cell::id(merge),
            Cell::text(moved.table.as_str()),
            Cell::text(moved.column.as_str()),
            Cell::id(moved.row),
        ]
    });
    ROWS.run(tx, cells.collect()).await?;
    Ok(())
}

/// The rows that a merge moved.
pub(super) async fn remembered(
    connection: &mut Connection,
    survivor: PersonId,
    merge: Uuid,
) -> Result<Vec<Moved>, Error> {
    const SQL: &str = "select table_name, column_name, row_id from person_merge_row \
                       where subject_id = $1 and id = $2 order by table_name, column_name, row_id";
    let rows: Vec<(String, String, Uuid)> = query(SQL)
        .bind(survivor.uuid())
        .bind(merge)
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(table, column, row)| Moved { table, column, row })
        .collect())
}

/// An enrollment's version and when it got it.
pub(super) async fn enrollment_versions(
    connection: &mut Connection,
    subject: PersonId,
) -> Result<Vec<(Uuid, i64, DbInstant)>, Error> {
    const SQL: &str = "select id, version, updated_at from enrollment where subject_id = $1";
    query(SQL).bind(subject.uuid()).all(connection).await
}

/// Remembers the version of an enrollment before and after it was moved.
pub(super) async fn remember_version(
    tx: &mut Tx,
    (survivor, merge): (PersonId, Uuid),
    enrollment: Uuid,
    (before, updated_before): (i64, DbInstant),
    after: i64,
) -> Result<(), Error> {
    const SQL: &str = "update person_merge_row set version_before = $4, updated_before = $5, version_after = $6 \
                       where subject_id = $1 and id = $2 and table_name = 'enrollment' \
                       and column_name = 'subject_id' and row_id = $3";
    query(SQL)
        .bind(survivor.uuid())
        .bind(merge)
        .bind(enrollment)
        .bind(before)
        .bind(updated_before)
        .bind(after)
        .execute(tx)
        .await?;
    Ok(())
}

row! {
    /// The version of an enrollment around a merge.
    pub(super) struct VersionRow {
        pub row_id: Uuid,
        pub version_before: i64,
        pub version_after: i64,
        pub updated_before: DbInstant,
    }
}

/// The versions of the enrollments that a merge moved.
pub(super) async fn remembered_versions(
    connection: &mut Connection,
    survivor: PersonId,
    merge: Uuid,
) -> Result<Vec<VersionRow>, Error> {
    const SQL: &str = "select row_id, version_before, version_after, updated_before from person_merge_row \
                       where subject_id = $1 and id = $2 and version_after is not null";
    query(SQL)
        .bind(survivor.uuid())
        .bind(merge)
        .all(connection)
        .await
}

/// Gives an enrollment its version back.
pub(super) async fn restore_version(
    tx: &mut Tx,
    subject: PersonId,
    version: &VersionRow,
) -> Result<(), Error> {
    const SQL: &str =
        "update enrollment set version = $3, updated_at = $4 where subject_id = $1 and id = $2";
    query(SQL)
        .bind(subject.uuid())
        .bind(version.row_id)
        .bind(version.version_before)
        .bind(version.updated_before)
        .execute(tx)
        .await?;
    Ok(())
}
