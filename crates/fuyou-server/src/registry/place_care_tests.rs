//! Promises about care when the tree changes under it: whose tasks they are, who is responsible, and that what is stored
//! stays what the records amount to.

use fuyou_kernel::{Date, Id};
use uuid::Uuid;

use crate::care::{Acting, Care, Settings};
use crate::db::{Db, query};
use crate::testkit::county::national_pack;
use crate::testkit::{TestApp, on_each_database, says, words};

const TODAY: Date = Date::constant(2026, 3, 26);
const VILLAGE: &str = "018f0000-0000-7000-8000-0000000000d1";
const WOMAN: &str = "018f0000-0000-7000-8000-0000000000a1";
const OTHER: &str = "018f0000-0000-7000-8000-0000000000b1";
const BOOKING: &str = "occurred_on=2026-03-26&f.handbook_no=1&f.lmp_certainty=sure&f.lmp_on=2025-11-20&f.art_conceived=false\
    &f.edd_method=lmp&f.edd_on=2026-08-27&f.gravidity=1&f.parity_vaginal=0&f.parity_caesarean=0&f.education=senior_high\
    &f.husband_education=senior_high&f.poor_family=false&f.husband_away=false&f.travel_over_1h=false";

/// A village without users or staff below the eastern township, with two women who are booked there.
async fn two_women(app: &TestApp) -> Care {
    let (db, now) = (app.app.db().clone(), app.app.now());
    let care = Care::install(db, national_pack(), Settings::default(), now)
        .await
        .unwrap();
    let _ = app.app.clone().with_care(care.clone());
    let township = app.organization("990001");
    let village = format!(
        "id={VILLAGE}&code=990001002&name=杏村卫生室&level=village&kind=village_clinic&parent={township}"
    );
    says(
        &app.post("administrator", "/organizations", &village).await,
        303,
        &[],
    );
    for (at, (woman, name)) in [(WOMAN, "李晓红"), (OTHER, "王芳")].into_iter().enumerate() {
        let form = format!(
            "id={woman}&name={name}&birth_on=1990-01-0{}&sex=female&id_type=none&residence={VILLAGE}&household=local&reason=checked",
            at + 1
        );
        says(
            &app.post("township_worker", "/persons", &form).await,
            303,
            &[],
        );
        let path = format!("/persons/{woman}/forms/maternal/booking");
        let booking = format!("id=018f0000-0000-7000-8000-00000000010{at}&{BOOKING}&do=save");
        let answer = app.post("township_worker", &path, &booking).await;
        assert_eq!(answer.status, 303, "{}", words(&answer.body));
    }
    care
}

/// How many open tasks name an organization, as owner and as the village that helps.
async fn tasks_of(db: &Db, organization: Uuid) -> (i64, i64) {
    const SQL: &str = "select (select count(*) from task where state = 'open' and owner_id = $1), \
                       (select count(*) from task where state = 'open' and village_id = $1)";
    let mut reader = db.read().await.unwrap();
    query(SQL)
        .bind(organization)
        .one(&mut reader)
        .await
        .unwrap()
}

