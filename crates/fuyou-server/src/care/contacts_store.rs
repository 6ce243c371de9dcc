//! SQL about attempts to reach the subjects of a list, and about who answers for them.

use uuid::Uuid;

use crate::db::{Cell, Connection, DbDate, DbInstant, Error, FromRow, ManyKeys, row};

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

/// Enrollment and user, and when she acted.
pub(super) type Act = (Uuid, Uuid, DbInstant);

async fn run<T: FromRow>(
    connection: &mut Connection,
    (head, key): (&str, [&str; 2]),
    keys: &[(Uuid, Uuid)],
) -> Result<Vec<T>, Error> {
    let query = ManyKeys::new(head, &key);
    let rows = query.run(connection, cells(keys)).await?;
    Ok(rows.iter().map(T::from_row).collect::<sqlx::Result<_>>()?)
}

/// The organizations of these enrollments.
pub(super) async fn places(
    connection: &mut Connection,
    keys: &[(Uuid, Uuid)],
) -> Result<Vec<(Uuid, Uuid)>, Error> {
    let head = "select e.id, e.org_id from enrollment e where";
    run(connection, (head, ["e.subject_id", "e.id"]), keys).await
}

/// Who recorded what stands about these enrollments.
pub(super) async fn recorders(
    connection: &mut Connection,
    keys: &[(Uuid, Uuid)],
) -> Result<Vec<Act>, Error> {
    let head = "select e.enrollment_id, e.recorded_by, e.recorded_at from encounter e \
                where e.voided_at is null and e.recorded_by is not null and";
    run(
        connection,
        (head, ["e.subject_id", "e.enrollment_id"]),
        keys,
    )
    .await
}

/// Who tried to do their open tasks.
pub(super) async fn attempters(
    connection: &mut Connection,
    keys: &[(Uuid, Uuid)],
) -> Result<Vec<Act>, Error> {
    let head = "select t.enrollment_id, a.by_id, a.at from task_attempt a \
                join task t on t.subject_id = a.subject_id and t.id = a.task_id where t.state = 'open' and";
    run(
        connection,
        (head, ["t.subject_id", "t.enrollment_id"]),
        keys,
    )
    .await
}
