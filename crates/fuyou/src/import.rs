//! `fuyou import`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use fuyou_server::care::{Acting, Care, Caught};
use fuyou_server::exchange::import::{Format, Job, Report, import_file};
use fuyou_server::http::App;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{Config, say};

/// Loads a file of records through the same rules as the desk. Interrupted, the same command goes on.
#[derive(clap::Args)]
pub struct Args {
    /// Lines of JSON (`.ndjson`), or a CSV file of one form (`.csv`).
    file: PathBuf,
    /// For a CSV file: the program and the form, such as `PROGRAM/FORM`.
    #[arg(long)]
    form: Option<String>,
    /// Where refused lines are written with their reasons; beside the file without it.
    #[arg(long)]
    rejected: Option<PathBuf>,
    #[command(flatten)]
    config: Config,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let app = args.config.open_app().await?;
    let now = app.now();
    let care = app
        .care()
        .context("没有规则包 · no pack was loaded")?
        .clone();
    let by = Acting::system(app.tree(), now, app.date_of(now));
    let rejected = args.rejected.unwrap_or_else(|| {
        let mut name = args.file.file_name().unwrap_or_default().to_owned();
        name.push(".rejected.csv");
        args.file.with_file_name(name)
    });
    let format = match &args.form {
        None => Format::Ndjson,
        Some(form) => {
            let (program, form) = form.split_once('/').context("--form is PROGRAM/FORM")?;
            Format::Csv {
                program: program.to_owned(),
                form: form.to_owned(),
            }
        }
    };
    let job = Job {
        file: &args.file,
        format,
        rejected: &rejected,
    };
    let start = Instant::now();
    let imported = load(&care, &app, &by, &job).await;
    app.db().close().await;
    let report = imported?;
    let seconds = start.elapsed().as_secs_f64();
    say(&format!(
        "{} 行 · lines: {} 人 · persons, {} 份档案 · enrollments, {} 条记录 · encounters, {} 次转诊 · referrals, \
         {} 条已有 · known before, {} 条被拒 · rejected; {seconds:.1} s",
        report.lines,
        report.persons,
        report.enrollments,
        report.encounters,
        report.referrals,
        report.repeated,
        report.rejected
    ))?;
    if report.rejected > 0 {
        say(&format!("被拒原因见 · reasons in {}", rejected.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Imports with a progress bar on the standard error.
///
/// # Errors
/// When the import cannot go on.
pub async fn load(care: &Care, app: &App, by: &Acting, job: &Job<'_>) -> anyhow::Result<Report> {
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {msg} {eta}")
            .context("the bar is drawn")?,
    );
    let imported = import_file(care, app.keys(), by, job, |progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_done);
        bar.set_message(format!(
            "{} 条记录 · encounters, {} 条被拒 · rejected",
            progress.encounters, progress.rejected
        ));
    })
    .await;
    bar.finish_and_clear();
    let imported = imported?;
    catch_up(care, by).await?;
    Ok(imported)
}

/// Opens what the imported records open, with a progress bar on the standard error.
///
/// # Errors
/// When the store fails; the next start goes on.
pub async fn catch_up(care: &Care, by: &Acting) -> anyhow::Result<Caught> {
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("关联建册 · linked records {bar:30} {percent}% {msg} {eta}")
            .context("the bar is drawn")?,
    );
    let caught = care
        .catch_up_links(by, &mut |caught| {
            bar.set_length(caught.all);
            bar.set_position(caught.read);
            bar.set_message(caught.changed.to_string());
        })
        .await;
    bar.finish_and_clear();
    Ok(caught?)
}
