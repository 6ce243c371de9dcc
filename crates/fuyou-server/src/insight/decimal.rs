//! Exact decimals: targets and rates are compared, never rounded on the way.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// An exact decimal: `units / 10^places`. Two that print differently may be equal in value: compare with [`Decimal::cmp_value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    units: i64,
    places: u8,
}

/// The text is no decimal of at most 15 digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of at most 15 digits")]
pub struct DecimalError(String);

impl Decimal {
    /// A whole number.
    pub const fn whole(value: i64) -> Self {
        Decimal {
            units: value,
            places: 0,
        }
    }

    /// `units / 10^places`; at most 9 places.
    pub(crate) const fn scaled(units: i64, places: u8) -> Self {
        assert!(places <= 9, "more places than a figure ever has");
        Decimal { units, places }
    }

    /// The quotient `numerator / denominator`, rounded half away from zero to `places` decimals.
    /// `None` when the denominator is 0 or the result is beyond all figures.
    pub(crate) fn quotient(numerator: i128, denominator: i128, places: u8) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let scaled = numerator.checked_mul(power(places))?;
        let doubled = scaled.checked_mul(2)?;
        let half = if scaled < 0 {
            -denominator.abs()
        } else {
            denominator.abs()
        };
        let rounded = doubled.checked_add(half)? / (denominator * 2);
        Some(Decimal {
            units: i64::try_from(rounded).ok()?,
            places,
        })
    }

    /// How it compares with `numerator / denominator`, exactly. The denominator is positive.
    pub(crate) fn cmp_quotient(self, numerator: i128, denominator: i128) -> Ordering {
        assert!(
            denominator > 0,
            "a quotient to compare with has a positive denominator"
        );
        (i128::from(self.units) * denominator).cmp(&(numerator * power(self.places)))
    }

    /// How the two values compare, whatever their places.
    pub fn cmp_value(self, other: Decimal) -> Ordering {
        self.cmp_quotient(i128::from(other.units), power(other.places))
    }

    /// The smallest whole number at or above `self * factor / divisor`. The divisor is positive.
    pub(crate) fn times_up(self, factor: i128, divisor: i128) -> i128 {
        let (top, bottom) = (
            i128::from(self.units) * factor,
            power(self.places) * divisor,
        );
        top.div_euclid(bottom) + i128::from(top.rem_euclid(bottom) != 0)
    }

    /// The largest whole number at or below `self * factor / divisor`. The divisor is positive.
    pub(crate) fn times_down(self, factor: i128, divisor: i128) -> i128 {
        (i128::from(self.units) * factor).div_euclid(power(self.places) * divisor)
    }

    /// The part `days / of` of it, rounded to one more decimal than it has.
    pub(crate) fn part(self, days: i64, of: i64) -> Option<Self> {
        let places = (self.places + 1).min(9);
        Decimal::quotient(
            i128::from(self.units) * i128::from(days),
            power(self.places) * i128::from(of),
            places,
        )
    }

    /// The difference `self - other`; `None` beyond all figures.
    pub(crate) fn minus(self, other: Decimal) -> Option<Self> {
        let places = self.places.max(other.places);
        let stretch = |value: Decimal| i128::from(value.units) * power(places - value.places);
        Some(Decimal {
            units: i64::try_from(stretch(self) - stretch(other)).ok()?,
            places,
        })
    }

    /// The sum; `None` beyond all figures.
    pub(crate) fn plus(self, other: Decimal) -> Option<Self> {
        self.minus(Decimal {
            units: other.units.checked_neg()?,
            ..other
        })
    }

    /// The product; `None` beyond all figures.
    pub(crate) fn times(self, other: Decimal) -> Option<Self> {
        let places = self.places + other.places;
        let product = i128::from(self.units) * i128::from(other.units);
        let value = Decimal::quotient(product, power(places), places.min(9))?;
        Some(value.short())
    }

    /// Units and places: the value is `units / 10^places`.
    pub(crate) fn parts(self) -> (i64, u8) {
        (self.units, self.places)
    }

    /// Whether it is below 0.
    pub fn is_negative(self) -> bool {
        self.units < 0
    }

    /// The nearest binary number, for drawing.
    pub(crate) fn as_f64(self) -> f64 {
        self.units as f64 / 10f64.powi(i32::from(self.places))
    }

    /// Without the zeros at its end: `85.00` becomes `85`.
    pub fn short(self) -> Self {
        let (mut units, mut places) = (self.units, self.places);
        while places > 0 && units % 10 == 0 {
            (units, places) = (units / 10, places - 1);
        }
        Decimal { units, places }
    }
}

