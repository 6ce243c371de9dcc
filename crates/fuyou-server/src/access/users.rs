//! Keeping users: create, lock, reset, change password.

use std::collections::HashMap;

use fuyou_kernel::Id;
use uuid::Uuid;

use super::password::PasswordError;
use super::session::random_hex;
use super::store::{self, StoredUser};
use super::{Action, Denied, Role, Session, UserId};
use crate::db::{Connection, Entry, Error};
use crate::http::{App, Cx};
use crate::registry::OrganizationId;

/// Most users on one page.
const PAGE_MAX: i64 = 50;

/// A user for lists.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The login.
    pub login: String,
    /// The name.
    pub name: String,
    /// The role as stored.
    pub role: String,
    /// Where the user works.
    pub organization: OrganizationId,
    /// Whether the user may log in.
    pub standing: Standing,
}

/// Whether a user may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Yes.
    Active,
    /// No, by an administrator.
    Locked,
}

/// What a new user needs.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// 3 to 40 letters, digits, dots, dashes or underscores.
    pub login: String,
    /// The name shown to others.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Where the user works.
    pub organization: OrganizationId,
    /// The first password.
    pub password: String,
    /// Whether the user must choose another at first login.
    pub must_change_password: bool,
}

/// What a user's account can refuse.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Not allowed, or not there.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such user.
    #[error("there is no such user")]
    NotFound,
    /// Somebody has this login.
    #[error("the login {0:?} is taken")]
    Taken(String),
    /// Not a login.
    #[error("a login has 3 to 40 letters, digits, dots, dashes or underscores")]
    Login,
    /// No name given.
    #[error("a user needs a name")]
    Name,
    /// The present password is not right.
    #[error("the present password is not right")]
    Wrong,
    /// The password is not acceptable.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Creates a user. `by` is the audit entry of whoever does it: an administrator's or the command line's.
pub async fn create_user(app: &App, by: Entry, new: &NewUser) -> Result<UserId, UserError> {
    let is_login_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !(3..=40).contains(&new.login.len()) || !new.login.chars().all(is_login_char) {
        return Err(UserError::Login);
    }
    if new.name.trim().is_empty() {
        return Err(UserError::Name);
    }
    let password_hash = app.passwords().hash(&new.login, &new.password).await?;
    let id: UserId = app.new_id();
    let mut tx = app.db().begin(None).await?;
    if store::user_by_login(&mut tx, &new.login).await?.is_some() {
        return Err(UserError::Taken(new.login.clone()));
    }
    let user = StoredUser {
        id,
        login: new.login.clone(),
        name: new.name.trim().to_owned(),
        role: new.role.word().to_owned(),
        organization: new.organization,
        password_hash,
        state: "active".to_owned(),
        must_change_password: new.must_change_password,
    };
    store::insert_user(&mut tx, &user, app.now()).await?;
    tx.audit(Entry {
        entity_id: Some(id.uuid()),
        ..by
    });
    tx.commit().await?;
    Ok(id)
}

/// Which users.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// Part of a login or a name; empty for all.
    pub q: String,
    /// Only of this role.
    pub role: Option<Role>,
    /// Only of this organization and those below it; the actor's own subtree when absent.
    pub organization: Option<OrganizationId>,
    /// Only those who may, or may not, log in.
    pub standing: Option<Standing>,
}

/// Users of the actor's subtree in order of login after `after`, and where the next page starts.
pub async fn list(
    cx: &Cx,
    filter: &UserFilter,
    after: &str,
) -> Result<(Vec<User>, Option<String>), UserError> {
    let organization = filter.organization.unwrap_or(cx.actor.organization);
    cx.actor.require(Action::ManageUsers, organization)?;
    let Some(top) = cx.actor.tree.get(organization) else {
        return Ok((Vec::new(), None));
    };
    let mut reader = cx.db.read().await?;
    // One more than a page tells whether there is a next one.
    let mut page = store::users(&mut reader, &top.path, filter, after, PAGE_MAX + 1).await?;
    let more = page.len() as i64 > PAGE_MAX;
    if more {
        page.pop();
    }
    let next = page.last().filter(|_| more).map(|user| user.login.clone());
    Ok((page.into_iter().map(shown).collect(), next))
}

/// The user with a login in the actor's subtree, if there is one. For linking a user with what is kept elsewhere.
pub async fn user_with_login(cx: &Cx, login: &str) -> Result<Option<UserId>, Error> {
    let mut reader = cx.db.read().await?;
    let user = store::user_by_login(&mut reader, login).await?;
    let seen = user.filter(|user| cx.actor.sees(user.organization));
    Ok(seen.map(|user| user.id))
}

fn shown(user: StoredUser) -> User {
    let standing = if user.is_active() {
        Standing::Active
    } else {
        Standing::Locked
    };
    User {
        id: user.id,
        login: user.login,
        name: user.name,
        role: user.role,
        organization: user.organization,
        standing,
    }
}

/// Where each of these users works, and the name; only of those who may log in. One statement.
pub(crate) async fn names_at_work(
    connection: &mut Connection,
    users: &[Uuid],
) -> Result<HashMap<Uuid, (OrganizationId, String)>, Error> {
    if users.is_empty() {
        return Ok(HashMap::new());
    }
    let found = store::names_at_work(connection, users).await?;
    let at = |(user, org, name)| (user, (Id::from_uuid(org), name));
    Ok(found.into_iter().map(at).collect())
}

