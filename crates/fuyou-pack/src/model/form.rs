use std::sync::Arc;

use fuyou_expr::{Expr, Scope, Slot, Type};
use fuyou_kernel::{Localized, Secrecy};

use super::{Cited, CodeSet, FieldIx, GroupIx};
use crate::scope::{FormOuter, GroupOuter};

/// What is recorded at one encounter.
#[derive(Debug)]
pub struct Form {
    /// The id, unique in its program; the table of its records is named after it.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// What it is called before those who may not see all that it holds; without it the title is for everybody.
    pub shown_as: Option<Localized>,
    /// Whether a filled form may be corrected later.
    pub correctable: bool,
    /// How the day of service is worded.
    pub occurred_label: Option<Localized>,
    /// What the day of service must fulfil; NULL passes.
    pub occurred_hard: Option<Expr>,
    /// What the day of service should fulfil, or a reason is asked.
    pub occurred_soft: Option<Expr>,
    /// The sections in the order shown.
    pub sections: Vec<Section>,
    /// The fields outside groups, in the order shown.
    pub fields: Vec<Field>,
    /// The repeated groups, in the order shown.
    pub groups: Vec<Group>,
    /// What must hold between fields.
    pub checks: Vec<Check>,
    /// The source.
    pub cited: Cited,
    /// What this form's expressions see; the browser and the viewer read it.
    pub scope: Scope,
    /// What each outer column of the scope is.
    pub(crate) outer: Vec<FormOuter>,
    /// The outer columns that some expression of the form reads.
    pub(crate) reads: Vec<Slot>,
    /// The field of this form that holds each member of the set `encounter`, or [`crate::scope::NO_FIELD`].
    pub(crate) by_slot: Vec<u16>,
    /// Computed fields, in an order in which each finds what it reads.
    pub(crate) compute_order: Vec<FieldIx>,
}

impl Form {
    /// The field with this id.
    pub fn field(&self, id: &str) -> Option<FieldIx> {
        self.fields
            .iter()
            .position(|field| &*field.id == id)
            .map(FieldIx::new)
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<GroupIx> {
        self.groups
            .iter()
            .position(|group| &*group.id == id)
            .map(GroupIx::new)
    }

    /// What it is called before a reader who sees up to a level.
    pub fn title_for(&self, secrecy_max: Secrecy) -> &Localized {
        self.shown_as
            .as_ref()
            .filter(|_| self.secrecy() > secrecy_max)
            .unwrap_or(&self.title)
    }

    /// All expressions over the form's own scope.
    pub(crate) fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = [&self.occurred_hard, &self.occurred_soft]
            .into_iter()
            .flatten()
            .collect();
        found.extend(
            self.sections
                .iter()
                .filter_map(|section| section.show_if.as_ref()),
        );
        found.extend(
            self.groups
                .iter()
                .filter_map(|group| group.show_if.as_ref()),
        );
        found.extend(self.fields.iter().flat_map(Field::expressions));
        found.extend(self.checks.iter().map(|check| &check.that));
        found
    }

    /// The most secret level among all fields: who may not see it may not open a record of this form unmasked.
    pub fn secrecy(&self) -> Secrecy {
        let own = self.fields.iter().map(|field| field.secrecy);
        let grouped = self
            .groups
            .iter()
            .flat_map(|group| &group.fields)
            .map(|field| field.secrecy);
        own.chain(grouped).max().unwrap_or_default()
    }
}

/// A heading inside a form.
#[derive(Clone, Debug)]
pub struct Section {
    /// The id, unique in its form.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// Shown only while this is true.
    pub show_if: Option<Expr>,
}

