//! What a summary is made from: figures, targets and places, without a word of text. Everything here is pure.

use fuyou_kernel::{Date, Localized, Period};
use fuyou_pack::model::{Better, Told, Unit};

use crate::insight::{Aim, Cell, Decimal, Elapsed, Judgement, Progress};
use crate::registry::Level;

/// Places whose denominator is smaller are left out of rankings: one person more or less would turn them around.
pub const DENOMINATOR_MIN: i64 = 20;

/// A year of a node in figures.
#[derive(Clone, Debug)]
pub struct SummaryData {
    /// The node.
    pub node: Place,
    /// The nodes directly below it; every `below` has one entry for each.
    pub places: Vec<Place>,
    /// Their level, for the word that names them.
    pub level: Option<Level>,
    /// The year.
    pub year: i16,
    /// The day on which the summary is made.
    pub today: Date,
    /// That moment in the node's own time, to the minute.
    pub at: String,
    /// How many changes the figures contain.
    pub changes: i64,
    /// The title of the plan in force, if there is one.
    pub plan: Option<String>,
    /// The indicators of all chapters and goals, each once.
    pub figures: Vec<FigureData>,
    /// The targets of the plan in its order.
    pub goals: Vec<Goal>,
    /// The chapters of the pack's outline.
    pub chapters: Vec<ChapterData>,
    /// Where this installation is reached, without a slash at its end; `None` leaves links out.
    pub address: Option<String>,
    /// Smallest denominator of a ranked place.
    pub denominator_min: i64,
}

/// An organization.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// An indicator with its figures.
#[derive(Clone, Debug)]
pub struct FigureData {
    /// The id in the pack.
    pub id: String,
    /// The title.
    pub title: Localized,
    /// The unit.
    pub unit: Unit,
    /// Which direction is good.
    pub better: Better,
    /// What is counted, and what of.
    pub definition: Definition,
    /// Where the definition comes from.
    pub source: String,
    /// The period.
    pub period: Period,
    /// The node's figure.
    pub now: Cell,
    /// The node's figure of the same period one year before.
    pub before: Cell,
    /// The figures of the places.
    pub below: Vec<Cell>,
    /// The months.
    pub months: Vec<(Period, Cell)>,
    /// Whether the pack can name who would close the gap.
    pub has_gap: bool,
}

/// What is counted, in words of the pack.
#[derive(Clone, Debug, Default)]
pub struct Definition {
    /// The numerator, or the count.
    pub numerator: Localized,
    /// The condition of the numerator as the pack writes it; empty without one.
    pub condition: String,
    /// The denominator; empty for a single count.
    pub denominator: Localized,
    /// Whether people type it.
    pub is_manual: bool,
}

/// A target and how it stands.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The phrase of the plan.
    pub written: String,
    /// The value of the plan as written.
    pub asked: String,
    /// The position of its figure; `None` when it is bound to no indicator.
    pub figure: Option<usize>,
    /// What is asked; `None` when a person must judge.
    pub aim: Option<Aim>,
    /// How it stands.
    pub judgement: Judgement,
    /// Who could still be counted if somebody acted.
    pub within_reach: Option<i64>,
    /// How the places stand.
    pub below: Vec<Judgement>,
}

/// A chapter of the outline.
#[derive(Clone, Debug)]
pub struct ChapterData {
    /// The heading.
    pub title: Localized,
    /// Positions of figures, and how each is told.
    pub told: Vec<(usize, Told)>,
}

/// A place and its part of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// The position of the place.
    pub place: usize,
    /// How many persons are missing there.
    pub missing: i64,
    /// Its part of all that is missing at places that fall short, in percent with one decimal.
    pub share: Decimal,
}

/// Places in order, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// Positions of places with their values.
    pub order: Vec<(usize, Decimal)>,
    /// How many places have too small a denominator.
    pub left_out: usize,
}

