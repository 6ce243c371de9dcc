//! Opening a database, and the two ways in: readers and lanes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::checkpoint::beside_the_lane;
use super::connection::{Runs, count_one};
use super::ground::Ground;
use super::lane::{BatchLimits, Lane, Pace, Request};
use super::lite::{Lite, Purpose};
use super::migrate::migrate;
use super::shelf::{Lent, Shelf};
use super::walk::Walk;
use super::{Connection, Entry, Error, Query, Reader, Tx};

/// How many requests may wait before a lane; more wait outside.
const QUEUE_MAX: usize = 4096;

/// Which of the two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Embedded, one file.
    Sqlite,
    /// A server, by URL.
    Postgres,
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Connections for readers. Default 8.
    pub readers: u32,
    /// Lanes on PostgreSQL; SQLite always has one. Default 4.
    pub lanes: u32,
}

impl Settings {
    /// The defaults for an address.
    pub fn new(url: impl Into<String>) -> Self {
        Settings {
            url: url.into(),
            readers: 8,
            lanes: 4,
        }
    }
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    readers: Readers,
    lanes: Vec<(mpsc::Sender<Request>, Ground)>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    stopped: tokio::sync::watch::Sender<bool>,
    /// The file of an embedded database.
    file: Option<Arc<str>>,
}

enum Readers {
    Sqlite(Shelf),
    Postgres(PgPool),
}

/// Where lanes get their connections.
#[derive(Clone)]
pub(super) enum Writers {
    /// A file: its one lane opens a connection when it has none.
    Sqlite(Arc<str>),
    Postgres(PgPool),
}

impl Writers {
    pub(super) async fn acquire(&self) -> Result<Connection, Error> {
        Ok(match self {
            Writers::Sqlite(path) => {
                let lite = Lite::open(path, Purpose::Write)?;
                Connection::sqlite(Lent::own(lite), Runs::Here)
            }
            Writers::Postgres(pool) => Connection::postgres(pool.acquire().await?),
        })
    }

    pub(super) fn begin_sql(&self) -> &'static str {
        match self {
            // Takes the write lock at once: a batch that has begun will not fail half-way for want of it.
            Writers::Sqlite(_) => "begin immediate",
            Writers::Postgres(_) => "begin",
        }
    }
}

impl Readers {
    fn take(&self, runs: Runs) -> BoxFuture<'_, Result<Reader, Error>> {
        Box::pin(async move {
            Ok(Reader(match self {
                Readers::Sqlite(shelf) => Connection::sqlite(shelf.take().await?, runs),
                Readers::Postgres(pool) => Connection::postgres(pool.acquire().await?),
            }))
        })
    }

    async fn close(&self) {
        match self {
            Readers::Sqlite(shelf) => shelf.close(),
            Readers::Postgres(pool) => pool.close().await,
        }
    }
}

impl Db {
    /// Opens the database, brings its schema up to date and starts the lanes.
    pub async fn open(settings: &Settings) -> Result<Db, Error> {
        let (readers, writers, lanes) = connect(settings).await?;
        migrate(&mut writers.acquire().await?).await?;
        let (stopped, _) = tokio::sync::watch::channel(false);
        let mut senders = Vec::new();
        let mut tasks = Vec::new();
        let mut log = None;
        let mut file = None;
        if let Writers::Sqlite(path) = &writers {
            file = Some(path.clone());
            let (told, task) = beside_the_lane(path)?;
            log = Some(told);
            tasks.push(task);
        }
        for id in 0..i64::from(lanes) {
            let (sender, requests) = mpsc::channel(QUEUE_MAX);
            let lane = Lane {
                id,
                writers: writers.clone(),
                limits: BatchLimits::default(),
                requests,
                idle: None,
                log: log.clone(),
                notes: Vec::new(),
            };
            let (ground, task) = match writers {
                Writers::Sqlite(_) => Ground::own(lane)?,
                Writers::Postgres(_) => Ground::shared(lane),
            };
            tasks.push(task);
            senders.push((sender, ground));
        }
        Ok(Db(Arc::new(Inner {
            readers,
            lanes: senders,
            tasks: Mutex::new(tasks),
            stopped,
            file,
        })))
    }

