//! From a cell to its persons: counted, not counted, and who would close the gap.

use fuyou_expr::Expr;
use fuyou_kernel::{Date, Id, Period, kinds};
use fuyou_pack::model::{IndicatorEntry, IndicatorIx, MeasureIx, Pack, StratumIx};

use super::order::{BY_PERSON_MAX, Cursor, Order};
use super::store::{self, PersonsQuery};
use super::{Error, Source, codes_below};
use crate::access::{Action, Actor, Denied};
use crate::registry::OrganizationId;

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
    /// Only those of a layer of a stratum; with `None` as its layer those of whom it is not known.
    pub layer: Option<(StratumIx, Option<usize>)>,
    /// In which order.
    pub order: Order,
}

/// The persons behind a cell, in the order asked for: out of memory, or with two statements, however many there are.
///
/// # Errors
/// [`Error::Denied`] unless the actor may open figures into persons there, and may see what the indicator is about;
/// [`Error::TooManyToSort`] when more than [`BY_PERSON_MAX`] are to be sorted by name or residence.
pub async fn persons(
    source: Source<'_>,
    actor: &Actor,
    behind: &Behind,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page, Error> {
    let pack = source.pack;
    actor.require(Action::DrillToPersons, behind.node)?;
    let of_layer = behind
        .layer
        .map(|(stratum, _)| pack.stratum(stratum).secrecy);
    let secrecy = pack
        .indicator(behind.indicator)
        .secrecy
        .max(of_layer.unwrap_or_default());
    if secrecy > actor.secrecy_max() {
        return Err(Error::Denied(Denied(Action::DrillToPersons)));
    }
    let Some(asked) = Asked::of(pack, behind) else {
        return Ok(Page {
            lines: Vec::new(),
            total: 0,
            next: None,
        });
    };
    // Always listed, however many: here the codes decide who may be seen.
    let codes = codes_below(&actor.tree, &[behind.node]);
    let (source, _) = match source.live {
        Some(_) => source.standing().await?,
        None => (source, 0),
    };
    let listing = (after, limit + 1);
    // Names are not in memory.
    let live = source.live.filter(|_| !behind.order.by.is_of_person());
    let within = (behind.period, behind.layer);
    let found = live.and_then(|live| live.list(&asked, within, &codes, (behind.order, listing)));
    let (mut lines, total) = match found {
        Some(found) => found,
        None => {
            let mut connection = source.db.read().await?;
            let dialect = store::dialect_of(source.db.dialect());
            let mut query = asked.query(pack, PersonsQuery::new(dialect, behind.period, codes));
            if let Some((stratum, layer)) = behind.layer {
                query = query.in_layer(pack, pack.stratum(stratum), layer);
            }
            let total = store::count_persons(&mut connection, &query).await?;
            if behind.order.by.is_of_person() && total > BY_PERSON_MAX {
                return Err(Error::TooManyToSort(total));
            }
            let listing = (behind.order, listing);
            let lines = store::list_persons(&mut connection, &query, listing).await?;
            (lines, total)
        }
    };
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| more);
    let next = next.map(|line| Cursor::after(line, behind.order));
    Ok(Page { lines, total, next })
}

/// Which enrollments a group has.
#[derive(Clone, Copy)]
pub(super) enum Asked<'p> {
    /// Those who add something to a measure, and nothing to the other.
    Adding {
        /// The measure.
        to: MeasureIx,
        /// The other.
        not_to: Option<MeasureIx>,
    },
    /// Those who fulfil a condition, whenever, placed as a measure is.
    Fulfilling {
        /// The condition.
        condition: &'p Expr,
        /// The measure.
        placed_as: MeasureIx,
    },
}

impl<'p> Asked<'p> {
    /// What a group asks for; `None` when the indicator has no such persons.
    fn of(pack: &'p Pack, behind: &Behind) -> Option<Self> {
        let indicator = pack.indicator(behind.indicator);
        let IndicatorEntry::Computed {
            numerator,
            denominator,
        } = indicator.entry
        else {
            return None;
        };
        let program = |measure: MeasureIx| pack.measure(measure).program;
        Some(match behind.group {
            Group::Counted => Asked::Adding {
                to: numerator,
                not_to: None,
            },
            Group::NotCounted => {
                let to = denominator?;
                // Another program's numerator cannot be subtracted row by row: then the whole denominator is listed.
                let not_to = (program(to) == program(numerator)).then_some(numerator);
                Asked::Adding { to, not_to }
            }
            Group::Gap => {
                let (condition, placed_as) = indicator.gap_and_place()?;
                Asked::Fulfilling {
                    condition,
                    placed_as,
                }
            }
        })
    }

    fn query(self, pack: &Pack, base: PersonsQuery) -> PersonsQuery {
        match self {
            Asked::Adding { to, not_to: None } => base.of(pack, to),
            Asked::Adding {
                to,
                not_to: Some(other),
            } => base.of(pack, to).without(pack, other),
            Asked::Fulfilling {
                condition,
                placed_as,
            } => base.of_gap(pack, placed_as, condition),
        }
    }
}
