//! From what a person typed, or a file holds, to a value: forgiving about width, spaces and date styles, exact about meaning.

use fuyou_expr::{Type, Value, ValueError, format_value, parse_value};
use fuyou_kernel::{Date, DayNumber, Localized, narrow};

use crate::model::{CodeSet, Field, InputType};

/// The longest text that a field takes, in characters.
pub(crate) const TEXT_MAX: usize = 10_000;

/// Units of fields that hold an age in days and may be typed in weeks and days.
const DAY_UNITS: [&str; 4] = ["d", "day", "days", "天"];

/// Reads a typed text as the value of a field; blank text is NULL. Full-width digits and signs, spaces around, dates as
/// `2026-01-05`, `2026/1/5`, `2026.1.5`, `20260105` or `2026年1月5日`, codes by code or by either title, yes and no in both
/// languages, and ages such as `12w3d`, `12+3` or `12周+3天` for integer fields whose unit is days are understood.
///
/// # Errors
/// The message for the person at the desk.
pub fn read_input(field: &Field, text: &str) -> Result<Value, Localized> {
    let own = text.trim();
    if own.is_empty() {
        return Ok(Value::Null);
    }
    let plain = half_width(own);
    match &field.input {
        InputType::Text => free_text(own),
        InputType::Organization | InputType::Staff => free_text(&plain),
        InputType::Boolean => boolean(&plain),
        InputType::Integer => integer(field.unit.as_deref(), &plain),
        InputType::Decimal(_) => decimal(&field.ty, &plain),
        InputType::Date => date(&plain),
        InputType::Time => time(&plain),
        InputType::Code(_) => code(field, &plain).map(Value::Code),
        InputType::Codes(_) => codes(field, &plain),
    }
}

/// Reads a typed day as [`read_input`] reads a date field; blank text is none.
///
/// # Errors
/// The message for the person at the desk.
pub fn read_day(text: &str) -> Result<Option<Date>, Localized> {
    match text.trim() {
        "" => Ok(None),
        text => match date(&half_width(text))? {
            Value::Date(days) => Ok(Date::try_from(DayNumber(days)).ok()),
            _ => Ok(None),
        },
    }
}

/// Reads a typed bound on values of a type as [`read_input`] reads a field of it: a day, a number, or an age where the unit
/// is days; blank text is NULL.
///
/// # Errors
/// The message for the person at the desk.
pub fn read_bound(ty: &Type, unit: Option<&str>, text: &str) -> Result<Value, Localized> {
    let own = text.trim();
    if own.is_empty() {
        return Ok(Value::Null);
    }
    let plain = half_width(own);
    match ty {
        Type::Integer => integer(unit, &plain),
        Type::Decimal(_) => decimal(ty, &plain),
        Type::Date => date(&plain),
        Type::Boolean => boolean(&plain),
        Type::Text | Type::Code(_) | Type::Codes(_) => free_text(own),
    }
}

/// Prints a value as [`read_input`] reads it: ISO dates, decimals with their places, codes by code (several joined by
/// commas, none of them as `|`), `true`/`false`; NULL is empty.
pub fn print_input(field: &Field, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Codes(codes) if codes.is_empty() => "|".to_owned(),
        Value::Codes(codes) => {
            let one = |code: u16| match &field.ty {
                Type::Codes(set) => set
                    .code(code)
                    .map(|code| code.to_string())
                    .unwrap_or_default(),
                _ => String::new(),
            };
            codes.iter().map(one).collect::<Vec<_>>().join(",")
        }
        value => format_value(&field.ty, value),
    }
}

/// Full-width forms of ASCII as ASCII, and the signs that are typed for a minus and for a point.
fn half_width(text: &str) -> String {
    let plain = |c: char| match narrow(c) {
        '−' | '–' => '-',
        '。' => '.',
        other => other,
    };
    text.chars().map(plain).collect()
}

/// What is said of a text that is no day, of a day that does not exist, and of one outside the calendar, with `{text}` in
/// place of the text.
pub(crate) fn unreadable_days() -> Vec<Localized> {
    let said = ["{text}", "2026-02-30", "1800-01-01"].map(|sample| {
        let put = |text: &str| text.replace(sample, "{text}");
        let message = date(sample).err().unwrap_or_default();
        Localized::new(put(&message.zh), put(&message.en))
    });
    said.to_vec()
}

fn wrong(text: &str, zh: &str, en: &str) -> Localized {
    Localized::new(format!("「{text}」{zh}"), format!("`{text}` {en}"))
}

fn free_text(text: &str) -> Result<Value, Localized> {
    if text.chars().count() > TEXT_MAX {
        return Err(Localized::new(
            format!("文字太长,最多 {TEXT_MAX} 个字"),
            format!("the text is longer than {TEXT_MAX} characters"),
        ));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Localized::new(
            "文字含有控制字符",
            "the text holds control characters",
        ));
    }
    Ok(Value::text(text))
}

fn boolean(text: &str) -> Result<Value, Localized> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "t" | "1" | "是" | "有" | "√" | "on" => Ok(Value::Boolean(true)),
        "false" | "no" | "n" | "f" | "0" | "否" | "无" | "×" | "off" => {
            Ok(Value::Boolean(false))
        }
        _ => Err(wrong(text, "应为「是」或「否」", "should be yes or no")),
    }
}

/// Whether whole numbers of a unit may be typed in weeks and days.
pub fn takes_weeks(unit: Option<&str>) -> bool {
    unit.is_some_and(|unit| DAY_UNITS.contains(&unit))
}

