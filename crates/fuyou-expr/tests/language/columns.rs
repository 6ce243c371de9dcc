//! Random expressions over random columns: the plan and the row evaluator must agree.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_expr::columns::{Batch, ColumnView, Numbers, Plan, PlanError, Scratch, Values, Wanted};
use fuyou_expr::{CodeSet, Expr, Scope, Slot, Type, Value, parse};
use fuyou_kernel::Language;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::generate::{Choices, row_expression};
use crate::records::records;
use crate::world::{Record, record, scope};

/// Cases; more with `FUYOU_TEST_CASES`.
const CASES: u32 = 3_000;
/// Rows of a case: more than a word, and not whole words.
const ROWS: usize = 75;

/// A stored column; numbers in the narrowest width, or a wider one when the case says so.
enum Stored {
    Boolean(Vec<u64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    Texts(Vec<u32>),
    Sets(Vec<u32>),
}

/// Rows as columns.
struct Columns {
    stored: Vec<(Stored, Option<Vec<u64>>)>,
    texts: Vec<Arc<str>>,
    sets: Vec<CodeSet>,
}

impl Columns {
    /// The plan's columns of these rows, with 64 rows of nothing before them.
    fn of(plan: &Plan, scope: &Scope, rows: &[Record], widening: u8) -> Columns {
        let mut columns = Columns {
            stored: Vec::new(),
            texts: Vec::new(),
            sets: Vec::new(),
        };
        for used in plan.columns() {
            let values: Vec<&Value> = std::iter::repeat_n(&Value::Null, 64)
                .chain(rows.iter().map(|row| &row.outer[usize::from(used.slot.0)]))
                .collect();
            let ty = scope
                .columns(None)
                .nth(usize::from(used.slot.0))
                .unwrap()
                .1
                .ty
                .clone();
            let known = bits(values.iter().map(|value| !value.is_null()));
            let everywhere = rows
                .iter()
                .all(|row| !row.outer[usize::from(used.slot.0)].is_null());
            let known = (!everywhere).then_some(known);
            let stored = columns.store(&ty, &values, widening);
            columns.stored.push((stored, known));
        }
        columns
    }

    fn store(&mut self, ty: &Type, values: &[&Value], widening: u8) -> Stored {
        let mut numbers: HashMap<String, u32> = HashMap::new();
        match ty {
            Type::Boolean => {
                Stored::Boolean(bits(values.iter().map(|v| **v == Value::Boolean(true))))
            }
            Type::Text => Stored::Texts(
                values
                    .iter()
                    .map(|value| {
                        let Value::Text(text) = value else { return 0 };
                        *numbers.entry(text.to_string()).or_insert_with(|| {
                            self.texts.push(Arc::clone(text));
                            self.texts.len() as u32 - 1
                        })
                    })
                    .collect(),
            ),
            Type::Codes(_) => Stored::Sets(
                values
                    .iter()
                    .map(|value| {
                        let Value::Codes(set) = value else { return 0 };
                        self.sets.push(set.clone());
                        self.sets.len() as u32 - 1
                    })
                    .collect(),
            ),
            _ => {
                let number = |value: &&Value| match value {
                    Value::Number(number) => *number,
                    Value::Date(days) => i64::from(*days),
                    Value::Code(place) => i64::from(*place),
                    // Anything may stand where nothing is known.
                    _ => 77,
                };
                let all: Vec<i64> = values.iter().map(number).collect();
                let fits = |bits: u32| {
                    all.iter()
                        .all(|n| (-(1i64 << (bits - 1))..1 << (bits - 1)).contains(n))
                };
                if fits(8) && widening == 0 {
                    Stored::I8(all.iter().map(|n| *n as i8).collect())
                } else if fits(16) && widening <= 1 {
                    Stored::I16(all.iter().map(|n| *n as i16).collect())
                } else if fits(32) && widening <= 2 {
                    Stored::I32(all.iter().map(|n| *n as i32).collect())
                } else {
                    Stored::I64(all)
                }
            }
        }
    }

