//! Whether a number is an aim at all: rates nearly always are, counts need a verb of doing or a comparator,
//! rhythms, conditions, baselines and scopes never are.

use super::amounts::{accept_count, accept_event, accept_list, accept_money};
use super::comparator::{Cue, Sense, is_explicit};
use super::glyphs::{contains_any, ends_at, find_last, starts_at, word_before};
use super::lexicon::POLICY;
use super::numbers::Script;
use super::phrase::is_rate_phrase;
use super::prepared::Prepared;
use super::quantity::{Class, Quantity, in_quotes, in_title, is_reference};
use super::target::Kind;

/// A number in its clause, with all that acceptance looks at.
pub(super) struct Candidate<'a> {
    pub(super) line: &'a Prepared,
    pub(super) clause: usize,
    pub(super) quantity: &'a Quantity,
    pub(super) cue: Option<Cue>,
    /// Where the text before the value that belongs to it begins.
    pub(super) from: usize,
    /// Whether the clause before it in the sentence gave a count target.
    pub(super) chained: bool,
}

/// Words of assessment rules: what is lost for a shortfall is not an aim.
const ASSESSMENT: &[&str] = &["扣", "加分", "计分", "得分", "分值", "权重", "记分"];

/// Whether the candidate is an aim, and which kind its words say; none when it is no aim.
pub(super) fn accept(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    let glyphs = &candidate.line.glyphs;
    if in_title(glyphs, quantity)
        || is_reference(glyphs, quantity)
        || (quantity.script == Script::Chinese && in_quotes(glyphs, quantity))
    {
        return None;
    }
    // "5次及以上率" is part of a name.
    if is_baseline(candidate) || starts_at(glyphs, quantity.end, "率") {
        return None;
    }
    match quantity.class {
        Class::Rate => accept_rate(candidate),
        Class::Points => accept_points(candidate),
        Class::Count => accept_count(candidate),
        Class::Event => accept_event(candidate),
        Class::List => accept_list(candidate),
        Class::Money => accept_money(candidate),
        Class::Time => (is_explicit(quantity, candidate.cue) && ends_like_duration(candidate))
            .then_some(Kind::Target),
        Class::Score => accept_score(candidate),
        Class::Ratio => is_rate_phrase(before(candidate)).then_some(Kind::Target),
        Class::Bare => accept_bare(candidate),
        Class::Condition => None,
    }
}

/// The text before the value, or before its cue.
pub(super) fn before<'a>(candidate: &'a Candidate<'_>) -> &'a [char] {
    let end = candidate
        .cue
        .map_or(candidate.quantity.start, |cue| cue.start);
    let stretch = super::phrase::Stretch {
        start: candidate.from,
        end: end.max(candidate.from),
    };
    super::phrase::clean(&candidate.line.glyphs, stretch).of(&candidate.line.glyphs)
}

/// The clause before the value, at most 90 characters of it.
pub(super) fn clause_before<'a>(candidate: &'a Candidate<'_>) -> &'a [char] {
    let clause = candidate.line.clauses[candidate.clause];
    &candidate.line.glyphs[clause
        .start
        .max(candidate.quantity.start.saturating_sub(90))
        ..candidate.quantity.start]
}

/// The clause behind the value, at most 60 characters of it.
pub(super) fn clause_after<'a>(candidate: &'a Candidate<'_>) -> &'a [char] {
    let clause = candidate.line.clauses[candidate.clause];
    let from = candidate.quantity.end.min(clause.end);
    &candidate.line.glyphs[from..clause.end.min(from + 60)]
}

/// "从3种扩大到29种", "在去年85%的基础上": the level to start from.
fn is_baseline(candidate: &Candidate<'_>) -> bool {
    let glyphs = &candidate.line.glyphs;
    let start = candidate.quantity.start;
    let after = clause_after(candidate);
    let changed = contains_any(
        after,
        &[
            "提高", "提升", "扩大", "增加", "增至", "下降", "降低", "降到", "降至", "上升", "升至",
            "减少", "扩展", "调整", "缩短", "增长",
        ],
    );
    let from_word = word_before(
        &glyphs[..start],
        start,
        &[
            "从",
            "由",
            "从目前的",
            "由目前的",
            "从现在的",
            "由去年的",
            "从去年的",
            "由上年的",
            "从上年的",
            "从原来的",
            "由原来的",
        ],
    );
    let named_base = word_before(
        &glyphs[..start],
        start,
        &[
            "去年",
            "上年",
            "去年的",
            "上年的",
            "目前的",
            "现在的",
            "原来的",
            "现有",
            "现有的",
            "原有",
            "上一年",
            "上一年的",
        ],
    );
    (from_word.is_some() && changed)
        || named_base.is_some()
        || super::glyphs::find(&after[..after.len().min(8)], "的基础上").is_some()
}