impl SummaryData {
    /// Goals at this progress.
    pub fn goals_at(&self, progress: Progress) -> impl Iterator<Item = &Goal> {
        self.goals
            .iter()
            .filter(move |goal| goal.judgement.progress == progress)
    }

    /// The goal that asks something of a figure.
    pub fn goal_of(&self, figure: usize) -> Option<&Goal> {
        self.goals
            .iter()
            .find(|goal| goal.figure == Some(figure) && goal.aim.is_some())
    }

    /// Whether the period of a figure is over.
    pub fn is_over(&self, figure: &FigureData) -> bool {
        Elapsed::of(figure.period, self.today).is_over()
    }

    /// The places in order. A ranking of fewer than two places is none, and of fewer events than places it would be one of
    /// chance: where one woman died, nobody is worse than the others.
    pub fn ranking(&self, figure: &FigureData) -> Option<Ranking> {
        let counts = figure.now.figure();
        let is_rare = !matches!(figure.unit, Unit::Percent)
            && counts.is_some_and(|counts| {
                counts.denominator.is_some() && counts.numerator < figure.below.len() as i64
            });
        if is_rare {
            return None;
        }
        let mut order = Vec::new();
        let mut left_out = 0;
        for (place, cell) in figure.below.iter().enumerate() {
            match (cell.figure(), cell.value()) {
                (Some(counts), Some(_))
                    if counts
                        .denominator
                        .is_some_and(|of| of < self.denominator_min) =>
                {
                    left_out += 1
                }
                (Some(_), Some(value)) => order.push((place, value)),
                _ => {}
            }
        }
        match figure.better {
            Better::Lower => order.sort_by(|(_, one), (_, other)| one.cmp_value(*other)),
            Better::Higher | Better::Neither => {
                order.sort_by(|(_, one), (_, other)| other.cmp_value(*one))
            }
        }
        (order.len() >= 2).then_some(Ranking { order, left_out })
    }
}

impl FigureData {
    /// The change against the year before: negative when it has fallen.
    pub fn change(&self) -> Option<Decimal> {
        self.now.value()?.minus(self.before.value()?)
    }

    /// Whether a change is one for the better; `None` when it is none, or no direction is good.
    pub fn is_improved(&self) -> Option<bool> {
        let change = self.change()?.short();
        match (change == Decimal::whole(0), self.better) {
            (true, _) | (_, Better::Neither) => None,
            (false, Better::Higher) => Some(!change.is_negative()),
            (false, Better::Lower) => Some(change.is_negative()),
        }
    }
}

impl Goal {
    /// How far the value lies from the limit that it breaks, as a positive number.
    pub fn distance(&self, value: Decimal) -> Option<Decimal> {
        let distance = match self.aim? {
            Aim::AtLeast(limit) => limit.minus(value),
            Aim::AtMost(limit) => value.minus(limit),
            Aim::Between(low, high) => {
                if value.cmp_value(low).is_lt() {
                    low.minus(value)
                } else {
                    value.minus(high)
                }
            }
        };
        distance
            .filter(|distance| !distance.is_negative())
            .map(Decimal::short)
    }

    /// The places that fall short, the largest part of the gap first. Parts are of what is missing at these places
    /// together: a place beyond its target does not make up for another.
    pub fn contributions(&self) -> Vec<Contribution> {
        let short = self.below.iter().enumerate().filter(|(_, judgement)| {
            matches!(judgement.progress, Progress::Behind | Progress::OnCourse)
        });
        let missing: Vec<(usize, i64)> = short
            .filter_map(|(place, judgement)| {
                Some((place, judgement.missing.filter(|missing| *missing > 0)?))
            })
            .collect();
        let all: i64 = missing.iter().map(|(_, missing)| missing).sum();
        let part = |(place, missing): (usize, i64)| {
            let share = Decimal::quotient(i128::from(missing) * 100, i128::from(all), 1)?;
            Some(Contribution {
                place,
                missing,
                share,
            })
        };
        let mut parts: Vec<Contribution> = missing.into_iter().filter_map(part).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.missing));
        parts
    }
}
