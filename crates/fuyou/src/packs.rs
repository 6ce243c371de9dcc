//! Where packs come from: the program carries those of the project, and a folder may hold a county's own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use fuyou_pack::{Pack, PackFile, PackFiles, base_of, load};
use include_dir::{Dir, include_dir};

/// The packs of the project.
static INSIDE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../packs");

/// The most layers that are put together: a province, a city and a county over the nation, and room.
const LAYERS_MAX: usize = 8;

/// Loads a pack for a command that cannot do without one: a name of one inside the program, or a folder.
///
/// # Errors
/// When there is no such pack, or it is wrong.
pub fn open(name: &str) -> anyhow::Result<Pack> {
    load(&layers(name)?).map_err(|errors| {
        let lines: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("规则包有误 · the pack is wrong\n{}", lines.join("\n"))
    })
}

/// Reads a pack and the packs below it, base first.
///
/// # Errors
/// When there is no such pack, or its base is neither beside it nor inside the program.
pub fn layers(name: &str) -> anyhow::Result<Vec<PackFiles>> {
    if Path::new(name).is_dir() {
        return folder_layers(Path::new(name));
    }
    let mut layers = vec![inside(name)?];
    while let Some(base) = base_of(&layers[0]) {
        if layers.len() == LAYERS_MAX {
            bail!("{name}: more than {LAYERS_MAX} packs extend each other");
        }
        layers.insert(0, inside(&base)?);
    }
    Ok(layers)
}

/// The newest layer that has all these files, each as text.
///
/// # Errors
/// When no layer has them.
pub fn files(layers: &[PackFiles], paths: &[String]) -> anyhow::Result<Vec<String>> {
    let text = |layer: &PackFiles, path: &String| {
        let file = layer.files.iter().find(|file| file.path == *path)?;
        Some(String::from_utf8_lossy(&file.bytes).into_owned())
    };
    layers
        .iter()
        .rev()
        .find_map(|layer| paths.iter().map(|path| text(layer, path)).collect())
        .with_context(|| format!("规则包没有这些文件 · the pack has no {}", paths.join(", ")))
}

fn inside(name: &str) -> anyhow::Result<PackFiles> {
    let Some(dir) = INSIDE.get_dir(name) else {
        let names: Vec<String> = INSIDE
            .dirs()
            .map(|dir| dir.path().display().to_string())
            .collect();
        bail!(
            "没有规则包 {name};内置的有 {} · there is no pack {name}: neither a folder nor one inside the program",
            names.join(", ")
        );
    };
    let mut files = Vec::new();
    let mut folders = vec![dir];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files().filter(|file| is_definition(file.path())) {
            let path = file.path().strip_prefix(name)?;
            files.push(PackFile {
                path: slashed(path),
                bytes: file.contents().to_vec(),
            });
        }
    }
    Ok(PackFiles {
        root: name.to_owned(),
        files,
    })
}

fn folder_layers(dir: &Path) -> anyhow::Result<Vec<PackFiles>> {
    let mut layers = vec![read_folder(dir)?];
    while let Some(base) = base_of(&layers[0]) {
        if layers.len() == LAYERS_MAX {
            bail!(
                "{}: more than {LAYERS_MAX} packs extend each other",
                dir.display()
            );
        }
        let base = match beside(dir, &base)? {
            Some(folder) => read_folder(&folder)
                .with_context(|| format!("the base `{base}` of {}", dir.display()))?,
            // Whoever has the program has its packs: a county's folder needs no copy of them.
            None => inside(&base)?,
        };
        layers.insert(0, base);
    }
    Ok(layers)
}

/// The folder of a pack that lies beside another one.
fn beside(dir: &Path, base: &str) -> anyhow::Result<Option<PathBuf>> {
    let named = dir.parent().map(|parent| parent.join(base));
    if let Some(folder) = named.filter(|folder| folder.is_dir()) {
        return Ok(Some(folder));
    }
    let whole = dir.canonicalize()?;
    let found = whole.parent().map(|parent| parent.join(base));
    Ok(found.filter(|folder| folder.is_dir()))
}

fn read_folder(dir: &Path) -> anyhow::Result<PackFiles> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_definition(&path) {
                let bytes =
                    fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
                files.push(PackFile {
                    path: slashed(path.strip_prefix(dir)?),
                    bytes,
                });
            }
        }
    }
    Ok(PackFiles {
        root: dir.to_string_lossy().trim_end_matches('/').to_owned(),
        files,
    })
}

fn is_definition(path: &Path) -> bool {
    path.extension()
        .is_some_and(|kind| kind == "toml" || kind == "csv")
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}
