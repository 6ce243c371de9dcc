//! A figure: numerator and denominator with what they make, and when it may not be shown.

use fuyou_kernel::Secrecy;
use fuyou_pack::model::Unit;

use super::Decimal;

/// Cells of infection indicators with fewer persons than this are not shown, because a reader could guess who they are.
const CELL_MIN: i64 = 5;

/// Decimals of a shown rate.
const RATE_PLACES: u8 = 2;

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What is counted.
    pub numerator: i64,
    /// Of what; `None` for a single count.
    pub denominator: Option<i64>,
    /// What the quotient is multiplied with.
    pub unit: Unit,
}

impl Figure {
    /// The rate or count; `None` when the denominator is 0: nothing of nothing is no rate, above all not 0 %.
    pub fn value(&self) -> Option<Decimal> {
        match self.denominator {
            None => Some(Decimal::whole(self.numerator)),
            Some(denominator) => {
                let top = i128::from(self.numerator) * i128::from(self.unit.factor());
                Decimal::quotient(top, i128::from(denominator), RATE_PLACES)
            }
        }
    }

    /// Whether more is counted than there is to count. It is shown as it is, with a flag: one of the two is wrong.
    pub fn beyond_whole(&self) -> bool {
        let share = !matches!(self.unit, Unit::Ratio | Unit::Count);
        share
            && self
                .denominator
                .is_some_and(|denominator| self.numerator > denominator)
    }

    /// Whether a count is so small that a reader could guess who they are.
    pub(super) fn is_few(count: i64) -> bool {
        (1..CELL_MIN).contains(&count)
    }

    /// Whether so few are counted, or counted of, that a reader could guess who they are.
    fn is_small(&self) -> bool {
        Figure::is_few(self.numerator) || self.denominator.is_some_and(Figure::is_few)
    }
}

/// What one cell of a table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A figure.
    Known(Figure),
    /// Too few persons for an infection indicator; the figure does not leave the server.
    Suppressed,
    /// Nobody has entered a figure.
    Absent,
}

impl Cell {
    /// The figure, if it may be seen.
    pub fn figure(&self) -> Option<Figure> {
        match self {
            Cell::Known(figure) => Some(*figure),
            Cell::Suppressed | Cell::Absent => None,
        }
    }

    /// The rate or count, if there is one to be seen.
    pub fn value(&self) -> Option<Decimal> {
        self.figure().and_then(|figure| figure.value())
    }

    /// Hides a small cell of what `reader` may not know about single persons.
    pub(super) fn guarded(figure: Figure, secrecy: Secrecy, reader: Secrecy) -> Cell {
        if secrecy == Secrecy::Infection && reader < Secrecy::Infection && figure.is_small() {
            Cell::Suppressed
        } else {
            Cell::Known(figure)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(numerator: i64, denominator: i64) -> Figure {
        Figure {
            numerator,
            denominator: Some(denominator),
            unit: Unit::Percent,
        }
    }

    fn show(figure: Figure) -> String {
        let value = figure.value().map_or("–".into(), |value| value.to_string());
        format!("{value}{}", if figure.beyond_whole() { " !" } else { "" })
    }

    #[test]
    fn rates() {
        let check =
            |figure: Figure, expected: &str| assert_eq!(show(figure), expected, "{figure:?}");
        check(percent(2, 3), "66.67");
        check(percent(0, 3), "0.00");
        check(percent(0, 0), "–");
        check(percent(3, 0), "– !");
        check(percent(5, 4), "125.00 !");
        check(
            Figure {
                unit: Unit::Per100000,
                ..percent(1, 3120)
            },
            "32.05",
        );
        check(
            Figure {
                unit: Unit::Ratio,
                ..percent(5, 4)
            },
            "1.25",
        );
        check(
            Figure {
                denominator: None,
                unit: Unit::Count,
                ..percent(7, 0)
            },
            "7",
        );
    }

    #[test]
    fn small_cells_of_infection_indicators_are_hidden() {
        let check = |figure: Figure, secrecy: Secrecy, reader: Secrecy, hidden: bool| {
            assert_eq!(
                Cell::guarded(figure, secrecy, reader) == Cell::Suppressed,
                hidden,
                "{figure:?} {secrecy} {reader}"
            );
        };
        let (open, infection) = (Secrecy::Open, Secrecy::Infection);
        check(percent(0, 100), infection, open, false);
        check(percent(1, 100), infection, open, true);
        check(percent(4, 100), infection, open, true);
        check(percent(5, 100), infection, open, false);
        // Nearly all were tested: that tells nobody's finding.
        check(percent(99, 100), infection, open, false);
        check(percent(0, 4), infection, open, true);
        check(percent(1, 100), infection, Secrecy::Sensitive, true);
        check(percent(1, 100), infection, infection, false);
        check(percent(1, 100), Secrecy::Sensitive, open, false);
    }
}
