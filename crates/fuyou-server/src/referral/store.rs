//! SQL about referrals.

use fuyou_kernel::{Date, DayNumber};
use fuyou_pack::Program;
use fuyou_pack::replay::{self, ReferralOutcome, ReferralState};
use uuid::Uuid;

use super::{LATE_DAYS_MAX, Side, SideCount, Slip, Span, Urgency};
use crate::db::{Connection, DbDate, DbInstant, Error, Operation, Tx, query, row};

row! {
    /// A referral as it stands in the table.
    #[derive(Clone, Debug)]
    pub(crate) struct ReferralRow {
        pub id: Uuid,
        pub enrollment_id: Uuid,
        pub subject_id: Uuid,
        pub program: String,
        pub kind: String,
        pub from_org_id: Uuid,
        pub to_org_id: Uuid,
        pub escalated_org_id: Option<Uuid>,
        pub state: String,
        pub version: i64,
        pub sent_at: DbInstant,
        pub sent_by: Option<Uuid>,
        pub reason: String,
        pub sent_on: DbDate,
        pub arrive_by: Option<DbDate>,
        pub arrived_on: Option<DbDate>,
        pub feedback_by: Option<DbDate>,
        pub feedback_on: Option<DbDate>,
        pub feedback: Option<String>,
        pub follow_up_by: Option<DbDate>,
        pub follow_up: Option<String>,
        pub remark: Option<String>,
        pub next_by: Option<DbDate>,
    }
}

impl ReferralRow {
    /// The state, if it is one of ours.
    pub(crate) fn state(&self) -> Option<ReferralState> {
        ReferralState::ALL
            .into_iter()
            .find(|state| state.word() == self.state)
    }

    /// What the replay is told; none when the pack no longer has this kind.
    pub(crate) fn told(&self, program: &Program) -> Option<replay::Referral> {
        let day = |date: DbDate| DayNumber::from(date.0);
        Some(replay::Referral {
            id: self.id.as_u128(),
            kind: program.referral_ix(&self.kind)?,
            state: self.state()?,
            sent_on: Some(day(self.sent_on)),
            arrived_on: self.arrived_on.map(day),
            feedback_on: self.feedback_on.map(day),
        })
    }
}

/// The clocks of a referral as the pack sets them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clocks {
    pub arrive_by: Option<Date>,
    pub feedback_by: Option<Date>,
    pub follow_up_by: Option<Date>,
    /// The last day of what must happen next.
    pub next_by: Option<Date>,
}

impl Clocks {
    /// The clocks in a state.
    pub(crate) fn of(state: ReferralState, outcome: &ReferralOutcome) -> Clocks {
        let date = |day: Option<DayNumber>| day.and_then(|day| Date::try_from(day).ok());
        let (arrive_by, feedback_by) = (date(outcome.arrive_by), date(outcome.feedback_by));
        let follow_up_by = date(outcome.follow_up_by);
        let next_by = match state {
            ReferralState::Sent | ReferralState::Accepted => arrive_by.or(follow_up_by),
            ReferralState::Arrived => feedback_by.or(follow_up_by),
            ReferralState::Feedback => follow_up_by,
            ReferralState::Declined | ReferralState::Closed | ReferralState::Cancelled => None,
        };
        Clocks {
            arrive_by,
            feedback_by,
            follow_up_by,
            next_by,
        }
    }
}

/// What happens to the row of a referral.
#[derive(Clone, Debug)]
pub(crate) enum ReferralChange {
    /// It was sent.
    Sent(ReferralRow),
    /// It was sent with a slip.
    SentWithSlip(ReferralRow, Box<Slip>),
    /// It went a step further from this version.
    Stepped(ReferralRow),
}

impl ReferralChange {
    /// Which referral.
    pub(crate) fn id(&self) -> Uuid {
        match self {
            ReferralChange::Sent(row)
            | ReferralChange::SentWithSlip(row, _)
            | ReferralChange::Stepped(row) => row.id,
        }
    }

