//! Promises of the list of persons behind a figure: how they are reached, and who is to act.

use fuyou_kernel::Date;

use crate::care::{Care, Settings};
use crate::db::query;
use crate::registry::{ImportedStaff, Profession, import_staff};
use crate::testkit::county::national_pack;
use crate::testkit::{Answer, TestApp, on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);
const BOOKING: &str = "occurred_on=2026-03-26&f.lmp_certainty=sure&f.lmp_on=2025-11-20&f.art_conceived=false\
    &f.edd_method=lmp&f.edd_on=2026-08-27&f.gravidity=1&f.parity_vaginal=0&f.parity_caesarean=0&f.education=senior_high\
    &f.husband_education=senior_high&f.poor_family=false&f.husband_away=false&f.travel_over_1h=false";
/// Who has no risk screening yet.
const GAP: &str = "/indicators/high_risk_screening_rate/persons?node=990001&period=2026&group=gap";
const FILE: &str =
    "/indicators/high_risk_screening_rate/export?node=990001&period=2026&group=gap&format=csv";

fn woman(at: u8) -> String {
    format!("018f0000-0000-7000-8000-0000000003{at:02x}")
}

fn phone(at: u8) -> String {
    format!("138000055{at:02}")
}

/// Registers a woman of the eastern village with a phone, and books her.
async fn booked(app: &TestApp, at: u8) {
    let (woman, phone) = (woman(at), phone(at));
    let residence = app.organization("990001001");
    let form = format!(
        "id={woman}&name=test{at}&sex=female&birth_on=1990-05-{at:02}&id_type=none&residence={residence}\
         &household=local&phone={phone}"
    );
    says(
        &app.post("township_worker", "/persons", &form).await,
        303,
        &[],
    );
    let path = format!("/persons/{woman}/forms/maternal/booking");
    let id = format!("018f0000-0000-7000-8000-0000000004{at:02x}");
    let typed = format!("id={id}&{BOOKING}&f.handbook_no=1{at}&do=save");
    says(&app.post("township_worker", &path, &typed).await, 303, &[]);
}

async fn with_two(app: &TestApp) {
    let db = app.app.db().clone();
    let care = Care::install(db, national_pack(), Settings::default(), app.app.now());
    let _ = app.app.clone().with_care(care.await.unwrap());
    booked(app, 1).await;
    booked(app, 2).await;
}

