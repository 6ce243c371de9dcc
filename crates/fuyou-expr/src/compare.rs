//! How values compare, and how `like` matches.

use std::cmp::Ordering;

use crate::row::Cell;
use crate::tree::{Comparison, LikePart};

/// Order of two values of one type; `None` when either is `NULL`, or for codes without order among them.
pub(crate) fn order(a: &Cell<'_>, b: &Cell<'_>) -> Option<Ordering> {
    match (a, b) {
        (Cell::Number(a), Cell::Number(b)) => Some(a.cmp(b)),
        (Cell::Text(a), Cell::Text(b)) => Some(a.cmp(b)),
        (Cell::Text(a), Cell::Made(b)) => Some((**a).cmp(b)),
        (Cell::Made(a), Cell::Text(b)) => Some(a.cmp(b)),
        (Cell::Made(a), Cell::Made(b)) => Some(a.cmp(b)),
        (Cell::Boolean(a), Cell::Boolean(b)) => Some(a.cmp(b)),
        (Cell::Codes(a), Cell::Codes(b)) => Some(if a == b {
            Ordering::Equal
        } else {
            Ordering::Less
        }),
        _ => None,
    }
}

pub(crate) fn equal(a: &Cell<'_>, b: &Cell<'_>) -> Option<bool> {
    order(a, b).map(|order| order == Ordering::Equal)
}

pub(crate) fn same(a: &Cell<'_>, b: &Cell<'_>) -> bool {
    match (a, b) {
        (Cell::Null, Cell::Null) => true,
        _ => equal(a, b) == Some(true),
    }
}

pub(crate) fn compare(op: Comparison, a: &Cell<'_>, b: &Cell<'_>) -> Option<bool> {
    order(a, b).map(|order| holds(op, order))
}

/// Whether a comparison is true of two values in this order.
pub(crate) fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}
/// Matches from the left; on a mismatch the last `%` takes one more character, which is enough to try everything.
pub(crate) fn like(text: &str, parts: &[LikePart]) -> bool {
    let mut rest = text.chars();
    let mut at = 0;
    let mut retry = None;
    loop {
        if let Some(LikePart::Anything) = parts.get(at) {
            at += 1;
            retry = Some((rest.clone(), at));
            continue;
        }
        let matched = match (rest.next(), parts.get(at)) {
            (None, None) => return true,
            (Some(_), Some(LikePart::One)) => true,
            (Some(c), Some(LikePart::Exactly(wanted))) => c.eq_ignore_ascii_case(wanted),
            (None, Some(_)) => return false,
            (Some(_), _) => false,
        };
        if matched {
            at += 1;
            continue;
        }
        match &mut retry {
            None => return false,
            Some((from, after)) => {
                if from.next().is_none() {
                    return false;
                }
                rest = from.clone();
                at = *after;
            }
        }
    }
}
