//! From an enrollment's records to everything they amount to. Pure: the same records give the same outcome, in any order.

mod bits;
mod clock;
mod history;
mod outcome;
mod pause;
mod plan;
mod reach;
mod referrals;
mod run;
mod shared;
mod stepwise;
mod tasks;
mod views;
mod visits;

pub use history::{Completion, Encounter, History, Organization, Person, Referral, ReferralState};
pub use outcome::{
    Due, EncounterOutcome, Hit, Outcome, ReferralOutcome, Task, TaskOrigin, TaskState,
};

pub use pause::{Pause, replay_and_pause, replay_on};
pub use stepwise::{Replaying, Room};

pub(crate) use clock::day;
pub(crate) use plan::{Plan, Work};
pub(crate) use views::{EncounterView, RowView};

use crate::model::Program;

/// Replays an enrollment: from its records alone to facts, risk, tasks and alerts after each of them and now.
///
/// The encounters are taken in the order of their day, then of the instant they were recorded, then of their id. After
/// each of them derived columns, facts, rules, risk and (where rules ask for them) visits and tasks are computed from all
/// records up to it; what the rules found then is its story. What the last one leaves is the outcome.
pub fn replay(program: &Program, history: &History) -> Outcome {
    run::Run::new(program, history).outcome()
}

/// The facts row of an enrollment with the values of the aggregates that its facts share behind the columns.
pub(crate) fn values_with_aggregates(
    program: &Program,
    history: &History,
) -> Vec<fuyou_expr::Value> {
    run::Run::new(program, history).values()
}
