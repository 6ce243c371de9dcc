//! `fuyou simulate`: makes up a county and writes it as lines of the import format.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use fuyou_kernel::{Date, TimeZone};
use fuyou_server::care::Acting;
use fuyou_server::exchange::import::{Format, Job};
use fuyou_server::http::App;
use fuyou_server::simulate::{Counts, Extent, Options, Scenario, Size, simulate};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{Config, system_clock};
use crate::packs;

/// How large the county is, when it ends and where it goes.
#[derive(clap::Args)]
pub struct Arguments {
    /// Inhabitants of the county.
    #[arg(long, default_value_t = 500_000, conflicts_with_all = ["enrollments", "records_only"])]
    population: u64,
    /// So many subjects instead, in a county large enough for them.
    #[arg(long, value_name = "N", conflicts_with = "records_only")]
    enrollments: Option<u64>,
    /// As --enrollments, without places, staff and persons: for benchmarks.
    #[arg(long, value_name = "N")]
    records_only: Option<u64>,
    /// Years before the last day.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=50))]
    years: u32,
    /// The day before which everything has happened; today when not given.
    #[arg(long)]
    today: Option<Date>,
    /// The same seed makes the same county.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The program of the pack.
    #[arg(long, default_value = "maternal")]
    program: String,
    /// The file to write, `-` for the standard output; without it the county is imported into the data directory.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Threads; no influence on what is made.
    #[arg(long)]
    threads: Option<usize>,
    #[command(flatten)]
    config: Config,
}

/// Runs the command.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let scenario = read_scenario(&arguments.config.pack, &arguments.program)?;
    let options = options(&arguments);
    let start = Instant::now();
    let counts = match arguments.out.as_deref() {
        Some(out) if out == Path::new("-") => {
            write_lines(&scenario, &options, &mut io::stdout().lock())?
        }
        Some(out) => write_file(&scenario, &options, out)?,
        None => {
            let app = arguments.config.open_app().await?;
            let file = arguments.config.data.join("simulated.ndjson");
            let counts = into_store(&app, &scenario, &options, &file).await;
            app.db().close().await;
            counts?
        }
    };
    report(&counts, start);
    Ok(ExitCode::SUCCESS)
}

/// Makes a county in a file and imports it through the same rules as the desk; the file stays only when lines of it
/// were refused.
///
/// # Errors
/// When the county cannot be made or stored.
pub async fn into_store(
    app: &App,
    scenario: &Scenario,
    options: &Options,
    file: &Path,
) -> anyhow::Result<Counts> {
    let counts = write_file(scenario, options, file)?;
    let now = app.now();
    let care = app.care().context("没有规则包 · no pack was loaded")?;
    let by = Acting::system(app.tree(), now, app.date_of(now));
    let rejected = file.with_extension("rejected.csv");
    let job = Job {
        file,
        format: Format::Ndjson,
        rejected: &rejected,
    };
    let report = crate::import::load(care, app, &by, &job).await?;
    if report.rejected > 0 {
        bail!(
            "{} 行被拒 · lines of the county were refused: {}",
            report.rejected,
            rejected.display()
        );
    }
    fs::remove_file(file)?;
    app.reload_tree().await?;
    Ok(counts)
}

/// Writes a county into a file.
///
/// # Errors
/// When the file cannot be written.
fn write_file(scenario: &Scenario, options: &Options, path: &Path) -> anyhow::Result<Counts> {
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let counts = write_lines(scenario, options, &mut out)?;
    out.into_inner()
        .context("writing the last lines")?
        .sync_all()?;
    Ok(counts)
}

fn options(arguments: &Arguments) -> Options {
    let (size, extent) = match (arguments.records_only, arguments.enrollments) {
        (Some(subjects), _) => (Size::Subjects(subjects), Extent::RecordsOnly),
        (None, Some(subjects)) => (Size::Subjects(subjects), Extent::Everything),
        (None, None) => (Size::Population(arguments.population), Extent::Everything),
    };
    Options {
        size,
        years: arguments.years,
        today: arguments.today.unwrap_or_else(|| today(&arguments.config)),
        seed: arguments.seed,
        threads: arguments.threads.unwrap_or_else(threads),
        extent,
    }
}

/// Today in the county's time zone; an unknown zone is refused when the data is opened.
pub fn today(config: &Config) -> Date {
    let zone = TimeZone::get(&config.time_zone).unwrap_or(TimeZone::UTC);
    system_clock()().to_zoned(zone).date()
}

/// As many threads as the machine runs at once.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Reads a pack and the scenario beside one of its programs.
///
/// # Errors
/// When the pack or the scenario is wrong, or the pack has no scenario for this program.
pub fn read_scenario(pack: &str, program: &str) -> anyhow::Result<Scenario> {
    let layers = packs::layers(pack)?;
    // An overlay without a scenario of its own uses the one of the pack that it extends.
    let paths = [
        "simulate.toml".to_owned(),
        format!("{program}/simulate.toml"),
    ];
    let texts = packs::files(&layers, &paths)?;
    Ok(Scenario::read(&packs::open(pack)?, &texts[0], &texts[1])?)
}

/// Writes a county with a progress bar on the standard error.
///
/// # Errors
/// When the lines cannot be written.
pub fn write_lines(
    scenario: &Scenario,
    options: &Options,
    out: &mut impl Write,
) -> anyhow::Result<Counts> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "模拟 simulating {bar:40} {percent}% {eta}",
    )?);
    let counts = simulate(
        scenario,
        options,
        |lines| out.write_all(lines).context("writing lines"),
        |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        },
    )?;
    bar.finish_and_clear();
    Ok(counts)
}

fn report(counts: &Counts, start: Instant) {
    let seconds = start.elapsed().as_secs_f64();
    let line = format!(
        "{} places and staff, {} persons, {} enrollments, {} records, {} referrals in {seconds:.2} s ({:.0} records/s)\n",
        counts.places,
        counts.persons,
        counts.enrollments,
        counts.records,
        counts.referrals,
        counts.records as f64 / seconds,
    );
    // Nobody is left to be told when the standard error is closed.
    let _ = io::stderr().write_all(line.as_bytes());
}
