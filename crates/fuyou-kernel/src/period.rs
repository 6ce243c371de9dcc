use std::fmt;
use std::str::FromStr;

use crate::Date;

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth {
    year: i16,
    month: i8,
}

/// A quarter of a calendar year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter {
    year: i16,
    quarter: i8,
}

/// A stretch of time that a figure is about. It always says which year it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// 1 January to 31 December; prints `2026`.
    CalendarYear(i16),
    /// 1 October of the year before to 30 September, the year of the national health statistics; prints `s2026`.
    StatisticalYear(i16),
    /// Three months; prints `2026Q1`.
    Quarter(Quarter),
    /// One month; prints `2026-03`.
    Month(YearMonth),
    /// Whole months, both included; prints `2026-01..2026-06`. The first is never after the last.
    Months(YearMonth, YearMonth),
}

/// The text or the numbers are no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Unknown form.
    #[error("`{0}` is not a period such as 2026, s2026, 2026Q1, 2026-03 or 2026-01..2026-06")]
    Malformed(String),
    /// Outside 1900 to 2199.
    #[error("year {0} is outside 1900 to 2199")]
    Year(i16),
    /// Not 1 to 12.
    #[error("month {0} is outside 1 to 12")]
    Month(i8),
    /// Not 1 to 4.
    #[error("quarter {0} is outside 1 to 4")]
    Quarter(i8),
    /// A range of months that ends before it begins.
    #[error("{0} is after {1}")]
    Reversed(YearMonth, YearMonth),
}

impl YearMonth {
    /// A month of 1900 to 2199.
    ///
    /// # Errors
    /// Outside these years or the months 1 to 12.
    pub fn new(year: i16, month: i8) -> Result<Self, PeriodError> {
        check_year(year)?;
        if (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(PeriodError::Month(month))
        }
    }

    /// The month a date lies in.
    ///
    /// # Errors
    /// Outside 1900 to 2199.
    pub fn of(date: Date) -> Result<Self, PeriodError> {
        Self::new(date.year(), date.month())
    }

    /// Year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// Month, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// Its first day.
    pub fn start(self) -> Date {
        first_of(self.year, self.month)
    }

    /// Its last day.
    pub fn end(self) -> Date {
        self.start().last_of_month()
    }
}

impl Quarter {
    /// A quarter, 1 to 4, of 1900 to 2199.
    ///
    /// # Errors
    /// Outside these years or quarters.
    pub fn new(year: i16, quarter: i8) -> Result<Self, PeriodError> {
        check_year(year)?;
        if (1..=4).contains(&quarter) {
            Ok(Self { year, quarter })
        } else {
            Err(PeriodError::Quarter(quarter))
        }
    }

    fn first_month(self) -> i8 {
        self.quarter * 3 - 2
    }
}

impl Period {
    /// Whole months, both included.
    ///
    /// # Errors
    /// When the first is after the last.
    pub fn months(first: YearMonth, last: YearMonth) -> Result<Self, PeriodError> {
        if first > last {
            Err(PeriodError::Reversed(first, last))
        } else {
            Ok(Period::Months(first, last))
        }
    }

    /// First day.
    pub fn start(self) -> Date {
        match self {
            Period::CalendarYear(year) => first_of(year, 1),
            Period::StatisticalYear(year) => first_of(year - 1, 10),
            Period::Quarter(quarter) => first_of(quarter.year, quarter.first_month()),
            Period::Month(month) | Period::Months(month, _) => month.start(),
        }
    }

    /// Last day, included.
    pub fn end(self) -> Date {
        let first_of_last = match self {
            Period::CalendarYear(year) => first_of(year, 12),
            Period::StatisticalYear(year) => first_of(year, 9),
            Period::Quarter(quarter) => first_of(quarter.year, quarter.first_month() + 2),
            Period::Month(month) | Period::Months(_, month) => month.start(),
        };
        first_of_last.last_of_month()
    }

    /// Whether the date lies in it, both ends included.
    pub fn contains(self, date: Date) -> bool {
        (self.start()..=self.end()).contains(&date)
    }

    /// The same period one year earlier, for comparison.
    pub fn previous_year(self) -> Self {
        let before = |month: YearMonth| YearMonth {
            year: month.year - 1,
            ..month
        };
        match self {
            Period::CalendarYear(year) => Period::CalendarYear(year - 1),
            Period::StatisticalYear(year) => Period::StatisticalYear(year - 1),
            Period::Quarter(quarter) => Period::Quarter(Quarter {
                year: quarter.year - 1,
                ..quarter
            }),
            Period::Month(month) => Period::Month(before(month)),
            Period::Months(first, last) => Period::Months(before(first), before(last)),
        }
    }
}

