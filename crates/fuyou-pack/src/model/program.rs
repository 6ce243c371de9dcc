use std::sync::Arc;

use fuyou_expr::{Expr, Scope, Slot, Type, Value, ValueError};
use fuyou_kernel::{DayNumber, Localized, Secrecy, Span};

use super::{
    Chart, Cited, FactIx, Form, FormIx, Opens, Owner, ReferralIx, RuleIx, RuleTask, ScoreIx, Visit,
};
use crate::replay::{Outcome, Plan, RowView, TaskOrigin};
use crate::scope::Layout;

/// What a program follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubjectKind {
    /// A person.
    Person,
    /// An organization.
    Organization,
    /// A staff member.
    Staff,
}

impl SubjectKind {
    /// The word used in packs and in storage.
    pub fn word(self) -> &'static str {
        match self {
            SubjectKind::Person => "person",
            SubjectKind::Organization => "organization",
            SubjectKind::Staff => "staff",
        }
    }
}

/// A service line.
#[derive(Debug)]
pub struct Program {
    /// The id.
    pub id: Arc<str>,
    /// What it follows.
    pub subject: SubjectKind,
    /// The title.
    pub title: Localized,
    /// The form that opens an enrollment.
    pub opens_with: FormIx,
    /// Whether a subject has at most one open enrollment.
    pub one_open: bool,
    /// Whether it is rare, so that its opening form does not stand among the first things on a subject's page.
    pub rare: bool,
    /// Closes the enrollment (facts row).
    pub closed_when: Option<Expr>,
    /// The day on which it is closed (facts row).
    pub closed_on: Option<Expr>,
    /// The day on which the subject died, as these records know it (facts row).
    pub died_on: Option<Expr>,
    /// Whether it may begin when the subject is dead, and goes on then.
    pub after_death: bool,
    /// The forms, by id.
    pub forms: Vec<Form>,
    /// One value per encounter, in the order written.
    pub derived: Vec<Derived>,
    /// One value per enrollment, in the order written.
    pub facts: Vec<Fact>,
    /// The schedule, in the order written: the first free window takes an encounter.
    pub visits: Vec<Visit>,
    /// The risk scale.
    pub risk: Option<RiskScale>,
    /// The scores.
    pub scores: Vec<Score>,
    /// The rules, in the order written.
    pub rules: Vec<Rule>,
    /// The kinds of referral.
    pub referrals: Vec<ReferralKind>,
    /// The ledgers and registers.
    pub lists: Vec<List>,
    /// What is drawn among reference curves.
    pub charts: Vec<Chart>,
    /// Pictures of numbers that recur, in the order written.
    pub trends: Vec<Trend>,
    /// Records that open enrollments elsewhere.
    pub opens: Vec<Opens>,
    /// The source.
    pub cited: Cited,
    /// What facts see: the facts row outside, and the sets `encounter`, `task`, `referral` and the groups.
    pub facts_scope: Scope,
    /// What rules, visits, measures see: the facts row. Its slots are those of [`Program::facts_scope`].
    pub row_scope: Scope,
    /// What derived columns and `counts_if` see: one encounter's columns, its group rows and the facts row.
    pub encounter_scope: Scope,
    /// What lists see: the facts row and `today`.
    pub list_scope: Scope,
    /// Where everything stands in the scopes.
    pub(crate) layout: Layout,
    /// The order of a replay.
    pub(crate) plan: Plan,
}

impl Program {
    /// The form with this id.
    pub fn form_ix(&self, id: &str) -> Option<FormIx> {
        self.forms
            .iter()
            .position(|form| &*form.id == id)
            .map(FormIx::new)
    }

    /// The form at an index of this program.
    pub fn form(&self, ix: FormIx) -> &Form {
        &self.forms[ix.get()]
    }

    /// The fact with this id.
    pub fn fact_ix(&self, id: &str) -> Option<FactIx> {
        self.facts
            .iter()
            .position(|fact| &*fact.id == id)
            .map(FactIx::new)
    }

    /// The fact at an index of this program.
    pub fn fact(&self, ix: FactIx) -> &Fact {
        &self.facts[ix.get()]
    }

