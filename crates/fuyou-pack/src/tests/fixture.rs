//! Packs to test with: folders of this crate, and files written in a test.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Pack, PackFile, PackFiles, load};

/// A folder beside `Cargo.toml`.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/packs")
        .join(name)
}

/// The files of one of the crate's own packs.
pub fn files(name: &str) -> PackFiles {
    read_folder(&folder(name), name)
}

/// The files of any folder.
pub fn read_folder(dir: &Path, root: &str) -> PackFiles {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                found.push(PackFile {
                    path: inside,
                    bytes: fs::read(&path).unwrap(),
                });
            }
        }
    }
    PackFiles {
        root: root.to_owned(),
        files: found,
    }
}

/// A pack written in a test.
pub fn written(root: &str, files: &[(&str, &str)]) -> PackFiles {
    let files = files.iter().map(|(path, text)| PackFile {
        path: (*path).to_owned(),
        bytes: text.as_bytes().to_vec(),
    });
    PackFiles {
        root: root.to_owned(),
        files: files.collect(),
    }
}

/// Puts more files over those of a pack: a path that is already there is replaced.
pub fn with(mut pack: PackFiles, files: &[(&str, &str)]) -> PackFiles {
    for (path, text) in files {
        pack.files.retain(|file| file.path != *path);
        pack.files.push(PackFile {
            path: (*path).to_owned(),
            bytes: text.as_bytes().to_vec(),
        });
    }
    pack
}

/// The small pack about bicycles.
pub fn mini() -> Pack {
    load(&[files("mini")]).unwrap_or_else(|errors| panic!("{}", messages(&errors.0)))
}

/// All errors of a pack, one per line, in English.
pub fn errors(layers: &[PackFiles]) -> String {
    match load(layers) {
        Ok(pack) => format!("{} is a good pack", pack.id),
        Err(errors) => messages(&errors.0),
    }
}

/// Diagnostics one per line, in English.
pub fn messages(found: &[crate::Diagnostic]) -> String {
    found
        .iter()
        .map(|one| one.render(fuyou_kernel::Language::En))
        .collect::<Vec<_>>()
        .join("\n")
}
