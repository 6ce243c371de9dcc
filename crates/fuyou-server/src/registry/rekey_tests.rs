//! A rotation of the keys survives being killed, and afterwards nothing needs the old keys.
//!
//! The test runs itself as a child that re-seals in small batches, kills it at random points, and starts it again until
//! it has finished.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use fuyou_kernel::{Id, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

use super::store::{self, By, Corrected};
use super::{
    Household, Identity, IdentityType, PersonId, PersonSex, insert_persons, person_row,
    rekey_batch, secret,
};
use crate::db::{Db, Settings};
use crate::keys::{Keyring, Suite};
use crate::testkit::TempDir;

const FOLDER: &str = "FUYOU_REKEY_FOLDER";
const PERSONS: u128 = 600;
/// Rows of one transaction: few, so that there is something to kill.
const BATCH: i64 = 7;
const AT: Timestamp = Timestamp::constant(1_774_500_000, 0);

async fn open(folder: &str) -> (Db, Keyring) {
    let settings = Settings::new(format!("sqlite:{folder}/fuyou.db"));
    let db = Db::open(&settings).await.unwrap();
    let keys = Keyring::open(format!("{folder}/keys").as_ref(), Suite::Sm).unwrap();
    (db, keys)
}

fn person(at: u128) -> PersonId {
    Id::from_uuid(Uuid::from_u128((0x0190_0000_0000_7000_8000 << 48) + at))
}

fn phone(at: u128) -> String {
    format!("138{at:08}")
}

fn old_phone(at: u128) -> String {
    format!("139{at:08}")
}

fn identity(at: u128) -> Identity {
    Identity {
        name: format!("n{at}"),
        sex: PersonSex::Female,
        birth_on: "1996-05-01".parse().unwrap(),
        id_type: IdentityType::Passport,
        id_no: secret(&format!("E{at:08}")),
        phone: Some(phone(at).parse().unwrap()),
        residence: Id::from_uuid(Uuid::from_u128(1)),
        address: String::new(),
        residence_since: None,
        household: Household::Local,
        household_region: None,
        ethnicity: None,
    }
}

/// Persons, each with a corrected phone whose old number stands sealed in her history.
async fn fill(db: &Db, keys: &Keyring) {
    let rows = (0..PERSONS).map(|at| person_row(keys, person(at), &identity(at), (None, None), AT));
    let mut tx = db.begin(None).await.unwrap();
    insert_persons(&mut tx, rows.collect()).await.unwrap();
    for at in 0..PERSONS {
        let place = store::place(store::PHONE, person(at));
        let corrected = Corrected {
            field: "phone",
            from: None,
            to: None,
            from_sealed: Some(keys.seal(&place, &old_phone(at))),
            to_sealed: Some(keys.seal(&place, &phone(at))),
        };
        let by = By {
            at: AT,
            actor_id: Uuid::from_u128(2),
            actor_login: "nurse",
            reason: "new phone",
            version: 2,
        };
        store::insert_history(&mut tx, person(at), Uuid::from_u128(at), &by, &corrected)
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
}

/// Not a test by itself: what the killed process does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let (db, keys) = open(&folder).await;
    loop {
        let batch = rekey_batch(&db, &keys, AT, BATCH).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "left {}", batch.left).unwrap();
        out.flush().unwrap();
        if batch.left == 0 {
            return;
        }
    }
}

/// Runs a child and kills it some time after its first batch. True when it had finished before.
fn killed(folder: &str, wait: Duration) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "registry::rekey_tests::child", "--nocapture"])
        // What a killed process leaves behind goes with the folder.
        .env("TMPDIR", folder)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let began = lines.any(|line| line.is_ok_and(|line| line.contains("left ")));
    assert!(began, "the child sealed nothing");
    std::thread::sleep(wait);
    let _ = child.kill();
    drop(lines);
    child.wait().unwrap().success()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_that_is_killed_again_and_again_loses_nothing_and_needs_no_old_key() {
    let seed = 11;
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let dir = TempDir::new();
    let folder = dir.path().display().to_string();
    let (db, keys) = open(&folder).await;
    fill(&db, &keys).await;
    db.close().await;
    let mut kills = 0;
    for rotation in 2..=4 {
        let suite = [Suite::Aes, Suite::Sm][rotation % 2];
        assert_eq!(usize::from(keys.add_version(suite).unwrap()), rotation);
        while !killed(&folder, Duration::from_millis(random.random_range(0..60))) {
            kills += 1;
            assert!(kills < 400, "a rotation does not come to its end");
        }
    }
    println!("{kills} kills in three rotations");
    assert!(kills >= 6, "the children were hardly ever killed");

    // Only the last version is left in the key file.
    let path = dir.path().join("keys");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5, "a head and four versions");
    std::fs::write(&path, format!("{}\n{}\n", lines[0], lines[4])).unwrap();
    let (db, keys) = open(&folder).await;
    let mut reader = db.read().await.unwrap();
    for at in 0..PERSONS {
        let stored = store::load(&mut reader, &keys, person(at))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored.identity, identity(at));
        let place = store::place(store::PHONE, person(at));
        let sealed = store::sealed_history(&mut reader, person(at))
            .await
            .unwrap();
        assert_eq!(sealed.len(), 1);
        let opened =
            |sealed: &Option<Vec<u8>>| keys.open_sealed(&place, sealed.as_ref().unwrap()).unwrap();
        assert_eq!(opened(&sealed[0].0), old_phone(at));
        assert_eq!(opened(&sealed[0].1), phone(at));
    }
    drop(reader);
    db.close().await;
}
