use std::fmt;
use std::str::FromStr;

/// The currencies in use. A new one states its minor unit here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
    /// Renminbi; the minor unit is the fen, a hundredth of a yuan.
    Cny,
}

impl Currency {
    /// ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Currency::Cny => "CNY",
        }
    }
}

/// An exact amount in the smallest unit of its currency. Prints `1234.50 CNY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Count of minor units (fen), negative for a debt or a correction.
    pub minor: i64,
    /// What they are units of.
    pub currency: Currency,
}

/// Why an amount could not be read or computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an amount with at most two decimals.
    #[error("`{0}` is not an amount such as 1234.50")]
    Malformed(String),
    /// Two currencies in one sum.
    #[error("{0:?} and {1:?} cannot be added")]
    Mixed(Currency, Currency),
    /// The sum exceeds 64 bits.
    #[error("the amount is too large")]
    Overflow,
}

impl Money {
    /// An amount of fen.
    pub fn fen(minor: i64) -> Self {
        Self {
            minor,
            currency: Currency::Cny,
        }
    }

    /// The sum.
    ///
    /// # Errors
    /// For two currencies and for overflow.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        write!(
            f,
            "{sign}{}.{:02} {}",
            minor / 100,
            minor % 100,
            self.currency.code()
        )
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads yuan: `1234`, `1234.5`, `1234.50`, `1234.50 CNY`.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let malformed = || MoneyError::Malformed(text.to_owned());
        let amount = text.trim().trim_end_matches("CNY").trim_end();
        let (negative, digits) = amount
            .strip_prefix('-')
            .map_or((false, amount), |rest| (true, rest));
        let (yuan, fen) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(yuan) || !plain(fen) || fen.len() > 2 {
            return Err(malformed());
        }
        let yuan: i64 = yuan.parse().map_err(|_| MoneyError::Overflow)?;
        let fen: i64 = format!("{fen:0<2}").parse().map_err(|_| malformed())?;
        let minor = yuan
            .checked_mul(100)
            .and_then(|n| n.checked_add(fen))
            .ok_or(MoneyError::Overflow)?;
        Ok(Self::fen(if negative { -minor } else { minor }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts() {
        let check = |text: &str, expected: &str| {
            let outcome = text
                .parse::<Money>()
                .map_or_else(|e| e.to_string(), |money| money.to_string());
            assert_eq!(outcome, expected, "{text}");
        };
        check("1234", "1234.00 CNY");
        check("1234.5", "1234.50 CNY");
        check("0.05 CNY", "0.05 CNY");
        check("-0.05", "-0.05 CNY");
        check("1.234", "`1.234` is not an amount such as 1234.50");
        check("1.", "`1.` is not an amount such as 1234.50");
        check("", "`` is not an amount such as 1234.50");
        check("99999999999999999999", "the amount is too large");
    }

    #[test]
    fn sums() {
        assert_eq!(Money::fen(1).plus(Money::fen(-3)), Ok(Money::fen(-2)));
        assert_eq!(
            Money::fen(i64::MAX).plus(Money::fen(1)),
            Err(MoneyError::Overflow)
        );
    }
}
