//! What travels along links, what a merge keeps, and that nothing is opened twice when the process is killed.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use uuid::Uuid;

use super::tests::{children, delivered, links, only_enrollment, sound};
use crate::access::Role;
use crate::care::{EnrollmentChange, SubjectId};
use crate::db::{Db, Settings, counted, query};
use crate::registry::OrganizationId;
use crate::testkit::county::{County, LIVE, national_pack};
use crate::testkit::{TempDir, each_database};

const KILLS: u64 = 12;
const FOLDER: &str = "FUYOU_LINKS_FOLDER";
const RUN: &str = "FUYOU_LINKS_RUN";

/// As a correction of the identity does, without a user.
async fn moved(county: &County, person: SubjectId, to: OrganizationId) {
    let mut tx = county.care.db().begin(Some(person.uuid())).await.unwrap();
    query("update person set residence_org_id = $2, version = version + 1 where subject_id = $1")
        .bind(person.uuid())
        .bind(to.uuid())
        .execute(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let by = county.user(Role::CountyWorker, "990000", "2024-12-21");
    county.care.refresh(&by, person.uuid()).await.unwrap();
}

async fn lives(county: &County, person: SubjectId) -> String {
    let mut reader = county.care.db().read().await.unwrap();
    let rows: Vec<(Uuid,)> = query("select residence_org_id from person where subject_id = $1")
        .bind(person.uuid())
        .all(&mut reader)
        .await
        .unwrap();
    let place = county.tree.get(OrganizationId::from_uuid(rows[0].0));
    place.unwrap().code.clone()
}

#[tokio::test]
async fn a_move_takes_along_who_lives_with_her() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let woman = county.woman("990001001").await;
        let booked = county.booked(woman).await;
        let rows = [1, 2].map(|at| format!("birth_order={at} sex=male weight_g=2600 {LIVE}"));
        delivered(&county, woman, &[&rows[0], &rows[1]]).await;
        let born = children(&county, woman).await;
        let by = county.user(Role::CountyWorker, "990000", "2024-12-21");
        let west = county.tree.by_code("990002001").unwrap().id;
        let town = county.tree.by_code("990002").unwrap().id;
        let hospital = county.tree.by_code("990000H").unwrap().id;
        // The second one was taken elsewhere before.
        moved(&county, born[1], hospital).await;
        moved(&county, woman, west).await;
        county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(lives(&county, born[0]).await, "990002001");
        assert_eq!(lives(&county, born[1]).await, "990000H");
        let change = EnrollmentChange {
            id: booked.enrollment,
            subject: woman,
            base_version: None,
            why: "moved".to_owned(),
        };
        county
            .care
            .move_enrollment(&by, change, town)
            .await
            .unwrap();
        county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        let story = county.care.story(&by, born[0]).await.unwrap();
        assert_eq!(story.enrollments[0].organization, town);
        let again = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
        assert_eq!(again.changed, 0);
        sound(&county, &[woman, born[0], born[1]]).await;
    })
    .await;
}

#[tokio::test]
async fn three_at_once_have_three_records_and_their_own_names() {
    let pack = national_pack();
    each_database(async |db| {
        let (county, woman) = County::expecting(db, pack.clone()).await;
        let rows = [1, 2, 3].map(|at| format!("birth_order={at} sex=female weight_g=1900 {LIVE}"));
        delivered(&county, woman, &[&rows[0], &rows[1], &rows[2]]).await;
        let by = county.worker("2024-12-20");
        let mut told = links(&county, &by, woman).await;
        told.sort();
        assert_eq!(
            told,
            [
                "Child 测试之女(三) open []",
                "Child 测试之女(二) open []",
                "Child 测试之女(大) open []"
            ]
        );
        for child in children(&county, woman).await {
            assert_eq!(only_enrollment(&county, child).await.records.len(), 1);
        }
    })
    .await;
}

