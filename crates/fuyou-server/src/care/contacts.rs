//! Who was called about an enrollment, and what came of it: what stands beside the lines of a list that is worked off by
//! calling.

use std::collections::HashMap;

use fuyou_kernel::{Date, Id, Timestamp};

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
    /// The task that another attempt belongs to: the open one that is due first.
    pub task: Option<TaskId>,
}

impl Care {
    /// Attempts about the enrollments of a page. Two statements. The list has decided who may see its lines.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn contacts(
        &self,
        by: &Acting,
        rows: &[ListRow],
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
        for row in store::attempts(&mut reader, &keys).await? {
            let outcome = AttemptOutcome::of_word(&row.outcome)
                .ok_or_else(|| db::Error::Corrupt(format!("the outcome {:?}", row.outcome)))?;
            let contact = found.entry(Id::from_uuid(row.enrollment_id)).or_default();
            contact.attempts += 1;
            let is_later = contact.last.is_none_or(|(_, at, _)| at < row.at.0);
            if is_later {
                let again_on = row.again_on.map(|day| day.0);
                contact.last = Some((outcome, row.at.0, again_on));
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
