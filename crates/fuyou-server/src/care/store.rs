//! SQL about enrollments, encounters and what they amount to. The tables of packs are in [`super::tables`].

use std::collections::HashMap;
use std::sync::LazyLock;

use fuyou_kernel::Timestamp;
use fuyou_pack::Pack;
use fuyou_pack::replay::Completion;
use uuid::Uuid;

use super::derive::Finding;
use super::file::{Head, Kept};
use super::{EnrollmentState, Error};
use crate::db::{
    Cell, Connection, DbDate, DbInstant, FromRow, Insert, ManyKeys, Row, Sql, Together, Tx, query,
    row,
};
use crate::referral::{REFERRALS, ReferralRow};
use crate::registry::{OrganizationId, PROFILE, Standing, standing_of};

const KEY: &[&str] = &["subject_id", "id"];

const HEAD_COLUMNS: &[&str] = &[
    "subject_id",
    "id",
    "program",
    "org_id",
    "opened_on",
    "closed_on",
    "state",
    "held",
    "withdrawn",
    "died_on",
    "pack_version",
    "version",
    "created_at",
    "updated_at",
];

/// New enrollments. One that is there already is left alone, and the count tells.
pub(super) static ENROLLMENTS: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("enrollment", HEAD_COLUMNS, "on conflict do nothing"));

/// Enrollments with their next version. One that has another version than the one before is left alone, and the count
/// tells.
pub(super) static ADVANCED: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "enrollment",
        HEAD_COLUMNS,
        "on conflict (subject_id, id) do update set org_id = excluded.org_id, opened_on = excluded.opened_on, \
         closed_on = excluded.closed_on, state = excluded.state, held = excluded.held, \
         withdrawn = excluded.withdrawn, died_on = excluded.died_on, pack_version = excluded.pack_version, version = excluded.version, updated_at = excluded.updated_at \
         where enrollment.version = excluded.version - 1",
    )
});

/// New records. One that is there already is left alone, and the count tells.
pub(super) static RECORDS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "encounter",
        &[
            "subject_id",
            "id",
            "enrollment_id",
            "form",
            "occurred_on",
            "recorded_at",
            "recorded_org_id",
            "recorded_by",
            "version",
            "sent_hash",
            "content_hash",
            "reasons",
            "visit",
            "risk_after",
            "marks_after",
        ],
        "on conflict do nothing",
    )
});

/// Tasks, replaced when they are there.
pub(super) static TASKS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::upsert(
        "task",
        &[
            "subject_id",
            "id",
            "enrollment_id",
            "program",
            "key",
            "origin",
            "item",
            "form",
            "owner_id",
            "from_on",
            "due_on",
            "due_at",
            "overdue_at",
            "state",
            "done_on",
            "done_by",
            "on_time",
            "risk_rank",
            "risk_marks",
            "village_id",
            "village_sees_at",
            "township_sees_at",
            "county_sees_at",
            "city_sees_at",
            "province_sees_at",
            "lapses_on",
        ],
        KEY,
    )
});

/// Rule hits, replaced when they are there.
pub(super) static HITS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::upsert(
        "rule_hit",
        &[
            "subject_id",
            "id",
            "enrollment_id",
            "program",
            "rule",
            "since",
            "until",
            "encounter_id",
            "replaced",
        ],
        KEY,
    )
});

/// Points of the risk trajectory, replaced when they are there.
pub(super) static RISKS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::upsert(
        "risk_history",
        &[
            "subject_id",
            "id",
            "enrollment_id",
            "at",
            "level",
            "marks",
            "scores",
        ],
        KEY,
    )
});

/// Care relations, replaced when they are there.
pub(super) static RELATIONS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::upsert(
        "care_relation",
        &["subject_id", "id", "org_id", "kind", "until_on"],
        KEY,
    )
});

/// Tasks marked done by hand. Marking twice is marking once.
pub(super) static COMPLETIONS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "task_completion",
        &["subject_id", "id", "enrollment_id", "key", "at", "by_id"],
        "on conflict do nothing",
    )
});

