//! `fuyou audit verify`

use std::process::ExitCode;

use clap::Subcommand;
use fuyou_server::audit::verify_telling;

use crate::bar::Bar;
use crate::config::{Config, say};

/// The audit trail.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Walk every chain and name the first broken link.
    Verify(Config),
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Verify(config) = args.command;
    let db = config.open_db().await?;
    let bar = Bar::new("审计链 · chains {bar:40} {pos}/{len} {eta}")?;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    let outcome = verify_telling(&db, |done, total| bar.at(number(done), number(total), "")).await;
    drop(bar);
    db.close().await;
    match outcome? {
        Ok(verified) => {
            let (entries, lanes) = (verified.entries, verified.lanes);
            say(&format!(
                "审计链完整：{lanes} 条链，{entries} 条记录 · sound: {entries} entries in {lanes} chains"
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(broken) => {
            say(&format!(
                "审计链已损坏 · the audit trail is broken: {broken}"
            ))?;
            Ok(ExitCode::FAILURE)
        }
    }
}
