//! What changes in the tree of organizations mean for care: who is responsible then, and whose tasks they are.
//!
//! Tasks name organizations: the one responsible, one above it, the village that helps. When the tree changes, the
//! enrollments whose tasks may name others are marked in the same transaction ([`Care::unsettle`]): what is stored about
//! them is no longer what their records amount to. A marked enrollment is computed anew with its next record, or by
//! [`Care::settle_marked`], whichever is first; so an interruption loses nothing. Open enrollments are marked in the same
//! way when a new version of the pack is installed.

use futures_util::stream::{self, StreamExt as _};
use uuid::Uuid;

use super::enrolling::Deed;
use super::file::{self, Reading};
use super::{Acting, Care, EnrollmentChange, EnrollmentId, Error, SubjectId, places_store};
use crate::db::Tx;
use crate::registry::{Organization, OrganizationId};

/// Enrollments that are computed at the same time, so that they share turns of the lane.
const AT_ONCE: usize = 16;
/// Enrollments that are read to be computed anew before others are looked for.
const SETTLED_AT_ONCE: i64 = 1000;
/// How often a change is computed anew when others were faster.
const ATTEMPTS_MAX: usize = 8;

/// What is done to one enrollment of many.
#[derive(Clone, Copy)]
enum Step<'a> {
    /// Another organization becomes responsible.
    HandOver {
        from: OrganizationId,
        to: OrganizationId,
        why: &'a str,
    },
    /// It is computed anew.
    Settle,
}

impl Care {
    /// Makes another organization responsible for open enrollments of one, so many at most; each is a change of its own,
    /// with history and audit, and the organization before may open it for another 365 days. What was done already is
    /// not done again. Gives how many changed hands. The caller has decided that the actor may.
    ///
    /// # Errors
    /// [`Error::NoReason`]; see [`Error`]. What changed hands before the error stays so.
    pub(crate) async fn hand_over(
        &self,
        by: &Acting,
        (from, to): (OrganizationId, OrganizationId),
        why: &str,
        at_most: i64,
    ) -> Result<u64, Error> {
        if why.trim().is_empty() {
            return Err(Error::NoReason);
        }
        let waiting = {
            let mut reader = self.db().read().await?;
            places_store::open_at(&mut reader, from, at_most).await?
        };
        self.each(by, waiting, Step::HandOver { from, to, why })
            .await
    }

    /// Marks the enrollments whose tasks a change of these organizations may concern: they are responsible, she lives
    /// there, or a task is theirs. In the transaction of that change.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn unsettle(
        tx: &mut Tx,
        by: &Acting,
        below: &Organization,
    ) -> Result<(), Error> {
        Ok(places_store::unsettle(tx, &below.path, by.now).await?)
    }

    /// Computes marked enrollments behind a place anew, so many at most, and gives how many were, and the place behind the
    /// last one when there may be more.
    ///
    /// # Errors
    /// See [`Error`].
    pub(crate) async fn settle_marked(
        &self,
        by: &Acting,
        after: Option<(Uuid, Uuid)>,
        at_most: i64,
    ) -> Result<(u64, Option<(Uuid, Uuid)>), Error> {
        // Under a tree that has changed since, all would be marked again; who changed it computes them.
        if self.stamp_under(&by.actor.tree).is_empty() {
            return Ok((0, None));
        }
        let marked = {
            let mut reader = self.db().read().await?;
            places_store::unsettled(&mut reader, after, at_most).await?
        };
        let next = marked.last().copied();
        Ok((self.each(by, marked, Step::Settle).await?, next))
    }

    /// Computes all marked enrollments anew. A failure is logged; what is left is marked still.
    pub async fn settle_all(&self, by: &Acting) {
        let mut place = None;
        loop {
            match self.settle_marked(by, place, SETTLED_AT_ONCE).await {
                Ok((_, None)) => return,
                Ok((settled, next)) => {
                    tracing::info!(care.enrollments = settled, "computed anew");
                    place = next;
                }
                Err(err) => {
                    tracing::error!(error = %err, "enrollments wait to be computed anew");
                    return;
                }
            }
        }
    }

    async fn each(
        &self,
        by: &Acting,
        enrollments: Vec<(Uuid, Uuid)>,
        step: Step<'_>,
    ) -> Result<u64, Error> {
        let mut steps = stream::iter(enrollments)
            .map(|(subject, id)| self.step(by, subject, id, step))
            .buffer_unordered(AT_ONCE);
        let mut done = 0;
        while let Some(changed) = steps.next().await {
            done += u64::from(changed?);
        }
        Ok(done)
    }

    /// One enrollment; false when nothing was to be done.
    async fn step(
        &self,
        by: &Acting,
        subject: Uuid,
        id: Uuid,
        step: Step<'_>,
    ) -> Result<bool, Error> {
        for _ in 0..ATTEMPTS_MAX {
            let file = {
                let mut reader = self.db().glance().await?;
                let wanted = (subject, Reading::Everything);
                let known = (&**self.pack(), self.tables());
                file::read_again(&mut reader, known, self.memory(), wanted).await?
            };
            let Some(enrolled) = file.enrolled(id) else {
                return Ok(false);
            };
            let head = &enrolled.head;
            let planned = match step {
                Step::HandOver { from, to, why } => {
                    if head.organization != from {
                        return Ok(false);
                    }
                    let change = EnrollmentChange {
                        id: EnrollmentId::from_uuid(id),
                        subject: SubjectId::from_uuid(subject),
                        base_version: None,
                        why: why.to_owned(),
                    };
                    let mut head = head.clone();
                    head.organization = to;
                    self.plan_change(by, &file, enrolled, (head, &change, Deed::Move(to)))
                        .await?
                }
                Step::Settle => {
                    if head.pack_version == self.pack_stamp() {
                        return Ok(false);
                    }
                    let base = self.base(by, &file, head.program).await?;
                    let before = self.before(by, &base, enrolled);
                    let after = (enrolled.clone(), false);
                    let why = ("refresh", String::new());
                    self.finish(by, &base, before, after, Vec::new(), why)
                }
            };
            if self.write_one(planned.writing, by.now).await? {
                return Ok(true);
            }
        }
        Err(Error::Busy(EnrollmentId::from_uuid(id)))
    }
}
