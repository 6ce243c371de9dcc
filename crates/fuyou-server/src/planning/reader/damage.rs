//! What download portals do to texts: replaced digits, replaced words, page numbers, masks, cut previews.
//! Damage is repaired only where the text itself proves it, and always said.

use super::glyphs::{contains_any, find, length, starts_at};
use super::labels::{Label, Style};
use super::numbers::Number;
use super::prepared::Prepared;
use super::quantity::{Class, Quantity};
use super::target::{Damage, Span};

/// Digits replaced throughout a text: every `from` became `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    pub(super) from: String,
    pub(super) to: String,
}

/// Finds the replacement from lists that jump (9, 2023, 11) and from percentages above 100 that hold a year.
pub(super) fn replacement(lines: &[Prepared]) -> Option<Replacement> {
    from_lists(lines)
        .or_else(|| from_percentages(lines))
        .or_else(|| from_units(lines))
}

fn from_lists(lines: &[Prepared]) -> Option<Replacement> {
    let labels: Vec<&Label> = lines
        .iter()
        .flat_map(|line| &line.labels)
        .filter(|label| label.style == Style::Arabic)
        .collect();
    labels.windows(3).find_map(|window| {
        let [before, odd, after] = window else {
            return None;
        };
        if odd.value < 1000 || after.value != before.value + 2 {
            return None;
        }
        Some(Replacement {
            from: (before.value + 1).to_string(),
            to: odd.value.to_string(),
        })
    })
}

/// "20230%": a year of this century inside a percentage that becomes possible when it is read as 10.
fn from_percentages(lines: &[Prepared]) -> Option<Replacement> {
    lines.iter().find_map(|line| {
        let impossible = line
            .quantities
            .iter()
            .find(|q| q.class == Class::Rate && q.unit == "%" && q.value.as_f64() >= 1000.0)?;
        let digits = digits(&line.glyphs, impossible);
        let year = (0..digits.len().saturating_sub(3))
            .map(|at| &digits[at..at + 4])
            .find(|year| is_year(year))?;
        let replacement = Replacement {
            from: "10".into(),
            to: year.to_owned(),
        };
        let repaired = Number::parse(&digits.replace(year, "10"))?;
        (repaired.as_f64() <= 100.0).then_some(replacement)
    })
}

/// "12/2023万": no rate is given per 2023 万.
fn from_units(lines: &[Prepared]) -> Option<Replacement> {
    lines.iter().find_map(|line| {
        let stamped = line
            .quantities
            .iter()
            .find(|q| stamp(&line.glyphs, q).is_some())?;
        Some(Replacement {
            from: "10".into(),
            to: stamp(&line.glyphs, stamped)?,
        })
    })
}

/// The year inside the unit of a rate per 100,000, when one stands there.
pub(super) fn stamp(glyphs: &[char], quantity: &Quantity) -> Option<String> {
    let slash = glyphs[quantity.start..quantity.end]
        .iter()
        .position(|c| *c == '/')?
        + quantity.start;
    let digits: String = glyphs[slash + 1..quantity.end]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .collect();
    is_year(&digits).then_some(digits)
}

fn is_year(text: &str) -> bool {
    text.parse::<u32>()
        .is_ok_and(|year| (2000..2050).contains(&year))
}

/// The digits of a quantity as written.
fn digits(glyphs: &[char], quantity: &Quantity) -> String {
    glyphs[quantity.start..quantity.end]
        .iter()
        .take_while(|c| c.is_ascii_digit() || **c == '.')
        .collect()
}

/// What a quantity most probably was before the replacement; none when it holds no replaced digits.
pub(super) fn repaired(
    glyphs: &[char],
    quantity: &Quantity,
    replacement: &Replacement,
) -> Option<Number> {
    let digits = digits(glyphs, quantity);
    if !digits.contains(&replacement.to) {
        return None;
    }
    Number::parse(&digits.replace(&replacement.to, &replacement.from))
}

/// Whether a value holds a year without anything that proves a replacement.
pub(super) fn is_suspicious(glyphs: &[char], quantity: &Quantity) -> bool {
    let digits = digits(glyphs, quantity);
    digits.len() >= 4
        && (0..digits.len() - 3)
            .any(|at| digits.is_char_boundary(at) && is_year(&digits[at..at + 4]))
        && !digits.contains('.')
}

