//! Every `toml` block of the reference of the pack language, put together to the pack that it describes, is read and
//! its golden cases pass. What the examples mention and do not show stands in `tests/packs/reference`.

use std::fs;
use std::path::Path;

use super::fixture::{files, messages, with, written};
use crate::cases::run_cases;
use crate::load;

/// Where the blocks under each heading belong.
const PLACES: [(&str, &[&str]); 15] = [
    ("pack.toml", &["pack.toml"]),
    ("Value sets", &["values.toml"]),
    ("Reference curves", &["maternal/curves.toml"]),
    ("program.toml", &["maternal/program.toml"]),
    ("Forms", &["maternal/forms/antenatal.toml"]),
    ("Visits", &["maternal/visits.toml"]),
    ("Risk, scores, rules", &["maternal/rules/levels.toml"]),
    ("Referrals and lists", &["maternal/lists.toml"]),
    ("Charts", &["maternal/charts.toml"]),
    ("Trends", &["maternal/trends.toml"]),
    (
        "Linked enrollments",
        &["maternal/opens.toml", "child_death/opens.toml"],
    ),
    ("Measures and indicators", &["maternal/indicators.toml"]),
    ("Strata", &["maternal/strata.toml"]),
    ("Golden cases", &["maternal/cases/reference.toml"]),
    (
        "Overlays",
        &["over:pack.toml", "over:maternal/program.toml"],
    ),
];

/// The blocks with their headings, in order.
fn blocks(text: &str) -> Vec<(String, String)> {
    let (mut heading, mut found, mut block) = (String::new(), Vec::new(), None::<String>);
    for line in text.lines() {
        match (&mut block, line) {
            (None, "```toml") => block = Some(String::new()),
            (None, line) => {
                if let Some(title) = line.strip_prefix("## ") {
                    heading = title.to_owned();
                }
            }
            (Some(_), "```") => found.push((heading.clone(), block.take().unwrap())),
            (Some(block), line) => {
                block.push_str(line);
                block.push('\n');
            }
        }
    }
    found
}

#[test]
fn every_example_is_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/packs.md");
    let blocks = blocks(&fs::read_to_string(page).unwrap());
    let mut base = Vec::new();
    let mut overlay = Vec::new();
    for (heading, places) in PLACES {
        let own: Vec<&String> = blocks
            .iter()
            .filter(|(title, _)| title == heading)
            .map(|(_, block)| block)
            .collect();
        assert_eq!(own.len(), places.len(), "blocks under `{heading}`");
        for (place, block) in places.iter().zip(own) {
            match place.strip_prefix("over:") {
                Some(path) => overlay.push((path, block.as_str())),
                None => base.push((*place, block.as_str())),
            }
        }
    }
    let known: usize = PLACES.iter().map(|(_, places)| places.len()).sum();
    assert_eq!(
        blocks.len(),
        known,
        "a block stands under a heading that this test does not know"
    );
    let base = with(files("reference"), &base);
    let pack = load(std::slice::from_ref(&base))
        .unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    let report = run_cases(&pack);
    assert_eq!(messages(&report.failures), "");
    assert_eq!(report.ran, 6);
    // The overlay moves the windows that the base's cases expect: it is read without them.
    let mut layers = [base, written("over", &overlay)];
    layers[0]
        .files
        .retain(|file| !file.path.contains("/cases/"));
    let pack = load(&layers).unwrap_or_else(|errors| panic!("{}", messages(&errors.0)));
    assert_eq!(
        (pack.changes.len(), pack.region.as_deref()),
        (3, Some("34"))
    );
}
