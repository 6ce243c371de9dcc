//! Fresh databases.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use uuid::Uuid;

use crate::db::{Db, Settings};

/// The address of the PostgreSQL server for tests, or none (which is said once per test on standard output).
fn postgres_server() -> Option<String> {
    let server = std::env::var("FUYOU_TEST_POSTGRES").ok();
    if server.is_none() {
        println!("skipped on PostgreSQL: FUYOU_TEST_POSTGRES is not set");
    }
    server
}

/// A directory that disappears with its owner.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("fuyou-test-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&path).expect("the temporary directory is writable");
        TempDir(path)
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // A leftover in the temporary directory must not hide the outcome of a test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs `scenario` on a fresh SQLite file and, where a server is configured, on a fresh PostgreSQL database.
/// Returns what the scenario returned, which must be the same on both.
pub(crate) async fn each_database<T: PartialEq + std::fmt::Debug>(
    scenario: impl AsyncFn(Db) -> T,
) -> T {
    let dir = TempDir::new();
    let file = dir.path().join("fuyou.db");
    let on_sqlite = run(&scenario, format!("sqlite:{}", file.display())).await;
    if let Some(server) = postgres_server() {
        let name = format!("fuyou_test_{}", Uuid::now_v7().simple());
        administer(&server, format!("create database {name}")).await;
        let address = PgConnectOptions::from_str(&server)
            .expect("FUYOU_TEST_POSTGRES is an address")
            .database(&name);
        let url = sqlx::ConnectOptions::to_url_lossy(&address).to_string();
        let on_postgres = run(&scenario, url).await;
        administer(&server, format!("drop database {name} with (force)")).await;
        assert_eq!(
            on_sqlite, on_postgres,
            "SQLite (left) and PostgreSQL (right) differ"
        );
    }
    on_sqlite
}

/// As [`each_database`], with two processes on each database that share nothing but it.
pub(crate) async fn two_processes(scenario: impl AsyncFn(Db, Db)) {
    let dir = TempDir::new();
    let file = dir.path().join("fuyou.db");
    run_two(&scenario, format!("sqlite:{}", file.display())).await;
    if let Some(server) = postgres_server() {
        let name = format!("fuyou_test_{}", Uuid::now_v7().simple());
        administer(&server, format!("create database {name}")).await;
        let address = PgConnectOptions::from_str(&server)
            .expect("FUYOU_TEST_POSTGRES is an address")
            .database(&name);
        let url = sqlx::ConnectOptions::to_url_lossy(&address).to_string();
        run_two(&scenario, url).await;
        administer(&server, format!("drop database {name} with (force)")).await;
    }
}

async fn run_two(scenario: &impl AsyncFn(Db, Db), url: String) {
    let open = async |lanes| {
        let settings = Settings {
            readers: 4,
            lanes,
            ..Settings::new(url.clone())
        };
        Db::open(&settings).await.expect("the database opens")
    };
    // Different numbers of lanes: nothing but the database brings the two into an order.
    let (one, two) = (open(4).await, open(3).await);
    scenario(one.clone(), two.clone()).await;
    one.close().await;
    two.close().await;
}

async fn run<T>(scenario: &impl AsyncFn(Db) -> T, url: String) -> T {
    let db = Db::open(&Settings {
        readers: 4,
        ..Settings::new(url)
    })
    .await
    .expect("a fresh database opens");
    let value = scenario(db.clone()).await;
    db.close().await;
    value
}

async fn administer(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server)
        .await
        .expect("the PostgreSQL server for tests answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .expect("databases may be created");
}
