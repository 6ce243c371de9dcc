//! Every pack of the project is good and passes its golden cases; the commands say so.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of this repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs `fuyou pack …` in the root; returns whether it succeeded and what it printed.
fn fuyou_pack(arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fuyou"));
    let output = command
        .current_dir(root())
        .arg("pack")
        .args(arguments)
        .output()
        .expect("the binary was built");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

#[test]
fn every_pack_is_good_and_passes_its_cases() {
    let mut packs = Vec::new();
    if let Ok(entries) = std::fs::read_dir(root().join("packs")) {
        packs.extend(
            entries
                .flatten()
                .filter(|entry| entry.path().join("pack.toml").is_file())
                .map(|entry| entry.file_name()),
        );
    }
    if packs.is_empty() {
        println!("skipped: there is no pack in packs/");
    }
    packs.sort();
    for name in packs {
        let dir = format!("packs/{}", name.to_string_lossy());
        for action in ["check", "test"] {
            let (good, text) = fuyou_pack(&[action, &dir]);
            assert!(good, "fuyou pack {action} {dir}:\n{text}");
        }
    }
}

#[test]
fn the_commands_tell_good_from_bad() {
    let mini = "crates/fuyou-pack/tests/packs/mini";
    let (good, text) = fuyou_pack(&["check", mini]);
    assert!(
        good && text.contains("mini 1: 1 programs, 3 forms, 12 fields"),
        "{text}"
    );
    let (good, text) = fuyou_pack(&["test", mini]);
    assert!(good && text.contains("cases: 16"), "{text}");
    let (good, text) = fuyou_pack(&["show", "crates/fuyou-pack/tests/packs/mini-town", "bicycle"]);
    assert!(
        good && text.contains("mini-town: rule bicycle/worn_chain Removed"),
        "{text}"
    );
    // The reference's own files are half a pack: its examples are the other half.
    let (good, text) = fuyou_pack(&["check", "crates/fuyou-pack/tests/packs/reference"]);
    assert!(!good && text.contains("there is no pack.toml"), "{text}");
    let (good, text) = fuyou_pack(&["check", "crates/fuyou-pack/tests/packs/none"]);
    assert!(
        !good && text.contains("crates/fuyou-pack/tests/packs/none"),
        "{text}"
    );
}

/// Rows of a table whose first cells hold no comma, without comments and header, as cells by their titles.
fn cells(text: &str) -> Vec<Vec<(String, String)>> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        let cells = line.split(',').map(str::to_owned);
        let titles = header.iter().map(|title| (*title).to_owned());
        titles.zip(cells).collect()
    };
    lines.map(row).collect()
}

fn cell<'a>(row: &'a [(String, String)], title: &str) -> &'a str {
    let found = row.iter().find(|(name, _)| name == title);
    found.map_or("", |(_, text)| text)
}

/// Every published example of growth stands beside the curves with what is published of it, and the command says that all
/// of them come out.
#[test]
fn every_published_example_of_growth_is_run() {
    let sheets = root().join("../shared/domain/data");
    let read = |path: PathBuf| std::fs::read_to_string(path).map(|text| cells(&text));
    let Ok(who) = read(sheets.join("growth_examples.csv")) else {
        println!("skipped: the published examples are not beside this folder");
        return;
    };
    let ours = |name: &str| read(root().join("packs/cn/child/curves").join(name)).unwrap();
    let beside = ours("who_examples.csv");
    let mut compared = 0;
    for row in &who {
        for (kind, names) in [
            ("wfa", &["wfa"][..]),
            ("lhfa", &["lhfa", "hfa"]),
            ("wflh", &["wfl", "wfh"]),
            ("bfa", &["bfa"]),
            ("hcfa", &["hcfa"]),
        ] {
            let z = cell(row, &format!("exp_z_{kind}"));
            if z.is_empty() {
                continue;
            }
            let ids = names
                .iter()
                .map(|name| format!("{}.{name}", cell(row, "id")));
            let ids: Vec<String> = ids.collect();
            let same = |one: &&Vec<(String, String)>| {
                ids.iter().any(|id| id == cell(one, "id"))
                    && cell(one, "z").parse::<f64>() == z.parse::<f64>()
            };
            assert!(beside.iter().any(|one| same(&one)), "{ids:?} {z}");
            compared += 1;
        }
    }
    let chinese = read(sheets.join("growth_wst423_examples.csv")).unwrap();
    let beside = ours("wst423_examples.csv");
    for row in &chinese {
        let id = cell(row, "id");
        let mut found = beside.iter().filter(|one| cell(one, "id") == id);
        let found = found.next().unwrap_or_else(|| panic!("{id} is missing"));
        let level = match cell(found, "band").parse::<i64>().unwrap() {
            ..=-3 => "lower",
            -2 => "lower_middle",
            -1 | 0 => "middle",
            1 => "upper_middle",
            _ => "upper",
        };
        assert_eq!(level, cell(row, "exp_level"), "{id}");
    }
    let (good, text) = fuyou_pack(&["test", "packs/cn"]);
    assert!(good, "{text}");
    for line in text.lines().filter(|line| line.contains("examples of")) {
        let (fitting, all) = line.rsplit_once(": ").unwrap().1.split_once('/').unwrap();
        assert!(fitting == all && all != "0", "{line}");
        println!("{line}");
    }
    println!(
        "{} rows with {compared} scores, {} rows of classes",
        who.len(),
        chinese.len()
    );
    assert_eq!((who.len(), chinese.len()), (38, 20));
}
