//! Which figures about infections a reader may see who may not know about single persons.
//!
//! Hiding small cells is not enough: a hidden month is the year less the other months, a hidden village its township less
//! the other villages. So what is shown is decided for a whole year of a whole group of siblings at once, and never by the
//! question: asking twice tells no more than asking once.
//!
//! - A year of an organization is shown by months only when no month of it, and of no sibling, is small; else by quarters
//!   under the same rule; else as a whole.
//! - When a sibling's year is small it is hidden together with at least one other, so that the hidden ones are not small
//!   together; then nothing of the group is shown finer than the year, and nothing below a hidden organization.
//! - A group is never shown finer than the group of the organization above it, because its parts add up to it.
//! - What an organization recorded itself counts as a sibling of its children that is never shown.
//! - Any other period is shown when it is made of pieces that are shown: it tells nothing new.
//!
//! Why nothing hidden can be computed: move a person from one hidden cell to another of the same organization within the
//! finest piece that is shown, and back in a hidden or equally coarse sibling. No shown figure changes.

use std::collections::HashMap;

use fuyou_kernel::{Period, Secrecy};
use fuyou_pack::model::{IndicatorIx, Pack, PeriodKind};

use super::figure::Figure;
use super::months::{By, bounds, split};
use super::question::Question;
use crate::registry::{OrganizationId, Tree};

/// How finely a year of an organization is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Hidden,
    Year,
    Quarter,
    Month,
}

/// The indicators of a question that this reader sees only in part.
pub(super) fn guarded(pack: &Pack, question: &Question, reader: Secrecy) -> Vec<IndicatorIx> {
    let is_guarded = |ix: &&IndicatorIx| {
        pack.indicator(**ix).secrecy == Secrecy::Infection && reader < Secrecy::Infection
    };
    question
        .indicators
        .iter()
        .filter(is_guarded)
        .copied()
        .collect()
}

/// What must be counted to decide about these indicators: every sibling on the way from the root to the nodes asked for,
/// in every year that a period touches, by months, quarters and years.
pub(super) fn widened(
    pack: &Pack,
    tree: &Tree,
    question: &Question,
    guarded: &[IndicatorIx],
) -> Question {
    let mut nodes: Vec<OrganizationId> = Vec::new();
    for group in groups(tree, &question.nodes) {
        let members = group.members(tree);
        nodes.extend(
            members
                .into_iter()
                .filter(|node| !nodes.contains(node))
                .collect::<Vec<_>>(),
        );
    }
    let mut periods: Vec<Period> = Vec::new();
    for ix in guarded {
        let kind = pack.indicator(*ix).period;
        for year in question
            .periods
            .iter()
            .flat_map(|period| years(kind, *period))
        {
            for piece in pieces(kind, year) {
                if !periods.contains(&piece) {
                    periods.push(piece);
                }
            }
        }
    }
    Question {
        indicators: guarded.to_vec(),
        nodes,
        periods,
    }
}

/// What may be shown, decided once for a question. By default nothing is guarded.
#[derive(Default)]
pub(super) struct Disclosure {
    levels: HashMap<(IndicatorIx, OrganizationId, i32), Level>,
    kinds: HashMap<IndicatorIx, PeriodKind>,
}

impl Disclosure {
    /// Decides for the nodes and periods of `question`. `figure` answers what [`widened`] asks for.
    pub(super) fn decide(
        pack: &Pack,
        tree: &Tree,
        question: &Question,
        guarded: &[IndicatorIx],
        figure: impl Fn(IndicatorIx, OrganizationId, Period) -> Option<Figure>,
    ) -> Self {
        let mut made = Disclosure {
            levels: HashMap::new(),
            kinds: guarded
                .iter()
                .map(|ix| (*ix, pack.indicator(*ix).period))
                .collect(),
        };
        let groups = groups(tree, &question.nodes);
        for ix in guarded {
            let kind = made.kinds[ix];
            let mut all: Vec<i32> = question
                .periods
                .iter()
                .flat_map(|period| years(kind, *period))
                .collect();
            all.sort_unstable();
            all.dedup();
            for year in all {
                // Groups come from the root downwards, so the one above is decided first.
                for group in &groups {
                    let above = group
                        .above
                        .map_or(Level::Month, |above| made.level(*ix, above, year));
                    let of = |node, period| figure(*ix, node, period);
                    for (node, level) in decided(tree, group, (kind, year), above, of) {
                        made.levels.insert((*ix, node, year), level);
                    }
                }
            }
        }
        made
    }

