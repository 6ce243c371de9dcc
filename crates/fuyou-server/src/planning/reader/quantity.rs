//! A quantity: numeral or range, unit, and the closing words 以上 / 以下 / 左右 that belong to the value as written.

use super::glyphs::{ends_at, length, starts_at, word_at};
use super::numbers::{Number, Numeral, Script, numeral_at};

/// What kind of thing a unit counts; it decides how much context a number needs before it is believed to be a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// %, ‰, per 100,000: in a plan a rate is a target unless something says otherwise.
    Rate,
    /// Percentage points.
    Points,
    /// People, couples, beds, places.
    Count,
    /// Times, sessions, issues: a target only when it is not a rhythm ("every quarter once").
    Event,
    /// Items, kinds, articles: mostly the length of a list.
    List,
    Money,
    Time,
    Score,
    /// Ages, lengths, weights: conditions, never targets.
    Condition,
    /// "1:0.9".
    Ratio,
    /// No unit written.
    Bare,
}

/// The closing words of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    OrMore,
    OrLess,
    About,
}

/// A quantity in a line; `start..end` covers the closing words, `bare_end` does not.
#[derive(Clone, Debug)]
pub(super) struct Quantity {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) value: Number,
    pub(super) high: Option<Number>,
    pub(super) unit: &'static str,
    pub(super) class: Class,
    pub(super) closing: Option<Closing>,
    pub(super) script: Script,
    /// "1000余人": the writer does not know exactly.
    pub(super) vague: bool,
}

const UNITS: &[(&str, &str, Class)] = &[
    ("%", "%", Class::Rate),
    ("‰", "‰", Class::Rate),
    ("/10万", "/10万", Class::Rate),
    ("/十万", "/10万", Class::Rate),
    ("/万", "/万", Class::Rate),
    ("个百分点", "百分点", Class::Points),
    ("个百分比", "百分点", Class::Points),
    ("百分点", "百分点", Class::Points),
    ("个千分点", "千分点", Class::Points),
    ("千分点", "千分点", Class::Points),
    ("万人次", "万人次", Class::Count),
    ("万人", "万人", Class::Count),
    ("万名", "万名", Class::Count),
    ("万对", "万对", Class::Count),
    ("万例", "万例", Class::Count),
    ("万份", "万份", Class::Count),
    ("万张", "万张", Class::Count),
    ("万户", "万户", Class::Count),
    ("人次", "人次", Class::Count),
    ("例次", "例次", Class::Count),
    ("人", "人", Class::Count),
    ("名", "名", Class::Count),
    ("位", "位", Class::Count),
    ("对", "对", Class::Count),
    ("例", "例", Class::Count),
    ("户", "户", Class::Count),
    ("张", "张", Class::Count),
    ("份", "份", Class::Count),
    ("家", "家", Class::Count),
    ("所", "所", Class::Count),
    ("个", "个", Class::Count),
    ("间", "间", Class::Count),
    ("台", "台", Class::Count),
    ("套", "套", Class::Count),
    ("辆", "辆", Class::Count),
    ("册", "册", Class::Count),
    ("本", "本", Class::Count),
    ("支", "支", Class::Count),
    ("处", "处", Class::Count),
    ("枚", "枚", Class::Count),
    ("盒", "盒", Class::Count),
    ("瓶", "瓶", Class::Count),
    ("件", "件", Class::Count),
    ("起", "起", Class::Count),
    ("组", "组", Class::Count),
    ("门", "门", Class::Count),
    ("平方米", "平方米", Class::Count),
    ("㎡", "平方米", Class::Count),
    ("批次", "批次", Class::Event),
    ("批", "批", Class::Event),
    ("场次", "场次", Class::Event),
    ("场", "场", Class::Event),
    ("次", "次", Class::Event),
    ("期", "期", Class::Event),
    ("篇", "篇", Class::Event),
    ("轮", "轮", Class::Event),
    ("遍", "遍", Class::Event),
    ("节", "节", Class::Event),
    ("学时", "学时", Class::Event),
    ("课时", "课时", Class::Event),
    ("种", "种", Class::List),
    ("项", "项", Class::List),
    ("类", "类", Class::List),
    ("条", "条", Class::List),
    ("大", "项", Class::List),
    ("万元", "万元", Class::Money),
    ("亿元", "亿元", Class::Money),
    ("元/人", "元/人", Class::Money),
    ("元/例", "元/例", Class::Money),
    ("元", "元", Class::Money),
    ("个工作日", "工作日", Class::Time),
    ("个月", "个月", Class::Time),
    ("个小时", "小时", Class::Time),
    ("个季度", "季度", Class::Time),
    ("个年头", "年", Class::Time),
    ("工作日", "工作日", Class::Time),
    ("月龄", "月龄", Class::Condition),
    ("周岁", "岁", Class::Condition),
    ("岁", "岁", Class::Condition),
    ("周", "周", Class::Time),
    ("天", "天", Class::Time),
    ("日", "日", Class::Time),
    ("月", "月", Class::Time),
    ("年", "年", Class::Time),
    ("小时", "小时", Class::Time),
    ("分钟", "分钟", Class::Time),
    ("秒", "秒", Class::Time),
    ("分", "分", Class::Score),
    ("厘米", "厘米", Class::Condition),
    ("公里", "公里", Class::Condition),
    ("米", "米", Class::Condition),
    ("公斤", "公斤", Class::Condition),
    ("千克", "千克", Class::Condition),
    ("毫克", "毫克", Class::Condition),
    ("微克", "微克", Class::Condition),
    ("毫升", "毫升", Class::Condition),
    ("克", "克", Class::Condition),
    ("级", "级", Class::Condition),
    ("号", "号", Class::Condition),
    ("页", "页", Class::Condition),
    ("点", "点", Class::Condition),
    ("倍", "倍", Class::Condition),
    ("路", "路", Class::Condition),
    ("版", "版", Class::Condition),
    ("届", "届", Class::Condition),
    ("万", "万", Class::Count),
];

