//! Opening, closing, reopening and moving an enrollment by hand.

use fuyou_kernel::{Date, DayNumber};
use fuyou_pack::replay::replay;
use uuid::Uuid;

use super::derive::{Relation, derived_id};
use super::file::{Enrolled, File, Head, Reading};
use super::opening::begins_after;
use super::record::{Planned, refused};
use super::settle::Before;
use super::{
    Acting, Care, EnrollmentChange, EnrollmentId, EnrollmentState, Error, Opening, Stale, shown,
};
use crate::access::Action;
use crate::db::Cell;
use crate::registry::OrganizationId;

const ATTEMPTS_MAX: usize = 8;
/// Who was responsible may open the record for so many days more.
const FORMER_DAYS: i32 = 365;

/// What a person does to an enrollment.
#[derive(Clone, Copy)]
pub(super) enum Deed {
    Close(Date),
    Reopen,
    Move(OrganizationId),
}

impl Deed {
    fn word(self) -> &'static str {
        match self {
            Deed::Close(_) => "closed",
            Deed::Reopen => "reopened",
            Deed::Move(_) => "moved",
        }
    }
}

impl Care {
    /// Opens an enrollment without a first record. Sent twice, it is opened once.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn open(&self, by: &Acting, opening: Opening) -> Result<EnrollmentId, Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        let program_ix = self
            .pack()
            .program_ix(&opening.program)
            .ok_or(Error::NotFound("program"))?;
        by.actor
            .tree
            .get(opening.organization)
            .ok_or(Error::NotFound("organization"))?;
        for _ in 0..ATTEMPTS_MAX {
            let file = self
                .open_file(by, opening.subject.uuid(), Reading::Program(program_ix))
                .await?;
            if let Some(there) = file.enrolled(opening.id.uuid()) {
                let same = there.head.opened_on == opening.opened_on;
                return if same {
                    Ok(opening.id)
                } else {
                    Err(Error::IdTaken(opening.id.uuid()))
                };
            }
            let is_open = |enrolled: &&Enrolled| enrolled.head.state == EnrollmentState::Open;
            let program = self.pack().program(program_ix);
            if let Some(other) = file
                .enrollments
                .iter()
                .find(is_open)
                .filter(|_| program.one_open)
            {
                return Err(Error::StillOpen(EnrollmentId::from_uuid(other.head.id)));
            }
            let died_on = self.died_before_beginning(by, &file, program_ix).await?;
            if let Some(finding) = begins_after(died_on, opening.opened_on) {
                return Err(refused(vec![finding], None));
            }
            let base = self.base(by, &file, program_ix).await?;
            let organization = Some(opening.organization);
            let before = self.beginning(by, &base, (opening.id, opening.opened_on), organization);
            let after = Enrolled::new(before.head.clone());
            let planned = self.finish(
                by,
                &base,
                before,
                (after, true),
                Vec::new(),
                ("open", String::new()),
            );
            if self.write_one(planned.writing, by.now).await? {
                return Ok(opening.id);
            }
        }
        Err(Error::Busy(opening.id))
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
        self.change_enrollment(by, &change, Deed::Close(on)).await
    }

    /// Opens a closed enrollment again.
    ///
    /// # Errors
    /// [`Error::StillOpen`] when another enrollment has been opened since; see [`Error`].
    pub async fn reopen(&self, by: &Acting, change: EnrollmentChange) -> Result<(), Error> {
        self.change_enrollment(by, &change, Deed::Reopen).await
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
        by.actor
            .tree
            .get(to)
            .ok_or(Error::NotFound("organization"))?;
        self.change_enrollment(by, &change, Deed::Move(to)).await
    }

    /// Computes facts, risk and tasks of a subject again, after something outside care has changed: who she is, where
    /// she lives, or the pack.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn refresh(&self, by: &Acting, subject: Uuid) -> Result<(), Error> {
        self.open_file(by, subject, Reading::Everything).await?;
        let mut tx = self.db().begin(Some(subject)).await?;
        self.refresh_in(&mut tx, by, subject, None).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn change_enrollment(
        &self,
        by: &Acting,
        change: &EnrollmentChange,
        deed: Deed,
    ) -> Result<(), Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        if change.why.trim().is_empty() {
            return Err(Error::NoReason);
        }
        for _ in 0..ATTEMPTS_MAX {
            let file = self
                .open_file(by, change.subject.uuid(), Reading::Everything)
                .await?;
            let enrolled = file
                .enrolled(change.id.uuid())
                .ok_or(Error::NotFound("enrollment"))?;
            let Some(head) = changed(&file, enrolled, deed, self)? else {
                // It is so already: the answer to a change that was sent twice.
                return Ok(());
            };
            if let Some(seen) = change
                .base_version
                .filter(|seen| *seen != enrolled.head.version)
            {
                let stored = enrolled.head.version;
                let stale = Stale {
                    entity: "enrollment",
                    id: enrolled.head.id,
                    seen,
                    stored,
                };
                return Err(Error::Stale(Box::new(stale)));
            }
            let planned = self
                .plan_change(by, &file, enrolled, (head, change, deed))
                .await?;
            if self.write_one(planned.writing, by.now).await? {
                return Ok(());
            }
        }
        Err(Error::Busy(change.id))
    }

    pub(super) async fn plan_change(
        &self,
        by: &Acting,
        file: &File,
        enrolled: &Enrolled,
        (head, change, deed): (Head, &EnrollmentChange, Deed),
    ) -> Result<Planned, Error> {
        let base = self.base(by, file, enrolled.head.program).await?;
        let before: Before = self.before(by, &base, enrolled);
        let was = enrolled.head.clone();
        let after = Enrolled {
            head,
            ..enrolled.clone()
        };
        let action = match deed {
            Deed::Close(_) => "close",
            Deed::Reopen => "reopen",
            Deed::Move(_) => "move",
        };
        let mut planned = self.finish(
            by,
            &base,
            before,
            (after, false),
            Vec::new(),
            (action, change.why.clone()),
        );
        if let Deed::Move(_) = deed {
            let day = DayNumber::from(by.today).0 + FORMER_DAYS;
            let relation = Relation {
                organization: was.organization,
                kind: "responsible",
                until: Some(shown::date(DayNumber(day))),
            };
            let id = derived_id(&[
                b"enrollment",
                was.id.as_bytes(),
                was.organization.uuid().as_bytes(),
            ]);
            planned.writing.relations.push((id, relation));
        }
        let (from_value, to_value) = match deed {
            Deed::Move(to) => {
                let code = |id| {
                    by.actor
                        .tree
                        .get(id)
                        .map_or_else(String::new, |found| found.code.clone())
                };
                (code(was.organization), code(to))
            }
            Deed::Close(on) => (was.state.word().to_owned(), on.to_string()),
            Deed::Reopen => (
                was.closed_on.map_or_else(String::new, |on| on.to_string()),
                "open".to_owned(),
            ),
        };
        let values = (from_value, to_value);
        planned.writing.enrollment_changes =
            change_row(by, &was, (deed.word(), values), &change.why);
        Ok(planned)
    }
}

