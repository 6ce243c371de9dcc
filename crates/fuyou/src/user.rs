//! `fuyou user add`

use std::io::BufRead as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use fuyou_server::access::{NewUser, Role, create_user};

use crate::config::{Config, by_command, say};

/// Users.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Create a user. The first password is read from standard input, one line, and must be changed at first login.
    Add {
        /// 3 to 40 letters, digits, dots, dashes or underscores.
        login: String,
        /// The name shown to others.
        #[arg(long)]
        name: String,
        /// village_doctor, township_worker, nurse, county_worker, analyst, director, administrator or auditor.
        #[arg(long)]
        role: Role,
        /// Code of the organization where the user works.
        #[arg(long)]
        organization: String,
        #[command(flatten)]
        config: Config,
    },
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Command::Add {
        login,
        name,
        role,
        organization,
        config,
    } = args.command;
    let mut password = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut password)
        .context("no password on standard input")?;
    let app = config.open_app().await?;
    let place = app.tree().by_code(&organization).map(|found| found.id);
    let place = place.with_context(|| {
        format!("没有编码为 {organization} 的机构 · no organization has the code {organization}")
    })?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    let new = NewUser {
        login,
        name,
        role,
        organization: place,
        password,
        must_change_password: true,
    };
    let created = create_user(&app, by_command(&app, "create_user", "app_user"), &new).await;
    app.db().close().await;
    created?;
    say(&format!("已创建用户 {} · created {}", new.login, new.login))?;
    Ok(ExitCode::SUCCESS)
}