/// A rate above its whole.
pub(super) fn is_implausible(quantity: &Quantity, value: Number) -> bool {
    match quantity.unit {
        "%" => value.as_f64() > 100.0,
        "‰" => value.as_f64() > 1000.0,
        _ => false,
    }
}

/// Words that stand in damaged copies for the words that planners use.
const REPLACED_WORDS: &[&str] = &[
    "方案生育",
    "效劳",
    "根本公共",
    "根本医疗",
    "根本药物",
    "平安生产",
    "应急储藏",
    "播送电视",
    "创立示范",
    "稳固基层",
];
const PREVIEW_ENDS: &[&str] = &[
    "最多预览",
    "预览结束",
    "剩余页未读",
    "下载文档查看全文",
    "还剩",
];

/// Everything about the text that a person should know before trusting it.
pub(super) fn survey(
    lines: &[Prepared],
    replacement: Option<&Replacement>,
    undecodable: bool,
) -> Vec<Damage> {
    let mut found = Vec::new();
    if let Some(replacement) = replacement {
        let spans = lines
            .iter()
            .flat_map(|line| occurrences(line, &replacement.to))
            .collect();
        found.push(Damage::DigitsReplaced {
            from: replacement.from.clone(),
            to: replacement.to.clone(),
            spans,
        });
    }
    let words: Vec<Span> = lines
        .iter()
        .flat_map(|line| {
            REPLACED_WORDS
                .iter()
                .flat_map(|word| occurrences(line, word))
        })
        .collect();
    // One such word may be the author's own; several are a portal's.
    if words.len() >= 3 {
        found.push(Damage::WordsReplaced(words));
    }
    let pages: Vec<Span> = lines
        .iter()
        .filter_map(|line| {
            line.page_number
                .map(|label| line.span(label.start, label.end))
        })
        .collect();
    if !pages.is_empty() {
        found.push(Damage::PageNumbers(pages));
    }
    let masks: Vec<Span> = lines.iter().flat_map(masks).collect();
    if !masks.is_empty() {
        found.push(Damage::Masked(masks));
    }
    if let Some(line) = lines
        .iter()
        .find(|line| contains_any(&line.glyphs[..line.glyphs.len().min(60)], PREVIEW_ENDS))
    {
        found.push(Damage::Truncated(line.span(0, line.glyphs.len())));
    }
    if undecodable {
        found.push(Damage::Undecodable);
    }
    found
}

fn occurrences(line: &Prepared, word: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&line.glyphs[from..], word) {
        let start = from + at;
        from = start + length(word);
        spans.push(line.span(start, from));
    }
    spans
}

/// "20xx年", "x例", "xx市", "202_".
fn masks(line: &Prepared) -> Vec<Span> {
    let is_mask = |c: &char| matches!(c, 'x' | 'X' | '×' | '_');
    let mut spans = Vec::new();
    let mut at = 0;
    while at < line.glyphs.len() {
        let run = line.glyphs[at..].iter().take_while(|c| is_mask(c)).count();
        let after = at + run;
        let followed = [
            "年", "市", "县", "区", "省", "%", "‰", "例", "人", "镇", "乡", "月",
        ]
        .iter()
        .any(|word| starts_at(&line.glyphs, after, word));
        let alone = at == 0 || !line.glyphs[at - 1].is_ascii_alphabetic();
        if run > 0 && followed && alone {
            spans.push(line.span(at, after));
        }
        at = after.max(at + 1);
    }
    spans
}

/// Marks line-start labels that do not belong to the list running through the text:
/// the next label in the line goes on from the last label of the lines before.
pub(super) fn mark_page_numbers(lines: &mut [Prepared]) {
    let mut last: Option<i64> = None;
    let mut expected_page: Option<i64> = None;
    for line in lines.iter_mut() {
        let arabic: Vec<Label> = line
            .labels
            .iter()
            .filter(|label| label.style == Style::Arabic)
            .copied()
            .collect();
        if let (Some(first), Some(last_value)) =
            (arabic.first().filter(|label| label.start == 0), last)
        {
            let continues = first.value == last_value + 1;
            let inner_continues = arabic
                .get(1)
                .is_some_and(|label| label.value == last_value + 1);
            let pages_run = expected_page == Some(first.value);
            if !continues && (inner_continues || pages_run) {
                line.page_number = Some(*first);
                expected_page = Some(first.value + 1);
            }
        }
        let page = line.page_number.map(|label| label.start);
        if let Some(label) = arabic.iter().rev().find(|label| Some(label.start) != page) {
            last = Some(label.value);
        }
    }
}
