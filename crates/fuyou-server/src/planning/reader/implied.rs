//! Aims without a figure of their own: below the provincial mean, full coverage, none at all, and plain wishes.

use super::bind::{Binding, Family};
use super::clauses::Opening;
use super::comparator::Comparator;
use super::finder::Context;
use super::glyphs::{contains_any, find, find_last, length, starts_at, string, word_before};
use super::numbers::Number;
use super::phrase::{Sharing, Stretch, clean, is_rate_phrase, items};
use super::prepared::Prepared;
use super::quantity::Class;
use super::target::{Confidence, Kind, Note, Target};

/// The targets without a number in the clauses that `planned` lets pass.
pub(super) fn targets(context: &Context<'_>, line: &Prepared, planned: &dyn Fn(usize) -> bool) -> Vec<Target> {
    let mut found = Vec::new();
    for index in (0..line.clauses.len()).filter(|index| planned(*index)) {
        let clause = line.clauses[index];
        let stretch = Stretch { start: clause.start, end: clause.end.min(clause.start + 80) };
        let numeric = line.quantities_in(clause.start, clause.end).iter().any(|q| matches!(q.class, Class::Rate | Class::Points));
        if numeric {
            continue;
        }
        let mut here = relative(context, line, stretch);
        if here.is_empty() {
            here = zero(context, line, stretch);
        }
        if here.is_empty() {
            here = coverage(context, line, stretch);
        }
        if here.is_empty() {
            here = masked(context, line, stretch);
        }
        if here.is_empty() {
            here = wish(context, line, index, stretch);
        }
        found.extend(here);
    }
    found
}

struct Implied {
    name: String,
    at: Stretch,
    comparator: Comparator,
    value: Option<i64>,
    unit: &'static str,
    kind: Kind,
    confidence: Confidence,
}

fn build(context: &Context<'_>, line: &Prepared, implied: Implied, family: Family) -> Target {
    let mut notes = Vec::new();
    let indicator = match context.dictionary.bind(&implied.name, family) {
        Binding::Bound { term, .. } => Some(context.dictionary.term(term)),
        Binding::Ambiguous(terms) => {
            notes.push(Note::Candidates(terms.iter().map(|term| context.dictionary.term(*term).id.clone()).collect()));
            None
        }
        Binding::Unknown => None,
    };
    if implied.kind == Kind::Qualitative && implied.unit == "x" {
        notes.push(Note::Masked);
    }
    let unit = match implied.unit {
        "" if implied.kind == Kind::Relative => indicator.map_or_else(|| "%".to_owned(), |term| term.unit.clone()),
        "x" => String::new(),
        unit => unit.to_owned(),
    };
    Target {
        span: line.span(implied.at.start, implied.at.end),
        text: implied.at.text(&line.glyphs),
        indicator_as_written: implied.name,
        indicator: indicator.map(|term| term.id.clone()),
        comparator: implied.comparator,
        value: implied.value.map(Number::integer),
        value_high: None,
        unit,
        kind: implied.kind,
        confidence: implied.confidence,
        notes,
    }
}

