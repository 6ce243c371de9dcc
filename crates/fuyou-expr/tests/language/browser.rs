//! Vectors for the browser: random expressions with what the row evaluator says of them, written where the browser
//! journeys find them, because a test of this crate has no browser.
//!
//! `FUYOU_TEST_SEED` repeats a run, `FUYOU_TEST_CASES` sets how many expressions there are.

use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};

use fuyou_expr::{BrowserNames, ColumnRef, Expr, Json, Kind, Scope, SetId, parse};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::agreement::{expected, strategy};
use crate::generate::{Choices, expression};
use crate::records::{edges, records};
use crate::world::{Record, scope};

/// Expressions; more with `FUYOU_TEST_CASES`.
const CASES: usize = 6_000;
/// Expressions that share their records.
const SHARING: usize = 20;

/// Expressions on which the browser once differed, or that stand at an edge of what JavaScript computes exactly.
const FOUND: &[&str] = &[
    // Texts compare by code points: a browser compares halves of the characters beyond the first 65,536.
    "case t1 when 'a' then t1 < '\u{ffe5}' else '😀' > '\u{ffe5}' end",
    "greatest('😀x', '\u{fffd}', t1)",
    // Beyond 2^53 a product is rounded unless it is computed as a whole number.
    "n3 * 9007 - n3 * 9006",
    "(n3 * 8999 + n1) % 7",
    "round((n3 * 4500000 + 1) / 2, 0)",
    "round(n3 * 0.125 / 0.7, 1)",
    "sum(newborn.weight_g * 800000000)",
    // Nothing has a sign.
    "(-n1) * 0 = 0",
    "n1 * 0",
    "floor(d1 * -0.05)",
    "ceil(d1 * 0.05)",
    "n1 % 40",
    // Ends of months and of the calendar.
    "add_months(this.on1, n1)",
    "add_months(date '2024-02-29', n1 * 12)",
    "add_months(date '2199-12-31', 1) is null",
    "add_months(date '1900-01-01', -1) is null",
    "this.on1 + n3",
    "months_between(this.on1, on2)",
    "years_between(date '2024-02-29', on2)",
    "weeks_between(on2, this.on1)",
    // Sets of codes, and sets without rows.
    "signs is not distinct from last(finds)",
    "count(distinct finds)",
    "any(hit) filter (where false)",
    "every(hit) filter (where false)",
    "length(t1 || '😀')",
    "t1 like '_' and length(t1) = 1",
    "t1 like '%中%' or t1 like '%\\%'",
];

struct AsStored;

impl BrowserNames for AsStored {
    fn column(&self, column: ColumnRef, json: &mut Json) {
        json.array(|json| {
            json.text(if column.set.is_some() { "m" } else { "v" });
            json.place(usize::from(column.slot.0));
        });
    }

    fn set(&self, set: SetId) -> Option<usize> {
        Some(usize::from(set.0))
    }
}

/// Where the vectors are written: the build's own folder for what tests leave behind.
fn file() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-expressions.json")
}

fn put_records(records: &[Record], json: &mut Json) {
    json.array(|json| {
        for record in records {
            json.array(|json| {
                json.array(|json| record.outer.iter().for_each(|value| value.put(json)));
                json.array(|json| {
                    for rows in &record.sets {
                        json.array(|json| {
                            for row in rows {
                                json.array(|json| row.iter().for_each(|value| value.put(json)));
                            }
                        });
                    }
                });
            });
        }
    });
}

fn put_case(expr: &Expr, records: &[Record], json: &mut Json) {
    json.array(|json| {
        json.text(expr.text());
        json.made(&expr.to_browser(&AsStored));
        json.array(|json| {
            records
                .iter()
                .for_each(|record| expr.eval(record).put(json))
        });
    });
}

/// One line of the file: expressions over the same records.
fn line(scope: &Scope, texts: &[String], records: &[Record]) -> (String, usize) {
    let exprs: Vec<Expr> = texts
        .iter()
        .filter_map(|text| parsed(text, scope))
        .collect();
    let mut json = Json::new();
    json.object(|json| {
        put_records(records, json.key("records"));
        json.key("cases")
            .array(|json| exprs.iter().for_each(|expr| put_case(expr, records, json)));
    });
    (json.into_text(), exprs.len())
}

