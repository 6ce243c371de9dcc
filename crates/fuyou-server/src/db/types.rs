//! Civil dates and instants as the two databases store them.
//!
//! | | SQLite | PostgreSQL |
//! |---|---|---|
//! | [`DbDate`] | `text`, `2026-03-26` | `date` |
//! | [`DbInstant`] | `integer`, milliseconds since 1970 | `timestamptz` |
//!
//! Instants are cut to milliseconds on the way in, so that both databases give back what they were given.

use std::sync::Arc;

use fuyou_kernel::{Date, DayNumber, Timestamp};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};
use uuid::Uuid;

use super::lite::Stored;

/// PostgreSQL counts days and microseconds from 2000-01-01: so many days and milliseconds after 1970-01-01.
const POSTGRES_EPOCH: i32 = 10_957;
const POSTGRES_EPOCH_MILLISECONDS: i64 = 946_684_800_000;

/// A civil date in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DbDate(pub Date);

/// An instant in a column, in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DbInstant(pub Timestamp);

impl Type<Postgres> for DbDate {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("date")
    }
}

impl Encode<'_, Postgres> for DbDate {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let days: i32 = DayNumber::from(self.0).0 - POSTGRES_EPOCH;
        Encode::<Postgres>::encode(days, buf)
    }
}

impl<'r> Decode<'r, Postgres> for DbDate {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(DbDate(match value.format() {
            PgValueFormat::Binary => {
                let days: i32 = Decode::<Postgres>::decode(value)?;
                Date::try_from(DayNumber(days.saturating_add(POSTGRES_EPOCH)))?
            }
            PgValueFormat::Text => value.as_str()?.parse()?,
        }))
    }
}

impl Type<Postgres> for DbInstant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("timestamptz")
    }
}

impl Encode<'_, Postgres> for DbInstant {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let microseconds = (self.0.as_millisecond() - POSTGRES_EPOCH_MILLISECONDS) * 1000;
        Encode::<Postgres>::encode(microseconds, buf)
    }
}

impl<'r> Decode<'r, Postgres> for DbInstant {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(DbInstant(match value.format() {
            PgValueFormat::Binary => {
                let microseconds: i64 = Decode::<Postgres>::decode(value)?;
                Timestamp::from_millisecond(
                    microseconds.div_euclid(1000) + POSTGRES_EPOCH_MILLISECONDS,
                )?
            }
            PgValueFormat::Text => value.as_str()?.parse()?,
        }))
    }
}

/// What a column can be read as.
pub(crate) trait Column: for<'r> Decode<'r, Postgres> + Type<Postgres> {
    /// The value that SQLite stored, or none when it is of another kind.
    fn stored(value: &Stored) -> Option<Self>;
}

impl<T: Column> Column for Option<T>
where
    Option<T>: for<'r> Decode<'r, Postgres> + Type<Postgres>,
{
    fn stored(value: &Stored) -> Option<Self> {
        match value {
            Stored::Null => Some(None),
            value => T::stored(value).map(Some),
        }
    }
}

macro_rules! columns {
    ($($kind:ty: $($pattern:pat => $value:expr),+;)*) => {
        $(impl Column for $kind {
            fn stored(value: &Stored) -> Option<Self> {
                match value {
                    $($pattern => $value,)+
                    _ => None,
                }
            }
        })*
    };
}

columns! {
    bool: Stored::Int(number) => Some(*number != 0);
    i64: Stored::Int(number) => Some(*number);
    String: Stored::Text(text) => Some(text.to_string());
    Arc<str>: Stored::Text(text) => Some(text.clone());
    Uuid: Stored::Id(id) => Some(*id);
    Vec<u8>: Stored::Bytes(bytes) => Some(bytes.clone()), Stored::Id(id) => Some(id.as_bytes().to_vec());
    DbDate: Stored::Text(text) => read_date(text).map(DbDate);
    DbInstant: Stored::Int(ms) => Timestamp::from_millisecond(*ms).ok().map(DbInstant);
}

/// A date as it stands in a column of SQLite.
pub(super) struct DateText([u8; 10]);

impl DateText {
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits and hyphens are UTF-8")
    }
}

/// `2026-03-26`; none for a year before 0, which takes more room.
pub(super) fn date_text(date: Date) -> Option<DateText> {
    let mut text = *b"0000-00-00";
    let digit = |number: u16| b'0' + u8::try_from(number % 10).unwrap_or_default();
    let year = u16::try_from(date.year()).ok()?;
    let (month, day) = (
        u16::from(date.month().unsigned_abs()),
        u16::from(date.day().unsigned_abs()),
    );
    for (at, power) in [(0, 1000), (1, 100), (2, 10), (3, 1)] {
        text[at] = digit(year / power);
    }
    (text[5], text[6]) = (digit(month / 10), digit(month));
    (text[8], text[9]) = (digit(day / 10), digit(day));
    Some(DateText(text))
}

fn read_date(text: &str) -> Option<Date> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else {
        return text.parse().ok();
    };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0i16, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + i16::from(**digit - b'0'))
        })
    };
    let (month, day) = (number(&[m1, m2])?, number(&[d1, d2])?);
    Date::new(
        number(&[y1, y2, y3, y4])?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_sqlite_keeps_them() {
        let check = |text: &str| {
            let date: Date = text.parse().unwrap();
            assert_eq!(date_text(date).unwrap().as_str(), text);
            assert_eq!(read_date(text), Some(date));
        };
        for text in [
            "0000-01-01",
            "1970-01-01",
            "2026-03-26",
            "2024-02-29",
            "9999-12-31",
        ] {
            check(text);
        }
        let before: Date = "-000001-12-31".parse().unwrap();
        assert!(date_text(before).is_none());
        assert_eq!(read_date(&before.to_string()), Some(before));
        for text in ["2026-02-30", "2026-3-26", "20260326xx", "+026-03-26", ""] {
            assert_eq!(read_date(text), None, "{text}");
        }
    }
}
