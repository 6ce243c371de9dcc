//! SQL about attempts to reach the subjects of a list.

use uuid::Uuid;

use crate::db::{Cell, Connection, DbDate, DbInstant, Error, FromRow as _, ManyKeys, row};

row! {
    pub(super) struct AttemptRow {
        pub enrollment_id: Uuid,
        pub outcome: String,
        pub at: DbInstant,
        pub again_on: Option<DbDate>,
    }
}

row! {
    pub(super) struct TaskRow {
        pub enrollment_id: Uuid,
        pub id: Uuid,
        pub overdue_at: DbInstant,
    }
}

/// Subjects and their enrollments, end to end.
fn cells(keys: &[(Uuid, Uuid)]) -> Vec<Cell> {
    let pairs = keys.iter();
    pairs
        .flat_map(|(subject, enrollment)| [Cell::id(*subject), Cell::id(*enrollment)])
        .collect()
}

/// The attempts about these enrollments.
pub(super) async fn attempts(
    connection: &mut Connection,
    keys: &[(Uuid, Uuid)],
) -> Result<Vec<AttemptRow>, Error> {
    let head = "select t.enrollment_id, a.outcome, a.at, a.again_on from task_attempt a \
                join task t on t.subject_id = a.subject_id and t.id = a.task_id where";
    let query = ManyKeys::new(head, &["t.subject_id", "t.enrollment_id"]);
    let rows = query.run(connection, cells(keys)).await?;
    Ok(rows
        .iter()
        .map(AttemptRow::from_row)
        .collect::<sqlx::Result<_>>()?)
}

/// The open tasks of these enrollments.
pub(super) async fn open_tasks(
    connection: &mut Connection,
    keys: &[(Uuid, Uuid)],
) -> Result<Vec<TaskRow>, Error> {
    let head = "select t.enrollment_id, t.id, t.overdue_at from task t where t.state = 'open' and";
    let query = ManyKeys::new(head, &["t.subject_id", "t.enrollment_id"]);
    let rows = query.run(connection, cells(keys)).await?;
    Ok(rows
        .iter()
        .map(TaskRow::from_row)
        .collect::<sqlx::Result<_>>()?)
}
