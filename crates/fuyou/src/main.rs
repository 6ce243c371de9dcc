//! The `fuyou` command.

mod pack;
mod plan;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "fuyou", version, about = "妇幼健康平台 · a platform for regional maternal and child health")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check, test and show packs of definitions.
    Pack(pack::Args),
    /// 工作计划 · work plans
    Plan(plan::Args),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Pack(args) => pack::run(args),
        Command::Plan(args) => plan::run(&args),
    }
}
