//! `fuyou doctor`

use std::process::ExitCode;

use fuyou_kernel::Language;
use fuyou_server::audit::verify;
use fuyou_server::db::Dialect;
use fuyou_server::insight::{TooLarge, was_too_large};
use fuyou_server::system::{Trouble, inspect};
use fuyou_server::texts::text;

use crate::config::{Config, say};

/// Looks at an installation and says what needs somebody; fails when something does.
#[derive(clap::Args)]
pub struct Args {
    /// Walk the audit chains too; that takes a while on a large trail.
    #[arg(long)]
    audit: bool,
    #[command(flatten)]
    config: Config,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let app = args.config.open_app().await?;
    let kept = args.config.cube_bytes_max();
    let large = kept.and_then(|_| was_too_large(&args.config.cube_snapshot()));
    let looked = look(&app, args.audit, large).await;
    app.db().close().await;
    looked
}

async fn look(
    app: &fuyou_server::http::App,
    walks: bool,
    large: Option<TooLarge>,
) -> anyhow::Result<ExitCode> {
    let standing = inspect(app).await?;
    let storage = &standing.storage;
    let name = match storage.dialect {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    };
    say(&format!(
        "fuyou {} · {name} {} · 结构 schema {} · {} + {} bytes · 密钥 key {}",
        standing.version,
        storage.version,
        storage.schema,
        storage.bytes,
        storage.log_bytes,
        standing.key
    ))?;
    if let Some(free) = standing.free {
        say(&format!("磁盘剩余 free on the disk: {free} bytes"))?;
    }
    for copy in &standing.copies {
        say(&format!("备份 backup: {} {}", copy.begun_at, copy.name))?;
    }
    let mut troubles = standing.troubles.clone();
    if let Some(TooLarge { needs, bytes_max }) = large {
        say(&format!(
            "指标至少需要内存 figures need at least {needs} bytes · 允许 and may take {bytes_max} bytes"
        ))?;
        troubles.push(Trouble::LargeFigures);
    }
    if walks {
        // What is seen now counts, not what was seen before.
        troubles.retain(|trouble| !matches!(trouble, Trouble::BrokenChain | Trouble::NoProof));
        match verify(app.db()).await? {
            Ok(sound) => say(&format!(
                "审计链完整 the audit chains are sound: {} entries",
                sound.entries
            ))?,
            Err(broken) => {
                say(&format!("{broken}"))?;
                troubles.push(Trouble::BrokenChain);
            }
        }
    }
    for trouble in &troubles {
        let key = format!("system-trouble-{}", trouble.word());
        say(&format!(
            "! {} · {}",
            text(Language::Zh, &key),
            text(Language::En, &key)
        ))?;
    }
    if troubles.is_empty() {
        say(&text(Language::Zh, "system-well"))?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
