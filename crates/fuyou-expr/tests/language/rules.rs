//! Rule tables: each line is an expression over the record of `world.rs` and its value. Every line is also put to the
//! databases, which must say the same.

use fuyou_expr::{format_value, parse, parse_as};
use fuyou_kernel::Language;

use crate::database::Database;
use crate::world::{record, scope};

fn check_all(cases: &[(&str, &str)]) {
    let scope = scope();
    let records = [record(&scope)];
    let databases = Database::all(&scope);
    databases
        .iter()
        .for_each(|database| database.store(&scope, &records));
    for (text, expected) in cases {
        let expr = parse(text, &scope)
            .unwrap_or_else(|errors| panic!("{}", errors[0].render(text, Language::En)));
        let value = format_value(expr.ty(), &expr.eval(&records[0]));
        assert_eq!(value, *expected, "{text}");
        for database in &databases {
            database
                .agrees(&scope, &expr, &records)
                .unwrap_or_else(|difference| panic!("{difference}"));
        }
    }
}

#[test]
fn literals_and_columns() {
    check_all(&[
        ("1", "1"),
        ("007", "7"),
        ("1.50", "1.50"),
        ("-0.05", "-0.05"),
        ("'it''s'", "it's"),
        ("date '2026-01-31'", "2026-01-31"),
        ("true", "true"),
        ("n1", "-7"),
        ("N1", "-7"),
        ("\"n1\"", "-7"),
        ("this.n1", "-7"),
        ("d1", "-2.5"),
        ("risk", "orange"),
        ("risk2", "null"),
        ("signs", "|ab|s70|"),
    ]);
}

#[test]
fn logic_is_three_valued() {
    let unknown = "(risk2 = 'red')";
    for (a, b, and, or) in [
        ("true", "true", "true", "true"),
        ("true", "false", "false", "true"),
        ("true", unknown, "null", "true"),
        ("false", "true", "false", "true"),
        ("false", "false", "false", "false"),
        ("false", unknown, "false", "null"),
        (unknown, "true", "null", "true"),
        (unknown, "false", "false", "null"),
        (unknown, unknown, "null", "null"),
    ] {
        check_all(&[(&format!("{a} and {b}"), and), (&format!("{a} or {b}"), or)]);
    }
    check_all(&[
        ("not b1", "false"),
        ("not (risk2 = 'red')", "null"),
        ("not b1 or b1", "true"),
        ("b1 and n1 < 0 and n2 > 0 and not b2", "true"),
        ("(risk2 = 'red') is true", "false"),
        ("(risk2 = 'red') is not true", "true"),
        ("(risk2 = 'red') is false", "false"),
        ("(risk2 = 'red') is unknown", "true"),
        ("b1 is not unknown", "true"),
        ("b2 is false", "true"),
        ("b1 = b2", "false"),
        ("b1 <> b2", "true"),
    ]);
}

#[test]
fn comparison() {
    check_all(&[
        ("n1 = -7", "true"),
        ("n1 <> -7", "false"),
        ("n1 != -7", "false"),
        ("n1 < -6", "true"),
        ("n1 < -7", "false"),
        ("n1 <= -7", "true"),
        ("n1 >= -7", "true"),
        ("n1 > -7", "false"),
        ("n1 > -8", "true"),
        ("d1 = -2.5", "true"),
        ("d1 = -2.50", "true"),
        ("d1 < -2.49", "true"),
        ("d1 < -2", "true"),
        ("d1 > d2", "false"),
        ("n2 between 12 and 12", "true"),
        ("n2 between 13 and 12", "false"),
        ("n2 not between 1 and 11", "true"),
        ("n2 between 13 and nullif(1, 1)", "false"),
        ("n2 between 1 and nullif(1, 1)", "null"),
        ("n2 in (1, 12)", "true"),
        ("n2 in (1, 2)", "false"),
        ("n2 in (1, null)", "null"),
        ("n2 in (12, null)", "true"),
        ("n2 not in (1, null)", "null"),
        ("d1 in (1, -2.5)", "true"),
        ("t1 = 'Mary'", "true"),
        ("t1 = 'mary'", "false"),
        ("t1 < 'a'", "true"),
        ("'Z' < 'a'", "true"),
        ("'中' > 'a'", "true"),
        ("on1 > on2", "true"),
        ("on1 = '2026-01-31'", "true"),
        ("on1 >= date '2026-02-01'", "false"),
        ("n1 is null", "false"),
        ("risk2 is null", "true"),
        ("risk2 is not null", "false"),
        ("risk2 is distinct from risk", "true"),
        ("risk2 is not distinct from null", "true"),
        ("n1 is distinct from -7", "false"),
        ("n1 is not distinct from n2", "false"),
    ]);
}

