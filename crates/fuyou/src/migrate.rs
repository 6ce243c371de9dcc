//! `fuyou migrate`

use std::process::ExitCode;

use crate::config::{Config, say};

/// Brings the schema of the database up to date.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: Config,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let db = args.config.open_db().await?;
    db.close().await;
    say("数据库结构已是最新 · the schema is up to date")?;
    Ok(ExitCode::SUCCESS)
}