/// Locks or unlocks a user of the actor's subtree, never the actor. A locked user's sessions end at once.
pub async fn set_state(cx: &Cx, id: UserId, standing: Standing) -> Result<(), UserError> {
    let mut tx = cx.db.begin(None).await?;
    manageable(cx, &mut tx, id).await?;
    let (state, action) = match standing {
        Standing::Active => ("active", "unlock_user"),
        Standing::Locked => ("locked", "lock_user"),
    };
    store::set_state(&mut tx, id, state, cx.now).await?;
    if standing == Standing::Locked {
        store::delete_sessions_of(&mut tx, id, &[]).await?;
    }
    tx.audit(Entry {
        entity_id: Some(id.uuid()),
        ..cx.entry(action, "app_user")
    });
    tx.commit().await?;
    Ok(())
}

/// Gives a user a new password for one login and ends the user's sessions. Returns login and password, to be told once.
pub async fn reset_password(cx: &Cx, id: UserId) -> Result<(String, String), UserError> {
    let user = {
        let mut reader = cx.db.read().await?;
        store::user(&mut reader, id).await?
    };
    let login = user.ok_or(UserError::NotFound)?.login;
    let password = random_hex::<8>();
    let hash = cx.app.passwords().hash(&login, &password).await?;
    let mut tx = cx.db.begin(None).await?;
    manageable(cx, &mut tx, id).await?;
    store::set_password(&mut tx, id, &hash, true, cx.now).await?;
    store::delete_sessions_of(&mut tx, id, &[]).await?;
    tx.audit(Entry {
        entity_id: Some(id.uuid()),
        ..cx.entry("reset_password", "app_user")
    });
    tx.commit().await?;
    Ok((login, password))
}

/// A user whom the actor keeps.
///
/// # Errors
/// When there is none, and when it is the actor's own account.
pub async fn managed(cx: &Cx, id: UserId) -> Result<User, UserError> {
    let mut reader = cx.db.read().await?;
    manageable(cx, &mut reader, id).await.map(shown)
}

/// What an account is called, what it may do, and where.
#[derive(Debug, Clone)]
pub struct Change {
    /// The name shown to others.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Where the user works.
    pub organization: OrganizationId,
}

/// Changes an account that the actor keeps, where it goes as where it was, and ends its sessions: what it may do holds from
/// the next login on. The same again changes nothing.
///
/// # Errors
/// When the actor does not keep it, and without a name.
pub async fn change_user(cx: &Cx, id: UserId, change: &Change) -> Result<(), UserError> {
    let name = change.name.trim();
    if name.is_empty() {
        return Err(UserError::Name);
    }
    let mut tx = cx.db.begin(None).await?;
    let user = manageable(cx, &mut tx, id).await?;
    cx.actor.require(Action::ManageUsers, change.organization)?;
    let is_same = user.role == change.role.word() && user.organization == change.organization;
    if is_same && user.name == name {
        return Ok(());
    }
    store::change_user(&mut tx, id, (name, change), cx.now).await?;
    if !is_same {
        store::delete_sessions_of(&mut tx, id, &[]).await?;
    }
    let place = |organization| cx.actor.tree.name(organization);
    let detail = serde_json::json!({
        "login": user.login,
        "from": [user.role.as_str(), place(user.organization)],
        "to": [change.role.word(), place(change.organization)],
    });
    tx.audit(Entry {
        entity_id: Some(id.uuid()),
        detail: detail.to_string(),
        ..cx.entry("change_user", "app_user")
    });
    tx.commit().await?;
    Ok(())
}

async fn manageable(
    cx: &Cx,
    connection: &mut Connection,
    id: UserId,
) -> Result<StoredUser, UserError> {
    let user = store::user(connection, id)
        .await?
        .ok_or(UserError::NotFound)?;
    cx.actor.require(Action::ManageUsers, user.organization)?;
    if id == cx.actor.id {
        return Err(Denied(Action::ManageUsers).into());
    }
    Ok(user)
}

/// Changes the actor's own password and ends all other sessions of the actor.
pub async fn change_password(
    cx: &Cx,
    session: &Session,
    present: &str,
    new: &str,
) -> Result<(), UserError> {
    let stored = {
        let mut reader = cx.db.read().await?;
        store::user(&mut reader, cx.actor.id)
            .await?
            .map(|user| user.password_hash)
    };
    if !cx.app.passwords().verify(stored, present).await? {
        return Err(UserError::Wrong);
    }
    let hash = cx.app.passwords().hash(&cx.actor.login, new).await?;
    let mut tx = cx.db.begin(None).await?;
    store::set_password(&mut tx, cx.actor.id, &hash, false, cx.now).await?;
    store::delete_sessions_of(&mut tx, cx.actor.id, &session.token_hash).await?;
    tx.audit(Entry {
        entity_id: Some(cx.actor.id.uuid()),
        ..cx.entry("change_password", "app_user")
    });
    tx.commit().await?;
    Ok(())
}
