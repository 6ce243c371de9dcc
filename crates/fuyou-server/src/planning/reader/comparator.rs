//! The words before a value (不低于, 达到, 控制在, 提高 …) and the comparator they and the closing words make together.

use super::bind::Better;
use super::glyphs::{contains_any, ends_at, length, starts_at, word_before};
use super::lexicon::BASE_YEARS;
use super::quantity::{Class, Closing, Quantity};

/// How an actual value is compared with the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// At least the value.
    AtLeast,
    /// At most the value.
    AtMost,
    /// Exactly the value, as counts of things to be done are written.
    Equal,
    /// About the value.
    About,
    /// Between the value and the high value.
    Range,
    /// Below a reference that the plan names but does not give, such as the provincial mean.
    BelowReference,
    /// Above such a reference.
    AboveReference,
    /// Nothing is compared: a wish without a number, or the length of a list.
    None,
}

impl Comparator {
    /// The sign used in JSON and in tables.
    pub fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Equal => "=",
            Self::About => "~",
            Self::Range => "range",
            Self::BelowReference => "<ref",
            Self::AboveReference => ">ref",
            Self::None => "none",
        }
    }
}

/// What a cue word says about the value after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    Floor,
    Cap,
    About,
    /// Reaches or stays at.
    Reach,
    /// 控制在: a cap unless closing words say otherwise.
    Control,
    Rise,
    Fall,
    /// 提高到: the new level, not the step.
    RiseTo,
    FallTo,
    /// 任务 / 目标 straight before the number.
    Task,
    /// A plain copula: too weak to make a count a target.
    Is,
}

/// A cue word in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cue {
    pub(super) start: usize,
    pub(super) sense: Sense,
}

const CUES: &[(Sense, &[&str])] = &[
    (
        Sense::Floor,
        &[
            "不低于",
            "不少于",
            "不小于",
            "不得低于",
            "不得少于",
            "不能低于",
            "不能少于",
            "至少",
            "最低",
            "最少",
            "高于",
            "大于",
            "超过",
            "超",
            "突破",
            "≥",
            ">=",
            ">",
            "达到或超过",
            "不下于",
            "以上达到",
        ],
    ),
    (
        Sense::Cap,
        &[
            "不超过",
            "不超",
            "不高于",
            "不大于",
            "不多于",
            "不得超过",
            "不得高于",
            "不能超过",
            "低于",
            "小于",
            "少于",
            "≤",
            "<=",
            "<",
            "最多",
            "最高不超过",
            "不突破",
            "控制在以下",
        ],
    ),
    (Sense::About, &["约", "大约", "约为", "接近", "近"]),
    (
        Sense::Reach,
        &[
            "达到",
            "达",
            "到达",
            "达成",
            "达至",
            "保持在",
            "保持",
            "稳定在",
            "稳定",
            "维持在",
            "维持",
            "巩固在",
            "力争达到",
            "完成",
            "实现",
            "覆盖",
            "达到了",
            "要达",
            "均达",
            "确保",
            "力争",
            "争取",
            "须达",
        ],
    ),
    (
        Sense::Control,
        &["控制在", "控制到", "控制", "限制在", "控制为", "控制于"],
    ),
    (
        Sense::Rise,
        &[
            "提高",
            "提升",
            "增加",
            "增长",
            "上升",
            "递增",
            "新增",
            "增",
            "增幅",
            "增幅达",
            "提高了",
            "增加了",
        ],
    ),
    (
        Sense::Fall,
        &[
            "下降",
            "降低",
            "减少",
            "递减",
            "降",
            "压减",
            "压降",
            "缩减",
            "降幅",
            "降低了",
            "下降了",
        ],
    ),
    (
        Sense::RiseTo,
        &[
            "提高到",
            "提高至",
            "提升到",
            "提升至",
            "增加到",
            "增加至",
            "增至",
            "扩大到",
            "扩大至",
            "上升到",
            "上升至",
            "升至",
            "扩展到",
            "拓展到",
            "增长到",
            "增长至",
            "提到",
            "扩增到",
            "扩增至",
            "提高为",
        ],
    ),
    (
        Sense::FallTo,
        &[
            "降到",
            "降至",
            "下降到",
            "下降至",
            "降低到",
            "降低至",
            "减少到",
            "减少至",
            "减至",
            "压降至",
            "压降到",
            "压减到",
        ],
    ),
    (
        Sense::Task,
        &[
            "任务",
            "任务数",
            "任务为",
            "任务数为",
            "任务数分别为",
            "任务分别为",
            "目标任务",
            "目标任务数",
            "任务量",
            "目标数",
            "目标为",
        ],
    ),
    (Sense::Is, &["为", "是", "在", "按", "有"]),
];

