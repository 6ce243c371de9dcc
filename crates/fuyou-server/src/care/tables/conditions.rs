//! Conditions on the columns of a list as SQL: one text for both databases, every value bound.

use fuyou_expr::{Type, Value, format_value};

use super::lists::cell_column;
use super::to_cell;
use crate::care::{Blank, Condition, Fits};
use crate::db::Cell;

/// A condition on a column of a type that is printed so, its placeholders after those of `cells`. One without anything to
/// fit is true of nothing but what is blank.
pub(super) fn condition(
    condition: &Condition,
    (printed, ty): (&str, &Type),
    cells: &mut Vec<Cell>,
) -> String {
    let mut ways = Vec::new();
    let mut bind = |value: &Value| {
        cells.push(to_cell(&cell_column(ty), value));
        format!("${}", cells.len())
    };
    match (&condition.fits, ty) {
        (None, _) => {}
        (Some(Fits::Any), _) => ways.push(format!("({printed}) is not null")),
        (Some(Fits::OneOf(values)), Type::Codes(_)) => {
            for value in values {
                // A set of codes is kept as `|one|two|`; no code is part of another between its bars.
                ways.push(match format_value(ty, value).as_str() {
                    "|" => format!("({printed}) = {}", bind(value)),
                    _ => has(&format!("({printed})"), &bind(value)),
                });
            }
        }
        (Some(Fits::OneOf(values)), _) => {
            let bound: Vec<String> = values.iter().map(bind).collect();
            if !bound.is_empty() {
                ways.push(format!("({printed}) in ({})", bound.join(", ")));
            }
        }
        (Some(Fits::Between(from, to)), _) => {
            let mut ends = Vec::new();
            if let Some(from) = from {
                ends.push(format!("({printed}) >= {}", bind(from)));
            }
            if let Some(to) = to {
                ends.push(format!("({printed}) <= {}", bind(to)));
            }
            if !ends.is_empty() {
                ways.push(format!("({})", ends.join(" and ")));
            }
        }
        (Some(Fits::Part(part)), _) => {
            let part = bind(&Value::text(&part.to_lowercase()));
            let own = has(&format!("lower({printed})"), &part);
            let named = has("lower(named.name)", &part);
            ways.push(format!(
                "({own} or ({printed}) in (select named.code from organization named where {named}))"
            ));
        }
    }
    if condition.blank == Blank::In {
        ways.push(format!("({printed}) is null"));
    }
    match ways.is_empty() {
        true => "1 = 0".to_owned(),
        false => format!("({})", ways.join(" or ")),
    }
}

/// Whether a text has another in it: the two databases name the function for it differently, and `like` would read signs
/// of its own in the text.
fn has(text: &str, part: &str) -> String {
    format!("replace({text}, {part}, '') <> {text}")
}
