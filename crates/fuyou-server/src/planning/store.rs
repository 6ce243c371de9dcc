//! The SQL of plans, targets, shares and typed figures.

use fuyou_kernel::{Date, Id, Timestamp};
use uuid::Uuid;

use super::plans::{Plan, PlanState};
use super::reader::Span;
use super::target::{Method, PlanId, PlanTarget, Share, TargetId, TargetState, comparator_of};
use crate::db::{Connection, DbDate, DbInstant, Error, Tx, query, row};
use crate::insight::Decimal;
use crate::registry::OrganizationId;

type PlanRow = (
    Uuid,
    Uuid,
    i64,
    i64,
    String,
    String,
    String,
    String,
    String,
    i64,
    DbInstant,
    String,
);

fn corrupt(what: &'static str, text: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{text:?} is not a {what}").into())
}

fn read_plan(row: PlanRow) -> sqlx::Result<Plan> {
    let (
        id,
        org,
        year,
        edition,
        title,
        file_name,
        body,
        damage,
        state,
        version,
        created_at,
        created_by,
    ) = row;
    Ok(Plan {
        id: PlanId::from_uuid(id),
        org: OrganizationId::from_uuid(org),
        year: i16::try_from(year).map_err(|_| corrupt("year", &year.to_string()))?,
        edition,
        title,
        file_name,
        body,
        damage,
        state: PlanState::of_word(&state).ok_or_else(|| corrupt("state of a plan", &state))?,
        version,
        created_at: created_at.0,
        created_by,
    })
}

/// The number of the next edition of an organization's plan for a year.
pub(super) async fn next_edition(
    tx: &mut Tx,
    org: OrganizationId,
    year: i16,
) -> Result<i64, Error> {
    const SQL: &str = "select cast(coalesce(max(edition), 0) + 1 as bigint) from plan where org_id = $1 and year = $2";
    let (edition,): (i64,) = query(SQL)
        .bind(org.uuid())
        .bind(i64::from(year))
        .one(tx)
        .await?;
    Ok(edition)
}

