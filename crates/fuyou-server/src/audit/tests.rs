//! Tampering is noticed.

use fuyou_kernel::Timestamp;

use super::verify;
use crate::db::{Db, Entry, query};
use crate::testkit::{each_database, on_each_database};

const AT: Timestamp = Timestamp::constant(1_774_500_000, 0);

/// Writes an entry of a nurse.
pub(super) async fn noted(db: &Db, at: Timestamp, action: &'static str) {
    let mut tx = db.begin(None).await.unwrap();
    tx.audit(Entry {
        at,
        actor_id: None,
        actor_login: "nurse".into(),
        org_id: None,
        action: action.into(),
        entity: "person".into(),
        entity_id: None,
        subject_id: None,
        detail: r#"{"fields":["phone"]}"#.into(),
    });
    tx.commit().await.unwrap();
}

async fn three_entries(db: &Db) {
    for action in ["register", "read", "correct"] {
        noted(db, AT, action).await;
    }
}

async fn check(tampering: &'static str, expected: &str) {
    each_database(async |db| {
        three_entries(&db).await;
        assert_eq!(verify(&db).await.unwrap().unwrap().entries, 3);
        let mut tx = db.begin(None).await.unwrap();
        query(tampering).execute(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            verify(&db).await.unwrap().unwrap_err().to_string(),
            expected,
            "{tampering}"
        );
    })
    .await;
}

#[tokio::test]
async fn tampering_is_named() {
    let changed = "lane 0: entry 2 was changed after it had been written";
    check(
        "update audit set detail = '{\"fields\":[\"phonf\"]}' where seq = 2",
        changed,
    )
    .await;
    check(
        "update audit set actor_login = 'nursf' where seq = 2",
        changed,
    )
    .await;
    check(
        "delete from audit where seq = 2",
        "lane 0: entry 2 is missing, 3 follows",
    )
    .await;
    check(
        "delete from audit where seq = 3",
        "lane 0: the chain ends at 2, the lane says 3",
    )
    .await;
    check(
        "update audit set hash = (select a.hash from audit a where a.seq = 1) where seq = 2",
        changed,
    )
    .await;
}

#[tokio::test]
async fn the_next_page_keeps_a_filter_with_odd_characters() {
    on_each_database("2026-03-26".parse().unwrap(), async |app| {
        for _ in 0..101 {
            let mut entry = crate::testkit::by_test(&app.app, "odd");
            entry.actor_login = "a&b=c d".into();
            app.app.db().note(entry).await.unwrap();
        }
        let mut tx = app.app.db().begin(None).await.unwrap();
        tx.audit(crate::testkit::by_test(&app.app, "last"));
        tx.commit().await.unwrap();
        let first = app.get("auditor", "/audit?actor=a%26b%3Dc+d").await.body;
        assert_eq!(first.matches("<tr><td class=\"number\"").count(), 100);
        let (_, next) = first.split_once("rel=\"next\" href=\"").unwrap();
        let next = next
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&");
        // The link holds a number of the ledger, which depends on what was stored together.
        let rest = app.send("auditor", "GET", &next, None).await.body;
        assert_eq!(
            rest.matches("<tr><td class=\"number\"").count(),
            1,
            "{next}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_trail_goes_out_as_a_file_for_who_audits() {
    on_each_database(fuyou_kernel::Date::constant(2026, 3, 26), async |app| {
        app.get("auditor", "/audit").await;
        let asked = "/audit/file?format=csv&actor=auditor";
        let job = app.post("auditor", asked, "").await;
        assert_eq!(job.status, 303);
        let page = app.ended("auditor", &job.location).await;
        assert!(
            page.contains("已完成") && page.contains("/file\""),
            "{page}"
        );
        let file = format!("{}/file", job.location);
        let left = app.send("auditor", "GET", &file, None).await;
        assert_eq!(left.status, 200);
        assert!(left.body.lines().count() > 1, "{}", left.body);
        let mut lines = left.body.lines().skip(1);
        assert!(lines.all(|line| line.contains("auditor")), "{}", left.body);
        for login in ["county_worker", "administrator"] {
            assert_eq!(app.post(login, asked, "").await.status, 404);
            assert_eq!(app.send(login, "GET", &file, None).await.status, 404);
        }
        // The trail tells that it was taken out.
        let told = app.get("auditor", "/audit?entity=audit").await;
        assert!(
            told.body.contains("导出"),
            "{}",
            crate::testkit::words(&told.body)
        );
    })
    .await;
}
