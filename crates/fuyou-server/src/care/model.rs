//! The words of care: what is sent in, and what is answered.

use std::collections::BTreeMap;

use fuyou_expr::Value;
use fuyou_kernel::{Date, Id, Kind, Localized, Timestamp, kinds};
use fuyou_pack::model::{FactIx, FormIx, ProgramIx, ReferralIx, RuleIx, VisitIx};
use fuyou_pack::record::{Checked, Draft, Finding};
use fuyou_pack::replay::Due;
use fuyou_pack::trend::BandPoint;

use crate::access::UserId;
use crate::registry::OrganizationId;

/// What a program follows: a person, an organization or a staff member, by the same id as there.
pub enum Subject {}
impl Kind for Subject {
    const WORD: &'static str = "subject";
}

/// Id of a subject.
pub type SubjectId = Id<Subject>;
/// Id of an enrollment.
pub type EnrollmentId = Id<kinds::Enrollment>;
/// Id of an encounter.
pub type EncounterId = Id<kinds::Encounter>;
/// Id of a task.
pub type TaskId = Id<kinds::Task>;

/// The values of a record as they come in.
#[derive(Clone, Debug)]
pub enum Values {
    /// Already typed as the form says.
    Typed(Draft),
    /// As a person typed them.
    Text(TypedText),
}

/// The values of a record as a person typed them, by field id. What is not named is unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypedText {
    /// The fields outside groups.
    pub fields: BTreeMap<String, String>,
    /// The rows of each group.
    pub groups: BTreeMap<String, Vec<BTreeMap<String, String>>>,
}

/// Reasons for unusual values, by [`Finding::key`](fuyou_pack::record::Finding::key); the key `*` answers all of them.
pub type Reasons = BTreeMap<String, String>;

/// A filled form that shall be stored.
#[derive(Clone, Debug)]
pub struct Record {
    /// Made by the client: sent twice, it is stored once.
    pub id: EncounterId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The enrollment it belongs to. For the form that opens one: the new enrollment's id, made by the client
    /// (`None` takes the id of the record). For other forms `None` means the open enrollment, or the latest.
    pub enrollment: Option<EnrollmentId>,
    /// The program's id.
    pub program: String,
    /// The form's id.
    pub form: String,
    /// The day of service.
    pub occurred_on: Option<Date>,
    /// The values.
    pub values: Values,
    /// Reasons for what is unusual.
    pub reasons: Reasons,
    /// The enrollment's version that the person at the desk saw. `None`: whatever it is.
    pub base_version: Option<i64>,
}

/// A stored record shall say something else.
#[derive(Clone, Debug)]
pub struct Correction {
    /// The record.
    pub id: EncounterId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The day of service.
    pub occurred_on: Option<Date>,
    /// All values, the unchanged ones too.
    pub values: Values,
    /// Reasons for what is unusual.
    pub reasons: Reasons,
    /// The record's version that the person at the desk saw.
    pub base_version: i64,
    /// Why it is corrected.
    pub why: String,
}

/// A stored record shall no longer count.
#[derive(Clone, Debug)]
pub struct Voiding {
    /// The record.
    pub id: EncounterId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The record's version that the person at the desk saw.
    pub base_version: i64,
    /// Why.
    pub why: String,
}

/// A new enrollment without a first record.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Made by the client.
    pub id: EnrollmentId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The program's id.
    pub program: String,
    /// The organization responsible for it.
    pub organization: OrganizationId,
    /// From which day.
    pub opened_on: Date,
}

/// A change of an enrollment itself.
#[derive(Clone, Debug)]
pub struct EnrollmentChange {
    /// The enrollment.
    pub id: EnrollmentId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The enrollment's version that the person at the desk saw. `None`: whatever it is.
    pub base_version: Option<i64>,
    /// Why.
    pub why: String,
}

