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
