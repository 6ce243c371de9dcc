//! Where the values of a program stand in the scopes of its expressions.

use std::sync::Arc;

use fuyou_expr::{Scope, SetId, Slot, Type, Value, ValueError, parse_value};

use crate::model::{DerivedIx, FactIx, FieldIx, RowColumn, RuleIx, SubjectKind};

/// How many columns tell about the subject; they are the first of the facts row.
pub(crate) const SUBJECT_COLUMNS: usize = 5;
/// What is known of a person, in the order of its slots.
const PERSON: [&str; SUBJECT_COLUMNS] = ["birth_on", "sex", "household", "population", "residence"];
/// What is known of an organization, in the order of its slots.
const ORGANIZATION: [&str; SUBJECT_COLUMNS] = ["code", "kind", "level", "parent", "population"];
/// What is known besides of a person whose record opens an enrollment elsewhere, in the order of
/// [`OpensOuter::Opener`].
pub(crate) const OPENER: [&str; 2] = ["name", "phone"];
/// Columns of the set `task`, in the order of their slots.
pub(crate) const TASK: [&str; 7] = [
    "rule",
    "visit",
    "state",
    "on_time",
    "due_on",
    "done_on",
    "started_on",
];
/// Columns of the set `referral`, in the order of their slots.
pub(crate) const REFERRAL: [&str; 6] = [
    "kind",
    "state",
    "sent_on",
    "arrived_on",
    "feedback_on",
    "on_time",
];
/// States of a task, in the order of the value set `task_state`.
pub(crate) const TASK_STATES: [&str; 4] = ["open", "done", "cancelled", "missed"];
/// Place of `visit` among the kept values, which begin with `form`, `visit`, `occurred_on`, `recorded_on`, `recorded_org`.
pub(crate) const VISIT_SLOT: usize = 1;
/// No field of the form holds the column.
pub(crate) const NO_FIELD: u16 = u16::MAX;

/// What is known of the subject of a program: the word before the dot, and the names after it.
pub(crate) fn subject_columns(
    subject: SubjectKind,
) -> (&'static str, [&'static str; SUBJECT_COLUMNS]) {
    match subject {
        SubjectKind::Organization => ("organization", ORGANIZATION),
        SubjectKind::Person | SubjectKind::Staff => ("person", PERSON),
    }
}

/// Slots of a program's scopes, by meaning.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The facts row: subject, opened_on, org, risk, marks, scores, facts. Same slots in the facts, row and list scopes.
    pub row: Scope,
    /// Slots in the facts row: risk and marks, when the program has a scale.
    pub risk: Option<(Slot, Slot)>,
    /// Slots in the facts row, one per score.
    pub scores: Vec<Slot>,
    /// What each member of the set `encounter` is.
    pub members: Vec<Member>,
    /// How many values each encounter keeps beside its fields ([`Member::Kept`]).
    pub kept: usize,
    /// The place among the kept values of `risk_after`, `marks_after`; the scores follow.
    pub risk_after: Option<usize>,
    /// The place among the kept values of the first score.
    pub scores_after: usize,
    /// The place among the kept values of each derived column.
    pub derived: Vec<usize>,
    /// What each outer column of the encounter scope is.
    pub encounter_outer: Vec<EncounterOuter>,
    /// The sets of the facts scope.
    pub encounter: SetId,
    pub task: SetId,
    pub referral: SetId,
    /// The repeated groups of all forms, by name.
    pub groups: Vec<GroupSet>,
    /// The order in which a replay computes things.
    pub steps: Vec<Step>,
}

/// A repeated group as a set of rows.
#[derive(Clone, Debug)]
pub(crate) struct GroupSet {
    pub name: Arc<str>,
    pub columns: Vec<Arc<str>>,
}

/// What a member of the set `encounter` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// A value kept beside the fields: system columns, risk after, derived.
    Kept(usize),
    /// A field: see [`crate::Form::by_slot`].
    Field,
}

/// What an outer column of the encounter scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EncounterOuter {
    /// A column of the facts row.
    Row(Slot),
    /// A member of the set `encounter`.
    Member(Slot),
}

/// What an outer column of a form's scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormOuter {
    /// A field of the form.
    Field(FieldIx),
    /// The day of service.
    OccurredOn,
    /// The day of typing.
    Today,
    /// A column of the facts row before this record.
    Row(Slot),
    /// A derived column of this record.
    Derived(DerivedIx),
    /// The last value of a member of the set `encounter` in an earlier encounter.
    Previous(Slot),
}

/// What an outer column of the scope of [`crate::model::Opens`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpensOuter {
    /// A field of the row.
    Cell(FieldIx),
    /// What the form's expressions see.
    Form(FormOuter),
    /// A member of [`OPENER`].
    Opener(usize),
}

/// What an outer column of a group's scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupOuter {
    /// A field of the row.
    Own(FieldIx),
    /// An outer column of the form.
    Form(Slot),
}

/// One thing that a replay computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// A derived column of every encounter.
    Derived(DerivedIx),
    /// A fact.
    Fact(FactIx),
    /// Which encounter fills which visit.
    Visits,
    /// Whether a rule is true.
    Rule(RuleIx),
    /// Level, marks and scores.
    Risk,
    /// The tasks.
    Tasks,
}

impl Layout {
    pub(crate) fn row_column(&self, name: &str) -> Option<RowColumn<'_>> {
        self.row_columns().find(|column| column.name == name)
    }

    pub(crate) fn known_value(&self, name: &str, text: &str) -> Result<Value, ValueError> {
        match self.row_column(name) {
            Some(_) if text.is_empty() => Ok(Value::Null),
            Some(column) => parse_value(column.ty, text),
            None => parse_value(&Type::Boolean, name),
        }
    }

    /// The derived column that a member of the set `encounter` is, if it is one.
    pub(crate) fn derived_of(&self, member: Slot) -> Option<DerivedIx> {
        let Member::Kept(place) = self.members[usize::from(member.0)] else {
            return None;
        };
        let derived = self.derived.iter().position(|kept| *kept == place);
        derived.map(DerivedIx::new)
    }

    pub(crate) fn row_columns(&self) -> impl Iterator<Item = RowColumn<'_>> {
        self.row
            .columns(None)
            .enumerate()
            .map(|(position, (name, column))| RowColumn {
                name,
                slot: Slot(u16::try_from(position).expect("slots are 16 bits")),
                ty: &column.ty,
                secrecy: column.secrecy,
            })
    }
}
