//! SQL about organizations.

use fuyou_kernel::{Date, Id, Timestamp};
use uuid::Uuid;

use super::{Organization, OrganizationId, UnknownWord};
use crate::db::{Connection, DbDate, DbInstant, Error, Tx, query, row};

row! {
    struct Row {
        id: Uuid,
        parent_id: Option<Uuid>,
        code: String,
        name: String,
        level: String,
        kind: String,
        path: String,
        has_midwifery_licence: bool,
        is_rescue_centre: bool,
        hospital_grade: Option<String>,
        population: Option<i64>,
        closed_on: Option<DbDate>,
        ahead_off: bool,
    }
}

impl TryFrom<Row> for Organization {
    type Error = UnknownWord;

    fn try_from(row: Row) -> Result<Self, UnknownWord> {
        Ok(Organization {
            id: Id::from_uuid(row.id),
            parent_id: row.parent_id.map(Id::from_uuid),
            level: row.level.parse()?,
            kind: row.kind.parse()?,
            code: row.code,
            name: row.name,
            path: row.path,
            has_midwifery_licence: row.has_midwifery_licence,
            is_rescue_centre: row.is_rescue_centre,
            hospital_grade: row.hospital_grade,
            population: row.population,
            closed_on: row.closed_on.map(|date| date.0),
            ahead_off: row.ahead_off,
        })
    }
}

pub(super) async fn all(connection: &mut Connection) -> Result<Vec<Organization>, Error> {
    const SQL: &str = "select id, parent_id, code, name, level, kind, path, has_midwifery_licence, is_rescue_centre, \
                       hospital_grade, population, closed_on, ahead_off from organization order by path";
    let rows: Vec<Row> = query(SQL).all(connection).await?;
    rows.into_iter()
        .map(|row| Organization::try_from(row).map_err(|err| Error::Corrupt(err.to_string())))
        .collect()
}

/// Inserts the organization, or brings the one with its id up to date.
pub(super) async fn save(
    tx: &mut Tx,
    organization: &Organization,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "insert into organization (id, parent_id, code, name, level, kind, path, has_midwifery_licence, \
                       is_rescue_centre, hospital_grade, population, version, created_at, updated_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12) \
                       on conflict (id) do update set name = excluded.name, kind = excluded.kind, \
                       has_midwifery_licence = excluded.has_midwifery_licence, \
                       is_rescue_centre = excluded.is_rescue_centre, hospital_grade = excluded.hospital_grade, \
                       population = excluded.population, version = organization.version + 1, \
                       updated_at = excluded.updated_at";
    query(SQL)
        .bind(organization.id.uuid())
        .bind(organization.parent_id.map(Id::uuid))
        .bind(organization.code.as_str())
        .bind(organization.name.as_str())
        .bind(organization.level.word())
        .bind(organization.kind.word())
        .bind(organization.path.as_str())
        .bind(organization.has_midwifery_licence)
        .bind(organization.is_rescue_centre)
        .bind(organization.hospital_grade.as_deref())
        .bind(organization.population)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Which change of the tree is the last one.
pub(super) async fn stamp(connection: &mut Connection) -> Result<i64, Error> {
    const SQL: &str = "select stamp from organization_stamp where id = 1";
    let (stamp,): (i64,) = query(SQL).one(connection).await?;
    Ok(stamp)
}

/// Counts a change of the tree, in the transaction that makes it. Two of them at once come one after the other.
pub(super) async fn count_change(tx: &mut Tx) -> Result<(), Error> {
    const SQL: &str = "update organization_stamp set stamp = stamp + 1 where id = 1";
    query(SQL).execute(tx).await?;
    Ok(())
}

/// The version of an organization, if there is one.
pub(super) async fn version(
    connection: &mut Connection,
    id: OrganizationId,
) -> Result<Option<i64>, Error> {
    const SQL: &str = "select version from organization where id = $1";
    let row: Option<(i64,)> = query(SQL).bind(id.uuid()).optional(connection).await?;
    Ok(row.map(|(version,)| version))
}

/// Puts an organization and all below it under another path.
pub(super) async fn move_subtree(
    tx: &mut Tx,
    organization: &Organization,
    (parent, path): (OrganizationId, &str),
    now: Timestamp,
) -> Result<(), Error> {
    const SUBTREE: &str = "update organization set path = $1 || substr(path, cast($2 as integer)), \
                           version = version + 1, updated_at = $3 where path >= $4 and path < $5";
    const PARENT: &str = "update organization set parent_id = $2 where id = $1";
    let old = organization.path.as_str();
    let rest = i64::try_from(old.chars().count()).unwrap_or(i64::MAX);
    query(SUBTREE)
        .bind(path)
        .bind(rest.saturating_add(1))
        .bind(DbInstant(now))
        .bind(old)
        .bind(format!("{old}\u{10FFFF}"))
        .execute(tx)
        .await?;
    query(PARENT)
        .bind(organization.id.uuid())
        .bind(parent.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Closes an organization from a day on, or opens it again.
pub(super) async fn set_closed(
    tx: &mut Tx,
    id: OrganizationId,
    on: Option<Date>,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "update organization set closed_on = $2, version = version + 1, updated_at = $3 where id = $1";
    query(SQL)
        .bind(id.uuid())
        .bind(on.map(DbDate))
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Says whether the people of an organization may not take work along.
pub(super) async fn set_ahead_off(
    tx: &mut Tx,
    id: OrganizationId,
    is_off: bool,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "update organization set ahead_off = $2, version = version + 1, updated_at = $3 where id = $1";
    query(SQL)
        .bind(id.uuid())
        .bind(is_off)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

row! {
    /// What still goes on at an organization.
    pub(super) struct GoingOn {
        pub enrollments: i64,
        pub users: i64,
        pub staff: i64,
        pub referrals: i64,
        pub residents: i64,
    }
}

/// What still goes on at an organization itself, not below it.
pub(super) async fn going_on(
    connection: &mut Connection,
    id: OrganizationId,
) -> Result<GoingOn, Error> {
    const SQL: &str = "select (select count(*) from enrollment where org_id = $1 and state = 'open') as enrollments, \
                       (select count(*) from app_user where org_id = $1 and state = 'active') as users, \
                       (select count(*) from staff where org_id = $1 and until_on is null) as staff, \
                       (select count(*) from referral where to_org_id = $1 and state in ('sent', 'accepted', 'arrived')) \
                       as referrals, \
                       (select count(*) from person where residence_org_id = $1 and merged_into is null) as residents";
    query(SQL).bind(id.uuid()).one(connection).await
}
