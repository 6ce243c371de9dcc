//! SQL about jobs.

use fuyou_kernel::{Id, Localized, Timestamp};
use uuid::Uuid;

use super::model::{By, Job, JobFilter, JobId, Kind, New, Place, State};
use crate::access::UserId;
use crate::db::{Connection, DbInstant, Error, Tx, query, row};

/// A query for whole jobs.
macro_rules! jobs {
    ($rest:literal) => {
        concat!(
            "select id, kind, name, same, state, done, total, place, result, problem, started_by, started_login, begun_at, \
             updated_at, ended_at from job ",
            $rest
        )
    };
}

row! {
    struct Row {
        id: Uuid,
        kind: String,
        name: String,
        same: String,
        state: String,
        done: i64,
        total: i64,
        place: String,
        result: String,
        problem: String,
        started_by: Option<Uuid>,
        started_login: String,
        begun_at: DbInstant,
        updated_at: DbInstant,
        ended_at: Option<DbInstant>,
    }
}

fn job(row: Row) -> Result<Job, Error> {
    let corrupt = |what: &dyn std::fmt::Display| Error::Corrupt(format!("job {}: {what}", row.id));
    let figures = match row.result.as_str() {
        "" => Vec::new(),
        text => serde_json::from_str(text).map_err(|err| corrupt(&err))?,
    };
    let problem: Option<(String, String)> = match row.problem.as_str() {
        "" => None,
        text => Some(serde_json::from_str(text).map_err(|err| corrupt(&err))?),
    };
    Ok(Job {
        id: Id::from_uuid(row.id),
        kind: row.kind.parse().map_err(|err| corrupt(&err))?,
        stored: row.state.parse().map_err(|err| corrupt(&err))?,
        name: row.name,
        same: row.same,
        done: row.done,
        total: row.total,
        place: row.place,
        figures,
        problem: problem.map(|(zh, en)| Localized::new(zh, en)),
        started_by: row.started_by.map(Id::from_uuid),
        login: row.started_login,
        begun_at: row.begun_at.0,
        updated_at: row.updated_at.0,
        ended_at: row.ended_at.map(|at| at.0),
    })
}

/// One job.
pub(super) async fn load(connection: &mut Connection, id: JobId) -> Result<Option<Job>, Error> {
    const SQL: &str = jobs!("where id = $1");
    let found: Option<Row> = query(SQL).bind(id.uuid()).optional(connection).await?;
    found.map(job).transpose()
}

/// Jobs of a user or of some kinds that stand behind a place, the newest first; of those only what is looked for.
pub(super) async fn page(
    connection: &mut Connection,
    (user, kinds): (UserId, &[Kind]),
    filter: &JobFilter,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<Job>, Error> {
    const SQL: &str = jobs!(
        "\
                       where (started_by = $1 or kind in ($2, $3, $4, $5, $6, $7, $8, $9)) \
                       and ($10 = 0 or begun_at < $11 or (begun_at = $11 and id < $15)) and ($13 = '' or kind = $13) and ($14 = '' or state = $14) \
                       order by begun_at desc, id desc limit $12"
    );
    let words = (0..Kind::ALL.len()).map(|at| kinds.get(at).map_or("", |kind| kind.word()));
    let rows: Vec<Row> = query(SQL)
        .bind(user.uuid())
        .bind_all(words)
        .bind(i32::from(after.is_some()))
        .bind(DbInstant(
            after.map_or(Timestamp::UNIX_EPOCH, |place| place.begun_at),
        ))
        .bind(limit)
        .bind(filter.kind.map_or("", Kind::word))
        .bind(filter.state.map_or("", State::word))
        .bind(after.map_or(Uuid::nil(), |place| place.id.uuid()))
        .all(connection)
        .await?;
    rows.into_iter().map(job).collect()
}

/// The newest job of a kind, in a state or in any.
pub(super) async fn newest(
    connection: &mut Connection,
    kind: Kind,
    state: Option<State>,
) -> Result<Option<Job>, Error> {
    const SQL: &str = jobs!(
        "where kind = $1 and ($2 = '' or state = $2) \
                       order by begun_at desc, id desc limit 1"
    );
    let found: Option<Row> = query(SQL)
        .bind(kind.word())
        .bind(state.map_or("", State::word))
        .optional(connection)
        .await?;
    found.map(job).transpose()
}

/// Jobs of a kind that reached their end, the newest first.
pub(super) async fn ended(
    connection: &mut Connection,
    kind: Kind,
    limit: i64,
) -> Result<Vec<Job>, Error> {
    const SQL: &str = jobs!(
        "where kind = $1 and state = 'done' \
                       order by begun_at desc, id desc limit $2"
    );
    let rows: Vec<Row> = query(SQL)
        .bind(kind.word())
        .bind(limit)
        .all(connection)
        .await?;
    rows.into_iter().map(job).collect()
}

/// The job that runs and does the same.
pub(super) async fn running(connection: &mut Connection, same: &str) -> Result<Option<Job>, Error> {
    const SQL: &str = jobs!(
        "where same = $1 and state in ('running', 'stopping') \
                       order by begun_at desc, id desc limit 1"
    );
    let found: Option<Row> = query(SQL).bind(same).optional(connection).await?;
    found.map(job).transpose()
}

/// Stores a job that begins. False when it is there already.
pub(super) async fn begin(
    tx: &mut Tx,
    id: JobId,
    new: &New,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "insert into job (id, kind, name, same, state, done, total, place, result, problem, started_by, \
                       started_login, org_id, begun_at, updated_at) \
                       values ($1, $2, $3, $4, 'running', 0, 0, $5, '', '', $6, $7, $8, $9, $9) on conflict do nothing";
    let By {
        user,
        login,
        organization,
    } = &new.by;
    let stored = query(SQL)
        .bind(id.uuid())
        .bind(new.kind.word())
        .bind(new.name.as_str())
        .bind(new.same.as_str())
        .bind(new.place.as_str())
        .bind(user.map(Id::uuid))
        .bind(login.as_str())
        .bind(*organization)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(stored == 1)
}

/// Notes how far a job is, and says whether it shall stop.
pub(super) async fn advance(
    tx: &mut Tx,
    id: JobId,
    (done, total, place): (i64, i64, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str =
        "update job set done = $2, total = $3, place = $4, updated_at = $5 where id = $1";
    const ASKED: &str = "select count(*) from job where id = $1 and state = 'stopping'";
    query(SQL)
        .bind(id.uuid())
        .bind(done)
        .bind(total)
        .bind(place)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    let (asked,): (i64,) = query(ASKED).bind(id.uuid()).one(tx).await?;
    Ok(asked > 0)
}

/// How a job ended, for its row.
pub(super) struct End<'a> {
    pub state: State,
    pub done: i64,
    pub total: i64,
    pub place: &'a str,
    pub figures: &'a [(&'static str, i64)],
    pub problem: Option<&'a Localized>,
}

