//! Bounds that make evaluation total. They catch errors of writing and typing; no clinical limit stands here.

/// Day number of 1900-01-01, the first date an expression can yield; earlier results are `NULL`.
pub const DATE_MIN: i32 = -25_567;
/// Day number of 2199-12-31, the last date an expression can yield; later results are `NULL`.
pub const DATE_MAX: i32 = 84_005;
/// Most rows one set of one record may have: counts are at most this, sums at most this many times a value.
pub const SET_ROWS_MAX: i64 = 1 << 20;
/// Range of a numeric column that declares none, in units of its last decimal.
pub const DEFAULT_RANGE: (i64, i64) = (-1_000_000_000_000, 1_000_000_000_000);
/// Most decimals a number can have.
pub const SCALE_MAX: u8 = 12;
/// Deepest nesting of a text: parser and checker follow it recursively.
pub(crate) const NESTING_MAX: usize = 64;
/// Deepest typed tree: a chain of operators is one level per operator. Backends walk it recursively.
pub(crate) const DEPTH_MAX: usize = 200;
/// Decimals of `a / b` unless `round` says otherwise.
pub(crate) const DIVISION_SCALE: u8 = 6;
