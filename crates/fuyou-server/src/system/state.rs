//! What is known of an installation, and what about it needs somebody.

use std::path::Path;

use fuyou_kernel::Timestamp;

use crate::audit::PROOF_AGE_MAX_MS;
use crate::db::{Dialect, Error, Storage};
use crate::http::App;
use crate::insight::LiveStanding;
use crate::jobs::{self, Job, Kind};

/// A copy older than so many milliseconds is too old: two days.
const COPY_AGE_MAX_MS: i64 = 2 * 86_400_000;
/// Less free room than this is too little, however small the database is.
const FREE_MIN: u64 = 1 << 30;
/// Copies that are listed.
const COPIES: i64 = 5;

/// An installation at one moment.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The version of this program.
    pub version: &'static str,
    /// The database.
    pub storage: Storage,
    /// Bytes free where the database lies; `None` when it lies elsewhere or the system does not say.
    pub free: Option<u64>,
    /// The version of the key that seals.
    pub key: u8,
    /// How the figures in memory stand; `None` when none are kept.
    pub figures: Option<LiveStanding>,
    /// The last walk along the chains of the audit.
    pub proof: Option<Job>,
    /// The last copies.
    pub copies: Vec<Job>,
    /// What needs somebody.
    pub troubles: Vec<Trouble>,
}

/// Something that needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is less free room than the database takes: no copy fits, and soon no record.
    LittleRoom,
    /// Nobody has made a copy yet.
    NoCopy,
    /// The last copy is old.
    OldCopy,
    /// The last walk along the chains found one broken.
    BrokenChain,
    /// The chains were not walked for long, or never.
    NoProof,
    /// The figures are not in memory, so that the store answers, slowly.
    NoFigures,
    /// The figures need more memory than they may take.
    LargeFigures,
}

impl Trouble {
    /// Every trouble.
    pub const ALL: [Trouble; 7] = [
        Trouble::LittleRoom,
        Trouble::NoCopy,
        Trouble::OldCopy,
        Trouble::BrokenChain,
        Trouble::NoProof,
        Trouble::NoFigures,
        Trouble::LargeFigures,
    ];

    /// The word in keys of texts.
    pub fn word(self) -> &'static str {
        match self {
            Trouble::LittleRoom => "little-room",
            Trouble::NoCopy => "no-copy",
            Trouble::OldCopy => "old-copy",
            Trouble::BrokenChain => "broken-chain",
            Trouble::NoProof => "no-proof",
            Trouble::NoFigures => "no-figures",
            Trouble::LargeFigures => "large-figures",
        }
    }
}

/// Looks at the installation. For the page, which has asked for the right, and for the command line.
///
/// # Errors
/// When the database does not answer.
pub async fn inspect(app: &App) -> Result<Standing, Error> {
    let storage = app.db().storage().await?;
    let file = app.db().file().map(str::to_owned);
    let free = file.and_then(|file| free_beside(Path::new(&file)));
    let (_, proof) = jobs::last(app.db(), Kind::VerifyAudit).await?;
    let copies = jobs::ended(app.db(), Kind::Backup, COPIES).await?;
    let figures = app.live().map(crate::insight::Live::standing);
    let mut standing = Standing {
        version: env!("CARGO_PKG_VERSION"),
        free,
        key: app.keys().current_version(),
        figures,
        proof,
        copies,
        troubles: Vec::new(),
        storage,
    };
    standing.troubles = troubles(&standing, app.now());
    Ok(standing)
}

pub(super) fn troubles(standing: &Standing, now: Timestamp) -> Vec<Trouble> {
    let age_ms = |job: &Job| now.as_millisecond() - job.begun_at.as_millisecond();
    let needs = standing.storage.bytes.max(FREE_MIN);
    let mut found = Vec::new();
    if standing.free.is_some_and(|free| free < needs) {
        found.push(Trouble::LittleRoom);
    }
    // Copies of a database elsewhere are made by its own tools, of which nothing is known here.
    if standing.storage.dialect == Dialect::Sqlite {
        match standing.copies.first() {
            None => found.push(Trouble::NoCopy),
            Some(copy) if age_ms(copy) > COPY_AGE_MAX_MS => found.push(Trouble::OldCopy),
            Some(_) => {}
        }
    }
    match &standing.proof {
        Some(proof) if proof.problem.is_some() => found.push(Trouble::BrokenChain),
        Some(proof) if age_ms(proof) <= PROOF_AGE_MAX_MS => {}
        _ => found.push(Trouble::NoProof),
    }
    match standing.figures {
        Some(LiveStanding::Loading { .. }) => found.push(Trouble::NoFigures),
        Some(LiveStanding::TooLarge(_)) => found.push(Trouble::LargeFigures),
        Some(LiveStanding::Held { .. }) | None => {}
    }
    found
}

/// Bytes that may still be written where a file lies.
#[cfg(unix)]
fn free_beside(file: &Path) -> Option<u64> {
    let folder = file.parent().filter(|path| !path.as_os_str().is_empty());
    let about = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(not(unix))]
fn free_beside(_: &Path) -> Option<u64> {
    None
}
