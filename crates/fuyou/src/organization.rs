//! `fuyou organization import`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use fuyou_server::registry::import_organizations;

use crate::config::{Config, by_command, say};

/// Organizations.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Import a CSV file with the columns code, parent_code, name, level, kind and, if known,
    /// has_midwifery_licence, is_rescue_centre, hospital_grade, population.
    Import {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        config: Config,
    },
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Import { file, config } = args.command;
    let bytes =
        std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    let app = config.open_app().await?;
    let by = by_command(&app, "import_organizations", "organization");
    let imported = import_organizations(&app, by, &bytes).await;
    app.db().close().await;
    let imported = imported?;
    let (inserted, updated) = (imported.inserted, imported.updated);
    say(&format!(
        "新增 {inserted} 个机构，更新 {updated} 个 · {inserted} inserted, {updated} updated"
    ))?;
    Ok(ExitCode::SUCCESS)
}
