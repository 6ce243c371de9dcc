use std::collections::HashMap;
use std::sync::Arc;

use crate::check::{self, Context};
use crate::diagnostic::PackErrors;
use crate::model::Pack;
use crate::overlay;
use crate::raw::{At, FileText, Items, LayerHead, Report, collect, parse_all, parse_toml};

/// One file of a pack folder.
#[derive(Clone, Debug)]
pub struct PackFile {
    /// The path inside the pack folder, with `/` between names: `maternal/forms/booking.toml`.
    pub path: String,
    /// The content.
    pub bytes: Vec<u8>,
}

/// The files of one pack folder.
#[derive(Clone, Debug)]
pub struct PackFiles {
    /// The folder as it should be named in messages: `packs/cn`.
    pub root: String,
    /// The files, in any order.
    pub files: Vec<PackFile>,
}

/// The id of the pack that an overlay extends, if its `pack.toml` can be read and names one.
/// For callers that must find the base folder before they can [`load`].
pub fn base_of(files: &PackFiles) -> Option<String> {
    let head = files.files.iter().find(|file| file.path == "pack.toml")?;
    let mut report = Report::default();
    let text = String::from_utf8(head.bytes.clone()).ok()?;
    report
        .files
        .push(FileText::new("pack.toml".into(), "".into(), text));
    parse_toml(&report, 0).text("extends").map(str::to_owned)
}

/// Puts a base pack and its overlays (in this order) together and checks the whole.
///
/// # Errors
/// Everything that is wrong, in one run.
pub fn load(layers: &[PackFiles]) -> Result<Pack, PackErrors> {
    let mut report = Report::default();
    let mut by_layer = Vec::new();
    for layer in layers {
        by_layer.push(take_files(&mut report, layer));
    }
    let mut tables = parse_all(&report);
    let mut read = Vec::new();
    for (position, files) in by_layer.iter().enumerate() {
        let (head, incoming) = collect(&report, position, files, &mut tables);
        if head.is_none() {
            no_head(&mut report, &layers[position].root, files);
        }
        read.push((head, incoming));
    }
    let mut items = Items::default();
    let mut changes = Vec::new();
    let fits = is_chain(
        &read
            .iter()
            .map(|(head, _)| head.as_ref())
            .collect::<Vec<_>>(),
    );
    let mut heads: Vec<Option<LayerHead>> = Vec::new();
    for (position, (head, incoming)) in read.into_iter().enumerate() {
        let id = head.as_ref().and_then(|head| head.table.text("id"));
        let id: Arc<str> = id.unwrap_or(&layers[position].root).into();
        // Over a pack that it was not written for an overlay would be nothing but errors.
        if fits {
            overlay::apply(&report, &mut items, &mut changes, (position, &id), incoming);
        }
        heads.push(head);
    }
    let files = by_layer
        .iter()
        .enumerate()
        .flat_map(|(layer, files)| {
            files
                .iter()
                .map(move |(file, path)| ((layer, path.clone()), *file))
        })
        .collect::<HashMap<_, _>>();
    let context = Context {
        report: &report,
        items: &items,
        files: &files,
    };
    let pack = check::pack(&context, &heads, changes);
    match pack {
        Some(pack) if report.is_clean() => Ok(pack),
        _ => Err(PackErrors(report.into_diagnostics())),
    }
}

fn no_head(report: &mut Report, root: &str, files: &[(usize, String)]) {
    let name: Arc<str> = root.into();
    if report.files.is_empty() {
        report.files.push(FileText::new(
            Arc::clone(&name),
            Arc::clone(&name),
            String::new(),
        ));
    }
    let file = files.first().map_or(0, |(file, _)| *file);
    let at = At {
        file: u32::try_from(file).unwrap_or(0),
        start: 0,
        end: 1,
    };
    report.error(
        at,
        format!("{name} 里没有 pack.toml"),
        format!("there is no pack.toml in {name}"),
    );
}

/// Whether each layer extends the one below it and the first none.
fn is_chain(heads: &[Option<&LayerHead>]) -> bool {
    let text = |head: Option<&LayerHead>, key: &str| {
        head.and_then(|head| head.table.text(key))
            .map(str::to_owned)
    };
    let mut below = None;
    heads.iter().all(|head| {
        let fits = text(*head, "extends") == below;
        below = text(*head, "id");
        fits
    })
}

/// Puts a layer's files into the report, in the order of their paths.
fn take_files(report: &mut Report, layer: &PackFiles) -> Vec<(usize, String)> {
    let mut sorted: Vec<&PackFile> = layer.files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let root: Arc<str> = layer.root.as_str().into();
    let mut taken = Vec::new();
    for file in sorted {
        if !file.path.ends_with(".toml") && !file.path.ends_with(".csv") {
            continue;
        }
        // Scenarios of made-up counties stand beside what they simulate, but define nothing.
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if name == "simulate.toml" || name.starts_with("simulate_") {
            continue;
        }
        let position = report.files.len();
        let path: Arc<str> = format!("{root}/{}", file.path).into();
        let bytes = file
            .bytes
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&file.bytes);
        let text = String::from_utf8_lossy(bytes).into_owned();
        let broken = text.as_bytes() != bytes;
        report.files.push(FileText::new(path, root.clone(), text));
        if broken {
            let start = String::from_utf8_lossy(bytes).find('\u{fffd}').unwrap_or(0);
            let start = u32::try_from(start).unwrap_or(0);
            let at = At {
                file: u32::try_from(position).unwrap_or(0),
                start,
                end: start + 1,
            };
            report.error(at, "文件不是 UTF-8 编码", "the file is not UTF-8");
            continue;
        }
        taken.push((position, file.path.clone()));
    }
    taken
}
