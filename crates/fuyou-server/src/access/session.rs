//! Logging in and staying logged in.

use fuyou_kernel::{Language, Timestamp, hex};
use sm3::{Digest, Sm3};

use super::store::{self, StoredUser};
use super::{Actor, Role};
use crate::db::{Entry, Error};
use crate::http::App;

/// A session ends after so many minutes without a request.
const IDLE_MINUTES_MAX: i64 = 120;
/// A session ends after so many minutes in any case: a working day.
const LIFE_MINUTES_MAX: i64 = 12 * 60;
/// The time of the last request is written this often, not with every request.
const SEEN_EVERY_MINUTES: i64 = 5;
/// Wrong passwords in a row before the login is locked.
const FAILURES_MAX: i64 = 5;
/// The first lock lasts so many minutes; each further one twice as long.
const LOCK_MINUTES: i64 = 15;
/// The longest lock.
const LOCK_MINUTES_MAX: i64 = 24 * 60;

/// A session of a logged-in user.
#[derive(Debug, Clone)]
pub struct Session {
    /// The user.
    pub actor: Actor,
    /// Must be sent with every post.
    pub csrf: String,
    /// The language that the user chose; none yet, the browser's is taken.
    pub language: Option<Language>,
    /// Hash of the token, the key of the session.
    pub(crate) token_hash: Vec<u8>,
    /// The user has to choose a password first.
    pub must_change_password: bool,
}

/// How long the login is locked after so many failures in a row, in minutes.
pub(super) fn lock_minutes(failures: i64) -> Option<i64> {
    if failures == 0 || failures % FAILURES_MAX != 0 {
        return None;
    }
    let doublings = u32::try_from(failures / FAILURES_MAX - 1)
        .unwrap_or(u32::MAX)
        .min(16);
    Some((LOCK_MINUTES << doublings).min(LOCK_MINUTES_MAX))
}

/// Checks the password and opens a session. Returns its token, or none: wrong, unknown and locked look alike.
pub async fn log_in(app: &App, login: &str, password: &str) -> Result<Option<String>, Error> {
    let now = app.now();
    let login_hash = Sm3::digest(login.as_bytes()).to_vec();
    let mut reader = app.db().read().await?;
    let locked = store::locked_until(&mut reader, &login_hash)
        .await?
        .is_some_and(|until| now < until);
    let user = store::user_by_login(&mut reader, login).await?;
    drop(reader);
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let right = app
        .passwords()
        .verify(stored, password)
        .await
        .map_err(|err| Error::NotSaved(err.to_string().into()))?;
    match user {
        Some(user) if right && !locked && user.is_active() => {
            Ok(Some(open(app, &user, &login_hash, now).await?))
        }
        user => {
            fail(app, user.as_ref(), &login_hash, now).await?;
            Ok(None)
        }
    }
}

async fn open(
    app: &App,
    user: &StoredUser,
    login_hash: &[u8],
    now: Timestamp,
) -> Result<String, Error> {
    let (token, csrf) = (random_hex::<32>(), random_hex::<16>());
    let mut tx = app.db().begin(None).await?;
    store::clear_failures(&mut tx, login_hash).await?;
    store::delete_sessions_before(&mut tx, minutes_before(now, LIFE_MINUTES_MAX)).await?;
    store::insert_session(&mut tx, &hash_of(&token), user.id, &csrf, now).await?;
    tx.audit(login_entry("log_in", Some(user), now));
    tx.commit().await?;
    Ok(token)
}

async fn fail(
    app: &App,
    user: Option<&StoredUser>,
    login_hash: &[u8],
    now: Timestamp,
) -> Result<(), Error> {
    let mut tx = app.db().begin(None).await?;
    let failures = store::failures(&mut tx, login_hash).await? + 1;
    let until = lock_minutes(failures).map(|minutes| minutes_before(now, -minutes));
    store::set_failures(&mut tx, login_hash, failures, until).await?;
    tx.audit(login_entry(
        if until.is_some() {
            "log_in_locked"
        } else {
            "log_in_failed"
        },
        user,
        now,
    ));
    tx.commit().await
}