    fn views(&self) -> Vec<ColumnView<'_>> {
        let view = |column| {
            let (stored, known): &(Stored, Option<Vec<u64>>) = column;
            ColumnView {
                values: match stored {
                    Stored::Boolean(words) => Values::Boolean(words),
                    Stored::I8(all) => Values::Numbers(Numbers::I8(all)),
                    Stored::I16(all) => Values::Numbers(Numbers::I16(all)),
                    Stored::I32(all) => Values::Numbers(Numbers::I32(all)),
                    Stored::I64(all) => Values::Numbers(Numbers::I64(all)),
                    Stored::Texts(all) => Values::Texts(all),
                    Stored::Sets(all) => Values::Sets(all),
                },
                known: known.as_deref(),
            }
        };
        self.stored.iter().map(view).collect()
    }
}

fn bits(all: impl Iterator<Item = bool>) -> Vec<u64> {
    let mut words = Vec::new();
    for (row, holds) in all.enumerate() {
        if row % 64 == 0 {
            words.push(0);
        }
        words[row / 64] |= u64::from(holds) << (row % 64);
    }
    words
}

/// Every output of every row, by the plan and by the row evaluator.
fn agrees(scope: &Scope, exprs: &[Expr], rows: &[Record], widening: u8) -> Result<(), String> {
    let mut wanted: Vec<Wanted<'_>> = exprs.iter().map(Wanted::Value).collect();
    let conditions: Vec<&Expr> = exprs.iter().filter(|e| *e.ty() == Type::Boolean).collect();
    wanted.extend(conditions.iter().map(|expr| Wanted::Holds(expr)));
    let plan = Plan::compile(&wanted).map_err(|error| error.to_string())?;
    let alone: Vec<Plan> = conditions
        .iter()
        .map(|expr| Plan::compile(&[Wanted::Holds(expr)]).unwrap())
        .collect();
    check_plan(&plan, scope, exprs, rows, widening)?;
    // A condition alone asks for less of each node than its value does.
    for (expr, plan) in conditions.iter().zip(&alone) {
        let columns = Columns::of(plan, scope, rows, widening);
        let (views, mut scratch) = (columns.views(), Scratch::new(plan));
        let batch = batch(&columns, &views, rows.len());
        plan.run(&mut scratch, &batch);
        let holds = plan.holds(0, &scratch, &batch);
        for (at, row) in rows.iter().enumerate() {
            let (ours, wanted) = (holds[at / 64] >> (at % 64) & 1 == 1, expr.holds(row));
            if ours != wanted {
                return Err(format!(
                    "{} alone holds: columns {ours}, row {wanted}",
                    expr.text()
                ));
            }
        }
    }
    Ok(())
}

fn batch<'c>(columns: &'c Columns, views: &'c [ColumnView<'c>], rows: usize) -> Batch<'c> {
    Batch {
        columns: views,
        texts: &columns.texts,
        sets: &columns.sets,
        first: 64,
        rows,
    }
}

fn check_plan(
    plan: &Plan,
    scope: &Scope,
    exprs: &[Expr],
    rows: &[Record],
    widening: u8,
) -> Result<(), String> {
    let columns = Columns::of(plan, scope, rows, widening);
    let (views, mut scratch) = (columns.views(), Scratch::new(plan));
    let batch = batch(&columns, &views, rows.len());
    // Twice: what an earlier block left must not matter.
    plan.run(&mut scratch, &batch);
    plan.run(&mut scratch, &batch);
    for (output, expr) in exprs.iter().enumerate() {
        for (at, row) in rows.iter().enumerate() {
            let ours = plan.value((output, expr.ty()), &scratch, &batch, at);
            let wanted = expr.eval(row);
            if ours != wanted {
                return Err(format!(
                    "{}\ncolumns {ours:?}, row {wanted:?}, of {:?}",
                    expr.text(),
                    row.outer
                ));
            }
        }
    }
    Ok(())
}

/// Many rows out of few: each column walks through them at its own pace.
fn mixed(few: &[Record], rows: usize) -> Vec<Record> {
    let columns = few[0].outer.len();
    let value = |row: usize, column: usize| {
        few[(row * (column % 3 + 1) + row / 5 + column) % few.len()].outer[column].clone()
    };
    (0..rows)
        .map(|row| Record {
            outer: (0..columns).map(|column| value(row, column)).collect(),
            sets: few[0].sets.clone(),
        })
        .collect()
}