    /// The line of the change feed.
    pub(crate) fn operation(&self) -> Operation {
        match self {
            ReferralChange::Sent(_) | ReferralChange::SentWithSlip(..) => Operation::Insert,
            ReferralChange::Stepped(_) => Operation::Update,
        }
    }
}

macro_rules! columns {
    () => {
        "id, enrollment_id, subject_id, program, kind, from_org_id, to_org_id, escalated_org_id, state, version, sent_at, \
         sent_by, reason, sent_on, arrive_by, arrived_on, feedback_by, feedback_on, feedback, follow_up_by, follow_up, \
         remark, next_by"
    };
}

/// The referrals of a subject, oldest first: [`ReferralRow`]s.
pub(crate) const REFERRALS: &str = concat!(
    "select ",
    columns!(),
    " from referral where subject_id = $1 order by sent_at, id"
);

/// Stores the clocks of a referral as the pack sets them.
pub(crate) async fn set_clocks(
    tx: &mut Tx,
    subject: Uuid,
    id: Uuid,
    clocks: &Clocks,
) -> Result<(), Error> {
    const SQL: &str = "update referral set arrive_by = $3, feedback_by = $4, follow_up_by = $5, next_by = $6 \
                       where subject_id = $1 and id = $2";
    query(SQL)
        .bind(subject)
        .bind(id)
        .bind(clocks.arrive_by.map(DbDate))
        .bind(clocks.feedback_by.map(DbDate))
        .bind(clocks.follow_up_by.map(DbDate))
        .bind(clocks.next_by.map(DbDate))
        .execute(tx)
        .await?;
    Ok(())
}

/// Stores a referral or its next step, and who may open the record because of it. False when somebody was faster.
pub(crate) async fn store_change(
    tx: &mut Tx,
    change: &ReferralChange,
    clocks: &Clocks,
) -> Result<bool, Error> {
    match change {
        ReferralChange::Sent(row) => insert(tx, row, clocks).await,
        ReferralChange::SentWithSlip(row, slip) => {
            let done = insert(tx, row, clocks).await?;
            insert_slip(tx, row, slip).await?;
            Ok(done)
        }
        ReferralChange::Stepped(row) => {
            let done = update(tx, row).await?;
            set_clocks(tx, row.subject_id, row.id, clocks).await?;
            Ok(done)
        }
    }
}

async fn insert(tx: &mut Tx, row: &ReferralRow, clocks: &Clocks) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "insert into referral (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) \
         on conflict do nothing"
    );
    let rows = query(SQL)
        .bind(row.id)
        .bind(row.enrollment_id)
        .bind(row.subject_id)
        .bind(row.program.as_str())
        .bind(row.kind.as_str())
        .bind(row.from_org_id)
        .bind(row.to_org_id)
        .bind(row.escalated_org_id)
        .bind(row.state.as_str())
        .bind(row.version)
        .bind(row.sent_at)
        .bind(row.sent_by)
        .bind(row.reason.as_str())
        .bind(row.sent_on)
        .bind(clocks.arrive_by.map(DbDate))
        .bind(row.arrived_on)
        .bind(clocks.feedback_by.map(DbDate))
        .bind(row.feedback_on)
        .bind(row.feedback.as_deref())
        .bind(clocks.follow_up_by.map(DbDate))
        .bind(row.follow_up.as_deref())
        .bind(row.remark.as_deref())
        .bind(clocks.next_by.map(DbDate))
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

