//! The `fuyou` command.

mod expr;
mod pack;
mod simulate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Fuyou 妇幼: regional maternal and child health.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Evaluate one expression of the pack language 试算一个表达式
    Expr(expr::Arguments),
    /// Check, test and show packs of definitions.
    Pack(pack::Args),
    /// Make up a county and write it as lines of the import format 生成一个虚构的县
    Simulate(simulate::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Expr(arguments) => expr::run(&arguments),
        Command::Pack(args) => pack::run(args),
        Command::Simulate(arguments) => simulate::run(&arguments),
    }
}
