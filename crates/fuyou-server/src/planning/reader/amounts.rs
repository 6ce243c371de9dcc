//! Which counts, events, lists and sums are aims: a number alone is none, somebody must be going to do something.

use super::accept::{Candidate, before, clause_after, clause_before};
use super::comparator::{Sense, is_explicit};
use super::glyphs::{contains_any, starts_at, word_before};
use super::lexicon::{ACTIONS, POLICY, RHYTHMS};
use super::numbers::Script;
use super::phrase::is_amount_phrase;
use super::target::Kind;

fn has_action(words: &[char]) -> bool {
    contains_any(words, ACTIONS)
}

/// Counts of people, places and things: a comparator, a verb of doing, or a list of such.
pub(super) fn accept_count(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    let glyphs = &candidate.line.glyphs;
    if quantity.script == Script::Chinese {
        return accept_chinese_count(candidate);
    }
    if candidate.cue.is_some_and(|cue| {
        matches!(
            cue.sense,
            Sense::Floor
                | Sense::Task
                | Sense::Cap
                | Sense::Control
                | Sense::Reach
                | Sense::RiseTo
                | Sense::FallTo
                | Sense::Rise
        )
    }) || quantity.closing.is_some()
    {
        // "20人以上的单位" describes the unit.
        return (!describes(candidate)).then_some(Kind::Target);
    }
    let doing_before = has_action(clause_before(candidate));
    let near = &glyphs[candidate.from.max(quantity.start.saturating_sub(12))..quantity.start];
    let for_whom = contains_any(near, &["为", "给", "向", "对"])
        && (has_action(clause_after(candidate))
            || contains_any(clause_after(candidate), &["进行", "实施", "提供"]));
    let closes_clause = clause_after(candidate).is_empty() && !before(candidate).is_empty();
    let listed = candidate.chained && closes_clause;
    let headed = closes_clause && is_amount_phrase(before(candidate));
    (doing_before || for_whom || listed || headed).then_some(Kind::Target)
}

/// Whether the value with its closing words is an attribute: "100人以上的企业".
fn describes(candidate: &Candidate<'_>) -> bool {
    let after = clause_after(candidate);
    starts_at(after, 0, "的") && candidate.cue.is_none() && !has_action(clause_before(candidate))
}

/// "建成一所…", "至少四种…": a building verb straight before, or a floor. All else in Chinese numerals is manner of speaking.
fn accept_chinese_count(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    let glyphs = &candidate.line.glyphs;
    let floor = candidate
        .cue
        .is_some_and(|cue| matches!(cue.sense, Sense::Floor | Sense::Cap))
        || quantity.closing.is_some();
    let one = quantity.value.as_f64() <= 1.0;
    if floor && !one {
        return (!describes(candidate)).then_some(Kind::Target);
    }
    let built = word_before(
        &glyphs[..quantity.start],
        quantity.start,
        &[
            "建成",
            "新建",
            "创建",
            "建设",
            "增设",
            "创成",
            "建立",
            "设立",
            "打造",
            "新增",
            "争创",
            "创建成",
        ],
    )
    .is_some();
    let place =
        matches!(quantity.unit, "所" | "家" | "处" | "间") || (quantity.unit == "个" && !one);
    (built && place).then_some(Kind::Target)
}

fn is_rhythm(candidate: &Candidate<'_>) -> bool {
    let start = candidate.quantity.start;
    let clause = candidate.line.clauses[candidate.clause];
    let from = clause.start.max(start.saturating_sub(16));
    let nearby = &candidate.line.glyphs[from..start];
    let after = clause_after(candidate);
    contains_any(nearby, RHYTHMS)
        || starts_at(after, 0, "/")
        || starts_at(after, 0, "每")
        || nearby.contains(&'每')
}

/// Times and sessions, unless they are a rhythm or a norm per person.
pub(super) fn accept_event(candidate: &Candidate<'_>) -> Option<Kind> {
    // Visits and checks are counted per person, whatever the sentence does with them.
    const PER_PERSON: &[&str] = &[
        "访视", "随访", "检查", "产检", "体检", "检测", "面访", "访", "产前", "筛查",
    ];
    let after = clause_after(candidate);
    let per_person = contains_any(&after[..after.len().min(10)], PER_PERSON)
        && candidate.quantity.closing.is_none();
    if is_rhythm(candidate) || candidate.quantity.script == Script::Chinese || per_person {
        return None;
    }
    let held = contains_any(
        clause_before(candidate),
        &[
            "举办", "组织", "召开", "开展", "承办", "安排", "发表", "刊发", "投稿", "完成", "推出",
            "播放", "培训", "演练", "开课", "授课", "讲课", "巡讲",
        ],
    );
    if !held && !is_explicit(candidate.quantity, candidate.cue) {
        return None;
    }
    accept_count(candidate)
}

/// Items and kinds: a target when compared, else the length of a list.
pub(super) fn accept_list(candidate: &Candidate<'_>) -> Option<Kind> {
    let quantity = candidate.quantity;
    if quantity.unit != "项" || quantity.script == Script::Chinese {
        let explicit = is_explicit(quantity, candidate.cue)
            && !candidate.cue.is_some_and(|cue| {
                cue.sense == Sense::Reach
                    && quantity.closing.is_none()
                    && quantity.script == Script::Chinese
            });
        if explicit {
            return Some(Kind::Target);
        }
    } else if is_explicit(quantity, candidate.cue)
        && (quantity.closing.is_some() || clause_after(candidate).is_empty())
    {
        return Some(Kind::Target);
    }
    // "科研立项5项": the amount closes the clause, so it is no list that is named after it.
    let closes = clause_after(candidate).is_empty() && !before(candidate).is_empty();
    if closes
        && quantity.script == Script::Arabic
        && (quantity.high.is_some()
            || has_action(clause_before(candidate))
            || before(candidate).len() >= 4)
    {
        return Some(Kind::Target);
    }
    let names_a_list = clause_after(candidate)
        .first()
        .is_some_and(|c| c.is_alphabetic());
    (quantity.script == Script::Arabic && names_a_list).then_some(Kind::ProgramCount)
}

/// Money: a parameter of insurance, or a sum with a comparator or a verb.
pub(super) fn accept_money(candidate: &Candidate<'_>) -> Option<Kind> {
    let words = clause_before(candidate);
    if contains_any(words, POLICY) {
        return Some(Kind::PolicyParameter);
    }
    if contains_any(
        words,
        &["每人", "人均", "每例", "每对", "每名", "补助", "标准"],
    ) {
        return is_explicit(candidate.quantity, candidate.cue).then_some(Kind::PolicyParameter);
    }
    let headed = contains_any(
        words,
        &[
            "收入", "营收", "产值", "经费", "资金", "投入", "费用", "争取", "筹措", "筹集",
        ],
    );
    let spent = contains_any(words, &["投入", "争取", "筹措", "筹集"]);
    let aimed = spent
        || is_explicit(candidate.quantity, candidate.cue)
        || clause_after(candidate).is_empty()
        || has_action(words);
    (headed && aimed).then_some(Kind::Target)
}