fn parsed(text: &str, scope: &Scope) -> Option<Expr> {
    match parse(text, scope) {
        Ok(expr) => Some(expr),
        Err(errors) => {
            let message = &errors[0].message.en;
            assert!(expected(message), "{message} in {text}");
            None
        }
    }
}

/// Writes the vectors. What they hold is what the row evaluator says, which the databases are compared with, too.
#[test]
fn vectors_for_the_browser_are_written() {
    let scope = scope();
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seed = number("FUYOU_TEST_SEED").unwrap_or_else(|| {
        // Every hasher of the standard library begins with another seed.
        std::hash::RandomState::new().hash_one(0) >> 32
    });
    let cases = number("FUYOU_TEST_CASES").map_or(CASES, |cases| cases as usize);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);

    let found: Vec<String> = FOUND.iter().map(|text| (*text).to_owned()).collect();
    let (permanent, written) = line(&scope, &found, &edges(&scope));
    let refused: Vec<&String> = found
        .iter()
        .filter(|text| parsed(text, &scope).is_none())
        .collect();
    assert!(refused.is_empty(), "no expressions: {refused:?}");
    let mut lines = vec![format!("{{\"seed\":{seed}}}"), permanent];
    let mut count = written;
    while count < cases + written {
        let mut texts = Vec::new();
        let mut over = Vec::new();
        for _ in 0..SHARING {
            let (for_text, for_rows) = strategy().new_tree(&mut runner).unwrap().current();
            texts.push(expression(&mut Choices::new(&for_text)));
            over = for_rows;
        }
        let (text, more) = line(&scope, &texts, &records(&scope, &mut Choices::new(&over)));
        lines.push(text);
        count += more;
    }
    std::fs::write(file(), lines.join("\n")).unwrap();
    println!("{count} expressions for the browser, seed {seed}");
}

/// What a tree looks like: the browser's evaluator is written against it.
#[test]
fn trees_as_the_browser_gets_them() {
    let scope = scope();
    let check = |text: &str, expected: &str| {
        let expr = parse(text, &scope).unwrap();
        assert_eq!(expr.to_browser(&AsStored), expected, "{text}");
    };
    check("b1 and not b2", r#"["and",["v",0],["not",["v",1]]]"#);
    check("d1 >= 1.25", r#"[">=",["rescale",["v",5],1],125]"#);
    check("d1 / 3", r#"["/",["v",5],3,5]"#);
    check("risk in ('red', null)", r#"["in",["v",11],3,null]"#);
    check("t1 like 'a_%'", r#"["like",["v",7],"a",1,0]"#);
    check("has_any(signs, 'a', 'b')", r#"["has_any",["v",14],0,2]"#);
    check("case when b1 then '<' end", r#"["case",["v",0],"\u003c"]"#);
    check("on2 + 1", r#"["add_days",["v",10],1]"#);
    check(
        "max(ga) filter (where hit)",
        r#"["rows","max",0,["m",1],["m",0]]"#,
    );
    check("count(*)", r#"["rows","count",0,true]"#);
    check(
        "9007199254740993 > n3",
        r#"[">",{"n":"9007199254740993"},["v",4]]"#,
    );
}

/// Every kind of node is among what the random expressions print.
#[test]
fn every_word_is_printed() {
    let scope = scope();
    let mut runner = TestRunner::deterministic();
    let mut found = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        let (for_text, _) = strategy().new_tree(&mut runner).unwrap().current();
        let Ok(expr) = parse(&expression(&mut Choices::new(&for_text)), &scope) else {
            continue;
        };
        let printed = expr.to_browser(&AsStored);
        expr.root().visit(&mut |node| {
            if !matches!(node.kind, Kind::Literal(_)) {
                let kind = format!("{:?}", node.kind);
                found.insert(
                    kind.split([' ', '(', '{'])
                        .next()
                        .unwrap_or_default()
                        .to_owned(),
                );
            }
        });
        assert!(
            printed.starts_with(['[', '{', '"', 't', 'f', 'n', '-'])
                || printed.parse::<i64>().is_ok()
        );
    }
    assert_eq!(found.len(), 31, "{found:?}");
}
