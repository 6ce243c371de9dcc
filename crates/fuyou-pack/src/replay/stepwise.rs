//! A replay that grows record by record, for checking each record against what stood before it.

use super::{Encounter, History, Outcome, replay};
use crate::model::Program;

/// An enrollment that is being recorded, with what its records amount to so far.
pub struct Replaying<'a> {
    program: &'a Program,
    history: History,
    outcome: Outcome,
}

impl<'a> Replaying<'a> {
    /// Begins with what is there.
    pub fn new(program: &'a Program, history: History) -> Self {
        let outcome = replay(program, &history);
        Self {
            program,
            history,
            outcome,
        }
    }

    /// The records so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What they amount to.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Adds a record.
    pub fn push(&mut self, encounter: Encounter) {
        self.history.encounters.push(encounter);
        self.outcome = replay(self.program, &self.history);
    }
}