/// What storing a record led to.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// Its version now.
    pub enrollment_version: i64,
    /// The record.
    pub encounter: EncounterId,
    /// Its version now.
    pub encounter_version: i64,
    /// What was unusual, with a reason given.
    pub findings: Vec<Finding>,
    /// Risk before this record.
    pub risk_before: Risk,
    /// Risk now.
    pub risk_after: Risk,
    /// The rules that are true now.
    pub rules: Vec<RuleShown>,
    /// What somebody must see at once: the alerts among the rules that were not true before.
    pub alerts: Vec<RuleShown>,
    /// Tasks that did not exist before.
    pub tasks_opened: Vec<TaskShown>,
    /// Tasks that this record has done.
    pub tasks_done: Vec<TaskShown>,
    /// Kinds of referral that true rules suggest and that are not under way.
    pub suggested: Vec<ReferralIx>,
    /// Whether the record closed the enrollment.
    pub closed: bool,
    /// Whether the same record had been stored before: nothing was written now.
    pub repeated: bool,
}

/// What a draft would lead to; nothing is written.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The draft checked.
    pub checked: Checked,
    /// Texts that are no values of their fields.
    pub unreadable: Vec<Finding>,
    /// Findings that still need a reason.
    pub unanswered: Vec<Finding>,
    /// What storing it would lead to once what is missing is filled in; `None` while it would be refused for another
    /// reason.
    pub outcome: Option<Box<Recorded>>,
}

/// What a form starts with.
#[derive(Clone, Debug)]
pub struct Prefilled {
    /// The values it proposes.
    pub draft: Draft,
    /// What each field holds when nothing is out of the ordinary, in the order of the form's fields; NULL says nothing.
    pub usual: Vec<Value>,
    /// The last value of each field earlier in the enrollment, in the order of the form's fields.
    pub last: Vec<Shown>,
    /// The day of the last earlier record of this form.
    pub last_on: Option<Date>,
    /// The enrollment it would be stored in; `None` for one that it would open.
    pub enrollment: Option<EnrollmentId>,
    /// The enrollment's version; send it back as `base_version`.
    pub base_version: Option<i64>,
}

/// A value as this reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The value.
    Value(Value),
    /// Above the reader's secrecy: not returned. Show [`restricted`](crate::care::restricted) instead.
    Restricted,
}

/// A level of risk with what stands beside it. Positions are those of the program's risk scale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Risk {
    /// The level; `None`: not assessed.
    pub level: Option<usize>,
    /// The marks.
    pub marks: Vec<usize>,
    /// The scores, in the order of the program; empty for a reader who may not see what they are made of.
    pub scores: Vec<i64>,
}

/// A rule as this reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleShown {
    /// The rule; `None` when the reader may not see what it reads.
    pub rule: Option<RuleIx>,
    /// Its title, or what stands for it.
    pub title: Localized,
    /// The level that it sets.
    pub level: Option<usize>,
    /// The mark that it sets.
    pub mark: Option<usize>,
    /// Its alert, or what stands for it.
    pub alert: Option<Localized>,
    /// Since when it is true.
    pub since: Timestamp,
    /// Until when it was true; `None` while it is.
    pub until: Option<Timestamp>,
    /// Another true rule replaces it: it does not count.
    pub replaced: bool,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not done yet.
    Open,
    /// Done on this day.
    Done {
        /// The day.
        on: Date,
        /// By this record; `None`: marked done by hand.
        by: Option<EncounterId>,
        /// In time or not.
        on_time: bool,
    },
    /// No longer expected.
    Cancelled,
}

/// What made a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The schedule.
    Visit(VisitIx),
    /// A rule.
    Rule(RuleIx),
    /// A rule that the reader may not see.
    Restricted,
}

/// A task as this reader may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskShown {
    /// The task.
    pub id: TaskId,
    /// What made it.
    pub cause: Cause,
    /// Its title, or what stands for it.
    pub title: Localized,
    /// The form that does it; `None`: it is marked done by hand.
    pub form: Option<FormIx>,
    /// Whose it is.
    pub owner: OrganizationId,
    /// The first day on which it can be done.
    pub from: Date,
    /// Until when it should be done.
    pub due: Due,
    /// How far it is.
    pub progress: Progress,
    /// From this day it is missed when it is still open.
    pub lapses_on: Option<Date>,
}

impl TaskShown {
    /// Whether somebody should still do it on a day: it is open and has not lapsed.
    pub fn is_owed(&self, on: Date) -> bool {
        self.progress == Progress::Open && !self.is_missed(on)
    }

    /// Whether it was overdue when it lapsed, on a day.
    pub fn is_missed(&self, on: Date) -> bool {
        self.progress == Progress::Open && self.lapses_on.is_some_and(|lapses| lapses <= on)
    }
}

