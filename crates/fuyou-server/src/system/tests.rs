//! Promises about the installation.

use std::path::Path;

use fuyou_kernel::Date;

use super::state::troubles;
use super::web::bytes;
use super::{BackupError, Trouble, back_up, check, inspect, restore};
use crate::audit::verify;
use crate::db::{Change, Db, Operation, Settings, query};
use crate::keys::{Keyring, Suite};
use crate::testkit::{TempDir, TestApp, by_test, on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);

#[test]
fn sizes_are_written_as_people_write_them() {
    let check = |count, wanted: &str| assert_eq!(bytes(count), wanted);
    check(0, "0 B");
    check(1023, "1023 B");
    check(1024, "1.0 KiB");
    check(1536, "1.5 KiB");
    check(10 << 20, "10.0 MiB");
    check(3 << 40, "3.0 TiB");
}

async fn write(app: &TestApp, count: usize) {
    for _ in 0..count {
        let mut tx = app.app.db().begin(None).await.unwrap();
        tx.changed(Change {
            subject_id: None,
            entity: "thing",
            entity_id: app.app.new_id::<fuyou_kernel::kinds::Change>().uuid(),
            operation: Operation::Insert,
            at: app.app.now(),
        });
        tx.audit(by_test(&app.app, "write"));
        tx.commit().await.unwrap();
    }
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    let mut reader = db.read().await.unwrap();
    let (count,): (i64,) = query(sql).one(&mut reader).await.unwrap();
    count
}

const CHANGES: &str = "select count(*) from change";

/// A SQLite installation in a folder of its own.
async fn installed(folder: &Path) -> TestApp {
    std::fs::create_dir_all(folder).unwrap();
    let url = format!("sqlite:{}", folder.join("fuyou.db").display());
    let db = Db::open(&Settings::new(url)).await.unwrap();
    TestApp::new(db, TODAY).await
}

#[tokio::test]
async fn what_was_written_before_a_backup_is_in_it_and_what_is_written_meanwhile_harms_nothing() {
    let dir = TempDir::new();
    let app = installed(&dir.path().join("live")).await;
    write(&app, 200).await;
    let before = count(app.app.db(), CHANGES).await;
    let file = dir.path().join("copy.fuyou");
    let keys = dir.path().join("elsewhere.key");
    let (db, keyring) = (app.app.db(), app.app.keys());
    let copying = back_up(db, keyring, &file, Some(&keys), app.app.now());
    let (copied, ()) = tokio::join!(copying, write(&app, 100));
    let copied = copied.unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().len(), copied.bytes);
    assert_eq!(check(&file, Some(&keys)).unwrap(), copied);

    let data = dir.path().join("restored");
    assert_eq!(restore(&file, &keys, &data).unwrap(), copied);
    let url = format!("sqlite:{}", data.join("fuyou.db").display());
    let restored = Db::open(&Settings::new(url)).await.unwrap();
    let there = count(&restored, CHANGES).await;
    assert!(
        there >= before && there <= before + 100,
        "{there} of {before}"
    );
    let sound = verify(&restored).await.unwrap().unwrap();
    assert!(sound.entries >= before, "{sound:?}");
    // The same people with the same passwords and places: figures and rights are those of the moment of the copy.
    for sql in [
        "select count(*) from organization",
        "select count(*) from app_user",
        "select sum(version) from app_user",
    ] {
        assert_eq!(count(&restored, sql).await, count(db, sql).await, "{sql}");
    }
    // What is sealed in the copy opens with the copied keys.
    let copied_keys = Keyring::open(&data.join("fuyou.key"), Suite::Sm).unwrap();
    let sealed = keyring.seal("a", "secret");
    assert_eq!(copied_keys.open_sealed("a", &sealed).unwrap(), "secret");
    restored.close().await;
    app.app.db().close().await;
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_damaged_is_put_back() {
    let dir = TempDir::new();
    let app = installed(&dir.path().join("live")).await;
    let (db, keyring, now) = (app.app.db(), app.app.keys(), app.app.now());
    let file = dir.path().join("copy.fuyou");
    let keys = dir.path().join("elsewhere.key");
    back_up(db, keyring, &file, Some(&keys), now).await.unwrap();
    let again = back_up(db, keyring, &file, None, now).await;
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    let data = dir.path().join("restored");
    let other = dir.path().join("other.key");
    Keyring::open(&other, Suite::Aes).unwrap();
    let refused = restore(&file, &other, &data);
    assert!(
        matches!(refused, Err(BackupError::OtherKeys)),
        "{refused:?}"
    );
    assert!(
        !data.exists(),
        "nothing is written before all is known to fit"
    );
    restore(&file, &keys, &data).unwrap();
    let twice = restore(&file, &keys, &data);
    assert!(matches!(twice, Err(BackupError::Exists(_))), "{twice:?}");
    let mut damaged = std::fs::read(&file).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&file, &damaged).unwrap();
    let fresh = dir.path().join("fresh");
    let refused = restore(&file, &keys, &fresh);
    assert!(matches!(refused, Err(BackupError::Differs)), "{refused:?}");
    damaged.truncate(middle);
    std::fs::write(&file, &damaged).unwrap();
    assert!(matches!(
        restore(&file, &keys, &fresh),
        Err(BackupError::Differs)
    ));
    std::fs::remove_file(dir.path().join("copy.fuyou.sm3")).unwrap();
    assert!(matches!(
        restore(&file, &keys, &fresh),
        Err(BackupError::Io(..))
    ));
    assert!(!fresh.exists());
    app.app.db().close().await;
}

