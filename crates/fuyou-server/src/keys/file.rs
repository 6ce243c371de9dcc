//! The key file and the keyring read from it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::seal::{KeyError, Suite, Version};

const HEADER: &str = "fuyou-keys 1";

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("密钥文件无法读写 / the key file {0} cannot be read or written")]
    Io(PathBuf, #[source] std::io::Error),
    /// Others can read it.
    #[error(
        "密钥文件 {0} 可被其他用户读取，拒绝启动；请执行 chmod 600 / \
         the key file {0} can be read by other users, refusing to start; run chmod 600 on it"
    )]
    Exposed(PathBuf),
    /// It is not a key file, or damaged.
    #[error("密钥文件第 {1} 行无法识别 / line {1} of the key file {0} is not understood")]
    Damaged(PathBuf, usize),
    /// One byte numbers the versions.
    #[error("密钥版本已用尽 / the key file already holds 255 versions")]
    Full,
}

/// The keys, shared by the whole server. Reads its file again when it meets a newer key version.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    path: PathBuf,
    versions: RwLock<Vec<Version>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("path", &self.0.path)
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// Reads the key file, or makes one with a first version of `suite` when there is none.
    pub fn open(path: &Path, suite: Suite) -> Result<Self, KeyFileError> {
        if !path.exists() {
            let first = new_version(1, suite);
            write_new(path, &[first])?;
        }
        let versions = read(path)?;
        Ok(Keyring(Arc::new(Inner {
            path: path.to_owned(),
            versions: RwLock::new(versions),
        })))
    }

    /// Where the keys are kept.
    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// The algorithms of the version that seals.
    pub fn current_suite(&self) -> Suite {
        self.current().suite
    }

    /// The version that seals from now on.
    pub fn current_version(&self) -> u8 {
        self.current().number
    }

    /// Adds a version and makes it current. What was sealed before still opens.
    pub fn add_version(&self, suite: Suite) -> Result<u8, KeyFileError> {
        let mut versions = read(&self.0.path)?;
        let last = versions.last().map_or(0, |version| version.number);
        let number = last.checked_add(1).ok_or(KeyFileError::Full)?;
        versions.push(new_version(number, suite));
        // A crash leaves either the old file or the new one.
        let beside = self.0.path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        write_new(&beside, &versions)?;
        std::fs::rename(&beside, &self.0.path)
            .map_err(|err| KeyFileError::Io(self.0.path.clone(), err))?;
        *self
            .0
            .versions
            .write()
            .unwrap_or_else(PoisonError::into_inner) = versions;
        Ok(number)
    }

    /// Seals a value for one place. `context` names the column and row; the same is needed to open it.
    pub fn seal(&self, context: &str, plain: &str) -> Vec<u8> {
        self.seal_bytes(context, plain.as_bytes())
    }

    /// Opens a sealed value.
    pub fn open_sealed(&self, context: &str, sealed: &[u8]) -> Result<String, KeyError> {
        let opened = self.open_bytes(context, sealed)?;
        String::from_utf8(opened).map_err(|_| KeyError::Broken)
    }

    /// Seals bytes, such as a part of a file.
    pub fn seal_bytes(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let current = self.current();
        current.seal(rand::random(), context.as_bytes(), plain)
    }

    /// Opens sealed bytes.
    pub fn open_bytes(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (&number, rest) = sealed.split_first().ok_or(KeyError::Broken)?;
        let version = self.version(number).or_else(|| {
            // Another process has rotated the keys.
            self.reload();
            self.version(number)
        });
        version
            .ok_or(KeyError::UnknownVersion(number))?
            .open(context.as_bytes(), rest)
    }

    /// The keyed hash under the current version, for storing.
    pub fn lookup(&self, column: &str, plain: &str) -> Vec<u8> {
        self.current().hash(column.as_bytes(), plain.as_bytes())
    }

    /// The keyed hashes under the current version and the one before it, for searching:
    /// while a rotation runs, rows of both exist. The same hash twice when there is only one version.
    pub fn lookups(&self, column: &str, plain: &str) -> [Vec<u8>; 2] {
        self.reload();
        let versions = self
            .0
            .versions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let last = versions.len() - 1;
        let hash = |version: &Version| version.hash(column.as_bytes(), plain.as_bytes());
        [
            hash(&versions[last]),
            hash(&versions[last.saturating_sub(1)]),
        ]
    }

    /// The keyed hash under the version before the current one, as far as this process knows; none when there is only one.
    pub fn lookup_before(&self, column: &str, plain: &str) -> Option<Vec<u8>> {
        let versions = self
            .0
            .versions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let before = versions.len().checked_sub(2)?;
        Some(versions[before].hash(column.as_bytes(), plain.as_bytes()))
    }

    fn current(&self) -> Version {
        let versions = self
            .0
            .versions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        versions
            .last()
            .expect("a key file has at least one version")
            .clone()
    }

    fn version(&self, number: u8) -> Option<Version> {
        let versions = self
            .0
            .versions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        versions
            .iter()
            .find(|version| version.number == number)
            .cloned()
    }

    /// Keeps what it has when the file cannot be read just now.
    fn reload(&self) {
        match read(&self.0.path) {
            Ok(versions) => {
                *self
                    .0
                    .versions
                    .write()
                    .unwrap_or_else(PoisonError::into_inner) = versions
            }
            Err(err) => tracing::warn!(error = %err, "the key file could not be read again"),
        }
    }
}

fn new_version(number: u8, suite: Suite) -> Version {
    Version {
        number,
        suite,
        sealing: rand::random(),
        hashing: rand::random(),
    }
}

fn read(path: &Path) -> Result<Vec<Version>, KeyFileError> {
    let io = |err| KeyFileError::Io(path.to_owned(), err);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path).map_err(io)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed(path.to_owned()));
        }
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(HEADER) {
        return Err(KeyFileError::Damaged(path.to_owned(), 1));
    }
    let versions = lines
        .map(|(at, line)| parse(line).ok_or_else(|| KeyFileError::Damaged(path.to_owned(), at + 1)))
        .collect::<Result<Vec<_>, _>>()?;
    if versions.is_empty() {
        return Err(KeyFileError::Damaged(path.to_owned(), 2));
    }
    Ok(versions)
}

fn parse(line: &str) -> Option<Version> {
    let mut words = line.split(' ');
    let version = Version {
        number: words.next()?.parse().ok()?,
        suite: words.next()?.parse().ok()?,
        sealing: from_hex(words.next()?)?,
        hashing: from_hex(words.next()?)?,
    };
    words.next().is_none().then_some(version)
}

fn write_new(path: &Path, versions: &[Version]) -> Result<(), KeyFileError> {
    let io = |err| KeyFileError::Io(path.to_owned(), err);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io)?;
    let mut text = format!("{HEADER}\n");
    for version in versions {
        let (sealing, hashing) = (to_hex(&version.sealing), to_hex(&version.hashing));
        text.push_str(&format!(
            "{} {} {sealing} {hashing}\n",
            version.number,
            version.suite.word()
        ));
    }
    file.write_all(text.as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}
