use fuyou_expr::{Slot, Value};
use fuyou_kernel::DayNumber;

use crate::model::{FactIx, Owner, Program, RuleIx, VisitIx};

/// What an enrollment's records amount to: a pure function of them.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The facts row: read it with [`Outcome::fact`] or by the slots of [`Program::row_column`].
    pub row: Vec<Value>,
    /// What each encounter amounted to, in the order of the history given.
    pub encounters: Vec<EncounterOutcome>,
    /// The level after the last record, as a position in the risk scale; `None`: not assessed.
    pub level: Option<usize>,
    /// The marks, as positions in the risk scale.
    pub marks: Vec<usize>,
    /// The scores, in the order of the program.
    pub scores: Vec<i64>,
    /// The rules that were ever true, with their times, in order of their start.
    pub hits: Vec<Hit>,
    /// Everything that is, was or will be due.
    pub tasks: Vec<Task>,
    /// The clocks of the referrals, in the order of the history given.
    pub referrals: Vec<ReferralOutcome>,
    /// Whether the enrollment is closed.
    pub closed: bool,
    /// On which day.
    pub closed_on: Option<DayNumber>,
}

impl Outcome {
    /// The value of a fact.
    pub fn fact(&self, program: &Program, fact: FactIx) -> &Value {
        &self.row[usize::from(program.fact(fact).slot.0)]
    }

    /// The value of a column of the facts row.
    pub fn value(&self, slot: Slot) -> &Value {
        &self.row[usize::from(slot.0)]
    }

    /// The rules that are true now, whether or not another replaces them.
    pub fn rules(&self) -> impl Iterator<Item = RuleIx> {
        self.hits
            .iter()
            .filter(|hit| hit.until_ms.is_none())
            .map(|hit| hit.rule)
    }

    /// The hits that raise an alert now: a true rule with an alert that no other true rule replaces.
    pub fn alerts<'a>(&'a self, program: &'a Program) -> impl Iterator<Item = &'a Hit> {
        self.hits.iter().filter(|hit| {
            hit.until_ms.is_none() && !hit.replaced && program.rule(hit.rule).alert.is_some()
        })
    }
}

/// What one encounter amounted to.
#[derive(Clone, Debug, Default)]
pub struct EncounterOutcome {
    /// The visit that it fills.
    pub visit: Option<VisitIx>,
    /// The derived values, in the order of [`Program::derived`].
    pub derived: Vec<Value>,
    /// The level once it was recorded.
    pub level: Option<usize>,
    /// The marks once it was recorded.
    pub marks: Vec<usize>,
    /// The scores once it was recorded.
    pub scores: Vec<i64>,
    /// The rules that were true once it was recorded.
    pub rules: Vec<RuleIx>,
}

/// A rule that is or was true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: RuleIx,
    /// When the record that made it true was recorded, milliseconds since 1970 UTC.
    pub since_ms: i64,
    /// The position of that record in the history given.
    pub by: usize,
    /// When the record that made it false was recorded; `None` while true.
    pub until_ms: Option<i64>,
    /// Another true rule replaces it: it does not count.
    pub replaced: bool,
}

/// What made a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskOrigin {
    /// The schedule.
    Visit(VisitIx),
    /// A rule.
    Rule {
        /// The rule.
        rule: RuleIx,
        /// When its clock started, milliseconds since 1970 UTC.
        started_ms: i64,
        /// Which repetition, from 1.
        number: u16,
    },
}

/// Until when a task should be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// The last day.
    On(DayNumber),
    /// The last instant, milliseconds since 1970 UTC.
    At(i64),
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Not done yet; whether it is late depends on the day.
    Open,
    /// Done.
    Done {
        /// The day.
        on: DayNumber,
        /// The position of the encounter that did it in the history given; `None`: marked done by hand.
        by: Option<usize>,
        /// Whether that was in time.
        on_time: bool,
    },
    /// No longer expected.
    Cancelled,
}

/// Something that is, was or will be due.
#[derive(Clone, Debug)]
pub struct Task {
    /// Stable as long as the records that made it stay: `visit:anc2`, `rule:report_red@1767232800000#1`.
    pub key: String,
    /// What made it.
    pub origin: TaskOrigin,
    /// Who does it.
    pub owner: Owner,
    /// The first day on which it can be done.
    pub from: DayNumber,
    /// Until when it should be done.
    pub due: Due,
    /// How far it is.
    pub state: TaskState,
    /// From this day an open task is missed: it was overdue, and can no longer be made up.
    pub lapses_on: Option<DayNumber>,
    /// When it is shown to whom else if still open: instants in milliseconds since 1970 UTC.
    pub escalations: Vec<(i64, Owner)>,
}

impl Task {
    /// Whether it is missed on a day: still open when it lapsed.
    pub fn is_missed(&self, on: DayNumber) -> bool {
        self.state == TaskState::Open && self.lapses_on.is_some_and(|lapses| lapses <= on)
    }
}

/// The clocks of one referral.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReferralOutcome {
    /// The last day to arrive.
    pub arrive_by: Option<DayNumber>,
    /// The last day for feedback.
    pub feedback_by: Option<DayNumber>,
    /// The last day for the sender's own asking.
    pub follow_up_by: Option<DayNumber>,
    /// Whether the subject arrived in time; `None` before arrival and without a clock.
    pub on_time: Option<bool>,
}
