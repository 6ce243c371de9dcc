//! `fuyou organization import`, `fuyou organization hand-over`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use fuyou_server::registry::{hand_over_all, import_organizations};
use indicatif::{ProgressBar, ProgressStyle};

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
    /// 移交未结案档案 · Make another organization responsible for all open enrollments of one, before it is closed or
    /// merged into the other. Run again after an interruption, it goes on where it ended.
    HandOver {
        /// Code of the organization that is responsible now.
        from: String,
        /// Code of the one that shall be.
        to: String,
        /// Why; it stands in the history of each enrollment.
        #[arg(long)]
        why: String,
        #[command(flatten)]
        config: Config,
    },
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Import { file, config } => import(&file, &config).await,
        Command::HandOver {
            from,
            to,
            why,
            config,
        } => hand_over((&from, &to), &why, &config).await,
    }
}

async fn hand_over(codes: (&str, &str), why: &str, config: &Config) -> anyhow::Result<ExitCode> {
    let app = config.open_app().await?;
    let care = app.care().context("the pack is not installed")?.clone();
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")?);
    let done = hand_over_all(&app, &care, codes, why, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    app.db().close().await;
    let done = done.context("移交没有完成，可再次运行 · not all changed hands; run it again")?;
    say(&format!(
        "移交 {done} 份未结案档案 · {done} open enrollments changed hands"
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn import(file: &Path, config: &Config) -> anyhow::Result<ExitCode> {
    let bytes =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
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