/// The row that tells of a change of an enrollment: the word of the deed, from what to what, why.
pub(super) fn change_row(
    by: &Acting,
    was: &Head,
    (word, (from, to)): (&'static str, (String, String)),
    why: &str,
) -> Vec<Cell> {
    vec![
        Cell::id(was.subject),
        Cell::id(derived_id(&[
            b"enrollment change",
            was.id.as_bytes(),
            &was.version.to_be_bytes(),
        ])),
        Cell::id(was.id),
        Cell::int(was.version),
        Cell::at(by.now),
        Cell::id(by.actor.id.uuid()),
        Cell::text(&*by.actor.login),
        Cell::text(word),
        Cell::text(from),
        Cell::text(to),
        Cell::text(why),
    ]
}

fn id_of(enrolled: &Enrolled) -> EnrollmentId {
    EnrollmentId::from_uuid(enrolled.head.id)
}

/// The head after a deed; none when it is so already.
fn changed(
    file: &File,
    enrolled: &Enrolled,
    deed: Deed,
    care: &Care,
) -> Result<Option<Head>, Error> {
    let head = &enrolled.head;
    let program = care.pack().program(head.program);
    match deed {
        Deed::Close(on) if head.state == EnrollmentState::Closed => {
            if head.closed_on == Some(on) {
                Ok(None)
            } else {
                Err(Error::Closed(id_of(enrolled)))
            }
        }
        Deed::Close(on) => Ok(Some(Head {
            held: Some(EnrollmentState::Closed),
            closed_on: Some(on),
            ..head.clone()
        })),
        Deed::Reopen if head.state == EnrollmentState::Open => Ok(None),
        Deed::Reopen => {
            let other = file.enrollments.iter().find(|other| {
                other.head.program == head.program && other.head.state == EnrollmentState::Open
            });
            if let Some(other) = other.filter(|_| program.one_open) {
                return Err(Error::StillOpen(id_of(other)));
            }
            let free = Head {
                held: None,
                ..head.clone()
            };
            let history = Enrolled {
                head: free,
                ..enrolled.clone()
            }
            .history(
                program,
                &crate::registry::Tree::default(),
                file.profile.as_ref(),
                care.settings().utc_offset_minutes,
            );
            // When the facts or a death close it, a person holds it open against them.
            let held = replay(program, &history)
                .closed
                .then_some(EnrollmentState::Open);
            Ok(Some(Head {
                held,
                withdrawn: None,
                ..head.clone()
            }))
        }
        Deed::Move(to) if to == head.organization => Ok(None),
        Deed::Move(to) => Ok(Some(Head {
            organization: to,
            ..head.clone()
        })),
    }
}