/// What was typed as an unknown login is not written down: it may be a password.
fn login_entry(action: &'static str, user: Option<&StoredUser>, at: Timestamp) -> Entry {
    Entry {
        at,
        actor_id: user.map(|user| user.id.uuid()),
        actor_login: user.map_or_else(|| "unknown".to_owned(), |user| user.login.clone()),
        org_id: user.map(|user| user.organization.uuid()),
        action: action.into(),
        entity: "session".into(),
        entity_id: None,
        subject_id: None,
        detail: "{}".into(),
    }
}

/// The session of a token, unless it has expired, was ended, or its user was locked.
pub async fn authenticate(app: &App, token: &str) -> Result<Option<Session>, Error> {
    let now = app.now();
    let token_hash = hash_of(token);
    let found = {
        let mut reader = app.db().glance().await?;
        store::session(&mut reader, &token_hash).await?
    };
    let Some(found) = found else { return Ok(None) };
    let alive = found.seen_at >= minutes_before(now, IDLE_MINUTES_MAX)
        && found.created_at >= minutes_before(now, LIFE_MINUTES_MAX)
        && found.user.is_active();
    if !alive {
        return Ok(None);
    }
    if found.seen_at < minutes_before(now, SEEN_EVERY_MINUTES) {
        let mut tx = app.db().begin(None).await?;
        store::touch_session(&mut tx, &token_hash, now).await?;
        tx.commit().await?;
    }
    let Ok(role) = found.user.role.parse::<Role>() else {
        tracing::error!(user.id = %found.user.id, "a user has a role this program does not know");
        return Ok(None);
    };
    Ok(Some(Session {
        actor: Actor {
            id: found.user.id,
            login: found.user.login,
            name: found.user.name,
            role,
            organization: found.user.organization,
            tree: app.tree_at(found.tree_stamp).await?,
        },
        csrf: found.csrf,
        language: found.language.as_deref().and_then(language_of),
        token_hash,
        must_change_password: found.user.must_change_password,
    }))
}

fn language_of(word: &str) -> Option<Language> {
    match word {
        "zh" => Some(Language::Zh),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// The language of a user, from now on and wherever the user logs in. Choosing the same again changes nothing.
pub async fn choose_language(
    app: &App,
    session: &Session,
    language: Language,
) -> Result<(), Error> {
    if session.language == Some(language) {
        return Ok(());
    }
    let word = match language {
        Language::Zh => "zh",
        Language::En => "en",
    };
    let actor = &session.actor;
    let mut tx = app.db().begin(None).await?;
    store::set_language(&mut tx, actor.id, word, app.now()).await?;
    tx.audit(Entry {
        at: app.now(),
        actor_id: Some(actor.id.uuid()),
        actor_login: actor.login.clone(),
        org_id: Some(actor.organization.uuid()),
        action: "choose_language".into(),
        entity: "app_user".into(),
        entity_id: Some(actor.id.uuid()),
        subject_id: None,
        detail: "{}".into(),
    });
    tx.commit().await
}

/// Ends a session.
pub async fn log_out(app: &App, session: &Session) -> Result<(), Error> {
    let mut tx = app.db().begin(None).await?;
    store::delete_session(&mut tx, &session.token_hash).await?;
    tx.audit(Entry {
        at: app.now(),
        actor_id: Some(session.actor.id.uuid()),
        actor_login: session.actor.login.clone(),
        org_id: Some(session.actor.organization.uuid()),
        action: "log_out".into(),
        entity: "session".into(),
        entity_id: None,
        subject_id: None,
        detail: "{}".into(),
    });
    tx.commit().await
}

/// Bytes from the operating system's generator, as hexadecimal digits.
pub(super) fn random_hex<const BYTES: usize>() -> String {
    let bytes: [u8; BYTES] = rand::random();
    hex(bytes)
}

fn hash_of(token: &str) -> Vec<u8> {
    Sm3::digest(token.as_bytes()).to_vec()
}

fn minutes_before(at: Timestamp, minutes: i64) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond() - minutes * 60_000).unwrap_or(at)
}
