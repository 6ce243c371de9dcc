//! SQL about the work list.

use std::time::Duration;

use fuyou_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::Error;
use super::work::{Attempt, Reach, WorkKind};
use crate::db::{Connection, DbDate, DbInstant, Query, Sql, Tx, query, row};
use crate::registry::Level;

/// Above this rank a task belongs to somebody in the upper half of the scale of risk.
const HIGH_RISK_RANK_MIN: i64 = 50;

/// A task overdue by no more than this stands in the first of the three parts of what is overdue.
const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// A task overdue by no more than this stands in the second; what is older stands in the third.
const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// Whose list it is, and when.
#[derive(Clone, Copy)]
pub(super) struct Seat<'a> {
    pub organization: Uuid,
    /// The path of the organization: its subtree is a prefix.
    pub path: &'a str,
    pub level: Level,
    pub now: Timestamp,
    pub today: Date,
}

row! {
    /// A task as it stands in the table.
    pub(super) struct TaskRow {
        pub id: Uuid,
        pub subject_id: Uuid,
        pub enrollment_id: Uuid,
        pub program: String,
        pub origin: String,
        pub item: String,
        pub form: Option<String>,
        pub owner_id: Uuid,
        pub from_on: DbDate,
        pub due_on: Option<DbDate>,
        pub due_at: Option<DbInstant>,
        pub overdue_at: DbInstant,
        pub risk_rank: i64,
        pub risk_marks: String,
        pub sees_at: Option<DbInstant>,
        pub lapses_on: Option<DbDate>,
        pub attempts: i64,
    }
}

// $1 organization, $2 path, $3 now, $4 today, $5 program or empty, $6 rank of high risk, $7 a week ago, $8 thirty days ago
const BELOW: &str = "owner_id in (select id from org_place where substr(path, 1, length($2)) = $2)";
/// What has lapsed is missed and nothing else.
const MISSED: &str = "coalesce(lapses_on <= $4, false)";

/// The instant from which a level sees what is overdue below it.
fn sees_at(level: Level) -> &'static str {
    match level {
        Level::Village => "village_sees_at",
        Level::Township => "township_sees_at",
        Level::County => "county_sees_at",
        Level::City => "city_sees_at",
        Level::Province => "province_sees_at",
    }
}

/// The open tasks within reach that have begun, in parts that exclude each other and that an index each answers: a list
/// must not grow with what is open elsewhere. Nobody sees what is below before it is overdue.
fn parts(level: Level, reach: Reach) -> Vec<String> {
    let begun = "state = 'open' and from_on <= $4 and ($5 = '' or program = $5)";
    if reach == Reach::Below {
        return vec![format!("{begun} and {BELOW} and $1 = $1")];
    }
    let sees = sees_at(level);
    vec![
        format!("{begun} and owner_id = $1"),
        format!("{begun} and {sees} <= $3 and overdue_at <= $3 and owner_id <> $1 and {BELOW}"),
        format!(
            "{begun} and village_id = $1 and village_sees_at <= $3 and overdue_at <= $3 and owner_id <> $1 \
             and not coalesce({sees} <= $3 and {BELOW}, false)"
        ),
    ]
}

/// Whether a task belongs to a kind, or to the unfiltered list.
fn is_of(kind: Option<WorkKind>, level: Level) -> String {
    let sees = sees_at(level);
    let what = match kind {
        None => "overdue_at > $8".to_owned(),
        Some(WorkKind::Clock) => "due_at is not null and overdue_at > $8".to_owned(),
        Some(WorkKind::DueToday) => "due_on = $4 and due_at is null".to_owned(),
        Some(WorkKind::Overdue) => "overdue_at <= $3 and overdue_at > $7".to_owned(),
        Some(WorkKind::OverdueMonth) => "overdue_at <= $7 and overdue_at > $8".to_owned(),
        Some(WorkKind::OverdueLonger) => "overdue_at <= $8".to_owned(),
        Some(WorkKind::Ready) => "due_on > $4 and due_at is null".to_owned(),
        Some(WorkKind::HighRisk) => "risk_rank >= $6 and overdue_at > $8".to_owned(),
        Some(WorkKind::Escalated) => {
            format!("coalesce({sees} <= $3, false) and overdue_at > $8")
        }
        Some(WorkKind::Missed) => return MISSED.to_owned(),
    };
    format!("not {MISSED} and {what}")
}