async fn insert_slip(tx: &mut Tx, row: &ReferralRow, slip: &Slip) -> Result<(), Error> {
    const SQL: &str = "insert into referral_slip (subject_id, referral_id, urgency, findings, treatment, asked, department, \
                       transport, escort, called_ahead, doctor, phone) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing";
    query(SQL)
        .bind(row.subject_id)
        .bind(row.id)
        .bind(slip.urgency.word())
        .bind(slip.findings.as_str())
        .bind(slip.treatment.as_str())
        .bind(slip.asked.as_str())
        .bind(slip.department.as_str())
        .bind(slip.transport.as_str())
        .bind(slip.escort.as_str())
        .bind(slip.called_ahead.as_str())
        .bind(slip.doctor.as_str())
        .bind(slip.phone.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

row! {
    /// A slip as it stands in the table.
    struct SlipRow {
        pub urgency: String,
        pub findings: String,
        pub treatment: String,
        pub asked: String,
        pub department: String,
        pub transport: String,
        pub escort: String,
        pub called_ahead: String,
        pub doctor: String,
        pub phone: String,
    }
}

/// The slip of a referral; none when it was sent without.
pub(super) async fn slip_of(
    connection: &mut Connection,
    subject: Uuid,
    referral: Uuid,
) -> Result<Option<Slip>, Error> {
    const SQL: &str = "select urgency, findings, treatment, asked, department, transport, escort, called_ahead, doctor, \
                       phone from referral_slip where subject_id = $1 and referral_id = $2";
    let row: Option<SlipRow> = query(SQL)
        .bind(subject)
        .bind(referral)
        .optional(connection)
        .await?;
    Ok(row.and_then(|row| {
        Some(Slip {
            urgency: Urgency::of(&row.urgency)?,
            findings: row.findings,
            treatment: row.treatment,
            asked: row.asked,
            department: row.department,
            transport: row.transport,
            escort: row.escort,
            called_ahead: row.called_ahead,
            doctor: row.doctor,
            phone: row.phone,
        })
    }))
}

async fn update(tx: &mut Tx, row: &ReferralRow) -> Result<bool, Error> {
    const SQL: &str = "update referral set state = $4, arrived_on = $5, feedback_on = $6, feedback = $7, follow_up = $8, \
                       remark = $9, version = version + 1 where subject_id = $1 and id = $2 and version = $3";
    let rows = query(SQL)
        .bind(row.subject_id)
        .bind(row.id)
        .bind(row.version)
        .bind(row.state.as_str())
        .bind(row.arrived_on)
        .bind(row.feedback_on)
        .bind(row.feedback.as_deref())
        .bind(row.follow_up.as_deref())
        .bind(row.remark.as_deref())
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

macro_rules! incoming {
    () => {
        "to_org_id in (select id from org_place where substr(path, 1, length($1)) = $1)"
    };
}
macro_rules! outgoing {
    () => {
        "from_org_id in (select id from org_place where substr(path, 1, length($1)) = $1)"
    };
}
macro_rules! unanswered {
    () => {
        "state = 'arrived' and (to_org_id in (select id from org_place where substr(path, 1, length($1)) = $1) \
         or from_org_id in (select id from org_place where substr(path, 1, length($1)) = $1))"
    };
}
macro_rules! late {
    () => { "escalated_org_id in (select id from org_place where substr(path, 1, length($1)) = $1) and next_by < $2" };
}

/// Where a page of the desk begins: the last day of what must happen next, and the id of the line before.
pub(super) type After = (Date, Uuid);

/// Lines without a clock come last.
pub(super) const FAR: Date = Date::constant(9999, 12, 30);

/// Urgent referrals read for one page at most.
const URGENT_MAX: i64 = 500;

/// What is due before this day stands no longer among the day's work.
fn floor(today: Date) -> Date {
    let first = DayNumber(DayNumber::from(today).0 - LATE_DAYS_MAX);
    Date::try_from(first).unwrap_or(today)
}

/// One page of one side of the desk, the most urgent first.
pub(super) async fn page(
    connection: &mut Connection,
    (path, today): (&str, Date),
    (side, span): (Side, Span),
    after: Option<After>,
    limit: u32,
) -> Result<Vec<ReferralRow>, Error> {
    macro_rules! page {
        ($side:expr) => {
            concat!(
                "select ", columns!(), " from referral where ", $side, " and $2 = $2 and coalesce(next_by, $4) >= $3 \
                 and coalesce(next_by, $4) < $8 and (coalesce(next_by, $4), id) > ($5, $6) order by coalesce(next_by, $4), id limit $7"
            )
        };
    }
    const INCOMING: &str = page!(incoming!());
    const OUTGOING: &str = page!(outgoing!());
    const UNANSWERED: &str = page!(unanswered!());
    const ESCALATED: &str = page!(late!());
    let sql = match side {
        Side::Incoming => INCOMING,
        Side::Outgoing => OUTGOING,
        Side::Unanswered => UNANSWERED,
        Side::Escalated => ESCALATED,
    };
    let beginning = Date::constant(1, 1, 1);
    let (by, id) = after.unwrap_or((beginning, Uuid::nil()));
    let (from, before) = match span {
        Span::Running => (floor(today), FAR),
        Span::Older => (beginning, floor(today)),
        Span::All => (beginning, Date::MAX),
    };
    query(sql)
        .bind(path)
        .bind(DbDate(today))
        .bind(DbDate(from))
        .bind(DbDate(FAR))
        .bind(DbDate(by))
        .bind(id)
        .bind(i64::from(limit))
        .bind(DbDate(before))
        .all(connection)
        .await
}

/// The running referrals of a side that cannot wait, with their urgency.
pub(super) async fn urgent(
    connection: &mut Connection,
    (path, today): (&str, Date),
    side: Side,
) -> Result<Vec<(Uuid, String)>, Error> {
    macro_rules! urgent {
        ($side:expr) => {
            concat!(
                "select s.referral_id, s.urgency from referral r join referral_slip s \
                 on s.subject_id = r.subject_id and s.referral_id = r.id \
                 where s.urgency <> 'routine' and r.next_by is not null and $2 = $2 and ",
                $side,
                " order by r.next_by, r.id limit $3"
            )
        };
    }
    const INCOMING: &str = urgent!(incoming!());
    const OUTGOING: &str = urgent!(outgoing!());
    const UNANSWERED: &str = urgent!(unanswered!());
    const ESCALATED: &str = urgent!(late!());
    let sql = match side {
        Side::Incoming => INCOMING,
        Side::Outgoing => OUTGOING,
        Side::Unanswered => UNANSWERED,
        Side::Escalated => ESCALATED,
    };
    query(sql)
        .bind(path)
        .bind(DbDate(today))
        .bind(URGENT_MAX)
        .all(connection)
        .await
}

/// How many referrals of a side are running.
pub(super) async fn counts(
    connection: &mut Connection,
    (path, today): (&str, Date),
    side: Side,
) -> Result<SideCount, Error> {
    macro_rules! count {
        ($side:expr) => {
            concat!(
                "select coalesce(sum(case when next_by >= $3 then 1 else 0 end), 0), \
                 coalesce(sum(case when next_by >= $3 and next_by < $2 then 1 else 0 end), 0), \
                 coalesce(sum(case when next_by < $3 then 1 else 0 end), 0) from referral \
                 where next_by is not null and ", $side
            )
        };
    }
    const INCOMING: &str = count!(incoming!());
    const OUTGOING: &str = count!(outgoing!());
    const UNANSWERED: &str = count!(unanswered!());
    const ESCALATED: &str = count!(late!());
    let sql = match side {
        Side::Incoming => INCOMING,
        Side::Outgoing => OUTGOING,
        Side::Unanswered => UNANSWERED,
        Side::Escalated => ESCALATED,
    };
    let (running, late, older) = query(sql)
        .bind(path)
        .bind(DbDate(today))
        .bind(DbDate(floor(today)))
        .one(connection)
        .await?;
    Ok(SideCount {
        running,
        late,
        older,
    })
}
