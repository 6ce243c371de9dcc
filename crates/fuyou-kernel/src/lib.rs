//! The vocabulary of Fuyou: typed ids, civil dates, gestational age, quantities, money, periods, identity numbers.
//!
//! Everything here is pure: no clock, file, network or database. Every crate imports dates and instants through this one.

mod date;
mod gestation;
mod hex;
mod id;
mod identity;
mod localized;
mod money;
mod normalize;
mod period;
mod phone;
mod secrecy;
mod span;

pub use date::{
    Date, DateRangeError, DayNumber, add_months, months_between, weeks_between, years_between,
};
pub use gestation::{DatingError, GestationalAge};
pub use hex::hex;
pub use id::{Id, IdError, Kind, kinds};
pub use identity::{IdentityNumber, IdentityNumberError, Sex};
pub use jiff::Timestamp;
pub use jiff::tz::TimeZone;
pub use localized::{Language, Localized};
pub use money::{Currency, Money, MoneyError};
pub use normalize::narrow;
pub use period::{Period, PeriodError, Quarter, YearMonth};
pub use phone::{Phone, PhoneError};
pub use secrecy::{Secrecy, SecrecyError};
pub use span::{Span, SpanError};
