//! The `fuyou` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod plan;

#[derive(Parser)]
#[command(name = "fuyou", version, about = "妇幼健康平台 · a platform for regional maternal and child health")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 工作计划 · work plans
    Plan(plan::Args),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Plan(args) => plan::run(&args),
    }
}
