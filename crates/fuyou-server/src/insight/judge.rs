//! Target and figure side by side: met, on course or behind, and how many persons are missing.

use std::cmp::Ordering;

use super::{Decimal, Elapsed, Figure};

/// How a figure is compared with a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// At least the value.
    AtLeast(Decimal),
    /// At most the value.
    AtMost(Decimal),
    /// Between both values, both included.
    Between(Decimal, Decimal),
}

/// Where a figure stands with its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// The figure fulfils the target now.
    Met,
    /// Not yet, but it can still be reached at this pace or with the persons who are known.
    OnCourse,
    /// It falls short of what is expected at this point of the year.
    Behind,
    /// There is no figure to compare.
    Unknown,
}

/// The comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Met, on course or behind.
    pub progress: Progress,
    /// What the figure should be by today: the part of a count that belongs to the days passed, the target itself for a rate.
    pub expected: Option<Decimal>,
    /// How many more must be counted (a floor) or are counted too many (a ceiling) at today's denominator; 0 when fulfilled.
    pub missing: Option<i64>,
}

impl Judgement {
    /// Nothing can be said.
    pub const UNKNOWN: Judgement = Judgement {
        progress: Progress::Unknown,
        expected: None,
        missing: None,
    };
}

/// Compares. `within_reach` is the number of persons who could still be counted if somebody acted, where it is known.
pub fn judge(
    aim: Aim,
    figure: Option<Figure>,
    elapsed: Elapsed,
    within_reach: Option<i64>,
) -> Judgement {
    let Some(figure) = figure else {
        return Judgement::UNKNOWN;
    };
    match figure.denominator {
        None => judge_count(aim, figure.numerator, elapsed, within_reach),
        Some(denominator) if denominator > 0 => {
            judge_rate(aim, figure, denominator, elapsed, within_reach)
        }
        Some(_) => Judgement::UNKNOWN,
    }
}

fn judge_rate(
    aim: Aim,
    figure: Figure,
    denominator: i64,
    elapsed: Elapsed,
    within_reach: Option<i64>,
) -> Judgement {
    let (top, factor) = (
        i128::from(figure.numerator),
        i128::from(figure.unit.factor()),
    );
    let bottom = i128::from(denominator);
    let at_least = |value: Decimal| value.cmp_quotient(top * factor, bottom) != Ordering::Greater;
    let at_most = |value: Decimal| value.cmp_quotient(top * factor, bottom) != Ordering::Less;
    let short = |value: Decimal| (value.times_up(bottom, factor) - top).max(0);
    let over = |value: Decimal| (top - value.times_down(bottom, factor)).max(0);
    let (met, missing, expected) = match aim {
        Aim::AtLeast(value) => (at_least(value), short(value), value),
        Aim::AtMost(value) => (at_most(value), over(value), value),
        Aim::Between(low, high) if at_least(low) => (at_most(high), over(high), high),
        Aim::Between(low, _) => (false, short(low), low),
    };
    let missing = i64::try_from(missing).ok();
    let reachable =
        matches!((missing, within_reach), (Some(missing), Some(reach)) if missing <= reach);
    let too_few = !matches!(aim, Aim::AtMost(_));
    let progress = if met {
        Progress::Met
    } else if too_few && reachable && !elapsed.is_over() {
        Progress::OnCourse
    } else {
        Progress::Behind
    };
    Judgement {
        progress,
        expected: Some(expected),
        missing,
    }
}

