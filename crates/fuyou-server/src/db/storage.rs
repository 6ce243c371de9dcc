//! What the database is, how much room it takes, and a copy of it while others write.

use super::lite::{Lite, Purpose};
use super::{Cell, Db, Dialect, Error, migrate, query};
use crate::apart::apart;

/// A database as its keeper sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Which of the two.
    pub dialect: Dialect,
    /// The version of the database program.
    pub version: String,
    /// The number of the newest step of the schema.
    pub schema: i64,
    /// Bytes of what is stored.
    pub bytes: u64,
    /// Bytes of the log that is not yet in the file; 0 where the server keeps it to itself.
    pub log_bytes: u64,
}

impl Db {
    /// What the database is and how much room it takes.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn storage(&self) -> Result<Storage, Error> {
        const SQLITE: &str = "select sqlite_version(), \
                              (select page_count from pragma_page_count) * (select page_size from pragma_page_size)";
        const POSTGRES: &str =
            "select current_setting('server_version'), pg_database_size(current_database())";
        let mut reader = self.read().await?;
        let dialect = self.dialect();
        let (version, bytes): (String, i64) = match dialect {
            Dialect::Sqlite => query(SQLITE).one(&mut reader).await?,
            Dialect::Postgres => query(POSTGRES).one(&mut reader).await?,
        };
        let log = self.file().map(|file| format!("{file}-wal"));
        let log = log.and_then(|log| std::fs::metadata(log).ok());
        Ok(Storage {
            dialect,
            version,
            schema: migrate::newest(),
            bytes: u64::try_from(bytes).unwrap_or_default(),
            log_bytes: log.map_or(0, |about| about.len()),
        })
    }

    /// Writes a copy of an embedded database as it stands at one moment into a new file; others read and write meanwhile.
    /// False when the database is not embedded: then its own tools make copies.
    ///
    /// # Errors
    /// When the file is there already or the disk refuses.
    pub async fn copy_to(&self, path: &str) -> Result<bool, Error> {
        let Some(from) = self.file().map(str::to_owned) else {
            return Ok(false);
        };
        let into = Cell::text(path);
        let copying = apart(move || {
            // A connection of its own: those of the shelf refuse this statement.
            let lite = Lite::open(&from, Purpose::Write)?;
            lite.execute("vacuum into $1", &[into])
        });
        let cut = || Error::LaneUnavailable("the copy was given up".into());
        copying.await.map_err(|_| cut())??;
        Ok(true)
    }
}
