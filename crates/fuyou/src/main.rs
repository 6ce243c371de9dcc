//! The `fuyou` command.

mod expr;
mod pack;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Fuyou 妇幼: regional maternal and child health in one binary.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Evaluate one expression of the pack language 试算一个表达式
    Expr(expr::Arguments),
    /// Check, test and show packs of definitions 检查、测试、查看规则包
    Pack(pack::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Expr(arguments) => expr::run(&arguments),
        Command::Pack(arguments) => pack::run(arguments),
    }
}