/// Words that begin like a unit and are none: 所有, 家庭, 对口, 名单, 人民 …
const NOT_UNITS: &[&str] = &[
    "所有", "所属", "家庭", "家长", "对口", "对于", "名单", "名额", "人民", "人均", "人才", "例会",
    "本级", "本地", "大型", "条件", "条例", "种植", "类似", "支持", "支付", "支队", "处理", "处置",
    "处方", "组织", "门诊", "期间", "期末", "位于", "间隔", "起步", "起付", "节约", "台账", "本院",
    "份额", "场所", "张贴", "项目", "次日", "次要", "大家", "家属", "分级", "分析", "分类", "分管",
    "分别", "分期",
];

const CLOSINGS: &[(&str, Closing)] = &[
    ("及以上", Closing::OrMore),
    ("或以上", Closing::OrMore),
    ("(含)以上", Closing::OrMore),
    ("以上", Closing::OrMore),
    ("之上", Closing::OrMore),
    ("及以下", Closing::OrLess),
    ("或以下", Closing::OrLess),
    ("(含)以下", Closing::OrLess),
    ("以下", Closing::OrLess),
    ("之下", Closing::OrLess),
    ("以内", Closing::OrLess),
    ("之内", Closing::OrLess),
    ("左右", Closing::About),
    ("上下", Closing::About),
];

/// All quantities that begin within `from..to`, in order, not overlapping.
pub(super) fn quantities(glyphs: &[char], from: usize, to: usize) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    let mut at = from;
    while at < to {
        match quantity_at(glyphs, from, at) {
            Some(quantity) => {
                at = quantity.end.max(at + 1);
                found.push(quantity);
            }
            None => at = skip_word(glyphs, at, to),
        }
    }
    found
}

/// A digit inside a longer token ("h7n9", "12345678901234567") is skipped with the whole token.
fn skip_word(glyphs: &[char], at: usize, to: usize) -> usize {
    let is_token = |i: usize| glyphs.get(i).is_some_and(|c| c.is_ascii_alphanumeric());
    if !is_token(at) {
        return at + 1;
    }
    let mut end = at + 1;
    while end < to && is_token(end) {
        end += 1;
    }
    end
}

