//! The facts in memory as a file, so that a restart does not read them all from the database.
//!
//! The file holds what the columns hold: facts under the ids of enrollments, among them findings of infections. It is
//! therefore sealed with the key ring, part by part; a part says its place and whether it is the last, so that a file cut
//! short or put together from two does not open. It is written beside the old one and takes its place when it is whole.
//! Whatever does not fit is not used: then the facts are loaded from the database, and the log says why.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use fuyou_cube::{CubeError, ImageError, PackCube};
use sm3::{Digest, Sm3};
use uuid::Uuid;

use super::{Live, LiveError, State, store};
use crate::apart::apart;
use crate::db;
use crate::keys::{KeyError, Keyring};

/// First bytes of the file; another layout gets another number.
const MAGIC: &[u8; 22] = b"fuyou-cube-snapshot 1\n";
/// Bytes of a part before sealing.
const PART: usize = 1 << 20;
/// Bytes that sealing adds at most.
const SEAL: usize = 64;

/// Where figures in memory are kept over a restart.
#[derive(Clone, Debug)]
pub struct SnapshotFile {
    /// The file; it need not be there.
    pub path: PathBuf,
    /// What it is sealed with.
    pub keys: Keyring,
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
enum SnapshotError {
    #[error("the snapshot cannot be read or written")]
    Io(#[from] io::Error),
    #[error("it is not a snapshot of this version")]
    OtherVersion,
    #[error("it is cut short or changed")]
    Broken,
    #[error("its key is not in the key file")]
    OtherKey(#[source] KeyError),
    #[error("it was made for another pack")]
    OtherPack,
    #[error("the feed of lane {0} is not the one that it was made from")]
    OtherFeed(i64),
    #[error(transparent)]
    Facts(#[from] ImageError),
    #[error(transparent)]
    Store(#[from] db::Error),
    #[error(transparent)]
    Live(#[from] LiveError),
}

/// What stands before the facts: where a lane stood, and what its last line was about.
type Mark = (i64, i64, Uuid);

impl Live {
    /// What the snapshot holds, counted; `None` when there is none that fits. A misfit is told once, here.
    pub(super) async fn restored(&self) -> Option<State> {
        let file = self.0.file.as_ref().filter(|file| file.path.exists())?;
        match self.restore(file).await {
            Ok(state) => Some(state),
            Err(SnapshotError::Live(error)) if self.refuse(&error) => None,
            Err(error) => {
                tracing::warn!(reason = %error, "the snapshot of figures is not used; facts are loaded anew");
                None
            }
        }
    }

    async fn restore(&self, file: &SnapshotFile) -> Result<State, SnapshotError> {
        // The facts alone take about as much as their file.
        let needs = usize::try_from(fs::metadata(&file.path)?.len()).unwrap_or(usize::MAX);
        let bytes_max = self.0.bytes_max;
        if needs > bytes_max {
            return Err(LiveError::from(CubeError::TooLarge { needs, bytes_max }).into());
        }
        let (of, live) = (file.clone(), self.clone());
        let reading = apart(move || live.read(&of));
        let (cube, marks) = reading.await.map_err(|_| LiveError::CutOff)??;
        let mut connection = self.0.db.read().await?;
        for (lane, seq, line) in &marks {
            // A database that was put back, or another one, has other lines there.
            if store::line(&mut connection, (*lane, *seq)).await? != Some(*line) {
                return Err(SnapshotError::OtherFeed(*lane));
            }
        }
        drop(connection);
        let read_to = marks.iter().map(|(lane, seq, _)| (*lane, *seq)).collect();
        let mut state = self.counted(cube, read_to).await?;
        state.saved_at = Some(state.read_to.clone());
        Ok(state)
    }

    fn read(&self, file: &SnapshotFile) -> Result<(PackCube, Vec<Mark>), SnapshotError> {
        let plain = opened(file)?;
        let mut rest = Rest(&plain);
        if rest.take(32)? != self.fingerprint() {
            return Err(SnapshotError::OtherPack);
        }
        let mut marks = Vec::new();
        for _ in 0..rest.number()? {
            let (lane, seq) = (rest.number()? as i64, rest.number()? as i64);
            let line = Uuid::from_slice(rest.take(16)?).map_err(|_| SnapshotError::Broken)?;
            marks.push((lane, seq, line));
        }
        let mut cube = PackCube::new(&self.0.pack, self.0.threads).map_err(LiveError::from)?;
        for program in 0..self.0.shapes.len() {
            let length = usize::try_from(rest.number()?).map_err(|_| SnapshotError::Broken)?;
            cube.cube.restore(program, rest.take(length)?)?;
        }
        Ok((cube, marks))
    }

    /// Writes the snapshot unless it is as new as memory. A failure is told, and nothing else: it only saves time.
    pub(super) async fn save(&self) {
        let Some(file) = self.0.file.clone() else {
            return;
        };
        if let Err(error) = self.write(file).await {
            tracing::warn!(reason = %error, "the snapshot of figures was not written");
        }
    }

    async fn write(&self, file: SnapshotFile) -> Result<(), SnapshotError> {
        let changed = |state: &State| state.saved_at.as_ref() != Some(&state.read_to);
        if self.look(changed) != Some(true) {
            return Ok(());
        }
        let programs = self.0.shapes.len();
        let copied = self.look(|state| {
            let images = (0..programs).map(|program| state.cube.cube.image(program));
            (state.read_to.clone(), images.collect::<Vec<_>>())
        });
        let Some((read_to, images)) = copied else {
            return Ok(());
        };
        let mut plain = self.fingerprint().to_vec();
        plain.extend(self.marks(&read_to).await?);
        for image in images {
            plain.extend((image.len() as u64).to_le_bytes());
            plain.extend(image);
        }
        let writing = apart(move || seal(&file, &plain));
        writing.await.map_err(|_| LiveError::CutOff)??;
        self.change(|state| state.saved_at = Some(read_to));
        Ok(())
    }

    async fn marks(&self, read_to: &BTreeMap<i64, i64>) -> Result<Vec<u8>, SnapshotError> {
        let mut connection = self.0.db.read().await?;
        let begun = read_to.iter().filter(|(_, seq)| **seq > 0);
        let mut bytes = (begun.clone().count() as u64).to_le_bytes().to_vec();
        for (lane, seq) in begun {
            let line = store::line(&mut connection, (*lane, *seq)).await?;
            let line = line.ok_or(SnapshotError::OtherFeed(*lane))?;
            bytes.extend(lane.to_le_bytes());
            bytes.extend(seq.to_le_bytes());
            bytes.extend(line.as_bytes());
        }
        Ok(bytes)
    }

    /// The pack as far as the columns depend on it.
    fn fingerprint(&self) -> [u8; 32] {
        let mut hasher = Sm3::new();
        let layers = self.0.pack.layers.iter();
        let layers = layers.map(|layer| format!("{} {}", layer.id, layer.version));
        for text in layers.chain(self.0.shapes.iter().map(store::Shape::describe)) {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().into()
    }
}

/// What a part is sealed for: its file, its place and whether another follows.
fn context(file: Uuid, part: usize, is_last: bool) -> String {
    format!("cube.snapshot:{file}:{part}:{is_last}")
}

fn seal(file: &SnapshotFile, plain: &[u8]) -> Result<(), SnapshotError> {
    let id: u128 = rand::random();
    let id = Uuid::from_u128(id);
    let beside = file.path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = BufWriter::with_capacity(PART + SEAL, options.open(&beside)?);
    out.write_all(MAGIC)?;
    out.write_all(id.as_bytes())?;
    let parts = plain.len().div_ceil(PART);
    for (at, part) in plain.chunks(PART).enumerate() {
        let context = context(id, at, at + 1 == parts);
        let sealed = file.keys.seal_bytes(&context, part);
        let length =
            u32::try_from(sealed.len()).expect("a part is a little larger than a mebibyte");
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&sealed)?;
    }
    let out = out.into_inner().map_err(|error| error.into_error())?;
    out.sync_all()?;
    fs::rename(&beside, &file.path)?;
    Ok(())
}

fn opened(file: &SnapshotFile) -> Result<Vec<u8>, SnapshotError> {
    let bytes = fs::read(&file.path)?;
    let mut rest = Rest(&bytes);
    if rest.take(MAGIC.len()).ok() != Some(MAGIC.as_slice()) {
        return Err(SnapshotError::OtherVersion);
    }
    let id = Uuid::from_slice(rest.take(16)?).map_err(|_| SnapshotError::Broken)?;
    let (mut plain, mut at) = (Vec::with_capacity(bytes.len()), 0);
    loop {
        let length = rest.take(4)?;
        let length = u32::from_le_bytes(length.try_into().map_err(|_| SnapshotError::Broken)?);
        let sealed = rest.take(length as usize)?;
        let is_last = rest.0.is_empty();
        let part = file.keys.open_bytes(&context(id, at, is_last), sealed);
        plain.extend(part.map_err(|error| match error {
            KeyError::Broken => SnapshotError::Broken,
            KeyError::UnknownVersion(_) => SnapshotError::OtherKey(error),
        })?);
        if is_last {
            return Ok(plain);
        }
        at += 1;
    }
}

/// What is left to read.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], SnapshotError> {
        let taken = self.0.split_at_checked(length);
        let (taken, rest) = taken.ok_or(SnapshotError::Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, SnapshotError> {
        let bytes = self.take(8)?.try_into();
        Ok(u64::from_le_bytes(
            bytes.map_err(|_| SnapshotError::Broken)?,
        ))
    }
}
