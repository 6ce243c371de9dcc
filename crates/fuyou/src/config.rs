//! Configuration shared by the commands that open a data directory.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use fuyou_kernel::{TimeZone, Timestamp};
use fuyou_server::access::PasswordCost;
use fuyou_server::care::Care;
use fuyou_server::db::{Db, Entry, Settings};
use fuyou_server::http::{App, Clock, Options};
use fuyou_server::keys::{Keyring, Suite};

use crate::{memory, packs};

/// Where the data is.
#[derive(clap::Args, Clone)]
pub struct Config {
    /// Directory of the database and the key file; made at first start.
    #[arg(long, env = "FUYOU_DATA", default_value = "data")]
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; without it, SQLite in the data directory.
    #[arg(long, env = "FUYOU_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Connections for readers.
    #[arg(long, env = "FUYOU_READERS", default_value_t = 8)]
    pub readers: u32,
    /// Lanes of writers on PostgreSQL; SQLite has one.
    #[arg(long, env = "FUYOU_LANES", default_value_t = 4)]
    pub lanes: u32,
    /// Algorithms of a new key version: `sm` (SM4-GCM and HMAC-SM3) or `aes` (AES-256-GCM and HMAC-SHA-256).
    #[arg(long, env = "FUYOU_SUITE", default_value = "sm")]
    pub suite: Suite,
    /// The rule pack that the county works with: the name of one inside the program (`cn`, `cn-anhui` …) or a folder.
    /// The base of an overlay lies beside it or is inside the program.
    #[arg(long, env = "FUYOU_PACK", default_value = "cn")]
    pub pack: String,
    /// Memory for figures, in MiB; half of the machine's without it, 0 to keep none. What does not fit is not held: the
    /// database then answers, more slowly.
    #[arg(long, env = "FUYOU_CUBE_MEMORY", value_name = "MIB")]
    pub cube_memory: Option<usize>,
    /// Name in the top bar.
    #[arg(long, env = "FUYOU_COUNTY_NAME", default_value = "妇幼健康")]
    pub county_name: String,
    /// Time zone in which a day begins.
    #[arg(long, env = "FUYOU_TIME_ZONE", default_value = "Asia/Shanghai")]
    pub time_zone: String,
    /// Session cookies only over HTTPS; switch it on behind a TLS proxy.
    #[arg(long, env = "FUYOU_SECURE_COOKIES")]
    pub secure_cookies: bool,
}

impl Config {
    /// Opens the database and brings its schema up to date.
    pub async fn open_db(&self) -> anyhow::Result<Db> {
        std::fs::create_dir_all(&self.data).with_context(|| {
            format!("the data directory {} cannot be made", self.data.display())
        })?;
        let url = self.database.clone();
        let url = url.unwrap_or_else(|| format!("sqlite:{}", self.data.join("fuyou.db").display()));
        let settings = Settings {
            url,
            readers: self.readers,
            lanes: self.lanes,
        };
        Db::open(&settings)
            .await
            .context("数据库无法打开 · the database cannot be opened")
    }

    /// The snapshot of figures in memory.
    pub fn cube_snapshot(&self) -> PathBuf {
        self.data.join("cube.snapshot")
    }

    /// Bytes that figures may take; `None` when none shall be kept.
    pub fn cube_bytes_max(&self) -> Option<usize> {
        match self.cube_memory {
            Some(0) => None,
            Some(mebibytes) => Some(mebibytes.saturating_mul(1 << 20)),
            None => Some(memory::of_machine().map_or(usize::MAX, |bytes| bytes / 2)),
        }
    }

    /// Opens the key file, making one at first start.
    pub fn open_keys(&self) -> anyhow::Result<Keyring> {
        Ok(Keyring::open(&self.data.join("fuyou.key"), self.suite)?)
    }

    /// Opens everything; the tables of the pack are made or widened.
    pub async fn open_app(&self) -> anyhow::Result<App> {
        self.open_app_at(system_clock()).await
    }

    /// Opens everything with another clock: a made-up county may live on another day.
    pub async fn open_app_at(&self, clock: Clock) -> anyhow::Result<App> {
        let db = self.open_db().await?;
        let time_zone = TimeZone::get(&self.time_zone).context("the time zone is not known")?;
        let options = Options {
            county_name: self.county_name.clone(),
            secure_cookies: self.secure_cookies,
            time_zone,
            password_cost: PasswordCost::default(),
            clock,
        };
        let app = App::new(db, self.open_keys()?, options).await?;
        let pack = Arc::new(packs::open(&self.pack)?);
        let now = app.now();
        let settings = fuyou_server::care::Settings {
            utc_offset_minutes: app.options().time_zone.to_offset(now).seconds() / 60,
        };
        let care = Care::install(app.db().clone(), pack, settings, now)
            .await
            .context("规则包无法启用 · the pack cannot be installed")?;
        Ok(app.with_care(care))
    }
}

/// Opens an embedded database by its file.
pub async fn open_sqlite(file: &std::path::Path) -> anyhow::Result<Db> {
    let settings = Settings::new(format!("sqlite:{}", file.display()));
    Db::open(&settings)
        .await
        .context("数据库无法打开 · the database cannot be opened")
}

/// The system's clock.
pub fn system_clock() -> Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock of the binary")]
    Arc::new(Timestamp::now)
}

/// An audit entry of the command line.
pub fn by_command(app: &App, action: &'static str, entity: &'static str) -> Entry {
    Entry {
        at: app.now(),
        actor_id: None,
        actor_login: "system".to_owned(),
        org_id: None,
        action: action.into(),
        entity: entity.into(),
        entity_id: None,
        subject_id: None,
        detail: "{}".to_owned(),
    }
}

/// A line on standard output.
pub fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