#[tokio::test]
async fn links_take_as_many_statements_for_three_children_as_for_one() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        county.follows_links();
        let by = county.worker("2024-12-20");
        let mut taken = Vec::new();
        for count in [1, 3] {
            let woman = county.woman("990001001").await;
            county.booked(woman).await;
            let row = |at| format!("birth_order={at} sex=female weight_g=1900 {LIVE}");
            let rows: Vec<String> = (1..=count).map(row).collect();
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            delivered(&county, woman, &rows).await;
            let (links, of_mother) = counted(county.care.links(&by, woman)).await;
            assert_eq!(links.unwrap().len(), count);
            let child = children(&county, woman).await[0];
            let (links, of_child) = counted(county.care.links(&by, child)).await;
            assert_eq!(links.unwrap().len(), 1);
            taken.push((of_mother, of_child));
        }
        assert_eq!(taken[0], taken[1], "of a mother and of a child");
        assert!(taken[0] <= (7, 7), "{taken:?}");
    })
    .await;
}

async fn open(folder: &str) -> County {
    let db = Db::open(&Settings::new(format!("sqlite:{folder}/fuyou.db")))
        .await
        .unwrap();
    let county = County::new(db, national_pack()).await;
    county.follows_links();
    county
}

/// Not a test by itself: what the killed process does. It ends only by being killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_process() {
    let (Ok(folder), Ok(run)) = (std::env::var(FOLDER), std::env::var(RUN)) else {
        return;
    };
    let county = open(&folder).await;
    county.number_from(run.parse::<u64>().unwrap() * 1_000_000);
    loop {
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        // Told before it is answered: the record may be stored and what it opens not.
        let mut out = std::io::stdout().lock();
        writeln!(out, "delivers {woman}").unwrap();
        out.flush().unwrap();
        drop(out);
        let row = format!("birth_order=1 sex=male weight_g=3200 {LIVE}");
        delivered(&county, woman, &[&row]).await;
        let by = county.worker("2024-12-20");
        county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_interrupted_is_opened_once() {
    let dir = TempDir::new();
    let folder = dir.path().display().to_string();
    let mut women = Vec::new();
    for run in 1..=KILLS {
        women.push(killed_run(&folder, run));
    }
    let county = open(&folder).await;
    let by = county.worker("2024-12-20");
    let caught = county.care.catch_up_links(&by, &mut |_| {}).await.unwrap();
    let mut reader = county.care.db().read().await.unwrap();
    let stored: Vec<(Uuid,)> = query("select subject_id from encounter where form = 'delivery'")
        .all(&mut reader)
        .await
        .unwrap();
    let persons: Vec<(i64,)> = query("select count(*) from person where name <> '测试'")
        .all(&mut reader)
        .await
        .unwrap();
    let linked: Vec<(Uuid, Uuid)> = query("select other_subject_id, subject_id from link")
        .all(&mut reader)
        .await
        .unwrap();
    drop(reader);
    println!(
        "{KILLS} kills, {} women told, {} deliveries stored, {} opened after the last kill",
        women.len(),
        stored.len(),
        caught.changed
    );
    assert!(
        stored.len() as u64 >= KILLS / 2,
        "hardly anything was stored"
    );
    assert_eq!(persons[0].0 as usize, stored.len());
    let children: HashMap<Uuid, Uuid> = linked.iter().copied().collect();
    assert_eq!((linked.len(), children.len()), (stored.len(), stored.len()));
    for (woman,) in stored {
        let child = SubjectId::from_uuid(children[&woman]);
        assert_eq!(only_enrollment(&county, child).await.records.len(), 1);
        let differences = county.care.reconcile(&by, child).await.unwrap();
        assert!(differences.is_empty(), "{differences:?}");
    }
    county.audit_is_sound().await;
}

/// Starts a child, kills it a moment after a delivery was sent, and gives back of whom.
fn killed_run(folder: &str, run: u64) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "care::opening::more_tests::child_process",
            "--nocapture",
        ])
        .env("TMPDIR", folder)
        .env(FOLDER, folder)
        .env(RUN, run.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let told = lines
        .map_while(Result::ok)
        .find_map(|line| Some(line.strip_prefix("delivers ")?.to_owned()));
    // At a different moment of what follows in each run.
    std::thread::sleep(Duration::from_millis(run * 6));
    child.kill().unwrap();
    child.wait().unwrap();
    told.expect("the child tells whom it delivers")
}