#[test]
fn arithmetic_is_exact() {
    check_all(&[
        ("n1 + n2", "5"),
        ("n1 - n2", "-19"),
        ("n1 * n2", "-84"),
        ("n1 - -n2 - 1", "4"),
        ("d1 + d2", "9.84"),
        ("d1 * d2", "-30.850"),
        ("d1 + 1", "-1.5"),
        ("0.1 + 0.2", "0.3"),
        ("n2 % 5", "2"),
        ("n1 % 5", "-2"),
        ("n1 % -5", "-2"),
        ("n1 % 0", "null"),
        ("n1 + nullif(n2, 12)", "null"),
        ("-d1", "2.5"),
        ("+d1", "-2.5"),
        ("abs(d1)", "2.5"),
        ("abs(n2)", "12"),
        ("1 / 3", "0.333333"),
        ("2 / 3", "0.666667"),
        ("-2 / 3", "-0.666667"),
        ("n1 / n2", "-0.583333"),
        ("n1 / (n2 - 12)", "null"),
        ("d2 / d1", "-4.936000"),
        ("1 / 2000000", "0.000001"),
        ("-1 / 2000000", "-0.000001"),
        ("1 / 2000001", "0.000000"),
        ("round(1 / 3, 2)", "0.33"),
        ("round(1 / 8, 2)", "0.13"),
        ("round(-1 / 8, 2)", "-0.13"),
        // Rounding twice would say 1.
        ("round((4999999 / 10000000))", "0"),
        ("round(d2, 1)", "12.3"),
        ("round(d2)", "12"),
        ("round(12.35, 1)", "12.4"),
        ("round(-12.35, 1)", "-12.4"),
        ("round(d1)", "-3"),
        ("round(d1, 3)", "-2.500"),
        ("round(n1, 1)", "-7.0"),
        ("floor(d1)", "-3"),
        ("ceil(d1)", "-2"),
        ("floor(d2)", "12"),
        ("ceil(d2)", "13"),
        ("floor(-3.0)", "-3"),
        ("ceil(3.0)", "3"),
        ("floor(n1)", "-7"),
    ]);
}

#[test]
fn choices() {
    check_all(&[
        (
            "case when n1 > 0 then 'up' when n1 < 0 then 'down' end",
            "down",
        ),
        ("case when n1 > 0 then 1 end", "null"),
        ("case when risk2 = 'red' then 1 else 2.5 end", "2.5"),
        (
            "case risk when 'red' then 3 when 'orange' then 2 else 0 end",
            "2",
        ),
        ("case risk2 when 'red' then 3 else 0 end", "0"),
        ("case when b1 then null else 1 end", "null"),
        ("coalesce(risk2, risk)", "orange"),
        ("coalesce(risk2, 'green')", "green"),
        ("coalesce(null, n1)", "-7"),
        ("coalesce(n1)", "-7"),
        ("nullif(n1, -7)", "null"),
        ("nullif(n1, 8)", "-7"),
        ("nullif(n1, nullif(1, 1))", "-7"),
        ("nullif(risk, 'orange')", "null"),
        ("least(n1, n2, 0)", "-7"),
        ("greatest(n1, d2)", "12.34"),
        ("least(n1, nullif(1, 1))", "null"),
        ("greatest(on1, on2)", "2026-01-31"),
        ("greatest(risk, 'yellow')", "orange"),
        ("least(risk, 'yellow')", "yellow"),
        ("greatest(risk, risk2)", "null"),
        ("least(t1, 'Z')", "Mary"),
        ("least(n1)", "-7"),
    ]);
}