async fn is_sound(app: &TestApp, care: &Care) {
    let by = Acting::system(app.app.tree(), app.app.now(), TODAY);
    for woman in [WOMAN, OTHER] {
        let subject = Id::from_uuid(Uuid::try_parse(woman).unwrap());
        let differences = care.reconcile(&by, subject).await.unwrap();
        assert!(differences.is_empty(), "{differences:?}");
    }
    crate::audit::verify(app.app.db()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_village_that_moves_or_closes_leaves_no_task_behind() {
    on_each_database(TODAY, async |app| {
        let care = two_women(app).await;
        let db = app.app.db();
        let (village, east) = (
            Uuid::try_parse(VILLAGE).unwrap(),
            app.organization("990001"),
        );
        let (_, helps) = tasks_of(db, village).await;
        assert!(helps > 0, "the pack asks the village for help");
        is_sound(app, &care).await;

        // Under the other township it no longer helps with women for whom this one is responsible.
        let moved = format!("version=1&parent={}", app.organization("990002"));
        let path = format!("/organizations/{VILLAGE}");
        says(
            &app.post("administrator", &format!("{path}/parent"), &moved)
                .await,
            303,
            &[],
        );
        assert_eq!(tasks_of(db, village).await, (0, 0));
        assert!(
            tasks_of(db, east.uuid()).await.0 > 0,
            "they stay with who is responsible"
        );
        is_sound(app, &care).await;

        let back = format!("version=2&parent={east}");
        says(
            &app.post("administrator", &format!("{path}/parent"), &back)
                .await,
            303,
            &[],
        );
        assert_eq!(tasks_of(db, village).await.1, helps);
        is_sound(app, &care).await;

        says(
            &app.post(
                "administrator",
                &format!("{path}/closed"),
                "version=3&on=2026-03-26",
            )
            .await,
            303,
            &[],
        );
        assert_eq!(
            tasks_of(db, village).await,
            (0, 0),
            "nobody is there any more"
        );
        is_sound(app, &care).await;
        says(
            &app.post("administrator", &format!("{path}/reopened"), "version=4")
                .await,
            303,
            &[],
        );
        assert_eq!(tasks_of(db, village).await.1, helps);
        is_sound(app, &care).await;
    })
    .await;
}

#[tokio::test]
async fn before_a_place_is_closed_its_open_enrollments_change_hands() {
    on_each_database(TODAY, async |app| {
        let care = two_women(app).await;
        let (east, west) = (app.organization("990001"), app.organization("990002"));
        let path = format!("/organizations/{east}");
        let close = format!("{path}/closed");
        let busy = app
            .post("administrator", &close, "version=1&on=2026-03-26")
            .await;
        says(&busy, 409, &["未结案档案 2 份", "移交未结案档案"]);
        let hand_over = format!("{path}/handover");
        let typed = format!("to={west}&reason=撤并乡镇");
        for login in ["county_worker", "township_worker", "auditor"] {
            assert_eq!(
                app.post(login, &hand_over, &typed).await.status,
                404,
                "{login}"
            );
        }
        let no_reason = app
            .post("administrator", &hand_over, &format!("to={west}&reason=+"))
            .await;
        says(&no_reason, 422, &["请写明移交原因"]);
        let itself = app
            .post(
                "administrator",
                &hand_over,
                &format!("to={east}&reason=撤并乡镇"),
            )
            .await;
        assert_eq!(itself.status, 422);
        let before = tasks_of(app.app.db(), east.uuid()).await;
        assert!(before.0 > 0);

        // Sent again it is done already.
        for _ in 0..2 {
            let answer = app.post("administrator", &hand_over, &typed).await;
            assert_eq!(answer.location, path, "{}", words(&answer.body));
        }
        assert_eq!(tasks_of(app.app.db(), east.uuid()).await.0, 0);
        assert_eq!(tasks_of(app.app.db(), west.uuid()).await.0, before.0);
        is_sound(app, &care).await;
        let page = app.get("administrator", &path).await;
        assert!(!page.body.contains("id=\"handover\""), "nothing is left");
        let busy = app
            .post("administrator", &close, "version=1&on=2026-03-26")
            .await;
        says(&busy, 409, &["未结案档案 0 份"]);

        // The new township works on; the one before may look.
        for login in ["other_township", "township_worker"] {
            says(
                &app.get(login, &format!("/persons/{WOMAN}")).await,
                200,
                &["李晓红", "责任机构", "西岭镇卫生院"],
            );
        }
        let trail = app.get("auditor", "/audit?action=move").await;
        assert_eq!(
            trail.body.matches("撤并乡镇").count(),
            2,
            "one entry for each"
        );
    })
    .await;
}
