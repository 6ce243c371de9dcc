//! The reader's promises: scores on plans with hand-made answers, one table per rule, and clear words for bad files.

mod files;
mod rules;
mod scores;

use super::{Dictionary, PlanText, Target};
use crate::planning::terms;

/// The plan terms of the national pack.
fn dictionary() -> Dictionary {
    terms::dictionary(include_str!("../../../../../../packs/cn/plan_terms.csv")).unwrap()
}

fn read(text: &str) -> PlanText {
    super::read(text.as_bytes(), "plan.txt", &dictionary()).unwrap()
}

/// One target as one line: comparator, value, unit, indicator or the phrase as written in brackets.
fn show(target: &Target) -> String {
    let value = match (target.value, target.value_high) {
        (Some(low), Some(high)) => format!("{low}-{high}"),
        (Some(value), None) => value.to_string(),
        _ => String::new(),
    };
    let name = target
        .indicator
        .clone()
        .unwrap_or_else(|| format!("[{}]", target.indicator_as_written));
    format!("{} {value}{} {name}", target.comparator.sign(), target.unit)
}
