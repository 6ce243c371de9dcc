use std::sync::Arc;

use fuyou_expr::Expr;
use fuyou_kernel::{Localized, Secrecy, Span};

use super::{Cited, FormIx};

/// One contact of a schedule. `every`/`times` in the pack make one of these for each time.
#[derive(Debug)]
pub struct Visit {
    /// The id; a repeated visit is `ID#1`, `ID#2` ….
    pub id: Arc<str>,
    /// The id as written in the pack, without the number of the repetition.
    pub base: Arc<str>,
    /// The title.
    pub title: Localized,
    /// What it is called before those who may not see [`Visit::secrecy`]; without it the title is for everybody.
    pub shown_as: Option<Localized>,
    /// How secret it is: as its form, and as what its anchor and condition read.
    pub secrecy: Secrecy,
    /// The form that fills it.
    pub form: FormIx,
    /// The date from which the window counts (facts row).
    pub anchor: Expr,
    /// First day of the window.
    pub from: Span,
    /// Last day of the window; with `to_excluded` the day after it.
    pub to: Span,
    /// Whether the window ends on the day before `to`, as "under four months" does.
    pub to_excluded: bool,
    /// How often `every` was added to both ends: 0 for the first time.
    pub shift: Option<(Span, u16)>,
    /// Which encounters of the form can fill it (one encounter's columns).
    pub counts_if: Option<Expr>,
    /// Expected only while this holds (facts row).
    pub when: Option<Expr>,
    /// The day from which it is missed when it is still overdue (facts row); without it, it stays overdue.
    pub lapses_on: Option<Expr>,
    /// Whose task it is.
    pub owner: Owner,
    /// To whom it goes when it is late.
    pub escalate: Vec<Escalation>,
    /// The source.
    pub cited: Cited,
}

impl Visit {
    /// What it is called before a reader who sees up to a level.
    pub fn title_for(&self, secrecy_max: Secrecy) -> &Localized {
        self.shown_as
            .as_ref()
            .filter(|_| self.secrecy > secrecy_max)
            .unwrap_or(&self.title)
    }
}

/// Who does a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The organization responsible for the enrollment.
    Responsible,
    /// Its village.
    Village,
    /// Its township.
    Township,
    /// Its county.
    County,
    /// Its city.
    City,
    /// Its province.
    Province,
    /// The organization that recorded what started the task.
    Recorder,
}

impl Owner {
    /// All owners, for messages and tests.
    pub const ALL: [Owner; 7] = [
        Owner::Responsible,
        Owner::Village,
        Owner::Township,
        Owner::County,
        Owner::City,
        Owner::Province,
        Owner::Recorder,
    ];

    /// The word used in packs and in storage.
    pub fn word(self) -> &'static str {
        match self {
            Owner::Responsible => "responsible",
            Owner::Village => "village",
            Owner::Township => "township",
            Owner::County => "county",
            Owner::City => "city",
            Owner::Province => "province",
            Owner::Recorder => "recorder",
        }
    }
}

/// A late task is shown to somebody else, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// How long after the task was due.
    pub after: Span,
    /// To whom.
    pub to: Owner,
}

/// What a rule demands to be done.
#[derive(Debug)]
pub struct RuleTask {
    /// The title; the rule's own when the pack says none.
    pub title: Localized,
    /// Who does it.
    pub to: Owner,
    /// The form that does it; `None`: a person marks it done.
    pub form: Option<FormIx>,
    /// Which encounters of the form do it (one encounter's columns).
    pub counts_if: Option<Expr>,
    /// From the rule's start (or from the last done) to the deadline. Hours count from the instant, the rest in days.
    pub within: Span,
    /// Repeats from the last done, while the rule holds.
    pub every: Option<Span>,
    /// Ends the repetition (facts row).
    pub until: Option<Expr>,
    /// The record that makes this true while the clock runs, or with which it stops, does the task (facts row).
    pub done_if: Option<Expr>,
    /// The day from which it is missed when it is still overdue (facts row); without it, it stays overdue.
    pub lapses_on: Option<Expr>,
    /// To whom it goes when it is late.
    pub escalate: Vec<Escalation>,
}
