//! One scope and records for it, rich enough for every feature of the language.

use std::sync::Arc;

use fuyou_expr::{Column, Rows, Scope, SetId, Slot, Type, Value, ValueSet, parse_value};
use fuyou_kernel::Secrecy;

/// One outer row and the rows of each set.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub outer: Vec<Value>,
    pub sets: Vec<Vec<Vec<Value>>>,
}

impl Rows for Record {
    fn outer(&self, slot: Slot) -> &Value {
        &self.outer[usize::from(slot.0)]
    }

    fn len(&self, set: SetId) -> usize {
        self.sets[usize::from(set.0)].len()
    }

    fn member(&self, set: SetId, row: usize, slot: Slot) -> &Value {
        &self.sets[usize::from(set.0)][row][usize::from(slot.0)]
    }
}

/// Text literals that databases like to treat differently.
pub const TEXTS: &[&str] = &[
    "", "a", "A", "ab", "a_b", "b", "100%", "it's", "a\\b", "é", "É", "中文", "中 文", "😀x", "ß",
    "Z", "_", "\"q\"",
];

pub fn risk() -> Arc<ValueSet> {
    ValueSet::new("risk", ["green", "yellow", "orange", "red"], true).unwrap()
}

pub fn place() -> Arc<ValueSet> {
    ValueSet::new("place", ["home", "ho", "hospital", "家"], false).unwrap()
}

/// More than 64 codes, some of them part of others.
pub fn sign() -> Arc<ValueSet> {
    let codes = ["a", "ab", "b", "a b", "%", "_"]
        .map(str::to_owned)
        .into_iter();
    ValueSet::new("sign", codes.chain((0..90).map(|n| format!("s{n}"))), false).unwrap()
}

/// Columns `b1 n1 …` of the outer row, the default set `visit` and the set `newborn`.
pub fn scope() -> Scope {
    let mut scope = Scope::new();
    let ranged = |ty, min, max| Column {
        ty,
        range: Some((min, max)),
        secrecy: Secrecy::Open,
    };
    let plain = Column::new;
    scope.outer("b1", plain(Type::Boolean));
    scope.outer("b2", plain(Type::Boolean));
    scope.outer("n1", ranged(Type::Integer, -100, 100));
    scope.outer("n2", ranged(Type::Integer, 0, 44));
    scope.outer("n3", plain(Type::Integer));
    scope.outer("d1", ranged(Type::Decimal(1), -500, 500));
    scope.outer("d2", ranged(Type::Decimal(2), 0, 30_000));
    scope.outer("t1", plain(Type::Text));
    scope.outer("t2", plain(Type::Text));
    scope.outer("on1", plain(Type::Date));
    scope.outer("on2", plain(Type::Date));
    scope.outer("risk", plain(Type::Code(risk())));
    scope.outer("risk2", plain(Type::Code(risk())));
    scope.outer("place", plain(Type::Code(place())));
    scope.outer("signs", plain(Type::Codes(sign())));
    scope.outer(
        "hiv",
        Column {
            secrecy: Secrecy::Infection,
            ..plain(Type::Boolean)
        },
    );
    let visit = scope.set("visit");
    scope.set_default(visit);
    scope.member(visit, "hit", plain(Type::Boolean));
    scope.member(visit, "ga", ranged(Type::Integer, 0, 44));
    scope.member(visit, "hb", ranged(Type::Decimal(1), 0, 2_500));
    scope.member(visit, "note", plain(Type::Text));
    scope.member(visit, "on1", plain(Type::Date));
    scope.member(visit, "level", plain(Type::Code(risk())));
    scope.member(visit, "site", plain(Type::Code(place())));
    scope.member(visit, "finds", plain(Type::Codes(sign())));
    let newborn = scope.set("newborn");
    scope.member(newborn, "weight_g", ranged(Type::Integer, 0, 9_999));
    scope.member(newborn, "alive", plain(Type::Boolean));
    scope.member(newborn, "born_on", plain(Type::Date));
    scope
}

/// Reads a row written as values separated by `;`, `null` and all.
pub fn row(scope: &Scope, set: Option<SetId>, text: &str) -> Vec<Value> {
    let columns: Vec<_> = scope.columns(set).collect();
    let values: Vec<&str> = text.split(';').map(str::trim).collect();
    assert_eq!(values.len(), columns.len(), "{text}");
    let read = |(text, (name, column)): (&str, &(&str, &Column))| match text {
        "null" => Value::Null,
        text => parse_value(&column.ty, text).unwrap_or_else(|e| panic!("{name}: {e}")),
    };
    values.into_iter().zip(&columns).map(read).collect()
}

/// The record of the rule tables.
pub fn record(scope: &Scope) -> Record {
    let (visit, newborn) = (SetId(0), SetId(1));
    let outer = "true; false; -7; 12; 1000; -2.5; 12.34; Mary; it's; 2026-01-31; 2024-02-29; orange; null; home; |ab|s70|; true";
    let visits = [
        "true; 12; 110.5; first; 2026-01-05; green; home; |a|",
        "null; 20; null; null; 2026-03-01; red; hospital; null",
        "false; 28; 98.0; Last; 2026-04-26; yellow; null; |",
    ];
    Record {
        outer: row(scope, None, outer),
        sets: vec![
            visits
                .iter()
                .map(|text| row(scope, Some(visit), text))
                .collect(),
            vec![
                row(scope, Some(newborn), "2400; true; 2026-06-01"),
                row(scope, Some(newborn), "3100; true; 2026-06-01"),
            ],
        ],
    }
}
