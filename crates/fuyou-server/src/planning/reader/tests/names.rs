//! One list of names: whatever a plan calls an indicator or a term of the pack, the reader finds that one and no other.

use std::collections::BTreeSet;

use super::super::bind::{Binding, Family};
use super::dictionary;
use crate::testkit::county::national_pack;

#[test]
fn every_name_of_the_pack_binds_to_its_owner() {
    let dictionary = dictionary();
    let mut wrong = Vec::new();
    for term in dictionary.terms() {
        for name in &term.names {
            let found = dictionary.bind(name, Family::Any);
            let owner = match &found {
                Binding::Bound { term, exact: true } => &dictionary.term(*term).id,
                Binding::Bound { .. } | Binding::Ambiguous(_) | Binding::Unknown => "",
            };
            if owner != term.id {
                wrong.push(format!("{name} of {} is {found:?}", term.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_id_is_an_indicator_or_waits_for_a_program() {
    let pack = national_pack();
    let indicators: BTreeSet<&str> = pack.indicators.iter().map(|one| &*one.id).collect();
    let waiting: BTreeSet<&str> = pack.terms.iter().map(|one| &*one.id).collect();
    assert!(!indicators.is_empty() && !waiting.is_empty());
    assert_eq!(
        indicators.intersection(&waiting).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "these are computed and said to wait"
    );
    for term in dictionary().terms() {
        assert!(
            indicators.contains(&*term.id) || waiting.contains(&*term.id),
            "{} is neither an indicator nor a term",
            term.id
        );
    }
    for term in &pack.terms {
        assert!(!term.program.is_empty(), "{} waits for nothing", term.id);
    }
}
