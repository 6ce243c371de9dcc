//! SQL about staff members.

use fuyou_kernel::{Date, Id, Phone, Timestamp};
use uuid::Uuid;

use super::list::{Employment, StaffFilter, StaffSort};
use super::{Particulars, Post, Staff, StaffId};
use crate::access::UserId;
use crate::db::{Connection, DbDate, DbInstant, Error, Sql, Tx, query, row};
use crate::keys::Keyring;
use crate::registry::OrganizationId;

/// The place of a sealed phone.
pub(super) fn phone_place(id: StaffId) -> String {
    format!("staff.phone/{id}")
}

/// What is stored of the particulars.
pub(super) struct Kept {
    pub name: String,
    pub pinyin: String,
    pub initials: String,
    pub profession: &'static str,
    pub title: String,
    pub phone_sealed: Option<Vec<u8>>,
    pub key_version: i64,
    pub user: Option<Uuid>,
}

row! {
    struct Row {
        id: Uuid,
        org_id: Uuid,
        name: String,
        profession: String,
        title: String,
        phone_sealed: Option<Vec<u8>>,
        user_id: Option<Uuid>,
        login: Option<String>,
        from_on: DbDate,
        until_on: Option<DbDate>,
        version: i64,
    }
}

fn staff(row: Row, keys: &Keyring) -> Result<Staff, Error> {
    let id: StaffId = Id::from_uuid(row.id);
    let corrupt = |err: &dyn std::fmt::Display| Error::Corrupt(format!("staff {id}: {err}"));
    let phone = row
        .phone_sealed
        .map(|sealed| keys.open_sealed(&phone_place(id), &sealed))
        .transpose()
        .map_err(|err| corrupt(&err))?;
    let phone = phone.map(|text| text.parse::<Phone>()).transpose();
    Ok(Staff {
        id,
        said: Particulars {
            name: row.name,
            profession: row.profession.parse().map_err(|err| corrupt(&err))?,
            title: row.title,
            phone: phone.map_err(|err| corrupt(&err))?,
            login: row.login.unwrap_or_default(),
        },
        organization: Id::from_uuid(row.org_id),
        from_on: row.from_on.0,
        until_on: row.until_on.map(|date| date.0),
        version: row.version,
        user: row.user_id.map(Id::from_uuid),
    })
}

macro_rules! columns {
    () => {
        "s.id, s.org_id, s.name, s.profession, s.title, s.phone_sealed, s.user_id, u.login, s.from_on, s.until_on, \
         s.version from staff s join organization o on o.id = s.org_id left join app_user u on u.id = s.user_id"
    };
}

pub(super) async fn load(
    connection: &mut Connection,
    keys: &Keyring,
    id: StaffId,
) -> Result<Option<Staff>, Error> {
    const SQL: &str = concat!("select ", columns!(), " where s.id = $1");
    let row: Option<Row> = query(SQL).bind(id.uuid()).optional(connection).await?;
    row.map(|row| staff(row, keys)).transpose()
}

/// The staff member of a user.
pub(super) async fn of_user(
    connection: &mut Connection,
    user: UserId,
) -> Result<Option<StaffId>, Error> {
    const SQL: &str = "select id from staff where user_id = $1";
    let row: Option<(Uuid,)> = query(SQL).bind(user.uuid()).optional(connection).await?;
    Ok(row.map(|(id,)| Id::from_uuid(id)))
}

/// Whether there is a staff member of this id.
pub(super) async fn is_known(connection: &mut Connection, id: StaffId) -> Result<bool, Error> {
    const SQL: &str = "select count(*) from staff where id = $1";
    let (found,): (i64,) = query(SQL).bind(id.uuid()).one(connection).await?;
    Ok(found > 0)
}

/// Where the staff members of these users work now, and their names.
pub(super) async fn at_work(
    connection: &mut Connection,
    users: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, String)>, Error> {
    let sql = format!(
        "select user_id, org_id, name from staff where until_on is null and user_id in ({})",
        places(1, users.len())
    );
    let users = users.iter().copied();
    query(Sql::built(sql)).bind_all(users).all(connection).await
}

