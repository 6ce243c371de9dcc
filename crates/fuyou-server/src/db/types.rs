//! Civil dates and instants as the two databases store them.
//!
//! | | SQLite | PostgreSQL |
//! |---|---|---|
//! | [`DbDate`] | `text`, `2026-03-26` | `date` |
//! | [`DbInstant`] | `integer`, milliseconds since 1970 | `timestamptz` |
//!
//! Instants are cut to milliseconds on the way in, so that both databases give back what they were given.

use fuyou_kernel::{Date, DayNumber, Timestamp};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Encode, Postgres, Sqlite, Type};

/// PostgreSQL counts days and microseconds from 2000-01-01: so many days and milliseconds after 1970-01-01.
const POSTGRES_EPOCH: i32 = 10_957;
const POSTGRES_EPOCH_MILLISECONDS: i64 = 946_684_800_000;

/// A civil date in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DbDate(pub Date);

/// An instant in a column, in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DbInstant(pub Timestamp);

impl Type<Sqlite> for DbDate {
    fn type_info() -> SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for DbDate {
    fn encode_by_ref(&self, buf: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.0.to_string(), buf)
    }
}

impl<'r> Decode<'r, Sqlite> for DbDate {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        let text = <&str as Decode<Sqlite>>::decode(value)?;
        Ok(DbDate(text.parse()?))
    }
}

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

impl Type<Sqlite> for DbInstant {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(ty: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(ty)
    }
}

impl Encode<'_, Sqlite> for DbInstant {
    fn encode_by_ref(&self, buf: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(self.0.as_millisecond(), buf)
    }
}

impl<'r> Decode<'r, Sqlite> for DbInstant {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(DbInstant(Timestamp::from_millisecond(<i64 as Decode<
            Sqlite,
        >>::decode(
            value
        )?)?))
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
