//! Rates that are named without a value: masked figures and plain wishes.

use super::bind::{Binding, Family};
use super::clauses::Opening;
use super::comparator::Comparator;
use super::finder::Context;
use super::glyphs::{find_last, first_of, length, string};
use super::implied::{Implied, build};
use super::items::{Sharing, items};
use super::lexicon::{WISHED_LEVELS, WISHES};
use super::phrase::{Stretch, clean, is_rate_phrase};
use super::prepared::Prepared;
use super::target::{Confidence, Kind, Target};

/// "率达xx%": a number is there, but masked.
pub(super) fn masked(context: &Context<'_>, line: &Prepared, stretch: Stretch) -> Vec<Target> {
    let glyphs = stretch.of(&line.glyphs);
    let Some(sign) = glyphs.iter().position(|c| matches!(c, '%' | '‰')) else {
        return Vec::new();
    };
    let run = glyphs[..sign]
        .iter()
        .rev()
        .take_while(|c| matches!(c, 'x' | 'X' | '×' | '_' | '*'))
        .count();
    let start = sign - run;
    let head = &glyphs[..start];
    let end = start
        - ["达到", "达", "为", "不低于", "控制在", "保持在", "稳定在"]
            .iter()
            .filter(|cue| string(head).ends_with(**cue))
            .map(|cue| length(cue))
            .max()
            .unwrap_or(0);
    let phrase = clean(
        &line.glyphs,
        Stretch {
            start: stretch.start,
            end: stretch.start + end,
        },
    );
    if run == 0 || !is_rate_phrase(phrase.of(&line.glyphs)) {
        return Vec::new();
    }
    let at = Stretch {
        start: stretch.start + start,
        end: stretch.start + sign + 1,
    };
    vec![build(
        context,
        line,
        Implied {
            name: phrase.text(&line.glyphs),
            at,
            comparator: Comparator::None,
            value: None,
            unit: "x",
            kind: Kind::Qualitative,
            confidence: Confidence::Low,
        },
        Family::Rate,
    )]
}

/// "降低剖宫产率/// "降低剖宫产率", "提高早孕建册率": kept only when the rate is an indicator we know.
pub(super) fn wish(
    context: &Context<'_>,
    line: &Prepared,
    index: usize,
    stretch: Stretch,
) -> Vec<Target> {
    let Some((at, phrase)) = wished(stretch.of(&line.glyphs), stretch) else {
        return Vec::new();
    };
    let phrase = clean(&line.glyphs, phrase);
    let heading =
        line.clauses[index].opening == Opening::Sentence && phrase.of(&line.glyphs).len() > 30;
    if phrase.is_empty() || heading {
        return Vec::new();
    }
    let sharing = Sharing {
        values: 1,
        distributive: false,
    };
    let names = items(
        phrase.of(&line.glyphs),
        sharing,
        Family::Rate,
        context.dictionary,
    );
    let known = |name: &String| {
        matches!(
            context.dictionary.bind(name, Family::Rate),
            Binding::Bound { .. }
        )
    };
    let (comparator, kind) = (Comparator::None, Kind::Qualitative);
    let one = |name| Implied {
        name,
        at,
        comparator,
        value: None,
        unit: "",
        kind,
        confidence: Confidence::High,
    };
    names
        .into_iter()
        .filter(known)
        .map(|name| build(context, line, one(name), Family::Rate))
        .collect()
}

/// The words of the wish and the phrase it is about.
fn wished(glyphs: &[char], stretch: Stretch) -> Option<(Stretch, Stretch)> {
    if let Some((at, level)) = first_of(glyphs, WISHED_LEVELS) {
        let start = stretch.start + at;
        return Some((
            Stretch::new(start, start + length(level)),
            Stretch::new(stretch.start, start),
        ));
    }
    let verbs = WISHES
        .iter()
        .filter_map(|verb| find_last(glyphs, verb).map(|at| (at, *verb)));
    let (at, verb) = verbs.max_by_key(|(at, verb)| (at + length(verb), length(verb)))?;
    let (start, end) = (stretch.start + at, stretch.start + at + length(verb));
    Some((Stretch::new(start, end), Stretch::new(end, stretch.end)))
}