/// The names of these staff members, of those who are known.
pub(super) async fn names(
    connection: &mut Connection,
    staff: &[Uuid],
) -> Result<Vec<(Uuid, String)>, Error> {
    let sql = format!(
        "select id, name from staff where id in ({})",
        places(1, staff.len())
    );
    let staff = staff.iter().copied();
    query(Sql::built(sql)).bind_all(staff).all(connection).await
}

/// Of each of these organizations the first so many by name who work there now, and how many work there.
pub(super) async fn first_at(
    connection: &mut Connection,
    organizations: &[Uuid],
    limit: i64,
) -> Result<Vec<(Uuid, String, i64)>, Error> {
    let sql = format!(
        "select org_id, name, of_place from (select org_id, name, pinyin, id,          row_number() over (partition by org_id order by pinyin, id) as at_place,          count(*) over (partition by org_id) as of_place          from staff where until_on is null and org_id in ({})) s          where at_place <= $1 order by org_id, pinyin, id",
        places(2, organizations.len())
    );
    query(Sql::built(sql))
        .bind(limit)
        .bind_all(organizations.iter().copied())
        .all(connection)
        .await
}

/// So many placeholders from a number on.
fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|at| format!("${at}")).collect();
    places.join(", ")
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: StaffId,
    kept: &Kept,
    post: &Post,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "insert into staff (id, org_id, name, pinyin, initials, profession, title, phone_sealed, \
                       key_version, user_id, from_on, until_on, version, created_at, updated_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13)";
    query(SQL)
        .bind(id.uuid())
        .bind(post.organization.uuid())
        .bind(&kept.name)
        .bind(&kept.pinyin)
        .bind(&kept.initials)
        .bind(kept.profession)
        .bind(&kept.title)
        .bind(kept.phone_sealed.as_deref())
        .bind(kept.key_version)
        .bind(kept.user)
        .bind(DbDate(post.from_on))
        .bind(post.until_on.map(DbDate))
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// Returns false when somebody else saved first.
pub(super) async fn update(
    tx: &mut Tx,
    (id, version): (StaffId, i64),
    kept: &Kept,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "update staff set name = $3, pinyin = $4, initials = $5, profession = $6, title = $7, \
                       phone_sealed = $8, key_version = $9, user_id = $10, version = version + 1, updated_at = $11 \
                       where id = $1 and version = $2";
    let rows = query(SQL)
        .bind(id.uuid())
        .bind(version)
        .bind(&kept.name)
        .bind(&kept.pinyin)
        .bind(&kept.initials)
        .bind(kept.profession)
        .bind(&kept.title)
        .bind(kept.phone_sealed.as_deref())
        .bind(kept.key_version)
        .bind(kept.user)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

/// Where somebody works now, or until when she did. Returns false when somebody else saved first.
pub(super) async fn place(
    tx: &mut Tx,
    (id, version): (StaffId, i64),
    (organization, until_on): (OrganizationId, Option<Date>),
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "update staff set org_id = $3, until_on = $4, version = version + 1, updated_at = $5 \
                       where id = $1 and version = $2";
    let rows = query(SQL)
        .bind(id.uuid())
        .bind(version)
        .bind(organization.uuid())
        .bind(until_on.map(DbDate))
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(rows == 1)
}

pub(super) async fn insert_post(
    tx: &mut Tx,
    staff: StaffId,
    id: Uuid,
    post: &Post,
) -> Result<(), Error> {
    const SQL: &str = "insert into staff_post (staff_id, id, org_id, from_on, until_on) values ($1, $2, $3, $4, $5)";
    query(SQL)
        .bind(staff.uuid())
        .bind(id)
        .bind(post.organization.uuid())
        .bind(DbDate(post.from_on))
        .bind(post.until_on.map(DbDate))
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends the post that is open, or gives the last one another end.
pub(super) async fn end_post(tx: &mut Tx, staff: StaffId, until_on: Date) -> Result<(), Error> {
    const SQL: &str = "update staff_post set until_on = $2 where staff_id = $1 \
                       and from_on = (select max(from_on) from staff_post where staff_id = $1)";
    query(SQL)
        .bind(staff.uuid())
        .bind(DbDate(until_on))
        .execute(tx)
        .await?;
    Ok(())
}

/// The posts of a staff member, the last first.
pub(super) async fn posts(connection: &mut Connection, staff: StaffId) -> Result<Vec<Post>, Error> {
    const SQL: &str = "select org_id, from_on, until_on from staff_post where staff_id = $1 order by from_on desc limit 100";
    let rows: Vec<(Uuid, DbDate, Option<DbDate>)> =
        query(SQL).bind(staff.uuid()).all(connection).await?;
    let post = |(organization, from_on, until_on): (Uuid, DbDate, Option<DbDate>)| Post {
        organization: Id::from_uuid(organization),
        from_on: from_on.0,
        until_on: until_on.map(|date| date.0),
    };
    Ok(rows.into_iter().map(post).collect())
}

impl StaffSort {
    /// By which expression it is sorted; the id decides between equals.
    fn expression(self) -> &'static str {
        match self {
            StaffSort::Name => "s.pinyin",
            StaffSort::Organization => "o.path",
            StaffSort::Profession => "s.profession",
            StaffSort::From => "cast(s.from_on as text)",
        }
    }
}

/// Staff members of a part of the tree that pass the filter, after one of them, at most `limit`.
pub(super) async fn list(
    connection: &mut Connection,
    keys: &Keyring,
    filter: &StaffFilter,
    path: &str,
    limit: i64,
) -> Result<Vec<Staff>, Error> {
    let by = filter.sort.expression();
    let (order, beyond) = if filter.descending {
        ("desc", "<")
    } else {
        ("asc", ">")
    };
    // The place to go on from is looked up, so that no name stands in an address.
    let sql = format!(
        "select {} where o.path >= $1 and o.path < $2 \
         and ($3 = '' or s.profession = $3) \
         and ($4 = '' or (s.name >= $4 and s.name < $5) or (s.pinyin >= $4 and s.pinyin < $5) \
              or (s.initials >= $4 and s.initials < $5)) \
         and ($6 = 'all' or ($6 = 'now' and s.until_on is null) or ($6 = 'ended' and s.until_on is not null)) \
         and ($7 = 0 or ({by}, s.id) {beyond} (select {by}, s.id from staff s join organization o on o.id = s.org_id \
                                               where s.id = $8)) \
         order by {by} {order}, s.id {order} limit $9",
        columns!()
    );
    let q = filter.q.as_str();
    let rows: Vec<Row> = query(Sql::built(sql))
        .bind(path)
        .bind(format!("{path}\u{10FFFF}"))
        .bind(filter.profession.map_or("", super::Profession::word))
        .bind(q)
        .bind(format!("{q}\u{10FFFF}"))
        .bind(match filter.employment {
            Employment::Now => "now",
            Employment::Ended => "ended",
            Employment::All => "all",
        })
        .bind(i32::from(filter.after.is_some()))
        .bind(filter.after.map(Id::uuid).unwrap_or_default())
        .bind(limit)
        .all(connection)
        .await?;
    rows.into_iter().map(|row| staff(row, keys)).collect()
}

/// Staff members that the key rotation has still to do, with their sealed phones.
pub(super) async fn sealed_before(
    connection: &mut Connection,
    key_version: i64,
    limit: i64,
) -> Result<Vec<(Uuid, Option<Vec<u8>>)>, Error> {
    const SQL: &str =
        "select id, phone_sealed from staff where key_version <> $1 order by id limit $2";
    query(SQL)
        .bind(key_version)
        .bind(limit)
        .all(connection)
        .await
}

pub(super) async fn count_sealed_before(
    connection: &mut Connection,
    key_version: i64,
) -> Result<i64, Error> {
    const SQL: &str = "select count(*) from staff where key_version <> $1";
    let (left,): (i64,) = query(SQL).bind(key_version).one(connection).await?;
    Ok(left)
}

/// Replaces a sealed phone. The version stays: nothing was changed.
pub(super) async fn reseal(
    tx: &mut Tx,
    id: StaffId,
    sealed: Option<Vec<u8>>,
    key_version: i64,
) -> Result<(), Error> {
    const SQL: &str = "update staff set phone_sealed = $2, key_version = $3 where id = $1";
    query(SQL)
        .bind(id.uuid())
        .bind(sealed)
        .bind(key_version)
        .execute(tx)
        .await?;
    Ok(())
}