    /// Whether a cell may be shown. Indicators that nobody asked to guard always may.
    pub(super) fn shows(&self, ix: IndicatorIx, node: OrganizationId, period: Period) -> bool {
        let Some(kind) = self.kinds.get(&ix) else {
            return true;
        };
        let (first, last) = (bounds(period).0.0, bounds(period).1.0);
        years(*kind, period).all(|year| {
            let (begin, end) = span(*kind, year);
            let (from, to) = (first.max(begin), last.min(end));
            let needed = if (from, to) == (begin, end) {
                Level::Year
            } else if from % 3 == 0 && (to + 1) % 3 == 0 {
                Level::Quarter
            } else {
                Level::Month
            };
            self.level(ix, node, year) >= needed
        })
    }

    fn level(&self, ix: IndicatorIx, node: OrganizationId, year: i32) -> Level {
        let known = self.levels.get(&(ix, node, year));
        known.copied().unwrap_or(Level::Hidden)
    }
}

/// Organizations whose figures add up to the one above them, with what that one recorded itself.
pub(super) struct Siblings {
    /// The organization above; `None` for a root.
    pub(super) above: Option<OrganizationId>,
    root: OrganizationId,
}

impl Siblings {
    /// The organizations of the group.
    pub(super) fn members(&self, tree: &Tree) -> Vec<OrganizationId> {
        match self.above {
            Some(above) => tree.children(above).map(|child| child.id).collect(),
            None => vec![self.root],
        }
    }
}

/// The groups on the way to these nodes, from the root downwards, each once.
pub(super) fn groups(tree: &Tree, nodes: &[OrganizationId]) -> Vec<Siblings> {
    let mut found: Vec<(usize, Siblings)> = Vec::new();
    for node in nodes {
        let line = tree.ancestors(*node);
        let Some(root) = line.first().map(|root| root.id) else {
            continue;
        };
        for depth in 0..line.len() {
            let above = depth.checked_sub(1).map(|above| line[above].id);
            let is_known = |(_, known): &(usize, Siblings)| {
                known.above == above && (above.is_some() || known.root == root)
            };
            if !found.iter().any(is_known) {
                found.push((depth, Siblings { above, root }));
            }
        }
    }
    found.sort_by_key(|(depth, _)| *depth);
    found.into_iter().map(|(_, group)| group).collect()
}

/// The level of every member of a group in a year.
fn decided(
    tree: &Tree,
    group: &Siblings,
    (kind, year): (PeriodKind, i32),
    above: Level,
    figure: impl Fn(OrganizationId, Period) -> Option<Figure>,
) -> Vec<(OrganizationId, Level)> {
    let members = group.members(tree);
    let all = |level: Level| members.iter().map(|node| (*node, level)).collect();
    let Some(whole) = whole(kind, year).filter(|_| above > Level::Hidden) else {
        return all(Level::Hidden);
    };
    let sizes = |period: Period| {
        let size = |node: OrganizationId| figure(node, period).map(Size::of).unwrap_or_default();
        let parts: Vec<Size> = members.iter().map(|node| size(*node)).collect();
        let rest = group.above.map_or(Size::default(), |above| {
            parts
                .iter()
                .fold(size(above), |rest, part| rest.less(*part))
        });
        (parts, rest)
    };
    let (parts, rest) = sizes(whole);
    let hidden = hidden(&parts, rest);
    if hidden.contains(&true) {
        let level = |hidden: &bool| if *hidden { Level::Hidden } else { Level::Year };
        let levels = hidden.iter().map(level);
        return members.iter().copied().zip(levels).collect();
    }
    // Something recorded above that is small alone is what is left of the sum: then no part of it may be known.
    if rest.is_small() {
        return all(Level::Hidden);
    }
    for (level, by) in [(Level::Month, By::Month), (Level::Quarter, By::Quarter)] {
        let is_clear = |period: Period| {
            let (parts, rest) = sizes(period);
            !rest.is_small() && !parts.iter().any(|part| part.is_small())
        };
        let pieces = split(whole, by).unwrap_or_default();
        if level <= above && !pieces.is_empty() && pieces.into_iter().all(is_clear) {
            return all(level);
        }
    }
    all(Level::Year)
}

/// How many are counted, and of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Size {
    counted: i64,
    of: i64,
}

impl Size {
    fn of(figure: Figure) -> Self {
        Size {
            counted: figure.numerator,
            of: figure.denominator.unwrap_or_default(),
        }
    }

