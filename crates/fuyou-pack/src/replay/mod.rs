//! From an enrollment's records to everything they amount to. Pure: the same records give the same outcome, in any order.

mod history;
mod outcome;

pub use history::{Completion, Encounter, History, Person, Referral, ReferralState};
pub use outcome::{
    Due, EncounterOutcome, Hit, Outcome, ReferralOutcome, Task, TaskOrigin, TaskState,
};

use crate::model::Program;

/// Replays an enrollment: from its records alone to facts, risk, tasks and alerts after each of them and now.
pub fn replay(program: &Program, history: &History) -> Outcome {
    let _ = (program, history);
    Outcome::default()
}