fn integer(unit: Option<&str>, text: &str) -> Result<Value, Localized> {
    let days = takes_weeks(unit);
    if let Some(days) = days.then(|| weeks_and_days(text)).flatten() {
        return Ok(Value::Number(days));
    }
    parse_value(&Type::Integer, text.strip_prefix('+').unwrap_or(text)).map_err(|error| match error
    {
        ValueError::Decimals { .. } => wrong(text, "应为整数", "should be a whole number"),
        _ if days => wrong(
            text,
            "应为天数,或如 12w3d、12+3",
            "should be a number of days, or such as 12w3d or 12+3",
        ),
        _ => wrong(text, "应为整数", "should be a whole number"),
    })
}

/// `12w3d`, `12w`, `12+3`, `12周+3天`, `12周3天`, `12周`: days.
fn weeks_and_days(text: &str) -> Option<i64> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain
        .to_lowercase()
        .replace('周', "w")
        .replace('天', "d")
        .replace("w+", "w");
    let (weeks, days) = plain.split_once(['w', '+'])?;
    let days = days.strip_suffix('d').unwrap_or(days);
    let weeks: i64 = digits(weeks)?;
    let days: i64 = if days.is_empty() { 0 } else { digits(days)? };
    (weeks <= 5_000 && (0..7).contains(&days)).then_some(weeks * 7 + days)
}

/// A number of plain digits: no sign, no space.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn decimal(ty: &Type, text: &str) -> Result<Value, Localized> {
    let text = text.strip_prefix('+').unwrap_or(text);
    // Zeros beyond the field's places say nothing.
    let trimmed = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    };
    parse_value(ty, trimmed).map_err(|error| match error {
        ValueError::Decimals { scale, .. } => Localized::new(
            format!("「{text}」最多 {scale} 位小数"),
            format!("`{text}` has more than {scale} decimal places"),
        ),
        _ => wrong(text, "应为数字", "should be a number"),
    })
}

fn date(text: &str) -> Result<Value, Localized> {
    let not_a_date = || {
        wrong(
            text,
            "不是日期,应如 2026-01-31",
            "is not a date such as 2026-01-31",
        )
    };
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain
        .trim_end_matches(['日', '号'])
        .replace(['年', '月', '/', '.'], "-");
    let parts: Vec<&str> = plain.split('-').collect();
    let (year, month, day) = match parts[..] {
        [year, month, day] if year.len() == 4 => (year, month, day),
        [whole] if whole.len() == 8 && whole.is_ascii() => (&whole[..4], &whole[4..6], &whole[6..]),
        _ => return Err(not_a_date()),
    };
    let parsed = digits(year).zip(digits(month)).zip(digits(day));
    let ((year, month), day) = parsed.ok_or_else(not_a_date)?;
    let date = Date::new(year, month, day)
        .map_err(|_| wrong(text, "这一天不存在", "is a day that does not exist"))?;
    if !(fuyou_expr::DATE_MIN..=fuyou_expr::DATE_MAX).contains(&DayNumber::from(date).0) {
        return Err(wrong(
            text,
            "应在 1900 年到 2199 年之间",
            "should be between 1900 and 2199",
        ));
    }
    Ok(Value::date(date))
}

fn time(text: &str) -> Result<Value, Localized> {
    let plain = text.replace(['点', '时'], ":").replace('分', "");
    let (hour, minute) = match plain.split_once(':') {
        Some((hour, minute)) => (hour, if minute.is_empty() { "0" } else { minute }),
        None if plain.len() == 4 && plain.is_ascii() => plain.split_at(2),
        None => (plain.as_str(), "?"),
    };
    match (digits::<u8>(hour), digits::<u8>(minute)) {
        (Some(hour @ 0..=23), Some(minute @ 0..=59)) => {
            Ok(Value::text(&format!("{hour:02}:{minute:02}")))
        }
        _ => Err(wrong(
            text,
            "不是时间,应如 09:30",
            "is not a time such as 09:30",
        )),
    }
}

fn code(field: &Field, text: &str) -> Result<u16, Localized> {
    let Some(set) = &field.codes else {
        return Err(wrong(text, "没有可选项", "cannot be chosen"));
    };
    let found = set.position(text).or_else(|| {
        let same = |title: &str| half_width(title).eq_ignore_ascii_case(text);
        set.codes
            .iter()
            .position(|code| same(&code.title.zh) || same(&code.title.en) || same(&code.code))
    });
    found
        .and_then(|position| u16::try_from(position).ok())
        .ok_or_else(|| {
            let list = choices(set);
            Localized::new(
                format!("「{text}」不在可选项中:{}", list.zh),
                format!("`{text}` is none of: {}", list.en),
            )
        })
}

/// The first choices of a value set, for messages.
fn choices(set: &CodeSet) -> Localized {
    const SHOWN: usize = 12;
    let join = |titles: Vec<&str>, comma: &str| {
        let more = if set.codes.len() > SHOWN { " …" } else { "" };
        titles.join(comma) + more
    };
    let first = || set.codes.iter().take(SHOWN);
    Localized::new(
        join(first().map(|code| code.title.zh.as_str()).collect(), "、"),
        join(first().map(|code| code.title.en.as_str()).collect(), ", "),
    )
}

fn codes(field: &Field, text: &str) -> Result<Value, Localized> {
    if let Ok(one) = code(field, text) {
        // A title may itself hold a comma.
        return Ok(Value::Codes([one].into_iter().collect()));
    }
    let parts = text
        .split([',', ';', '、', '|'])
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let codes = parts
        .map(|part| code(field, part))
        .collect::<Result<fuyou_expr::CodeSet, Localized>>()?;
    Ok(Value::Codes(codes))
}
