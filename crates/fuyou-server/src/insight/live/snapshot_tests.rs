//! A restart goes on from the snapshot; one that does not fit is told of and not used.

use std::sync::Arc;

use fuyou_kernel::Date;
use fuyou_pack::Pack;

use super::tests::{REMOVE, change_row, same};
use super::{Live, SnapshotFile};
use crate::db::query;
use crate::keys::{Keyring, Suite};
use crate::testkit::{
    Log, TempDir, TestApp, on_each_database, population, sample_pack, store_facts,
};

const TODAY: Date = Date::constant(2026, 3, 26);
const PLACES: [&str; 3] = ["990001", "990002", "990000H"];

/// Starts on a file, says what the log said until figures were in memory, and holds them against the store.
async fn started(app: &TestApp, pack: &Arc<Pack>, file: &SnapshotFile) -> (Live, String) {
    let log = Log::listen();
    let live = Live::start(app.app.db(), pack, 1, Some(file.clone())).unwrap();
    live.loaded().await;
    same(&live, app.app.db(), pack, &app.app.tree(), &["2025"]).await;
    (live, log.lines().join("\n"))
}

#[tokio::test]
async fn a_restart_goes_on_from_the_snapshot() {
    on_each_database(TODAY, async |app| {
        let (dir, pack) = (TempDir::new(), sample_pack());
        let rows = population(&pack, &PLACES, 150);
        store_facts(app.app.db(), &pack, &rows).await;
        change_row(app.app.db(), REMOVE, (rows[0].subject, rows[0].id)).await;
        let file = SnapshotFile {
            path: dir.path().join("cube.snapshot"),
            keys: app.app.keys().clone(),
        };
        let (live, log) = started(app, &pack, &file).await;
        assert_eq!(log, "", "the first start has no snapshot and says nothing");
        for row in &rows[1..20] {
            change_row(app.app.db(), REMOVE, (row.subject, row.id)).await;
        }
        live.stop().await;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&file.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // What stands in it cannot be read without the key: no code of a place, no id.
        let bytes = std::fs::read(&file.path).unwrap();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!holds(b"990001") && !holds(&rows[40].id.as_u128().to_le_bytes()));

        // Changed while nobody looked.
        for row in &rows[20..40] {
            change_row(app.app.db(), REMOVE, (row.subject, row.id)).await;
        }
        // Facts that were changed without a word to the feed show that they were not read again.
        let mut tx = app.app.db().begin(None).await.unwrap();
        query("update \"sample_facts\" set org = '990002' where org = '990001'")
            .execute(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let log = Log::listen();
        let live = Live::start(app.app.db(), &pack, 1, Some(file.clone())).unwrap();
        live.loaded().await;
        let from_snapshot = count(&live);
        live.stop().await;
        assert_eq!(log.lines(), Vec::<String>::new());
        let live = Live::start(app.app.db(), &pack, 1, None).unwrap();
        live.loaded().await;
        assert_ne!(from_snapshot, count(&live), "loaded from the database");
        live.stop().await;
    })
    .await;
}

/// Rows by place and month of the first axis.
fn count(live: &Live) -> Vec<String> {
    let of = |state: &super::State| {
        let mut told = Vec::new();
        let cube = &state.cube.cube;
        cube.each_group((0, 0), i32::MIN..=i32::MAX, |group, rows, _| {
            told.push(format!("{:?} {} {rows}", cube.place(0, group), group.month));
        });
        told.sort();
        told
    };
    live.look(of).unwrap()
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_is_not_used() {
    on_each_database(TODAY, async |app| {
        let (dir, pack) = (TempDir::new(), sample_pack());
        let rows = population(&pack, &PLACES, 150);
        store_facts(app.app.db(), &pack, &rows).await;
        change_row(app.app.db(), REMOVE, (rows[0].subject, rows[0].id)).await;
        let file = SnapshotFile {
            path: dir.path().join("cube.snapshot"),
            keys: app.app.keys().clone(),
        };
        started(app, &pack, &file).await.0.stop().await;
        let whole = std::fs::read(&file.path).unwrap();
        let check = async |bytes: &[u8], pack: &Arc<Pack>, file: &SnapshotFile, reason: &str| {
            std::fs::write(&file.path, bytes).unwrap();
            let (live, log) = started(app, pack, file).await;
            live.stop().await;
            assert!(
                log.contains(reason) && log.contains("facts are loaded anew"),
                "{reason}: {log}"
            );
            let (live, log) = started(app, pack, file).await;
            live.stop().await;
            assert_eq!(log, "", "after {reason} it was written anew");
        };
        check(
            &whole[..whole.len() - 1],
            &pack,
            &file,
            "cut short or changed",
        )
        .await;
        check(&whole[..40], &pack, &file, "cut short or changed").await;
        check(&whole[..10], &pack, &file, "not a snapshot of this version").await;
        check(b"", &pack, &file, "not a snapshot of this version").await;
        let mut other = whole.clone();
        other[20] = b'2';
        check(&other, &pack, &file, "not a snapshot of this version").await;
        let mut other = whole.clone();
        let middle = other.len() / 2;
        other[middle] ^= 1;
        check(&other, &pack, &file, "cut short or changed").await;
        let mut newer = sample_pack();
        Arc::get_mut(&mut newer).unwrap().layers[0]
            .version
            .push_str(".1");
        check(&whole, &newer, &file, "made for another pack").await;
        let keys = Keyring::open(&dir.path().join("other.key"), Suite::Sm).unwrap();
        let sealed_otherwise = SnapshotFile {
            keys,
            ..file.clone()
        };
        check(&whole, &pack, &sealed_otherwise, "cut short or changed").await;
        // The database was put back to another day: the feed says something else at the same place.
        let mut tx = app.app.db().begin(None).await.unwrap();
        query("update change set entity_id = $1 where entity_id = $2")
            .bind(rows[9].id)
            .bind(rows[0].id)
            .execute(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        check(&whole, &pack, &file, "is not the one that it was made from").await;
    })
    .await;
}