#[test]
fn texts() {
    check_all(&[
        ("t1 || ' ' || t2", "Mary it's"),
        ("t1 || nullif('', '')", "null"),
        ("length(t1)", "4"),
        ("length('')", "0"),
        ("length('中文😀')", "3"),
        ("t1 like 'mary'", "true"),
        ("t1 like 'M%'", "true"),
        ("t1 like '%r_'", "true"),
        ("t1 like 'M_'", "false"),
        ("t1 like '%'", "true"),
        ("'' like '%'", "true"),
        ("'' like '_'", "false"),
        ("'É' like 'é'", "false"),
        ("'中文' like '中_'", "true"),
        ("'a\\b' like 'a\\_'", "true"),
        ("'aXbXc' like '%x%c'", "true"),
        ("'abcabd' like '%abd'", "true"),
        ("nullif(t1, 'Mary') like '%'", "null"),
        ("t1 not like 'm%'", "false"),
    ]);
}

#[test]
fn dates() {
    check_all(&[
        ("on1 - on2", "702"),
        ("on1 + 1", "2026-02-01"),
        ("1 + on1", "2026-02-01"),
        ("on1 - 31", "2025-12-31"),
        ("on1 - 100000", "null"),
        ("date '2199-12-31' + 0", "2199-12-31"),
        ("date '2199-12-31' + 1", "null"),
        ("date '1900-01-01' - 0", "1900-01-01"),
        ("date '1900-01-01' - 1", "null"),
        ("on1 + nullif(n1, -7)", "null"),
        ("nullif(on1, '2026-01-31') + 1", "null"),
        ("on1 + n3 * 1000000", "null"),
        ("add_months(on1, 1)", "2026-02-28"),
        ("add_months(on1, -2)", "2025-11-30"),
        ("add_months(on2, 12)", "2025-02-28"),
        ("add_months(on2, n2)", "2025-02-28"),
        ("add_months(on1, n3)", "2109-05-31"),
        ("add_months(on1, n3 * 1000000)", "null"),
        ("add_months(date '2199-12-31', 1)", "null"),
        ("add_months(date '1900-01-31', -1)", "null"),
        ("add_months(on1, nullif(1, 1))", "null"),
        ("weeks_between(on2, on1)", "100"),
        ("weeks_between(on1, on1 + 6)", "0"),
        ("weeks_between(on1, on1 + 7)", "1"),
        ("weeks_between(on1, on1 - 6)", "0"),
        ("weeks_between(on1, on1 - 7)", "-1"),
        ("months_between(on1, date '2026-02-28')", "0"),
        ("months_between(on1, date '2026-03-01')", "1"),
        ("months_between(date '2026-03-01', on1)", "-1"),
        ("years_between(on2, date '2025-02-28')", "0"),
        ("years_between(on2, date '2025-03-01')", "1"),
        ("years_between(on2, date '2028-02-28')", "3"),
        ("years_between(on2, date '2028-02-29')", "4"),
        ("years_between(date '2025-03-01', on2)", "-1"),
        ("years_between(on2, nullif(on1, on1))", "null"),
        ("year(on1)", "2026"),
        ("month(on1)", "1"),
        ("day(on1)", "31"),
        ("day(nullif(on1, on1))", "null"),
    ]);
}

#[test]
fn codes() {
    check_all(&[
        ("risk = 'orange'", "true"),
        ("risk > 'yellow'", "true"),
        ("risk >= 'red'", "false"),
        ("risk < risk2", "null"),
        ("risk between 'yellow' and 'red'", "true"),
        ("risk in ('red', 'orange')", "true"),
        ("place = 'ho'", "false"),
        ("place in ('ho', 'home')", "true"),
        ("has(signs, 'a')", "false"),
        ("has(signs, 'ab')", "true"),
        ("has(signs, 's70')", "true"),
        ("has(signs, 's7')", "false"),
        ("has_any(signs, 'a', 'b', 'ab')", "true"),
        ("has_any(signs, 'a', 'b')", "false"),
        ("has_all(signs, 'ab', 's70')", "true"),
        ("has_all(signs, 'ab', 'a')", "false"),
        ("size(signs)", "2"),
        ("signs = '|s70|ab|'", "true"),
        ("signs = '|'", "false"),
        ("size(nullif(signs, signs))", "null"),
        ("has(nullif(signs, signs), 'a')", "null"),
    ]);
}

