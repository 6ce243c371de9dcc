//! The `fuyou` command.

mod pack;

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
    /// Check, test and show packs of definitions.
    Pack(pack::Args),
}

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Pack(args) => pack::run(args),
    }
}
