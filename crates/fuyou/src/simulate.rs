//! `fuyou simulate`: makes up a county and writes it as lines of the import format.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber, TimeZone};
use fuyou_server::care::{Acting, Care};
use fuyou_server::exchange::import::{Format, Job};
use fuyou_server::http::App;
use fuyou_server::registry::{Level, Organization};
use fuyou_server::simulate::{
    Counts, Extent, Given, Options, Scenario, Size, Source, simulate, simulate_opened,
};
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
    /// Which of the program's scenarios, in the order of their names.
    #[arg(long, default_value_t = 1)]
    scenario: usize,
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
    let mut scenarios = read_scenarios(&arguments.config.pack, &arguments.program)?;
    let Some(nth) = arguments
        .scenario
        .checked_sub(1)
        .filter(|at| *at < scenarios.len())
    else {
        bail!(
            "规则包没有第 {} 个情景 · there is no such scenario",
            arguments.scenario
        );
    };
    let scenario = scenarios.swap_remove(nth);
    let options = options(&arguments);
    let start = Instant::now();
    // Who was opened by records stands in the data directory.
    let counts = if arguments.out.is_none() || scenario.is_opened() {
        let app = arguments.config.open_app().await?;
        let made = match &arguments.out {
            None => {
                let file = arguments.config.data.join("simulated.ndjson");
                into_store(&app, &scenario, &options, &file).await
            }
            Some(out) => continued(&app, &scenario, &options, out).await,
        };
        app.db().close().await;
        made?
    } else {
        to_out(&scenario, &options, None, arguments.out.as_deref())?
    };
    report(&counts, start);
    Ok(ExitCode::SUCCESS)
}

/// Writes what happens to those whom records in the data directory opened.
async fn continued(
    app: &App,
    scenario: &Scenario,
    options: &Options,
    out: &Path,
) -> anyhow::Result<Counts> {
    let now = app.now();
    let care = app.care().context("没有规则包 · no pack was loaded")?;
    let by = Acting::system(app.tree(), now, app.date_of(now));
    let given = given(care, &by, scenario).await?;
    to_out(scenario, options, given.as_deref(), Some(out))
}

fn to_out(
    scenario: &Scenario,
    options: &Options,
    given: Option<&[Given]>,
    out: Option<&Path>,
) -> anyhow::Result<Counts> {
    match out.filter(|out| *out != Path::new("-")) {
        Some(out) => write_file(scenario, options, given, out),
        None => write_lines(scenario, options, given, &mut io::stdout().lock()),
    }
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
    let now = app.now();
    let care = app.care().context("没有规则包 · no pack was loaded")?;
    let by = Acting::system(app.tree(), now, app.date_of(now));
    let given = given(care, &by, scenario).await?;
    let counts = write_file(scenario, options, given.as_deref(), file)?;
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

/// The subjects of a scenario that is about those whom records of other programs opened.
async fn given(
    care: &Care,
    by: &Acting,
    scenario: &Scenario,
) -> anyhow::Result<Option<Vec<Given>>> {
    let enrollment = None;
    match scenario.source() {
        Source::Made => return Ok(None),
        Source::Opened => {}
        Source::Organizations(kinds) => {
            let tree = by.actor.tree.all().iter();
            let places = tree.filter(|place| kinds.iter().any(|kind| kind == place.kind.word()));
            let given = places.map(|place| Given {
                subject: place.id.uuid(),
                anchor: DayNumber::from(by.today).0,
                sex: Value::Null,
                enrollment,
                organization: Some((place.code.as_str().into(), place.population)),
                residence: beside(by, place).into(),
                opened_ms: 0,
                values: Vec::new(),
            });
            return Ok(Some(given.collect()));
        }
        Source::Asked { program, rule } => {
            let asked = care
                .asked_subjects(by, (program, rule), scenario.program())
                .await?;
            let given = asked.into_iter().map(|asked| Given {
                subject: asked.subject,
                anchor: DayNumber::from(asked.since).0,
                sex: asked.sex,
                enrollment,
                organization: None,
                residence: asked.residence.into(),
                opened_ms: 0,
                values: Vec::new(),
            });
            return Ok(Some(given.collect()));
        }
    }
    let opened = care.opened_subjects(by, scenario.program()).await?;
    let given = opened.into_iter().map(|opened| Given {
        subject: opened.subject,
        anchor: DayNumber::from(opened.birth_on).0,
        sex: opened.sex,
        enrollment: Some(opened.enrollment),
        organization: None,
        residence: opened.residence.into(),
        opened_ms: opened.opened_at.as_millisecond(),
        values: opened.values,
    });
    Ok(Some(given.collect()))
}

/// The code of the township that a place is or lies in; its own when it lies in none.
fn beside(by: &Acting, place: &Organization) -> String {
    let township = by.actor.tree.at_level(place.id, Level::Township);
    township.map_or_else(|| place.code.clone(), |township| township.code.clone())
}

/// Writes a county into a file.
///
/// # Errors
/// When the file cannot be written.
fn write_file(
    scenario: &Scenario,
    options: &Options,
    given: Option<&[Given]>,
    path: &Path,
) -> anyhow::Result<Counts> {
    let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let counts = write_lines(scenario, options, given, &mut out)?;
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

/// Reads a pack and the scenarios beside one of its programs: `simulate.toml` first, then the others by name.
///
/// # Errors
/// When the pack or a scenario is wrong, or the pack has no scenario for this program.
pub fn read_scenarios(pack: &str, program: &str) -> anyhow::Result<Vec<Scenario>> {
    let layers = packs::layers(pack)?;
    let opened = packs::open(pack)?;
    let begins = format!("{program}/simulate");
    let is_scenario = |path: &&str| path.starts_with(&begins) && path.ends_with(".toml");
    let files = layers.iter().flat_map(|layer| &layer.files);
    let paths: BTreeSet<&str> = files
        .map(|file| file.path.as_str())
        .filter(is_scenario)
        .collect();
    let mut paths: Vec<&str> = paths.into_iter().collect();
    paths.sort_by_key(|path| (path.len(), *path));
    if paths.is_empty() {
        bail!("规则包没有这些文件 · the pack has no {begins}.toml");
    }
    let mut scenarios = Vec::new();
    for path in paths {
        // An overlay without a scenario of its own uses the one of the pack that it extends.
        let texts = packs::files(&layers, &["simulate.toml".to_owned(), path.to_owned()])?;
        scenarios.push(Scenario::read(&opened, &texts[0], &texts[1])?);
    }
    Ok(scenarios)
}

/// Writes a county with a progress bar on the standard error.
///
/// # Errors
/// When the lines cannot be written.
pub fn write_lines(
    scenario: &Scenario,
    options: &Options,
    given: Option<&[Given]>,
    out: &mut impl Write,
) -> anyhow::Result<Counts> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "模拟 simulating {bar:40} {percent}% {eta}",
    )?);
    let sink = |lines: &[u8]| out.write_all(lines).context("writing lines");
    let told = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let counts = match given {
        None => simulate(scenario, options, sink, told)?,
        Some(given) => simulate_opened(scenario, options, given, sink, told)?,
    };
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
