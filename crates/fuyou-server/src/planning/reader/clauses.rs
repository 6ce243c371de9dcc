//! A line cut into clauses: where a phrase may begin and what it follows.

use super::labels::Label;

/// What stands before a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// A full stop, a semicolon, a list label or the start of the line.
    Sentence,
    /// A comma.
    Comma,
    /// A colon: what stands before it names the subject of what follows.
    Colon,
    /// A tab or a bar: the next cell of a table row.
    Cell,
}

/// A stretch of a line without a boundary inside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) opening: Opening,
}

/// The clauses of a line, empty ones left out (their opening passes to the next).
pub(super) fn clauses(glyphs: &[char], labels: &[Label]) -> Vec<Clause> {
    let mut found = Vec::new();
    let mut labels = labels.iter().peekable();
    let (mut start, mut opening) = (0, Opening::Sentence);
    let mut at = 0;
    while at < glyphs.len() {
        if let Some(label) = labels.next_if(|label| label.start == at) {
            push(
                &mut found,
                glyphs,
                Clause {
                    start,
                    end: at,
                    opening,
                },
            );
            (start, opening) = (label.end, Opening::Sentence);
            at = label.end;
            continue;
        }
        if let Some(next) = boundary(glyphs, at) {
            let pushed = push(
                &mut found,
                glyphs,
                Clause {
                    start,
                    end: at,
                    opening,
                },
            );
            // ":," keeps the stronger opening of an empty clause.
            if pushed || next == Opening::Sentence || opening == Opening::Comma {
                opening = next;
            }
            start = at + 1;
        }
        at += 1;
    }
    push(
        &mut found,
        glyphs,
        Clause {
            start,
            end: glyphs.len(),
            opening,
        },
    );
    found
}

fn push(found: &mut Vec<Clause>, glyphs: &[char], clause: Clause) -> bool {
    let solid = glyphs[clause.start..clause.end]
        .iter()
        .any(|c| !c.is_whitespace());
    if solid {
        found.push(clause);
    }
    solid
}

fn boundary(glyphs: &[char], at: usize) -> Option<Opening> {
    let is_digit = |i: Option<usize>| {
        i.and_then(|i| glyphs.get(i))
            .is_some_and(char::is_ascii_digit)
    };
    let between_digits = is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    match glyphs[at] {
        '。' | ';' | '!' | '?' => Some(Opening::Sentence),
        ',' if between_digits && is_thousands(glyphs, at) => None,
        ',' => Some(Opening::Comma),
        ':' if between_digits => None,
        ':' => Some(Opening::Colon),
        '\t' | '|' => Some(Opening::Cell),
        _ => None,
    }
}

fn is_thousands(glyphs: &[char], comma: usize) -> bool {
    let is_digit = |i: usize| glyphs.get(i).is_some_and(char::is_ascii_digit);
    (1..=3).all(|i| is_digit(comma + i)) && !is_digit(comma + 4)
}