    fn less(self, other: Size) -> Size {
        Size {
            counted: self.counted - other.counted,
            of: self.of - other.of,
        }
    }

    fn plus(self, other: Size) -> Size {
        Size {
            counted: self.counted + other.counted,
            of: self.of + other.of,
        }
    }

    fn is_small(self) -> bool {
        Figure::is_few(self.counted) || Figure::is_few(self.of)
    }
}

/// Which parts of a sum are hidden: the small ones, and as many more, the smallest first, as it takes until at least two
/// are hidden and they are not small together. `rest` is a part that is never shown, but known when all others are.
fn hidden(parts: &[Size], rest: Size) -> Vec<bool> {
    let mut hidden: Vec<bool> = parts.iter().map(|part| part.is_small()).collect();
    if !rest.is_small() && !hidden.contains(&true) {
        return hidden;
    }
    let is_part = |size: Size| size.counted > 0 || size.of > 0;
    loop {
        let own = usize::from(is_part(rest));
        let count = own + hidden.iter().filter(|hidden| **hidden).count();
        let together = parts
            .iter()
            .zip(&hidden)
            .filter(|(_, hidden)| **hidden)
            .fold(rest, |sum, (part, _)| sum.plus(*part));
        if count >= 2 && !together.is_small() {
            return hidden;
        }
        let next = (0..parts.len())
            .filter(|place| !hidden[*place] && is_part(parts[*place]))
            .min_by_key(|place| parts[*place]);
        match next {
            Some(place) => hidden[place] = true,
            None => return hidden,
        }
    }
}

/// First and last month of a year.
fn span(kind: PeriodKind, year: i32) -> (i32, i32) {
    let begin = year * 12 - before(kind);
    (begin, begin + 11)
}

/// By how many months a year begins before January.
fn before(kind: PeriodKind) -> i32 {
    match kind {
        PeriodKind::Statistical => 3,
        PeriodKind::Calendar => 0,
    }
}

/// The years that a period touches.
fn years(kind: PeriodKind, period: Period) -> impl Iterator<Item = i32> {
    let (first, last) = bounds(period);
    let year = move |month: i32| (month + before(kind)).div_euclid(12);
    year(first.0)..=year(last.0)
}

fn whole(kind: PeriodKind, year: i32) -> Option<Period> {
    let year = i16::try_from(year).ok()?;
    Some(match kind {
        PeriodKind::Statistical => Period::StatisticalYear(year),
        PeriodKind::Calendar => Period::CalendarYear(year),
    })
}

fn pieces(kind: PeriodKind, year: i32) -> Vec<Period> {
    let Some(whole) = whole(kind, year) else {
        return Vec::new();
    };
    [By::Year, By::Quarter, By::Month]
        .into_iter()
        .flat_map(|by| split(whole, by).unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_beside_a_small_part() {
        let check = |parts: &[i64], rest: i64, expected: &str| {
            let size = |counted: &i64| Size {
                counted: *counted,
                of: 1000,
            };
            let parts: Vec<Size> = parts.iter().map(size).collect();
            let shown: String = hidden(
                &parts,
                Size {
                    counted: rest,
                    of: 0,
                },
            )
            .into_iter()
            .map(|hidden| if hidden { '*' } else { '.' })
            .collect();
            assert_eq!(shown, expected, "{parts:?} {rest}");
        };
        check(&[40, 9, 0], 0, "...");
        // One small part alone is the sum less the others.
        check(&[40, 3, 9], 0, ".**");
        // Two that make 3 together are as good as told: a third goes with them.
        check(&[40, 1, 2, 9], 0, ".***");
        check(&[40, 4, 4, 9], 0, ".**.");
        // What was recorded above hides a small part as well as a sibling does.
        check(&[40, 3], 7, ".*");
        // And when that is what is small, a sibling goes with it.
        check(&[40, 9], 2, ".*");
        check(&[3], 0, "*");
    }

    #[test]
    fn years_of_a_period() {
        let check = |kind: PeriodKind, period: &str, expected: &[i32]| {
            let found: Vec<i32> = years(kind, period.parse().unwrap()).collect();
            assert_eq!(found, expected, "{kind:?} {period}");
        };
        use PeriodKind::{Calendar, Statistical};
        check(Statistical, "s2026", &[2026]);
        check(Statistical, "2026", &[2026, 2027]);
        check(Statistical, "2025-09", &[2025]);
        check(Statistical, "2025-10", &[2026]);
        check(Calendar, "2026", &[2026]);
        check(Calendar, "s2026", &[2025, 2026]);
    }
}