fn accept_rate(candidate: &Candidate<'_>) -> Option<Kind> {
    let sentence = candidate.line.sentence(candidate.clause);
    let share = ends_at(&candidate.line.glyphs, candidate.quantity.start, "占")
        || contains_any(clause_before(candidate), &["权重", "分值"]);
    if (share && !is_explicit(candidate.quantity, candidate.cue)) || scores(sentence) {
        return None;
    }
    // "任务5000人的103.36%" tells how much of a task was done; two decimals are measured, not planned.
    let measured = candidate
        .quantity
        .value
        .to_string()
        .split_once('.')
        .is_some_and(|(_, decimals)| decimals.len() >= 2);
    let explicit = candidate.quantity.closing.is_some()
        || candidate
            .cue
            .is_some_and(|cue| matches!(cue.sense, Sense::Floor | Sense::Cap | Sense::Control));
    let after_count = ends_at(&candidate.line.glyphs, candidate.quantity.start, "的")
        && candidate
            .line
            .quantities_in(
                candidate.line.clauses[candidate.clause].start,
                candidate.quantity.start,
            )
            .iter()
            .any(|q| q.class == Class::Count && q.end + 1 == candidate.quantity.start);
    if (measured && !explicit) || after_count {
        return None;
    }
    let change = candidate
        .cue
        .is_some_and(|cue| matches!(cue.sense, Sense::Rise | Sense::Fall));
    Some(if change {
        Kind::Growth
    } else {
        rate_kind(candidate)
    })
}

fn scores(sentence: &[char]) -> bool {
    contains_any(sentence, ASSESSMENT)
        && contains_any(
            sentence,
            &[
                "每下降",
                "每低",
                "每高",
                "每少",
                "每缺",
                "每上升",
                "每提高",
                "每超",
                "每降",
                "扣",
            ],
        )
        && contains_any(sentence, &["分"])
}

fn rate_kind(candidate: &Candidate<'_>) -> Kind {
    if contains_any(clause_before(candidate), POLICY) {
        Kind::PolicyParameter
    } else {
        Kind::Target
    }
}

fn accept_points(candidate: &Candidate<'_>) -> Option<Kind> {
    let clause = candidate.line.clauses[candidate.clause];
    let words = &candidate.line.glyphs[clause.start..clause.end];
    let change = contains_any(
        words,
        &[
            "提高", "提升", "增加", "增长", "上升", "下降", "降低", "减少", "低于", "高于", "超过",
            "增幅", "降幅", "降",
        ],
    );
    if !change || scores(candidate.line.sentence(candidate.clause)) {
        return None;
    }
    Some(if contains_any(words, POLICY) {
        Kind::PolicyParameter
    } else {
        Kind::Growth
    })
}

fn ends_like_duration(candidate: &Candidate<'_>) -> bool {
    word_before(
        before(candidate),
        before(candidate).len(),
        &["住院日", "时间", "时长", "天数", "床日", "住院天数", "周期"],
    )
    .is_some()
}

fn accept_score(candidate: &Candidate<'_>) -> Option<Kind> {
    let aimed = contains_any(
        before(candidate),
        &[
            "得分",
            "分数",
            "成绩",
            "考核",
            "满意度",
            "评分",
            "评估",
            "评价",
        ],
    ) && !contains_any(before(candidate), &["高危", "风险"]);
    (aimed
        && is_explicit(candidate.quantity, candidate.cue)
        && !starts_at(clause_after(candidate), 0, "的"))
    .then_some(Kind::Target)
}

/// A number without a unit counts only beside a name that wants one: "总和生育率1.5左右", "性别比控制在110以内".
fn accept_bare(candidate: &Candidate<'_>) -> Option<Kind> {
    let words = before(candidate);
    let none = candidate.quantity.value.as_f64() == 0.0
        && ["死亡", "事故", "发生", "破伤风", "病例"]
            .iter()
            .any(|case| ends_at(words, words.len(), case));
    if none && candidate.cue.is_some() {
        return Some(Kind::Target);
    }
    let named =
        is_rate_phrase(words) || find_last(words, "数").is_some_and(|at| at + 1 == words.len());
    (named
        && is_explicit(candidate.quantity, candidate.cue)
        && candidate.quantity.script == Script::Arabic)
        .then_some(Kind::Target)
}