#[test]
fn columns_agree_with_rows() {
    let scope = scope();
    let cases = std::env::var("FUYOU_TEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(CASES);
    let mut runner = TestRunner::new(Config {
        cases,
        max_global_rejects: cases * 4,
        failure_persistence: None,
        ..Config::default()
    });
    let bytes = |most| prop::collection::vec(any::<u8>(), 0..most);
    let strategy = (bytes(120), bytes(120), bytes(400), 0u8..4);
    let outcome = runner.run(&strategy, |(first, second, for_rows, widening)| {
        let mut exprs = Vec::new();
        for for_text in [&first, &second] {
            let text = row_expression(&mut Choices::new(for_text));
            match parse(&text, &scope) {
                Ok(expr) => exprs.push(expr),
                Err(errors)
                    if errors.iter().all(|e| {
                        e.message.en.starts_with("may overflow")
                            || e.message.en.starts_with("the result would have")
                    }) =>
                {
                    return Err(TestCaseError::reject("overflow"));
                }
                Err(errors) => {
                    return Err(TestCaseError::fail(errors[0].render(&text, Language::En)));
                }
            }
        }
        let rows = mixed(&records(&scope, &mut Choices::new(&for_rows)), ROWS);
        agrees(&scope, &exprs, &rows, widening).map_err(TestCaseError::fail)
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    println!("{cases} pairs of random expressions agree over {ROWS} rows each");
}

#[test]
fn aggregates_are_refused() {
    let scope = scope();
    let check = |text: &str, expected: Option<&str>| {
        let expr = parse(text, &scope).unwrap();
        let error = Plan::compile(&[Wanted::Value(&expr)]).err();
        let expected = expected.map(|text| PlanError::Aggregate(text.to_owned()));
        assert_eq!(error, expected);
    };
    check("n1 + 1", None);
    check("count(*) > 0", Some("count(*) > 0"));
    check("b1 or any(hit)", Some("b1 or any(hit)"));
}

#[test]
fn what_is_shared_stands_once() {
    let scope = scope();
    let check = |texts: &[&str], nodes: usize, values: &str| {
        let exprs: Vec<Expr> = texts
            .iter()
            .map(|text| parse(text, &scope).unwrap())
            .collect();
        let wanted: Vec<Wanted<'_>> = exprs.iter().map(Wanted::Holds).collect();
        let plan = Plan::compile(&wanted).unwrap();
        let name = |slot: Slot| scope.column(None, slot).0.to_owned();
        let read: Vec<String> = plan
            .columns()
            .iter()
            .map(|used| {
                let parts = match (used.values, used.known) {
                    (true, true) => "both",
                    (true, false) => "values",
                    (false, true) => "known",
                    (false, false) => "nothing",
                };
                format!("{} {parts}", name(used.slot))
            })
            .collect();
        assert_eq!(
            (plan.size(), read.join(", ").as_str()),
            (nodes, values),
            "{texts:?}"
        );
    };
    check(&["b1"], 1, "b1 values");
    check(&["b1 and b2", "b2 and b1"], 3, "b1 values, b2 values");
    check(&["not b1"], 2, "b1 both");
    check(&["on1 is not null"], 3, "on1 known");
    check(&["n1 > 2 + 3", "b1 and n1 > 5"], 5, "n1 both, b1 values");
    check(&["n1 between 1 and 3", "3 >= n1"], 6, "n1 both");
}

/// Cases on which columns once differed, over fixed rows.
#[test]
fn what_once_differed_agrees() {
    let scope = scope();
    let rows = mixed(&[record(&scope), record(&scope)], 3);
    for text in [
        "t1 || t2 like 'Mary%'",
        "coalesce(null, n1) is distinct from n2",
        "least(risk, risk2, 'red')",
    ] {
        let expr = parse(text, &scope).unwrap();
        agrees(&scope, &[expr], &rows, 0).unwrap_or_else(|difference| panic!("{difference}"));
    }
}
