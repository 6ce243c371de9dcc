//! Ledgers and registers: the lists of a pack over the facts of its enrollments.

use fuyou_expr::Value;
use fuyou_kernel::{Localized, Secrecy};
use fuyou_pack::model::{Direction, FormIx, ProgramIx};

use super::{Cursor, EnrollmentId, Risk, Shown, SubjectId};
use crate::registry::OrganizationId;

/// Which lines of a list.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Only enrollments of this organization and those below it; the actor's own subtree when absent.
    pub organization: Option<OrganizationId>,
    /// Only this level of risk, as a position in the program's scale.
    pub level: Option<usize>,
    /// Sorted by this column instead of the order that the pack says.
    pub sort: Option<(SortBy, Direction)>,
    /// Only lines that fit all of these.
    pub only: Vec<Condition>,
    /// Keys of the columns that are wanted ([`ListHead::key`]); the list's own without any. An unknown one is nothing.
    pub columns: Vec<String>,
}

/// What a line must have in a column that the reader may see.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The column's key ([`ListHead::key`]).
    pub column: String,
    /// What its value must be; without it only [`blank`](Condition::blank) speaks.
    pub fits: Option<Fits>,
    /// What of lines without a value.
    pub blank: Blank,
}

impl Condition {
    /// Whether a column that can be asked so takes it.
    pub(super) fn is_of(&self, asks: Asks) -> bool {
        match asks {
            Asks::Nothing => false,
            Asks::Presence => matches!(self.fits, None | Some(Fits::Any)),
            Asks::Values => true,
        }
    }
}

/// Whether lines without a value in a column are wanted besides those that fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// They are left out.
    Out,
    /// They are wanted, too.
    In,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Fits {
    /// Anything that was recorded.
    Any,
    /// One of these truths or codes. A value of several codes has one of them; the empty set of codes fits those that
    /// have none.
    OneOf(Vec<Value>),
    /// A day or a number from the first to the second, both included; open where one is missing.
    Between(Option<Value>, Option<Value>),
    /// A text with this in it, or the code of an organization with this in its name; Latin letters count in either case.
    Part(String),
}

/// A column that lines are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// One of the list's own, by its place there.
    Own(usize),
    /// Any, by its key.
    Key(String),
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// The program.
    pub program: ProgramIx,
    /// The list's title.
    pub title: Localized,
    /// The columns that were asked for.
    pub columns: Vec<ListHead>,
    /// The lines.
    pub rows: Vec<ListRow>,
    /// How many lines all pages have together.
    pub total: i64,
    /// What the columns of all pages come to, one per column.
    pub totals: Vec<Total>,
    /// Whether the pack says that the list is worked off by calling.
    pub is_called: bool,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub struct ListHead {
    /// What it computes, by which a choice of columns knows it.
    pub key: String,
    /// The title.
    pub title: Localized,
    /// The type of its values.
    pub ty: fuyou_expr::Type,
    /// The unit as it is printed.
    pub unit: Option<String>,
    /// Who may see it.
    pub secrecy: Secrecy,
    /// What lines can be asked for by it, by whoever may see it.
    pub asks: Asks,
    /// Where it comes from.
    pub of: ColumnOf,
    /// What its texts are.
    pub texts: Texts,
}

/// What the texts of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Texts {
    /// Words as they were written.
    Words,
    /// Colleagues, by name or by the code under which a file knows them.
    Staff,
}

/// What can be asked of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// Whether anything is recorded.
    Presence,
    /// Which values.
    Values,
}

/// Where a column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnOf {
    /// The list has it, at this place.
    List(usize),
    /// A fact of the program.
    Facts,
    /// A field of a form: what was last written into it.
    Form(FormIx),
}

/// One line of a list.
#[derive(Clone, Debug)]
pub struct ListRow {
    /// Who; names come from the registry.
    pub subject: SubjectId,
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The organization responsible for it.
    pub organization: OrganizationId,
    /// The risk.
    pub risk: Risk,
    /// The values, one per column.
    pub values: Vec<Shown>,
}

/// What a column of all lines of a list comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Total {
    /// Its values do not add up to anything, or the reader may not see them.
    None,
    /// The sum of what it counts.
    Sum(i64),
    /// Lines where it is true.
    Yes(i64),
    /// Lines of each code, in the order of the value set; codes without any are left out.
    Codes(Vec<(u16, i64)>),
}