/// Notes how a job ended.
pub(super) async fn end(
    tx: &mut Tx,
    id: JobId,
    end: &End<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "update job set state = $2, done = $3, total = $4, place = $5, result = $6, problem = $7, \
                       updated_at = $8, ended_at = $8 where id = $1";
    let problem = end.problem.map_or_else(String::new, |why| {
        serde_json::json!([why.zh, why.en]).to_string()
    });
    query(SQL)
        .bind(id.uuid())
        .bind(end.state.word())
        .bind(end.done)
        .bind(end.total)
        .bind(end.place)
        .bind(serde_json::json!(end.figures).to_string())
        .bind(problem)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Asks a job that runs to stop. False when it does not run.
pub(super) async fn ask_to_stop(tx: &mut Tx, id: JobId) -> Result<bool, Error> {
    const SQL: &str = "update job set state = 'stopping' where id = $1 and state = 'running'";
    Ok(query(SQL).bind(id.uuid()).execute(tx).await? == 1)
}

/// Stores a part of what a job leaves.
pub(super) async fn leave(tx: &mut Tx, id: JobId, part: i64, sealed: &[u8]) -> Result<(), Error> {
    const SQL: &str =
        "insert into job_file (job_id, part, sealed) values ($1, $2, $3) on conflict do nothing";
    query(SQL)
        .bind(id.uuid())
        .bind(part)
        .bind(sealed)
        .execute(tx)
        .await?;
    Ok(())
}

/// A part of what a job left.
pub(super) async fn part(
    connection: &mut Connection,
    id: JobId,
    part: i64,
) -> Result<Option<Vec<u8>>, Error> {
    const SQL: &str = "select sealed from job_file where job_id = $1 and part = $2";
    let found: Option<(Vec<u8>,)> = query(SQL)
        .bind(id.uuid())
        .bind(part)
        .optional(connection)
        .await?;
    Ok(found.map(|(sealed,)| sealed))
}

/// Removes what a job left.
pub(super) async fn withdraw(tx: &mut Tx, id: JobId) -> Result<(), Error> {
    const SQL: &str = "delete from job_file where job_id = $1";
    query(SQL).bind(id.uuid()).execute(tx).await?;
    Ok(())
}

/// Removes what jobs of a kind left that begun before an instant, and what those of them left that were cut off.
pub(super) async fn sweep(
    tx: &mut Tx,
    kind: Kind,
    before: Timestamp,
    silent_since: Timestamp,
) -> Result<u64, Error> {
    const SQL: &str = "delete from job_file where job_id in (select id from job where kind = $1 and (begun_at < $2 \
                       or (ended_at is null and updated_at < $3)))";
    query(SQL)
        .bind(kind.word())
        .bind(DbInstant(before))
        .bind(DbInstant(silent_since))
        .execute(tx)
        .await
}