fn quantity_at(glyphs: &[char], from: usize, at: usize) -> Option<Quantity> {
    let before = at.checked_sub(1).filter(|_| at > from).map(|i| glyphs[i]);
    if before.is_some_and(|c| matches!(c, '第' | '.' | '_') || c.is_ascii_alphanumeric()) {
        return None;
    }
    let mut quantity = fraction_at(glyphs, at)
        .or_else(|| tenths_at(glyphs, at))
        .or_else(|| ratio_at(glyphs, at))
        .or_else(|| plain_at(glyphs, at))?;
    let mut end = skip_spaces(glyphs, quantity.end);
    if let Some((word, closing)) = CLOSINGS
        .iter()
        .find(|(word, _)| starts_at(glyphs, end, word))
    {
        end += length(word);
        quantity.end = end;
        quantity.closing = Some(*closing);
    }
    Some(quantity)
}

/// 百分之九十, 千分之五, 十万分之二十.
fn fraction_at(glyphs: &[char], at: usize) -> Option<Quantity> {
    const SCALES: &[(&str, &str)] = &[
        ("百分之", "%"),
        ("千分之", "‰"),
        ("十万分之", "/10万"),
        ("万分之", "/万"),
    ];
    let (word, unit) = SCALES
        .iter()
        .find(|(word, _)| starts_at(glyphs, at, word))?;
    let number = numeral_at(glyphs, at + length(word))?;
    let second = ["至", "到", "~", "-"].iter().find_map(|dash| {
        let next = number.end + length(dash);
        let next = if starts_at(glyphs, next, word) {
            next + length(word)
        } else {
            next
        };
        starts_at(glyphs, number.end, dash)
            .then(|| numeral_at(glyphs, next))
            .flatten()
    });
    Some(build(
        at,
        second.unwrap_or(number).end,
        number,
        second,
        (*unit, Class::Rate),
    ))
}

/// 九成 is ninety per cent; 成 is also a verb ("建成"), so a closing word or 的 must follow.
fn tenths_at(glyphs: &[char], at: usize) -> Option<Quantity> {
    let number = numeral_at(glyphs, at)?;
    let end = number.end + 1;
    let follows = CLOSINGS
        .iter()
        .any(|(word, _)| starts_at(glyphs, end, word))
        || starts_at(glyphs, end, "的");
    if glyphs.get(number.end) != Some(&'成') || !follows || number.value.as_f64() > 10.0 {
        return None;
    }
    let tenfold = Number::parse(&format!("{}", number.value.as_f64() * 10.0))?;
    Some(build(
        at,
        end,
        Numeral {
            value: tenfold,
            ..number
        },
        None,
        ("%", Class::Rate),
    ))
}

/// 1:0.9, the value being what stands after the colon.
fn ratio_at(glyphs: &[char], at: usize) -> Option<Quantity> {
    let first = numeral_at(glyphs, at)?;
    if glyphs.get(first.end) != Some(&':') || first.value != Number::integer(1) {
        return None;
    }
    let second = numeral_at(glyphs, first.end + 1)?;
    let mut quantity = build(at, second.end, second, None, ("1:x", Class::Ratio));
    quantity.start = at;
    Some(quantity)
}

fn plain_at(glyphs: &[char], at: usize) -> Option<Quantity> {
    let first = numeral_at(glyphs, at)?;
    let (first_unit, first_end) = unit_at(glyphs, first.end);
    // "5%-10%" repeats the unit, "5-10%" does not.
    let second = second_of_range(
        glyphs,
        if first_unit.1 == Class::Rate {
            first_end
        } else {
            first.end
        },
    )
    .filter(|n| n.script == first.script);
    let Some(second) = second else {
        return finish(glyphs, at, first, None, first_unit, first_end);
    };
    let (unit, end) = unit_at(glyphs, second.end);
    if first_unit.1 == Class::Rate && unit.1 != Class::Rate {
        return finish(glyphs, at, first, None, first_unit, first_end);
    }
    finish(glyphs, at, first, Some(second), unit, end)
}

