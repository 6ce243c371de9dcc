//! The text of a plan with its targets marked in place.

use super::target::PlanTarget;

/// A stretch of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The characters.
    pub text: String,
    /// The target that stands here, and how it is marked.
    pub mark: Option<(String, &'static str)>,
}

/// Cuts a line at its targets. Where two overlap (one value shared by several indicators) the first one marks it.
pub fn pieces(
    line: &str,
    number: usize,
    targets: &[PlanTarget],
    class: impl Fn(&PlanTarget) -> &'static str,
) -> Vec<Piece> {
    let characters: Vec<char> = line.chars().collect();
    let mut here: Vec<&PlanTarget> = targets
        .iter()
        .filter(|target| target.span.line == number && target.span.start < target.span.end)
        .collect();
    here.sort_by_key(|target| (target.span.start, target.span.end));
    let cut = |from: usize, to: usize| {
        characters[from.min(characters.len())..to.min(characters.len())]
            .iter()
            .collect::<String>()
    };
    let mut pieces = Vec::new();
    let mut at = 0;
    for target in here {
        if target.span.start < at {
            continue;
        }
        pieces.push(Piece {
            text: cut(at, target.span.start),
            mark: None,
        });
        pieces.push(Piece {
            text: cut(target.span.start, target.span.end),
            mark: Some((target.id.to_string(), class(target))),
        });
        at = target.span.end;
    }
    pieces.push(Piece {
        text: cut(at, characters.len()),
        mark: None,
    });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}
