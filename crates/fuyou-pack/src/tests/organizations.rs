//! Programs that follow organizations.

use super::fixture::{errors, files, messages, with};
use crate::cases::run_cases;
use crate::load;
use crate::model::SubjectKind;

#[test]
fn what_is_recorded_about_an_organization_follows_the_same_rules() {
    let pack = load(&[files("wells")]).unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    assert_eq!(pack.programs[0].subject, SubjectKind::Organization);
    let report = run_cases(&pack);
    let found = (messages(&report.failures), messages(&report.uncovered));
    assert_eq!((found, report.ran), (<_>::default(), 5));
}

#[test]
fn nobody_is_born_or_handed_over_there() {
    let check = |path: &str, text: &str, wrong: &str| {
        let found = errors(&[with(files("wells"), &[(path, text)])]);
        assert!(found.contains(wrong), "{found}");
    };
    check(
        "well/more.toml",
        "[facts.age]\ntitle = { zh = \"年龄\", en = \"Age\" }\nis = \"opened_on - person.birth_on\"",
        "person.birth_on",
    );
    check(
        "well/more.toml",
        "[[referral]]\nid = \"away\"\ntitle = { zh = \"转出\", en = \"Away\" }",
        "a program that follows organizations has no referrals",
    );
    check(
        "well/more.toml",
        "[[opens]]\nid = \"again\"\nform = \"look\"\nwhen = \"depth_m < 1\"\nprogram = \"well\"\nwith = \"digging\"",
        "program `well` does not follow persons",
    );
    check(
        "well/more.toml",
        "[facts.far]\ntitle = { zh = \"远\", en = \"Far\" }\nis = \"organization.kind = 'townshop_centre'\"",
        "township_centre",
    );
    check(
        "well/cases/more.toml",
        "[[history]]\nid = \"x\"\nperson = { birth_on = 2026-01-01 }\nencounters = []",
        "the subject of this program has no `person.birth_on`",
    );
}

#[test]
fn a_person_is_no_organization() {
    let text = "[facts.kind]\ntitle = { zh = \"类别\", en = \"Kind\" }\nis = \"organization.kind\"";
    let found = errors(&[with(files("mini"), &[("bicycle/more.toml", text)])]);
    assert!(found.contains("organization.kind"), "{found}");
}
