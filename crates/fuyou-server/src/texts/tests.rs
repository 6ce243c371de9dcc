//! Both languages say everything that is asked for.

use std::collections::BTreeSet;
use std::path::Path;

use fuyou_kernel::Language;

use super::{FILES, has};

fn keys(file: &str) -> BTreeSet<&str> {
    let lines = file
        .lines()
        .filter(|line| !line.starts_with(['#', ' ', '}']) && line.contains(" = "));
    lines
        .map(|line| line.split(" = ").next().unwrap())
        .collect()
}

#[test]
fn both_languages_have_the_same_keys() {
    let mut all = BTreeSet::new();
    for (zh, en) in FILES {
        assert_eq!(keys(zh), keys(en));
        for key in keys(zh) {
            assert!(all.insert(key), "{key} is defined twice");
        }
    }
    for key in all {
        assert!(has(Language::Zh, key) && has(Language::En, key), "{key}");
    }
}

fn files(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every `t("key")` in templates and code exists. Keys put together at run time are covered by their enums.
#[test]
fn every_key_that_is_used_exists() {
    let mut paths = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut paths,
    );
    let mut used = 0;
    for path in paths.iter().filter(|path| {
        path.extension()
            .is_some_and(|end| end == "rs" || end == "html")
    }) {
        let text = std::fs::read_to_string(path).unwrap();
        for start in [
            ".t(\"",
            ".t1(\"",
            "Frame::new(&cx, \"",
            "Frame::new(cx, \"",
            "\"error-",
            "\"menu-",
        ] {
            for (at, _) in text.match_indices(start) {
                let key_at = if start.starts_with('"') {
                    at + 1
                } else {
                    at + start.len()
                };
                let key = text[key_at..].split('"').next().unwrap();
                if key.contains('{') || key == "key" || path.ends_with("texts/tests.rs") {
                    continue;
                }
                assert!(has(Language::Zh, key), "{key} in {}", path.display());
                used += 1;
            }
        }
    }
    assert!(
        used > 100,
        "only {used} keys found: the test looks in the wrong place"
    );
}

#[test]
fn every_word_of_an_enum_has_a_text() {
    use crate::access::Role;
    use crate::registry::{
        Household, IdentityType, Level, OrganizationKind, PersonSex, Profession,
    };
    let check = |prefix: &str, word: &str| {
        let key = format!("{prefix}-{}", word.replace('_', "-"));
        assert!(has(Language::Zh, &key), "{key}");
    };
    Role::ALL
        .into_iter()
        .for_each(|role| check("role", role.word()));
    Level::ALL
        .into_iter()
        .for_each(|level| check("level", level.word()));
    OrganizationKind::ALL
        .into_iter()
        .for_each(|kind| check("kind", kind.word()));
    Profession::ALL
        .into_iter()
        .for_each(|one| check("profession", one.word()));
    PersonSex::ALL
        .iter()
        .for_each(|sex| check("sex", sex.word()));
    IdentityType::ALL
        .iter()
        .for_each(|kind| check("id-type", kind.word()));
    Household::ALL
        .iter()
        .for_each(|kind| check("household", kind.word()));
}