/// "剖宫产率控制在全省、全市均值以下", "高于全省平均水平".
fn relative(context: &Context<'_>, line: &Prepared, stretch: Stretch) -> Vec<Target> {
    let glyphs = stretch.of(&line.glyphs);
    let Some((mean, word)) = ["平均水平", "均值", "平均值", "平均数", "平均线", "平均"].iter().find_map(|word| find(glyphs, word).map(|at| (at, *word))) else {
        return Vec::new();
    };
    let place = places_before(glyphs, mean);
    if place == mean {
        return Vec::new();
    }
    let after = mean + length(word);
    let closing = ["及以下", "以下", "之下", "以内"].iter().find(|word| starts_at(glyphs, after, word));
    let rising = ["及以上", "以上", "之上"].iter().find(|word| starts_at(glyphs, after, word));
    let head = &glyphs[..place];
    let below = closing.is_some() || ["低于", "不高于", "不超过", "少于"].iter().any(|cue| head.ends_with(&cue.chars().collect::<Vec<_>>())) && !string(head).ends_with("不低于");
    let above = rising.is_some() || ["高于", "不低于", "优于", "超过", "达到"].iter().any(|cue| string(head).ends_with(cue)) && !string(head).ends_with("不高于") && !string(head).ends_with("不超过");
    if !below && !above {
        return Vec::new();
    }
    let end = head.len() - ["控制在", "低于", "不高于", "不超过", "不低于", "高于", "优于", "超过", "达到", "保持在", "稳定在", "降到", "降至", "在"].iter().filter(|cue| string(head).ends_with(**cue)).map(|cue| length(cue)).max().unwrap_or(0);
    let phrase = clean(&line.glyphs, Stretch { start: stretch.start, end: stretch.start + end });
    if phrase.is_empty() || !is_rate_phrase(phrase.of(&line.glyphs)) {
        return Vec::new();
    }
    let until = after + closing.or(rising).map_or(0, |word| length(word));
    let at = Stretch { start: stretch.start + place, end: stretch.start + until };
    let comparator = if below { Comparator::BelowReference } else { Comparator::AboveReference };
    let names = items(phrase.of(&line.glyphs), Sharing { values: 1, distributive: contains_any(head, &["均", "都"]) }, Family::Rate, context.dictionary);
    names
        .into_iter()
        .map(|name| build(context, line, Implied { name, at, comparator, value: None, unit: "", kind: Kind::Relative, confidence: Confidence::High }, Family::Rate))
        .collect()
}

/// Where the places that a mean is taken over begin: "全省、全市均值".
fn places_before(glyphs: &[char], mean: usize) -> usize {
    const PLACES: &[&str] = &["全国", "全省", "全市", "全县", "全区", "全州", "省级", "市级", "国家", "省", "市", "县", "州", "自治区", "、", "和", "及", "的", "水平"];
    let mut start = mean;
    while let Some(word) = word_before(&glyphs[..start], start, PLACES) {
        start -= length(word);
    }
    start
}

/// 消灭, 杜绝 … with a case that can be counted; "零死亡", "零发生".
fn zero(context: &Context<'_>, line: &Prepared, stretch: Stretch) -> Vec<Target> {
    const VERBS: &[&str] = &["消灭", "消除", "杜绝", "严禁发生", "无发生", "避免发生", "不发生"];
    const CASES: &[&str] = &["死亡", "破伤风", "脊髓灰质炎", "责任事故", "医疗事故", "安全事故"];
    let glyphs = stretch.of(&line.glyphs);
    let (verb_at, verb, name) = if let Some((at, verb)) = VERBS.iter().find_map(|verb| find(glyphs, verb).map(|at| (at, *verb))) {
        let object = Stretch { start: stretch.start + at + length(verb), end: stretch.end };
        (at, verb, string(object.of(&line.glyphs)))
    } else if let Some((at, word)) = ["零死亡", "零发生", "为零", "零事故"].iter().find_map(|word| find(glyphs, word).map(|at| (at, *word))) {
        let subject = clean(&line.glyphs, Stretch { start: stretch.start, end: stretch.start + at });
        (at, word, format!("{}{}", subject.text(&line.glyphs), if word == "零死亡" { "死亡" } else { "" }))
    } else {
        return Vec::new();
    };
    let tail: String = name.chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
    if name.chars().count() > 20 || !CASES.iter().any(|case| tail.contains(case)) {
        return Vec::new();
    }
    let at = Stretch { start: stretch.start + verb_at, end: stretch.start + verb_at + length(verb) };
    vec![build(context, line, Implied { name, at, comparator: Comparator::Equal, value: Some(0), unit: "例", kind: Kind::ImpliedZero, confidence: Confidence::Medium }, Family::Any)]
}