#[test]
fn aggregates() {
    check_all(&[
        ("count(*)", "3"),
        ("count(hb)", "2"),
        ("count(*) filter (where ga >= 20)", "2"),
        ("count(*) filter (where hit)", "1"),
        ("count(distinct level)", "3"),
        ("count(distinct this.n1)", "1"),
        ("sum(ga)", "60"),
        ("sum(hb)", "208.5"),
        ("sum(hb) filter (where ga > 40)", "null"),
        ("min(hb)", "98.0"),
        ("max(hb)", "110.5"),
        ("min(on1)", "2026-01-05"),
        ("this.on1 - min(on1)", "26"),
        ("max(level)", "red"),
        ("min(level) filter (where ga > 12)", "yellow"),
        ("min(note)", "Last"),
        ("first(note)", "first"),
        ("last(note)", "Last"),
        ("first(hb)", "110.5"),
        ("last(site)", "hospital"),
        ("last(finds)", "|"),
        ("first(hit)", "true"),
        ("last(hit)", "false"),
        ("first(hb) filter (where ga > 12)", "98.0"),
        ("first(on1) filter (where ga > 40)", "null"),
        ("any(hit)", "true"),
        ("any(ga > 30)", "false"),
        ("any(not hit)", "true"),
        ("any(hit and ga > 15)", "null"),
        ("any(hit) filter (where ga > 40)", "false"),
        ("every(ga > 10)", "true"),
        ("every(hit)", "false"),
        ("every(hit is not false)", "false"),
        ("every(hit) filter (where ga <= 20)", "null"),
        ("every(hit) filter (where ga > 40)", "true"),
        ("any(has(finds, 'a'))", "true"),
    ]);
    check_all(&[
        ("count(newborn.weight_g)", "2"),
        ("count(*) filter (where newborn.weight_g < 2500)", "1"),
        (
            "count(*) filter (where newborn.weight_g < 2500 and alive and born_on > on1)",
            "1",
        ),
        ("min(newborn.weight_g) + count(*)", "2403"),
        ("count(*) filter (where b1)", "3"),
        ("sum(n2)", "36"),
        ("any(b2)", "false"),
        ("round(sum(hb) / count(hb), 1)", "104.3"),
        (
            "case when count(*) > 2 then last(level) else risk end",
            "yellow",
        ),
    ]);
}

#[test]
fn a_wanted_type_is_given() {
    let scope = scope();
    let wanted = |text: &str, ty: &fuyou_expr::Type| {
        parse_as(text, &scope, ty).map_or_else(
            |errors| errors[0].message.en.clone(),
            |expr| {
                format!(
                    "{} {}",
                    expr.ty(),
                    format_value(expr.ty(), &expr.eval(&record(&scope)))
                )
            },
        )
    };
    let risk = fuyou_expr::Type::Code(crate::world::risk());
    assert_eq!(
        wanted("case when b1 then 'red' else 'green' end", &risk),
        "code(risk) red"
    );
    assert_eq!(wanted("coalesce(null, 'red')", &risk), "code(risk) red");
    assert_eq!(
        wanted("case when b1 then 'rod' end", &risk),
        "'rod' is not a code of value set risk"
    );
    assert_eq!(
        wanted("n1", &fuyou_expr::Type::Decimal(2)),
        "decimal(2) -7.00"
    );
    assert_eq!(
        wanted("d2", &fuyou_expr::Type::Decimal(1)),
        "this is decimal(2), but decimal(1) is needed"
    );
    assert_eq!(wanted("null", &fuyou_expr::Type::Boolean), "boolean null");
    assert_eq!(
        wanted("n1", &fuyou_expr::Type::Boolean),
        "this is integer, but boolean is needed"
    );
}

#[test]
fn secrecy_and_columns_are_inherited() {
    let scope = scope();
    let read = |text: &str| {
        let expr = parse(text, &scope).unwrap();
        let names: Vec<_> = expr
            .columns()
            .map(|column| scope.column(column.set, column.slot).0)
            .collect();
        format!("{} {}", expr.secrecy(), names.join(" "))
    };
    assert_eq!(read("n1 + n2 + n1"), "open n1 n2");
    assert_eq!(read("case when hiv then 1 else n2 end"), "infection n2 hiv");
    assert_eq!(
        read("count(*) filter (where hit and this.on1 > on1)"),
        "open on1 hit on1"
    );
    assert_eq!(read("1"), "open ");
}
