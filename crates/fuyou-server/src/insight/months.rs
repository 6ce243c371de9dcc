//! Time as the engine counts it: whole months, numbered through.

use fuyou_kernel::{Date, Period, PeriodError, Quarter, YearMonth};

/// A calendar month, numbered `year * 12 + month - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MonthNumber(pub(crate) i32);

impl MonthNumber {
    /// The month in which a date lies.
    pub(crate) fn of(date: Date) -> Self {
        MonthNumber(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// The calendar month.
    pub(crate) fn month(self) -> Result<YearMonth, PeriodError> {
        let year = i16::try_from(self.0.div_euclid(12)).unwrap_or(i16::MAX);
        let month = i8::try_from(self.0.rem_euclid(12) + 1).expect("1 to 12");
        YearMonth::new(year, month)
    }
}

/// First and last month of a period; every period consists of whole months.
pub(crate) fn bounds(period: Period) -> (MonthNumber, MonthNumber) {
    (
        MonthNumber::of(period.start()),
        MonthNumber::of(period.end()),
    )
}

/// Into which pieces a table or a curve cuts its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Calendar months.
    Month,
    /// Calendar quarters.
    Quarter,
    /// The whole period as one piece.
    Year,
}

/// The pieces of a period, in order; quarters that reach beyond the period are not cut but shown whole.
///
/// # Errors
/// When a piece lies outside the years that periods know.
pub fn split(period: Period, by: By) -> Result<Vec<Period>, PeriodError> {
    let (first, last) = bounds(period);
    match by {
        By::Year => Ok(vec![period]),
        By::Month => (first.0..=last.0)
            .map(|number| Ok(Period::Month(MonthNumber(number).month()?)))
            .collect(),
        By::Quarter => (first.0.div_euclid(3)..=last.0.div_euclid(3))
            .map(|quarter| {
                let start = MonthNumber(quarter * 3).month()?;
                Ok(Period::Quarter(Quarter::new(
                    start.year(),
                    (start.month() + 2) / 3,
                )?))
            })
            .collect(),
    }
}

/// The `count` months that end with the month of `date`.
///
/// # Errors
/// When a month lies outside the years that periods know.
pub fn months_until(date: Date, count: i32) -> Result<Vec<Period>, PeriodError> {
    let last = MonthNumber::of(date).0;
    (last - count + 1..=last)
        .map(|number| Ok(Period::Month(MonthNumber(number).month()?)))
        .collect()
}

/// How much of a period has passed by the end of `today`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    /// Days that have passed, today included.
    pub days: i64,
    /// Days of the whole period.
    pub of: i64,
}

impl Elapsed {
    /// Between 0 days (the period lies ahead) and all of them (it is over).
    pub fn of(period: Period, today: Date) -> Self {
        let number = |date: Date| i64::from(fuyou_kernel::DayNumber::from(date).0);
        let of = number(period.end()) - number(period.start()) + 1;
        let days = (number(today) - number(period.start()) + 1).clamp(0, of);
        Elapsed { days, of }
    }

    /// Whether the period is over.
    pub fn is_over(self) -> bool {
        self.days == self.of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        let check = |period: &str, by: By, expected: &str| {
            let pieces = split(period.parse().unwrap(), by).unwrap();
            let shown: Vec<_> = pieces.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join(" "), expected);
        };
        check("2026Q1", By::Month, "2026-01 2026-02 2026-03");
        check("s2026", By::Quarter, "2025Q4 2026Q1 2026Q2 2026Q3");
        check("2025-12..2026-01", By::Month, "2025-12 2026-01");
        check("2026", By::Year, "2026");
    }

    #[test]
    fn elapsed() {
        let check = |today: &str, expected: (i64, i64)| {
            let elapsed = Elapsed::of("s2026".parse().unwrap(), today.parse().unwrap());
            assert_eq!((elapsed.days, elapsed.of), expected, "{today}");
        };
        check("2025-09-30", (0, 365));
        check("2025-10-01", (1, 365));
        check("2026-09-29", (364, 365));
        check("2026-09-30", (365, 365));
        check("2027-01-01", (365, 365));
    }
}
