//! Copies of the data, and putting one back.
//!
//! Beside a copy lies its slip: length, SM3, and a word sealed with the key, so that whoever puts it back learns before and
//! not after whether the copy is whole and the keys are the right ones.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use fuyou_kernel::Timestamp;
use sm3::{Digest, Sm3};

use crate::apart::apart;
use crate::db::Db;
use crate::keys::{KeyFileError, Keyring, Suite};

const HEADER: &str = "fuyou-backup 1";
/// What the sealed word of a slip is bound to.
const CONTEXT: &str = "backup.slip";
/// Names inside a data directory.
const DATABASE: &str = "fuyou.db";
const KEYS: &str = "fuyou.key";

/// A copy that was made, or found sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Bytes of the copy.
    pub bytes: u64,
    /// SM3 of the copy, hexadecimal.
    pub sm3: String,
    /// When it was made.
    pub at: Timestamp,
}

/// Why no copy was made, or none put back. What was there before is untouched.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is there.
    #[error("{0} 已存在,不覆盖 · {0} exists and is not overwritten")]
    Exists(PathBuf),
    /// The database is not embedded.
    #[error("the database is a server: its own tools copy it")]
    NotEmbedded,
    /// A file could not be read or written.
    #[error("{0} 无法读写 · {0} cannot be read or written")]
    Io(PathBuf, #[source] io::Error),
    /// The slip is missing or not one of ours.
    #[error("{0} 不是备份说明 · {0} is not the slip of a backup")]
    NoSlip(PathBuf),
    /// The copy is not what the slip says.
    #[error("备份与说明不符,已损坏或不完整 · the copy differs from its slip: damaged or cut short")]
    Differs,
    /// The keys do not open it.
    #[error("密钥文件打不开这份备份 · these keys do not open this copy")]
    OtherKeys,
    /// The key file cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] crate::db::Error),
}

/// Copies the database, while others write, into `file`, with its slip beside it, and the key file into `keys` when that is
/// given. Neither is overwritten.
///
/// # Errors
/// See [`BackupError`]. A copy that was not finished is removed.
pub async fn back_up(
    db: &Db,
    keyring: &Keyring,
    file: &Path,
    keys: Option<&Path>,
    now: Timestamp,
) -> Result<Copied, BackupError> {
    let slip = slip_of(file);
    for path in [Some(file), Some(slip.as_path()), keys]
        .into_iter()
        .flatten()
    {
        if path.exists() {
            return Err(BackupError::Exists(path.to_owned()));
        }
    }
    let part = beside(file, ".part");
    remove(&part)?;
    if !db.copy_to(&part.to_string_lossy()).await? {
        return Err(BackupError::NotEmbedded);
    }
    let (part_read, file_named) = (part.clone(), file.to_owned());
    let sealing = keyring.clone();
    let keys = keys.map(Path::to_owned);
    blocking(move || {
        private(&part_read)?;
        let (bytes, sm3) = summed(&part_read)?;
        let copied = Copied {
            bytes,
            sm3,
            at: now,
        };
        write_new(&slip_of(&file_named), written(&copied, &sealing).as_bytes())?;
        if let Some(keys) = keys {
            let from = sealing.path();
            let text = fs::read(from).map_err(|err| BackupError::Io(from.to_owned(), err))?;
            write_new(&keys, &text)?;
        }
        // Last: a file of this name is a whole copy.
        fs::rename(&part_read, &file_named)
            .map_err(|err| BackupError::Io(file_named.clone(), err))?;
        settle(&file_named)?;
        Ok(copied)
    })
    .await
}

/// Reads a copy and says whether it is whole; with a key file, whether that opens it.
///
/// # Errors
/// See [`BackupError`].
pub fn check(file: &Path, keys: Option<&Path>) -> Result<Copied, BackupError> {
    let slip = slip_of(file);
    let text = fs::read_to_string(&slip).map_err(|err| BackupError::Io(slip.clone(), err))?;
    let (copied, sealed) = read(&text).ok_or(BackupError::NoSlip(slip))?;
    let (bytes, sm3) = summed(file)?;
    if bytes != copied.bytes || sm3 != copied.sm3 {
        return Err(BackupError::Differs);
    }
    if let Some(keys) = keys {
        if !keys.exists() {
            let absent = io::Error::from(io::ErrorKind::NotFound);
            return Err(BackupError::Io(keys.to_owned(), absent));
        }
        // The suite is that of a new key; there is none to make.
        let keyring = Keyring::open(keys, Suite::Sm)?;
        let opened = keyring.open_sealed(CONTEXT, &sealed);
        if opened.ok().as_deref() != Some(sm3.as_str()) {
            return Err(BackupError::OtherKeys);
        }
    }
    Ok(copied)
}

