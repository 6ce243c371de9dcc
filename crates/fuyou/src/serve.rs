//! `fuyou serve`

use std::process::ExitCode;

use anyhow::Context as _;
use fuyou_server::care::{Acting, keep_links};
use fuyou_server::http::{App, serve};
use fuyou_server::insight::{Live, Room, SnapshotFile};
use fuyou_server::jobs::keep_swept;
use tokio::net::TcpListener;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::config::{Config, say};
use crate::simulate::threads;

/// Starts the server.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    config: Config,
    /// Address to listen on.
    #[arg(long, env = "FUYOU_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    log_to_stderr();
    let app = args.config.open_app().await?;
    let listener = bind(&args.listen).await?;
    say(&format!("http://{}", listener.local_addr()?))?;
    serve_whole(app, &args.config, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Serves with figures in memory, and opens what records open, until the process is asked to stop.
///
/// # Errors
/// When the pack cannot be counted in memory, or the address is lost.
pub async fn serve_whole(app: App, config: &Config, listener: TcpListener) -> anyhow::Result<()> {
    settle(&app);
    let links = tokio::spawn(keep_links(app.clone()));
    let files = tokio::spawn(keep_swept(app.clone()));
    let served = serve(with_figures(app, config)?, listener, stopped()).await;
    links.abort();
    files.abort();
    Ok(served?)
}

/// Computes anew what a new version of the pack asks for, and what a change of the tree of organizations asked for before
/// the process ended.
fn settle(app: &App) {
    let Some(care) = app.care().cloned() else {
        return;
    };
    let now = app.now();
    let by = Acting::system(app.tree(), now, app.date_of(now));
    tokio::spawn(async move { care.settle_all(&by).await });
}

/// Figures are counted in memory from now on, as soon as the facts are read; until then the database counts them.
fn with_figures(app: App, config: &Config) -> anyhow::Result<App> {
    let Some(pack) = app.pack() else {
        return Ok(app);
    };
    let Some(bytes_max) = config.cube_bytes_max() else {
        return Ok(app);
    };
    let room = Room {
        threads: threads(),
        bytes_max,
    };
    let snapshot = SnapshotFile {
        path: config.cube_snapshot(),
        keys: app.keys().clone(),
    };
    let live = Live::start_within(app.db(), pack, room, Some(snapshot))
        .context("规则包的指标无法在内存中计算 · the pack cannot be counted in memory")?;
    Ok(app.with_live(live))
}

/// Logs warnings and worse, or what `FUYOU_LOG` says.
pub fn log_to_stderr() {
    let asked = std::env::var("FUYOU_LOG")
        .ok()
        .and_then(|text| text.parse().ok());
    let filter: Targets = asked.unwrap_or_else(|| Targets::new().with_default(Level::WARN));
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(filter)
        .init();
}

/// Listens on an address.
///
/// # Errors
/// When it is taken or not this machine's.
pub async fn bind(listen: &str) -> anyhow::Result<TcpListener> {
    let refused = || format!("无法监听 {listen} · cannot listen on {listen}");
    TcpListener::bind(listen).await.with_context(refused)
}

/// Ready when the process is asked to stop.
pub async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => {
                tokio::select! {
                    _ = terminated.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
            Err(err) => {
                tracing::warn!(error = %err, "the signal to terminate is not heard");
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