/// Earlier versions of records.
pub(super) static EARLIER: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "encounter_history",
        &[
            "subject_id",
            "id",
            "encounter_id",
            "version",
            "changed_at",
            "changed_by",
            "changed_by_login",
            "what",
            "why",
            "occurred_on",
            "content",
        ],
        "on conflict do nothing",
    )
});

/// Changes of enrollments by people.
pub(super) static ENROLLMENT_CHANGES: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "enrollment_history",
        &[
            "subject_id",
            "id",
            "enrollment_id",
            "version",
            "changed_at",
            "changed_by",
            "changed_by_login",
            "what",
            "from_value",
            "to_value",
            "why",
        ],
        "on conflict do nothing",
    )
});

impl EnrollmentState {
    /// The word in storage.
    pub(super) fn word(self) -> &'static str {
        match self {
            EnrollmentState::Open => "open",
            EnrollmentState::Closed => "closed",
        }
    }

    fn read(word: &str) -> Result<Self, Error> {
        match word {
            "open" => Ok(EnrollmentState::Open),
            "closed" => Ok(EnrollmentState::Closed),
            other => Err(Error::Stored {
                column: "enrollment.state".to_owned(),
                text: other.to_owned(),
                ty: "state".to_owned(),
            }),
        }
    }
}

row! {
    struct EnrollmentRow {
        subject_id: Uuid,
        id: Uuid,
        program: String,
        org_id: Uuid,
        opened_on: DbDate,
        closed_on: Option<DbDate>,
        state: String,
        held: Option<String>,
        withdrawn: Option<String>,
        died_on: Option<DbDate>,
        pack_version: String,
        version: i64,
        created_at: DbInstant,
    }
}

/// The enrollments of a subject, oldest id first.
const ENROLLMENTS_OF: &str = "select subject_id, id, program, org_id, opened_on, closed_on, state, held, withdrawn, died_on, pack_version, version, \
                              created_at from enrollment where subject_id = $1 order by id";
/// The heads of all records of a subject.
const RECORDS_OF: &str = "select id, enrollment_id, form, occurred_on, recorded_at, recorded_org_id, recorded_by, version, \
                          sent_hash, content_hash, voided_at, void_reason, reasons from encounter where subject_id = $1";
/// The tasks of a subject that were marked done by hand.
const COMPLETIONS_OF: &str =
    "select enrollment_id, key, at from task_completion where subject_id = $1 order by at, id";

/// What stands in a subject's file besides the content of its records. The versions come first: whoever writes in
/// between is noticed when the version is compared. Who she is comes after them: whose enrollments went to another record
/// since is said to have been merged, and not to have none.
static HEADS: LazyLock<Together> = LazyLock::new(|| {
    let all = [
        ENROLLMENTS_OF,
        PROFILE,
        RECORDS_OF,
        COMPLETIONS_OF,
        REFERRALS,
    ];
    Together::of(all.map(Sql::built))
});

/// What stands in a subject's file besides the content of its records.
pub(super) struct Heads {
    pub standing: Standing,
    /// In programs that the pack has, oldest id first.
    pub enrollments: Vec<Head>,
    pub records: Vec<RecordRow>,
    pub completions: Vec<(Uuid, Completion)>,
    pub referrals: Vec<ReferralRow>,
}

/// The profile of a subject and the heads of her enrollments: what says whether something has changed.
pub(super) async fn versions_of(
    connection: &mut Connection,
    pack: &Pack,
    subject: Uuid,
) -> Result<(Standing, Vec<Head>), Error> {
    static BOTH: LazyLock<Together> =
        LazyLock::new(|| Together::of([ENROLLMENTS_OF, PROFILE].map(Sql::built)));
    let rows = BOTH
        .rows(connection, vec![Cell::id(subject)], |_| true)
        .await?;
    let [heads, standing] = &rows[..] else {
        unreachable!("two queries have two answers");
    };
    Ok((standing_of(standing)?, enrollments_in(pack, all(heads)?)?))
}

