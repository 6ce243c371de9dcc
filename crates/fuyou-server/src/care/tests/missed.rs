//! What can no longer be made up leaves the list of what is to do, and is not lost.

use crate::access::Role;
use crate::care::{Acting, Reach, WorkFilter, WorkKind};
use crate::testkit::county::{BOOKING, County, national_pack};
use crate::testkit::each_database;

/// `kind count …: title, title …` of a work list.
async fn listed(county: &County, by: &Acting, kind: Option<WorkKind>) -> String {
    let filter = WorkFilter {
        reach: Reach::Below,
        kind,
        program: None,
    };
    let page = county.care.work_list(by, &filter, None, 50).await.unwrap();
    let count = |wanted: WorkKind| {
        let found = page.counts.iter().find(|(kind, _)| *kind == wanted);
        found.map_or(0, |(_, count)| *count)
    };
    let titles: Vec<&str> = page
        .rows
        .iter()
        .map(|row| row.task.title.en.as_str())
        .collect();
    format!(
        "overdue {} missed {}: {}",
        count(WorkKind::Overdue) + count(WorkKind::OverdueMonth) + count(WorkKind::OverdueLonger),
        count(WorkKind::Missed),
        titles.join(" | ")
    )
}

#[tokio::test]
async fn a_woman_never_seen_again_is_in_the_list_of_what_was_missed() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.booked(woman).await;

        // Due 2024-12-20: all but the first contact is overdue until 2025-01-30, and missed from the day after.
        let before = county.worker("2025-01-30");
        let old = listed(&county, &before, Some(WorkKind::OverdueLonger)).await;
        assert!(old.starts_with("overdue 7 missed 1: "), "{old}");
        assert!(old.contains("Second contact, 16–20 weeks"), "{old}");
        assert_eq!(
            listed(&county, &before, Some(WorkKind::Missed)).await,
            "overdue 7 missed 1: First contact, up to 12+6 weeks"
        );

        let after = county.worker("2025-01-31");
        assert_eq!(listed(&county, &after, None).await, "overdue 0 missed 8: ");
        let missed = listed(&county, &after, Some(WorkKind::Missed)).await;
        assert!(missed.contains("Second contact, 16–20 weeks"), "{missed}");
        assert_eq!(missed.matches(" | ").count(), 7, "{missed}");
        for kind in [WorkKind::Overdue, WorkKind::HighRisk, WorkKind::Escalated] {
            let none = listed(&county, &after, Some(kind)).await;
            assert_eq!(none, "overdue 0 missed 8: ", "{kind:?}");
        }

        // Years later it is the same; her record says so, and what is stored is what her records amount to.
        let late = county.worker("2027-10-01");
        assert_eq!(listed(&county, &late, None).await, "overdue 0 missed 8: ");
        let story = county.care.story(&late, woman).await.unwrap();
        let missed = story.enrollments[0].tasks.iter();
        let missed = missed.filter(|task| task.is_missed(late.today)).count();
        assert_eq!(missed, 8);
        assert!(
            !story.enrollments[0]
                .tasks
                .iter()
                .any(|task| task.is_owed(late.today))
        );
        let differences = county.care.reconcile(&late, woman).await.unwrap();
        assert_eq!(differences, Vec::<String>::new());
        county.audit_is_sound().await;
    })
    .await;
}

#[tokio::test]
async fn who_may_not_know_of_the_retest_reads_its_neutral_name() {
    let pack = national_pack();
    each_database(async |db| {
        let county = County::new(db, pack.clone()).await;
        let woman = county.woman("990001001").await;
        county.record(woman, "booking", "2024-05-10", BOOKING).await.unwrap();
        let nurse = county.user(Role::CountyWorker, "990000", "2024-06-01");
        let text = "hiv_screen=negative hiv_method=rapid syphilis_treponemal=negative syphilis_nontreponemal=negative \
                    hbsag=negative infection_retest_wanted=true pmtct_staff=D1";
        county.care.record(&nurse, county.typed(woman, "pmtct", "2024-06-01", text)).await.unwrap();

        let title = async |by: Acting| {
            let story = county.care.story(&by, woman).await.unwrap();
            let program = county.care.pack().program(county.care.pack().program_ix("maternal").unwrap());
            let named = |task: &&crate::care::TaskShown| match task.cause {
                crate::care::Cause::Visit(ix) => &*program.visits[ix.get()].id == "infection_retest",
                crate::care::Cause::Rule(_) | crate::care::Cause::Restricted => false,
            };
            let task = story.enrollments[0].tasks.iter().find(named).unwrap();
            let list = listed(&county, &by, None).await;
            (task.title.zh.clone(), list.contains("HIV"), list.contains("late pregnancy"))
        };
        let (told, ..) = title(county.user(Role::CountyWorker, "990000", "2024-10-01")).await;
        assert_eq!(told, "孕晚期艾梅乙复测");
        // The township worker does the visit, sees that it is due, and not why.
        let seen = title(county.user(Role::TownshipWorker, "990001", "2024-10-01")).await;
        assert_eq!(seen, ("孕晚期复查".to_owned(), false, true));
    })
    .await;
}
