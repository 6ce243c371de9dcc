//! Figures that need more memory than they may take are not held, and nothing else is lost.

use fuyou_kernel::Date;

use super::tests::{change_row, same};
use super::{Live, Room, SnapshotFile, Standing, TooLarge, was_too_large};
use crate::db::Dialect;
use crate::insight::{Question, Source, figures};
use crate::testkit::{
    Log, TempDir, TestApp, on_each_database, population, sample_pack, store_facts,
};

const TODAY: Date = Date::constant(2026, 3, 26);
const PLACES: [&str; 3] = ["990001", "990002", "990000H"];
/// Every row gets a place of its own.
fn apart(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => {
            "update \"sample_facts\" set org = hex(id) where subject_id = $1 and id = $2"
        }
        Dialect::Postgres => {
            "update \"sample_facts\" set org = cast(id as text) where subject_id = $1 and id = $2"
        }
    }
}

fn room(bytes_max: usize) -> Room {
    Room {
        threads: 1,
        bytes_max,
    }
}

/// Waits until it was found too large.
async fn refused(live: &Live) -> TooLarge {
    for _ in 0..1_000_000 {
        if let Standing::TooLarge(refused) = live.standing() {
            return refused;
        }
        tokio::task::yield_now().await;
    }
    panic!("it is held: {:?}", live.standing());
}

/// What pages are told is what the store says.
async fn answers(app: &TestApp, live: &Live) {
    let (pack, tree) = (sample_pack(), app.app.tree());
    let ix = pack.indicator_ix("births").unwrap();
    let node = app.organization("990000");
    let question = Question::of(vec![ix], node, "2025".parse().unwrap());
    let store = Source::store(app.app.db(), &pack, &tree);
    let paged = store.with(live);
    let secrecy = fuyou_kernel::Secrecy::Infection;
    let told = figures(paged, &question, secrecy).await.unwrap();
    let stored = figures(store, &question, secrecy).await.unwrap();
    let cell = |cells: &crate::insight::Cells| cells.get(ix, node, "2025".parse().unwrap());
    assert_eq!(cell(&told), cell(&stored));
    assert!(cell(&told).figure().unwrap().numerator > 0);
}

#[tokio::test]
async fn figures_that_do_not_fit_are_counted_by_the_store() {
    on_each_database(TODAY, async |app| {
        let (dir, pack, db) = (TempDir::new(), sample_pack(), app.app.db());
        let rows = population(&pack, &PLACES, 400);
        store_facts(db, &pack, &rows).await;
        let file = SnapshotFile {
            path: dir.path().join("cube.snapshot"),
            keys: app.app.keys().clone(),
        };
        let log = Log::listen();
        let live = Live::start_within(db, &pack, room(20_000), Some(file.clone())).unwrap();
        let large = refused(&live).await;
        assert!(large.needs > 20_000 && large.bytes_max == 20_000);
        assert_eq!(
            was_too_large(&file.path),
            Some(large),
            "for other processes"
        );
        assert!(log.lines().join("").contains("do not fit into the memory"));
        answers(app, &live).await;
        live.stop().await;

        // With room it is held, and what was said of it is taken back.
        let live = Live::start_within(db, &pack, room(1 << 26), Some(file.clone())).unwrap();
        live.loaded().await;
        same(&live, db, &pack, &app.app.tree(), &["2025"]).await;
        assert_eq!(was_too_large(&file.path), None);
        let Standing::Held { memory, .. } = live.standing() else {
            panic!("it answered");
        };
        live.stop().await;

        // It just fits, from the snapshot; then it grows.
        let just = memory.total() * 5 / 4;
        let live = Live::start_within(db, &pack, room(just), Some(file.clone())).unwrap();
        live.loaded().await;
        for row in &rows[..300] {
            change_row(db, apart(db.dialect()), (row.subject, row.id)).await;
        }
        answers(app, &live).await;
        let grown = refused(&live).await;
        assert!(grown.needs > just, "{grown:?}");
        answers(app, &live).await;
        live.stop().await;

        // A snapshot that is too large is not read.
        let log = Log::listen();
        let live = Live::start_within(db, &pack, room(1_000), Some(file.clone())).unwrap();
        refused(&live).await;
        answers(app, &live).await;
        assert_eq!(log.lines().len(), 1, "told once: {:?}", log.lines());
        // Asked for again it is tried again.
        live.load_again();
        assert!(refused(&live).await.needs > 1_000);
        live.stop().await;
    })
    .await;
}