/// "实现…全覆盖".
fn coverage(context: &Context<'_>, line: &Prepared, stretch: Stretch) -> Vec<Target> {
    let glyphs = stretch.of(&line.glyphs);
    let Some(at) = find_last(glyphs, "全覆盖") else { return Vec::new() };
    let Some(verb) = ["实现", "达到", "确保", "做到", "力争", "完成"].iter().filter_map(|verb| find_last(&glyphs[..at], verb).map(|v| v + length(verb))).max() else {
        return Vec::new();
    };
    // "实现全覆盖" names what is covered before the verb.
    let after = clean(&line.glyphs, Stretch { start: stretch.start + verb, end: stretch.start + at });
    let phrase = if after.is_empty() { clean(&line.glyphs, Stretch { start: stretch.start, end: stretch.start + verb.saturating_sub(2) }) } else { after };
    let ends_clause = at + 3 == glyphs.len();
    if phrase.is_empty() || !ends_clause {
        return Vec::new();
    }
    let name = phrase.text(&line.glyphs);
    let at = Stretch { start: stretch.start + at, end: stretch.start + at + 3 };
    vec![build(context, line, Implied { name, at, comparator: Comparator::Equal, value: Some(100), unit: "%", kind: Kind::ImpliedAll, confidence: Confidence::Medium }, Family::Rate)]
}

/// "率达xx%": a number is there, but masked.
fn masked(context: &Context<'_>, line: &Prepared, stretch: Stretch) -> Vec<Target> {
    let glyphs = stretch.of(&line.glyphs);
    let Some(sign) = glyphs.iter().position(|c| matches!(c, '%' | '‰')) else { return Vec::new() };
    let run = glyphs[..sign].iter().rev().take_while(|c| matches!(c, 'x' | 'X' | '×' | '_' | '*')).count();
    let start = sign - run;
    let head = &glyphs[..start];
    let end = start - ["达到", "达", "为", "不低于", "控制在", "保持在", "稳定在"].iter().filter(|cue| string(head).ends_with(**cue)).map(|cue| length(cue)).max().unwrap_or(0);
    let phrase = clean(&line.glyphs, Stretch { start: stretch.start, end: stretch.start + end });
    if run == 0 || !is_rate_phrase(phrase.of(&line.glyphs)) {
        return Vec::new();
    }
    let at = Stretch { start: stretch.start + start, end: stretch.start + sign + 1 };
    vec![build(context, line, Implied { name: phrase.text(&line.glyphs), at, comparator: Comparator::None, value: None, unit: "x", kind: Kind::Qualitative, confidence: Confidence::Low }, Family::Rate)]
}

/// "降低剖宫产率", "提高早孕建册率": kept only when the rate is an indicator we know.
fn wish(context: &Context<'_>, line: &Prepared, index: usize, stretch: Stretch) -> Vec<Target> {
    const VERBS: &[&str] = &["严格控制", "有效降低", "努力降低", "逐步降低", "降低", "提高", "提升", "减低", "减少"];
    const LEVELS: &[&str] = &["控制在合理水平", "控制在合理范围", "稳中有降", "逐年下降", "持续下降", "保持较低水平"];
    let glyphs = stretch.of(&line.glyphs);
    let (at, phrase) = if let Some((at, level)) = LEVELS.iter().find_map(|level| find(glyphs, level).map(|at| (at, *level))) {
        (Stretch { start: stretch.start + at, end: stretch.start + at + length(level) }, Stretch { start: stretch.start, end: stretch.start + at })
    } else if let Some((at, verb)) = VERBS.iter().filter_map(|verb| find_last(glyphs, verb).map(|at| (at, *verb))).max_by_key(|(at, verb)| (at + length(verb), length(verb))) {
        let start = stretch.start + at;
        (Stretch { start, end: start + length(verb) }, Stretch { start: start + length(verb), end: stretch.end })
    } else {
        return Vec::new();
    };
    let phrase = clean(&line.glyphs, phrase);
    let heading = line.clauses[index].opening == Opening::Sentence && phrase.end - phrase.start.min(phrase.end) > 30;
    if phrase.is_empty() || heading {
        return Vec::new();
    }
    let names = items(phrase.of(&line.glyphs), Sharing { values: 1, distributive: false }, Family::Rate, context.dictionary);
    names
        .into_iter()
        .filter(|name| matches!(context.dictionary.bind(name, Family::Rate), Binding::Bound { .. }))
        .map(|name| build(context, line, Implied { name, at, comparator: Comparator::None, value: None, unit: "", kind: Kind::Qualitative, confidence: Confidence::High }, Family::Rate))
        .collect()
}
