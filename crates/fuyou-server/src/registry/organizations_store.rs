//! SQL about organizations.

use fuyou_kernel::{Id, Timestamp};
use uuid::Uuid;

use super::{Organization, UnknownWord};
use crate::db::{Connection, DbInstant, Error, Tx, query, row};

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
        })
    }
}

pub(super) async fn all(connection: &mut Connection) -> Result<Vec<Organization>, Error> {
    const SQL: &str = "select id, parent_id, code, name, level, kind, path, has_midwifery_licence, is_rescue_centre, \
                       hospital_grade, population from organization order by path";
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
