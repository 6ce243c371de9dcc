use std::fmt;
use std::str::FromStr;

use crate::{Date, DateRangeError, DayNumber, add_months};

/// A distance in time as packs write it: `7d`, `16w`, `20w6d`, `1mo`, `3y`, `48h`; a leading `-` points back.
///
/// The three kinds stay apart because none converts to another: a month has no fixed days, and hours are counted
/// from an instant, not from a civil date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Days; a week is seven of them.
    Days(i32),
    /// Calendar months, clamped to the month's end; a year is twelve of them.
    Months(i32),
    /// Hours of 3,600 seconds from an instant.
    Hours(i32),
}

/// Why a span cannot be read or applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The text is not a span.
    #[error("`{0}` is not a span such as 7d, 16w, 20w6d, 1mo, 3y or 48h")]
    Malformed(String),
    /// Hours were asked to move a civil date.
    #[error("{0}h counts from an instant, not from a date")]
    NoDate(i32),
    /// The result leaves the calendar.
    #[error(transparent)]
    Range(#[from] DateRangeError),
}

impl Span {
    /// The date this far after `date`.
    ///
    /// # Errors
    /// For hours, and outside the calendar.
    pub fn after(self, date: Date) -> Result<Date, SpanError> {
        match self {
            Span::Days(days) => {
                let number = DayNumber::from(date).0;
                let sum = number
                    .checked_add(days)
                    .ok_or(DateRangeError(i64::from(number) + i64::from(days)))?;
                Ok(Date::try_from(DayNumber(sum))?)
            }
            Span::Months(months) => Ok(add_months(date, months)?),
            Span::Hours(hours) => Err(SpanError::NoDate(hours)),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, large, unit, small) = match *self {
            Span::Hours(hours) => return write!(f, "{hours}h"),
            Span::Days(days) => (days, 7, "w", "d"),
            Span::Months(months) => (months, 12, "y", "mo"),
        };
        if count < 0 {
            f.write_str("-")?;
        }
        let (whole, rest) = (count.unsigned_abs() / large, count.unsigned_abs() % large);
        match (whole, rest) {
            (0, rest) => write!(f, "{rest}{small}"),
            (whole, 0) => write!(f, "{whole}{unit}"),
            (whole, rest) => write!(f, "{whole}{unit}{rest}{small}"),
        }
    }
}

impl FromStr for Span {
    type Err = SpanError;

    /// Reads one count with its unit, or a larger unit followed by a smaller one of the same kind (`20w6d`, `1y6mo`).
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let malformed = || SpanError::Malformed(text.to_owned());
        let (sign, mut rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let letters = rest[digits..]
                .bytes()
                .take_while(u8::is_ascii_alphabetic)
                .count();
            let count: i32 = rest[..digits].parse().map_err(|_| malformed())?;
            parts.push((
                count.checked_mul(sign).ok_or_else(malformed)?,
                &rest[digits..digits + letters],
            ));
            rest = &rest[digits + letters..];
        }
        let sum = |large: i32, each: i32, small: i32| {
            large
                .checked_mul(each)
                .and_then(|n| n.checked_add(small))
                .ok_or_else(malformed)
        };
        match parts[..] {
            [(n, "h")] => Ok(Span::Hours(n)),
            [(n, "d")] => Ok(Span::Days(n)),
            [(n, "w")] => Ok(Span::Days(sum(n, 7, 0)?)),
            [(n, "w"), (days, "d")] => Ok(Span::Days(sum(n, 7, days)?)),
            [(n, "mo")] => Ok(Span::Months(n)),
            [(n, "y")] => Ok(Span::Months(sum(n, 12, 0)?)),
            [(n, "y"), (months, "mo")] => Ok(Span::Months(sum(n, 12, months)?)),
            _ => Err(malformed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reading_and_applying() {
        let check = |text: &str, expected: &str| {
            let outcome = match text.parse::<Span>() {
                Err(error) => error.to_string(),
                Ok(span) => match span.after("2026-01-31".parse().unwrap()) {
                    Ok(date) => format!("{span} {date}"),
                    Err(error) => format!("{span} {error}"),
                },
            };
            assert_eq!(outcome, expected, "{text}");
        };
        check("0d", "0d 2026-01-31");
        check("7d", "1w 2026-02-07");
        check("20w6d", "20w6d 2026-06-26");
        check("-2w", "-2w 2026-01-17");
        check("1mo", "1mo 2026-02-28");
        check("14mo", "1y2mo 2027-03-31");
        check("3y", "3y 2029-01-31");
        check("1y6mo", "1y6mo 2027-07-31");
        check("48h", "48h 48h counts from an instant, not from a date");
        for wrong in [
            "",
            "-",
            "7",
            "d",
            "7x",
            "7 d",
            "6d20w",
            "1mo7d",
            "1.5w",
            "99999999999d",
            "999999999y",
        ] {
            check(
                wrong,
                &format!("`{wrong}` is not a span such as 7d, 16w, 20w6d, 1mo, 3y or 48h"),
            );
        }
    }

    proptest! {
        #[test]
        fn print_and_read_agree(count in -100_000i32..100_000, kind in 0..3) {
            let span = match kind { 0 => Span::Days(count), 1 => Span::Months(count), _ => Span::Hours(count) };
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
