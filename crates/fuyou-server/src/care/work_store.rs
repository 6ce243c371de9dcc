//! SQL about the work list.

use std::time::Duration;

use fuyou_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::Error;
use super::work::{Attempt, Reach, WorkKind};
use crate::db::{Connection, DbDate, DbInstant, Query, Tx, query, row};
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

// $1 organization, $2 path, $3 level, $4 now, $5 today, $6 program or empty, $7 rank of high risk,
// $8 a week ago, $9 thirty days ago
macro_rules! sees_at {
    () => {
        "case $3 when 'village' then village_sees_at when 'township' then township_sees_at when 'county' then county_sees_at when 'city' then city_sees_at \
         when 'province' then province_sees_at else null end"
    };
}
macro_rules! below {
    () => {
        "owner_id in (select id from org_place where substr(path, 1, length($2)) = $2)"
    };
}
macro_rules! own {
    () => {
        concat!(
            "(owner_id = $1 or (village_id = $1 and village_sees_at <= $4) or (",
            sees_at!(),
            " <= $4 and ",
            below!(),
            "))"
        )
    };
}
// The tasks of the subtree, and those of others with which the village helps: each part is found by an index of its own,
// where one condition for both would be tried on every open task of the database.
macro_rules! current {
    ($reach:expr) => {
        concat!(
            "from (select * from task where state = 'open' and ",
            below!(),
            " union all select * from task where state = 'open' and village_id = $1 and not ",
            below!(),
            ") task where from_on <= $5 and ($6 = '' or program = $6) and ",
            $reach
        )
    };
}
// What has lapsed is missed and nothing else.
macro_rules! missed {
    () => {
        "coalesce(lapses_on <= $5, false)"
    };
}
macro_rules! kind {
    ("missed") => {
        missed!()
    };
    ("overdue") => {
        "(overdue_at <= $4 and overdue_at > $8)"
    };
    ("overdue-month") => {
        "(overdue_at <= $8 and overdue_at > $9)"
    };
    ("overdue-longer") => {
        "overdue_at <= $9"
    };
    ("due-today") => {
        "(due_on = $5 and due_at is null)"
    };
    ("ready") => {
        "(due_on > $5 and due_at is null)"
    };
    ("clock") => {
        "(due_at is not null and overdue_at > $9)"
    };
    ("high-risk") => {
        "(risk_rank >= $7 and overdue_at > $9)"
    };
    ("escalated") => {
        concat!(
            "(coalesce(",
            sees_at!(),
            " <= $4, false) and overdue_at > $9)"
        )
    };
    ("") => {
        "overdue_at > $9"
    };
}
macro_rules! is_missed {
    ("missed") => {
        "true"
    };
    ($kind:tt) => {
        "false"
    };
}
macro_rules! sum {
    ($kind:tt) => {
        concat!(
            "coalesce(sum(case when ",
            missed!(),
            " = ",
            is_missed!($kind),
            " and ",
            kind!($kind),
            " then 1 else 0 end), 0)"
        )
    };
}

/// A statement about the list of a seat, with what all of them begin with: $1 to $9.
fn asked(sql: &'static str, seat: Seat<'_>, program: &str) -> Query {
    query(sql)
        .bind(seat.organization)
        .bind(seat.path)
        .bind(seat.level.word())
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
    macro_rules! counts {
        ($reach:expr) => {
            concat!(
                "select ",
                sum!(""),
                ", ",
                sum!("clock"),
                ", ",
                sum!("due-today"),
                ", ",
                sum!("overdue"),
                ", ",
                sum!("overdue-month"),
                ", ",
                sum!("ready"),
                ", ",
                sum!("high-risk"),
                ", ",
                sum!("escalated"),
                ", ",
                sum!("overdue-longer"),
                ", ",
                sum!("missed"),
                " ",
                current!($reach),
                " and $1 = $1"
            )
        };
    }
    const OWN: &str = counts!(own!());
    const BELOW: &str = counts!(below!());
    let sql = match reach {
        Reach::Own => OWN,
        Reach::Below => BELOW,
    };
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
    macro_rules! of_kind {
        ($kind:tt) => {
            concat!(
                "($10 = '",
                $kind,
                "' and ",
                missed!(),
                " = ",
                is_missed!($kind),
                " and ",
                kind!($kind),
                ")"
            )
        };
    }
    macro_rules! page {
        ($reach:expr) => {
            concat!(
                "select id, subject_id, enrollment_id, program, origin, item, form, owner_id, from_on, due_on, due_at, \
                 overdue_at, risk_rank, risk_marks, ", sees_at!(), " as sees_at, lapses_on, \
                 (select count(*) from task_attempt a where a.subject_id = task.subject_id and a.task_id = task.id) \
                 as attempts ", current!($reach), " and $1 = $1 and (", of_kind!(""), " or ", of_kind!("clock"), " or ",
                of_kind!("due-today"), " or ", of_kind!("overdue"), " or ", of_kind!("overdue-month"), " or ",
                of_kind!("overdue-longer"), " or ", of_kind!("ready"), " or ", of_kind!("high-risk"), " or ",
                of_kind!("escalated"), " or ", of_kind!("missed"), ") and (overdue_at, id) > ($11, $12) order by overdue_at, id limit $13"
            )
        };
    }
    const OWN: &str = page!(own!());
    const BELOW: &str = page!(below!());
    let sql = match reach {
        Reach::Own => OWN,
        Reach::Below => BELOW,
    };
    Ok(asked(sql, seat, program)
        .bind(kind.map_or("", WorkKind::word))
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