/// Words that may stand between a cue and its value without breaking the tie.
const FILLERS: &[&str] = &[
    "了", "在", "约", "到", "的", "总", "共", "年均", "平均", "全年", "每年", "年内", "均", "人数",
    "幅度",
];

/// The cue that governs a value starting at `value_start`, looked for back to `from`.
pub(super) fn cue_before(glyphs: &[char], from: usize, value_start: usize) -> Option<Cue> {
    adjacent(glyphs, from, value_start).or_else(|| distant(glyphs, from, value_start))
}

fn adjacent(glyphs: &[char], from: usize, value_start: usize) -> Option<Cue> {
    let mut end = value_start;
    for _ in 0..4 {
        while end > from && matches!(glyphs[end - 1], ' ' | ',' | '(' | '"' | '“') {
            end -= 1;
        }
        if let Some(cue) = cue_ending(glyphs, from, end) {
            return Some(cue);
        }
        let filler = word_before(&glyphs[..end], end, FILLERS)?;
        end -= length(filler);
        if end < from {
            return None;
        }
    }
    None
}

/// "应达到助产机构人员的90%": the cue and the value stand apart, with only the base of the rate between them.
fn distant(glyphs: &[char], from: usize, value_start: usize) -> Option<Cue> {
    if !ends_at(glyphs, value_start, "的") {
        return None;
    }
    let nearest = value_start.saturating_sub(14).max(from);
    (nearest..value_start)
        .rev()
        .filter_map(|end| cue_ending(glyphs, from, end))
        .find(|cue| cue.sense != Sense::Is && cue.start > from)
}

fn cue_ending(glyphs: &[char], from: usize, end: usize) -> Option<Cue> {
    CUES.iter()
        .filter_map(|(sense, words)| {
            word_before(glyphs, end, words).map(|word| (end - length(word), *sense, word))
        })
        .filter(|(start, ..)| *start >= from)
        .max_by_key(|(_, _, word)| word.len())
        .map(|(start, sense, _)| Cue { start, sense })
}

/// Whether the cue or the closing words alone say that a number is an aim, without any verb of doing.
pub(super) fn is_explicit(quantity: &Quantity, cue: Option<Cue>) -> bool {
    let by_cue = cue.is_some_and(|cue| !matches!(cue.sense, Sense::Is | Sense::About));
    by_cue || quantity.closing.is_some()
}

/// The comparator of a target.
pub(super) fn comparator(
    quantity: &Quantity,
    cue: Option<Cue>,
    better: Better,
    growth: bool,
) -> Comparator {
    if quantity.high.is_some() {
        return Comparator::Range;
    }
    match quantity.closing {
        Some(Closing::OrMore) => return Comparator::AtLeast,
        Some(Closing::OrLess) => return Comparator::AtMost,
        Some(Closing::About) => return Comparator::About,
        None => {}
    }
    match cue.map(|cue| cue.sense) {
        Some(Sense::Floor | Sense::Task) => Comparator::AtLeast,
        Some(Sense::Cap | Sense::Control) => Comparator::AtMost,
        Some(Sense::About) => Comparator::About,
        _ if quantity.vague => Comparator::About,
        // A promised rise or fall is a promise of at least that much.
        _ if growth => Comparator::AtLeast,
        Some(Sense::FallTo) => Comparator::AtMost,
        sense => by_class(quantity, sense, better),
    }
}

fn by_class(quantity: &Quantity, sense: Option<Sense>, better: Better) -> Comparator {
    match quantity.class {
        Class::Rate | Class::Score | Class::Bare | Class::Ratio | Class::Time => match better {
            _ if quantity.value.as_f64() == 0.0 => Comparator::Equal,
            Better::Lower => Comparator::AtMost,
            Better::Higher | Better::None => Comparator::AtLeast,
        },
        Class::Points if matches!(sense, Some(Sense::Rise | Sense::Fall)) => Comparator::Equal,
        Class::Points
        | Class::Count
        | Class::Event
        | Class::List
        | Class::Money
        | Class::Condition => Comparator::Equal,
    }
}

/// Whether the words say that the change is measured against an earlier year.
pub(super) fn names_a_base_year(glyphs: &[char]) -> bool {
    // "较2025年提高": the year itself is the base.
    let year = |at: usize| matches!(glyphs[at], '较' | '比') && starts_at(glyphs, at + 1, "20");
    contains_any(glyphs, BASE_YEARS) || (0..glyphs.len()).any(year)
}
