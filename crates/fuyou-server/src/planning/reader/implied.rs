//! Aims without a figure of their own: below the provincial mean, full coverage, none at all, and plain wishes.

use super::bind::{Binding, Family};
use super::comparator::Comparator;
use super::finder::Context;
use super::glyphs::{contains_any, find_last, first_of, length, string, word_at, word_before};
use super::items::{Sharing, items};
use super::lexicon::{
    ABOVE_MEAN, BELOW_MEAN, MEAN_CUES, MEAN_PLACES, MEANS, ZERO_CASES, ZERO_STATES, ZERO_VERBS,
};
use super::numbers::Number;
use super::phrase::{Stretch, clean, is_rate_phrase};
use super::prepared::Prepared;
use super::quantity::Class;
use super::target::{Confidence, Kind, Note, Target};
use super::wishes::{masked, wish};

/// The targets without a number in the clauses that `planned` lets pass.
pub(super) fn targets(
    context: &Context<'_>,
    line: &Prepared,
    planned: &dyn Fn(usize) -> bool,
) -> Vec<Target> {
    let mut found = Vec::new();
    for index in (0..line.clauses.len()).filter(|index| planned(*index)) {
        let clause = line.clauses[index];
        let stretch = Stretch {
            start: clause.start,
            end: clause.end.min(clause.start + 80),
        };
        let numeric = line
            .quantities_in(clause.start, clause.end)
            .iter()
            .any(|q| matches!(q.class, Class::Rate | Class::Points));
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

/// An aim without a figure, ready to be bound.
pub(super) struct Implied {
    pub(super) name: String,
    pub(super) at: Stretch,
    pub(super) comparator: Comparator,
    pub(super) value: Option<i64>,
    pub(super) unit: &'static str,
    pub(super) kind: Kind,
    pub(super) confidence: Confidence,
}

/// Binds an aim without a figure.
pub(super) fn build(
    context: &Context<'_>,
    line: &Prepared,
    implied: Implied,
    family: Family,
) -> Target {
    let mut notes = Vec::new();
    let indicator = match context.dictionary.bind(&implied.name, family) {
        Binding::Bound { term, .. } => Some(context.dictionary.term(term)),
        Binding::Ambiguous(terms) => {
            notes.push(Note::Candidates(
                terms
                    .iter()
                    .map(|term| context.dictionary.term(*term).id.clone())
                    .collect(),
            ));
            None
        }
        Binding::Unknown => None,
    };
    if implied.kind == Kind::Qualitative && implied.unit == "x" {
        notes.push(Note::Masked);
    }
    let unit = match implied.unit {
        "" if implied.kind == Kind::Relative => {
            indicator.map_or_else(|| "%".to_owned(), |term| term.unit.clone())
        }
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
    let Some((mean, word)) = first_of(glyphs, MEANS) else {
        return Vec::new();
    };
    let place = places_before(glyphs, mean);
    let after = mean + length(word);
    let (head, tail) = (&glyphs[..place], &glyphs[after..]);
    let (below, above) = (word_at(tail, 0, BELOW_MEAN), word_at(tail, 0, ABOVE_MEAN));
    let cue = word_before(head, head.len(), MEAN_CUES).unwrap_or_default();
    let comparator = match cue {
        _ if below.is_some() => Comparator::BelowReference,
        _ if above.is_some() => Comparator::AboveReference,
        "低于" | "不高于" | "不超过" | "少于" | "降到" | "降至" => {
            Comparator::BelowReference
        }
        "高于" | "不低于" | "优于" | "超过" | "达到" => Comparator::AboveReference,
        _ => return Vec::new(),
    };
    let phrase = clean(
        &line.glyphs,
        Stretch::new(stretch.start, stretch.start + place - length(cue)),
    );
    if place == mean || !is_rate_phrase(phrase.of(&line.glyphs)) {
        return Vec::new();
    }
    let until = after + below.or(above).map_or(0, length);
    let at = Stretch::new(stretch.start + place, stretch.start + until);
    let sharing = Sharing {
        values: 1,
        distributive: contains_any(head, &["均", "都"]),
    };
    let names = items(
        phrase.of(&line.glyphs),
        sharing,
        Family::Rate,
        context.dictionary,
    );
    let one = |name| Implied {
        name,
        at,
        comparator,
        value: None,
        unit: "",
        kind: Kind::Relative,
        confidence: Confidence::High,
    };
    names
        .into_iter()
        .map(|name| build(context, line, one(name), Family::Rate))
        .collect()
}

/// Where the places that a mean is taken over begin: "全省、全市均值".
fn places_before(glyphs: &[char], mean: usize) -> usize {
    let mut start = mean;
    while let Some(word) = word_before(&glyphs[..start], start, MEAN_PLACES) {
        start -= length(word);
    }
    start
}

/// 消灭, 杜绝 … with a case that can be counted; "零死亡", "零发生".
fn zero(context: &Context<'_>, line: &Prepared, stretch: Stretch) -> Vec<Target> {
    let glyphs = stretch.of(&line.glyphs);
    let (at, word, name) = if let Some((at, verb)) = first_of(glyphs, ZERO_VERBS) {
        (at, verb, string(&glyphs[at + length(verb)..]))
    } else if let Some((at, word)) = first_of(glyphs, ZERO_STATES) {
        let subject = clean(
            &line.glyphs,
            Stretch::new(stretch.start, stretch.start + at),
        )
        .text(&line.glyphs);
        (
            at,
            word,
            if word == "零死亡" {
                format!("{subject}死亡")
            } else {
                subject
            },
        )
    } else {
        return Vec::new();
    };
    // The case must close the name: "消除新生儿破伤风", not "消除死亡病例中的…".
    let name: Vec<char> = name.chars().collect();
    if name.len() > 20 || !contains_any(&name[name.len().saturating_sub(6)..], ZERO_CASES) {
        return Vec::new();
    }
    let at = Stretch::new(stretch.start + at, stretch.start + at + length(word));
    let (value, unit, kind) = (Some(0), "例", Kind::ImpliedZero);
    let implied = Implied {
        name: string(&name),
        at,
        comparator: Comparator::Equal,
        value,
        unit,
        kind,
        confidence: Confidence::Medium,
    };
    vec![build(context, line, implied, Family::Any)]
}

/// "实现…全覆盖".
fn coverage(context: &Context<'_>, line: &Prepared, stretch: Stretch) -> Vec<Target> {
    let glyphs = stretch.of(&line.glyphs);
    let Some(at) = find_last(glyphs, "全覆盖") else {
        return Vec::new();
    };
    let Some(verb) = ["实现", "达到", "确保", "做到", "力争", "完成"]
        .iter()
        .filter_map(|verb| find_last(&glyphs[..at], verb).map(|v| v + length(verb)))
        .max()
    else {
        return Vec::new();
    };
    // "实现全覆盖" names what is covered before the verb.
    let after = clean(
        &line.glyphs,
        Stretch {
            start: stretch.start + verb,
            end: stretch.start + at,
        },
    );
    let phrase = if after.is_empty() {
        clean(
            &line.glyphs,
            Stretch {
                start: stretch.start,
                end: stretch.start + verb.saturating_sub(2),
            },
        )
    } else {
        after
    };
    let ends_clause = at + 3 == glyphs.len();
    if phrase.is_empty() || !ends_clause {
        return Vec::new();
    }
    let name = phrase.text(&line.glyphs);
    let at = Stretch {
        start: stretch.start + at,
        end: stretch.start + at + 3,
    };
    vec![build(
        context,
        line,
        Implied {
            name,
            at,
            comparator: Comparator::Equal,
            value: Some(100),
            unit: "%",
            kind: Kind::ImpliedAll,
            confidence: Confidence::Medium,
        },
        Family::Rate,
    )]
}
