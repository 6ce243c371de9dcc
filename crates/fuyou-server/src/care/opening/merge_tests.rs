//! Links when two records of one person are made one, and when a child was registered twice.

use fuyou_kernel::Date;

use super::tests::values;
use crate::care::{Acting, Care, Correction, EncounterId, Reasons, Record, Settings, SubjectId};
use crate::testkit::county::{BOOKING, LIVE, national_pack, typed};
use crate::testkit::{TestApp, on_each_database, words};

const TODAY: Date = Date::constant(2024, 12, 20);
const EAST: &str = "018f0000-0000-7000-8000-0000000000a1";
const WEST: &str = "018f0000-0000-7000-8000-0000000000b1";
const TWICE: &str = "018f0000-0000-7000-8000-0000000000c1";
const DELIVERY: &str = "018f0000-0000-7000-8000-0000000000d1";

async fn registered(app: &TestApp, login: &str, code: &str, more: &str) {
    let residence = app.organization(code);
    let form = format!("id_type=none&residence={residence}&household=local&reason=checked&{more}");
    let answer = app.post(login, "/persons", &form).await;
    assert_eq!(answer.status, 303, "{}", words(&answer.body));
}

fn seen() -> Reasons {
    Reasons::from([("*".to_owned(), "as seen".to_owned())])
}

fn subject(id: &str) -> SubjectId {
    SubjectId::from_uuid(id.parse().unwrap())
}

fn acting(app: &TestApp) -> Acting {
    Acting::system(app.app.tree(), app.app.now(), TODAY)
}

/// Name and state of whoever stands at the other end.
async fn told(app: &TestApp, id: SubjectId) -> Vec<String> {
    let links = app
        .app
        .care()
        .unwrap()
        .links(&acting(app), id)
        .await
        .unwrap();
    let line = |link: &crate::care::LinkShown| {
        let name = link.other.as_ref().map_or("?", |other| &other.name);
        let perhaps: Vec<&str> = link.perhaps.iter().map(|other| &*other.name).collect();
        format!("{name} {} {perhaps:?}", link.state.word())
    };
    links.iter().map(line).collect()
}

async fn record(app: &TestApp, id: EncounterId, form: &str, on: &str, text: Option<&str>) {
    let row = format!("birth_order=1 sex=male weight_g=3200 {LIVE}");
    let record = Record {
        id,
        subject: subject(EAST),
        enrollment: None,
        program: "maternal".to_owned(),
        form: form.to_owned(),
        occurred_on: Some(on.parse().unwrap()),
        values: text.map_or_else(|| values(&[&row]), typed),
        reasons: seen(),
        base_version: None,
    };
    let care = app.app.care().unwrap();
    care.record(&acting(app), record).await.unwrap();
}

async fn weighed(app: &TestApp, woman: &str, version: i64, weight: &str) {
    let row = format!("birth_order=1 sex=male weight_g={weight} {LIVE}");
    let correction = Correction {
        id: EncounterId::from_uuid(DELIVERY.parse().unwrap()),
        subject: subject(woman),
        occurred_on: Some("2024-12-12".parse().unwrap()),
        values: values(&[&row]),
        reasons: seen(),
        base_version: version,
        why: "weighed again".to_owned(),
    };
    let care = app.app.care().unwrap();
    care.correct(&acting(app), correction).await.unwrap();
}

async fn weight(app: &TestApp, child: SubjectId) -> String {
    let care = app.app.care().unwrap();
    let story = care.story(&acting(app), child).await.unwrap();
    let program = care.pack().program(story.enrollments[0].program);
    let field = program.form(program.opens_with).field("birth_weight_g");
    format!(
        "{:?}",
        story.enrollments[0].records[0].values[field.unwrap().get()]
    )
}

