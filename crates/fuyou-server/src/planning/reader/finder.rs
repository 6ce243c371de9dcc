//! Finds the targets of a line: accepted values, each with the indicator phrase it belongs to.

use super::accept::{Candidate, accept};
use super::bind::Dictionary;
use super::build::{build, family};
use super::clauses::Opening;
use super::comparator::{Cue, cue_before};
use super::damage::Replacement;
use super::glyphs::{contains_any, length, starts_at, string, uniform, word_before};
use super::items::{Sharing, items};
use super::lexicon::DISTRIBUTIVE;
use super::naming::{context_words, indicator_phrase};
use super::phrase::{Stretch, clean};
use super::prepared::Prepared;
use super::quantity::{Class, Quantity};
use super::target::{Kind, Note, Target};

/// What all finders need beside the line.
pub(super) struct Context<'a> {
    pub(super) dictionary: &'a Dictionary,
    pub(super) replacement: Option<&'a Replacement>,
}

/// What a sentence has said so far.
#[derive(Default)]
pub(super) struct Said {
    /// The phrase before a colon.
    pub(super) subject: Option<Stretch>,
    /// The names of the last target.
    pub(super) indicator: Option<String>,
    /// Whether the clause before gave a count.
    pub(super) counted: bool,
}

/// An accepted value and its place.
#[derive(Clone, Copy)]
pub(super) struct Accepted<'q> {
    pub(super) clause: usize,
    pub(super) quantity: &'q Quantity,
    pub(super) cue: Option<Cue>,
    pub(super) kind: Kind,
    /// Where the phrase may begin and must end.
    pub(super) phrase: Stretch,
    pub(super) distributive: bool,
}

/// The targets of `line` among the clauses that `planned` lets pass; `above` is the line before, for values that stand alone.
pub(super) fn targets(
    context: &Context<'_>,
    line: &Prepared,
    above: Option<&Prepared>,
    planned: &dyn Fn(usize) -> bool,
) -> Vec<Target> {
    let mut found = Vec::new();
    let mut said = Said::default();
    let mut next = 0;
    for (index, clause) in line.clauses.iter().enumerate() {
        match clause.opening {
            // After a semicolon the sentence goes on: "到2005年达到60%;到2010年达到80%".
            Opening::Sentence
                if index > 0 && clause.start > 0 && line.glyphs[clause.start - 1] == ';' =>
            {
                said.subject = None
            }
            Opening::Sentence | Opening::Cell => said = Said::default(),
            Opening::Colon => {
                said.subject = index.checked_sub(1).map(|i| {
                    clean(
                        &line.glyphs,
                        Stretch {
                            start: line.clauses[i].start,
                            end: line.clauses[i].end,
                        },
                    )
                })
            }
            Opening::Comma => {}
        }
        let first = next;
        while next < line.quantities.len() && line.quantities[next].start < clause.end {
            next += 1;
        }
        if !planned(index) {
            said.counted = false;
            continue;
        }
        let accepted = accepted(line, index, &line.quantities[first..next], &said);
        let before = found.len();
        for group in groups(line, &accepted) {
            found.extend(assemble(context, line, above, group, &mut said));
        }
        said.counted = found[before..]
            .iter()
            .any(|target: &Target| target.kind == Kind::Target)
            && found.len() > before
            && accepted.iter().any(|a| a.quantity.class == Class::Count);
    }
    found
}

fn accepted<'q>(
    line: &'q Prepared,
    clause: usize,
    quantities: &'q [Quantity],
    said: &Said,
) -> Vec<Accepted<'q>> {
    let glyphs = &line.glyphs;
    let mut from = line.clauses[clause].start;
    let mut limit: Option<usize> = None;
    let mut found: Vec<Accepted<'q>> = Vec::new();
    for quantity in quantities {
        // "90%以上的社区建设1所…": the rate is the target, the count says of what.
        let attribute = quantity.class != Class::Rate
            && found.first().is_some_and(|first| {
                first.quantity.class == Class::Rate && glyphs.get(first.quantity.end) == Some(&'的')
            });
        if attribute {
            continue;
        }
        let cue = cue_before(glyphs, from, quantity.start);
        let candidate = Candidate {
            line,
            clause,
            quantity,
            cue,
            from,
            chained: said.counted,
        };
        let end = cue.map_or(quantity.start, |cue| cue.start);
        let Some(kind) = accept(&candidate) else {
            // "在去年85%的基础上": what the phrase is about begins behind the baseline.
            if starts_at(glyphs, quantity.end, "的基础上") {
                from = quantity.end + length("的基础上");
            }
            // "从3种扩大到29种": the phrase of what follows ends before 从.
            let baseline =
                word_before(&glyphs[..quantity.start], quantity.start, &["从", "由"]).is_some();
            limit = if baseline {
                Some(quantity.start - 1)
            } else {
                limit
            };
            continue;
        };
        let phrase = Stretch {
            start: from,
            end: limit.take().unwrap_or(end).clamp(from, end.max(from)),
        };
        let distributive = contains_any(&glyphs[from..quantity.start], DISTRIBUTIVE);
        found.push(Accepted {
            clause,
            quantity,
            cue,
            kind,
            phrase,
            distributive,
        });
        from = quantity.end;
    }
    found
}

