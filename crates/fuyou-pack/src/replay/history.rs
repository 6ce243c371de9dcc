use std::sync::Arc;

use fuyou_expr::Value;
use fuyou_kernel::DayNumber;

use crate::model::{FormIx, ReferralIx};
use crate::scope::SUBJECT_COLUMNS;

/// Everything recorded about one enrollment: the only input of a replay.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// What is known of the subject, when it is a person.
    pub person: Person,
    /// What is known of the subject, when it is an organization.
    pub organization: Organization,
    /// The day the enrollment was opened.
    pub opened_on: Option<DayNumber>,
    /// The day on which it was ended from outside, by a person or by the subject's death: nothing is due any more.
    pub ended_on: Option<DayNumber>,
    /// The code of the responsible organization.
    pub org: Option<Arc<str>>,
    /// Minutes that the county's clocks are ahead of UTC: days and instants meet in it.
    pub utc_offset_minutes: i32,
    /// The encounters, in any order; voided ones are left out by the caller.
    pub encounters: Vec<Encounter>,
    /// Tasks that a person marked done.
    pub completions: Vec<Completion>,
    /// The referrals, in any order.
    pub referrals: Vec<Referral>,
}

impl History {
    /// Whether what stands around the encounters is the same.
    pub(super) fn surrounds_as(&self, other: &History) -> bool {
        let around = |history: &'_ History| {
            (
                history.opened_on,
                history.ended_on,
                history.utc_offset_minutes,
                history.org.clone(),
            )
        };
        around(self) == around(other)
            && self.person == other.person
            && self.organization == other.organization
            && self.completions == other.completions
            && self.referrals == other.referrals
    }
}

/// What expressions may know of a person (`person.birth_on` …).
/// Values are typed as the program's scopes say: make them with [`crate::Program::person_value`].
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// A date.
    pub birth_on: Value,
    /// A code of the value set `sex`.
    pub sex: Value,
    /// A code of the value set `household`, or text when the pack has none.
    pub household: Value,
    /// A code of the value set `population`, or text when the pack has none.
    pub population: Value,
    /// A code of the value set `residence`, or text when the pack has none.
    pub residence: Value,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            birth_on: Value::Null,
            sex: Value::Null,
            household: Value::Null,
            population: Value::Null,
            residence: Value::Null,
        }
    }
}

impl Person {
    /// The values in the order of the slots.
    pub(super) fn values(&self) -> [&Value; SUBJECT_COLUMNS] {
        [
            &self.birth_on,
            &self.sex,
            &self.household,
            &self.population,
            &self.residence,
        ]
    }
}

/// What expressions may know of an organization (`organization.kind` …).
/// Values are typed as the program's scopes say: make them with [`crate::Program::organization_value`].
#[derive(Clone, Debug, PartialEq)]
pub struct Organization {
    /// Text.
    pub code: Value,
    /// A code of the value set `organization_kind`, or text when the pack has none.
    pub kind: Value,
    /// A code of the value set `organization_level`, or text when the pack has none.
    pub level: Value,
    /// The code of the organization above, text.
    pub parent: Value,
    /// Permanent residents of its area.
    pub population: Value,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            code: Value::Null,
            kind: Value::Null,
            level: Value::Null,
            parent: Value::Null,
            population: Value::Null,
        }
    }
}

impl Organization {
    /// The values in the order of the slots.
    pub(super) fn values(&self) -> [&Value; SUBJECT_COLUMNS] {
        [
            &self.code,
            &self.kind,
            &self.level,
            &self.parent,
            &self.population,
        ]
    }
}

/// One filled form.
#[derive(Clone, Debug, PartialEq)]
pub struct Encounter {
    /// The record's id: orders records of the same instant.
    pub id: u128,
    /// Which form.
    pub form: FormIx,
    /// The day of service.
    pub occurred_on: DayNumber,
    /// When the system learned it, milliseconds since 1970 UTC.
    pub recorded_at_ms: i64,
    /// The code of the organization that recorded it.
    pub recorded_org: Option<Arc<str>>,
    /// The values, in the order of [`crate::Form::fields`].
    pub values: Vec<Value>,
    /// The rows of groups, in the order of [`crate::Form::groups`]; a row holds values in the order of the group's fields.
    pub groups: Vec<Vec<Vec<Value>>>,
}

/// A task that a person marked done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The task's key.
    pub key: String,
    /// When, milliseconds since 1970 UTC.
    pub at_ms: i64,
}

/// A hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The record's id.
    pub id: u128,
    /// Which kind.
    pub kind: ReferralIx,
    /// How far it is.
    pub state: ReferralState,
    /// The day it was sent.
    pub sent_on: Option<DayNumber>,
    /// The day the subject arrived.
    pub arrived_on: Option<DayNumber>,
    /// The day feedback was given.
    pub feedback_on: Option<DayNumber>,
}

/// How far a hand-over is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferralState {
    /// On its way.
    Sent,
    /// The receiver will take the subject.
    Accepted,
    /// The receiver will not.
    Declined,
    /// The subject is there.
    Arrived,
    /// The receiver has told what was found and done.
    Feedback,
    /// The sender has followed up; nothing is left to do.
    Closed,
    /// Withdrawn.
    Cancelled,
}

impl ReferralState {
    /// All states in the order of the value set `referral_state`.
    pub const ALL: [ReferralState; 7] = [
        ReferralState::Sent,
        ReferralState::Accepted,
        ReferralState::Declined,
        ReferralState::Arrived,
        ReferralState::Feedback,
        ReferralState::Closed,
        ReferralState::Cancelled,
    ];

    /// The code in expressions and in storage.
    pub fn word(self) -> &'static str {
        match self {
            ReferralState::Sent => "sent",
            ReferralState::Accepted => "accepted",
            ReferralState::Declined => "declined",
            ReferralState::Arrived => "arrived",
            ReferralState::Feedback => "feedback",
            ReferralState::Closed => "closed",
            ReferralState::Cancelled => "cancelled",
        }
    }
}
