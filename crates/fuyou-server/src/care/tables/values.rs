//! Values of expressions as cells of a table, and back.

use fuyou_expr::{Type, Value, format_value, parse_value};
use fuyou_kernel::{Date, DayNumber};
use fuyou_pack::model::{Field, InputType};

use super::PackColumn;
use crate::db::{Cell, CellType};

/// The columns of fields, in their order.
pub(super) fn field_columns(fields: &[Field]) -> impl Iterator<Item = PackColumn> {
    fields.iter().map(|field| PackColumn {
        name: field.id.to_string(),
        ty: field.ty.clone(),
        is_time: field.input == InputType::Time,
    })
}

pub(super) fn cell_type(column: &PackColumn) -> CellType {
    match column.ty {
        _ if column.is_time => CellType::Int,
        Type::Boolean => CellType::Bool,
        Type::Integer | Type::Decimal(_) => CellType::Int,
        Type::Text | Type::Code(_) | Type::Codes(_) => CellType::Text,
        Type::Date => CellType::Date,
    }
}

/// The word under which the type of a column is remembered: changing it is refused.
pub(super) fn type_word(column: &PackColumn) -> String {
    match &column.ty {
        _ if column.is_time => "time".to_owned(),
        // A value set may get another name; what is stored are its codes.
        Type::Code(_) => "code".to_owned(),
        Type::Codes(_) => "codes".to_owned(),
        ty @ (Type::Boolean | Type::Integer | Type::Decimal(_) | Type::Text | Type::Date) => {
            ty.to_string()
        }
    }
}

/// The cell that holds a value.
pub(crate) fn to_cell(column: &PackColumn, value: &Value) -> Cell {
    match (cell_type(column), value) {
        (CellType::Bool, Value::Boolean(truth)) => Cell::Bool(Some(*truth)),
        (CellType::Bool, _) => Cell::Bool(None),
        (CellType::Int, Value::Number(number)) => Cell::Int(Some(*number)),
        (CellType::Int, Value::Text(time)) => Cell::Int(minutes(time)),
        (CellType::Int, _) => Cell::Int(None),
        (CellType::Date, Value::Date(day)) => Cell::Date(Date::try_from(DayNumber(*day)).ok()),
        (CellType::Date, _) => Cell::Date(None),
        (_, Value::Null) => Cell::Text(None),
        (_, Value::Text(text)) => Cell::Text(Some(text.clone())),
        (_, Value::Code(index)) => Cell::Text(
            column
                .ty
                .value_set()
                .and_then(|set| set.code(*index))
                .cloned(),
        ),
        (_, other) => Cell::text(format_value(&column.ty, other)),
    }
}

/// The value that a cell holds, or the text that is none.
pub(crate) fn from_cell(column: &PackColumn, cell: Cell) -> Result<Value, String> {
    Ok(match cell {
        Cell::Bool(truth) => truth.map_or(Value::Null, Value::Boolean),
        Cell::Int(Some(minutes)) if column.is_time => {
            Value::text(&format!("{:02}:{:02}", minutes / 60, minutes % 60))
        }
        Cell::Int(number) => number.map_or(Value::Null, Value::Number),
        Cell::Date(date) => date.map_or(Value::Null, Value::date),
        Cell::Text(None) => Value::Null,
        Cell::Text(Some(text)) if column.ty == Type::Text => Value::Text(text),
        Cell::Text(Some(text)) => parse_value(&column.ty, &text).map_err(|_| text.to_string())?,
        other @ (Cell::Instant(_) | Cell::Id(_) | Cell::Bytes(_)) => {
            return Err(format!("{other:?}"));
        }
    })
}

/// Minutes since midnight of `HH:MM`.
fn minutes(time: &str) -> Option<i64> {
    let (hours, minutes) = time.split_once(':')?;
    Some(hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use fuyou_expr::{CodeSet, ValueSet};

    use super::*;

    #[test]
    fn values_come_back() {
        let set = ValueSet::new("colour", ["green", "red"], true).unwrap();
        let column = |ty: Type, is_time: bool| PackColumn {
            name: "x".into(),
            ty,
            is_time,
        };
        let check = |column: PackColumn, value: Value, cell: &str| {
            let stored = to_cell(&column, &value);
            assert_eq!(format!("{stored:?}"), cell);
            assert_eq!(from_cell(&column, stored), Ok(value));
        };
        check(
            column(Type::Boolean, false),
            Value::Boolean(false),
            "Bool(Some(false))",
        );
        check(
            column(Type::Decimal(1), false),
            Value::Number(653),
            "Int(Some(653))",
        );
        check(
            column(Type::Text, true),
            Value::text("07:05"),
            "Int(Some(425))",
        );
        check(
            column(Type::Text, false),
            Value::text("07:05"),
            "Text(Some(\"07:05\"))",
        );
        check(
            column(Type::Code(set.clone()), false),
            Value::Code(1),
            "Text(Some(\"red\"))",
        );
        check(
            column(Type::Codes(set.clone()), false),
            Value::Codes([0, 1].into_iter().collect()),
            "Text(Some(\"|green|red|\"))",
        );
        check(
            column(Type::Codes(set.clone()), false),
            Value::Codes(CodeSet::default()),
            "Text(Some(\"|\"))",
        );
        check(
            column(Type::Date, false),
            Value::Date(20_000),
            "Date(Some(2024-10-04))",
        );
        for ty in [
            Type::Boolean,
            Type::Integer,
            Type::Text,
            Type::Code(set),
            Type::Date,
        ] {
            assert_eq!(
                from_cell(
                    &column(ty.clone(), false),
                    to_cell(&column(ty, false), &Value::Null)
                ),
                Ok(Value::Null)
            );
        }
    }
}