/// Values of one list ("85%、90%和95%") together, all others alone.
fn groups<'a, 'q>(line: &Prepared, accepted: &'a [Accepted<'q>]) -> Vec<&'a [Accepted<'q>]> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 1..=accepted.len() {
        if at == accepted.len() || !is_listed(line, &accepted[at - 1], &accepted[at]) {
            found.push(&accepted[start..at]);
            start = at;
        }
    }
    found.retain(|group: &&[Accepted<'_>]| !group.is_empty());
    found
}

fn is_listed(line: &Prepared, before: &Accepted<'_>, after: &Accepted<'_>) -> bool {
    let between = string(&line.glyphs[before.quantity.end..after.quantity.start]);
    let between = between.trim_matches(|c| matches!(c, ' ' | '、' | '和' | '与' | '及' | '以'));
    let end = after.cue.map_or(after.quantity.start, |cue| cue.start);
    between.is_empty()
        || (before.quantity.class == after.quantity.class
            && clean(
                &line.glyphs,
                Stretch {
                    start: before.quantity.end,
                    end,
                },
            )
            .is_empty()
            && after.cue.is_some()
            && !matches!(after.kind, Kind::Growth))
}

fn assemble(
    context: &Context<'_>,
    line: &Prepared,
    above: Option<&Prepared>,
    group: &[Accepted<'_>],
    said: &mut Said,
) -> Vec<Target> {
    let Some(first) = group.first() else {
        return Vec::new();
    };
    let family = family(first);
    let (phrase, mut notes) = match indicator_phrase(line, above, first, said) {
        Some(found) => found,
        None => return Vec::new(),
    };
    let sharing = Sharing {
        values: group.len(),
        distributive: first.distributive,
    };
    let is_list = !matches!(
        first.quantity.class,
        Class::Count | Class::Event | Class::List
    ) || group.len() > 1;
    let names = if is_list {
        items(&uniform(&phrase), sharing, family, context.dictionary)
    } else {
        vec![phrase.clone()]
    };
    said.indicator = names
        .last()
        .cloned()
        .filter(|name| !name.is_empty())
        .or(said.indicator.take());
    // "5‰与6‰以下": the closing words belong to every value of the list.
    let closing = group.last().and_then(|last| last.quantity.closing);
    let mut found = Vec::new();
    for (index, item) in group.iter().enumerate() {
        let mut quantity = item.quantity.clone();
        quantity.closing = quantity.closing.or(closing);
        // "任务数分别为4200人、4000人": so does the cue before the first.
        let item = &Accepted {
            cue: item.cue.or(first.cue),
            ..*item
        };
        let names: Vec<&String> = match (group.len(), names.len()) {
            (1, _) => names.iter().collect(),
            (values, count) if values == count => vec![&names[index]],
            _ => vec![&phrase],
        };
        if group.len() > 1 {
            notes.push(if names.len() == 1 && names[0] != &phrase {
                Note::ByOrder
            } else {
                Note::Unmatched
            });
        } else if names.len() > 1 {
            notes.push(Note::Shared);
        }
        for name in &names {
            found.push(build(
                context,
                line,
                item,
                &quantity,
                name,
                notes.clone(),
                &context_words(line, item.clause),
            ));
        }
        notes.retain(|note| !matches!(note, Note::ByOrder | Note::Unmatched));
    }
    found
}

/// The targets of a table row.
pub(super) fn row_targets(
    context: &Context<'_>,
    line: &Prepared,
    header: Option<&super::tables::Header>,
) -> Vec<Target> {
    super::tables::values(line, header)
        .into_iter()
        .filter(|cell| !super::tables::is_continuation(&cell.name))
        .map(|cell| {
            let mut quantity = cell.quantity.clone();
            if quantity.class == Class::Bare
                && let Some((_, class)) = &cell.unit
            {
                quantity.class = *class;
            }
            let start = line.clauses[cell.clause].start;
            let cue = cue_before(&line.glyphs, start, quantity.start);
            let accepted = Accepted {
                clause: cell.clause,
                quantity: cell.quantity,
                cue,
                kind: Kind::Target,
                phrase: Stretch { start, end: start },
                distributive: false,
            };
            let unit = cell
                .unit
                .filter(|_| quantity.unit.is_empty())
                .map(|(unit, _)| unit);
            let mut target = build(
                context,
                line,
                &accepted,
                &quantity,
                &cell.name,
                Vec::new(),
                &[],
            );
            if let Some(unit) = unit {
                target.unit = unit;
            }
            target
        })
        .collect()
}
