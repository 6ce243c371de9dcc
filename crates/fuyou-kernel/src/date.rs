//! Civil dates, their day numbers, and completed weeks, months and years between them.

/// A civil date: what is written on a card, without a clock or a time zone.
pub use jiff::civil::Date;

/// Day number of 1970-01-01 in the proleptic Gregorian calendar counted from 0000-03-01.
const DAYS_TO_1970: i32 = 719_468;

/// Days since 1970-01-01, which is day 0. The form in which dates are computed with and held in columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayNumber(pub i32);

/// A day number or a month count leads outside the years -9999 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("day {0} after 1970-01-01 is outside the calendar")]
pub struct DateRangeError(pub i64);

impl From<Date> for DayNumber {
    fn from(date: Date) -> Self {
        // Years start in March here, so that the leap day is the last day of its year.
        let (year, month, day) = (
            i32::from(date.year()),
            i32::from(date.month()),
            i32::from(date.day()),
        );
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        DayNumber(era * 146_097 + day_of_era - DAYS_TO_1970)
    }
}

impl TryFrom<DayNumber> for Date {
    type Error = DateRangeError;

    fn try_from(number: DayNumber) -> Result<Self, DateRangeError> {
        let outside = DateRangeError(i64::from(number.0));
        let days = number.0.checked_add(DAYS_TO_1970).ok_or(outside)?;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        let year = i16::try_from(year).map_err(|_| outside)?;
        let (month, day) = (
            i8::try_from(month).map_err(|_| outside)?,
            i8::try_from(day).map_err(|_| outside)?,
        );
        Date::new(year, month, day).map_err(|_| outside)
    }
}

/// Completed weeks of seven days from `from` to `to`; negative and symmetric when `to` is earlier.
pub fn weeks_between(from: Date, to: Date) -> i32 {
    (DayNumber::from(to).0 - DayNumber::from(from).0) / 7
}

/// Completed calendar months from `from` to `to`; negative and symmetric when `to` is earlier.
///
/// A month is complete on the same day of a later month, or on the 1st of the month after it when that day does
/// not exist: from 31 January the first month is complete on 1 March.
pub fn months_between(from: Date, to: Date) -> i32 {
    // 32 exceeds every difference of days within a month, so one truncating division compares months, then days.
    (month_key(to) - month_key(from)) / 32
}

/// Completed years of age from `from` to `to`; negative and symmetric when `to` is earlier.
///
/// Somebody born on 29 February completes a year on 1 March of a common year.
pub fn years_between(from: Date, to: Date) -> i32 {
    months_between(from, to) / 12
}

/// The same day `months` later (earlier when negative), moved back to the last day of a shorter month:
/// one month after 31 January is 28 or 29 February.
///
/// # Errors
/// When the year would leave -9999 to 9999.
pub fn add_months(date: Date, months: i32) -> Result<Date, DateRangeError> {
    let outside = DateRangeError(i64::from(DayNumber::from(date).0) + i64::from(months) * 30);
    let count = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + i64::from(months);
    let year = i16::try_from(count.div_euclid(12)).map_err(|_| outside)?;
    let month = i8::try_from(count.rem_euclid(12) + 1).map_err(|_| outside)?;
    let first = Date::new(year, month, 1).map_err(|_| outside)?;
    Date::new(year, month, date.day().min(first.days_in_month())).map_err(|_| outside)
}

fn month_key(date: Date) -> i32 {
    (i32::from(date.year()) * 12 + i32::from(date.month())) * 32 + i32::from(date.day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn day_numbers() {
        let check = |text: &str, number: i32| {
            assert_eq!(DayNumber::from(day(text)), DayNumber(number), "{text}");
            assert_eq!(Date::try_from(DayNumber(number)).unwrap(), day(text));
        };
        check("1970-01-01", 0);
        check("1969-12-31", -1);
        check("1900-01-01", -25_567);
        check("2000-02-29", 11_016);
        check("2199-12-31", 84_005);
        check("0000-01-01", -719_528);
        assert!(Date::try_from(DayNumber(i32::MAX)).is_err());
        assert!(Date::try_from(DayNumber(3_000_000)).is_err());
    }

    #[test]
    fn completed_spans() {
        let check = |from: &str, to: &str, weeks: i32, months: i32, years: i32| {
            let (a, b) = (day(from), day(to));
            assert_eq!(
                (
                    weeks_between(a, b),
                    months_between(a, b),
                    years_between(a, b)
                ),
                (weeks, months, years),
                "{from} {to}"
            );
            assert_eq!(
                (
                    weeks_between(b, a),
                    months_between(b, a),
                    years_between(b, a)
                ),
                (-weeks, -months, -years),
                "{to} {from}"
            );
        };
        check("2026-01-01", "2026-01-01", 0, 0, 0);
        check("2026-01-01", "2026-01-07", 0, 0, 0);
        check("2026-01-01", "2026-01-08", 1, 0, 0);
        check("2026-01-31", "2026-02-28", 4, 0, 0);
        check("2026-01-31", "2026-03-01", 4, 1, 0);
        check("2024-02-29", "2025-02-28", 52, 11, 0);
        check("2024-02-29", "2025-03-01", 52, 12, 1);
        check("2024-02-29", "2028-02-28", 208, 47, 3);
        check("2024-02-29", "2028-02-29", 208, 48, 4);
        check("2020-06-15", "2026-06-14", 312, 71, 5);
        check("2020-06-15", "2026-06-15", 313, 72, 6);
    }

    #[test]
    fn months_are_clamped() {
        let check = |from: &str, months: i32, to: &str| {
            assert_eq!(add_months(day(from), months).unwrap(), day(to))
        };
        check("2026-01-31", 1, "2026-02-28");
        check("2024-01-31", 1, "2024-02-29");
        check("2026-03-31", -1, "2026-02-28");
        check("2026-01-15", 12, "2027-01-15");
        check("2026-01-15", -13, "2024-12-15");
        check("2024-02-29", 12, "2025-02-28");
        assert!(add_months(day("9999-12-31"), 1).is_err());
        assert!(add_months(day("2026-01-01"), i32::MAX).is_err());
    }

    proptest! {
        #[test]
        fn day_numbers_agree_with_the_calendar(number in -700_000i32..2_900_000) {
            let date = Date::try_from(DayNumber(number)).unwrap();
            prop_assert_eq!(DayNumber::from(date), DayNumber(number));
            let span = day("1970-01-01").until(date).unwrap();
            prop_assert_eq!(span.get_days(), number);
        }
    }
}
