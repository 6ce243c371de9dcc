//! SQL about enrollments whose organization changes, or whose place in the tree, or by which version of the pack they are
//! computed.

use fuyou_kernel::Timestamp;
use uuid::Uuid;

use crate::db::{Connection, DbInstant, Error, Tx, query};
use crate::registry::OrganizationId;

/// Open enrollments for which an organization is responsible, so many at most: subject and enrollment.
pub(super) async fn open_at(
    connection: &mut Connection,
    organization: OrganizationId,
    at_most: i64,
) -> Result<Vec<(Uuid, Uuid)>, Error> {
    const SQL: &str = "select subject_id, id from enrollment where org_id = $1 and state = 'open' \
                       order by subject_id, id limit $2";
    query(SQL)
        .bind(organization.uuid())
        .bind(at_most)
        .all(connection)
        .await
}

/// Marks enrollments with something open that hang on an organization below a path: as responsible, as where she lives,
/// or as owner of a task. Without a version of the pack they count as computed from something else, and with another
/// version of their own nothing is written that was computed before.
pub(super) async fn unsettle(tx: &mut Tx, path: &str, now: Timestamp) -> Result<(), Error> {
    const SQL: &str = "update enrollment set pack_version = '', version = version + 1, updated_at = $2 where \
                       (org_id in (select id from org_place where substr(path, 1, length($1)) = $1) \
                       or subject_id in (select subject_id from person where residence_org_id in \
                       (select id from org_place where substr(path, 1, length($1)) = $1)) \
                       or exists (select 1 from task t where t.subject_id = enrollment.subject_id \
                       and t.enrollment_id = enrollment.id and t.state = 'open' and t.owner_id in \
                       (select id from org_place where substr(path, 1, length($1)) = $1))) \
                       and (state = 'open' or exists (select 1 from task t where t.subject_id = enrollment.subject_id \
                       and t.enrollment_id = enrollment.id and t.state = 'open'))";
    query(SQL)
        .bind(path)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Marks open enrollments that another version of the pack computed.
pub(super) async fn unsettle_open(tx: &mut Tx, stamp: &str, now: Timestamp) -> Result<(), Error> {
    const SQL: &str = "update enrollment set pack_version = '', version = version + 1, updated_at = $2 \
                       where state = 'open' and pack_version <> $1 and pack_version <> ''";
    query(SQL)
        .bind(stamp)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Marked enrollments behind one, so many at most: subject and enrollment.
pub(super) async fn unsettled(
    connection: &mut Connection,
    after: Option<(Uuid, Uuid)>,
    at_most: i64,
) -> Result<Vec<(Uuid, Uuid)>, Error> {
    const SQL: &str = "select subject_id, id from enrollment where pack_version = '' \
                       and (subject_id, id) > ($1, $2) order by subject_id, id limit $3";
    let (subject, enrollment) = after.unwrap_or((Uuid::nil(), Uuid::nil()));
    query(SQL)
        .bind(subject)
        .bind(enrollment)
        .bind(at_most)
        .all(connection)
        .await
}
