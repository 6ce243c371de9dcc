//! From a cell to its persons: counted, not counted, and who would close the gap.

use fuyou_kernel::{Date, Id, Period, kinds};
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, MeasureIx, Pack};

use super::store::{self, PersonsQuery};
use super::{Error, codes_below};
use crate::access::{Action, Actor, Denied};
use crate::db::Db;
use crate::registry::{OrganizationId, Tree};

/// Lines of one page.
pub const PAGE: usize = 50;

/// Which of a cell's persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// In the numerator.
    Counted,
    /// In the denominator only.
    NotCounted,
    /// Could still be counted if somebody acted.
    Gap,
}

impl Group {
    /// All groups in the order shown.
    pub const ALL: [Group; 3] = [Group::Counted, Group::NotCounted, Group::Gap];

    /// The word in addresses and files.
    pub fn word(self) -> &'static str {
        match self {
            Group::Counted => "counted",
            Group::NotCounted => "not_counted",
            Group::Gap => "gap",
        }
    }

    /// The group with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Group::ALL.into_iter().find(|group| group.word() == word)
    }
}

/// Where a page begins: after this enrollment. Printed as `CODE~ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The organization's code of the last line; lines are sorted by it.
    pub place: String,
    /// The enrollment of the last line.
    pub enrollment: Id<kinds::Enrollment>,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}", self.place, self.enrollment)
    }
}

impl std::str::FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (place, enrollment) = text.rsplit_once('~').ok_or(())?;
        Ok(Cursor {
            place: place.to_owned(),
            enrollment: enrollment.parse().map_err(|_| ())?,
        })
    }
}

/// One person behind a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who; names come from the registry.
    pub subject: Id<kinds::Person>,
    /// The enrollment that is counted.
    pub enrollment: Id<kinds::Enrollment>,
    /// Code of the organization that places it; `None` when it names none.
    pub place: Option<String>,
    /// The day that puts it into the period; `None` in the gap group, which lies before that day.
    pub on: Option<Date>,
    /// What it adds: 1, or the value of a sum such as live births.
    pub adds: i64,
}

/// A page of persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Line>,
    /// How many enrollments all pages have together.
    pub total: i64,
    /// Where the next page begins.
    pub next: Option<Cursor>,
}

/// Which persons are asked for.
#[derive(Clone, Debug)]
pub struct Behind {
    /// The indicator of the cell.
    pub indicator: IndicatorIx,
    /// The node of the cell.
    pub node: OrganizationId,
    /// The period of the cell.
    pub period: Period,
    /// Which of them.
    pub group: Group,
}

/// The persons behind a cell, sorted by organization. Two statements, however many there are.
///
/// # Errors
/// [`Error::Denied`] unless the actor may open figures into persons there, and may see what the indicator is about.
pub async fn persons(
    db: &Db,
    pack: &Pack,
    actor: &Actor,
    behind: &Behind,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page, Error> {
    actor.require(Action::DrillToPersons, behind.node)?;
    if pack.indicator(behind.indicator).secrecy > actor.secrecy_max() {
        return Err(Error::Denied(Denied(Action::DrillToPersons)));
    }
    let Some(query) = query_of(db, pack, &actor.tree, behind) else {
        return Ok(Page {
            lines: Vec::new(),
            total: 0,
            next: None,
        });
    };
    let mut connection = db.read().await?;
    let total = store::count_persons(&mut connection, &query).await?;
    let mut lines = store::list_persons(&mut connection, &query, after, limit + 1).await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let cursor = |line: &Line| Cursor {
        place: line.place.clone().unwrap_or_default(),
        enrollment: line.enrollment,
    };
    let next = if more { lines.last().map(cursor) } else { None };
    Ok(Page { lines, total, next })
}

/// The query behind a group; `None` when the indicator has no such persons.
fn query_of(db: &Db, pack: &Pack, tree: &Tree, behind: &Behind) -> Option<PersonsQuery> {
    let indicator = pack.indicator(behind.indicator);
    let IndicatorEntry::Computed {
        numerator,
        denominator,
    } = indicator.entry
    else {
        return None;
    };
    let program = |measure: MeasureIx| pack.measure(measure).program;
    let dialect = store::dialect_of(db.dialect());
    // Always listed, however many: here the codes decide who may be seen.
    let base = PersonsQuery::new(dialect, behind.period, codes_below(tree, &[behind.node]));
    match behind.group {
        Group::Counted => Some(base.of(pack, numerator)),
        Group::NotCounted => {
            let denominator = denominator?;
            let query = base.of(pack, denominator);
            // Another program's numerator cannot be subtracted row by row: then the whole denominator is listed.
            Some(if program(denominator) == program(numerator) {
                query.without(pack, numerator)
            } else {
                query
            })
        }
        Group::Gap => {
            let gap = indicator.gap.as_ref()?;
            Some(base.of_gap(pack, denominator.unwrap_or(numerator), gap))
        }
    }
}