/// A query over each part of what is within reach.
fn over_parts(level: Level, reach: Reach, columns: &str, and: &str) -> String {
    let part = |part: &String| format!("select {columns} from task where {part}{and}");
    let parts = parts(level, reach);
    parts
        .iter()
        .map(part)
        .collect::<Vec<_>>()
        .join(" union all ")
}

/// A statement about the list of a seat, with what all of them begin with: $1 to $8.
fn asked(sql: String, seat: Seat<'_>, program: &str) -> Query {
    query(Sql::built(sql))
        .bind(seat.organization)
        .bind(seat.path)
        .bind(DbInstant(seat.now))
        .bind(DbDate(seat.today))
        .bind(program)
        .bind(HIGH_RISK_RANK_MIN)
        .bind(DbInstant(seat.now - WEEK))
        .bind(DbInstant(seat.now - MONTH))
}

/// How many tasks the unfiltered list holds, and how many of each kind, in the order of [`WorkKind::ALL`].
pub(super) async fn counts(
    connection: &mut Connection,
    seat: Seat<'_>,
    reach: Reach,
    program: &str,
) -> Result<(i64, [i64; 9]), Error> {
    let kinds = std::iter::once(None).chain(WorkKind::ALL.map(Some));
    let sums: Vec<String> = kinds
        .map(|kind| {
            let is = is_of(kind, seat.level);
            format!("coalesce(sum(case when {is} then 1 else 0 end), 0)")
        })
        .collect();
    let sees = sees_at(seat.level);
    let told = format!("overdue_at, lapses_on, due_on, due_at, risk_rank, {sees}");
    let found = over_parts(seat.level, reach, &told, "");
    let sql = format!("select {} from ({found}) found", sums.join(", "));
    let row: (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64) =
        asked(sql, seat, program).one(connection).await?;
    let kinds = [
        row.1, row.2, row.3, row.4, row.5, row.6, row.7, row.8, row.9,
    ];
    Ok((row.0, kinds))
}

/// One page, the most urgent first. `after` is the instant and id of the line before.
pub(super) async fn page(
    connection: &mut Connection,
    seat: Seat<'_>,
    (reach, kind, program): (Reach, Option<WorkKind>, &str),
    after: (Timestamp, Uuid),
    limit: u32,
) -> Result<Vec<TaskRow>, Error> {
    // Only what indexes hold: rows are looked up when it is known which of them make the page.
    let is = is_of(kind, seat.level);
    let keys = over_parts(
        seat.level,
        reach,
        "subject_id, id, overdue_at",
        &format!(" and {is} and (overdue_at, id) > ($9, $10)"),
    );
    let sees = sees_at(seat.level);
    let sql = format!(
        "select t.id, t.subject_id, t.enrollment_id, t.program, t.origin, t.item, t.form, t.owner_id, t.from_on, \
         t.due_on, t.due_at, t.overdue_at, t.risk_rank, t.risk_marks, t.{sees} as sees_at, t.lapses_on, \
         (select count(*) from task_attempt a where a.subject_id = t.subject_id and a.task_id = t.id) as attempts \
         from (select * from ({keys}) found order by overdue_at, id limit $11) f \
         join task t on t.subject_id = f.subject_id and t.id = f.id order by t.overdue_at, t.id"
    );
    Ok(asked(sql, seat, program)
        .bind(DbInstant(after.0))
        .bind(after.1)
        .bind(i64::from(limit))
        .all(connection)
        .await?)
}

/// Enrollment and key of a task.
pub(super) async fn task(
    connection: &mut Connection,
    subject: Uuid,
    id: Uuid,
) -> Result<Option<(Uuid, String)>, Error> {
    const SQL: &str = "select enrollment_id, key from task where subject_id = $1 and id = $2";
    Ok(query(SQL)
        .bind(subject)
        .bind(id)
        .optional(connection)
        .await?)
}

/// Notes an attempt. False when it was noted before.
pub(super) async fn insert_attempt(
    tx: &mut Tx,
    attempt: &Attempt,
    (at, by): (Timestamp, Uuid),
) -> Result<bool, Error> {
    const SQL: &str = "insert into task_attempt (subject_id, id, task_id, at, by_id, outcome, note, again_on) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    let rows = query(SQL)
        .bind(attempt.subject.uuid())
        .bind(attempt.id)
        .bind(attempt.task.uuid())
        .bind(DbInstant(at))
        .bind(by)
        .bind(attempt.outcome.word())
        .bind(attempt.note.as_str())
        .bind(attempt.again_on.map(DbDate))
        .execute(tx)
        .await?;
    Ok(rows == 1)
}
