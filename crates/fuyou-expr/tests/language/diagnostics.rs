//! What is said about a wrong text, and where: each expectation is the text with carets below it.

use fuyou_expr::{Dialect, SetId, Slot, SqlNames, format_value, parse};
use fuyou_kernel::Language;

use crate::world::{record, scope};

fn said(text: &str, language: Language) -> String {
    let errors = parse(text, &scope()).expect_err(text);
    errors
        .iter()
        .map(|error| error.render(text, language))
        .collect()
}

#[track_caller]
fn check(expected: &str) {
    let expected: String = expected
        .trim_matches('\n')
        .lines()
        .map(|line| line.trim_start_matches("    | ").to_owned() + "\n")
        .collect();
    let text = expected.lines().next().unwrap();
    assert_eq!(said(text, Language::En), expected);
}

#[test]
fn names() {
    check(
        "
    | n2 > 3 and systolik > 140
    |            ^^^^^^^^ there is no column systolik",
    );
    check(
        "
    | risc = 'red'
    | ^^^^ there is no column risc; did you mean risk",
    );
    check(
        "
    | newborn.wieght_g > 1
    | ^^^^^^^^^^^^^^^^ there is no column newborn.wieght_g; did you mean newborn.weight_g",
    );
    check(
        "
    | weight_g > 1
    | ^^^^^^^^ there is no column weight_g; did you mean newborn.weight_g",
    );
    check(
        "
    | hb > 100
    | ^^ hb has a value in every row of visit; say which one is meant; did you mean last(hb)",
    );
    check("
    | visit.hb > 100
    | ^^^^^^^^ visit.hb has a value in every row of visit; say which one is meant; did you mean last(visit.hb)");
    check(
        "
    | this.hb > 100
    | ^^^^^^^ there is no column this.hb",
    );
    check(
        "
    | a.b.c = 1
    | ^^^^^ there is no column a.b.c",
    );
}

#[test]
fn types() {
    check(
        "
    | n1 and b1
    | ^^ this is integer, but boolean is needed",
    );
    check(
        "
    | n1 = 'x'
    |      ^^^ this is text, but integer is needed",
    );
    check(
        "
    | n1 = on1
    |      ^^^ this is date, but integer is needed",
    );
    check(
        "
    | t1 + 1
    | ^^^^^^ `+` cannot be applied to text and integer",
    );
    check(
        "
    | on1 + on2
    | ^^^^^^^^^ `+` cannot be applied to date and date",
    );
    check(
        "
    | on1 > '2026-02-30'
    |       ^^^^^^^^^^^^ '2026-02-30' is not a value of type date",
    );
    check(
        "
    | date '1899-12-31' = on1
    |      ^^^^^^^^^^^^ '1899-12-31' is not a value of type date",
    );
    check(
        "
    | case when b1 then 1 when b2 then 'x' end
    |                                  ^^^ this is text, but integer is needed",
    );
    check(
        "
    | b1 < b2
    | ^^^^^^^ values of type boolean have no order",
    );
    check(
        "
    | null
    | ^^^^ null has no type by itself",
    );
    check(
        "
    | n1 = null
    | ^^^^^^^^^ a comparison with null is never true; did you mean is null",
    );
    check(
        "
    | n1 <> null
    | ^^^^^^^^^^ a comparison with null is never true; did you mean is not null",
    );
    check(
        "
    | d1 % 2
    | ^^^^^^ `%` cannot be applied to decimal(1) and integer",
    );
    check(
        "
    | t1 like t2
    |         ^^ the pattern of like must be a text literal",
    );
}

#[test]
fn codes() {
    check(
        "
    | risk in ('red', 'orage', 'purple')
    |                 ^^^^^^^ 'orage' is not a code of value set risk; did you mean 'orange'
    | risk in ('red', 'orage', 'purple')
    |                          ^^^^^^^^ 'purple' is not a code of value set risk",
    );
    check(
        "
    | place > 'home'
    | ^^^^^^^^^^^^^^ the codes of value set place have no order",
    );
    check(
        "
    | risk = place
    |        ^^^^^ this is code(place), but code(risk) is needed",
    );
    check(
        "
    | has(signs, 'sl')
    |            ^^^^ 'sl' is not a code of value set sign; did you mean 's0'",
    );
    check(
        "
    | has(risk, 'red')
    |     ^^^^ this is code(risk), but codes are needed; did you mean in (…)",
    );
    check(
        "
    | has(signs, t1)
    |            ^^ this is text, but code(sign) is needed",
    );
}

#[test]
fn numbers() {
    check("
    | n3 * n3
    | ^^^^^^^ may overflow: the result can reach 1000000000000000000000000 with 0 decimals; give the columns a range");
    check("
    | 1 + sum(n3 * 10000)
    |     ^^^^^^^^^^^^^^^ may overflow: the result can reach 10485760000000000000000 with 0 decimals; give the columns a range");
    check("
    | d2 / 0.0000000001 / 3.0000000001
    | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ may overflow: the result can reach 60000000000000000030000 with 6 decimals; give the columns a range");
    check(
        "
    | 1e5 > n1
    | ^^^ 1e5 is not a usable number: digits with at most 12 decimals, no exponent",
    );
    check("
    | 99999999999999999999 > n1
    | ^^^^^^^^^^^^^^^^^^^^ 99999999999999999999 is not a usable number: digits with at most 12 decimals, no exponent");
    check(
        "
    | round(d2, 13)
    |           ^^ the number of decimals must be a literal from 0 to 12",
    );
    check(
        "
    | 0.0000001 * 0.0000001
    | ^^^^^^^^^^^^^^^^^^^^^ the result would have 14 decimals, at most 12 are kept; use round",
    );
}

#[test]
fn calls_and_aggregates() {
    check(
        "
    | max(n1, n2)
    | ^^^ max takes 1 argument, not 2; did you mean greatest",
    );
    check(
        "
    | coalesc(n1, n2)
    | ^^^^^^^ there is no function coalesc; did you mean coalesce",
    );
    check(
        "
    | sum(max(hb))
    |     ^^^^^^^ an aggregate cannot stand inside another",
    );
    check(
        "
    | count(*) filter (where count(*) > 1)
    |                        ^^^^^^^^ an aggregate cannot stand inside another",
    );
    check(
        "
    | sum(note)
    |     ^^^^ sum needs a number, and this is text",
    );
    check(
        "
    | sum(*)
    | ^^^^^^ only count takes * or distinct",
    );
    check(
        "
    | max(place)
    |     ^^^^^ the codes of value set place have no order",
    );
    check("
    | max(visit.hb) filter (where newborn.alive)
    |     ^^^^^^^^ an aggregate ranges over one set: this one over visit, so it cannot read a column of newborn");
    check("
    | count(newborn.alive) filter (where hb > 1)
    |                                    ^^ an aggregate ranges over one set: this one over newborn, so it cannot read a column of visit");
    check(
        "
    | abs(n1) filter (where b1)
    | ^^^ abs is not an aggregate; it takes no filter or distinct",
    );
    check(
        "
    | any(n1)
    |     ^^ this is integer, but boolean is needed",
    );
}

#[test]
fn syntax() {
    check(
        "
    | n1 +
    |     ^ the expression ends here, but needs an expression",
    );
    check(
        "
    | (n1 = 1
    |        ^ the expression ends here, but needs )",
    );
    check(
        "
    | n1 = 1 )
    |        ^ the expression is complete before `)`",
    );
    check(
        "
    | case when b1 then 1
    |                    ^ the expression ends here, but needs end, when or else",
    );
    check(
        "
    | case when b1 then 1 else 2 -- and no more
    |                           ^ the expression ends here, but needs end",
    );
    check(
        "
    | case b1 then 1 end
    |         ^^^^ expected when, found `then`",
    );
    check(
        "
    | n1 between 1
    |             ^ the expression ends here, but needs and",
    );
    check(
        "
    | n1 not 3
    |        ^ expected between, in or like, found `3`",
    );
    check(
        "
    | n1 is 3
    |       ^ expected null, true, false, unknown or distinct from, found `3`",
    );
    check(
        "
    | n1 = and b1
    |      ^^^ expected an expression, found `and`",
    );
    check(
        "
    | n1 in 3
    |       ^ expected ( and values with commas between them, found `3`",
    );
    check(
        "
    | coalesce(n1, 0
    |               ^ the expression ends here, but needs , or )",
    );
    check(
        "
    | count(*) filter (hb > 1)
    |                  ^^ expected where, found `hb`",
    );
    check(
        "
    | visit.
    |       ^ the expression ends here, but needs the name of a column",
    );
    check(
        "
    | t1 = 'open
    |      ^^^^^ this text has no closing quote",
    );
    check(
        "
    | \"open = 1
    | ^^^^^^^^^ this name has no closing double quote",
    );
    check(
        "
    | n1 /* open
    |    ^^^^^^^ this comment has no end; it needs `*/`",
    );
    check(
        "
    | n1 = 1 n2
    |        ^^ the expression is complete before `n2`",
    );
    check(
        "
    | n1 'x'
    |    ^^^ the expression is complete before `'x'`",
    );
    assert_eq!(said("", Language::En), "\n^ the expression is empty\n");
    assert_eq!(said("  ", Language::En), "  \n^^ the expression is empty\n");
}

/// What SQL or other languages have and this one has not: the complaint says what to write.
#[test]
fn other_languages() {
    check(
        "
    | cast(n1 as text)
    | ^^^^ `cast` is not part of the expression language: a value cannot change its type",
    );
    check(
        "
    | n1::text = 'x'
    |   ^^ `::` is not part of the expression language: a value cannot change its type",
    );
    check(
        "
    | extract(year from on1) = 2026
    | ^^^^^^^ `extract` is not part of the expression language: write year(…), month(…) or day(…)",
    );
    check(
        "
    | on1 + interval '7 days' > on2
    |       ^^^^^^^^ `interval` is not part of the expression language: add a number of days, or write add_months(date, months)",
    );
    check(
        "
    | on1 > timestamp '2026-01-01 10:00'
    |       ^^^^^^^^^ `timestamp` is not part of the expression language: it knows dates only; did you mean date",
    );
    check(
        "
    | n1 in (select n1 from visit)
    |        ^^^^^^ a query cannot stand in an expression: write an aggregate, as count(*) filter (where …)",
    );
    check(
        "
    | exists (select 1)
    | ^^^^^^ a query cannot stand in an expression: write an aggregate, as count(*) filter (where …)",
    );
    check(
        "
    | n1 == 1
    |    ^^ `==` is not a sign of the expression language; did you mean =",
    );
    check(
        "
    | b1 && b2
    |    ^^ `&&` is not a sign of the expression language; did you mean and",
    );
    check(
        "
    | t1 ilike 'a%'
    |    ^^^^^ the expression is complete before `ilike`; did you mean like",
    );
    check(
        "
    | n1 isnull
    |    ^^^^^^ the expression is complete before `isnull`; did you mean is null",
    );
    check(
        "
    | n1 ≥ 3
    |    ^ `≥` is not a sign of the expression language; did you mean >=",
    );
    check(
        "
    | coalesce(n1， 0)
    |            ^^ `，` is not a sign of the expression language; did you mean ,",
    );
    check(
        "
    | n1 # 3
    |    ^ `#` is not a sign of the expression language",
    );
    check(
        "
    | 1 < n1 < 3
    | ^^^^^^^^^^ comparisons do not chain: write a < b and b < c, or between",
    );
    check(
        "
    | (n1, n2) = (1, 2)
    |    ^ a comma stands only between the arguments of a function and in the list after `in`",
    );
    check(
        "
    | count(visit.*)
    |       ^^^^^^^ `*` stands only by itself, in count; did you mean *",
    );
    check(
        "
    | visit.count(hb)
    | ^^^^^^^^^^^ there is no function visit.count",
    );
}

#[test]
fn syntax_in_chinese() {
    let check = |text: &str, expected: &str| assert_eq!(said(text, Language::Zh), expected);
    check("n1 +", "n1 +\n    ^ 表达式到此中断，还需要 一个表达式\n");
    check(
        "case when b1 then 1",
        "case when b1 then 1\n                   ^ 表达式到此中断，还需要 end、when 或 else\n",
    );
    check(
        "n1 is 3",
        "n1 is 3\n      ^ 此处需要 null、true、false、unknown 或 distinct from，而不是 3\n",
    );
    check("b1 n1", "b1 n1\n   ^^ 表达式到此已经完整，多出了 n1\n");
    check(
        "n1 ＞ 3",
        "n1 ＞ 3\n   ^^ 表达式语言里没有符号 ＞；是否想写 >\n",
    );
    check("t1 = 'x", "t1 = 'x\n     ^^ 文字缺少右引号 '\n");
}

#[test]
fn all_errors_are_said_at_once_and_in_chinese() {
    let text = "产后 = 1 and risk = 'rde' and\n  n1 + t1 > 0";
    let expected = "\
产后 = 1 and risk = 'rde' and
^^^^ 没有名为 产后 的列
产后 = 1 and risk = 'rde' and
                    ^^^^^ 'rde' 不在值域 risk 中；是否想写 'red'
  n1 + t1 > 0
  ^^^^^^^ `+` 不能用于 integer 和 text
";
    assert_eq!(said(text, Language::Zh), expected);
}

#[test]
fn hostile_texts_are_refused_without_harm() {
    // A server thread has a stack of 2 MiB.
    let refused = |text: String| {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        thread
            .spawn(move || {
                parse(&text, &scope()).map(|_| ()).expect_err("refused")[0]
                    .message
                    .en
                    .clone()
            })
            .unwrap()
            .join()
            .unwrap()
    };
    assert_eq!(
        refused("(".repeat(3_900) + "1"),
        "the expression is nested too deeply"
    );
    assert_eq!(
        refused("not ".repeat(3_900) + "b1"),
        "the expression is nested too deeply"
    );
    assert_eq!(
        refused("- ".repeat(3_900) + "1"),
        "the expression is nested too deeply"
    );
    let deep = "the expression is nested too deeply";
    for nested in [
        "coalesce(".repeat(1_500) + "1",
        "case when b1 then ".repeat(900) + "1",
        "(b1 or n1 = 1 + 1 * ".repeat(400) + "1",
        "b1".to_owned() + &" is true".repeat(1_900),
        "n1 = n1".to_owned() + &" = b1".repeat(1_900),
        "b1".to_owned() + &" in (b1)".repeat(900),
    ] {
        assert_eq!(refused(nested), deep);
    }
    assert_eq!(
        refused("n1".to_owned() + &"+1".repeat(1_900)),
        "the expression chains too many operators"
    );
    assert_eq!(
        refused("n1".to_owned() + &"+1".repeat(3_000)),
        "the expression has more than 4000 words"
    );
    assert_eq!(refused(" ".repeat(20_000)), "the expression is empty");
    assert_eq!(
        refused("x".repeat(20_000)),
        "the expression is longer than 16 KiB"
    );
}

#[test]
fn long_and_deep_texts_within_the_limits_are_fine() {
    let value = |text: String| {
        let work = move || {
            let scope = scope();
            let expr = parse(&text, &scope).unwrap_or_else(|errors| panic!("{errors:?}"));
            let printed = expr.to_sql(Dialect::Postgres, &Names).unwrap();
            assert!(printed.contains("c"));
            format_value(expr.ty(), &expr.eval(&record(&scope)))
        };
        std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(work)
            .unwrap()
            .join()
            .unwrap()
    };
    assert_eq!(value("b1".to_owned() + &" and n1 < 1".repeat(450)), "true");
    assert_eq!(value("(".repeat(62) + "n1 = n1" + &")".repeat(62)), "true");
    assert_eq!(
        value("coalesce(".repeat(62) + "n1" + &", 1)".repeat(62)),
        "-7"
    );
    assert_eq!(
        value("case when b1 then ".repeat(62) + "n1 in (1)" + &" else b2 end".repeat(62)),
        "false"
    );
    assert_eq!(value("n1".to_owned() + &" + 1".repeat(180)), "173");
    assert_eq!(
        value(
            "case when b2 then 0 ".to_owned() + &"when n1 > 0 then 1 ".repeat(450) + "else 2 end"
        ),
        "2"
    );
}

struct Names;

impl SqlNames for Names {
    fn column(&self, _: Option<SetId>, slot: Slot) -> String {
        format!("c{}", slot.0)
    }

    fn order(&self, _: SetId) -> String {
        "o".to_owned()
    }

    fn rows(&self, _: SetId) -> Option<String> {
        None
    }
}
