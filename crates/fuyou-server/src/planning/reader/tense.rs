//! Whether a clause plans or reports. A summary pasted above a plan is full of figures that are no targets.
//!
//! Headings set a mode, words in the sentence correct it, and where a sentence says nothing its paragraph decides.

use super::glyphs::{contains_any, find, starts_at};
use super::labels::Style;
use super::lexicon::{AIMING, AIMS_IN_REPORTS, PLAN_HEADINGS, REPORT_HEADINGS, REPORTING};
use super::numbers::numeral_at;
use super::prepared::Prepared;
use super::quantity::skip_spaces;

/// What the text around a clause is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tense {
    Planned,
    Reported,
}

/// The tense that headings and titles have set, followed through the text.
pub(super) struct Modes {
    mode: Tense,
    /// The year the plan is for, when its title says it; sentences about earlier years report.
    year: Option<i64>,
}

impl Modes {
    /// Starts with what the title says: a plan unless it calls itself a summary.
    pub(super) fn new(lines: &[Prepared]) -> Self {
        let mut titles = lines
            .iter()
            .filter(|line| line.glyphs.iter().any(|c| c.is_alphanumeric()))
            .take(6)
            .filter(|line| line.glyphs.len() <= 60);
        let year = titles
            .clone()
            .filter(|line| contains_any(&line.glyphs, PLAN_HEADINGS))
            .find_map(|line| (0..line.glyphs.len()).find_map(|at| year_at(&line.glyphs, at)));
        let mode = titles
            .next()
            .and_then(|line| of_heading(&line.glyphs))
            .unwrap_or(Tense::Planned);
        Self { mode, year }
    }

    /// Follows a line: a heading may change the mode.
    pub(super) fn enter(&mut self, line: &Prepared) {
        let Some(first) = line.clauses.first() else {
            return;
        };
        let outer = line.labels.first().is_some_and(|label| {
            label.style <= Style::ChineseInBrackets && label.end <= first.start
        });
        let short = line.glyphs.len() <= 30 && !line.glyphs.contains(&'。');
        let heading = if short {
            &line.glyphs[..]
        } else {
            &line.glyphs[first.start..first.end]
        };
        if (short || (outer && heading.len() <= 24))
            && let Some(mode) = of_heading(heading)
        {
            self.mode = mode;
        }
    }

    /// The tense of a clause of the line entered last.
    pub(super) fn of_clause(&self, line: &Prepared, clause: usize) -> Tense {
        let sentence = line.sentence(clause);
        let own = &line.glyphs[line.clauses[clause].start..line.clauses[clause].end];
        let aims = contains_any(own, AIMING);
        if names_a_task(own) {
            return Tense::Planned;
        }
        if self.mode == Tense::Reported {
            let aimed = aims && contains_any(sentence, AIMS_IN_REPORTS) && !is_done(own);
            return if aimed {
                Tense::Planned
            } else {
                Tense::Reported
            };
        }
        if is_done(own) || self.is_about_the_past(own) {
            return Tense::Reported;
        }
        if aims {
            return Tense::Planned;
        }
        let last_year = contains_any(sentence, &["去年"])
            && !contains_any(sentence, &["基础上", "较去年", "比去年"]);
        let reports = last_year
            || contains_any(sentence, REPORTING)
            || is_done(sentence)
            || self.is_about_the_past(sentence)
            || paragraph_reports(line, clause);
        if reports {
            Tense::Reported
        } else {
            Tense::Planned
        }
    }

    /// "2023年,…" in the plan for 2024.
    fn is_about_the_past(&self, words: &[char]) -> bool {
        let start = skip_spaces(words, 0);
        self.year
            .zip(year_at(words, start))
            .is_some_and(|(plan, said)| said < plan)
    }
}

/// The mode a heading sets; none when it says nothing.
fn of_heading(glyphs: &[char]) -> Option<Tense> {
    if contains_any(glyphs, PLAN_HEADINGS) {
        Some(Tense::Planned)
    } else if contains_any(glyphs, REPORT_HEADINGS) {
        Some(Tense::Reported)
    } else {
        None
    }
}

fn year_at(glyphs: &[char], at: usize) -> Option<i64> {
    let numeral = numeral_at(glyphs, at)?;
    let year = numeral.value.as_f64() as i64;
    ((2000..2100).contains(&year) && starts_at(glyphs, numeral.end, "年")).then_some(year)
}

/// "完成年度任务5000人的103%": the number beside 任务 is the aim even of a report.
fn names_a_task(words: &[char]) -> bool {
    ["任务", "目标任务", "任务数", "目标数"].iter().any(|word| {
        find(words, word).is_some_and(|at| numeral_at(words, at + word.chars().count()).is_some())
    })
}

/// A verb with 了: done. (为了, 除了 and 了解 are other words.)
pub(super) fn is_done(words: &[char]) -> bool {
    let perfect = words.iter().enumerate().any(|(at, c)| {
        let before = at.checked_sub(1).map(|i| words[i]);
        *c == '了'
            && !matches!(before, None | Some('为' | '除' | '不'))
            && words.get(at + 1) != Some(&'解')
    });
    perfect || contains_any(words, &["已达", "已完成", "已建", "实际完成", "累计"])
}

/// Whether the list item or paragraph around a clause has more words of report than of aim.
fn paragraph_reports(line: &Prepared, clause: usize) -> bool {
    let at = line.clauses[clause].start;
    let next = line.labels.partition_point(|label| label.start < at);
    let start = line.labels[..next]
        .iter()
        .rev()
        .find(|label| label.style != Style::Spoken)
        .map_or(0, |label| label.end);
    let end = line.labels[next..]
        .iter()
        .find(|label| label.style != Style::Spoken)
        .map_or(line.glyphs.len(), |label| label.start);
    let paragraph = &line.glyphs[start..end.min(start + 800)];
    let reports = count(paragraph, REPORTING)
        + paragraph
            .windows(2)
            .filter(|pair| pair[1] == '了' && !matches!(pair[0], '为' | '除'))
            .count();
    reports > 1
        && reports
            > count(paragraph, AIMING)
                + count(paragraph, &["加强", "进一步", "不断", "努力", "明年"])
}

fn count(words: &[char], cues: &[&str]) -> usize {
    cues.iter().filter(|cue| find(words, cue).is_some()).count()
}
