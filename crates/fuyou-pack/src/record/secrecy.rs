//! How secret a record is.

use fuyou_expr::Value;
use fuyou_kernel::Secrecy;

use crate::model::{Field, Form};

/// How secret a filled record is: a code can raise it above its field.
pub fn record_secrecy(form: &Form, values: &[Value], groups: &[Vec<Vec<Value>>]) -> Secrecy {
    let of = |fields: &[Field], values: &[Value]| {
        fields
            .iter()
            .zip(values)
            .map(|(field, value)| secrecy(field, value))
            .max()
    };
    let grouped = form
        .groups
        .iter()
        .zip(groups)
        .flat_map(|(group, rows)| rows.iter().filter_map(|row| of(&group.fields, row)));
    of(&form.fields, values)
        .into_iter()
        .chain(grouped)
        .max()
        .unwrap_or_default()
}

/// How secret a value of a field is; NULL says nothing.
fn secrecy(field: &Field, value: &Value) -> Secrecy {
    let raised = |code: u16| {
        field
            .codes
            .as_ref()
            .and_then(|set| set.codes.get(usize::from(code)))
            .map(|code| code.secrecy)
    };
    let raised = match value {
        Value::Null => return Secrecy::Open,
        Value::Code(code) => raised(*code),
        Value::Codes(codes) => codes.iter().filter_map(raised).max(),
        Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::Date(_) => None,
    };
    field.secrecy.max(raised.unwrap_or_default())
}
