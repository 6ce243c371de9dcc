use std::fmt::Write as _;
use std::sync::Arc;

use fuyou_kernel::{Date, DayNumber};

use crate::limits::{DATE_MAX, DATE_MIN};
use crate::types::{Type, ValueSet};

/// A value. What a `Number` means is said by its static type: 28.1 of `decimal(1)` is `Number(281)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Unknown.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number, or a decimal in units of its last place.
    Number(i64),
    /// A text.
    Text(Arc<str>),
    /// Place of the code in its value set.
    Code(u16),
    /// Places of the codes in their value set.
    Codes(CodeSet),
    /// Days since 1970-01-01.
    Date(i32),
}

impl Value {
    /// A date by its day number.
    pub fn date(date: Date) -> Value {
        Value::Date(DayNumber::from(date).0)
    }

    /// A text.
    pub fn text(text: &str) -> Value {
        Value::Text(Arc::from(text))
    }

    /// Whether it is unknown.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

/// A set of places in a value set, as bits; equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CodeSet {
    /// 64 codes per word, no zero word at the end.
    words: Arc<[u64]>,
}

impl CodeSet {
    /// Whether the code at this place belongs to it.
    pub fn contains(&self, index: u16) -> bool {
        self.words
            .get(usize::from(index / 64))
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    /// How many codes it has.
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether it has none: "none of these" was answered, which is not the same as `NULL`.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The places in rising order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.words.len() as u16 * 64).filter(|index| self.contains(*index))
    }
}

impl FromIterator<u16> for CodeSet {
    fn from_iter<I: IntoIterator<Item = u16>>(indexes: I) -> Self {
        let mut words = Vec::new();
        for index in indexes {
            let word = usize::from(index / 64);
            if words.len() <= word {
                words.resize(word + 1, 0u64);
            }
            words[word] |= 1 << (index % 64);
        }
        CodeSet {
            words: words.into(),
        }
    }
}

/// A text that is no value of the wanted type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not of the form the type is written in.
    #[error("`{text}` is not a value of type {ty}")]
    Malformed {
        /// What was given.
        text: String,
        /// What was wanted.
        ty: String,
    },
    /// More decimals than the type has; rounding would hide it.
    #[error("`{text}` has more than {scale} decimals")]
    Decimals {
        /// What was given.
        text: String,
        /// Decimals of the type.
        scale: u8,
    },
    /// Not in the value set.
    #[error("`{code}` is not a code of value set {set}")]
    Code {
        /// What was given.
        code: String,
        /// Name of the value set.
        set: String,
    },
    /// Outside 1900 to 2199.
    #[error("{0} is outside 1900-01-01 to 2199-12-31")]
    Date(Date),
}

/// Canonical text of a value: ISO dates, decimals with all their places, codes by code, several codes as `|a|b|`,
/// `null` for unknown.
pub fn format_value(ty: &Type, value: &Value) -> String {
    match (ty, value) {
        (_, Value::Null) => "null".to_owned(),
        (_, Value::Boolean(truth)) => truth.to_string(),
        (_, Value::Text(text)) => text.to_string(),
        (_, Value::Date(days)) => {
            Date::try_from(DayNumber(*days)).map_or_else(|e| e.to_string(), |d| d.to_string())
        }
        (_, Value::Number(number)) => format_number(*number, ty.scale().unwrap_or(0)),
        (_, Value::Code(index)) => format_code(ty, *index),
        (_, Value::Codes(codes)) => codes.iter().fold("|".to_owned(), |text, index| {
            text + &format_code(ty, index) + "|"
        }),
    }
}

fn format_code(ty: &Type, index: u16) -> String {
    let code = ty.value_set().and_then(|set| set.code(index));
    code.map_or_else(|| format!("#{index}"), |code| code.to_string())
}

pub(crate) fn format_number(number: i64, scale: u8) -> String {
    let mut text = String::new();
    if number < 0 {
        text.push('-');
    }
    let unit = 10u64.pow(u32::from(scale));
    let (whole, part) = (number.unsigned_abs() / unit, number.unsigned_abs() % unit);
    let _ = match scale {
        0 => write!(text, "{whole}"),
        _ => write!(text, "{whole}.{part:0places$}", places = usize::from(scale)),
    };
    text
}

/// Reads the canonical text of a value, the reverse of [`format_value`]; never yields [`Value::Null`], since what
/// stands for unknown is the caller's matter. Decimals may have fewer places than their type.
///
/// # Errors
/// When the text is no value of the type.
pub fn parse_value(ty: &Type, text: &str) -> Result<Value, ValueError> {
    let malformed = || ValueError::Malformed {
        text: text.to_owned(),
        ty: ty.to_string(),
    };
    match ty {
        Type::Boolean => text.parse().map(Value::Boolean).map_err(|_| malformed()),
        Type::Integer | Type::Decimal(_) => {
            let scale = ty.scale().unwrap_or(0);
            let (number, places) = parse_number(text).ok_or_else(malformed)?;
            let missing = scale
                .checked_sub(places)
                .ok_or_else(|| ValueError::Decimals {
                    text: text.to_owned(),
                    scale,
                })?;
            number
                .checked_mul(10i64.pow(u32::from(missing)))
                .map(Value::Number)
                .ok_or_else(malformed)
        }
        Type::Text if text.contains('\0') => Err(malformed()),
        Type::Text => Ok(Value::text(text)),
        Type::Code(set) => code_index(set, text).map(Value::Code),
        Type::Codes(set) => {
            let inside = text.strip_prefix('|').ok_or_else(malformed)?;
            let codes = inside
                .strip_suffix('|')
                .map_or(inside, |rest| rest)
                .split('|')
                .filter(|code| !code.is_empty());
            codes
                .map(|code| code_index(set, code))
                .collect::<Result<CodeSet, _>>()
                .map(Value::Codes)
        }
        Type::Date => {
            let iso = text.len() == 10 && text.is_ascii();
            let date: Date = if iso {
                text.parse().map_err(|_| malformed())?
            } else {
                return Err(malformed());
            };
            let days = DayNumber::from(date).0;
            if (DATE_MIN..=DATE_MAX).contains(&days) {
                Ok(Value::Date(days))
            } else {
                Err(ValueError::Date(date))
            }
        }
    }
}

fn code_index(set: &ValueSet, code: &str) -> Result<u16, ValueError> {
    set.index(code).ok_or_else(|| ValueError::Code {
        code: code.to_owned(),
        set: set.name().to_owned(),
    })
}

/// The digits of a plain decimal number as an integer, and how many stand after the point.
pub(crate) fn parse_number(text: &str) -> Option<(i64, u8)> {
    let (negative, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || digits.ends_with('.') {
        return None;
    }
    // Digit by digit, without a text of its own: curves bring tens of thousands of numbers.
    let mut number: i64 = 0;
    for digit in whole.bytes().chain(part.bytes()) {
        let digit = i64::from(digit - b'0');
        let digit = if negative { -digit } else { digit };
        number = number.checked_mul(10)?.checked_add(digit)?;
    }
    Some((
        number,
        u8::try_from(part.len())
            .ok()
            .filter(|places| *places <= 18)?,
    ))
}
