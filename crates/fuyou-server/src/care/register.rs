//! Ledgers and registers: the lists of a pack over the facts of its enrollments.

use fuyou_kernel::{Localized, Secrecy};
use fuyou_pack::model::{Direction, ProgramIx};

use super::{Cursor, EnrollmentId, Risk, Shown, SubjectId};
use crate::registry::OrganizationId;

/// Which lines of a list.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Only enrollments of this organization and those below it; the actor's own subtree when absent.
    pub organization: Option<OrganizationId>,
    /// Only this level of risk, as a position in the program's scale.
    pub level: Option<usize>,
    /// Sorted by this column of the list (its position) instead of the order that the pack says.
    pub sort: Option<(usize, Direction)>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// The program.
    pub program: ProgramIx,
    /// The list's title.
    pub title: Localized,
    /// The columns: title, unit, type and secrecy of each.
    pub columns: Vec<ListHead>,
    /// The lines.
    pub rows: Vec<ListRow>,
    /// How many lines all pages have together.
    pub total: i64,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub struct ListHead {
    /// The title.
    pub title: Localized,
    /// The type of its values.
    pub ty: fuyou_expr::Type,
    /// Who may see it.
    pub secrecy: Secrecy,
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
