//! The context of a request: who, when, in which language, with which database.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use fuyou_kernel::{Date, Language, Timestamp, kinds};
use uuid::Uuid;

use super::{App, Error};
use crate::access::{Actor, Session};
use crate::db::{Db, Entry};
use crate::keys::Keyring;
use crate::registry::StaffNames;
use crate::texts::{self, Calendar, Told};

/// The context of a request of a logged-in user. The first argument of every use case.
#[derive(Clone)]
pub struct Cx {
    /// The application.
    pub app: App,
    /// The database.
    pub db: Db,
    /// The keys.
    pub keys: Keyring,
    /// Who.
    pub actor: Actor,
    /// When the request came.
    pub now: Timestamp,
    /// The civil date of `now` where the installation stands.
    pub today: Date,
    /// The reader's language.
    pub language: Language,
    /// The session.
    pub session: Session,
    /// Path of the page, for the menu.
    pub path: String,
    /// The path with its question: where to come back to.
    pub address: String,
    /// Which page of a list is asked for.
    pub sheet: Sheet,
    /// Names of staff that this request has learned.
    pub staff: StaffNames,
}

/// Which page of a list an address asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// The first.
    First,
    /// One behind it.
    Later,
}

impl Sheet {
    /// Lists say where a later page begins, by what stands before it.
    fn of(query: &str) -> Sheet {
        let begins = |pair: &str| pair.starts_with("after=") || pair.starts_with("before=");
        match query.split('&').any(begins) {
            true => Sheet::Later,
            false => Sheet::First,
        }
    }
}

impl Cx {
    pub(super) fn new(app: &App, session: Session, language: Language, uri: &Uri) -> Self {
        let now = app.now();
        Cx {
            app: app.clone(),
            db: app.db().clone(),
            keys: app.keys().clone(),
            actor: session.actor.clone(),
            now,
            today: app.date_of(now),
            language,
            session,
            path: uri.path().to_owned(),
            address: uri
                .path_and_query()
                .map_or(uri.path(), |address| address.as_str())
                .to_owned(),
            sheet: Sheet::of(uri.query().unwrap_or_default()),
            staff: StaffNames::default(),
        }
    }

    /// A text in the reader's language.
    pub fn t(&self, key: &str) -> String {
        texts::text(self.language, key)
    }

    /// How the reader is told of days.
    pub fn calendar(&self) -> Calendar {
        Calendar {
            language: self.language,
            today: self.today,
        }
    }

    /// A moment by the clock of the county.
    pub fn told_at(&self, at: Timestamp) -> Told {
        self.calendar().moment(at, &self.app.options().time_zone)
    }

    /// A fresh id for a row.
    pub fn new_id(&self) -> Uuid {
        self.app.new_id::<kinds::Change>().uuid()
    }

    /// An audit entry of this actor at this moment.
    pub fn entry(&self, action: &'static str, entity: &'static str) -> Entry {
        Entry {
            at: self.now,
            actor_id: Some(self.actor.id.uuid()),
            actor_login: self.actor.login.clone(),
            org_id: Some(self.actor.organization.uuid()),
            action: action.into(),
            entity: entity.into(),
            entity_id: None,
            subject_id: None,
            detail: "{}".to_owned(),
        }
    }
}

impl FromRequestParts<App> for Cx {
    type Rejection = Error;

    /// The gate in front of every guarded route has put it there.
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        parts.extensions.get::<Cx>().cloned().ok_or(Error::LogIn)
    }
}
