//! From an accepted value and a name to a target: binding, repair, comparator, confidence.

use super::bind::{Better, Binding, Family};
use super::comparator::{Comparator, Cue, Sense, comparator, names_a_base_year};
use super::damage::{is_implausible, is_suspicious, repaired, stamp};
use super::finder::{Accepted, Context};
use super::glyphs::{contains_any, string};
use super::items::borrowed;
use super::lexicon::LOWER_IS_BETTER;
use super::numbers::Number;
use super::prepared::Prepared;
use super::quantity::{Class, Quantity};
use super::target::{Confidence, Kind, Note, Target};

/// The target of one value under one name.
pub(super) fn build(
    context: &Context<'_>,
    line: &Prepared,
    accepted: &Accepted<'_>,
    quantity: &Quantity,
    name: &str,
    mut notes: Vec<Note>,
    earlier: &[String],
) -> Target {
    let binding = bind(context, name, earlier, family(accepted));
    let term = match &binding {
        Binding::Bound { term, .. } => Some(context.dictionary.term(*term)),
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
    let text = source_text(line, quantity);
    let (value, mut confidence) = believed(context, line, quantity, accepted.kind, &mut notes);
    let growth = accepted.kind == Kind::Growth;
    match accepted.cue.map(|cue| cue.sense) {
        Some(Sense::Rise) if growth || quantity.class == Class::Count => notes.push(Note::Rise),
        Some(Sense::Fall) => notes.push(Note::Fall),
        _ => {}
    }
    if matches!(binding, Binding::Ambiguous(_)) || notes.contains(&Note::Unmatched) {
        confidence = confidence.min(Confidence::Medium);
    }
    let better = term.map_or_else(|| better_by_name(name), |term| term.better);
    let kind = kind_of(accepted, line);
    let cue = promised(line, accepted);
    let growth = kind == Kind::Growth;
    let comparator = match kind {
        Kind::ProgramCount => Comparator::None,
        _ => comparator(
            &Quantity {
                value,
                ..quantity.clone()
            },
            cue,
            better,
            growth,
        ),
    };
    let own_unit = || term.map_or(String::new(), |term| term.unit.clone());
    Target {
        span: line.span(quantity.start, quantity.end),
        text,
        indicator_as_written: name.trim().to_owned(),
        indicator: term.map(|term| term.id.clone()),
        comparator,
        value: Some(value),
        value_high: quantity.high,
        unit: if quantity.class == Class::Bare {
            own_unit()
        } else {
            quantity.unit.to_owned()
        },
        kind,
        confidence,
        notes,
    }
}

/// The value that is believed, and how much: replaced digits are put back, impossible values are kept and said.
fn believed(
    context: &Context<'_>,
    line: &Prepared,
    quantity: &Quantity,
    kind: Kind,
    notes: &mut Vec<Note>,
) -> (Number, Confidence) {
    let (glyphs, written) = (&line.glyphs, source_text(line, quantity));
    let mended = context
        .replacement
        .and_then(|replacement| repaired(glyphs, quantity, replacement));
    let value = mended.unwrap_or(quantity.value);
    let mut confidence = Confidence::High;
    if mended.is_some() || stamp(glyphs, quantity).is_some() {
        notes.push(Note::Repaired {
            written,
            read: format!("{value}{}", quantity.unit),
        });
        confidence = Confidence::Medium;
    } else if is_suspicious(glyphs, quantity) && quantity.class != Class::Count {
        notes.push(Note::Suspicious);
        confidence = Confidence::Low;
    }
    if is_implausible(quantity, value) && kind != Kind::Growth {
        notes.push(Note::Implausible);
        confidence = Confidence::Low;
    }
    (value, confidence)
}

/// Which indicators the value of a target may belong to.
pub(super) fn family(accepted: &Accepted<'_>) -> Family {
    match (accepted.kind, accepted.quantity.class) {
        (Kind::Growth, _) | (_, Class::Bare | Class::Points | Class::Score | Class::Time) => {
            Family::Any
        }
        (_, Class::Rate) => Family::Rate,
        _ => Family::Amount,
    }
}

fn bind(context: &Context<'_>, name: &str, earlier: &[String], family: Family) -> Binding {
    let own = context.dictionary.bind(name, family);
    if own != Binding::Unknown {
        return own;
    }
    if let Some(full) = earlier
        .iter()
        .find_map(|earlier| borrowed(earlier, name, family, context.dictionary))
    {
        return context.dictionary.bind(&full, family);
    }
    match earlier.first() {
        Some(earlier) if name.chars().count() <= 6 && earlier.chars().count() <= 16 => {
            context.dictionary.bind(&format!("{earlier}{name}"), family)
        }
        _ => own,
    }
}

/// "保证每天有50名": what is promised to be there is a floor.
fn promised(line: &Prepared, accepted: &Accepted<'_>) -> Option<Cue> {
    let before = &line.glyphs[accepted.phrase.start..accepted.quantity.start];
    let promise = contains_any(before, &["保证", "确保"]) && before.ends_with(&['有']);
    accepted.cue.map(|cue| {
        if promise && cue.sense == Sense::Is {
            Cue {
                sense: Sense::Floor,
                ..cue
            }
        } else {
            cue
        }
    })
}

/// A step without a base year ("降低5个百分点") is an ordinary target; against last year it is growth.
fn kind_of(accepted: &Accepted<'_>, line: &Prepared) -> Kind {
    if accepted.kind == Kind::Growth && accepted.quantity.class == Class::Points {
        let based = names_a_base_year(line.sentence(accepted.clause));
        return if based { Kind::Growth } else { Kind::Target };
    }
    accepted.kind
}

/// The direction that a name shows by itself when no indicator is bound.
fn better_by_name(name: &str) -> Better {
    if LOWER_IS_BETTER.iter().any(|word| name.contains(word))
        && !name.contains("评审")
        && !name.contains("筛查")
        && !name.contains("控制率")
        && !name.contains("知晓")
        && !name.contains("管理率")
    {
        Better::Lower
    } else {
        Better::None
    }
}

fn source_text(line: &Prepared, quantity: &Quantity) -> String {
    string(&line.glyphs[quantity.start..quantity.end])
}
