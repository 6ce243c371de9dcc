//! What a merge of two persons asks of care: whether it may be, what it changes, and what was told since.

use fuyou_kernel::{Date, Localized, Timestamp};
use fuyou_pack::model::ProgramIx;
use uuid::Uuid;

use super::change::{Written, write};
use super::derive::Derived;
use super::engine::Base;
use super::file::{self, Enrolled, Reading};
use super::{Acting, Care, EnrollmentId, EnrollmentState, Error, store};
use crate::db::{Connection, Tx};
use crate::registry::OrganizationId;

/// A program in which both persons have an open enrollment although one may have only one.
#[derive(Clone, Debug)]
pub struct BothOpen {
    /// The program.
    pub program: Localized,
    /// The open enrollment of each.
    pub enrollments: [EnrollmentId; 2],
}

/// An enrollment in one line.
#[derive(Clone, Debug)]
pub struct EnrolledBriefly {
    /// The program.
    pub program: Localized,
    /// The organization responsible for it.
    pub organization: OrganizationId,
    /// From which day.
    pub opened_on: Date,
    /// Until which day.
    pub closed_on: Option<Date>,
}

impl Care {
    /// The enrollments of a subject in a line each. The caller has decided that the actor may see her.
    pub(crate) async fn enrolled_briefly(
        &self,
        connection: &mut Connection,
        subject: Uuid,
    ) -> Result<Vec<EnrolledBriefly>, Error> {
        let heads = store::enrollments(connection, self.pack(), subject).await?;
        let brief = |head: file::Head| EnrolledBriefly {
            program: self.pack().program(head.program).title.clone(),
            organization: head.organization,
            opened_on: head.opened_on,
            closed_on: head.closed_on,
        };
        Ok(heads.into_iter().map(brief).collect())
    }

    /// The programs in which both have an open enrollment although there may be only one: one of the two has to be
    /// closed first, and a person decides which.
    pub(crate) async fn both_open(
        &self,
        connection: &mut Connection,
        [one, other]: [Uuid; 2],
    ) -> Result<Vec<BothOpen>, Error> {
        let open = |heads: Vec<file::Head>| -> Vec<(ProgramIx, Uuid)> {
            let open = heads
                .into_iter()
                .filter(|head| head.state == EnrollmentState::Open);
            open.map(|head| (head.program, head.id)).collect()
        };
        let ones = open(store::enrollments(connection, self.pack(), one).await?);
        let others = open(store::enrollments(connection, self.pack(), other).await?);
        let mut both = Vec::new();
        for (program_ix, id) in ones {
            let program = self.pack().program(program_ix);
            let other = others.iter().find(|(other, _)| *other == program_ix);
            if let Some((_, other)) = other.filter(|_| program.one_open) {
                both.push(BothOpen {
                    program: program.title.clone(),
                    enrollments: [id, *other].map(EnrollmentId::from_uuid),
                });
            }
        }
        Ok(both)
    }

    /// The first day on which anything happened that is recorded of a subject; nothing when nothing is.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn first_recorded_on(
        &self,
        tx: &mut Tx,
        subject: Uuid,
    ) -> Result<Option<Date>, Error> {
        let first = store::first_day(tx, subject).await?;
        Ok(first.map(|day| day.0))
    }

    /// Computes facts, risk and tasks of these enrollments again in a turn, after something outside care has changed:
    /// who she is or where she lives. All enrollments of the subject when none are named.
    pub(crate) async fn refresh_in(
        &self,
        tx: &mut Tx,
        by: &Acting,
        subject: Uuid,
        only: Option<&[Uuid]>,
    ) -> Result<(), Error> {
        let file = file::read(tx, self.pack(), self.tables(), subject, Reading::Everything).await?;
        let wanted =
            |enrolled: &&Enrolled| only.is_none_or(|only| only.contains(&enrolled.head.id));
        for enrolled in file.enrollments.iter().filter(wanted) {
            let program_ix = enrolled.head.program;
            let base = Base {
                file: &file,
                program_ix,
                surroundings: self.surroundings(program_ix, &by.actor.tree, file.residence()),
                computed_otherwise: Vec::new(),
                died_on: None,
            };
            let id = EnrollmentId::from_uuid(enrolled.head.id);
            let mut before = self.before(by, &base, enrolled);
            // What is stored was computed from something else: all of it is written again.
            let stored = store::derived_ids(tx, subject, enrolled.head.id).await?;
            before.computed = before.computed.stored_otherwise(Derived::unknown(&stored));
            let after = (enrolled.clone(), false);
            let why = ("refresh", String::new());
            let planned = self.finish(by, &base, before, after, Vec::new(), why);
            let writing = [(&planned.writing, by.now)];
            if write(tx, self.pack(), self.tables(), &writing).await? == Written::Raced {
                return Err(Error::Busy(id));
            }
        }
        Ok(())
    }

    /// What was recorded, corrected or declared void in these enrollments since an instant, in words for a list.
    pub(crate) async fn told_since(
        &self,
        connection: &mut Connection,
        subject: Uuid,
        enrollments: &[Uuid],
        since: Timestamp,
    ) -> Result<Vec<Localized>, Error> {
        let (pack, tables) = (self.pack(), self.tables());
        let file = file::read(connection, pack, tables, subject, Reading::Everything).await?;
        let corrected: Vec<Uuid> = store::earlier(connection, subject)
            .await?
            .into_iter()
            .filter(|earlier| since <= earlier.changed_at.0)
            .map(|earlier| earlier.encounter_id)
            .collect();
        let mut told = Vec::new();
        let of_these = |enrolled: &&Enrolled| enrollments.contains(&enrolled.head.id);
        for enrolled in file.enrollments.iter().filter(of_these) {
            let program = pack.program(enrolled.head.program);
            let before = told.len();
            for kept in &enrolled.records {
                if since <= kept.recorded_at || corrected.contains(&kept.id) {
                    let (form, on) = (&program.form(kept.form).title, kept.occurred_on);
                    told.push(Localized::new(
                        format!("{} {on}", form.zh),
                        format!("{} {on}", form.en),
                    ));
                }
            }
            if told.len() == before {
                // Closed, moved, referred, or a task done: the enrollment is named.
                told.push(program.title.clone());
            }
        }
        Ok(told)
    }
}
