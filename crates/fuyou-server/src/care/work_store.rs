//! SQL about the work list.

use fuyou_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::Error;
use super::work::{Attempt, Reach, WorkKind};
use crate::db::{Connection, DbDate, DbInstant, Tx, query, row};
use crate::registry::Level;

/// Above this rank a task belongs to somebody in the upper half of the scale of risk.
const HIGH_RISK_RANK_MIN: i64 = 50;

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

// $1 organization, $2 path, $3 level, $4 now, $5 today, $6 program or empty, $7 reach
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
macro_rules! current {
    ($reach:expr) => {
        concat!(
            "from task where state = 'open' and from_on <= $5 and ($6 = '' or program = $6) and ",
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
        "overdue_at <= $4"
    };
    ("due_today") => {
        "(due_on = $5 and due_at is null)"
    };
    ("ready") => {
        "(due_on > $5 and due_at is null)"
    };
    ("clock") => {
        "due_at is not null"
    };
    ("high_risk") => {
        "risk_rank >= $7"
    };
    ("escalated") => {
        concat!("coalesce(", sees_at!(), " <= $4, false)")
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

/// How many tasks of each kind, in the order of [`WorkKind::ALL`].
pub(super) async fn counts(
    connection: &mut Connection,
    seat: Seat<'_>,
    reach: Reach,
    program: &str,
) -> Result<[i64; 7], Error> {
    macro_rules! counts {
        ($reach:expr) => {
            concat!(
                "select ",
                sum!("clock"),
                ", ",
                sum!("overdue"),
                ", ",
                sum!("due_today"),
                ", ",
                sum!("ready"),
                ", ",
                sum!("high_risk"),
                ", ",
                sum!("escalated"),
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
    let row: (i64, i64, i64, i64, i64, i64, i64) = query(sql)
        .bind(seat.organization)
        .bind(seat.path)
        .bind(seat.level.word())
        .bind(DbInstant(seat.now))
        .bind(DbDate(seat.today))
        .bind(program)
        .bind(HIGH_RISK_RANK_MIN)
        .one(connection)
        .await?;
    Ok([row.0, row.1, row.2, row.3, row.4, row.5, row.6])
}

/// One page, the most urgent first. `after` is the instant and id of the line before.
pub(super) async fn page(
    connection: &mut Connection,
    seat: Seat<'_>,
    (reach, kind, program): (Reach, Option<WorkKind>, &str),
    after: (Timestamp, Uuid),
    limit: u32,
) -> Result<Vec<TaskRow>, Error> {
    macro_rules! page {
        ($reach:expr) => {
            concat!(
                "select id, subject_id, enrollment_id, program, origin, item, form, owner_id, from_on, due_on, due_at, \
                 overdue_at, risk_rank, risk_marks, ", sees_at!(), " as sees_at, lapses_on, \
                 (select count(*) from task_attempt a where a.subject_id = task.subject_id and a.task_id = task.id) \
                 as attempts ", current!($reach), " and $1 = $1 and ", missed!(), " = ($8 = 'missed') and ($8 in ('', 'missed') or ($8 = 'clock' and ", kind!("clock"),
                ") or ($8 = 'overdue' and ", kind!("overdue"), ") or ($8 = 'due_today' and ", kind!("due_today"),
                ") or ($8 = 'ready' and ", kind!("ready"), ") or ($8 = 'high_risk' and ", kind!("high_risk"),
                ") or ($8 = 'escalated' and ", kind!("escalated"), ")) and (overdue_at, id) > ($9, $10) \
                 order by overdue_at, id limit $11"
            )
        };
    }
    const OWN: &str = page!(own!());
    const BELOW: &str = page!(below!());
    let sql = match reach {
        Reach::Own => OWN,
        Reach::Below => BELOW,
    };
    let kind = match kind {
        None => "",
        Some(WorkKind::Clock) => "clock",
        Some(WorkKind::Overdue) => "overdue",
        Some(WorkKind::DueToday) => "due_today",
        Some(WorkKind::Ready) => "ready",
        Some(WorkKind::HighRisk) => "high_risk",
        Some(WorkKind::Escalated) => "escalated",
        Some(WorkKind::Missed) => "missed",
    };
    Ok(query(sql)
        .bind(seat.organization)
        .bind(seat.path)
        .bind(seat.level.word())
        .bind(DbInstant(seat.now))
        .bind(DbDate(seat.today))
        .bind(program)
        .bind(HIGH_RISK_RANK_MIN)
        .bind(kind)
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
