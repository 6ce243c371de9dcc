//! `fuyou plan read`: what a plan says, as a table for people or as JSON for programs.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use fuyou_server::planning;
use fuyou_server::planning::reader::{self, PlanText, Target};
use serde::Serialize;

use crate::config::{Config, by_command, say};
use crate::packs;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 读出计划中的章节、任务和目标 · find the sections, tasks and targets of a plan
    Read {
        /// .txt 或 .docx 文件,"-" 表示标准输入 · a .txt or .docx file, "-" for standard input
        file: PathBuf,
        /// 输出 JSON · print the targets as JSON
        #[arg(long)]
        json: bool,
        /// 规则包,其指标和计划用语是绑定的对象 · the pack whose indicators and plan terms phrases are bound to
        #[arg(long, env = "FUYOU_PACK", default_value = "cn")]
        pack: String,
    },
    /// 导入为某机构某年度的计划草稿 · keep a plan as a draft of an organization's plan for a year
    Import(ImportArgs),
}

#[derive(clap::Args)]
struct ImportArgs {
    #[command(flatten)]
    config: Config,
    /// .txt 或 .docx 文件 · a .txt or .docx file
    file: PathBuf,
    /// 年份 · the year that it plans
    #[arg(long)]
    year: i16,
    /// 机构编码 · code of the organization whose plan it is
    #[arg(long)]
    node: String,
    /// 直接采用,存疑的目标除外 · adopt it at once; doubtful targets are left out until a person decides
    #[arg(long)]
    adopt: bool,
}

/// Runs `fuyou plan …`; a file that is no plan ends with exit code 1 and nothing on standard output.
pub async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.command {
        Command::Read { file, json, pack } => read(file, *json, pack),
        Command::Import(args) => import(args).await,
    }
}

async fn import(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let app = args.config.open_app().await?;
    let pack = app
        .pack()
        .context("没有规则包 · no pack was loaded")?
        .clone();
    let tree = app.tree();
    let node = tree.by_code(&args.node).with_context(|| {
        format!(
            "没有编码为 {} 的机构 · no organization has this code",
            args.node
        )
    })?;
    let bytes = bytes_of(&args.file)?;
    let name = args
        .file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let import = planning::Import {
        org: node.id,
        year: args.year,
        file_name: &name,
        bytes: &bytes,
        by: (None, "system"),
    };
    let plan =
        match planning::import(&app, &pack, &import, by_command(&app, "import", "plan")).await {
            Ok(plan) => plan,
            Err(planning::Error::Unreadable(err)) => {
                writeln!(
                    std::io::stderr(),
                    "{}:{}\n{}: {err}",
                    args.file.display(),
                    err.zh(),
                    args.file.display()
                )?;
                return Ok(ExitCode::FAILURE);
            }
            Err(other) => return Err(other.into()),
        };
    say(&format!(
        "{} · {} · {} · 第 {} 版 · edition {}",
        plan.id, plan.title, plan.year, plan.edition, plan.edition
    ))?;
    if args.adopt {
        let left = planning::adopt_certain(&app, &plan, by_command(&app, "adopt", "plan")).await?;
        say(&format!(
            "已采用;{left} 个存疑目标待人工确认 · adopted; {left} doubtful targets wait for a person"
        ))?;
    }
    app.db().close().await;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path, json: bool, pack: &str) -> anyhow::Result<ExitCode> {
    let bytes = bytes_of(file)?;
    let dictionary = planning::dictionary_of(&packs::open(pack)?);
    let plan = match reader::read(&bytes, &file.to_string_lossy(), &dictionary) {
        Ok(plan) => plan,
        Err(err) => {
            writeln!(
                std::io::stderr(),
                "{}:{}\n{}: {err}",
                file.display(),
                err.zh(),
                file.display()
            )?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut out = std::io::stdout().lock();
    let written = if json {
        write_json(&mut out, &plan)
    } else {
        write_table(&mut out, &plan)
    };
    // A reader that closes the pipe early ("| head") has seen enough.
    match written {
        Err(err) if err.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => other
            .map(|()| ExitCode::SUCCESS)
            .context("writing the result"),
    }
}

fn bytes_of(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .context("无法读取标准输入 · cannot read standard input")?;
        return Ok(bytes);
    }
    std::fs::read(file).with_context(|| format!("无法读取 · cannot read {}", file.display()))
}

/// One target as it stands in the JSON list.
#[derive(Serialize)]
struct Row<'a> {
    line: usize,
    start: usize,
    end: usize,
    text: &'a str,
    indicator_as_written: &'a str,
    indicator: Option<&'a str>,
    comparator: &'static str,
    value: Option<serde_json::Number>,
    value_high: Option<serde_json::Number>,
    unit: &'a str,
    kind: &'static str,
    confidence: &'static str,
    note: Option<String>,
}

