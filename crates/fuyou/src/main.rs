//! The `fuyou` command.

mod audit;
mod backup;
mod bar;
mod config;
mod demo;
mod doctor;
mod expr;
mod import;
mod indicators;
mod keys;
mod memory;
mod migrate;
mod organization;
mod pack;
mod packs;
mod plan;
mod serve;
mod simulate;
mod summary;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A record is a few thousand small allocations; this allocator gives them out in less time than that of the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fuyou 妇幼: 区域妇幼健康平台 · regional maternal and child health.
#[derive(Parser)]
#[command(name = "fuyou", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 启动服务 · Start the server.
    Serve(serve::Args),
    /// 升级数据库结构 · Bring the schema of the database up to date.
    Migrate(migrate::Args),
    /// 用户管理 · Users.
    User(user::Args),
    /// 机构管理 · Organizations.
    Organization(organization::Args),
    /// 审计 · The audit trail.
    Audit(audit::Args),
    /// 密钥 · Keys.
    Keys(keys::Args),
    /// 规则包 · Packs of definitions.
    Pack(pack::Args),
    /// 工作计划 · Work plans.
    Plan(plan::Args),
    /// 表达式 · Try an expression.
    Expr(expr::Arguments),
    /// 指标 · Indicators of a node in a period.
    Indicators(indicators::Args),
    /// 年度总结 · The annual summary as a Word document.
    Summary(summary::Args),
    /// 演示县 · A made-up county in one command.
    Demo(demo::Args),
    /// 模拟一个虚构的县 · Make up a county.
    Simulate(simulate::Arguments),
    /// 批量导入 · Load a file of records through the same rules as the desk.
    Import(import::Args),
    /// 备份 · Copy the database while the server runs.
    Backup(backup::BackupArgs),
    /// 恢复备份 · Put a backup into a new data directory.
    Restore(backup::RestoreArgs),
    /// 体检 · Look at the installation and say what needs somebody.
    Doctor(doctor::Args),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::User(args) => user::run(args).await,
        Command::Organization(args) => organization::run(args).await,
        Command::Audit(args) => audit::run(args).await,
        Command::Keys(args) => keys::run(args).await,
        Command::Pack(args) => pack::run(args),
        Command::Plan(args) => plan::run(&args).await,
        Command::Expr(args) => expr::run(&args),
        Command::Indicators(args) => indicators::run(args).await,
        Command::Summary(args) => summary::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Simulate(arguments) => simulate::run(arguments).await,
        Command::Import(args) => import::run(args).await,
        Command::Backup(args) => backup::run(args).await,
        Command::Restore(args) => backup::run_restore(args).await,
        Command::Doctor(args) => doctor::run(args).await,
    }
}
