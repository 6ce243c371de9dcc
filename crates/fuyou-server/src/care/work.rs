//! The work list: what somebody must do.

use fuyou_kernel::{Date, Timestamp};
use fuyou_pack::model::ProgramIx;

use super::{EnrollmentId, Risk, SubjectId, TaskId, TaskShown};

/// Whose tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Those of the actor's own organization, and those that are late enough to be shown to it.
    #[default]
    Own,
    /// Those of the whole subtree.
    Below,
}

/// Which part of the work list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkKind {
    /// Later than due, by a week at most: doing it is still in time for what it is for.
    Overdue,
    /// Later than due by more than a week, by 30 days at most.
    OverdueMonth,
    /// Later than that. Such a task is seldom done; somebody must find out what became of the person. It stands in no
    /// other part of the list, so that it does not bury what can be done today.
    OverdueLonger,
    /// The last day is today.
    DueToday,
    /// Can be done now, and is due later.
    Ready,
    /// A clock of hours is running.
    Clock,
    /// Of a woman, child … above the lowest level of risk.
    HighRisk,
    /// Late enough to be shown further up the tree.
    Escalated,
    /// Overdue when it could no longer be made up; none of the other kinds.
    Missed,
}

impl WorkKind {
    /// All kinds in the order shown.
    pub const ALL: [WorkKind; 9] = [
        WorkKind::Clock,
        WorkKind::DueToday,
        WorkKind::Overdue,
        WorkKind::OverdueMonth,
        WorkKind::Ready,
        WorkKind::HighRisk,
        WorkKind::Escalated,
        WorkKind::OverdueLonger,
        WorkKind::Missed,
    ];

    /// The word in links and statements.
    pub fn word(self) -> &'static str {
        match self {
            WorkKind::Clock => "clock",
            WorkKind::DueToday => "due-today",
            WorkKind::Overdue => "overdue",
            WorkKind::OverdueMonth => "overdue-month",
            WorkKind::OverdueLonger => "overdue-longer",
            WorkKind::Ready => "ready",
            WorkKind::HighRisk => "high-risk",
            WorkKind::Escalated => "escalated",
            WorkKind::Missed => "missed",
        }
    }
}

/// Which tasks.
#[derive(Clone, Debug, Default)]
pub struct WorkFilter {
    /// Whose.
    pub reach: Reach,
    /// Only this part; when absent all that can be done now, without what is overdue by more than 30 days.
    pub kind: Option<WorkKind>,
    /// Only this program, by id.
    pub program: Option<String>,
}

/// A place in a list, to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) String);

impl Cursor {
    /// A place read back from a link.
    pub fn new(text: impl Into<String>) -> Self {
        Cursor(text.into())
    }

    /// The text for a link to the next page.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One page of the work list, the most urgent first.
#[derive(Clone, Debug)]
pub struct WorkPage {
    /// How many tasks the list without a filter holds.
    pub everything: i64,
    /// How many tasks of each kind, in the order of [`WorkKind::ALL`].
    pub counts: Vec<(WorkKind, i64)>,
    /// The tasks.
    pub rows: Vec<WorkRow>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

impl WorkPage {
    /// How many tasks a part of the list holds.
    pub fn of(&self, kind: Option<WorkKind>) -> i64 {
        let Some(kind) = kind else {
            return self.everything;
        };
        let found = self.counts.iter().find(|(known, _)| *known == kind);
        found.map_or(0, |(_, count)| *count)
    }
}

/// One line of the work list.
#[derive(Clone, Debug)]
pub struct WorkRow {
    /// The task.
    pub task: TaskShown,
    /// For whom; names come from the registry.
    pub subject: SubjectId,
    /// In which enrollment.
    pub enrollment: EnrollmentId,
    /// The program.
    pub program: ProgramIx,
    /// The risk of the enrollment.
    pub risk: Risk,
    /// Days since it was due; negative while there is time.
    pub late_days: i32,
    /// Minutes left on a clock of hours; negative when it has run out.
    pub minutes_left: Option<i64>,
    /// Since when it is shown to the actor's level although it is another's.
    pub escalated_at: Option<Timestamp>,
    /// How often somebody tried and did not reach the subject.
    pub attempts: i64,
}

/// Somebody tried to do a task.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Made by the client.
    pub id: uuid::Uuid,
    /// The task.
    pub task: TaskId,
    /// For whom.
    pub subject: SubjectId,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// A remark.
    pub note: String,
    /// When to try again.
    pub again_on: Option<Date>,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// Reached; the service was arranged.
    Reached,
    /// Nobody answered.
    NoAnswer,
    /// The number is wrong or out of service.
    WrongNumber,
    /// Reached, and did not want the service.
    Refused,
    /// Has moved away.
    MovedAway,
    /// Was served elsewhere.
    ServedElsewhere,
}

impl AttemptOutcome {
    /// All outcomes in the order shown.
    pub const ALL: [AttemptOutcome; 6] = [
        AttemptOutcome::Reached,
        AttemptOutcome::NoAnswer,
        AttemptOutcome::WrongNumber,
        AttemptOutcome::Refused,
        AttemptOutcome::MovedAway,
        AttemptOutcome::ServedElsewhere,
    ];

    /// The outcome of a word in storage.
    pub fn of_word(word: &str) -> Option<AttemptOutcome> {
        let mut all = AttemptOutcome::ALL.into_iter();
        all.find(|outcome| outcome.word() == word)
    }

    /// Whether nobody was spoken to who could tell of the subject.
    pub fn reached_nobody(self) -> bool {
        matches!(self, AttemptOutcome::NoAnswer | AttemptOutcome::WrongNumber)
    }

    /// The word in storage and texts.
    pub fn word(self) -> &'static str {
        match self {
            AttemptOutcome::Reached => "reached",
            AttemptOutcome::NoAnswer => "no_answer",
            AttemptOutcome::WrongNumber => "wrong_number",
            AttemptOutcome::Refused => "refused",
            AttemptOutcome::MovedAway => "moved_away",
            AttemptOutcome::ServedElsewhere => "served_elsewhere",
        }
    }
}
