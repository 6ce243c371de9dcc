//! Checking a record while it is typed and before it is stored.

mod desk;
mod draft;
mod findings;
pub(crate) mod limits;
pub(crate) mod messages;
mod secrecy;

use std::sync::Arc;

use fuyou_expr::Value;
use fuyou_kernel::{DayNumber, Localized};

pub(crate) use self::desk::Previous;
pub use self::draft::Draft;
pub use self::secrecy::record_secrecy;
pub use crate::model::At;
use crate::model::{FormIx, Program, Severity};
use crate::replay::{History, Outcome};

/// A draft checked: what would be stored, and what stands against it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The draft with computed fields filled and hidden fields emptied.
    pub draft: Draft,
    /// What is wrong or unusual, in the order of the form.
    pub findings: Vec<Finding>,
    /// Which fields are shown, in the order of the form's fields.
    pub shown: Vec<bool>,
    /// Which groups are shown, in the order of the form's groups.
    pub shown_groups: Vec<bool>,
    /// Which fields must be filled, in the order of the form's fields.
    pub required: Vec<bool>,
    /// What the fields of each row of each group are at the moment: group, row, field.
    pub cells: Vec<Vec<Vec<Cell>>>,
    /// The derived values of this record, in the order of [`Program::derived`].
    pub derived: Vec<Value>,
}

/// What a field of a group's row is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Its condition does not hold: it is empty and nothing is said about it.
    Hidden,
    /// It may be filled.
    Optional,
    /// It must be filled.
    Required,
}

impl Checked {
    /// Whether the record may be stored once reasons are given.
    pub fn is_storable(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Refuse)
    }
}

/// Something wrong or unusual about a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where to show it.
    pub at: Vec<At>,
    /// Whether the record is refused or a reason is asked.
    pub severity: Severity,
    /// What the finding is, stable: `type`, `hard`, `soft`, `required`, `exclusive`, `rows`, or the id of a check.
    pub kind: Arc<str>,
    /// What the person at the desk reads.
    pub message: Localized,
}

/// Checks a draft against its form. `history` and `outcome` are the enrollment before this record (for the form that
/// opens one, a history without encounters); when a stored record is corrected, leave it out of them.
pub fn check_record(
    program: &Program,
    form: FormIx,
    history: &History,
    outcome: &Outcome,
    draft: &Draft,
    today: DayNumber,
) -> Checked {
    let row = desk::row_of(program, history, outcome);
    check_after(program, form, (history, &row), draft, today)
}

/// As [`check_record`], after records of which the facts row is known: as much of it as checks read.
pub fn check_after(
    program: &Program,
    form: FormIx,
    (history, row): (&History, &[Value]),
    draft: &Draft,
    today: DayNumber,
) -> Checked {
    let mut desk = desk::Desk::new(program, form, history, row, draft, today);
    desk.settle();
    let findings = findings::findings(&desk);
    desk.checked(findings)
}

/// The values that a form proposes before anything is typed: its defaults over the enrollment so far.
pub fn prefill(
    program: &Program,
    form: FormIx,
    history: &History,
    outcome: &Outcome,
    occurred_on: DayNumber,
    today: DayNumber,
) -> Draft {
    let draft = Draft {
        occurred_on: Some(occurred_on),
        ..Draft::new(program, form)
    };
    let row = desk::row_of(program, history, outcome);
    let mut desk = desk::Desk::new(program, form, history, &row, &draft, today);
    desk.settle();
    desk.fill_defaults();
    desk.settle();
    desk.draft
}

/// What each field would hold when nothing is out of the ordinary, beside what the form proposes; nothing where no such
/// value is known, or where the field is filled or does not matter.
pub fn usual(
    program: &Program,
    form: FormIx,
    (history, outcome): (&History, &Outcome),
    proposed: &Draft,
    today: DayNumber,
) -> Vec<Value> {
    let row = desk::row_of(program, history, outcome);
    let mut desk = desk::Desk::new(program, form, history, &row, proposed, today);
    desk.settle();
    desk.usual()
}