#[tokio::test]
async fn the_page_tells_what_needs_somebody() {
    on_each_database(TODAY, async |app| {
        // What it says of the database is not the same on both.
        let page = app.send("administrator", "GET", "/system", None).await;
        says(&page, 200, &["数据库", "密钥版本", "审计链还没有核验过"]);
        assert!(!page.body.contains("一切正常"));
        assert!(page.statements.unwrap() <= 12, "{:?}", page.statements);
        let standing = inspect(&app.app).await.unwrap();
        assert!(standing.troubles.contains(&Trouble::NoProof));
        let verified = app.post("auditor", "/audit/verified", "").await;
        says(&verified, 303, &[]);
        for _ in 0..300 {
            let job = app.send("auditor", "GET", &verified.location, None).await;
            if !job.body.contains("badge on-course") {
                says(&job, 200, &["已完成", "审计记录"]);
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let standing = inspect(&app.app).await.unwrap();
        assert!(!standing.troubles.contains(&Trouble::NoProof));
        app.wait_minutes(32 * 24 * 60);
        let later = troubles(&standing, app.app.now());
        assert!(later.contains(&Trouble::NoProof), "{later:?}");
        app.forget("auditor");
        says(&app.get("auditor", "/audit").await, 200, &["审计链完整"]);
    })
    .await;
}

#[tokio::test]
async fn a_keeper_of_a_part_does_not_see_the_whole() {
    on_each_database(TODAY, async |app| {
        app.add_keeper().await;
        says(&app.get("keeper", "/system").await, 404, &[]);
        says(
            &app.post("keeper", "/system/keys", "confirmed=yes").await,
            404,
            &[],
        );
        assert_eq!(app.app.keys().current_version(), 1);
    })
    .await;
}

#[tokio::test]
async fn keys_are_changed_from_the_page() {
    on_each_database(TODAY, async |app| {
        let started = app
            .post("administrator", "/system/keys", "confirmed=yes")
            .await;
        says(&started, 303, &[]);
        for _ in 0..300 {
            let job = app
                .send("administrator", "GET", &started.location, None)
                .await;
            if !job.body.contains("badge on-course") {
                says(&job, 200, &["已完成", "密钥版本"]);
                assert_eq!(app.app.keys().current_version(), 2);
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the change of keys does not end");
    })
    .await;
}

#[tokio::test]
async fn who_keeps_the_installation_comes_home_to_what_is_wrong_with_it() {
    let folder = TempDir::new();
    let app = installed(folder.path()).await;
    let home = app.get("administrator", "/").await;
    says(
        &home,
        200,
        &["还没有备份", "审计链超过一个月没有核验", "href=\"/system\""],
    );
    // What waits elsewhere is none of the business of who may not see it.
    assert!(!home.body.contains("/audit?"));
}
