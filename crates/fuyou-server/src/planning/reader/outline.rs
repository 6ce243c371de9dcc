//! Sections and numbered tasks: the skeleton of the plan.

use super::glyphs::string;
use super::labels::{Label, Style};
use super::prepared::Prepared;
use super::target::{Section, Task};

/// Titles longer than this are paragraphs that happen to be numbered.
const TITLE_MAX: usize = 40;

/// The sections and the tasks of the text, in reading order.
pub(super) fn outline(lines: &[Prepared]) -> (Vec<Section>, Vec<Task>) {
    let mut sections: Vec<Section> = Vec::new();
    let mut tasks: Vec<Task> = Vec::new();
    for line in lines {
        for (index, label) in line.labels.iter().enumerate() {
            let end = line
                .labels
                .get(index + 1)
                .map_or(line.glyphs.len(), |next| next.start);
            if line
                .page_number
                .is_some_and(|page| page.start == label.start)
                || blank(line, label.end, end)
            {
                continue;
            }
            let title_end = title_end(line, label.end, end);
            match level(label) {
                Some(level) => sections.push(Section {
                    span: line.span(label.start, title_end),
                    level,
                    title: string(&line.glyphs[label.end..title_end]).trim().to_owned(),
                }),
                None => tasks.push(Task {
                    span: line.span(label.start, end),
                    label: string(&line.glyphs[label.start..label.end]),
                    title: string(&line.glyphs[label.end..title_end]).trim().to_owned(),
                    section: sections.len().checked_sub(1),
                }),
            }
        }
    }
    (sections, tasks)
}

fn blank(line: &Prepared, start: usize, end: usize) -> bool {
    line.glyphs[start..end].iter().all(|c| !c.is_alphanumeric())
}

fn level(label: &Label) -> Option<u8> {
    match label.style {
        Style::Part | Style::Chinese => Some(1),
        Style::ChineseInBrackets => Some(2),
        Style::Arabic | Style::ArabicInBrackets | Style::Circled | Style::Spoken => None,
    }
}

/// A title ends with its sentence; in texts pasted into one line it also ends at a gap.
fn title_end(line: &Prepared, start: usize, end: usize) -> usize {
    let stop = (start..end).skip(1).find(|&at| {
        matches!(line.glyphs[at], '。' | ';' | ':' | '!' | '?' | '\t')
            || (line.glyphs[at] == ' ' && at > start + 2)
    });
    stop.unwrap_or(end).min(start + TITLE_MAX)
}