fn power(places: u8) -> i128 {
    10i128.pow(u32::from(places))
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places == 0 {
            return write!(f, "{}", self.units);
        }
        let scale = 10u64.pow(u32::from(self.places));
        let (sign, size) = (
            if self.units < 0 { "-" } else { "" },
            self.units.unsigned_abs(),
        );
        write!(
            f,
            "{sign}{}.{:0width$}",
            size / scale,
            size % scale,
            width = usize::from(self.places)
        )
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Digits with at most one point; full-width digits and surrounding spaces are tolerated, as people paste them.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let wrong = || DecimalError(text.to_owned());
        let plain: String = text.trim().chars().map(narrow).collect();
        let (negative, unsigned) = match plain.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, plain.as_str()),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = format!("{whole}{fraction}");
        let sound = !whole.is_empty() && digits.len() <= 15 && fraction.len() <= 9;
        if !sound || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let size: i64 = digits.parse().map_err(|_| wrong())?;
        let places = u8::try_from(fraction.len()).map_err(|_| wrong())?;
        Ok(Decimal {
            units: if negative { -size } else { size },
            places,
        })
    }
}

fn narrow(c: char) -> char {
    match c {
        '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (c as u32 - 0xff10) as u8),
        '\u{ff0e}' => '.',
        '\u{ff0d}' | '\u{2212}' => '-',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_round_half_away_from_zero() {
        let check = |numerator: i128, denominator: i128, places: u8, expected: &str| {
            let shown = Decimal::quotient(numerator, denominator, places)
                .map_or("–".into(), |value| value.to_string());
            assert_eq!(shown, expected, "{numerator}/{denominator}");
        };
        check(1, 3, 2, "0.33");
        check(2, 3, 2, "0.67");
        check(1, 8, 2, "0.13");
        check(-1, 8, 2, "-0.13");
        check(1, -8, 2, "-0.13");
        check(5, 2, 0, "3");
        check(-5, 2, 0, "-3");
        check(0, 7, 2, "0.00");
        check(7, 0, 2, "–");
    }

    #[test]
    fn texts() {
        let check = |text: &str, expected: &str| {
            let shown = text
                .parse::<Decimal>()
                .map_or_else(|error| error.to_string(), |value| value.to_string());
            assert_eq!(shown, expected, "{text}");
        };
        check("85", "85");
        check(" 85.50 ", "85.50");
        check("９５．５", "95.5");
        check("-0.5", "-0.5");
        check("", "`` is not a number of at most 15 digits");
        check(".5", "`.5` is not a number of at most 15 digits");
        check("1e3", "`1e3` is not a number of at most 15 digits");
        check(
            "1234567890123456",
            "`1234567890123456` is not a number of at most 15 digits",
        );
    }

    #[test]
    fn comparing_is_exact() {
        let value = |text: &str| text.parse::<Decimal>().unwrap();
        // 2/3 is above 66.66 % and below 66.67 %, although both round to 66.67.
        assert_eq!(value("66.66").cmp_quotient(200, 3), Ordering::Less);
        assert_eq!(value("66.67").cmp_quotient(200, 3), Ordering::Greater);
        assert_eq!(value("85").cmp_value(value("85.00")), Ordering::Equal);
        assert_eq!(value("85.00").short().to_string(), "85");
        assert_eq!(value("85").times_up(10, 100), 9);
        assert_eq!(value("85").times_down(10, 100), 8);
        assert_eq!(value("90").times_up(10, 100), 9);
        assert_eq!(value("85.5").minus(value("80")).unwrap().to_string(), "5.5");
    }
}
