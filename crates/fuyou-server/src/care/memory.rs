//! What was last known of enrollments, kept so that opening a form, checking it and saving it, or one visit after the
//! other, does not read and replay the same records each time.
//!
//! Every change of an enrollment's records, completions and referrals takes the enrollment's next version in the same
//! transaction. So the version that is read from the database says whether what is kept here is still so, whoever
//! changed it, in this process or another. What is kept is bounded, holds no name, number or address, and ends with the
//! process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fuyou_pack::replay::{History, Outcome, Pause};
use uuid::Uuid;

use super::derive::Derived;
use super::file::{Enrolled, Head};
use crate::registry::{Profile, Tree};

/// Enrollments of one generation; two generations are kept. About 25 KiB each, 100 MiB together.
const GENERATION: usize = 2_048;

/// What an enrollment amounts to.
#[derive(Debug)]
pub(super) struct Computed {
    pub history: History,
    pub outcome: Outcome,
    pub derived: Derived,
    /// The replay, for the next record; none where none follows.
    pub pause: Option<Pause>,
}

impl Computed {
    /// The same records, of which something else is stored.
    pub(super) fn stored_otherwise(&self, derived: Derived) -> Arc<Computed> {
        Arc::new(Computed {
            history: self.history.clone(),
            outcome: self.outcome.clone(),
            pause: self.pause.clone(),
            derived,
        })
    }
}

/// What a computation depends on besides the records; the pack is that of the process.
#[derive(Clone)]
pub(super) struct Around {
    pub profile: Option<Profile>,
    pub tree: Arc<Tree>,
}

impl Around {
    fn is(&self, other: &Around) -> bool {
        self.profile == other.profile && Arc::ptr_eq(&self.tree, &other.tree)
    }
}

#[derive(Clone)]
struct Kept {
    enrolled: Arc<Enrolled>,
    computed: Option<(Around, Arc<Computed>)>,
}

/// What was last known of enrollments.
#[derive(Default)]
pub(super) struct Memory(Mutex<Generations>);

/// What was used since the last turn of generations, and what was used in the one before.
#[derive(Default)]
struct Generations {
    young: HashMap<Uuid, Kept>,
    old: HashMap<Uuid, Kept>,
    /// What was used in neither. To free a whole generation takes tens of milliseconds, in which nobody could look
    /// anything up: whoever adds one frees two of these.
    leaving: Vec<Kept>,
}

/// What is freed when nobody waits for the memory any more.
type Left = [Option<Kept>; 3];

impl Generations {
    /// What is kept of an enrollment, if it is of this version and of this subject: a merge of two records moves
    /// enrollments, and taking it back gives them their version again.
    fn current(&mut self, head: &Head) -> Option<&mut Kept> {
        if let Some(kept) = self.old.remove(&head.id) {
            self.insert(head.id, kept);
        }
        let kept = self.young.get_mut(&head.id)?;
        let known = &kept.enrolled.head;
        (known.version == head.version && known.subject == head.subject).then_some(kept)
    }

    fn insert(&mut self, enrollment: Uuid, kept: Kept) -> Option<Kept> {
        if self.young.len() >= GENERATION && !self.young.contains_key(&enrollment) {
            let young = std::mem::take(&mut self.young);
            let gone = std::mem::replace(&mut self.old, young);
            self.leaving.extend(gone.into_values());
        }
        self.young.insert(enrollment, kept)
    }

    #[must_use]
    fn put(&mut self, enrollment: Uuid, kept: Kept) -> Left {
        let older = self.old.remove(&enrollment);
        let before = self.insert(enrollment, kept).or(older);
        [before, self.leaving.pop(), self.leaving.pop()]
    }
}

impl Memory {
    /// The records of an enrollment as it stands.
    pub(super) fn enrolled(&self, head: &Head) -> Option<Arc<Enrolled>> {
        let mut generations = self.lock();
        let kept = generations.current(head)?;
        Some(kept.enrolled.clone())
    }

    /// What an enrollment as it stands amounts to.
    pub(super) fn computed(&self, head: &Head, around: &Around) -> Option<Arc<Computed>> {
        let mut generations = self.lock();
        let (then, computed) = generations.current(head)?.computed.as_ref()?;
        then.is(around).then(|| computed.clone())
    }

    /// Keeps the records of an enrollment as they were read.
    pub(super) fn keep(&self, enrolled: &Enrolled) {
        if self.enrolled(&enrolled.head).is_some() {
            return;
        }
        let kept = Kept {
            enrolled: Arc::new(enrolled.clone()),
            computed: None,
        };
        let left = self.lock().put(enrolled.head.id, kept);
        drop(left);
    }

    /// Keeps what an enrollment as it stands amounts to, if its records are kept.
    pub(super) fn keep_computed(&self, head: &Head, around: Around, computed: Arc<Computed>) {
        let computed = Some((around, computed));
        let before = match self.lock().current(head) {
            Some(kept) => std::mem::replace(&mut kept.computed, computed),
            None => computed,
        };
        drop(before);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use fuyou_kernel::{Date, Id, Timestamp};
    use fuyou_pack::model::ProgramIx;

    use super::*;
    use crate::care::EnrollmentState;

    fn head() -> Head {
        Head {
            subject: Uuid::nil(),
            id: Uuid::nil(),
            program: ProgramIx::new(0),
            organization: Id::from_uuid(Uuid::nil()),
            opened_on: Date::constant(2026, 1, 1),
            closed_on: None,
            state: EnrollmentState::Open,
            held: None,
            withdrawn: None,
            died_on: None,
            pack_version: String::new(),
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn at(id: u128, version: i64) -> Head {
        Head {
            id: Uuid::from_u128(id),
            version,
            ..head()
        }
    }

    #[test]
    fn another_version_or_subject_is_not_what_was_kept() {
        let memory = Memory::default();
        memory.keep(&Enrolled::new(at(7, 2)));
        assert!(memory.enrolled(&at(7, 2)).is_some());
        assert!(memory.enrolled(&at(7, 3)).is_none());
        let moved = Head {
            subject: Uuid::from_u128(1),
            ..at(7, 2)
        };
        assert!(memory.enrolled(&moved).is_none());
    }

    #[test]
    fn what_was_not_used_for_two_generations_is_forgotten() {
        let memory = Memory::default();
        memory.keep(&Enrolled::new(at(0, 1)));
        for id in 1..=3 * GENERATION as u128 {
            memory.keep(&Enrolled::new(at(id, 1)));
            // The first one is in use all the time, the second never again.
            assert!(memory.enrolled(&at(0, 1)).is_some(), "{id}");
        }
        assert!(memory.enrolled(&at(1, 1)).is_none());
        let generations = memory.lock();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION);
        // The last one that was added has not freed all of its generation yet.
        assert!(generations.leaving.len() <= GENERATION);
    }
}