fn row(target: &Target) -> Row<'_> {
    Row {
        line: target.span.line,
        start: target.span.start,
        end: target.span.end,
        text: &target.text,
        indicator_as_written: &target.indicator_as_written,
        indicator: target.indicator.as_deref(),
        comparator: target.comparator.sign(),
        value: target.value.and_then(number),
        value_high: target.value_high.and_then(number),
        unit: &target.unit,
        kind: target.kind.id(),
        confidence: target.confidence.id(),
        note: note(target),
    }
}

/// 90 is written 90 and 2.5 is written 2.5.
fn number(value: reader::Number) -> Option<serde_json::Number> {
    serde_json::from_str(&value.to_string()).ok()
}

fn note(target: &Target) -> Option<String> {
    let notes: Vec<String> = target
        .notes
        .iter()
        .map(|note| format!("{} / {}", note.zh(), note.en()))
        .collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn write_json(out: &mut impl Write, plan: &PlanText) -> std::io::Result<()> {
    let rows: Vec<Row<'_>> = plan.targets.iter().map(row).collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

fn write_table(out: &mut impl Write, plan: &PlanText) -> std::io::Result<()> {
    for damage in &plan.damage {
        writeln!(out, "! {} / {}", damage.zh(), damage.en())?;
    }
    writeln!(
        out,
        "\n# 章节与任务 / Sections and tasks ({} / {})",
        plan.sections.len(),
        plan.tasks.len()
    )?;
    for (index, section) in plan.sections.iter().enumerate() {
        writeln!(
            out,
            "{:>5}  {}{}",
            section.span.line,
            "  ".repeat(usize::from(section.level)),
            section.title
        )?;
        write_tasks(out, plan, Some(index))?;
    }
    write_tasks(out, plan, None)?;
    writeln!(out, "\n# 目标 / Targets ({})", plan.targets.len())?;
    writeln!(
        out,
        "{:>9}  {:<7}{:<16}{:<18}{:<7}指标 / indicator",
        "行:字", "", "数值", "类别", "把握"
    )?;
    for target in &plan.targets {
        let place = format!("{}:{}", target.span.line, target.span.start);
        let indicator = target.indicator.as_deref().unwrap_or("-");
        let value = value_text(target);
        writeln!(
            out,
            "{place:>9}  {:<7}{value:<16}{:<18}{:<7}{} → {indicator}",
            target.comparator.sign(),
            target.kind.id(),
            target.confidence.id(),
            target.indicator_as_written
        )?;
        if let Some(note) = note(target) {
            writeln!(out, "{:>11}{note}", "")?;
        }
    }
    Ok(())
}

fn write_tasks(
    out: &mut impl Write,
    plan: &PlanText,
    section: Option<usize>,
) -> std::io::Result<()> {
    for task in plan.tasks.iter().filter(|task| task.section == section) {
        writeln!(
            out,
            "{:>5}      {} {}",
            task.span.line, task.label, task.title
        )?;
    }
    Ok(())
}

fn value_text(target: &Target) -> String {
    match (target.value, target.value_high) {
        (Some(low), Some(high)) => format!("{low}-{high} {}", target.unit),
        (Some(value), None) => format!("{value} {}", target.unit),
        _ => target.text.clone(),
    }
}