pub(super) async fn insert_plan(tx: &mut Tx, plan: &Plan, by: Option<Uuid>) -> Result<(), Error> {
    const SQL: &str = "insert into plan (id, org_id, year, edition, title, file_name, body, damage, state, version, \
                       created_at, created_by, created_by_login) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    query(SQL)
        .bind(plan.id.uuid())
        .bind(plan.org.uuid())
        .bind(i64::from(plan.year))
        .bind(plan.edition)
        .bind(&plan.title)
        .bind(&plan.file_name)
        .bind(&plan.body)
        .bind(&plan.damage)
        .bind(plan.state.word())
        .bind(plan.version)
        .bind(DbInstant(plan.created_at))
        .bind(by)
        .bind(&plan.created_by)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn insert_target(
    tx: &mut Tx,
    plan: PlanId,
    position: usize,
    target: &PlanTarget,
) -> Result<(), Error> {
    const SQL: &str = "insert into plan_target (plan_id, id, position, line, start_at, end_at, written, indicator_written, \
                       indicator, comparator, value, value_high, unit, kind, confidence, note_zh, note_en, state) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    query(SQL)
        .bind(plan.uuid())
        .bind(target.id.uuid())
        .bind(whole(position))
        .bind(whole(target.span.line))
        .bind(whole(target.span.start))
        .bind(whole(target.span.end))
        .bind(&target.written)
        .bind(&target.indicator_written)
        .bind(target.indicator.as_deref())
        .bind(target.comparator.sign())
        .bind(target.value.map(|value| value.to_string()))
        .bind(target.value_high.map(|value| value.to_string()))
        .bind(&target.unit)
        .bind(&target.kind)
        .bind(&target.confidence)
        .bind(&target.note_zh)
        .bind(&target.note_en)
        .bind(target.state.word())
        .execute(tx)
        .await?;
    Ok(())
}

/// Stores what a person decided about a target.
pub(super) async fn update_target(
    tx: &mut Tx,
    plan: PlanId,
    target: &PlanTarget,
) -> Result<bool, Error> {
    const SQL: &str = "update plan_target set indicator = $1, comparator = $2, value = $3, value_high = $4, unit = $5, \
                       state = $6 where plan_id = $7 and id = $8";
    let rows = query(SQL)
        .bind(target.indicator.as_deref())
        .bind(target.comparator.sign())
        .bind(target.value.map(|value| value.to_string()))
        .bind(target.value_high.map(|value| value.to_string()))
        .bind(&target.unit)
        .bind(target.state.word())
        .bind(plan.uuid())
        .bind(target.id.uuid())
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Confirms every target that stands in the text as it was read.
pub(super) async fn confirm_certain(tx: &mut Tx, plan: PlanId) -> Result<(), Error> {
    const SQL: &str = "update plan_target set state = 'confirmed' where plan_id = $1 and state = 'found' and confidence = 'high'";
    query(SQL).bind(plan.uuid()).execute(tx).await?;
    Ok(())
}

/// Counts the change of a plan; false when somebody else changed it first.
pub(super) async fn bump(tx: &mut Tx, plan: PlanId, version: i64) -> Result<bool, Error> {
    const SQL: &str = "update plan set version = version + 1 where id = $1 and version = $2";
    let rows = query(SQL)
        .bind(plan.uuid())
        .bind(version)
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Makes an edition the plan of its year; the one before stays readable.
pub(super) async fn adopt(tx: &mut Tx, plan: &Plan) -> Result<(), Error> {
    const OLD: &str =
        "update plan set state = 'replaced' where org_id = $1 and year = $2 and state = 'current'";
    const NEW: &str = "update plan set state = 'current' where id = $1";
    query(OLD)
        .bind(plan.org.uuid())
        .bind(i64::from(plan.year))
        .execute(tx)
        .await?;
    query(NEW).bind(plan.id.uuid()).execute(tx).await?;
    Ok(())
}

pub(super) async fn plan(connection: &mut Connection, id: PlanId) -> Result<Option<Plan>, Error> {
    const SQL: &str = "select id, org_id, year, edition, title, file_name, body, damage, state, version, created_at, \
                       created_by_login from plan where id = $1";
    let row: Option<PlanRow> = query(SQL).bind(id.uuid()).optional(connection).await?;
    Ok(row.map(read_plan).transpose()?)
}

/// The newest plans, without their texts.
pub(super) async fn plans(connection: &mut Connection, limit: i64) -> Result<Vec<Plan>, Error> {
    const SQL: &str = "select id, org_id, year, edition, title, file_name, '', '', state, version, created_at, \
                       created_by_login from plan order by year desc, created_at desc, id limit $1";
    let rows: Vec<PlanRow> = query(SQL).bind(limit).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(read_plan)
        .collect::<sqlx::Result<_>>()?)
}

/// The plans in force for a year, without their texts.
pub(super) async fn current_plans(
    connection: &mut Connection,
    year: i16,
) -> Result<Vec<Plan>, Error> {
    const SQL: &str = "select id, org_id, year, edition, title, file_name, '', '', state, version, created_at, \
                       created_by_login from plan where year = $1 and state = 'current'";
    let rows: Vec<PlanRow> = query(SQL).bind(i64::from(year)).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(read_plan)
        .collect::<sqlx::Result<_>>()?)
}

row! {
    struct TargetRow {
        id: Uuid,
        line: i64,
        start_at: i64,
        end_at: i64,
        written: String,
        indicator_written: String,
        indicator: Option<String>,
        comparator: String,
        value: Option<String>,
        value_high: Option<String>,
        unit: String,
        kind: String,
        confidence: String,
        note_zh: String,
        note_en: String,
        state: String,
    }
}

fn decimal(text: Option<String>) -> sqlx::Result<Option<Decimal>> {
    text.map(|text| text.parse().map_err(|_| corrupt("number", &text)))
        .transpose()
}

fn read_target(row: TargetRow) -> sqlx::Result<PlanTarget> {
    let place = |number: i64| {
        usize::try_from(number).map_err(|_| corrupt("place in a text", &number.to_string()))
    };
    Ok(PlanTarget {
        id: TargetId::from_uuid(row.id),
        span: Span {
            line: place(row.line)?,
            start: place(row.start_at)?,
            end: place(row.end_at)?,
        },
        written: row.written,
        indicator_written: row.indicator_written,
        indicator: row.indicator,
        comparator: comparator_of(&row.comparator)
            .ok_or_else(|| corrupt("comparator", &row.comparator))?,
        value: decimal(row.value)?,
        value_high: decimal(row.value_high)?,
        unit: row.unit,
        kind: row.kind,
        confidence: row.confidence,
        note_zh: row.note_zh,
        note_en: row.note_en,
        state: TargetState::of_word(&row.state)
            .ok_or_else(|| corrupt("state of a target", &row.state))?,
    })
}

/// The targets of a plan in the order of its text.
pub(super) async fn targets(
    connection: &mut Connection,
    plan: PlanId,
) -> Result<Vec<PlanTarget>, Error> {
    const SQL: &str = "select id, line, start_at, end_at, written, indicator_written, indicator, comparator, value, \
                       value_high, unit, kind, confidence, note_zh, note_en, state from plan_target \
                       where plan_id = $1 order by position";
    let rows: Vec<TargetRow> = query(SQL).bind(plan.uuid()).all(connection).await?;
    Ok(rows
        .into_iter()
        .map(read_target)
        .collect::<sqlx::Result<_>>()?)
}

/// The shares of all targets of a plan.
pub(super) async fn shares(connection: &mut Connection, plan: PlanId) -> Result<Vec<Share>, Error> {
    const SQL: &str = "select target_id, org_id, value, method from target_share where plan_id = $1 order by target_id, org_id";
    let rows: Vec<(Uuid, Uuid, String, String)> =
        query(SQL).bind(plan.uuid()).all(connection).await?;
    let read = |(target, org, value, method): (Uuid, Uuid, String, String)| {
        Ok(Share {
            target: Id::from_uuid(target),
            org: Id::from_uuid(org),
            value: value.parse().map_err(|_| corrupt("number", &value))?,
            method: Method::of_word(&method).ok_or_else(|| corrupt("method", &method))?,
        })
    };
    Ok(rows.into_iter().map(read).collect::<sqlx::Result<_>>()?)
}

pub(super) async fn put_share(
    tx: &mut Tx,
    plan: PlanId,
    share: &Share,
    at: Timestamp,
    by: &str,
) -> Result<(), Error> {
    const SQL: &str = "insert into target_share (plan_id, target_id, org_id, value, method, set_at, set_by_login) \
                       values ($1, $2, $3, $4, $5, $6, $7) on conflict (plan_id, target_id, org_id) do update \
                       set value = excluded.value, method = excluded.method, set_at = excluded.set_at, \
                       set_by_login = excluded.set_by_login";
    query(SQL)
        .bind(plan.uuid())
        .bind(share.target.uuid())
        .bind(share.org.uuid())
        .bind(share.value.to_string())
        .bind(share.method.word())
        .bind(DbInstant(at))
        .bind(by)
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes over the shares of an earlier edition for a target that says the same.
pub(super) async fn copy_shares(
    tx: &mut Tx,
    from: (PlanId, TargetId),
    to: (PlanId, TargetId),
) -> Result<(), Error> {
    const SQL: &str = "insert into target_share (plan_id, target_id, org_id, value, method, set_at, set_by_login) \
                       select $1, $2, org_id, value, method, set_at, set_by_login from target_share \
                       where plan_id = $3 and target_id = $4";
    query(SQL)
        .bind(to.0.uuid())
        .bind(to.1.uuid())
        .bind(from.0.uuid())
        .bind(from.1.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// A typed figure as it stands in the table.
pub(super) struct EntryRow {
    pub(super) id: Uuid,
    pub(super) indicator: String,
    pub(super) org: OrganizationId,
    pub(super) period: String,
    pub(super) first_on: Date,
    pub(super) last_on: Date,
    pub(super) numerator: i64,
    pub(super) denominator: Option<i64>,
    pub(super) note: String,
    pub(super) entered_at: Timestamp,
    pub(super) entered_by: Option<Uuid>,
    pub(super) entered_by_login: String,
}

/// Puts a figure in the place of the one in force for the same indicator, organization and period.
pub(super) async fn put_entry(tx: &mut Tx, entry: &EntryRow) -> Result<(), Error> {
    const OLD: &str = "update figure_entry set replaced_at = $1 \
                       where indicator = $2 and org_id = $3 and period = $4 and replaced_at is null";
    const NEW: &str = "insert into figure_entry (id, indicator, org_id, period, first_on, last_on, numerator, denominator, \
                       note, entered_at, entered_by, entered_by_login) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    query(OLD)
        .bind(DbInstant(entry.entered_at))
        .bind(&entry.indicator)
        .bind(entry.org.uuid())
        .bind(&entry.period)
        .execute(tx)
        .await?;
    query(NEW)
        .bind(entry.id)
        .bind(&entry.indicator)
        .bind(entry.org.uuid())
        .bind(&entry.period)
        .bind(DbDate(entry.first_on))
        .bind(DbDate(entry.last_on))
        .bind(entry.numerator)
        .bind(entry.denominator)
        .bind(&entry.note)
        .bind(DbInstant(entry.entered_at))
        .bind(entry.entered_by)
        .bind(&entry.entered_by_login)
        .execute(tx)
        .await?;
    Ok(())
}

/// A typed figure with its fate, for the history beside the form.
pub(super) struct EntryHistory {
    pub(super) indicator: String,
    pub(super) org: OrganizationId,
    pub(super) period: String,
    pub(super) numerator: i64,
    pub(super) denominator: Option<i64>,
    pub(super) note: String,
    pub(super) entered_at: Timestamp,
    pub(super) entered_by_login: String,
    pub(super) in_force: bool,
}

/// The latest entries, newest first.
pub(super) async fn latest_entries(
    connection: &mut Connection,
    limit: i64,
) -> Result<Vec<EntryHistory>, Error> {
    const SQL: &str = "select indicator, org_id, period, numerator, denominator, note, entered_at, entered_by_login, \
                       replaced_at from figure_entry order by entered_at desc, id desc limit $1";
    type Row = (
        String,
        Uuid,
        String,
        i64,
        Option<i64>,
        String,
        DbInstant,
        String,
        Option<DbInstant>,
    );
    let rows: Vec<Row> = query(SQL).bind(limit).all(connection).await?;
    let read =
        |(indicator, org, period, numerator, denominator, note, at, login, replaced): Row| {
            EntryHistory {
                indicator,
                org: OrganizationId::from_uuid(org),
                period,
                numerator,
                denominator,
                note,
                entered_at: at.0,
                entered_by_login: login,
                in_force: replaced.is_none(),
            }
        };
    Ok(rows.into_iter().map(read).collect())
}
