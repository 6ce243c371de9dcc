//! SQL about users, sessions, care relations and opened glass.

use fuyou_kernel::{Date, Id, Timestamp};
use uuid::Uuid;

use super::{Change, Role, Standing, UserFilter, UserId};
use crate::db::{Connection, DbDate, DbInstant, Error, Sql, Tx, query, row};
use crate::registry::OrganizationId;

/// A user as stored.
#[derive(Debug, Clone)]
pub(super) struct StoredUser {
    pub id: UserId,
    pub login: String,
    pub name: String,
    pub role: String,
    pub organization: OrganizationId,
    pub password_hash: String,
    pub state: String,
    pub must_change_password: bool,
}

impl StoredUser {
    pub(super) fn is_active(&self) -> bool {
        self.state == "active"
    }
}

row! {
    struct UserRow {
        id: Uuid,
        login: String,
        name: String,
        role: String,
        org_id: Uuid,
        password_hash: String,
        state: String,
        must_change_password: bool,
    }
}

impl From<UserRow> for StoredUser {
    fn from(row: UserRow) -> Self {
        StoredUser {
            id: Id::from_uuid(row.id),
            login: row.login,
            name: row.name,
            role: row.role,
            organization: Id::from_uuid(row.org_id),
            password_hash: row.password_hash,
            state: row.state,
            must_change_password: row.must_change_password,
        }
    }
}

pub(super) async fn user_by_login(
    connection: &mut Connection,
    login: &str,
) -> Result<Option<StoredUser>, Error> {
    const SQL: &str = "select id, login, name, role, org_id, password_hash, state, must_change_password \
                       from app_user where login = $1";
    let row: Option<UserRow> = query(SQL).bind(login).optional(connection).await?;
    Ok(row.map(StoredUser::from))
}

pub(super) async fn user(
    connection: &mut Connection,
    id: UserId,
) -> Result<Option<StoredUser>, Error> {
    const SQL: &str = "select id, login, name, role, org_id, password_hash, state, must_change_password \
                       from app_user where id = $1";
    let row: Option<UserRow> = query(SQL).bind(id.uuid()).optional(connection).await?;
    Ok(row.map(StoredUser::from))
}

/// Users below a path of the tree in order of login after `after`, at most `limit`.
pub(super) async fn users(
    connection: &mut Connection,
    path: &str,
    filter: &UserFilter,
    after: &str,
    limit: i64,
) -> Result<Vec<StoredUser>, Error> {
    const SQL: &str = "select u.id, u.login, u.name, u.role, u.org_id, u.password_hash, u.state, u.must_change_password \
                       from app_user u join organization o on o.id = u.org_id \
                       where o.path >= $1 and o.path < $2 and u.login > $3 \
                       and ($5 = '' or lower(u.login) like $5 escape '!' or lower(u.name) like $5 escape '!') \
                       and ($6 = '' or u.role = $6) and ($7 = '' or u.state = $7) order by u.login limit $4";
    let escaped = |q: &str| q.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let like = match filter.q.trim() {
        "" => String::new(),
        q => format!("%{}%", escaped(&q.to_lowercase())),
    };
    let rows: Vec<UserRow> = query(SQL)
        .bind(path)
        .bind(format!("{path}\u{10FFFF}"))
        .bind(after)
        .bind(limit)
        .bind(like)
        .bind(filter.role.map_or("", Role::word))
        .bind(match filter.standing {
            None => "",
            Some(Standing::Active) => "active",
            Some(Standing::Locked) => "locked",
        })
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(StoredUser::from).collect())
}

