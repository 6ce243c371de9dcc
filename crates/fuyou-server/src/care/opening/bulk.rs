//! What the records of a file open: newcomers, planned beside the records and written with them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use super::perform::new_link;
use super::plan::{Looked, openings_of};
use super::write::Pending;
use crate::care::file::{Enrolled, File};
use crate::care::memory::Computed;
use crate::care::{Acting, Care, Error};
use crate::registry::Identity;

/// Enrollments of which a process remembers that all is opened: 24 bytes each. What is forgotten is looked at again.
const REMEMBERED_MAX: usize = 200_000;

/// Enrollments, and the version as of which what their records open is open, until the change feed comes to them. It is
/// a note for the process that opened it; any other looks for itself.
#[derive(Default)]
pub(in crate::care) struct Opened(Mutex<HashMap<Uuid, i64>>);

impl Opened {
    /// Notes that what an enrollment opens is open.
    pub(in crate::care) fn note(&self, enrollment: Uuid, version: i64) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= REMEMBERED_MAX {
            noted.clear();
        }
        noted.insert(enrollment, version);
    }

    /// Whether it was noted of this version. The note is used up.
    pub(super) fn take(&self, enrollment: Uuid, version: i64) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.remove(&enrollment) == Some(version)
    }
}

impl Care {
    /// What a new enrollment of somebody who comes with the same file opens. `None` when it has to be looked at later:
    /// it is about somebody of whom something is stored already.
    ///
    /// # Errors
    /// When the plan fails.
    pub(in crate::care) fn open_in_bulk(
        &self,
        by: &Acting,
        (file, person): (&File, &Identity),
        enrolled: Enrolled,
        computed: &Computed,
    ) -> Result<Option<Vec<Pending>>, Error> {
        let Some(keys) = self.keys() else {
            return Ok(None);
        };
        let program_ix = enrolled.head.program;
        let program = self.pack().program(program_ix);
        let (history, outcome) = (&computed.history, &computed.outcome);
        let openings = openings_of(self.pack(), program, (history, outcome), Some(person));
        if openings.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let looked = Looked {
            program: program_ix,
            file: File {
                subject: file.subject,
                profile: file.profile.clone(),
                ..File::default()
            },
            enrolled,
            person: Some(person.clone()),
            openings,
            links: Vec::new(),
        };
        let by = Acting::system(by.actor.tree.clone(), by.now, by.today);
        let mut pending = Vec::new();
        for (ids, opening) in &looked.openings {
            match (&looked.opens(self, opening).person, &opening.person) {
                (None, _) => return Ok(None),
                // Nobody can be registered without a name and a day of birth.
                (Some(_), None) => {}
                (Some(_), Some(new)) => {
                    let link = new_link(self, &looked, (ids, opening), ids.person);
                    let what = (ids, opening, new);
                    pending.extend(self.open_newcomer(&by, keys, &looked, what, link)?);
                }
            }
        }
        Ok(Some(pending))
    }
}
