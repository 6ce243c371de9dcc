//! The reader's promises: scores on plans with hand-made answers, one table per rule, and clear words for bad files.

mod children;
mod files;
mod names;
mod rules;
mod scores;

use std::sync::LazyLock;

use super::{Dictionary, PlanText, Target};
use crate::planning::dictionary_of;
use crate::testkit::county::national_pack;

/// The indicators and plan terms of the national pack, as the pages and the command line know them.
fn dictionary() -> &'static Dictionary {
    static DICTIONARY: LazyLock<Dictionary> = LazyLock::new(|| dictionary_of(&national_pack()));
    &DICTIONARY
}

fn read(text: &str) -> PlanText {
    super::read(text.as_bytes(), "plan.txt", dictionary()).unwrap()
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