    /// The rule with this id.
    pub fn rule_ix(&self, id: &str) -> Option<RuleIx> {
        self.rules
            .iter()
            .position(|rule| &*rule.id == id)
            .map(RuleIx::new)
    }

    /// The rule at an index of this program.
    pub fn rule(&self, ix: RuleIx) -> &Rule {
        &self.rules[ix.get()]
    }

    /// The form that does a task of this origin; none where only a hand can mark it done.
    pub fn form_of(&self, origin: TaskOrigin) -> Option<FormIx> {
        match origin {
            TaskOrigin::Visit(visit) => Some(self.visits[visit.get()].form),
            TaskOrigin::Rule { rule, .. } => self.rule(rule).task.as_ref()?.form,
        }
    }

    /// The day on which the subject died, as the records of an enrollment know it.
    pub fn death(&self, outcome: &Outcome) -> Option<DayNumber> {
        match self.died_on.as_ref()?.eval(&RowView(&outcome.row)) {
            Value::Date(day) => Some(DayNumber(day)),
            _ => None,
        }
    }

    /// Whether a death that another program knows ends it: it says nothing about deaths itself.
    pub fn ends_with_death(&self) -> bool {
        self.subject == SubjectKind::Person && !self.after_death && self.died_on.is_none()
    }

    /// The kind of referral with this id.
    pub fn referral_ix(&self, id: &str) -> Option<ReferralIx> {
        self.referrals
            .iter()
            .position(|kind| &*kind.id == id)
            .map(ReferralIx::new)
    }

    /// The type and secrecy of a column of the facts row, by name (a fact, `risk`, `marks`, a score, `org`,
    /// `opened_on`, `person.birth_on` …), and its slot in [`crate::Outcome::row`].
    pub fn row_column(&self, name: &str) -> Option<RowColumn<'_>> {
        self.layout.row_column(name)
    }

    /// A value of a person's attribute (`birth_on`, `sex`, `household`, `population`, `residence`) from its canonical
    /// text; empty text is NULL.
    ///
    /// # Errors
    /// When the text is no value of the attribute's type, or there is no such attribute.
    pub fn person_value(&self, attribute: &str, text: &str) -> Result<Value, ValueError> {
        self.layout
            .known_value(&format!("person.{attribute}"), text)
    }

    /// A value of an organization's attribute (`code`, `kind`, `level`, `parent`, `population`), as
    /// [`Program::person_value`].
    ///
    /// # Errors
    /// When the text is no value of the attribute's type, or the program does not follow organizations.
    pub fn organization_value(&self, attribute: &str, text: &str) -> Result<Value, ValueError> {
        self.layout
            .known_value(&format!("organization.{attribute}"), text)
    }

    /// All columns of the facts row, in slot order.
    pub fn row_columns(&self) -> impl Iterator<Item = RowColumn<'_>> {
        self.layout.row_columns()
    }
}

/// A column of the facts row.
#[derive(Clone, Copy, Debug)]
pub struct RowColumn<'a> {
    /// The name in expressions; for a fact also the name of its column in the facts table.
    pub name: &'a str,
    /// Its place in [`crate::Outcome::row`].
    pub slot: Slot,
    /// The type.
    pub ty: &'a Type,
    /// Who may see it.
    pub secrecy: Secrecy,
}

/// One value per encounter, computed.
#[derive(Debug)]
pub struct Derived {
    /// The id; the column of the form tables is named after it.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The computation.
    pub is: Expr,
    /// Its value of today stands at the head of the subject's page.
    pub is_told_today: bool,
}

/// One value per enrollment.
#[derive(Debug)]
pub struct Fact {
    /// The id; the column of the facts table is named after it.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The unit as it is printed.
    pub unit: Option<String>,
    /// The computation.
    pub is: Expr,
    /// The type of its value.
    pub ty: Type,
    /// Who may see it: inherited from what it reads.
    pub secrecy: Secrecy,
    /// Its place in [`crate::Outcome::row`].
    pub slot: Slot,
    /// A number by which people look for a subject: an open text.
    pub is_searched: bool,
    /// The source.
    pub cited: Cited,
}

