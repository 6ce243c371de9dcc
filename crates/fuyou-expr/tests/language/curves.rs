//! Reference curves: reading between rows, tails, classes with their bounds, and who may use them.

use std::sync::Arc;

use fuyou_expr::columns::{Plan, PlanError, Wanted};
use fuyou_expr::{
    Column, Curve, CurveError, Curves, Dialect, LmsRow, Reading, Scope, SdRow, SetId, Slot,
    SqlNames, Tables, Tail, Type, Value, ValueSet, format_value, parse,
};

use crate::world::Record;

const ONE: i64 = 1_000_000;

fn kind() -> Arc<ValueSet> {
    ValueSet::new("kind", ["oak", "elm", "ash"], false).unwrap()
}

fn lms(id: &str, reading: Reading, extended_to: Option<i64>, tail: Tail) -> Arc<Curve> {
    let row = |x: i64, l: f64, m: f64, s: f64| LmsRow {
        x: x * ONE,
        l,
        m,
        s,
    };
    let oak = vec![row(0, 1.0, 100.0, 0.1), row(10, 1.0, 200.0, 0.1)];
    // A power of zero is a logarithm; one near zero must not lose its digits.
    let elm = vec![row(0, 0.0, 100.0, 0.1), row(10, -0.5, 100.0, 0.1)];
    let tables = Tables::Lms(vec![oak, elm, Vec::new()], tail);
    Curve::new(id, kind(), reading, extended_to, tables).unwrap()
}

fn sd(id: &str, reading: Reading, extended_to: Option<i64>) -> Arc<Curve> {
    let row = |x: i64, first: i64| SdRow {
        x: x * ONE,
        at: [0, 1, 2, 3, 4, 5, 6].map(|step| (first + step) * ONE),
    };
    let tables = Tables::Sd(vec![vec![row(0, 10), row(3, 11)], Vec::new(), Vec::new()]);
    Curve::new(id, kind(), reading, extended_to, tables).unwrap()
}

fn scope() -> Scope {
    let mut curves = Curves::default();
    let end = Some(12 * ONE);
    curves.add(lms("plain", Reading::Linear, None, Tail::Plain));
    curves.add(lms("adjusted", Reading::Linear, None, Tail::Adjusted));
    curves.add(lms("nearest", Reading::Nearest, None, Tail::Plain));
    curves.add(lms("completed", Reading::Completed, None, Tail::Plain));
    curves.add(lms("extended", Reading::Linear, end, Tail::Plain));
    curves.add(sd("printed", Reading::Linear, Some(6 * ONE)));
    let mut scope = Scope::new();
    scope.set_curves(Arc::new(curves));
    scope.outer("kind", Column::new(Type::Code(kind())));
    scope.outer("size", Column::new(Type::Decimal(7)));
    scope.outer("width", Column::new(Type::Decimal(1)));
    scope
}

fn answer(text: &str, scope: &Scope) -> String {
    let record = Record {
        outer: vec![Value::Null; 3],
        sets: Vec::new(),
    };
    match parse(text, scope) {
        Ok(expr) => format_value(expr.ty(), &expr.eval(&record)),
        Err(errors) => errors[0].message.en.clone(),
    }
}

#[test]
fn scores_and_classes() {
    let scope = scope();
    let check = |text: &str, expected: &str| assert_eq!(answer(text, &scope), expected, "{text}");
    check("curve_z('plain', 'oak', 0, 100)", "0.00");
    check("curve_z('plain', 'oak', 0, 110.5)", "1.05");
    check("curve_z('plain', 'oak', 5, 165)", "1.00");
    check("curve_z('plain', 'oak', 10, 140)", "-3.00");
    // Rounded half away from zero.
    check("curve_z('plain', 'oak', 0, 101.25)", "0.13");
    check("curve_z('plain', 'oak', 0, 98.75)", "-0.13");
    // Outside the rows, for a stratum without rows, and below zero nothing is said.
    check("curve_z('plain', 'oak', 10.01, 140)", "null");
    check("curve_z('plain', 'oak', -0.01, 140)", "null");
    check("curve_z('plain', 'ash', 0, 100)", "null");
    check("curve_z('plain', 'oak', 0, 0)", "null");
    check("curve_z('plain', kind, 0, 100)", "null");
    check("curve_z('plain', 'oak', width, 100)", "null");
    check("curve_z('plain', 'oak', 0, 9000)", "null");
    // ln(110/100)/0.1 = 0.9531; (1.1^-0.5 - 1)/(-0.05) = 0.9307
    check("curve_z('plain', 'elm', 0, 110)", "0.95");
    check("curve_z('plain', 'elm', 10, 110)", "0.93");
    // With L = 1 the tails are straight already; with L = -0.5 they are not.
    check("curve_z('plain', 'elm', 10, 150)", "3.67");
    check("curve_z('adjusted', 'elm', 10, 150)", "3.78");
    check("curve_z('adjusted', 'oak', 0, 150)", "5.00");
    check("curve_z('nearest', 'oak', 4.9, 100)", "0.00");
    check("curve_z('nearest', 'oak', 5, 200)", "0.00");
    check("curve_z('completed', 'oak', 9.9, 100)", "0.00");
    check("curve_z('completed', 'oak', 10, 200)", "0.00");
    check("curve_z('extended', 'oak', 11, 210)", "0.00");
    check("curve_z('extended', 'oak', 12, 220)", "null");
    // Lower bounds are included, upper ones are not.
    check("curve_band('printed', 'oak', 0, 9.99)", "-4");
    check("curve_band('printed', 'oak', 0, 10)", "-3");
    check("curve_band('printed', 'oak', 0, 12.999999)", "-1");
    check("curve_band('printed', 'oak', 0, 13)", "0");
    check("curve_band('printed', 'oak', 0, 16)", "3");
    check("curve_band('printed', 'oak', 0, 99)", "3");
    // A third of the way the limits are no finite decimals, and the comparison is exact all the same.
    check("curve_band('printed', 'oak', 1, 10.333333)", "-4");
    check("curve_band('printed', 'oak', 1, 10.333334)", "-3");
    check("curve_band('printed', 'oak', 4.5, 11.5)", "-3");
    check("curve_band('printed', 'oak', 6, 12)", "null");
    check("curve_z('printed', 'oak', 0, 13.5)", "0.50");
    check("curve_z('printed', 'oak', 0, 16)", "3.00");
    check("curve_z('printed', 'oak', 0, 16.1)", "3.01");
    check("curve_z('printed', 'oak', 0, 9)", "-3.01");
}

