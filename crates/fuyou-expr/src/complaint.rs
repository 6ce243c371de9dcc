//! What is said about a text that is not of the language: what was needed, or what to write instead.

use std::ops::Range;

use fuyou_kernel::Localized;

use crate::diagnostic::Diagnostic;

/// Longest piece of the text that a message repeats, in characters.
const QUOTED_MAX: usize = 40;

pub(crate) fn at(at: Range<usize>, zh: &str, en: &str) -> Diagnostic {
    Diagnostic {
        start: at.start,
        end: at.end,
        message: Localized::new(zh, en),
        suggestion: None,
    }
}

/// Something that had to follow.
#[derive(Clone, Copy)]
pub(crate) struct Needed {
    zh: &'static str,
    en: &'static str,
}

pub(crate) const fn needed(zh: &'static str, en: &'static str) -> Needed {
    Needed { zh, en }
}

/// A sign or word to be written as it stands.
pub(crate) const fn exactly(written: &'static str) -> Needed {
    needed(written, written)
}

pub(crate) const EXPRESSION: Needed = needed("一个表达式", "an expression");

/// The text ends, or goes on with something else than what is needed.
pub(crate) fn expected(text: &str, found: Range<usize>, needed: Needed) -> Diagnostic {
    let Needed { zh, en } = needed;
    if found.is_empty() {
        let zh = format!("表达式到此中断，还需要 {zh}");
        return at(
            found,
            &zh,
            &format!("the expression ends here, but needs {en}"),
        );
    }
    let word = shortened(&text[found.clone()]);
    let said = at(
        found.clone(),
        &format!("此处需要 {zh}，而不是 {word}"),
        &format!("expected {en}, found `{word}`"),
    );
    instead(&text[found], said)
}

/// The expression could end here, but the text goes on.
pub(crate) fn complete(text: &str, found: Range<usize>) -> Diagnostic {
    let word = shortened(&text[found.clone()]);
    let said = at(
        found.clone(),
        &format!("表达式到此已经完整，多出了 {word}"),
        &format!("the expression is complete before `{word}`"),
    );
    instead(&text[found], said)
}

fn shortened(word: &str) -> String {
    match word.char_indices().nth(QUOTED_MAX) {
        None => word.to_owned(),
        Some((end, _)) => format!("{}…", &word[..end]),
    }
}

/// Words that other languages have where ours has a different one.
const WORDS: [(&str, &str); 8] = [
    ("div", "/"),
    ("glob", "like"),
    ("ilike", "like"),
    ("isnull", "is null"),
    ("mod", "%"),
    ("notnull", "is not null"),
    ("similar", "like"),
    ("xor", "<>"),
];

/// With the word that was probably meant.
fn instead(word: &str, said: Diagnostic) -> Diagnostic {
    let known = WORDS
        .iter()
        .find(|(foreign, _)| foreign.eq_ignore_ascii_case(word));
    Diagnostic {
        suggestion: known.map(|(_, ours)| (*ours).to_owned()),
        ..said
    }
}

/// Signs of other languages and of full-width writing, the longer ones first, with what to write.
const SIGNS: &[(&str, &str)] = &[
    ("<=>", "is not distinct from"),
    ("->>", ""),
    ("==", "="),
    ("=>", ">="),
    ("=<", "<="),
    ("<<", ""),
    (">>", ""),
    ("->", ""),
    ("::", ""),
    ("&&", "and"),
    ("!~", "not like"),
    ("~", "like"),
    ("!", "not"),
    ("，", ","),
    ("、", ","),
    ("（", "("),
    ("）", ")"),
    ("＝", "="),
    ("＞", ">"),
    ("＜", "<"),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "<>"),
    ("＋", "+"),
    ("－", "-"),
    ("−", "-"),
    ("×", "*"),
    ("＊", "*"),
    ("÷", "/"),
    ("／", "/"),
    ("％", "%"),
    ("．", "."),
    ("“", "'"),
    ("”", "'"),
    ("‘", "'"),
    ("’", "'"),
    ("`", "\""),
];

/// A sign that the language does not have.
pub(crate) fn foreign_sign(text: &str, start: usize) -> Diagnostic {
    let rest = &text[start..];
    let known = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let sign = known.map_or(&rest[..first], |(sign, _)| sign);
    let place = start..start + sign.len();
    if sign == "::" {
        return no_conversion(place, sign);
    }
    let said = at(
        place,
        &format!("表达式语言里没有符号 {sign}"),
        &format!("`{sign}` is not a sign of the expression language"),
    );
    let suggestion = known
        .map(|(_, ours)| *ours)
        .filter(|ours| !ours.is_empty())
        .map(str::to_owned);
    Diagnostic { suggestion, ..said }
}

fn no_conversion(place: Range<usize>, written: &str) -> Diagnostic {
    at(
        place,
        &format!("表达式语言里没有 {written}：值的类型不能转换"),
        &format!(
            "`{written}` is not part of the expression language: a value cannot change its type"
        ),
    )
}

/// Calls that SQL writes in a way of its own; `None` for an ordinary function.
pub(crate) fn foreign_call(name: &str, place: Range<usize>) -> Option<Diagnostic> {
    match name.to_ascii_lowercase().as_str() {
        "cast" | "convert" | "try_cast" => Some(no_conversion(place, name)),
        "extract" | "date_part" => Some(at(
            place,
            &format!("表达式语言里没有 {name}：请写 year(…)、month(…) 或 day(…)"),
            &format!(
                "`{name}` is not part of the expression language: write year(…), month(…) or day(…)"
            ),
        )),
        "exists" => Some(no_query(place)),
        _ => None,
    }
}

pub(crate) fn no_query(place: Range<usize>) -> Diagnostic {
    at(
        place,
        "表达式里不能写查询：请用聚合，如 count(*) filter (where …)",
        "a query cannot stand in an expression: write an aggregate, as count(*) filter (where …)",
    )
}

/// A word before a quoted text that makes it a literal in SQL: `interval '7 days'`.
pub(crate) fn foreign_literal(word: &str, place: Range<usize>) -> Option<Diagnostic> {
    match word.to_ascii_lowercase().as_str() {
        "interval" => Some(at(
            place,
            "表达式语言里没有 interval：请加减天数，或用 add_months(日期, 月数)",
            "`interval` is not part of the expression language: add a number of days, or write add_months(date, months)",
        )),
        "time" | "timestamp" | "timestamptz" | "datetime" => Some(Diagnostic {
            suggestion: Some("date".to_owned()),
            ..at(
                place,
                &format!("表达式语言里没有 {word}：只有日期"),
                &format!("`{word}` is not part of the expression language: it knows dates only"),
            )
        }),
        _ => None,
    }
}