fn finish(
    glyphs: &[char],
    at: usize,
    first: Numeral,
    second: Option<Numeral>,
    unit: (&'static str, Class),
    end: usize,
) -> Option<Quantity> {
    // A Chinese numeral without a unit is a word (一体化, 三级), not a quantity.
    if first.script == Script::Chinese && unit.1 == Class::Bare {
        return None;
    }
    // A letter straight after the number makes it a name (b超 stands alone, 4S, 120kV).
    if unit.1 == Class::Bare && glyphs.get(end).is_some_and(char::is_ascii_alphabetic) {
        return None;
    }
    let mut quantity = build(at, end, first, second, unit);
    quantity.vague = glyphs[first.start..end]
        .iter()
        .any(|c| matches!(c, '余' | '多'));
    Some(quantity)
}

fn build(
    start: usize,
    end: usize,
    first: Numeral,
    second: Option<Numeral>,
    unit: (&'static str, Class),
) -> Quantity {
    Quantity {
        start,
        end,
        value: first.value,
        high: second.map(|n| n.value),
        unit: unit.0,
        class: unit.1,
        closing: None,
        script: first.script,
        vague: false,
    }
}

fn second_of_range(glyphs: &[char], at: usize) -> Option<Numeral> {
    let at = skip_spaces(glyphs, at);
    let mut next = at;
    while glyphs.get(next).is_some_and(|c| matches!(c, '-' | '~')) {
        next += 1;
    }
    if next == at && glyphs.get(at).is_some_and(|c| matches!(c, '至' | '到')) {
        next += 1;
    }
    if next == at || next > at + 2 {
        return None;
    }
    numeral_at(glyphs, skip_spaces(glyphs, next))
}

/// The unit at `at` and where it ends; `Bare` when none stands there.
fn unit_at(glyphs: &[char], at: usize) -> ((&'static str, Class), usize) {
    let mut start = skip_spaces(glyphs, at);
    if glyphs.get(start).is_some_and(|c| matches!(c, '余' | '多')) {
        start += 1;
    }
    if word_at(glyphs, start, NOT_UNITS).is_some() {
        return (("", Class::Bare), at);
    }
    if let Some(end) = stamped_unit(glyphs, start) {
        return (("/10万", Class::Rate), end);
    }
    let unit = UNITS
        .iter()
        .filter(|(word, ..)| starts_at(glyphs, start, word))
        .max_by_key(|(word, ..)| word.len());
    match unit {
        Some((word, unit, class)) => ((*unit, *class), start + length(word)),
        None => (("", Class::Bare), at),
    }
}

/// "/2023万" is what a portal that writes 2023 for 10 makes of "/10万".
fn stamped_unit(glyphs: &[char], at: usize) -> Option<usize> {
    let digits: String = glyphs.get(at + 1..at + 5)?.iter().collect();
    let year = digits
        .parse::<u32>()
        .is_ok_and(|year| (2000..2050).contains(&year));
    (glyphs[at] == '/' && year && glyphs.get(at + 5) == Some(&'万')).then_some(at + 6)
}

pub(super) fn skip_spaces(glyphs: &[char], at: usize) -> usize {
    let mut at = at;
    while glyphs.get(at) == Some(&' ') {
        at += 1;
    }
    at
}

/// Whether a quantity stands inside a title 《…》, where numbers are names.
pub(super) fn in_title(glyphs: &[char], quantity: &Quantity) -> bool {
    let from = quantity.start.saturating_sub(60);
    let window = &glyphs[from..quantity.start];
    let open = window.iter().rposition(|c| *c == '《');
    let close = window.iter().rposition(|c| *c == '》');
    open.is_some_and(|open| close.is_none_or(|close| close < open))
        && glyphs[quantity.end..].iter().take(60).any(|c| *c == '》')
}

/// Whether a quantity stands inside quotation marks, where Chinese numerals are slogans.
/// Portals mix up the closing marks, so both forms close.
pub(super) fn in_quotes(glyphs: &[char], quantity: &Quantity) -> bool {
    let from = quantity.start.saturating_sub(20);
    let window = &glyphs[from..quantity.start];
    let open = window.iter().rposition(|c| *c == '“');
    let close = window.iter().rposition(|c| matches!(c, '”' | '〞' | '"'));
    open.is_some_and(|open| close.is_none_or(|close| close < open))
}

/// Whether the number is part of a calendar date, a document number or a telephone number.
pub(super) fn is_reference(glyphs: &[char], quantity: &Quantity) -> bool {
    let next = skip_spaces(glyphs, quantity.end);
    let bracketed = quantity.start > 0
        && glyphs[quantity.start - 1] == '('
        && glyphs.get(quantity.end) == Some(&')');
    bracketed
        || starts_at(glyphs, next, "号")
        || ends_at(glyphs, quantity.start, "编号")
        || ends_at(glyphs, quantity.start, "电话")
}
