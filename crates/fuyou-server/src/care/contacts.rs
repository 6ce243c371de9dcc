//! Who was called about an enrollment, and what came of it: what stands beside the lines of a list that is worked off by
//! calling.

use std::collections::HashMap;

use fuyou_kernel::{Date, Id, Timestamp};
use fuyou_pack::model::Unreached;

use super::{
    Acting, AttemptOutcome, Care, EnrollmentId, Error, ListRow, TaskId, contacts_store as store,
};
use crate::access::Action;
use crate::db;

/// What is known of reaching somebody about an enrollment.
#[derive(Clone, Debug, Default)]
pub struct Contact {
    /// What came of the last attempt, when it was, and when to try again.
    pub last: Option<(AttemptOutcome, Timestamp, Option<Date>)>,
    /// How often somebody tried.
    pub attempts: usize,
    /// Whether so many attempts reached nobody that the pack says to look for the subject in another way.
    pub is_unreached: bool,
    /// The task that another attempt belongs to: the open one that is due first.
    pub task: Option<TaskId>,
}

impl Care {
    /// Attempts about the enrollments of a page; `unreached` is the list's rule, `day_of` the civil date of an instant where
    /// the installation stands. Two statements. The list has decided who may see its lines.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn contacts(
        &self,
        by: &Acting,
        rows: &[ListRow],
        unreached: Option<&Unreached>,
        day_of: impl Fn(Timestamp) -> Date + Send,
    ) -> Result<HashMap<EnrollmentId, Contact>, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        let mut found: HashMap<EnrollmentId, Contact> = HashMap::new();
        if rows.is_empty() {
            return Ok(found);
        }
        let keys: Vec<_> = rows
            .iter()
            .map(|row| (row.subject.uuid(), row.enrollment.uuid()))
            .collect();
        let mut reader = self.db().read().await?;
        let mut attempts = store::attempts(&mut reader, &keys).await?;
        attempts.sort_by_key(|row| row.at.0);
        let mut in_vain: HashMap<EnrollmentId, usize> = HashMap::new();
        for row in attempts {
            let outcome = AttemptOutcome::of_word(&row.outcome)
                .ok_or_else(|| db::Error::Corrupt(format!("the outcome {:?}", row.outcome)))?;
            let contact = found.entry(Id::from_uuid(row.enrollment_id)).or_default();
            contact.attempts += 1;
            contact.last = Some((outcome, row.at.0, row.again_on.map(|day| day.0)));
            if let Some(rule) = unreached {
                let count = in_vain.entry(Id::from_uuid(row.enrollment_id)).or_default();
                let still = rule
                    .within
                    .after(day_of(row.at.0))
                    .is_ok_and(|day| day > by.today);
                *count = match (outcome.reached_nobody(), still) {
                    (false, _) => 0,
                    (true, still) => *count + usize::from(still),
                };
                contact.is_unreached = *count >= usize::from(rule.attempts);
            }
        }
        let mut due: HashMap<EnrollmentId, Timestamp> = HashMap::new();
        for row in store::open_tasks(&mut reader, &keys).await? {
            let enrollment = Id::from_uuid(row.enrollment_id);
            if due.get(&enrollment).is_none_or(|at| row.overdue_at.0 < *at) {
                due.insert(enrollment, row.overdue_at.0);
                found.entry(enrollment).or_default().task = Some(Id::from_uuid(row.id));
            }
        }
        Ok(found)
    }
}