/// Everything about a subject's care that this reader may see.
#[derive(Clone, Debug)]
pub struct Story {
    /// The enrollments, open ones first, then the latest first.
    pub enrollments: Vec<EnrollmentStory>,
    /// The programs whose opening form would not be refused today for who the subject is. Of who is dead, those that may
    /// begin after a death.
    pub openable: Vec<ProgramIx>,
    /// The day on which the subject died, as her records know it.
    pub died_on: Option<Date>,
    /// Of who is dead, the other programs that she was never in: what was done while she lived can still be recorded.
    pub before_death: Vec<ProgramIx>,
}

/// Whether an enrollment is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrollmentState {
    /// It is running.
    Open,
    /// It has ended.
    Closed,
}

/// One enrollment in a story.
#[derive(Clone, Debug)]
pub struct EnrollmentStory {
    /// The enrollment.
    pub id: EnrollmentId,
    /// The program.
    pub program: ProgramIx,
    /// The organization responsible for it.
    pub organization: OrganizationId,
    /// From which day.
    pub opened_on: Date,
    /// Until which day.
    pub closed_on: Option<Date>,
    /// Whether it is running.
    pub state: EnrollmentState,
    /// The day on which the subject died, as its records know it.
    pub died_on: Option<Date>,
    /// Its version; send it back as `base_version`.
    pub version: i64,
    /// Risk now.
    pub risk: Risk,
    /// The derived values as they would be for a record of today, in the order of the program; none once it has ended.
    pub today: Vec<Shown>,
    /// The facts, in the order of the program.
    pub facts: Vec<(FactIx, Shown)>,
    /// The stratum of the subject in each chart of the program, where it is known.
    pub strata: Vec<Option<u16>>,
    /// The records in clinical order, voided ones too.
    pub records: Vec<RecordShown>,
    /// The bands of the program's trends over the days of the records, in the order of the program.
    pub bands: Vec<Vec<BandPoint>>,
    /// Risk after each record that changed it, in the order recorded.
    pub trajectory: Vec<RiskPoint>,
    /// The rules that are or were true, the latest first.
    pub rules: Vec<RuleShown>,
    /// The tasks: the schedule and what rules demand, by due day.
    pub tasks: Vec<TaskShown>,
    /// The referrals, the latest first.
    pub referrals: Vec<crate::referral::ReferralShown>,
}

/// A stored record as this reader may see it.
#[derive(Clone, Debug)]
pub struct RecordShown {
    /// The record.
    pub id: EncounterId,
    /// The form.
    pub form: FormIx,
    /// The day of service.
    pub occurred_on: Date,
    /// When the system learned it.
    pub recorded_at: Timestamp,
    /// Where it was recorded.
    pub recorded_org: OrganizationId,
    /// Who recorded it; `None` for what came in bulk without a name.
    pub recorded_by: Option<UserId>,
    /// Its version: 1, and one more for each correction.
    pub version: i64,
    /// When it was declared void, and why.
    pub voided: Option<(Timestamp, String)>,
    /// The visit that it fills.
    pub visit: Option<VisitIx>,
    /// The level once it was recorded.
    pub level_after: Option<usize>,
    /// The values in the order of the form's fields.
    pub values: Vec<Shown>,
    /// The rows of groups in the order of the form's groups.
    pub groups: Vec<Vec<Vec<Shown>>>,
    /// The derived values in the order of the program.
    pub derived: Vec<Shown>,
    /// Reasons given for what is unusual; empty for a reader who may not see all of the record.
    pub reasons: Reasons,
    /// The earlier versions, the latest first.
    pub earlier: Vec<EarlierVersion>,
}

/// What stood in a record before it was corrected or voided.
#[derive(Clone, Debug)]
pub struct EarlierVersion {
    /// The version that stood there.
    pub version: i64,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// By whom.
    pub changed_by: String,
    /// Why.
    pub why: String,
    /// The day of service that stood there.
    pub occurred_on: Date,
    /// The values that stood there, in the order of the form's fields.
    pub values: Vec<Shown>,
}

/// Risk after a record that changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RiskPoint {
    /// When the record was recorded.
    pub at: Timestamp,
    /// The record.
    pub by: EncounterId,
    /// The risk.
    pub risk: Risk,
}