pub(super) async fn insert_user(
    tx: &mut Tx,
    user: &StoredUser,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "insert into app_user (id, login, name, role, org_id, password_hash, state, \
                       must_change_password, version, created_at, updated_at) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)";
    query(SQL)
        .bind(user.id.uuid())
        .bind(user.login.as_str())
        .bind(user.name.as_str())
        .bind(user.role.as_str())
        .bind(user.organization.uuid())
        .bind(user.password_hash.as_str())
        .bind(user.state.as_str())
        .bind(user.must_change_password)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn change_user(
    tx: &mut Tx,
    id: UserId,
    (name, change): (&str, &Change),
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "update app_user set name = $2, role = $3, org_id = $4, version = version + 1, \
                       updated_at = $5 where id = $1";
    query(SQL)
        .bind(id.uuid())
        .bind(name)
        .bind(change.role.word())
        .bind(change.organization.uuid())
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn set_state(
    tx: &mut Tx,
    id: UserId,
    state: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str =
        "update app_user set state = $2, version = version + 1, updated_at = $3 where id = $1";
    query(SQL)
        .bind(id.uuid())
        .bind(state)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn set_password(
    tx: &mut Tx,
    id: UserId,
    hash: &str,
    must_change: bool,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "update app_user set password_hash = $2, must_change_password = $3, version = version + 1, \
                       updated_at = $4 where id = $1";
    query(SQL)
        .bind(id.uuid())
        .bind(hash)
        .bind(must_change)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn set_language(
    tx: &mut Tx,
    id: UserId,
    language: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str =
        "update app_user set language = $2, version = version + 1, updated_at = $3 where id = $1";
    query(SQL)
        .bind(id.uuid())
        .bind(language)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// A session with its user.
pub(super) struct StoredSession {
    pub user: StoredUser,
    pub csrf: String,
    pub language: Option<String>,
    pub created_at: Timestamp,
    pub seen_at: Timestamp,
    /// Which change of the tree of organizations is the last one.
    pub tree_stamp: i64,
}

row! {
    struct SessionRow {
        tree_stamp: i64,
        csrf: String,
        language: Option<String>,
        session_created_at: DbInstant,
        seen_at: DbInstant,
        ..user: UserRow,
    }
}

pub(super) async fn session(
    connection: &mut Connection,
    hash: &[u8],
) -> Result<Option<StoredSession>, Error> {
    const SQL: &str = "select u.id, u.login, u.name, u.role, u.org_id, u.password_hash, u.state, \
                       u.must_change_password, s.csrf, u.language, s.created_at as session_created_at, s.seen_at, \
                       (select stamp from organization_stamp where id = 1) as tree_stamp \
                       from session s join app_user u on u.id = s.user_id where s.token_hash = $1";
    let row: Option<SessionRow> = query(SQL).bind(hash).optional(connection).await?;
    Ok(row.map(|row| StoredSession {
        user: row.user.into(),
        csrf: row.csrf,
        language: row.language,
        created_at: row.session_created_at.0,
        seen_at: row.seen_at.0,
        tree_stamp: row.tree_stamp,
    }))
}

pub(super) async fn insert_session(
    tx: &mut Tx,
    hash: &[u8],
    user: UserId,
    csrf: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "insert into session (token_hash, user_id, csrf, created_at, seen_at) values ($1, $2, $3, $4, $4)";
    query(SQL)
        .bind(hash)
        .bind(user.uuid())
        .bind(csrf)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn touch_session(tx: &mut Tx, hash: &[u8], now: Timestamp) -> Result<(), Error> {
    const SQL: &str = "update session set seen_at = $2 where token_hash = $1";
    query(SQL)
        .bind(hash)
        .bind(DbInstant(now))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn delete_session(tx: &mut Tx, hash: &[u8]) -> Result<(), Error> {
    const SQL: &str = "delete from session where token_hash = $1";
    query(SQL).bind(hash).execute(tx).await?;
    Ok(())
}

/// Ends every session of a user, except one that is kept.
pub(super) async fn delete_sessions_of(
    tx: &mut Tx,
    user: UserId,
    kept: &[u8],
) -> Result<(), Error> {
    const SQL: &str = "delete from session where user_id = $1 and token_hash <> $2";
    query(SQL).bind(user.uuid()).bind(kept).execute(tx).await?;
    Ok(())
}

pub(super) async fn delete_sessions_before(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    const SQL: &str = "delete from session where created_at < $1";
    query(SQL).bind(DbInstant(before)).execute(tx).await?;
    Ok(())
}

pub(super) async fn locked_until(
    connection: &mut Connection,
    login_hash: &[u8],
) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "select locked_until from login_failure where login_hash = $1";
    let row: Option<(Option<DbInstant>,)> =
        query(SQL).bind(login_hash).optional(connection).await?;
    Ok(row.and_then(|(until,)| until).map(|until| until.0))
}

pub(super) async fn failures(tx: &mut Tx, login_hash: &[u8]) -> Result<i64, Error> {
    const SQL: &str = "select failures from login_failure where login_hash = $1";
    let row: Option<(i64,)> = query(SQL).bind(login_hash).optional(tx).await?;
    Ok(row.map_or(0, |(failures,)| failures))
}

pub(super) async fn set_failures(
    tx: &mut Tx,
    login_hash: &[u8],
    failures: i64,
    until: Option<Timestamp>,
) -> Result<(), Error> {
    const SQL: &str = "insert into login_failure (login_hash, failures, locked_until) values ($1, $2, $3) \
                       on conflict (login_hash) do update set failures = excluded.failures, \
                       locked_until = coalesce(excluded.locked_until, login_failure.locked_until)";
    query(SQL)
        .bind(login_hash)
        .bind(failures)
        .bind(until.map(DbInstant))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn clear_failures(tx: &mut Tx, login_hash: &[u8]) -> Result<(), Error> {
    const SQL: &str = "delete from login_failure where login_hash = $1";
    query(SQL).bind(login_hash).execute(tx).await?;
    Ok(())
}

/// Organizations with a care relation to the subject that has not ended before `today`.
pub(super) async fn caring_organizations(
    connection: &mut Connection,
    subject: Uuid,
    today: Date,
) -> Result<Vec<OrganizationId>, Error> {
    const SQL: &str = "select org_id from care_relation where subject_id = $1 and (until_on is null or until_on >= $2) limit 1000";
    let rows: Vec<(Uuid,)> = query(SQL)
        .bind(subject)
        .bind(DbDate(today))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|(org,)| Id::from_uuid(org)).collect())
}

/// Whether the user has opened this record with a reason and the time is not over.
pub(super) async fn glass_is_open(
    connection: &mut Connection,
    subject: Uuid,
    user: UserId,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str =
        "select count(*) from glass where subject_id = $1 and user_id = $2 and until_at > $3";
    let (open,): (i64,) = query(SQL)
        .bind(subject)
        .bind(user.uuid())
        .bind(DbInstant(now))
        .one(connection)
        .await?;
    Ok(open > 0)
}

/// Care relations of these subjects that have not ended before `today`.
pub(super) async fn caring_for(
    connection: &mut Connection,
    subjects: &[Uuid],
    today: Date,
) -> Result<Vec<(Uuid, OrganizationId)>, Error> {
    let sql = format!(
        "select subject_id, org_id from care_relation where (until_on is null or until_on >= $1) and subject_id in ({})",
        places(2, subjects.len())
    );
    let rows: Vec<(Uuid, Uuid)> = query(Sql::built(sql))
        .bind(DbDate(today))
        .bind_all(subjects.iter().copied())
        .all(connection)
        .await?;
    let relation = |(subject, org)| (subject, Id::from_uuid(org));
    Ok(rows.into_iter().map(relation).collect())
}

/// Those of these subjects whose records the user has opened with a reason, while the time is not over.
pub(super) async fn glass_open_among(
    connection: &mut Connection,
    subjects: &[Uuid],
    (user, now): (UserId, Timestamp),
) -> Result<Vec<Uuid>, Error> {
    let sql = format!(
        "select distinct subject_id from glass where user_id = $1 and until_at > $2 and subject_id in ({})",
        places(3, subjects.len())
    );
    let rows: Vec<(Uuid,)> = query(Sql::built(sql))
        .bind(user.uuid())
        .bind(DbInstant(now))
        .bind_all(subjects.iter().copied())
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|(subject,)| subject).collect())
}

/// Active users of these: where each works, and the name.
pub(super) async fn names_at_work(
    connection: &mut Connection,
    users: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, String)>, Error> {
    let sql = format!(
        "select id, org_id, name from app_user where state = 'active' and id in ({})",
        places(1, users.len())
    );
    let users = users.iter().copied();
    query(Sql::built(sql)).bind_all(users).all(connection).await
}

/// So many placeholders from a number on.
fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|at| format!("${at}")).collect();
    places.join(", ")
}

pub(super) async fn insert_glass(
    tx: &mut Tx,
    subject: Uuid,
    id: Uuid,
    user: UserId,
    reason: &str,
    from_until: (Timestamp, Timestamp),
) -> Result<(), Error> {
    const SQL: &str = "insert into glass (subject_id, id, user_id, reason, opened_at, until_at) \
                       values ($1, $2, $3, $4, $5, $6)";
    query(SQL)
        .bind(subject)
        .bind(id)
        .bind(user.uuid())
        .bind(reason)
        .bind(DbInstant(from_until.0))
        .bind(DbInstant(from_until.1))
        .execute(tx)
        .await?;
    Ok(())
}

row! {
    /// A record that was opened without a care relation.
    pub(super) struct GlassRow {
        pub subject_id: Uuid,
        pub id: Uuid,
        pub reason: String,
        pub opened_at: DbInstant,
        pub until_at: DbInstant,
        pub login: String,
        pub user_name: String,
        pub user_org_id: Uuid,
        pub person_name: String,
        pub residence_org_id: Uuid,
    }
}

/// What was opened by users of a part of the tree, or about persons who live there, before a moment (and an opening of
/// that moment), the newest first.
pub(super) async fn opened_glass(
    connection: &mut Connection,
    path: &str,
    (before, id): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<GlassRow>, Error> {
    const SQL: &str = "select g.subject_id, g.id, g.reason, g.opened_at, g.until_at, u.login, u.name as user_name, \
                       u.org_id as user_org_id, p.name as person_name, p.residence_org_id \
                       from glass g join app_user u on u.id = g.user_id join person p on p.subject_id = g.subject_id \
                       join organization o on o.id = u.org_id join organization r on r.id = p.residence_org_id \
                       where (g.opened_at < $1 or (g.opened_at = $1 and g.id < $2)) \
                       and ((o.path >= $3 and o.path < $4) or (r.path >= $3 and r.path < $4)) \
                       order by g.opened_at desc, g.id desc limit $5";
    query(SQL)
        .bind(DbInstant(before))
        .bind(id)
        .bind(path)
        .bind(format!("{path}\u{10FFFF}"))
        .bind(limit)
        .all(connection)
        .await
}