#[tokio::test]
async fn links_go_along_when_records_are_merged_and_come_back() {
    on_each_database(TODAY, async |app| {
        let (db, now) = (app.app.db().clone(), app.app.now());
        let care = Care::install(db, national_pack(), Settings::default(), now);
        let _ = app.app.clone().with_care(care.await.unwrap());
        let east =
            format!("id={EAST}&sex=female&name=李晓红&birth_on=1996-05-01&phone=13800000001");
        registered(app, "township_worker", "990001001", &east).await;
        let west =
            format!("id={WEST}&sex=female&name=李小红&birth_on=1996-05-01&phone=13800000002");
        registered(app, "other_township", "990002001", &west).await;
        let booking: EncounterId = app.app.new_id();
        record(app, booking, "booking", "2024-05-10", Some(BOOKING)).await;
        let delivery = EncounterId::from_uuid(DELIVERY.parse().unwrap());
        record(app, delivery, "delivery", "2024-12-12", None).await;
        let twice =
            format!("id={TWICE}&sex=male&name=王小明&birth_on=2024-12-12&phone=13800000001");
        registered(app, "other_township", "990002001", &twice).await;
        assert_eq!(
            told(app, subject(EAST)).await,
            ["李晓红之子 open [\"王小明\"]"]
        );
        let care = app.app.care().unwrap();
        let links = care.links(&acting(app), subject(EAST)).await.unwrap();
        let child = links[0].other.as_ref().unwrap().id;

        // The woman had two records; the one that opened goes.
        let merge = |id: &str, survivor: &str, version: u8| {
            format!(
                "merge={id}&survivor={survivor}&version_0=1&version_1={version}&reason=两镇分别建册，已核对"
            )
        };
        const FIRST: &str = "018f0000-0000-7000-8000-0000000000f1";
        let pair = format!("/persons/{WEST}/merge/{EAST}");
        let merged = app.post("county_worker", &pair, &merge(FIRST, WEST, 1)).await;
        assert_eq!(merged.status, 303, "{}", words(&merged.body));
        assert_eq!(told(app, child).await, ["李小红 open [\"王小明\"]"]);
        weighed(app, WEST, 1, "3300").await;
        assert!(weight(app, child).await.contains("3300"));

        // The name for the time being followed hers, so the child's record is at its second version. The child was
        // registered twice, too; what was opened stands under the name that somebody gave.
        const SECOND: &str = "018f0000-0000-7000-8000-0000000000f2";
        let pair = format!("/persons/{TWICE}/merge/{child}");
        let merged = app
            .post("county_worker", &pair, &merge(SECOND, TWICE, 2))
            .await;
        assert_eq!(merged.status, 303, "{}", words(&merged.body));
        assert_eq!(told(app, subject(WEST)).await, ["王小明 open []"]);
        let undo = format!("/persons/{TWICE}/merges/{SECOND}/undone");
        let undone = app.post("county_worker", &undo, "reason=不是同一人").await;
        assert_eq!(undone.status, 303, "{}", words(&undone.body));
        assert_eq!(
            told(app, subject(WEST)).await,
            ["李小红之子 open [\"王小明\"]"]
        );
        weighed(app, WEST, 2, "3400").await;
        assert!(weight(app, child).await.contains("3400"));
    })
    .await;
}

#[tokio::test]
async fn a_birth_after_what_is_recorded_is_refused_beside_its_field() {
    on_each_database(TODAY, async |app| {
        let (db, now) = (app.app.db().clone(), app.app.now());
        let care = Care::install(db, national_pack(), Settings::default(), now);
        let _ = app.app.clone().with_care(care.await.unwrap());
        let who = format!("id={EAST}&sex=female&name=李晓红&phone=13800000001");
        let first = format!("{who}&birth_on=1996-05-01");
        registered(app, "township_worker", "990001001", &first).await;
        record(
            app,
            app.app.new_id(),
            "booking",
            "2024-05-10",
            Some(BOOKING),
        )
        .await;
        let residence = app.organization("990001001");
        let path = format!("/persons/{EAST}");
        for (birth_on, status, says) in [
            ("2024-05-11", 422, "出生日期晚于已有的服务记录"),
            ("1997-05-01", 303, ""),
        ] {
            let form = format!(
                "{who}&birth_on={birth_on}&id_type=none&residence={residence}&household=local\
                 &version=1&reason=read+again"
            );
            let answer = app.post("township_worker", &path, &form).await;
            assert_eq!(answer.status, status, "{}", words(&answer.body));
            assert!(answer.body.contains(says));
        }
    })
    .await;
}