    /// Which of the two databases this is.
    pub fn dialect(&self) -> Dialect {
        match self.0.readers {
            Readers::Sqlite(_) => Dialect::Sqlite,
            Readers::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The file of an embedded database.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// How many lanes there are.
    pub fn lanes(&self) -> usize {
        self.0.lanes.len()
    }

    /// How many tasks may look up and compute at the same time. One processor is left for the lane and for what is quickly
    /// done: taking requests in and sending answers out. On PostgreSQL there are as many more as wait for it.
    pub(crate) fn at_once(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        match &self.0.readers {
            Readers::Sqlite(_) => processors.saturating_sub(1).max(1),
            Readers::Postgres(pool) => processors + pool.options().get_max_connections() as usize,
        }
    }

    /// The lane of a subject.
    pub fn lane(&self, subject: Uuid) -> usize {
        lane_of(Some(subject), self.lanes())
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<Reader, Error> {
        self.0.readers.take(Runs::Apart).await
    }

    /// A connection for looking up a few rows by their keys. On SQLite its statements run where they are asked for:
    /// nothing that walks through a table may be asked on it.
    pub async fn glance(&self) -> Result<Reader, Error> {
        self.0.readers.take(Runs::Here).await
    }

    /// The rows of a query of any length, as they are found. They are those of one moment.
    pub(crate) async fn walk(&self, query: Query) -> Result<Walk, Error> {
        count_one();
        match &self.0.readers {
            Readers::Sqlite(_) => {
                let path = self.0.file.clone().ok_or_else(stopping)?;
                Ok(Walk::on_sqlite(path, query))
            }
            Readers::Postgres(pool) => Walk::on_postgres(pool.acquire().await?, query),
        }
    }

    /// Waits for a turn in the lane of `subject` (or in the first lane when the work hangs on no subject).
    ///
    /// The turn lends the lane's open transaction; the work in it stands in its own savepoint. [`Tx::commit`] returns
    /// when the whole batch is synced to disk. A turn that is dropped is rolled back and the others do not notice.
    /// While a turn is held nobody else writes in this lane: no slow work (hashing, parsing, network) inside.
    pub async fn begin(&self, subject: Option<Uuid>) -> Result<Tx, Error> {
        self.turn(subject, Pace::Shared).await
    }

    /// As [`Db::begin`], in the first lane and for as long as it takes: for what is done before anybody is served, such as
    /// widening the tables of a new pack, for which SQLite reads each of them to its end.
    pub(crate) async fn begin_alone(&self) -> Result<Tx, Error> {
        self.turn(None, Pace::Alone).await
    }

    fn turn(&self, subject: Option<Uuid>, pace: Pace) -> BoxFuture<'_, Result<Tx, Error>> {
        Box::pin(async move {
            let (waiter, turn) = oneshot::channel();
            self.send(subject, Request::Turn(waiter, pace)).await?;
            turn.await.unwrap_or_else(|_| Err(stopping()))
        })
    }

    /// Runs a task where the lane of `subject` runs: one that takes a turn and has little to do besides.
    pub(crate) fn spawn_in_lane(
        &self,
        subject: Uuid,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.0.lanes[self.lane(subject)].1.spawn(task);
    }

    /// Queues an audit entry of a read. Returns when it is queued; it is durable with the lane's next batch,
    /// which starts at once.
    pub fn note(&self, entry: Entry) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.send(entry.subject_id, Request::Note(entry)))
    }

    /// Finishes what is queued and closes all connections. Later requests are refused.
    pub async fn close(&self) {
        self.0.stopped.send_replace(true);
        for (lane, _) in &self.0.lanes {
            let (waiter, turn) = oneshot::channel();
            if lane.send(Request::Turn(waiter, Pace::Shared)).await.is_ok() {
                // A turn of our own comes after everything queued before it.
                if let Ok(Ok(tx)) = turn.await
                    && let Err(err) = tx.commit().await
                {
                    tracing::error!(error = %err, "the last batch was not saved");
                }
            }
        }
        for task in self.0.tasks.lock().await.drain(..) {
            task.abort();
            let _ = task.await;
        }
        self.0.readers.close().await;
    }

