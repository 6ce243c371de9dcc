//! SQL about import jobs.

use fuyou_kernel::Timestamp;
use uuid::Uuid;

use super::Report;
use crate::db::{Connection, DbInstant, Error, Tx, query, row};

row! {
    /// How far an earlier run of a file came.
    pub(super) struct JobRow {
        pub id: Uuid,
        pub position: i64,
        lines: i64,
        persons: i64,
        enrollments: i64,
        encounters: i64,
        referrals: i64,
        completions: i64,
        repeated: i64,
        rejected: i64,
    }
}

impl JobRow {
    /// What the earlier runs did.
    pub(super) fn report(&self) -> Report {
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        Report {
            lines: count(self.lines),
            persons: count(self.persons),
            enrollments: count(self.enrollments),
            encounters: count(self.encounters),
            referrals: count(self.referrals),
            completions: count(self.completions),
            repeated: count(self.repeated),
            rejected: count(self.rejected),
            resumed_from: count(self.position),
        }
    }
}

/// The job of a file, by its content.
pub(super) async fn find(
    connection: &mut Connection,
    hash: &[u8],
) -> Result<Option<JobRow>, Error> {
    const SQL: &str = "select id, position, lines, persons, enrollments, encounters, referrals, completions, repeated, \
                       rejected from import_job where file_hash = $1";
    Ok(query(SQL).bind(hash).optional(connection).await?)
}

/// Notes a new job.
pub(super) async fn begin(
    tx: &mut Tx,
    (id, name, hash): (Uuid, &str, &[u8]),
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "insert into import_job (id, file_name, file_hash, position, lines, persons, enrollments, encounters, \
                       referrals, completions, repeated, rejected, begun_at, updated_at) \
                       values ($1, $2, $3, 0, 0, 0, 0, 0, 0, 0, 0, 0, $4, $4)";
    query(SQL)
        .bind(id)
        .bind(name)
        .bind(hash)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes how far a job is.
pub(super) async fn advance(
    tx: &mut Tx,
    (id, position): (Uuid, u64),
    report: &Report,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "update import_job set position = $2, lines = $3, persons = $4, enrollments = $5, encounters = $6, \
                       referrals = $7, completions = $8, repeated = $9, rejected = $10, updated_at = $11 where id = $1";
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    query(SQL)
        .bind(id)
        .bind(number(position))
        .bind(number(report.lines))
        .bind(number(report.persons))
        .bind(number(report.enrollments))
        .bind(number(report.encounters))
        .bind(number(report.referrals))
        .bind(number(report.completions))
        .bind(number(report.repeated))
        .bind(number(report.rejected))
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Which of these subjects are registered, each with the record it was merged into. At most 64 at a time.
pub(super) async fn existing(
    connection: &mut Connection,
    subjects: &[Uuid],
) -> Result<Vec<(Uuid, Option<Uuid>)>, Error> {
    const SQL: &str = "select subject_id, merged_into from person where subject_id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
                       $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, \
                       $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, \
                       $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64)";
    let mut found = Vec::new();
    for some in subjects.chunks(64) {
        let rows: Vec<(Uuid, Option<Uuid>)> = query(SQL)
            .bind_all((0..64).map(|at| some.get(at).copied().unwrap_or_default()))
            .all(connection)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}
