use std::fmt;
use std::str::FromStr;

use crate::{Date, DayNumber};

/// Length of a pregnancy in days since the first day of the last menstrual period (LMP); prints `12w3d`.
///
/// 0 to 44 completed weeks: a bound that only catches typing errors. Clinical limits stand in packs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GestationalAge {
    days: u16,
}

const WEEKS_MAX: u16 = 44;

/// Why there is no gestational age.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatingError {
    /// The date lies before the LMP or more than 44 weeks after it.
    #[error("{on} is not within 44 weeks after the LMP of {lmp}")]
    OutOfRange {
        /// The date asked about.
        on: Date,
        /// First day of the last menstrual period.
        lmp: Date,
    },
    /// More than 44 weeks, given as days.
    #[error("{0} days are more than 44 weeks")]
    TooLong(i64),
    /// The text is not of the form `12w3d`.
    #[error("`{0}` is not a gestational age such as 12w3d")]
    Malformed(String),
}

impl GestationalAge {
    /// From completed days since the LMP.
    ///
    /// # Errors
    /// Below 0 or above 308 days.
    pub fn from_days(days: i64) -> Result<Self, DatingError> {
        match u16::try_from(days) {
            Ok(days) if days <= WEEKS_MAX * 7 => Ok(Self { days }),
            _ => Err(DatingError::TooLong(days)),
        }
    }

    /// The gestational age on a date.
    ///
    /// # Errors
    /// When `on` lies before `lmp` or more than 44 weeks after it.
    pub fn on(on: Date, lmp: Date) -> Result<Self, DatingError> {
        let days = i64::from(DayNumber::from(on).0) - i64::from(DayNumber::from(lmp).0);
        Self::from_days(days).map_err(|_| DatingError::OutOfRange { on, lmp })
    }

    /// All days since the LMP.
    pub fn days(self) -> u16 {
        self.days
    }

    /// Completed weeks.
    pub fn weeks(self) -> u16 {
        self.days / 7
    }

    /// Days beyond the completed weeks, 0 to 6.
    pub fn odd_days(self) -> u16 {
        self.days % 7
    }
}

impl fmt::Display for GestationalAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}w{}d", self.weeks(), self.odd_days())
    }
}

impl FromStr for GestationalAge {
    type Err = DatingError;

    /// Reads `12w3d`, `12w`, and `12+3` as midwives write it. Days beyond the weeks are 0 to 6.
    fn from_str(text: &str) -> Result<Self, DatingError> {
        let malformed = || DatingError::Malformed(text.to_owned());
        let (weeks, days) = match text.split_once('w') {
            Some((weeks, "")) => (weeks, "0"),
            Some((weeks, days)) => (weeks, days.strip_suffix('d').ok_or_else(malformed)?),
            None => text.split_once('+').ok_or_else(malformed)?,
        };
        let digits = |part: &str| match part.bytes().all(|b| b.is_ascii_digit()) {
            true => part.parse::<u16>().map_err(|_| malformed()),
            false => Err(malformed()),
        };
        let (weeks, days) = (digits(weeks)?, digits(days)?);
        if days > 6 {
            return Err(malformed());
        }
        Self::from_days(i64::from(weeks) * 7 + i64::from(days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_printing() {
        let check = |text: &str, expected: &str| {
            let outcome = text
                .parse::<GestationalAge>()
                .map_or_else(|e| e.to_string(), |age| age.to_string());
            assert_eq!(outcome, expected, "{text}");
        };
        check("12w3d", "12w3d");
        check("12w", "12w0d");
        check("12+3", "12w3d");
        check("0w0d", "0w0d");
        check("44w0d", "44w0d");
        check("44w1d", "309 days are more than 44 weeks");
        check("12w7d", "`12w7d` is not a gestational age such as 12w3d");
        check("12", "`12` is not a gestational age such as 12w3d");
        check("w3d", "`w3d` is not a gestational age such as 12w3d");
        check("-1w", "`-1w` is not a gestational age such as 12w3d");
        check("99999w", "`99999w` is not a gestational age such as 12w3d");
    }

    #[test]
    fn on_a_date() {
        let check = |on: &str, expected: &str| {
            let age = GestationalAge::on(on.parse().unwrap(), "2026-01-01".parse().unwrap());
            assert_eq!(
                age.map_or_else(|e| e.to_string(), |age| age.to_string()),
                expected
            );
        };
        check("2026-01-01", "0w0d");
        check("2026-03-26", "12w0d");
        check("2026-11-05", "44w0d");
        check(
            "2026-11-06",
            "2026-11-06 is not within 44 weeks after the LMP of 2026-01-01",
        );
        check(
            "2025-12-31",
            "2025-12-31 is not within 44 weeks after the LMP of 2026-01-01",
        );
    }
}