#[test]
fn what_is_refused() {
    let scope = scope();
    let check = |text: &str, expected: &str| assert_eq!(answer(text, &scope), expected, "{text}");
    check("curve_z('plane', 'oak', 0, 1)", "there is no curve plane");
    check(
        "curve_z(kind, 'oak', 0, 1)",
        "the curve must be a literal text, as 'weight_by_age'",
    );
    check(
        "curve_z('plain', 'beech', 0, 1)",
        "'beech' is not a code of value set kind",
    );
    check(
        "curve_band('plain', 'oak', 0, 1)",
        "curve plain holds L, M and S and no SD columns: compare curve_z",
    );
    check(
        "curve_z('plain', 'oak', size, 1)",
        "a curve is read with at most 6 decimals; use round",
    );
    check(
        "curve_z('plain', 'oak', 0)",
        "curve_z takes 4 arguments, not 3",
    );
    let bare = scope.without_curves();
    let said = "curve functions cannot stand here: keep the result in a fact and read that";
    assert_eq!(answer("curve_z('plain', 'oak', 0, 1)", &bare), said);
}

/// Names that are not asked for.
struct NoNames;

impl SqlNames for NoNames {
    fn column(&self, _: Option<SetId>, _: Slot) -> String {
        "c".to_owned()
    }

    fn order(&self, _: SetId) -> String {
        String::new()
    }

    fn rows(&self, _: SetId) -> Option<String> {
        None
    }
}

#[test]
fn columns_and_databases_refuse_curves() {
    let scope = scope();
    let check = |text: &str, refused: bool| {
        let expr = parse(text, &scope).unwrap();
        let columns = Plan::compile(&[Wanted::Value(&expr)]).err();
        let expected = refused.then(|| PlanError::Curve(text.to_owned()));
        assert_eq!(columns, expected);
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(expr.to_sql(dialect, &NoNames).is_err(), refused, "{text}");
        }
    };
    check("size > 1", false);
    check("coalesce(curve_z('plain', kind, 0, 1), 0) > 1", true);
    check("curve_z('plain', 'oak', 0, 1)", true);
}

#[test]
fn impossible_tables() {
    let row = |x: i64, m: f64| LmsRow {
        x,
        l: 1.0,
        m,
        s: 0.1,
    };
    let check = |rows: Vec<LmsRow>, reading, extended_to, expected: CurveError| {
        let tables = Tables::Lms(vec![rows], Tail::Plain);
        let made = Curve::new("c", kind(), reading, extended_to, tables);
        assert_eq!(made.err(), Some(expected));
    };
    let oak = || "oak".to_owned();
    check(
        vec![row(1, 1.0), row(1, 1.0)],
        Reading::Linear,
        None,
        CurveError::Order(oak()),
    );
    check(
        vec![row(1, 0.0)],
        Reading::Linear,
        None,
        CurveError::Row(oak()),
    );
    check(
        vec![row(1, 1.0)],
        Reading::Linear,
        Some(9),
        CurveError::Extension,
    );
    let two = vec![row(1, 1.0), row(2, 1.0)];
    check(two, Reading::Nearest, Some(9), CurveError::Extension);
    let falls = SdRow {
        x: 0,
        at: [3, 2, 1, 0, 0, 0, 0],
    };
    let made = Curve::new(
        "c",
        kind(),
        Reading::Linear,
        None,
        Tables::Sd(vec![vec![falls]]),
    );
    assert_eq!(made.err(), Some(CurveError::Row(oak())));
}
