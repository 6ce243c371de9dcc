//! The engine: a pack installed in a database.

use std::sync::Arc;

use fuyou_kernel::Date;
use fuyou_pack::Pack;
use uuid::Uuid;

use super::{
    Acting, Attempt, Correction, Cursor, EncounterId, EnrollmentChange, EnrollmentId, Error,
    InstallError, ListFilter, ListPage, Opening, Prefilled, Preview, Record, Recorded, Story,
    SubjectId, TaskId, Voiding, WorkFilter, WorkPage,
};
use crate::db::Db;
use crate::registry::OrganizationId;

/// What differs between installations.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Minutes that the county's clocks are ahead of UTC: days and instants meet in it. China: 480.
    pub utc_offset_minutes: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            utc_offset_minutes: 480,
        }
    }
}

/// A pack installed in a database. Cheap to clone.
#[derive(Clone)]
pub struct Care(Arc<Inner>);

struct Inner {
    db: Db,
    pack: Arc<Pack>,
    settings: Settings,
}

impl Care {
    /// Creates or widens the tables of the pack and their readable views, and notes the pack's version.
    ///
    /// # Errors
    /// [`InstallError::ColumnChanged`] when a stored column has another type than the pack says now.
    pub async fn install(
        db: Db,
        pack: Arc<Pack>,
        settings: Settings,
    ) -> Result<Care, InstallError> {
        Ok(Care(Arc::new(Inner { db, pack, settings })))
    }

    /// The pack.
    pub fn pack(&self) -> &Arc<Pack> {
        &self.0.pack
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// What differs between installations.
    pub fn settings(&self) -> Settings {
        self.0.settings
    }

    /// Stores a filled form and everything that follows from it. The form that opens a program opens the enrollment.
    ///
    /// # Errors
    /// [`Error::Refused`] with the findings, [`Error::IdTaken`], [`Error::Stale`], [`Error::StillOpen`] …
    pub async fn record(&self, by: &Acting, record: Record) -> Result<Recorded, Error> {
        let _ = (by, record);
        Err(Error::NotFound("program"))
    }

    /// What [`Care::record`] would answer; nothing is written.
    ///
    /// # Errors
    /// See [`Error`]; a draft that would be refused is no error here.
    pub async fn preview(&self, by: &Acting, record: &Record) -> Result<Preview, Error> {
        let _ = (by, record);
        Err(Error::NotFound("program"))
    }

    /// What a form starts with for this subject on this day.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prefill(
        &self,
        by: &Acting,
        subject: SubjectId,
        enrollment: Option<EnrollmentId>,
        form: (&str, &str),
        occurred_on: Date,
    ) -> Result<Prefilled, Error> {
        let _ = (by, subject, enrollment, form, occurred_on);
        Err(Error::NotFound("program"))
    }

    /// Replaces the content of a record; what stood there is kept.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn correct(&self, by: &Acting, correction: Correction) -> Result<Recorded, Error> {
        let _ = (by, correction);
        Err(Error::NotFound("encounter"))
    }

    /// Declares a record void; it no longer counts.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn void(&self, by: &Acting, voiding: Voiding) -> Result<Recorded, Error> {
        let _ = (by, voiding);
        Err(Error::NotFound("encounter"))
    }

    /// Opens an enrollment without a first record.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open(&self, by: &Acting, opening: Opening) -> Result<EnrollmentId, Error> {
        let _ = (by, opening);
        Err(Error::NotFound("program"))
    }

    /// Closes an enrollment by hand.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn close(
        &self,
        by: &Acting,
        change: EnrollmentChange,
        on: Date,
    ) -> Result<(), Error> {
        let _ = (by, change, on);
        Err(Error::NotFound("enrollment"))
    }

    /// Opens a closed enrollment again.
    ///
    /// # Errors
    /// [`Error::StillOpen`] when another enrollment has been opened since; see [`Error`].
    pub async fn reopen(&self, by: &Acting, change: EnrollmentChange) -> Result<(), Error> {
        let _ = (by, change);
        Err(Error::NotFound("enrollment"))
    }

    /// Makes another organization responsible. The one before may open the record for another 365 days.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn move_enrollment(
        &self,
        by: &Acting,
        change: EnrollmentChange,
        to: OrganizationId,
    ) -> Result<(), Error> {
        let _ = (by, change, to);
        Err(Error::NotFound("enrollment"))
    }

    /// Everything about a subject's care that the actor may see. The number of statements does not depend on how much
    /// there is. The reading is audited.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn story(&self, by: &Acting, subject: SubjectId) -> Result<Story, Error> {
        let _ = (by, subject);
        Err(Error::NotFound("subject"))
    }

    /// One record, to correct it: its values as the actor may see them, and what stood there before.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn stored_record(
        &self,
        by: &Acting,
        subject: SubjectId,
        id: EncounterId,
    ) -> Result<super::RecordShown, Error> {
        let _ = (by, subject, id);
        Err(Error::NotFound("encounter"))
    }

    /// What the actor must do.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn work_list(
        &self,
        by: &Acting,
        filter: &WorkFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<WorkPage, Error> {
        let _ = (by, filter, after, limit);
        Err(Error::NotFound("task"))
    }

    /// Marks a task done by hand; only one that no form does.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn complete_task(
        &self,
        by: &Acting,
        subject: SubjectId,
        task: TaskId,
    ) -> Result<(), Error> {
        let _ = (by, subject, task);
        Err(Error::NotFound("task"))
    }

    /// Notes that somebody tried to do a task.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn record_attempt(&self, by: &Acting, attempt: Attempt) -> Result<(), Error> {
        let _ = (by, attempt);
        Err(Error::NotFound("task"))
    }

    /// One page of a list of the pack. `list` is its id in `program`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(
        &self,
        by: &Acting,
        list: (&str, &str),
        filter: &ListFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<ListPage, Error> {
        let _ = (by, list, filter, after, limit);
        Err(Error::NotFound("list"))
    }

    /// Computes facts, risk and tasks of a subject again, after something outside care has changed: who she is, where
    /// she lives, or the pack.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn refresh(&self, by: &Acting, subject: Uuid) -> Result<(), Error> {
        let _ = (by, subject);
        Err(Error::NotFound("subject"))
    }
}