fn judge_count(aim: Aim, count: i64, elapsed: Elapsed, within_reach: Option<i64>) -> Judgement {
    let counted = Decimal::whole(count);
    let by_today = |value: Decimal| value.part(elapsed.days, elapsed.of);
    let reaches = |value: Decimal| counted.cmp_value(value) != Ordering::Less;
    let keeps = |value: Decimal| counted.cmp_value(value) != Ordering::Greater;
    let pace = |value: Decimal| by_today(value).is_some_and(reaches);
    let reachable =
        |missing: i64| !elapsed.is_over() && within_reach.is_some_and(|reach| missing <= reach);
    let short = |value: Decimal| {
        i64::try_from(value.times_up(1, 1)).map_or(i64::MAX, |whole| (whole - count).max(0))
    };
    let over = |value: Decimal| {
        i64::try_from(value.times_down(1, 1)).map_or(0, |whole| (count - whole).max(0))
    };
    let floor = |value: Decimal| {
        let missing = short(value);
        let progress = match (
            reaches(value),
            (pace(value) && !elapsed.is_over()) || reachable(missing),
        ) {
            (true, _) => Progress::Met,
            (false, true) => Progress::OnCourse,
            (false, false) => Progress::Behind,
        };
        Judgement {
            progress,
            expected: by_today(value),
            missing: Some(missing),
        }
    };
    match aim {
        Aim::AtLeast(value) => floor(value),
        Aim::Between(low, _) if !reaches(low) => floor(low),
        // A ceiling is kept only when the year is over; until then the pace decides.
        Aim::AtMost(value) | Aim::Between(_, value) => {
            let kept_so_far =
                keeps(value) && (elapsed.is_over() || matches!(aim, Aim::Between(..)));
            let progress = if kept_so_far {
                Progress::Met
            } else if keeps(value) && by_today(value).is_some_and(keeps) {
                Progress::OnCourse
            } else {
                Progress::Behind
            };
            Judgement {
                progress,
                expected: by_today(value),
                missing: Some(over(value)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use fuyou_pack::model::Unit;

    use super::*;

    const HALF: Elapsed = Elapsed { days: 50, of: 100 };
    const OVER: Elapsed = Elapsed { days: 100, of: 100 };

    fn show(judgement: Judgement) -> String {
        let expected = judgement
            .expected
            .map_or("–".into(), |value| value.short().to_string());
        let missing = judgement
            .missing
            .map_or("–".into(), |missing| missing.to_string());
        format!(
            "{:?} expected {expected} missing {missing}",
            judgement.progress
        )
    }

    fn value(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn rates() {
        let check = |aim: Aim,
                     numerator: i64,
                     denominator: i64,
                     elapsed: Elapsed,
                     reach: Option<i64>,
                     expected: &str| {
            let figure = Figure {
                numerator,
                denominator: Some(denominator),
                unit: Unit::Percent,
            };
            assert_eq!(
                show(judge(aim, Some(figure), elapsed, reach)),
                expected,
                "{aim:?} {numerator}/{denominator}"
            );
        };
        let floor = Aim::AtLeast(value("85"));
        check(floor, 85, 100, HALF, None, "Met expected 85 missing 0");
        check(floor, 84, 100, HALF, None, "Behind expected 85 missing 1");
        check(
            floor,
            84,
            100,
            HALF,
            Some(1),
            "OnCourse expected 85 missing 1",
        );
        check(
            floor,
            83,
            100,
            HALF,
            Some(1),
            "Behind expected 85 missing 2",
        );
        check(
            floor,
            84,
            100,
            OVER,
            Some(1),
            "Behind expected 85 missing 1",
        );
        check(floor, 0, 0, HALF, None, "Unknown expected – missing –");
        // 5.67 of 6.67 persons: a part of a person is a person.
        check(floor, 17, 21, HALF, None, "Behind expected 85 missing 1");
        let ceiling = Aim::AtMost(value("25.5"));
        check(ceiling, 25, 100, HALF, None, "Met expected 25.5 missing 0");
        check(
            ceiling,
            26,
            100,
            HALF,
            Some(9),
            "Behind expected 25.5 missing 1",
        );
        let between = Aim::Between(value("5"), value("10"));
        check(between, 4, 100, HALF, None, "Behind expected 5 missing 1");
        check(between, 10, 100, HALF, None, "Met expected 10 missing 0");
        check(between, 11, 100, HALF, None, "Behind expected 10 missing 1");
    }

    #[test]
    fn counts() {
        let check = |aim: Aim, count: i64, elapsed: Elapsed, expected: &str| {
            let figure = Figure {
                numerator: count,
                denominator: None,
                unit: Unit::Count,
            };
            assert_eq!(
                show(judge(aim, Some(figure), elapsed, None)),
                expected,
                "{aim:?} {count}"
            );
        };
        let floor = Aim::AtLeast(value("380"));
        check(floor, 380, HALF, "Met expected 190 missing 0");
        check(floor, 190, HALF, "OnCourse expected 190 missing 190");
        check(floor, 189, HALF, "Behind expected 190 missing 191");
        check(floor, 379, OVER, "Behind expected 380 missing 1");
        let ceiling = Aim::AtMost(value("4"));
        check(ceiling, 2, HALF, "OnCourse expected 2 missing 0");
        check(ceiling, 3, HALF, "Behind expected 2 missing 0");
        check(ceiling, 4, OVER, "Met expected 4 missing 0");
        check(ceiling, 5, OVER, "Behind expected 4 missing 1");
    }

    #[test]
    fn without_a_figure_nothing_is_claimed() {
        assert_eq!(
            judge(Aim::AtLeast(value("85")), None, HALF, Some(3)),
            Judgement::UNKNOWN
        );
    }
}
