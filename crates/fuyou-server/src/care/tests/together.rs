//! Many desks at once: their changes share a turn of the lane, and nobody pays for somebody else's race.

use futures_util::future::join_all;

use crate::db::{Db, query};
use crate::testkit::county::{ANTENATAL, County, national_pack};
use crate::testkit::each_database;

/// Desks that record at the same time.
const DESKS: usize = 48;

async fn batches(db: &Db) -> i64 {
    let mut reader = db.read().await.unwrap();
    let rows: Vec<(i64,)> = query("select batches from lane")
        .all(&mut reader)
        .await
        .unwrap();
    rows.into_iter().map(|(batches,)| batches).sum()
}

#[tokio::test]
async fn many_desks_share_commits_and_everything_is_stored_once() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db.clone(), pack.clone()).await;
        let mut women = Vec::new();
        for _ in 0..DESKS {
            let woman = county.woman("990001001").await;
            county.booked(woman).await;
            women.push(woman);
        }
        let before = batches(&db).await;
        let by = county.worker("2024-07-10");
        let visits: Vec<_> = women
            .iter()
            .map(|woman| county.typed(*woman, "antenatal", "2024-07-10", ANTENATAL))
            .collect();
        // Each visit is sent twice at once, as when somebody presses the button again.
        let sent = visits.iter().chain(&visits).cloned();
        let answers = join_all(sent.map(|visit| county.care.record(&by, visit))).await;
        let repeated = answers
            .into_iter()
            .filter(|answer| answer.as_ref().unwrap().repeated)
            .count();
        assert_eq!(repeated, DESKS);
        let commits = batches(&db).await - before;
        // How many share one depends on how fast the others are computed: never does each have its own.
        assert!(commits < DESKS as i64, "{commits} commits");
        for (woman, visit) in women.iter().zip(&visits) {
            let story = county.care.story(&by, *woman).await.unwrap();
            let stored = story.enrollments[0]
                .records
                .iter()
                .filter(|record| record.id == visit.id)
                .count();
            assert_eq!(stored, 1);
            let differences = county.care.reconcile(&by, *woman).await.unwrap();
            assert!(differences.is_empty(), "{differences:?}");
        }
        county.audit_is_sound().await;
    })
    .await;
}

#[tokio::test]
async fn several_visits_of_one_woman_at_once_are_all_stored() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;
        let by = county.worker("2024-07-20");
        let days = ["2024-07-10", "2024-07-11", "2024-07-12", "2024-07-13"];
        let visits = days.map(|day| county.typed(woman, "antenatal", day, ANTENATAL));
        for answer in join_all(visits.map(|visit| county.care.record(&by, visit))).await {
            assert!(!answer.unwrap().repeated);
        }
        let story = county.care.story(&by, woman).await.unwrap();
        let stored = story.enrollments[0].records.len();
        assert_eq!(stored, 1 + days.len());
        let differences = county.care.reconcile(&by, woman).await.unwrap();
        assert!(differences.is_empty(), "{differences:?}");
    })
    .await;
}
