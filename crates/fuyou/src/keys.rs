//! `fuyou keys rotate`

use std::process::ExitCode;

use clap::Subcommand;
use fuyou_server::registry::rekey_batch;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{Config, by_command, say};

/// Rows in one transaction: a rotation lets the server write in between.
const BATCH: i64 = 200;

/// Keys.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new key version and seal everything anew; run it again to go on after an interruption.
    Rotate(Config),
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Rotate(config) = args.command;
    let app = config.open_app().await?;
    let (db, keys) = (app.db(), app.keys());
    let unfinished = rekey_batch(db, keys, app.now(), BATCH).await?;
    if unfinished.done == 0 {
        let version = keys.add_version(config.suite)?;
        let entry =
            by_command(&app, "rotate_keys", "keys").saying(format!("{{\"version\":{version}}}"));
        let mut tx = db.begin(None).await?;
        tx.audit(entry);
        tx.commit().await?;
    }
    let first = rekey_batch(db, keys, app.now(), BATCH).await?;
    let bar = ProgressBar::new(u64::try_from(first.left)?);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?);
    let mut left = first.left;
    while left > 0 {
        left = rekey_batch(db, keys, app.now(), BATCH).await?.left;
        bar.set_position(u64::try_from(first.left - left)?);
    }
    bar.finish_and_clear();
    let version = keys.current_version();
    db.close().await;
    say(&format!(
        "全部数据已使用第 {version} 版密钥 · everything is sealed with key version {version}"
    ))?;
    Ok(ExitCode::SUCCESS)
}