/// How risk is graded.
#[derive(Debug)]
pub struct RiskScale {
    /// The title.
    pub title: Localized,
    /// Before this holds the level is unknown, not low (facts row).
    pub assessed_when: Option<Expr>,
    /// The levels, lowest first.
    pub levels: Vec<RiskLevel>,
    /// What stands beside the level.
    pub marks: Vec<Mark>,
}

/// A level of risk; the highest of all true rules wins.
#[derive(Clone, Debug)]
pub struct RiskLevel {
    /// The id.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The colour token of the interface.
    pub colour: String,
}

/// Something that stands beside the level.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The id.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The colour token of the interface.
    pub colour: String,
}

/// A sum of points.
#[derive(Clone, Debug)]
pub struct Score {
    /// The id; the column of the facts table is named after it.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The source.
    pub cited: Cited,
}

/// What facts mean.
#[derive(Debug)]
pub struct Rule {
    /// The id.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The condition (facts row); NULL is not true.
    pub when: Expr,
    /// The level that it sets, as a position in [`RiskScale::levels`].
    pub risk: Option<usize>,
    /// The mark that it sets, as a position in [`RiskScale::marks`].
    pub mark: Option<usize>,
    /// The points that it gives.
    pub points: Vec<(ScoreIx, i32)>,
    /// While it is true these do not count.
    pub replaces: Vec<RuleIx>,
    /// What those see who may not see what it reads.
    pub shown_as: Option<Localized>,
    /// Raised while it is true.
    pub alert: Option<Localized>,
    /// The referral that it suggests.
    pub refer: Option<ReferralIx>,
    /// The task that it creates.
    pub task: Option<RuleTask>,
    /// Who may see its title: inherited from what it reads.
    pub secrecy: Secrecy,
    /// The source.
    pub cited: Cited,
}

/// A kind of hand-over with its clocks.
#[derive(Debug)]
pub struct ReferralKind {
    /// The id.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// From sending to arrival.
    pub arrive_within: Option<Span>,
    /// From arrival to feedback.
    pub feedback_within: Option<Span>,
    /// From sending to the sender's own asking.
    pub follow_up_within: Option<Span>,
    /// To whom it goes when a clock ran out.
    pub escalate_to: Option<Owner>,
    /// The source.
    pub cited: Cited,
}

/// A ledger or work register.
#[derive(Debug)]
pub struct List {
    /// The id, unique in its program.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// Who is on it (list scope).
    pub filter: Option<Expr>,
    /// Columns of the facts row (names as in [`Program::row_column`]).
    pub columns: Vec<ListColumn>,
    /// The order: an expression and its direction.
    pub sort: Vec<(Expr, Direction)>,
    /// Whether it is worked off by calling: the last attempt stands beside each line, and the next is noted there.
    pub is_called: bool,
    /// When calling is given up for looking for the subject.
    pub unreached: Option<Unreached>,
    /// Who may open it: inherited from what it reads.
    pub secrecy: Secrecy,
    /// The source.
    pub cited: Cited,
}

/// When a subject who does not answer is looked for in another way.
#[derive(Debug)]
pub struct Unreached {
    /// After so many attempts that reached nobody, none that reached the subject between them.
    pub attempts: u16,
    /// Only attempts within this time count.
    pub within: Span,
    /// What is to be done.
    pub then: Localized,
}

/// A picture of numbers that recur in records, over the days of these.
#[derive(Debug)]
pub struct Trend {
    /// The id, unique in its program.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// Ids of fields, of any form of the program; all numbers of one type.
    pub fields: Vec<Arc<str>>,
    /// Where the band begins on a day (list scope; its `today` is the day drawn), typed as the fields.
    pub low: Option<Expr>,
    /// Where it ends.
    pub high: Option<Expr>,
    /// What lies in the band.
    pub band: Option<Localized>,
    /// The source of the band.
    pub cited: Cited,
}

/// A column of a list.
#[derive(Debug)]
pub struct ListColumn {
    /// The title: the fact's own unless the pack words it.
    pub title: Localized,
    /// The value (list scope).
    pub is: Expr,
}

/// Which end of a sorted list comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Small first.
    Ascending,
    /// Large first.
    Descending,
}
