//! `fuyou backup` and `fuyou restore`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use fuyou_server::audit::verify;
use fuyou_server::jobs::{By, Kind, New, finished};
use fuyou_server::system::{BackupError, back_up, check, restore};

use crate::config::{Config, by_command, say};

/// Copies the database into a new file while the server runs.
#[derive(clap::Args)]
pub struct BackupArgs {
    /// The copy; it must not exist. Its slip (length and SM3) is written beside it as `FILE.sm3`.
    file: PathBuf,
    /// A copy of the key file, without which the backup cannot be read. Keep it in another place than the backup.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    #[command(flatten)]
    config: Config,
}

/// Puts a backup into a new data directory.
#[derive(clap::Args)]
pub struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// The data directory to be made; it must have neither a database nor keys.
    data: PathBuf,
    /// The copy of the key file that belongs to the backup.
    #[arg(long, value_name = "FILE")]
    keys: PathBuf,
}

pub async fn run(args: BackupArgs) -> anyhow::Result<ExitCode> {
    let url = args.config.database.as_deref().unwrap_or_default();
    // Told before anything is opened: nothing shall change for the sake of a copy that is not made.
    if url.starts_with("postgres") {
        let keys = args.config.data.join("fuyou.key");
        say(&format!(
            "PostgreSQL 由它自己的工具备份 · PostgreSQL is copied by its own tools:\n\
             \x20 pg_dump --format=custom --file=FILE \"$FUYOU_DATABASE\"\n\
             恢复到一个空库 · put back into an empty database:\n\
             \x20 pg_restore --dbname=\"$FUYOU_DATABASE\" FILE\n\
             密钥文件另行保存 · and keep a copy of the key file elsewhere: {}",
            keys.display()
        ))?;
        return Ok(ExitCode::FAILURE);
    }
    let app = args.config.open_app().await?;
    let begun_at = app.now();
    let copied = back_up(
        app.db(),
        app.keys(),
        &args.file,
        args.keys.as_deref(),
        begun_at,
    )
    .await;
    let copied = match copied {
        Ok(copied) => copied,
        Err(err) => {
            app.db().close().await;
            return Err(err).context("没有备份 · no backup was made");
        }
    };
    // Noted afterwards: a copy does not tell of itself, the installation does.
    let new = New {
        kind: Kind::Backup,
        name: args.file.display().to_string(),
        same: Kind::Backup.word().to_owned(),
        place: String::new(),
        by: By {
            user: None,
            login: "system".to_owned(),
            organization: None,
        },
    };
    let figures = [("bytes", i64::try_from(copied.bytes)?)];
    let entry = by_command(&app, "start_job", "job");
    finished(&app, new, entry, begun_at, &figures).await?;
    app.db().close().await;
    say(&format!(
        "已备份 · copied {} bytes to {}\nSM3 {}",
        copied.bytes,
        args.file.display(),
        copied.sm3
    ))?;
    match &args.keys {
        Some(keys) => say(&format!(
            "密钥副本在 {}，请与备份分开存放 · keep the copy of the keys in another place than the backup",
            keys.display()
        ))?,
        None => say(&format!(
            "没有 {} 就读不出这份备份，请另存一份 · without this key file the backup cannot be read: keep a copy of it elsewhere",
            args.config.data.join("fuyou.key").display()
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

pub async fn run_restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let copied = put_back(&args.file, &args.keys, &args.data)
        .context("没有恢复,原有数据未动 · nothing was put back, and what was there is untouched")?;
    let db = crate::config::open_sqlite(&args.data.join("fuyou.db")).await?;
    let outcome = verify(&db).await;
    db.close().await;
    match outcome? {
        Ok(verified) => {
            say(&format!(
                "已恢复 {} 的备份到 {}，审计链完整，{} 条 · the backup of {} stands in {}, and its audit chains are sound: {} entries",
                copied.at,
                args.data.display(),
                verified.entries,
                copied.at,
                args.data.display(),
                verified.entries
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            say(&format!(
                "已恢复,但审计链已损坏 · put back, but an audit chain is broken: {broken}"
            ))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn put_back(
    file: &Path,
    keys: &Path,
    data: &Path,
) -> Result<fuyou_server::system::Copied, BackupError> {
    check(file, Some(keys))?;
    restore(file, keys, data)
}
