//! Rules of the workspace that a machine can check: who may use whom, where SQL and HTTP may stand, how long a file may
//! be, that documents do not point nowhere, and that nothing is left marked unfinished.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up: a crate uses only crates before it.
const CRATES: [&str; 6] = [
    "fuyou-kernel",
    "fuyou-expr",
    "fuyou-pack",
    "fuyou-cube",
    "fuyou-server",
    "fuyou",
];
/// Lines of a file.
const FILE_LINES_MAX: usize = 800;
/// Lines of the face of a folder.
const FACE_LINES_MAX: usize = 150;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Files with one of these endings below a folder, as path from the root and content.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && !name.starts_with("target") && name != "node_modules" {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let shown = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                found.push((shown, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs")
        || path.contains("/tests/")
        || path.contains("/testkit/")
        || path.contains("/benches/")
}

/// The lines of `files` that break a rule, as `path:line`.
fn breaking(files: &[(String, String)], breaks: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let lines = files.iter().flat_map(|(path, text)| {
        text.lines()
            .enumerate()
            .map(move |(at, line)| (path, at, line))
    });
    lines
        .filter(|(path, _, line)| breaks(path, line))
        .map(|(path, at, _)| format!("{path}:{}", at + 1))
        .collect()
}

fn none(broken: Vec<String>, rule: &str) {
    assert!(broken.is_empty(), "{rule}\n{}", broken.join("\n"));
}

#[test]
fn a_crate_uses_only_crates_below_it() {
    let mut checked = 0;
    for (at, name) in CRATES.iter().enumerate() {
        let manifest =
            fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml"))).unwrap();
        for above in &CRATES[at + 1..] {
            let uses = manifest.lines().any(|line| {
                let word = line.split(['.', ' ', '=']).next().unwrap();
                word == *above
            });
            assert!(!uses, "{name} uses {above}, which stands above it");
            checked += 1;
        }
    }
    assert_eq!(checked, 15);
}

#[test]
fn the_core_is_pure() {
    for name in &CRATES[..4] {
        let sources = files(&format!("crates/{name}/src"), &[".rs"]);
        let impure = [
            "std::fs",
            "std::net",
            "tokio",
            "sqlx",
            "rusqlite",
            "axum",
            "Timestamp::now",
            "SystemTime",
            "async fn",
        ];
        let broken = breaking(&sources, |path, line| {
            !is_test(path)
                && !line.trim_start().starts_with("//")
                && impure.iter().any(|word| line.contains(word))
        });
        none(
            broken,
            "kernel, expressions, packs and cube know no file, clock, network or database",
        );
    }
}

#[test]
fn unsafe_code_stands_in_one_module() {
    let sources = files("crates", &[".rs"]);
    let broken = breaking(&sources, |path, line| {
        !path.ends_with("fuyou-expr/src/columns/processor.rs")
            && !path.ends_with("tests/tidy.rs")
            && (line.contains("unsafe {")
                || line.contains("unsafe fn")
                || line.contains("unsafe_code"))
    });
    none(
        broken,
        "only the choice of the processor's instructions is unsafe",
    );
}

#[test]
fn sql_stands_in_stores() {
    let sources = files("crates/fuyou-server/src", &[".rs"]);
    let broken = breaking(&sources, |path, line| {
        let file = path.rsplit('/').next().unwrap();
        let may = file.ends_with("store.rs")
            || path.contains("/src/db/")
            || path.contains("/care/tables/");
        !may && !is_test(path) && (line.contains("sqlx::query") || line.contains("sqlx::raw_sql"))
    });
    none(
        broken,
        "SQL stands in store.rs, db/ and the typed tables of care",
    );
}

#[test]
fn http_stands_in_web() {
    let sources = files("crates/fuyou-server/src", &[".rs"]);
    let broken = breaking(&sources, |path, line| {
        let file = path.rsplit('/').next().unwrap();
        let may = file.ends_with("web.rs")
            || ["/src/http/", "/src/ui/"]
                .iter()
                .any(|folder| path.contains(folder));
        !may && !is_test(path) && line.contains("axum::")
    });
    none(broken, "axum stands in web.rs, http/, ui/ and testkit/");
}

#[test]
fn files_are_short_enough_to_read() {
    for (path, text) in files("crates", &[".rs"]) {
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{path} has {lines} lines");
        if path.ends_with("/mod.rs") {
            assert!(
                lines <= FACE_LINES_MAX,
                "{path} is the face of a folder and has {lines} lines"
            );
        }
    }
}

#[test]
fn nothing_is_marked_unfinished() {
    // Put together, so that this file does not find itself.
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X:"].concat(),
    ];
    let sources = files(
        ".",
        &[".rs", ".md", ".html", ".css", ".sql", ".ftl", ".toml"],
    );
    let broken = breaking(&sources, |_, line| {
        marks.iter().any(|mark| line.contains(mark.as_str()))
    });
    none(broken, "finish it or write an issue");
}

#[test]
fn code_names_no_program() {
    let packs = fs::read_dir(root().join("packs/cn")).into_iter().flatten();
    let programs: Vec<String> = packs
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("program.toml").exists())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    if programs.is_empty() {
        println!("skipped: there is no program under packs/cn");
    }
    let sources = files("crates", &[".rs"]);
    let broken = breaking(&sources, |path, line| {
        let code = line.split("//").next().unwrap();
        let may = is_test(path) || path.contains("/simulate") || path.contains("/demo");
        !may && programs.iter().any(|name| {
            code.contains(&format!("\"{name}\"")) || code.contains(&format!("\"{name}_"))
        })
    });
    none(
        broken,
        "code never names a program: the pack language lacks a word",
    );
}

#[test]
fn documents_point_somewhere() {
    let mut documents = files("docs", &[".md"]);
    for name in [
        "README.md",
        "README.zh-CN.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
    ] {
        if let Ok(text) = fs::read_to_string(root().join(name)) {
            documents.push((name.to_owned(), text));
        }
    }
    for (path, text) in documents {
        let folder = root().join(&path).parent().unwrap().to_path_buf();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#', ' ']).next())
        {
            if link.is_empty() || link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            assert!(
                folder.join(link).exists(),
                "{path} points to {link}, which is not there"
            );
        }
    }
}
