//! `fuyou pack`: reads pack folders for the checker, which itself never touches a file.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use clap::Subcommand;
use fuyou_pack::cases::run_cases;
use fuyou_pack::model::{IndicatorEntry, Program};
use fuyou_pack::{Diagnostic, Pack, load};

use crate::packs;

/// What to do with a pack.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Reads a pack and reports every error at once.
    Check {
        /// The folder of the pack, or of an overlay whose base lies beside it or inside the program; or the name of one inside the program.
        dir: String,
    },
    /// Runs the golden cases of a pack.
    Test {
        /// The folder of the pack, or of an overlay whose base lies beside it or inside the program; or the name of one inside the program.
        dir: String,
    },
    /// Lists what a pack holds.
    Show {
        /// The folder of the pack, or of an overlay whose base lies beside it or inside the program; or the name of one inside the program.
        dir: String,
        /// One program; all of them without it.
        program: Option<String>,
    },
}

/// Runs the command; the exit code says whether the pack is good.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::Check { dir } => check(&dir),
        Action::Test { dir } => test(&dir),
        Action::Show { dir, program } => show(&dir, program.as_deref()),
    }
}

/// Loads a pack or prints all that is wrong with it.
fn load_or_report(dir: &str) -> anyhow::Result<Option<(Pack, u128)>> {
    let layers = packs::layers(dir)?;
    let start = Instant::now();
    match load(&layers) {
        Ok(pack) => Ok(Some((pack, start.elapsed().as_micros()))),
        Err(errors) => {
            let mut out = io::stdout().lock();
            for error in &errors.0 {
                writeln!(out, "{error}")?;
            }
            writeln!(out, "{} 个错误 / {} errors", errors.0.len(), errors.0.len())?;
            Ok(None)
        }
    }
}

fn check(dir: &str) -> anyhow::Result<ExitCode> {
    let Some((pack, micros)) = load_or_report(dir)? else {
        return Ok(ExitCode::FAILURE);
    };
    let mut out = io::stdout().lock();
    let sum = |count: fn(&Program) -> usize| pack.programs.iter().map(count).sum::<usize>();
    writeln!(
        out,
        "{} {}: {} programs, {} forms, {} fields, {} facts, {} visits, {} rules, {} indicators; loaded in {}.{} ms",
        pack.id,
        pack.version,
        pack.programs.len(),
        sum(|program| program.forms.len()),
        sum(fields),
        sum(|program| program.facts.len()),
        sum(|program| program.visits.len()),
        sum(|program| program.rules.len()),
        pack.indicators.len(),
        micros / 1000,
        micros % 1000 / 100,
    )?;
    Ok(ExitCode::SUCCESS)
}

fn fields(program: &Program) -> usize {
    let groups = program
        .forms
        .iter()
        .flat_map(|form| &form.groups)
        .map(|group| group.fields.len());
    program
        .forms
        .iter()
        .map(|form| form.fields.len())
        .chain(groups)
        .sum()
}

fn test(dir: &str) -> anyhow::Result<ExitCode> {
    let Some((pack, _)) = load_or_report(dir)? else {
        return Ok(ExitCode::FAILURE);
    };
    let report = run_cases(&pack);
    let mut out = io::stdout().lock();
    let mut print = |title: &str, list: &[Diagnostic]| -> io::Result<()> {
        for one in list {
            writeln!(out, "{one}")?;
        }
        writeln!(out, "{title}: {}", list.len())
    };
    print("失败 / failures", &report.failures)?;
    print("缺少用例 / without a case", &report.uncovered)?;
    for (curve, fitting, all) in &report.examples {
        writeln!(out, "曲线样例 / examples of {curve}: {fitting}/{all}")?;
    }
    writeln!(out, "用例 / cases: {}", report.ran)?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(dir: &str, program: Option<&str>) -> anyhow::Result<ExitCode> {
    let Some((pack, _)) = load_or_report(dir)? else {
        return Ok(ExitCode::FAILURE);
    };
    if let Some(id) = program
        && pack.program_ix(id).is_none()
    {
        bail!("{} has no program `{id}`", pack.id);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{} {} {}", pack.id, pack.version, pack.title)?;
    for one in pack
        .programs
        .iter()
        .filter(|one| program.is_none_or(|id| &*one.id == id))
    {
        show_program(&mut out, &pack, one)?;
    }
    for change in &pack.changes {
        let (program, id) = (&change.program, &change.id);
        writeln!(
            out,
            "{}: {} {program}/{id} {:?}",
            change.layer,
            change.item.word(),
            change.kind
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show_program(out: &mut impl io::Write, pack: &Pack, program: &Program) -> io::Result<()> {
    writeln!(out, "\n{} {}", program.id, program.title)?;
    for form in &program.forms {
        let grouped: usize = form.groups.iter().map(|group| group.fields.len()).sum();
        writeln!(
            out,
            "  form {} {}: {} fields, {grouped} in groups",
            form.id,
            form.title,
            form.fields.len()
        )?;
    }
    for visit in &program.visits {
        let form = &program.form(visit.form).id;
        writeln!(
            out,
            "  visit {} {}: {form}, {} to {}",
            visit.id, visit.title, visit.from, visit.to
        )?;
    }
    let mut by_effect: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &program.rules {
        let level = rule
            .risk
            .and_then(|level| Some(&*program.risk.as_ref()?.levels.get(level)?.id));
        *by_effect.entry(level.unwrap_or("other")).or_default() += 1;
    }
    writeln!(
        out,
        "  facts: {}, derived: {}",
        program.facts.len(),
        program.derived.len()
    )?;
    writeln!(out, "  rules: {} {by_effect:?}", program.rules.len())?;
    for rule in &program.rules {
        writeln!(
            out,
            "  rule {} {}: {}",
            rule.id,
            rule.title,
            rule.when.text()
        )?;
    }
    let own = |indicator: &&fuyou_pack::model::Indicator| {
        pack.program(indicator.program).id == program.id
    };
    for indicator in pack.indicators.iter().filter(own) {
        let entry = match indicator.entry {
            IndicatorEntry::Manual => "manual",
            IndicatorEntry::Computed { .. } => "computed",
        };
        writeln!(
            out,
            "  indicator {} {}: {entry}",
            indicator.id, indicator.title
        )?;
    }
    Ok(())
}
