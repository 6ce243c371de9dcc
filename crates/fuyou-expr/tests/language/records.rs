//! Random records.

use fuyou_expr::{CodeSet, Column, DATE_MAX, DATE_MIN, DEFAULT_RANGE, Scope, SetId, Type, Value};

use crate::generate::Choices;
use crate::world::{Record, TEXTS};

/// Rows with values at and around every limit, and about a quarter `NULL`.
pub fn records(scope: &Scope, choices: &mut Choices<'_>) -> Vec<Record> {
    let rows = |choices: &mut Choices<'_>, set: SetId| {
        (0..choices.below(4))
            .map(|_| random_row(scope, Some(set), choices))
            .collect()
    };
    let record = |choices: &mut Choices<'_>| Record {
        outer: random_row(scope, None, choices),
        sets: scope.sets().map(|set| rows(choices, set)).collect(),
    };
    (0..4).map(|_| record(choices)).collect()
}

/// Fixed records with every kind of edge.
pub fn edges(scope: &Scope) -> Vec<Record> {
    let bytes: Vec<u8> = (0..4_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    records(scope, &mut Choices::new(&bytes))
}

fn random_row(scope: &Scope, set: Option<SetId>, choices: &mut Choices<'_>) -> Vec<Value> {
    scope
        .columns(set)
        .map(|(_, column)| random_value(column, choices))
        .collect()
}

fn random_value(column: &Column, choices: &mut Choices<'_>) -> Value {
    if choices.below(4) == 1 {
        return Value::Null;
    }
    match &column.ty {
        Type::Boolean => Value::Boolean(choices.below(2) == 1),
        Type::Integer | Type::Decimal(_) => {
            let (min, max) = column.range.unwrap_or(DEFAULT_RANGE);
            Value::Number(match choices.below(6) {
                0 => 0.clamp(min, max),
                1 => min,
                2 => max,
                3 => (-1).clamp(min, max),
                _ => min + choices.wide() % (max - min + 1),
            })
        }
        Type::Text => Value::text(TEXTS[choices.below(TEXTS.len())]),
        Type::Code(set) => Value::Code(choices.below(set.codes().len()) as u16),
        Type::Codes(set) => {
            let count = choices.below(4);
            Value::Codes(
                (0..count)
                    .map(|_| choices.below(set.codes().len()) as u16)
                    .collect::<CodeSet>(),
            )
        }
        Type::Date => Value::Date(match choices.below(8) {
            0 => 20_454,
            1 => DATE_MIN,
            2 => DATE_MAX,
            // The end of a leap February and its neighbours.
            3 => 19_781 + choices.below(3) as i32,
            _ => 19_700 + (choices.wide() % 1_500) as i32,
        }),
    }
}
