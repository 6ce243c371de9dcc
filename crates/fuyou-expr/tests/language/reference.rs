//! Every example of `docs/reference/expressions.md` is parsed and evaluated, over the columns it declares.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_expr::{
    CURVE_SCALE, Column, Curve, Curves, LmsRow, Reading, Scope, SdRow, Tables, Tail, Type, Value,
    ValueSet, format_value, function_names, parse, parse_value,
};

use crate::world::Record;

const REFERENCE: &str = include_str!("../../../../docs/reference/expressions.md");

#[test]
fn every_example_says_what_it_yields() {
    let (scope, record) = declared(&block("columns").join("\n"), &block("curves"));
    let examples = block("expr");
    assert!(
        examples.len() > 90,
        "only {} examples were found",
        examples.len()
    );
    for example in &examples {
        let (text, expected) = example
            .rsplit_once(" => ")
            .unwrap_or_else(|| panic!("no `=>` in {example}"));
        match parse(text, &scope) {
            Ok(expr) => assert_eq!(
                format_value(expr.ty(), &expr.eval(&record)),
                expected,
                "{text}"
            ),
            Err(errors) => {
                let said = format!("error: {}", errors[0].message.en);
                assert!(
                    expected.starts_with("error: ") && said.starts_with(expected),
                    "{text}: {said}"
                );
            }
        }
    }
}

#[test]
fn every_function_has_an_example() {
    let examples = block("expr").join("\n");
    let words: Vec<&str> = examples
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '('))
        .collect();
    let called = |name: &str| {
        words
            .iter()
            .flat_map(|word| word.split_inclusive('('))
            .any(|word| word.strip_suffix('(') == Some(name))
    };
    for name in function_names() {
        assert!(called(name), "{name} has no example in the reference");
    }
}

/// Lines of all fenced blocks of one kind.
fn block(kind: &str) -> Vec<&'static str> {
    let blocks = REFERENCE.split("```").skip(1).step_by(2);
    let of_kind = blocks.filter_map(|block| block.strip_prefix(kind));
    of_kind
        .flat_map(str::lines)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Reads the declarations at the head of the reference.
fn declared(lines: &str, curve_lines: &[&str]) -> (Scope, Record) {
    let mut scope = Scope::new();
    let mut record = Record::default();
    let mut value_sets = HashMap::new();
    for line in lines.lines() {
        let (left, values) = line.split_once(" = ").unwrap();
        if let Some(name) = left.strip_prefix("set of codes ") {
            let ordered = values.contains('<');
            let codes: Vec<&str> = values.split(['<', '|']).map(str::trim).collect();
            value_sets.insert(
                name.to_owned(),
                ValueSet::new(name, codes, ordered).unwrap(),
            );
            continue;
        }
        let mut words = left.split_whitespace();
        let (name, ty) = (
            words.next().unwrap(),
            read_type(words.next().unwrap(), &value_sets),
        );
        let range = words.next().map(|range| {
            let (min, max) = range.split_once("..").unwrap();
            (number(&ty, min), number(&ty, max))
        });
        let values = values.split(';').map(|text| match text.trim() {
            "null" => Value::Null,
            text => parse_value(&ty, text).unwrap(),
        });
        let values: Vec<Value> = values.collect();
        let column = Column {
            range,
            ..Column::new(ty.clone())
        };
        match name.split_once('.') {
            None => {
                scope.outer(name, column);
                record.outer.extend(values);
            }
            Some((set, name)) => {
                let id = scope.set_named(set).unwrap_or_else(|| scope.set(set));
                scope.member(id, name, column);
                record
                    .sets
                    .resize_with(usize::from(id.0) + 1, || vec![Vec::new(); values.len()]);
                for (row, value) in record.sets[usize::from(id.0)].iter_mut().zip(values) {
                    row.push(value);
                }
            }
        }
    }
    let visit = scope.set_named("visit").unwrap();
    scope.set_default(visit);
    let mut curves = Curves::default();
    for line in curve_lines {
        assert!(curves.add(curve(line, &value_sets["place"])), "{line}");
    }
    scope.set_curves(Arc::new(curves));
    (scope, record)
}

/// `NAME lms STRATUM = x l m s; …` or `NAME sd STRATUM = x sd-3 … sd3; …`.
fn curve(line: &str, strata: &Arc<ValueSet>) -> Arc<Curve> {
    let (left, rows) = line.split_once(" = ").unwrap();
    let [name, kind, stratum] = left.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{line} declares no curve");
    };
    let stratum = usize::from(strata.index(stratum).unwrap());
    let rows = rows.split(';').map(|row| row.split_whitespace());
    let micro = |text: &str| number(&Type::Decimal(CURVE_SCALE), text);
    let tables = match kind {
        "lms" => {
            let mut all = vec![Vec::new(); strata.codes().len()];
            all[stratum].extend(rows.map(|row| {
                let cells: Vec<&str> = row.collect();
                let [l, m, s] = [1, 2, 3].map(|at| cells[at].parse().unwrap());
                let x = micro(cells[0]);
                LmsRow { x, l, m, s }
            }));
            Tables::Lms(all, Tail::Plain)
        }
        _ => {
            let mut all = vec![Vec::new(); strata.codes().len()];
            all[stratum].extend(rows.map(|row| {
                let cells: Vec<i64> = row.map(micro).collect();
                let at = cells[1..].try_into().unwrap();
                SdRow { x: cells[0], at }
            }));
            Tables::Sd(all)
        }
    };
    Curve::new(name, Arc::clone(strata), Reading::Linear, None, tables).unwrap()
}

fn number(ty: &Type, text: &str) -> i64 {
    match parse_value(ty, text).unwrap() {
        Value::Number(number) => number,
        other => panic!("{text} is {other:?}"),
    }
}

fn read_type(text: &str, value_sets: &HashMap<String, Arc<ValueSet>>) -> Type {
    let argument = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix(')');
    if let Some(scale) = argument("decimal(") {
        return Type::Decimal(scale.parse().unwrap());
    }
    if let Some(set) = argument("codes(") {
        return Type::Codes(value_sets[set].clone());
    }
    if let Some(set) = argument("code(") {
        return Type::Code(value_sets[set].clone());
    }
    match text {
        "boolean" => Type::Boolean,
        "integer" => Type::Integer,
        "text" => Type::Text,
        "date" => Type::Date,
        other => panic!("{other} is no type"),
    }
}