    async fn send(&self, subject: Option<Uuid>, request: Request) -> Result<(), Error> {
        if *self.0.stopped.borrow() {
            return Err(stopping());
        }
        self.0.lanes[lane_of(subject, self.0.lanes.len())]
            .0
            .send(request)
            .await
            .map_err(|_| stopping())
    }
}

fn stopping() -> Error {
    Error::LaneUnavailable(Arc::from("the server is stopping"))
}

/// All work on one subject goes through one lane. Work on no subject goes through the first, so that it is in order too.
fn lane_of(subject: Option<Uuid>, lanes: usize) -> usize {
    let Some(subject) = subject else { return 0 };
    let mut hasher = DefaultHasher::new();
    subject.hash(&mut hasher);
    (hasher.finish() % lanes as u64) as usize
}

async fn connect(settings: &Settings) -> Result<(Readers, Writers, u32), Error> {
    if settings.url.starts_with("postgres:") || settings.url.starts_with("postgresql:") {
        let options = PgConnectOptions::from_str(&settings.url)?;
        stays_here(&options)?;
        let readers = PgPoolOptions::new()
            .max_connections(settings.readers)
            .connect_with(options.clone())
            .await?;
        let lanes = settings.lanes.max(1);
        let writers = PgPoolOptions::new()
            .max_connections(lanes)
            .connect_with(options)
            .await?;
        return Ok((
            Readers::Postgres(readers),
            Writers::Postgres(writers),
            lanes,
        ));
    }
    let Some(path) = settings.url.strip_prefix("sqlite:") else {
        return Err(Error::Address(
            settings
                .url
                .split(':')
                .next()
                .unwrap_or_default()
                .to_owned(),
        ));
    };
    let writers = Writers::Sqlite(path.into());
    // The first one makes the file, if need be, before others look for it.
    drop(writers.acquire().await?);
    let readers = Shelf::open(path, settings.readers)?;
    Ok((Readers::Sqlite(readers), writers, 1))
}

/// Refuses a database on another machine, unless the operator has written that the way there needs no encryption: this
/// program has none for it.
fn stays_here(options: &PgConnectOptions) -> Result<(), Error> {
    let host = options.get_host();
    let is_loopback = |host: &str| {
        host.parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || is_loopback(bare);
    if is_here || matches!(options.get_ssl_mode(), PgSslMode::Disable) {
        return Ok(());
    }
    Err(Error::InTheClear(host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_elsewhere_is_asked_in_the_clear_only_on_purpose() {
        let check = |url: &str, refused: &str| {
            let options = PgConnectOptions::from_str(url).unwrap();
            let told = match stays_here(&options) {
                Ok(()) => String::new(),
                Err(Error::InTheClear(host)) => host,
                Err(other) => other.to_string(),
            };
            assert_eq!(told, refused, "{url}");
        };
        check("postgres://fuyou@localhost/fuyou", "");
        check("postgres://fuyou@127.0.0.1:6432/fuyou", "");
        check("postgres://fuyou@[::1]/fuyou", "");
        check("postgres:///fuyou?host=/var/run/postgresql", "");
        check("postgres://fuyou@10.1.2.3/fuyou", "10.1.2.3");
        check("postgres://fuyou@db.example/fuyou", "db.example");
        check(
            "postgres://fuyou@localhost.example/fuyou",
            "localhost.example",
        );
        check(
            "postgres://fuyou@db.example/fuyou?sslmode=prefer",
            "db.example",
        );
        check(
            "postgres://fuyou@db.example/fuyou?sslmode=require",
            "db.example",
        );
        check("postgres://fuyou@db.example/fuyou?sslmode=disable", "");
    }
}