/// Reads the heads of a subject's file.
pub(super) async fn heads(
    connection: &mut Connection,
    pack: &Pack,
    subject: Uuid,
) -> Result<Heads, Error> {
    let cells = vec![Cell::id(subject)];
    let rows = HEADS.rows(connection, cells, |_| true).await?;
    let [enrollments, standing, records, completions, referrals] = &rows[..] else {
        unreachable!("five queries have five answers");
    };
    Ok(Heads {
        standing: standing_of(standing)?,
        enrollments: enrollments_in(pack, all(enrollments)?)?,
        records: all(records)?,
        completions: self::completions(all(completions)?),
        referrals: all(referrals)?,
    })
}

fn all<T: FromRow>(rows: &[Row]) -> Result<Vec<T>, crate::db::Error> {
    Ok(rows.iter().map(T::from_row).collect::<sqlx::Result<_>>()?)
}

/// The enrollments of a subject, in programs that the pack has, oldest id first.
pub(super) async fn enrollments(
    connection: &mut Connection,
    pack: &Pack,
    subject: Uuid,
) -> Result<Vec<Head>, Error> {
    let rows = query(ENROLLMENTS_OF).bind(subject).all(connection).await?;
    enrollments_in(pack, rows)
}

/// The closed enrollments of these subjects.
pub(super) async fn closed_among(
    connection: &mut Connection,
    subjects: &[Uuid],
) -> Result<Vec<Uuid>, Error> {
    let places: Vec<String> = (1..=subjects.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "select id from enrollment where state = 'closed' and subject_id in ({})",
        places.join(", ")
    );
    let subjects = subjects.iter().copied();
    let rows: Vec<(Uuid,)> = query(Sql::built(sql))
        .bind_all(subjects)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

fn enrollments_in(pack: &Pack, rows: Vec<EnrollmentRow>) -> Result<Vec<Head>, Error> {
    rows.into_iter()
        .filter_map(|row| Some((pack.program_ix(&row.program)?, row)))
        .map(|(program, row)| {
            Ok(Head {
                subject: row.subject_id,
                id: row.id,
                program,
                organization: OrganizationId::from_uuid(row.org_id),
                opened_on: row.opened_on.0,
                closed_on: row.closed_on.map(|date| date.0),
                state: EnrollmentState::read(&row.state)?,
                held: row.held.as_deref().map(EnrollmentState::read).transpose()?,
                withdrawn: row.withdrawn,
                died_on: row.died_on.map(|date| date.0),
                pack_version: row.pack_version,
                version: row.version,
                created_at: row.created_at.0,
            })
        })
        .collect()
}

row! {
    /// The head of a record as it stands in the table.
    pub(super) struct RecordRow {
        pub id: Uuid,
        pub enrollment_id: Uuid,
        pub form: String,
        occurred_on: DbDate,
        recorded_at: DbInstant,
        recorded_org_id: Uuid,
        recorded_by: Option<Uuid>,
        version: i64,
        sent_hash: Vec<u8>,
        content_hash: Vec<u8>,
        voided_at: Option<DbInstant>,
        void_reason: Option<String>,
        reasons: Option<String>,
    }
}

impl RecordRow {
    /// The record without its values.
    pub(super) fn kept(self, form: fuyou_pack::model::FormIx) -> Result<Kept, Error> {
        let reasons = match self.reasons.as_deref() {
            None => super::Reasons::new(),
            Some(text) => serde_json::from_str(text).map_err(|_| Error::Stored {
                column: "encounter.reasons".to_owned(),
                text: "…".to_owned(),
                ty: "JSON".to_owned(),
            })?,
        };
        Ok(Kept {
            id: self.id,
            enrollment: self.enrollment_id,
            form,
            form_id: self.form.into(),
            occurred_on: self.occurred_on.0,
            recorded_at: self.recorded_at.0,
            recorded_org: OrganizationId::from_uuid(self.recorded_org_id),
            recorded_by: self.recorded_by,
            version: self.version,
            sent_hash: self.sent_hash,
            content_hash: self.content_hash,
            voided: self
                .voided_at
                .map(|at| (at.0, self.void_reason.unwrap_or_default())),
            reasons,
            values: Vec::new(),
            groups: Vec::new(),
            derived: Vec::new(),
        })
    }
}

fn completions(rows: Vec<(Uuid, String, DbInstant)>) -> Vec<(Uuid, Completion)> {
    rows.into_iter()
        .map(|(enrollment, key, at)| {
            (
                enrollment,
                Completion {
                    key,
                    at_ms: at.0.as_millisecond(),
                },
            )
        })
        .collect()
}

/// The stored versions of enrollments, by id; what is not stored is left out.
pub(super) async fn versions(
    tx: &mut Tx,
    keys: Vec<(Uuid, Uuid)>,
) -> Result<HashMap<Uuid, i64>, crate::db::Error> {
    static SELECT: LazyLock<ManyKeys> =
        LazyLock::new(|| ManyKeys::new("select id, version from enrollment where", KEY));
    let cells = keys
        .into_iter()
        .flat_map(|(subject, id)| [Cell::id(subject), Cell::id(id)]);
    let rows: Vec<(Uuid, i64)> = all(&SELECT.run(tx, cells.collect()).await?)?;
    Ok(rows.into_iter().collect())
}

/// The open enrollments of subjects: subject, id, program.
pub(super) async fn open_of(
    connection: &mut Connection,
    subjects: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, String)>, Error> {
    static SELECT: LazyLock<ManyKeys> = LazyLock::new(|| {
        ManyKeys::new(
            "select subject_id, id, program from enrollment where state = 'open' and",
            &["subject_id"],
        )
    });
    let cells = subjects.iter().map(|subject| Cell::id(*subject)).collect();
    Ok(all(&SELECT.run(connection, cells).await?)?)
}

/// Stores another content of a record. False when somebody else did since it was read.
pub(super) async fn rewrite(
    tx: &mut Tx,
    subject: Uuid,
    kept: &Kept,
    finding: &Finding,
) -> Result<bool, Error> {
    const SQL: &str = "update encounter set occurred_on = $4, content_hash = $5, reasons = $6, visit = $7, risk_after = $8, \
                       marks_after = $9, version = version + 1 \
                       where subject_id = $1 and id = $2 and version = $3 and voided_at is null";
    let reasons = reasons_text(&kept.reasons);
    let rows = query(SQL)
        .bind(subject)
        .bind(kept.id)
        .bind(kept.version)
        .bind(DbDate(kept.occurred_on))
        .bind(kept.content_hash.as_slice())
        .bind(reasons.as_deref())
        .bind(finding.visit.as_deref())
        .bind(finding.risk_after.as_deref())
        .bind(&*finding.marks_after)
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Reasons in storage: JSON, NULL when there are none.
pub(super) fn reasons_text(reasons: &super::Reasons) -> Option<String> {
    (!reasons.is_empty()).then(|| serde_json::json!(reasons).to_string())
}

/// Declares a record void. False when somebody else changed it since it was read.
pub(super) async fn void(
    tx: &mut Tx,
    subject: Uuid,
    kept: &Kept,
    (at, why): (Timestamp, &str),
) -> Result<bool, Error> {
    const SQL: &str = "update encounter set voided_at = $4, void_reason = $5, visit = null, risk_after = null, \
                       marks_after = null, version = version + 1 \
                       where subject_id = $1 and id = $2 and version = $3 and voided_at is null";
    let rows = query(SQL)
        .bind(subject)
        .bind(kept.id)
        .bind(kept.version)
        .bind(DbInstant(at))
        .bind(why)
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Stores what a record amounts to now, although its content did not change.
pub(super) async fn found(
    tx: &mut Tx,
    subject: Uuid,
    id: Uuid,
    finding: &Finding,
) -> Result<(), Error> {
    const SQL: &str = "update encounter set visit = $3, risk_after = $4, marks_after = $5 where subject_id = $1 and id = $2";
    query(SQL)
        .bind(subject)
        .bind(id)
        .bind(finding.visit.as_deref())
        .bind(finding.risk_after.as_deref())
        .bind(&*finding.marks_after)
        .execute(tx)
        .await?;
    Ok(())
}

/// A task that is not asked for any more is cancelled; what was tried stays readable.
pub(super) async fn cancel_task(tx: &mut Tx, subject: Uuid, id: Uuid) -> Result<(), Error> {
    const SQL: &str = "update task set state = 'cancelled', lapses_on = null, done_on = null, done_by = null, on_time = null, risk_rank = -1, risk_marks = '|', \
                       village_id = null, village_sees_at = null, \
                       township_sees_at = null, county_sees_at = null, city_sees_at = null, province_sees_at = null \
                       where subject_id = $1 and id = $2";
    query(SQL).bind(subject).bind(id).execute(tx).await?;
    Ok(())
}

/// A hit that the records do not show any more: the record that showed it was corrected or voided.
pub(super) async fn remove_hit(tx: &mut Tx, subject: Uuid, id: Uuid) -> Result<(), Error> {
    const SQL: &str = "delete from rule_hit where subject_id = $1 and id = $2";
    query(SQL).bind(subject).bind(id).execute(tx).await?;
    Ok(())
}

/// A point of the trajectory that the records do not show any more.
pub(super) async fn remove_risk(tx: &mut Tx, subject: Uuid, id: Uuid) -> Result<(), Error> {
    const SQL: &str = "delete from risk_history where subject_id = $1 and id = $2";
    query(SQL).bind(subject).bind(id).execute(tx).await?;
    Ok(())
}

/// Ids of what is stored about an enrollment besides its records: tasks, hits, points of the trajectory.
/// For an enrollment that was computed by another version of the pack.
pub(super) async fn derived_ids(
    connection: &mut Connection,
    subject: Uuid,
    enrollment: Uuid,
) -> Result<[Vec<Uuid>; 3], Error> {
    const TASKS: &str =
        "select id from task where subject_id = $1 and enrollment_id = $2 and state <> 'cancelled'";
    const HITS: &str = "select id from rule_hit where subject_id = $1 and enrollment_id = $2";
    const RISKS: &str = "select id from risk_history where subject_id = $1 and enrollment_id = $2";
    let mut found = [const { Vec::new() }; 3];
    for (sql, ids) in [TASKS, HITS, RISKS].into_iter().zip(&mut found) {
        let rows: Vec<(Uuid,)> = query(sql)
            .bind(subject)
            .bind(enrollment)
            .all(connection)
            .await?;
        *ids = rows.into_iter().map(|(id,)| id).collect();
    }
    Ok(found)
}

/// What each record of a subject is said to amount to: visit, level, marks.
pub(super) async fn findings(
    connection: &mut Connection,
    subject: Uuid,
) -> Result<HashMap<Uuid, FoundRow>, Error> {
    const SQL: &str =
        "select id, visit, risk_after, marks_after from encounter where subject_id = $1";
    type Row = (Uuid, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Row> = query(SQL).bind(subject).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(id, visit, risk, marks)| (id, (visit, risk, marks)))
        .collect())
}

/// Visit, level, marks.
pub(super) type FoundRow = (Option<String>, Option<String>, Option<String>);

row! {
    /// An earlier version of a record as it stands in the table.
    pub(super) struct EarlierRow {
        pub encounter_id: Uuid,
        pub version: i64,
        pub changed_at: DbInstant,
        pub changed_by_login: String,
        pub why: String,
        pub occurred_on: DbDate,
        pub content: String,
    }
}

/// The earlier versions of all records of a subject, the latest first.
pub(super) async fn earlier(
    connection: &mut Connection,
    subject: Uuid,
) -> Result<Vec<EarlierRow>, Error> {
    const SQL: &str = "select encounter_id, version, changed_at, changed_by_login, why, occurred_on, content \
                       from encounter_history where subject_id = $1 order by version desc, id";
    Ok(query(SQL).bind(subject).all(connection).await?)
}

/// The first day on which anything happened that is recorded of a subject and counts.
pub(super) async fn first_day(
    connection: &mut Connection,
    subject: Uuid,
) -> Result<Option<DbDate>, Error> {
    const SQL: &str =
        "select min(occurred_on) from encounter where subject_id = $1 and voided_at is null";
    let row: (Option<DbDate>,) = query(SQL).bind(subject).one(connection).await?;
    Ok(row.0)
}