fn first_of(year: i16, month: i8) -> Date {
    jiff::civil::date(year, month, 1)
}

fn check_year(year: i16) -> Result<i16, PeriodError> {
    if (1900..=2199).contains(&year) {
        Ok(year)
    } else {
        Err(PeriodError::Year(year))
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::CalendarYear(year) => write!(f, "{year:04}"),
            Period::StatisticalYear(year) => write!(f, "s{year:04}"),
            Period::Quarter(quarter) => write!(f, "{:04}Q{}", quarter.year, quarter.quarter),
            Period::Month(month) => month.fmt(f),
            Period::Months(first, last) => write!(f, "{first}..{last}"),
        }
    }
}

impl FromStr for YearMonth {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let malformed = || PeriodError::Malformed(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(malformed)?;
        let year = read_digits(year, 4).ok_or_else(malformed)?;
        let month = read_digits(month, 2).ok_or_else(malformed)?;
        Self::new(year, month as i8)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let malformed = || PeriodError::Malformed(text.to_owned());
        if let Some((first, last)) = text.split_once("..") {
            return Period::months(first.parse()?, last.parse()?);
        }
        if text.contains('-') {
            return Ok(Period::Month(text.parse()?));
        }
        if let Some((year, quarter)) = text.split_once('Q') {
            let year = read_digits(year, 4).ok_or_else(malformed)?;
            let quarter = read_digits(quarter, 1).ok_or_else(malformed)?;
            return Ok(Period::Quarter(Quarter::new(year, quarter as i8)?));
        }
        match text.strip_prefix('s') {
            Some(year) => Ok(Period::StatisticalYear(check_year(
                read_digits(year, 4).ok_or_else(malformed)?,
            )?)),
            None => Ok(Period::CalendarYear(check_year(
                read_digits(text, 4).ok_or_else(malformed)?,
            )?)),
        }
    }
}

/// Exactly `count` ASCII digits.
fn read_digits(text: &str, count: usize) -> Option<i16> {
    let plain = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods() {
        let check = |text: &str, expected: &str| {
            let outcome = match text.parse::<Period>() {
                Ok(period) => format!(
                    "{period} {} {} {}",
                    period.start(),
                    period.end(),
                    period.previous_year()
                ),
                Err(error) => error.to_string(),
            };
            assert_eq!(outcome, expected, "{text}");
        };
        check("2026", "2026 2026-01-01 2026-12-31 2025");
        check("s2026", "s2026 2025-10-01 2026-09-30 s2025");
        check("2026Q1", "2026Q1 2026-01-01 2026-03-31 2025Q1");
        check("2026Q4", "2026Q4 2026-10-01 2026-12-31 2025Q4");
        check("2024-02", "2024-02 2024-02-01 2024-02-29 2023-02");
        check(
            "2026-01..2026-06",
            "2026-01..2026-06 2026-01-01 2026-06-30 2025-01..2025-06",
        );
        check(
            "2025-12..2026-01",
            "2025-12..2026-01 2025-12-01 2026-01-31 2024-12..2025-01",
        );
        check("2026-06..2026-01", "2026-06 is after 2026-01");
        check("2026-13", "month 13 is outside 1 to 12");
        check("2026-00", "month 0 is outside 1 to 12");
        check("2026Q5", "quarter 5 is outside 1 to 4");
        check("1899", "year 1899 is outside 1900 to 2199");
        check("2200", "year 2200 is outside 1900 to 2199");
        for wrong in ["", "26", "s", "2026Q", "+026", "s2026-01"] {
            let outcome = wrong.parse::<Period>();
            assert!(
                matches!(outcome, Err(PeriodError::Malformed(_))),
                "{wrong}: {outcome:?}"
            );
        }
    }

    #[test]
    fn both_ends_belong() {
        let year: Period = "s2026".parse().unwrap();
        let check = |date: &str, inside: bool| {
            assert_eq!(year.contains(date.parse().unwrap()), inside, "{date}")
        };
        check("2025-09-30", false);
        check("2025-10-01", true);
        check("2026-09-30", true);
        check("2026-10-01", false);
    }
}
