//! List labels: 一、 (一) 1、 1. (1) ① ⑴ 一是. They are not quantities, they end clauses, and they make the outline.

use super::glyphs::starts_at;
use super::numbers::{Number, Script, chinese_value, numeral_at};

/// The ways a list is numbered, from the outermost to the innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Style {
    /// 第一部分, 第二章
    Part,
    /// 一、
    Chinese,
    /// (一)
    ChineseInBrackets,
    /// 1、 or 1.
    Arabic,
    /// (1) or ⑴
    ArabicInBrackets,
    /// ①
    Circled,
    /// 一是
    Spoken,
}

/// A list label within a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: i64,
    pub(super) style: Style,
}

/// Larger label numbers than this are years, counts or damage.
const LABEL_MAX: i64 = 99;

/// All labels of a line, in order.
pub(super) fn labels(glyphs: &[char]) -> Vec<Label> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < glyphs.len() {
        match label_at(glyphs, at) {
            Some(label) => {
                at = label.end;
                found.push(label);
            }
            None => at += 1,
        }
    }
    found
}

fn label_at(glyphs: &[char], at: usize) -> Option<Label> {
    circled_at(glyphs, at)
        .or_else(|| part_at(glyphs, at))
        .or_else(|| bracketed_at(glyphs, at))
        .or_else(|| plain_at(glyphs, at))
        .or_else(|| spoken_at(glyphs, at))
        .filter(|label| (1..=LABEL_MAX).contains(&label.value) || label.value >= 1000)
}

fn circled_at(glyphs: &[char], at: usize) -> Option<Label> {
    let code = *glyphs.get(at)? as u32;
    let (first, style) = match code {
        0x2460..=0x2473 => (0x2460, Style::Circled),
        0x2474..=0x2487 => (0x2474, Style::ArabicInBrackets),
        0x2488..=0x249B => (0x2488, Style::Arabic),
        0x3220..=0x3229 => (0x3220, Style::ChineseInBrackets),
        _ => return None,
    };
    Some(Label {
        start: at,
        end: at + 1,
        value: i64::from(code - first + 1),
        style,
    })
}

fn part_at(glyphs: &[char], at: usize) -> Option<Label> {
    if glyphs[at] != '第' || !at_opening(glyphs, at) {
        return None;
    }
    let number = numeral_at(glyphs, at + 1)?;
    let word = ["部分", "章", "篇"]
        .iter()
        .find(|word| starts_at(glyphs, number.end, word))?;
    let value = number.value.as_f64() as i64;
    Some(Label {
        start: at,
        end: number.end + word.chars().count(),
        value,
        style: Style::Part,
    })
}

fn bracketed_at(glyphs: &[char], at: usize) -> Option<Label> {
    if glyphs[at] != '(' {
        return None;
    }
    let number = numeral_at(glyphs, at + 1)?;
    if glyphs.get(number.end) != Some(&')') || !is_whole(number.value) {
        return None;
    }
    let style = if number.script == Script::Chinese {
        Style::ChineseInBrackets
    } else {
        Style::ArabicInBrackets
    };
    // "(15)号" is a document number.
    if starts_at(glyphs, number.end + 1, "号") {
        return None;
    }
    Some(Label {
        start: at,
        end: number.end + 1,
        value: number.value.as_f64() as i64,
        style,
    })
}

/// "1、" and "1." and "一、": nothing numeric may stand on either side.
fn plain_at(glyphs: &[char], at: usize) -> Option<Label> {
    if at > 0
        && (glyphs[at - 1].is_ascii_alphanumeric()
            || matches!(
                glyphs[at - 1],
                '.' | '第' | '~' | '-' | '/' | '、' | '和' | '为'
            ))
    {
        return None;
    }
    let number = numeral_at(glyphs, at)?;
    let mark = glyphs.get(number.end)?;
    let next = glyphs.get(number.end + 1);
    if !is_whole(number.value)
        || (next.is_some_and(char::is_ascii_digit) && !begins_item(glyphs, at, number.end + 1))
    {
        return None;
    }
    let style = match (number.script, mark) {
        (Script::Arabic, '、') => Style::Arabic,
        (Script::Arabic, '.' | ')') if at_opening(glyphs, at) => Style::Arabic,
        (Script::Chinese, '、') if at_opening(glyphs, at) => {
            // "一、二级医院" is two grades, not a heading.
            if numeral_at(glyphs, number.end + 1).is_some() {
                return None;
            }
            Style::Chinese
        }
        _ => return None,
    };
    let value = match number.script {
        Script::Arabic => number.value.as_f64() as i64,
        Script::Chinese => chinese_value(&glyphs[at..number.end])?,
    };
    Some(Label {
        start: at,
        end: number.end + 1,
        value,
        style,
    })
}

/// "4、7岁以下儿童…" opens an item that begins with a number; "3、6、9月龄" is a list of numbers.
fn begins_item(glyphs: &[char], label: usize, item: usize) -> bool {
    let dun = item > 0 && glyphs[item - 1] == '、';
    let unit = numeral_at(glyphs, item).and_then(|number| glyphs.get(number.end).copied());
    dun && at_opening(glyphs, label)
        && unit
            .is_some_and(|c| matches!(c, '岁' | '个' | '周' | '天' | '小' | '年' | '~' | '-' | '%'))
}

fn spoken_at(glyphs: &[char], at: usize) -> Option<Label> {
    let follows_comma = at > 0 && glyphs[at - 1] == ',';
    if !at_opening(glyphs, at) && !follows_comma {
        return None;
    }
    let number = numeral_at(glyphs, at)?;
    let spoken = number.script == Script::Chinese
        && glyphs.get(number.end) == Some(&'是')
        && number.end - at <= 2;
    spoken.then(|| Label {
        start: at,
        end: number.end + 1,
        value: number.value.as_f64() as i64,
        style: Style::Spoken,
    })
}

/// Whether a sentence may begin at `at`.
fn at_opening(glyphs: &[char], at: usize) -> bool {
    at == 0
        || matches!(
            glyphs[at - 1],
            '。' | ';' | ':' | '!' | '?' | ' ' | '\t' | '|' | ')' | '”' | '》' | '#' | '*'
        )
}

fn is_whole(value: Number) -> bool {
    value.as_f64().fract() == 0.0
}