/// One thing that is recorded.
#[derive(Debug)]
pub struct Field {
    /// The id, unique in its form (or its group); the column is named after it.
    pub id: Arc<str>,
    /// What the person at the desk reads.
    pub label: Localized,
    /// The section, as a position in [`Form::sections`].
    pub section: Option<usize>,
    /// How it is typed in.
    pub input: InputType,
    /// The type of its value in expressions.
    pub ty: Type,
    /// The value set of a code or of codes, with its texts.
    pub codes: Option<Arc<CodeSet>>,
    /// The unit as it is printed.
    pub unit: Option<String>,
    /// Help beside the field.
    pub hint: Option<Localized>,
    /// Who may see it.
    pub secrecy: Secrecy,
    /// Typed, or computed from others.
    pub kind: FieldKind,
    /// Whether it must be filled while shown; `None` is never.
    pub required: Option<Requirement>,
    /// Shown only while this is true; a hidden field holds nothing.
    pub show_if: Option<Expr>,
    /// Values outside are refused (both ends allowed, scaled as the type).
    pub hard_range: Option<(i64, i64)>,
    /// Values outside ask for a reason (both ends pass without one, scaled as the type).
    pub soft_range: Option<(i64, i64)>,
    /// What the value must fulfil; NULL passes.
    pub hard: Option<Expr>,
    /// What the value should fulfil, or a reason is asked; NULL passes.
    pub soft: Option<Expr>,
    /// Fills the field before it is typed.
    pub default: Option<Expr>,
    /// What it holds when nothing is out of the ordinary: filled in when a person says so, with one key for all.
    pub usual: Option<Expr>,
    /// The source.
    pub cited: Cited,
}

impl Field {
    /// All expressions of the field.
    pub(crate) fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = [
            &self.show_if,
            &self.hard,
            &self.soft,
            &self.default,
            &self.usual,
        ]
        .into_iter()
        .flatten()
        .collect();
        if let FieldKind::Computed(compute) = &self.kind {
            found.push(compute);
        }
        if let Some(Requirement::When(when)) = &self.required {
            found.push(when);
        }
        found
    }
}

impl Group {
    /// All expressions over the group's own scope.
    pub(crate) fn expressions(&self) -> Vec<&Expr> {
        let mut found: Vec<&Expr> = self.fields.iter().flat_map(Field::expressions).collect();
        found.extend(self.checks.iter().map(|check| &check.that));
        found
    }
}

/// When a field must be filled.
#[derive(Debug)]
pub enum Requirement {
    /// Whenever it is shown.
    Always,
    /// While this is true.
    When(Expr),
}

/// Where the value of a field comes from.
#[derive(Debug)]
pub enum FieldKind {
    /// A person types it.
    Typed,
    /// Computed from other fields; shown and stored.
    Computed(Expr),
}

/// How a field is typed in; finer than its [`Type`] in expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputType {
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A number with this many decimal places.
    Decimal(u8),
    /// Free text.
    Text,
    /// One of a value set.
    Code(Arc<str>),
    /// Any of a value set.
    Codes(Arc<str>),
    /// A civil date.
    Date,
    /// A time of day, kept as the text `HH:MM`.
    Time,
    /// The code of an organization.
    Organization,
    /// The code of a staff member.
    Staff,
}

/// Rows of fields that repeat inside a form.
#[derive(Debug)]
pub struct Group {
    /// The id, unique in its form; the set of its rows in expressions has the same name.
    pub id: Arc<str>,
    /// The title.
    pub title: Localized,
    /// The section, as a position in [`Form::sections`].
    pub section: Option<usize>,
    /// The fewest rows while shown.
    pub min: u16,
    /// The most rows.
    pub max: u16,
    /// Shown only while this is true.
    pub show_if: Option<Expr>,
    /// The fields of a row.
    pub fields: Vec<Field>,
    /// What must hold inside each row.
    pub checks: Vec<Check>,
    /// What the expressions of its fields see: the form's scope, and the row's own fields by their ids.
    pub scope: Scope,
    /// What each outer column of the scope is.
    pub(crate) outer: Vec<GroupOuter>,
    /// The group among those of the whole program.
    pub(crate) set: usize,
    /// The field of this group that holds each member of its set, or [`crate::scope::NO_FIELD`].
    pub(crate) by_slot: Vec<u16>,
    /// Computed fields in order.
    pub(crate) compute_order: Vec<FieldIx>,
}

/// A condition between fields.
#[derive(Debug)]
pub struct Check {
    /// The id, unique in its form.
    pub id: Arc<str>,
    /// What must not be false; NULL passes.
    pub that: Expr,
    /// What happens when it is false.
    pub severity: Severity,
    /// What the person at the desk reads.
    pub message: Localized,
    /// Beside which fields.
    pub at: Vec<At>,
}

/// A place in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum At {
    /// The day of service.
    OccurredOn,
    /// A field.
    Field(FieldIx),
    /// A group as a whole.
    Group(GroupIx),
    /// A field of a row of a group; in a [`Check`] of a group the row is the one that is checked.
    Cell(GroupIx, usize, FieldIx),
}

/// What a finding does to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The record is not taken.
    Refuse,
    /// The record is taken with a reason, which is stored.
    Confirm,
}
