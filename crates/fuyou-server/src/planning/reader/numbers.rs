//! Numerals: arabic (with thousands commas and decimals) and Chinese (一所, 二十四, 九十五点五, 两).

use std::fmt;

/// An exact decimal: `units / 10^places`. A target is never rounded on its way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    units: i64,
    places: u8,
}

impl Number {
    /// A whole number.
    pub const fn integer(value: i64) -> Self {
        Self {
            units: value,
            places: 0,
        }
    }

    /// Parses digits with at most one decimal point; at most 15 digits in all.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        if whole.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let fraction = fraction.trim_end_matches('0');
        let units = format!("{whole}{fraction}").parse().ok()?;
        Some(Self {
            units,
            places: u8::try_from(fraction.len()).ok()?,
        })
    }

    /// The nearest binary number, for comparison and for JSON.
    pub fn as_f64(self) -> f64 {
        self.units as f64 / 10f64.powi(i32::from(self.places))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.places == 0 {
            return write!(f, "{}", self.units);
        }
        let scale = 10i64.pow(u32::from(self.places));
        write!(
            f,
            "{}.{:0width$}",
            self.units / scale,
            self.units % scale,
            width = usize::from(self.places)
        )
    }
}

/// How a numeral is written. Chinese numerals are mostly names and slogans, so more is asked of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Arabic,
    Chinese,
}

/// A numeral in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numeral {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: Number,
    pub(super) script: Script,
}

/// The numeral that begins at `at`, if one does.
pub(super) fn numeral_at(glyphs: &[char], at: usize) -> Option<Numeral> {
    match glyphs.get(at)? {
        c if c.is_ascii_digit() => arabic_at(glyphs, at),
        c if is_chinese_digit(*c) => chinese_at(glyphs, at),
        _ => None,
    }
}

fn arabic_at(glyphs: &[char], at: usize) -> Option<Numeral> {
    let is_digit = |i: usize| glyphs.get(i).is_some_and(char::is_ascii_digit);
    let (mut end, mut group) = (at, 0);
    let mut text = String::new();
    while is_digit(end) {
        text.push(glyphs[end]);
        end += 1;
        group += 1;
        // "12,000" is one number; "90%,100人" and "1,20" are not.
        let first_group = text.len() == group;
        let thousands = glyphs.get(end) == Some(&',')
            && (1..=3).all(|i| is_digit(end + i))
            && !is_digit(end + 4);
        if thousands && (group == 3 || (first_group && group < 3)) {
            end += 1;
            group = 0;
        }
    }
    if glyphs.get(end) == Some(&'.') && is_digit(end + 1) {
        text.push('.');
        end += 1;
        while is_digit(end) {
            text.push(glyphs[end]);
            end += 1;
        }
    }
    Some(Numeral {
        start: at,
        end,
        value: Number::parse(&text)?,
        script: Script::Arabic,
    })
}

fn is_chinese_digit(c: char) -> bool {
    digit(c).is_some() || matches!(c, '十' | '百' | '千')
}

fn digit(c: char) -> Option<i64> {
    Some(match c {
        '〇' | '零' => 0,
        '一' | '壹' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

fn chinese_at(glyphs: &[char], at: usize) -> Option<Numeral> {
    let mut end = at;
    while end - at < 12 && glyphs.get(end).copied().is_some_and(is_chinese_digit) {
        end += 1;
    }
    let value = chinese_value(&glyphs[at..end])?;
    let mut text = value.to_string();
    if glyphs.get(end) == Some(&'点') && glyphs.get(end + 1).copied().and_then(digit).is_some() {
        text.push('.');
        end += 1;
        while let Some(d) = glyphs.get(end).copied().and_then(digit) {
            text.push_str(&d.to_string());
            end += 1;
        }
    }
    Some(Numeral {
        start: at,
        end,
        value: Number::parse(&text)?,
        script: Script::Chinese,
    })
}

/// 九十五 is 95, 二〇二四 is 2024; 一二三十 is nothing.
pub(super) fn chinese_value(glyphs: &[char]) -> Option<i64> {
    let positional = glyphs.iter().all(|c| digit(*c).is_some());
    if positional && glyphs.len() > 1 {
        return glyphs
            .iter()
            .try_fold(0i64, |sum, c| Some(sum * 10 + digit(*c)?));
    }
    let (mut total, mut pending, mut last_scale) = (0, None, i64::MAX);
    for &c in glyphs {
        let scale = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => {
                let value = digit(c)?;
                if pending.is_some_and(|p| p != 0) {
                    return None;
                }
                pending = Some(value);
                continue;
            }
        };
        if scale >= last_scale {
            return None;
        }
        total += pending.take().filter(|p| *p != 0).unwrap_or(1) * scale;
        last_scale = scale;
    }
    Some(total + pending.unwrap_or(0))
}
