//! `fuyou simulate`: makes up a county and writes it as lines of the import format.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use fuyou_kernel::Date;
use fuyou_pack::Pack;
use fuyou_server::simulate::{Counts, Extent, Options, Scenario, Size, simulate};
use indicatif::{ProgressBar, ProgressStyle};

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
    /// The pack whose scenario is played.
    #[arg(long, default_value = "packs/cn")]
    pack: PathBuf,
    /// The program of the pack.
    #[arg(long, default_value = "maternal")]
    program: String,
    /// The file to write; `-` is the standard output.
    #[arg(long)]
    out: PathBuf,
    /// Threads; no influence on what is made.
    #[arg(long)]
    threads: Option<usize>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let scenario = read_scenario(&arguments.pack, &arguments.program)?;
    let options = options(arguments);
    let start = Instant::now();
    let counts = if arguments.out == Path::new("-") {
        write_lines(&scenario, &options, &mut io::stdout().lock())?
    } else {
        let file = File::create(&arguments.out)
            .with_context(|| format!("creating {}", arguments.out.display()))?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let counts = write_lines(&scenario, &options, &mut out)?;
        out.into_inner()
            .context("writing the last lines")?
            .sync_all()?;
        counts
    };
    report(&counts, start);
    Ok(ExitCode::SUCCESS)
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
        today: arguments.today.unwrap_or_else(today),
        seed: arguments.seed,
        threads: arguments.threads.unwrap_or_else(threads),
        extent,
    }
}

/// Today where this machine stands: the binary owns the clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line is where the day enters when it is not given"
)]
pub fn today() -> Date {
    jiff::Zoned::now().date()
}

/// As many threads as the machine runs at once.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Reads a pack and the scenario beside one of its programs.
///
/// # Errors
/// When the pack or the scenario is wrong, or the pack has no scenario for this program.
pub fn read_scenario(dir: &Path, program: &str) -> anyhow::Result<Scenario> {
    let layers = crate::pack::read_layers(dir)?;
    let pack: Pack = match fuyou_pack::load(&layers) {
        Ok(pack) => pack,
        Err(errors) => bail!(
            "{}: {} errors; `fuyou pack check` lists them",
            dir.display(),
            errors.0.len()
        ),
    };
    let read = |path: PathBuf| {
        fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
    };
    // An overlay without a scenario of its own uses the one of the pack that it extends.
    let root = layers
        .iter()
        .rev()
        .map(|layer| PathBuf::from(&layer.root))
        .find(|root| root.join(program).join("simulate.toml").is_file());
    let Some(root) = root else {
        bail!("{}: no simulate.toml for program {program}", dir.display())
    };
    let county = read(root.join("simulate.toml"))?;
    let course = read(root.join(program).join("simulate.toml"))?;
    Ok(Scenario::read(&pack, &county, &course)?)
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