/// She has moved to the west, and the east no longer cares for her; the record still counts in the east.
async fn moved_away(app: &TestApp, at: u8) {
    let woman: uuid::Uuid = woman(at).parse().unwrap();
    let mut tx = app.app.db().begin(Some(woman)).await.unwrap();
    query("update person set residence_org_id = $2 where subject_id = $1")
        .bind(woman)
        .bind(app.organization("990002001").uuid())
        .execute(&mut tx)
        .await
        .unwrap();
    query("delete from care_relation where subject_id = $1")
        .bind(woman)
        .execute(&mut tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn list(app: &TestApp, login: &str) -> Answer {
    let answer = app.send(login, "GET", GAP, None).await;
    assert_eq!(answer.status, 200);
    answer
}

/// Whether the trail tells of an action in these words: entries of readings are stored soon after the answer.
async fn tells(app: &TestApp, action: &str, wanted: &str) -> bool {
    let path = format!("/audit?action={action}");
    for _ in 0..200 {
        let page = app.send("auditor", "GET", &path, None).await;
        if page.body.contains(wanted) {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn phones_are_whole_for_those_to_whom_the_record_is_open() {
    on_each_database(TODAY, async |app| {
        with_two(app).await;
        let page = list(app, "township_worker").await.body;
        assert!(
            page.contains(&phone(1)) && page.contains(&phone(2)),
            "{page}"
        );
        assert!(tells(app, "drill", "完整电话 2").await);

        moved_away(app, 2).await;
        let page = list(app, "township_worker").await.body;
        assert!(
            page.contains(&phone(1)) && !page.contains(&phone(2)),
            "{page}"
        );
        assert!(page.contains("*5502"), "the end of her phone: {page}");
        assert!(tells(app, "drill", "完整电话 1").await);
        let file = app.send("township_worker", "GET", FILE, None).await.body;
        assert!(
            file.contains(&phone(1)) && !file.contains(&phone(2)),
            "{file}"
        );
        assert!(tells(app, "export", "完整电话 1").await);
        // She lives in the area of the county.
        let page = list(app, "county_worker").await.body;
        assert!(page.contains(&phone(2)));

        let reason = "reason=she+came+to+us+and+is+bleeding";
        let glass = format!("by=phone&name=test2&phone={}&{reason}", phone(2));
        says(
            &app.post("township_worker", "/glass", &glass).await,
            303,
            &[],
        );
        let page = list(app, "township_worker").await.body;
        assert!(page.contains(&phone(2)), "with a reason: {page}");
        // Who may not open figures into persons is told nothing.
        assert!(!app.get("analyst", GAP).await.body.contains("138000055"));
    })
    .await;
}

#[tokio::test]
async fn the_worker_is_who_acted_last_or_else_who_works_there() {
    on_each_database(TODAY, async |app| {
        with_two(app).await;
        let worker = "测试·township_worker";
        let file = async || app.send("county_worker", "GET", FILE, None).await.body;
        assert_eq!(file().await.matches(worker).count(), 2);

        let mut tx = app.app.db().begin(None).await.unwrap();
        query("update app_user set state = 'locked' where login = 'township_worker'")
            .execute(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(file().await.matches(worker).count(), 0);

        let staff = ["安一", "安二", "安三"].map(|name| ImportedStaff {
            code: format!("990001-{name}"),
            organization: app.organization("990001"),
            name: name.to_owned(),
            title: "医师".to_owned(),
            profession: Profession::Doctor,
            from_on: TODAY,
        });
        for new in [3, 0] {
            let mut tx = app.app.db().begin(None).await.unwrap();
            let stored = import_staff(&mut tx, app.app.keys(), &staff, app.app.now()).await;
            assert_eq!(stored.unwrap(), new, "sent twice, stored once");
            tx.commit().await.unwrap();
        }
        let named = file().await;
        assert_eq!(named.matches("安二、安三 +1").count(), 2, "{named}");
    })
    .await;
}

#[tokio::test]
async fn a_longer_list_takes_no_more_statements() {
    on_each_database(TODAY, async |app| {
        with_two(app).await;
        moved_away(app, 2).await;
        let two = list(app, "township_worker").await.statements;
        for at in 3..12 {
            booked(app, at).await;
        }
        moved_away(app, 3).await;
        let eleven = list(app, "township_worker").await;
        assert_eq!(eleven.body.matches("<tr><td").count(), 11);
        assert_eq!(eleven.statements, two);
        assert!(two.is_some_and(|two| two <= 16), "{two:?}");
    })
    .await;
}

#[tokio::test]
async fn persons_are_sorted_by_the_columns_of_the_list() {
    on_each_database(TODAY, async |app| {
        with_two(app).await;
        for at in 3..6 {
            booked(app, at).await;
        }
        let check = async |sort: &str, wanted: [u8; 5]| {
            let page = app
                .send(
                    "township_worker",
                    "GET",
                    &format!("{GAP}&sort={sort}"),
                    None,
                )
                .await;
            assert_eq!(page.status, 200, "{sort}");
            let path = format!("{FILE}&sort={sort}");
            let file = app.send("township_worker", "GET", &path, None).await;
            for body in [&page.body, &file.body] {
                let at = wanted.map(|at| body.find(&phone(at)).unwrap());
                assert!(at.is_sorted(), "{sort}: {at:?}");
            }
            page.body
        };
        let page = check("name", [1, 2, 3, 4, 5]).await;
        assert!(page.contains("aria-sort=\"ascending\"") && page.contains("sort=-name"));
        let page = check("-name", [5, 4, 3, 2, 1]).await;
        assert!(page.contains("aria-sort=\"descending\""));
        check("residence", [1, 2, 3, 4, 5]).await;
        check("-organization", [1, 2, 3, 4, 5]).await;
        // Who could be counted has no day; and by phones nobody is sorted.
        assert!(!page.contains("sort=on\""));
        for sort in ["phone", "worker", "--name"] {
            let page = app
                .get("township_worker", &format!("{GAP}&sort={sort}"))
                .await;
            says(&page, 404, &[]);
        }
        // A page that begins behind a name has no name in its address.
        let after = format!(
            "{GAP}&sort=name&after={}~018f0000-0000-7000-8000-000000000401",
            woman(1)
        );
        let rest = app.send("township_worker", "GET", &after, None).await.body;
        assert!(!rest.contains(&phone(1)) && rest.contains(&phone(2)) && rest.contains(&phone(5)));
    })
    .await;
}
