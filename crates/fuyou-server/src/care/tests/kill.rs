//! Nothing acknowledged is lost when the process is killed in the middle of writing.
//!
//! The test runs itself as a child that records and prints what was acknowledged, kills it at random points, and at the
//! end looks for every acknowledged record.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fuyou_kernel::{Date, Span};
use fuyou_pack::Pack;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

use crate::care::{Reasons, Record, SubjectId};
use crate::db::{Db, Settings};
use crate::testkit::TempDir;
use crate::testkit::county::{County, bicycle_pack, typed};

const KILLS: u64 = 100;
/// Bicycles that one child records about at once.
const AT_ONCE: u64 = 8;
const FOLDER: &str = "FUYOU_KILL_FOLDER";
const RUN: &str = "FUYOU_KILL_RUN";

async fn open(folder: &str, pack: Arc<Pack>) -> County {
    let db = Db::open(&Settings::new(format!("sqlite:{folder}/fuyou.db")))
        .await
        .unwrap();
    County::new(db, pack).await
}

fn record(county: &County, subject: SubjectId, form: &str, day: Date, text: &str) -> Record {
    Record {
        id: county.fresh(),
        subject,
        enrollment: None,
        program: "bicycle".to_owned(),
        form: form.to_owned(),
        occurred_on: Some(day),
        values: typed(text),
        reasons: Reasons::from([("*".to_owned(), "seen".to_owned())]),
        base_version: None,
    }
}

/// Not a test by itself: what the killed process does. It ends only by being killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let (Ok(folder), Ok(run)) = (std::env::var(FOLDER), std::env::var(RUN)) else {
        return;
    };
    let county = Arc::new(open(&folder, bicycle_pack()).await);
    county.number_from(run.parse::<u64>().unwrap() * 1_000_000);
    let mut writers = Vec::new();
    for _ in 0..AT_ONCE {
        let county = county.clone();
        writers.push(tokio::spawn(async move {
            loop {
                ride(&county).await;
            }
        }));
    }
    // The writers never end by themselves: the first that does has failed.
    writers.swap_remove(0).await.unwrap();
}

/// One bicycle's life, each step printed once it was acknowledged.
async fn ride(county: &County) {
    let worker = county.worker("2026-01-01");
    let bicycle = county.woman("990001001").await;
    let bought = Date::constant(2024, 1, 1);
    let mut sent = vec![record(county, bicycle, "sale", bought, "frame_cm=55")];
    for visit in 1..6 {
        let day = Span::Days(visit * 25).after(bought).unwrap();
        let text = format!("pressure_bar={}.5 chain_wear=some", 5 - visit);
        sent.push(record(county, bicycle, "service", day, &text));
    }
    for record in sent {
        let id = record.id;
        county.care.record(&worker, record).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "stored {bicycle} {id}").unwrap();
        out.flush().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let seed = 7;
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let dir = TempDir::new();
    let folder = dir.path().display().to_string();
    let start = Instant::now();
    let mut acknowledged: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for run in 1..=KILLS {
        let wait = Duration::from_micros(random.random_range(0..60_000));
        for (bicycle, id) in killed_run(&folder, run, wait) {
            acknowledged.entry(bicycle).or_default().push(id);
        }
    }
    let count: usize = acknowledged.values().map(Vec::len).sum();
    println!(
        "{KILLS} kills, {count} records acknowledged, {:.1} s",
        start.elapsed().as_secs_f64()
    );
    assert!(count > KILLS as usize, "the children hardly wrote anything");
    let county = open(&folder, bicycle_pack()).await;
    let by = county.worker("2026-01-02");
    for (bicycle, ids) in acknowledged {
        let bicycle = SubjectId::from_uuid(bicycle);
        let story = county.care.story(&by, bicycle).await.unwrap();
        assert_eq!(story.enrollments.len(), 1);
        for id in ids {
            let found = story.enrollments[0]
                .records
                .iter()
                .filter(|record| record.id.uuid() == id)
                .count();
            assert_eq!(found, 1, "{id} of {bicycle}");
        }
        let differences = county.care.reconcile(&by, bicycle).await.unwrap();
        assert!(differences.is_empty(), "{bicycle}: {differences:?}");
    }
    county.audit_is_sound().await;
}

/// Starts a child, kills it some time after its first acknowledgement, and gives back what it had printed.
fn killed_run(folder: &str, run: u64, wait: Duration) -> Vec<(Uuid, Uuid)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "care::tests::kill::child", "--nocapture"])
        // What a killed process leaves behind goes with the folder.
        .env("TMPDIR", folder)
        .env(FOLDER, folder)
        .env(RUN, run.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    let mut killer = None;
    let mut child = Some(child);
    for line in lines {
        // A line that was cut off by the kill was not acknowledged.
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        if let ["stored", bicycle, id] = words[..]
            && let (Ok(bicycle), Ok(id)) = (bicycle.parse(), id.parse())
        {
            told.push((bicycle, id));
            if let Some(mut child) = child.take() {
                killer = Some(std::thread::spawn(move || {
                    std::thread::sleep(wait);
                    child.kill().unwrap();
                    child.wait().unwrap()
                }));
            }
        }
    }
    let status = killer
        .expect("the child acknowledged something")
        .join()
        .unwrap();
    // Whoever is killed leaves no code behind; who fails does, and then nothing was being written when the kill came.
    assert_eq!(status.code(), None, "the child ended by itself: {status}");
    told
}
