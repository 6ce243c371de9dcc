//! How long a pack takes to load and a history to replay: `replay_timing DIR…` (base folder first, then overlays).
//! The histories are those of the pack's golden cases.

use std::fs;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Instant;

use fuyou_pack::cases::histories;
use fuyou_pack::replay::replay;
use fuyou_pack::{History, PackFile, PackFiles, Program, load};

/// Loads and replays are repeated so often; the fastest round counts.
const ROUNDS: u32 = 20;

fn main() -> io::Result<()> {
    let layers: Vec<PackFiles> = std::env::args()
        .skip(1)
        .map(|dir| read(Path::new(&dir)))
        .collect::<io::Result<_>>()?;
    let mut out = io::stdout().lock();
    let load_us = fastest(|| {
        black_box(load(&layers).is_ok());
    }) / 1000;
    let pack = load(&layers).map_err(|error| io::Error::other(error.to_string()))?;
    writeln!(out, "load: {}.{:03} ms", load_us / 1000, load_us % 1000)?;
    let all: Vec<(&Program, &History)> = histories(&pack).collect();
    let mut longest = all.clone();
    longest.sort_by_key(|(_, history)| std::cmp::Reverse(history.encounters.len()));
    longest.truncate(longest.len().div_ceil(10));
    for (name, list) in [("all histories", &all), ("the longest tenth", &longest)] {
        let encounters: usize = list
            .iter()
            .map(|(_, history)| history.encounters.len())
            .sum();
        // Each history by itself: a round of all would be disturbed somewhere every time.
        let each = list.iter().map(|(program, history)| {
            fastest(|| {
                black_box(replay(program, history));
            })
        });
        let round: u128 = each.sum();
        let nanos = round / list.len().max(1) as u128;
        writeln!(
            out,
            "{name}: {} histories, {}.{} encounters each, {}.{} µs per replay",
            list.len(),
            encounters / list.len().max(1),
            encounters * 10 / list.len().max(1) % 10,
            nanos / 1000,
            nanos % 1000 / 100
        )?;
    }
    Ok(())
}

/// The fastest of the rounds in nanoseconds: other work on the machine only ever adds.
fn fastest(mut work: impl FnMut()) -> u128 {
    let mut best = u128::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_nanos());
    }
    best
}

fn read(dir: &Path) -> io::Result<PackFiles> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(dir) {
                files.push(PackFile {
                    path: inside.to_string_lossy().replace('\\', "/"),
                    bytes: fs::read(&path)?,
                });
            }
        }
    }
    Ok(PackFiles {
        root: dir.to_string_lossy().into_owned(),
        files,
    })
}
