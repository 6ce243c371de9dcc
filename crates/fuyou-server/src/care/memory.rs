//! What was last known of enrollments, kept so that opening a form, checking it and saving it, or one visit after the
//! other, does not read and replay the same records each time.
//!
//! Every change of an enrollment's records, completions and referrals takes the enrollment's next version in the same
//! transaction. So the version that is read from the database says whether what is kept here is still so, whoever
//! changed it, in this process or another. What is kept is bounded, holds no name, number or address, and ends with the
//! process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fuyou_pack::replay::{History, Outcome};
use uuid::Uuid;

use super::derive::Derived;
use super::file::Enrolled;
use crate::registry::{Profile, Tree};

/// Enrollments of one generation; two generations are kept. About 50 KiB each.
const GENERATION: usize = 512;

/// What an enrollment amounts to.
#[derive(Debug)]
pub(super) struct Computed {
    pub history: History,
    pub outcome: Outcome,
    pub derived: Derived,
}

impl Computed {
    /// The same records, of which something else is stored.
    pub(super) fn stored_otherwise(&self, derived: Derived) -> Arc<Computed> {
        Arc::new(Computed {
            history: self.history.clone(),
            outcome: self.outcome.clone(),
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
}

impl Generations {
    fn at_version(&mut self, enrollment: Uuid, version: i64) -> Option<&mut Kept> {
        if let Some(kept) = self.old.remove(&enrollment) {
            self.put(enrollment, kept);
        }
        let kept = self.young.get_mut(&enrollment)?;
        (kept.enrolled.head.version == version).then_some(kept)
    }

    fn put(&mut self, enrollment: Uuid, kept: Kept) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&enrollment) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&enrollment);
        self.young.insert(enrollment, kept);
    }
}

impl Memory {
    /// The records of an enrollment at a version.
    pub(super) fn enrolled(&self, enrollment: Uuid, version: i64) -> Option<Arc<Enrolled>> {
        let mut generations = self.lock();
        let kept = generations.at_version(enrollment, version)?;
        Some(kept.enrolled.clone())
    }

    /// What an enrollment at a version amounts to.
    pub(super) fn computed(
        &self,
        enrollment: Uuid,
        version: i64,
        around: &Around,
    ) -> Option<Arc<Computed>> {
        let mut generations = self.lock();
        let (then, computed) = generations
            .at_version(enrollment, version)?
            .computed
            .as_ref()?;
        then.is(around).then(|| computed.clone())
    }

    /// Keeps the records of an enrollment as they were read.
    pub(super) fn keep(&self, enrolled: &Enrolled) {
        let mut generations = self.lock();
        let (id, version) = (enrolled.head.id, enrolled.head.version);
        if generations.at_version(id, version).is_none() {
            let kept = Kept {
                enrolled: Arc::new(enrolled.clone()),
                computed: None,
            };
            generations.put(id, kept);
        }
    }

    /// Keeps what an enrollment at a version amounts to, if its records are kept.
    pub(super) fn keep_computed(
        &self,
        enrollment: Uuid,
        version: i64,
        around: Around,
        computed: Arc<Computed>,
    ) {
        if let Some(kept) = self.lock().at_version(enrollment, version) {
            kept.computed = Some((around, computed));
        }
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
    use crate::care::file::Head;

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
            pack_version: String::new(),
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_was_not_used_for_two_generations_is_forgotten() {
        let memory = Memory::default();
        let enrolled = |at: u128| {
            Enrolled::new(Head {
                id: Uuid::from_u128(at),
                ..head()
            })
        };
        memory.keep(&enrolled(0));
        for at in 1..=3 * GENERATION as u128 {
            memory.keep(&enrolled(at));
            // The first one is in use all the time, the second never again.
            assert!(memory.enrolled(Uuid::from_u128(0), 1).is_some(), "{at}");
        }
        assert!(memory.enrolled(Uuid::from_u128(1), 1).is_none());
        assert!(memory.enrolled(Uuid::from_u128(0), 2).is_none());
        let generations = memory.lock();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION);
    }
}
