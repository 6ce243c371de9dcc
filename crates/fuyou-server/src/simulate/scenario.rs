use std::sync::Arc;

use fuyou_expr::{Expr, Slot, Type, Value};
use fuyou_kernel::Span;
use fuyou_pack::model::FormIx;
use uuid::Uuid;

use super::generator::{Amount, Generator};
use super::person::Names;
use super::raw::RawCounty;

/// A scenario read and checked against a pack: how a county comes to be and what happens to each subject.
#[derive(Debug)]
pub struct Scenario {
    pub(super) program: Arc<str>,
    pub(super) raw_county: RawCounty,
    pub(super) names: Names,
    pub(super) clock: Clock,
    pub(super) process: Process,
    /// Not for subjects whom records of another program opened: they are registered already.
    pub(super) person: Option<PersonPlan>,
    /// Where the values of the opening form stand, in the order of its fields, and the sex; empty unless opened.
    pub(super) given: Vec<Slot>,
    pub(super) given_sex: Option<Slot>,
    pub(super) slots: BuiltIn,
    pub(super) width: usize,
    pub(super) draws: Vec<(Slot, Generator)>,
    pub(super) records: Vec<RecordPlan>,
    pub(super) referrals: Vec<ReferralPlan>,
    pub(super) opens_with: FormIx,
    pub(super) intended: Vec<Intended>,
}

/// A subject whom a record of another program opened, as the store has it.
#[derive(Clone, Debug)]
pub struct Given {
    /// Who.
    pub subject: Uuid,
    /// Since which day, in days since 1970: the anchor of the process.
    pub anchor: i32,
    /// The sex, as a value of `person.sex` of the program.
    pub sex: Value,
    /// The enrollment, when it was opened; otherwise the scenario opens one.
    pub enrollment: Option<Uuid>,
    /// The subject is the organization with this code, and has so many inhabitants when that is known.
    pub organization: Option<(Arc<str>, Option<i64>)>,
    /// Where the subject lives: the code of the village, or of the township.
    pub residence: Arc<str>,
    /// When the opening record was recorded, milliseconds since 1970.
    pub opened_ms: i64,
    /// The values of the opening record, in the order of the form's fields.
    pub values: Vec<Value>,
}

/// The rate of an indicator that a scenario intends, so that a test can compare.
#[derive(Clone, Debug)]
pub struct Intended {
    /// The indicator's id.
    pub indicator: String,
    /// Lowest rate expected, in the indicator's unit.
    pub low: f64,
    /// Highest rate expected, in the indicator's unit.
    pub high: f64,
    /// Where the figure comes from.
    pub source: String,
}

impl Scenario {
    /// The rates that the scenario intends.
    pub fn intended(&self) -> &[Intended] {
        &self.intended
    }

    /// Whether its subjects are there already: then [`super::simulate_opened`] plays it.
    pub fn is_opened(&self) -> bool {
        self.process.source != Source::Made
    }

    /// Where its subjects come from.
    pub fn source(&self) -> &Source {
        &self.process.source
    }

    /// The program that it is about.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// How many subjects the scenario brings about among so many inhabitants in so many years.
    pub fn subjects(&self, population: u64, years: u32) -> u64 {
        let days = f64::from(self.process.lead_days) + f64::from(years) * 365.25;
        (population as f64 * self.process.per_1000_per_year / 1000.0 * days / 365.25).round() as u64
    }
}

/// When records are written.
#[derive(Debug)]
pub(super) struct Clock {
    /// Seconds since midnight.
    pub opens_s: i64,
    /// Seconds since midnight.
    pub closes_s: i64,
    pub utc_offset_minutes: i64,
}

/// Where the subjects of a scenario come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The scenario makes them.
    Made,
    /// Records of another program opened them.
    Opened,
    /// They are the organizations of these kinds.
    Organizations(Vec<String>),
    /// A rule of another program is true of them.
    Asked {
        /// The program.
        program: String,
        /// The rule.
        rule: String,
    },
}

/// How many subjects come to be, and when.
#[derive(Debug)]
pub(super) struct Process {
    pub source: Source,
    pub per_1000_per_year: f64,
    /// Weight of each month of the calendar.
    pub months: [f64; 12],
    /// How long before the first day of the simulated years it begins.
    pub lead_days: i32,
}

/// Names that every scenario knows.
#[derive(Debug)]
pub(super) struct BuiltIn {
    pub today: Slot,
    pub anchor: Slot,
    pub serial: Slot,
    pub home_org: Slot,
    pub village_org: Slot,
    pub people: Slot,
    pub day: Slot,
    pub round_no: Slot,
    pub row_no: Slot,
    pub traits: Vec<Slot>,
}

/// What the person line says.
#[derive(Debug)]
pub(super) struct PersonPlan {
    pub birth_on: Expr,
    pub sex: Expr,
    pub household: Expr,
    pub population: Expr,
}

/// When a record is due.
#[derive(Debug)]
pub(super) enum Timing {
    /// Once, on this date.
    On(Expr),
    /// On each visit of the schedule: window ends after the anchor, and where inside the window it falls.
    Visits {
        anchor: Expr,
        windows: Vec<Window>,
        within: Vec<(f64, f64)>,
    },
    /// Again and again.
    Every {
        from: Expr,
        until: Option<Expr>,
        days: Box<Generator>,
        times: u32,
    },
}

/// A window of the pack's schedule.
#[derive(Debug)]
pub(super) struct Window {
    pub from: Span,
    pub to: Span,
    pub to_excluded: bool,
    pub shift: Option<(Span, u16)>,
}

/// A kind of record in a life course.
#[derive(Debug)]
pub(super) struct RecordPlan {
    pub form: FormIx,
    pub form_id: Arc<str>,
    pub timing: Timing,
    pub slip: Option<Generator>,
    pub attend: Option<Amount>,
    pub when: Option<Expr>,
    pub org: Expr,
    pub delay: Option<Generator>,
    pub draws: Vec<(Slot, Generator)>,
    pub values: Vec<Member>,
    pub groups: Vec<GroupPlan>,
    pub after: Vec<(Slot, Expr)>,
    /// The form asks back in some cases: the line carries a reason.
    pub may_ask: bool,
}

/// A field to be filled.
#[derive(Debug)]
pub(super) struct Member {
    pub id: Arc<str>,
    pub ty: Type,
    pub slot: Slot,
    pub generator: Generator,
    pub soft: Option<(i64, i64)>,
}

/// Rows of a group to be filled.
#[derive(Debug)]
pub(super) struct GroupPlan {
    pub id: Arc<str>,
    pub rows: Amount,
    pub values: Vec<Member>,
}

/// A hand-over in a life course.
#[derive(Debug)]
pub(super) struct ReferralPlan {
    pub kind: String,
    pub when: Option<Expr>,
    pub on: Expr,
    pub from: Expr,
    pub to: Expr,
    pub arrive: Amount,
    pub arrive_after: Generator,
    pub feedback: Amount,
    pub feedback_after: Generator,
    pub follow_up: Amount,
    pub follow_up_after: Generator,
}