/// Puts a copy and its keys into a data directory that has neither a database nor keys. The caller opens it afterwards
/// and walks the audit.
///
/// # Errors
/// See [`BackupError`]. Nothing is put back when the copy is not whole or the keys are others.
pub fn restore(file: &Path, keys: &Path, data: &Path) -> Result<Copied, BackupError> {
    let (database, key_file) = (data.join(DATABASE), data.join(KEYS));
    let log = data.join(format!("{DATABASE}-wal"));
    for path in [&database, &key_file, &log] {
        if path.exists() {
            return Err(BackupError::Exists(path.clone()));
        }
    }
    let copied = check(file, Some(keys))?;
    fs::create_dir_all(data).map_err(|err| BackupError::Io(data.to_owned(), err))?;
    let part = beside(&database, ".part");
    remove(&part)?;
    fs::copy(file, &part).map_err(|err| BackupError::Io(part.clone(), err))?;
    private(&part)?;
    let text = fs::read(keys).map_err(|err| BackupError::Io(keys.to_owned(), err))?;
    write_new(&key_file, &text)?;
    fs::rename(&part, &database).map_err(|err| BackupError::Io(database.clone(), err))?;
    settle(&database)?;
    Ok(copied)
}

fn slip_of(file: &Path) -> PathBuf {
    beside(file, ".sm3")
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn written(copied: &Copied, keyring: &Keyring) -> String {
    let sealed = keyring.seal(CONTEXT, &copied.sm3);
    let sealed: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{HEADER}\nbytes {}\nsm3 {}\nat {}\nsealed {sealed}\n",
        copied.bytes, copied.sm3, copied.at
    )
}

fn read(text: &str) -> Option<(Copied, Vec<u8>)> {
    let mut lines = text.lines();
    (lines.next()? == HEADER).then_some(())?;
    let mut word = |name: &str| {
        Some(
            lines
                .next()?
                .strip_prefix(name)?
                .strip_prefix(' ')?
                .to_owned(),
        )
    };
    let copied = Copied {
        bytes: word("bytes")?.parse().ok()?,
        sm3: word("sm3")?,
        at: word("at")?.parse().ok()?,
    };
    let hex = word("sealed")?;
    let byte = |at: usize| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok();
    let sealed = (0..hex.len() / 2).map(byte).collect::<Option<_>>()?;
    Some((copied, sealed))
}

/// Length and SM3 of a file, read once.
fn summed(path: &Path) -> Result<(u64, String), BackupError> {
    let io = |err| BackupError::Io(path.to_owned(), err);
    let mut file = File::open(path).map_err(io)?;
    let mut hasher = Sm3::new();
    let (mut bytes, mut piece) = (0, vec![0; 1 << 20]);
    loop {
        let count = file.read(&mut piece).map_err(io)?;
        if count == 0 {
            break;
        }
        bytes += count as u64;
        hasher.update(&piece[..count]);
    }
    let digest = hasher.finalize();
    Ok((
        bytes,
        digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    ))
}

/// A new file that only its owner reads, on the disk when this returns.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let io = |err| BackupError::Io(path.to_owned(), err);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.sync_all().map_err(io)
}

/// Lets only the owner read a file, and waits until the disk has it.
fn private(path: &Path) -> Result<(), BackupError> {
    let io = |err| BackupError::Io(path.to_owned(), err);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(io)?;
    }
    let file = fs::OpenOptions::new().write(true).open(path).map_err(io)?;
    file.sync_all().map_err(io)
}

/// Waits until the disk has a file's name too.
fn settle(path: &Path) -> Result<(), BackupError> {
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|path| !path.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let io = |err| BackupError::Io(folder.to_owned(), err);
        File::open(folder)
            .and_then(|open| open.sync_all())
            .map_err(io)?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => {
            Err(BackupError::Io(path.to_owned(), err))
        }
        _ => Ok(()),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    let done = apart(work).await;
    done.map_err(|err| BackupError::Io(PathBuf::new(), io::Error::other(err)))?
}
