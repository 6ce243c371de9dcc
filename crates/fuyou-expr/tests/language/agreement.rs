//! Random well-typed expressions over random rows: the evaluator and the databases must agree.

use std::collections::BTreeMap;

use fuyou_expr::{Dialect, Value, parse};
use fuyou_kernel::{Date, DayNumber, Language};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::database::Database;
use crate::generate::{Choices, expression};
use crate::records::{edges, records};
use crate::world::{Record, scope};

/// Cases on SQLite, and on PostgreSQL, which answers more slowly; more with `FUYOU_TEST_CASES`.
const CASES: u32 = 2_500;
const POSTGRES_CASES: u32 = 1_000;

/// Refusals that a well-typed random expression may earn.
const EXPECTED_REFUSALS: [&str; 2] = ["may overflow", "the result would have"];

#[test]
fn the_evaluator_and_the_databases_agree() {
    let scope = scope();
    let wanted: Option<u32> = std::env::var("FUYOU_TEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    for database in Database::all(&scope) {
        let usual = if database.dialect == Dialect::Postgres {
            POSTGRES_CASES
        } else {
            CASES
        };
        let cases = wanted.unwrap_or(usual);
        let mut runner = TestRunner::new(Config {
            cases,
            max_global_rejects: cases * 4,
            failure_persistence: None,
            ..Config::default()
        });
        let outcome = runner.run(&strategy(), |(for_text, for_rows)| {
            let text = expression(&mut Choices::new(&for_text));
            let expr = match parse(&text, &scope) {
                Ok(expr) => expr,
                Err(errors) if errors.iter().all(|error| expected(&error.message.en)) => {
                    return Err(TestCaseError::reject("overflow"));
                }
                Err(errors) => {
                    return Err(TestCaseError::fail(errors[0].render(&text, Language::En)));
                }
            };
            let records = records(&scope, &mut Choices::new(&for_rows));
            database.store(&scope, &records);
            database
                .agrees(&scope, &expr, &records)
                .map_err(|difference| TestCaseError::fail(format!("{difference}\n{records:?}")))
        });
        outcome.unwrap_or_else(|failure| panic!("{failure}"));
        println!(
            "{cases} random expressions agree with {:?}",
            database.dialect
        );
    }
}

pub fn expected(message: &str) -> bool {
    EXPECTED_REFUSALS
        .iter()
        .any(|start| message.starts_with(start))
}

pub fn strategy() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    (
        prop::collection::vec(any::<u8>(), 1..160),
        prop::collection::vec(any::<u8>(), 0..400),
    )
}

/// Expressions on which a database once differed, over fixed rows with every kind of edge.
#[test]
fn what_once_differed_agrees() {
    let scope = scope();
    let records = edges(&scope);
    for database in Database::all(&scope) {
        database.store(&scope, &records);
        for text in FOUND {
            let expr = parse(text, &scope)
                .unwrap_or_else(|errors| panic!("{}", errors[0].render(text, Language::En)));
            database
                .agrees(&scope, &expr, &records)
                .unwrap_or_else(|difference| panic!("{difference}"));
        }
    }
}

const FOUND: &[&str] = &[
    // SQLite forgets the aggregate, and that the statement had one.
    "(false and (((t1 || t1) between first(t1) filter (where true) and t1) is true))",
    "false and count(*) > 0",
    "true or any(hit)",
];

/// Completed months and years up to a day that is written, around the ends of months and on both sides of none.
#[test]
fn counts_up_to_a_day_compare_as_dates() {
    let scope = scope();
    let days = |from: &str, count: i32| {
        let DayNumber(first) = from.parse::<Date>().unwrap().into();
        (first..first + count).map(Value::Date)
    };
    let all = days("2023-11-25", 200).chain(days("2027-01-25", 70));
    let at = scope.columns(None).position(|(name, _)| name == "on1");
    let records: Vec<Record> = all
        .chain([Value::Null])
        .map(|on| {
            let mut record = edges(&scope).swap_remove(0);
            record.outer[at.unwrap()] = on;
            record
        })
        .collect();
    for database in Database::all(&scope) {
        database.store(&scope, &records);
        for to in ["2024-02-29", "2024-03-31", "2027-02-28", "2027-03-30"] {
            for sign in ["<", "<=", ">", ">="] {
                for (unit, count) in [
                    ("months", -1),
                    ("months", 0),
                    ("months", 1),
                    ("months", 37),
                    ("years", 0),
                    ("years", 3),
                ] {
                    let text = format!("{unit}_between(on1, date '{to}') {sign} {count}");
                    let expr = parse(&text, &scope).unwrap();
                    database
                        .agrees(&scope, &expr, &records)
                        .unwrap_or_else(|difference| panic!("{difference}"));
                    let takes_dates_apart = ["substr", "extract"]
                        .iter()
                        .any(|part| database.printed(&scope, &expr).contains(part));
                    let from_one_on = count > 0 || count == 0 && matches!(sign, "<=" | ">");
                    assert_eq!(!takes_dates_apart, from_one_on, "{text}");
                }
            }
        }
    }
}

/// The random expressions are worth something only when they reach everything and are not mostly unknown.
#[test]
fn random_expressions_use_the_whole_language() {
    let scope = scope();
    let mut runner = TestRunner::deterministic();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (mut unknown, mut values) = (0, 0);
    for _ in 0..CASES {
        let (for_text, for_rows) = strategy().new_tree(&mut runner).unwrap().current();
        let Ok(expr) = parse(&expression(&mut Choices::new(&for_text)), &scope) else {
            continue;
        };
        for record in records(&scope, &mut Choices::new(&for_rows)) {
            values += 1;
            unknown += usize::from(expr.eval(&record).is_null());
        }
        expr.root().visit(&mut |node| {
            let kind = format!("{:?}", node.kind);
            let name = kind.split([' ', '(', '{']).next().unwrap_or_default();
            *kinds.entry(name.to_owned()).or_default() += 1;
        });
    }
    assert_eq!(kinds.len(), 32, "every kind of node: {kinds:?}");
    assert!(
        kinds.values().all(|count| *count >= 20),
        "each often enough: {kinds:?}"
    );
    assert!(
        values > 9_000 && unknown * 10 < values * 6,
        "{unknown} of {values} values are unknown"
    );
}
