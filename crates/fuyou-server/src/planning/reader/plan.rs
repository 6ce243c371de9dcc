//! The order of reading: decode, prepare, find the damage, outline, find the targets.

use super::bind::Dictionary;
use super::damage;
use super::finder::{self, Context};
use super::glyphs::contains_any;
use super::implied;
use super::labels::Style;
use super::lexicon::PLAN_WORDS;
use super::outline::outline;
use super::prepared::Prepared;
use super::source::{ReadError, decode};
use super::tables;
use super::target::{Kind, PlanText, Target};
use super::tense::{self, Tense};

/// Reads a plan from the bytes of a .txt or .docx file, or from pasted text; `name` is the file's name or empty.
///
/// A text without any known target and with hardly any of the words that plans use is refused: nothing is invented.
pub fn read(bytes: &[u8], name: &str, dictionary: &Dictionary) -> Result<PlanText, ReadError> {
    let source = decode(bytes, name)?;
    let mut lines: Vec<Prepared> = source
        .lines
        .iter()
        .enumerate()
        .map(|(index, text)| Prepared::new(index + 1, text))
        .collect();
    let replacement = damage::replacement(&lines);
    for line in &mut lines {
        // A number that was never a label ("2023、" outside a damaged list) ends no clause.
        let to = replacement
            .as_ref()
            .and_then(|replacement| replacement.to.parse::<i64>().ok());
        line.keep_labels(|label| label.value < 1000 || Some(label.value) == to);
    }
    damage::mark_page_numbers(&mut lines);
    split_labels(&mut lines);
    let context = Context {
        dictionary,
        replacement: replacement.as_ref(),
    };
    let mut targets = targets(&context, &lines);
    quote(&source.lines, &mut targets);
    if !is_plan(&lines, &targets) {
        return Err(ReadError::NotAPlan);
    }
    let (sections, tasks) = outline(&lines);
    let damage = damage::survey(&lines, replacement.as_ref(), source.undecodable);
    Ok(PlanText {
        lines: source.lines,
        sections,
        tasks,
        targets,
        damage,
    })
}

/// Gives every target its text as the file has it; targets come in the order of lines.
fn quote(lines: &[String], targets: &mut [Target]) {
    let (mut number, mut line) = (0, Vec::new());
    for target in targets {
        if target.span.line != number {
            number = target.span.line;
            line = lines[number - 1].chars().collect::<Vec<char>>();
        }
        target.text = line[target.span.start..target.span.end].iter().collect();
    }
}

/// Item numbers that run into the number their item begins with.
fn split_labels(lines: &mut [Prepared]) {
    let mut last = 0;
    for line in lines {
        line.split_label(last + 1);
        last = line
            .labels
            .iter()
            .rev()
            .find(|label| label.style == Style::Arabic)
            .map_or(last, |label| label.value);
    }
}

fn targets(context: &Context<'_>, lines: &[Prepared]) -> Vec<Target> {
    let mut found = Vec::new();
    let mut modes = tense::Modes::new(lines);
    let mut header = None;
    for (index, line) in lines.iter().enumerate() {
        let above = lines[..index]
            .iter()
            .rev()
            .take(3)
            .find(|line| !line.clauses.is_empty());
        modes.enter(line);
        let planned = |clause: usize| modes.of_clause(line, clause) == Tense::Planned;
        if tables::is_row(line) {
            if let Some(heading) = tables::header(line) {
                header = Some(heading);
                continue;
            }
            found.extend(finder::row_targets(context, line, header.as_ref()));
        } else {
            header = None;
        }
        let mut here = finder::targets(context, line, above, &|clause| {
            planned(clause) && !tables::is_value_cell(line, line.clauses[clause])
        });
        here.extend(implied::targets(context, line, &planned));
        here.sort_by_key(|target| (target.span.start, target.span.end));
        found.extend(here);
    }
    found
}

const PLAN_WORDS_MIN: usize = 5;

fn is_plan(lines: &[Prepared], targets: &[Target]) -> bool {
    let bound = targets
        .iter()
        .any(|target| target.indicator.is_some() && target.kind != Kind::Qualitative);
    let mut seen = [false; PLAN_WORDS.len()];
    for line in lines {
        for (seen, word) in seen.iter_mut().zip(PLAN_WORDS) {
            *seen = *seen || contains_any(&line.glyphs, &[word]);
        }
    }
    bound || seen.into_iter().filter(|seen| *seen).count() >= PLAN_WORDS_MIN
}
