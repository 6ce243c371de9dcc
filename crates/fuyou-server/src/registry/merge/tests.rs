//! Promises about merging.

use fuyou_kernel::{Date, Id};
use uuid::Uuid;

use crate::care::{Acting, Care, Settings};
use crate::db::{Db, Dialect, Sql, hanging_on_subjects, query};
use crate::exchange::import::{Format, Job, import_file};
use crate::testkit::county::national_pack;
use crate::testkit::{Answer, TempDir, TestApp, on_each_database, says, two_processes, words};

const TODAY: Date = Date::constant(2026, 3, 26);
const EAST: &str = "018f0000-0000-7000-8000-0000000000a1";
const WEST: &str = "018f0000-0000-7000-8000-0000000000b1";
const THIRD: &str = "018f0000-0000-7000-8000-0000000000c1";
const MERGE: &str = "018f0000-0000-7000-8000-0000000000f1";
const BOOKING: &str = "occurred_on=2026-03-26&f.handbook_no=1&f.lmp_certainty=sure&f.lmp_on=2025-11-20&f.art_conceived=false\
    &f.edd_method=lmp&f.edd_on=2026-08-27&f.gravidity=1&f.parity_vaginal=0&f.parity_caesarean=0&f.education=senior_high\
    &f.husband_education=senior_high&f.poor_family=false&f.husband_away=false&f.travel_over_1h=false";
const ANTENATAL: &str = "occurred_on=2026-03-26&f.visit_mode=clinic&f.critical_signs=none&f.weight_kg=58.0\
    &f.systolic_mmhg=116&f.diastolic_mmhg=72&f.hb_g_per_l=118&f.urine_protein=neg&f.classification=normal\
    &f.next_visit_on=2026-04-20&f.fetal_heart_rate=140&f.complaint=none&f.guidance=lifestyle&f.referred=false&f.doctor=D1";

async fn install(app: &TestApp) {
    let (db, now) = (app.app.db().clone(), app.app.now());
    let care = Care::install(db, national_pack(), Settings::default(), now)
        .await
        .unwrap();
    let _ = app.app.clone().with_care(care);
}

async fn registered(app: &TestApp, login: &str, id: &str, more: &str) {
    let code = if login == "other_township" {
        "990002001"
    } else {
        "990001001"
    };
    let residence = app.organization(code);
    let form = format!(
        "id={id}&sex=female&id_type=none&residence={residence}&household=local&reason=checked&{more}"
    );
    let answer = app.post(login, "/persons", &form).await;
    assert_eq!(answer.status, 303, "{}", words(&answer.body));
}

/// The same woman in both townships, a year older in the east, where rules call her an older mother.
async fn twice(app: &TestApp) {
    install(app).await;
    registered(
        app,
        "township_worker",
        EAST,
        "name=李晓红&birth_on=1990-01-01&phone=13800000001",
    )
    .await;
    registered(
        app,
        "other_township",
        WEST,
        "name=李小红&birth_on=1991-01-01&phone=13800000002",
    )
    .await;
}

async fn record(
    app: &TestApp,
    login: &str,
    person: &str,
    form: &str,
    id: &str,
    typed: &str,
) -> Answer {
    let path = format!("/persons/{person}/forms/maternal/{form}");
    app.post(login, &path, &format!("id={id}&{typed}&do=save"))
        .await
}

fn record_id(at: u8) -> String {
    format!("018f0000-0000-7000-8000-0000000001{at:02x}")
}

async fn booked(app: &TestApp, login: &str, person: &str, at: u8) {
    let answer = record(app, login, person, "booking", &record_id(at), BOOKING).await;
    assert_eq!(answer.status, 303, "{}", words(&answer.body));
}

fn merging(merge: &str, survivor: &str) -> String {
    format!("merge={merge}&survivor={survivor}&version_0=1&version_1=1&reason=两镇分别建册，已核对")
}

/// Every row that hangs on a subject and every person, as text.
async fn everything(db: &Db) -> Vec<String> {
    let mut reader = db.read().await.unwrap();
    let mut tables: Vec<String> = hanging_on_subjects(&mut reader)
        .await
        .unwrap()
        .into_iter()
        .map(|table| table.table)
        .filter(|table| !matches!(table.as_str(), "person_merge" | "person_merge_row"))
        .collect();
    assert!(
        tables.len() > 40,
        "the tables of the pack are among them: {tables:?}"
    );
    tables.push("person".to_owned());
    let mut lines = Vec::new();
    for table in tables {
        let columns = match db.dialect() {
            Dialect::Sqlite => format!("select name from pragma_table_info('{table}')"),
            Dialect::Postgres => format!(
                "select cast(column_name as text) from information_schema.columns where table_name = '{table}'"
            ),
        };
        let columns: Vec<(String,)> = query(Sql::built(columns)).all(&mut reader).await.unwrap();
        let cells: Vec<String> = columns
            .iter()
            .map(|(name,)| match db.dialect() {
                Dialect::Sqlite => format!("coalesce(hex(\"{name}\"), '-')"),
                Dialect::Postgres => format!("coalesce(cast(\"{name}\" as text), '-')"),
            })
            .collect();
        let sql = format!("select {} from \"{table}\"", cells.join(" || ' ' || "));
        let rows: Vec<(String,)> = query(Sql::built(sql)).all(&mut reader).await.unwrap();
        lines.extend(rows.into_iter().map(|(row,)| format!("{table} {row}")));
    }
    lines.sort();
    lines
}

async fn is_sound(app: &TestApp, person: &str) {
    let by = Acting::system(app.app.tree(), app.app.now(), TODAY);
    let subject = Id::from_uuid(Uuid::try_parse(person).unwrap());
    let differences = app
        .app
        .care()
        .unwrap()
        .reconcile(&by, subject)
        .await
        .unwrap();
    assert!(differences.is_empty(), "{differences:?}");
    crate::audit::verify(app.app.db()).await.unwrap().unwrap();
}

#[tokio::test]
async fn two_records_become_one_and_two_again_exactly() {
    on_each_database(TODAY, async |app| {
        twice(app).await;
        booked(app, "other_township", WEST, 1).await;
        let typed = record(
            app,
            "other_township",
            WEST,
            "antenatal",
            &record_id(2),
            ANTENATAL,
        )
        .await;
        assert_eq!(typed.status, 303, "{}", words(&typed.body));
        let hospital = app.organization("990000H");
        let refer = format!(
            "id={}&enrollment={}&kind=highrisk&to={hospital}&reason=bleeding&findings=well&treatment=none&asked=assessment",
            record_id(3),
            record_id(1)
        );
        let answer = app
            .post("other_township", &format!("/persons/{WEST}/refer"), &refer)
            .await;
        assert_eq!(answer.status, 303, "{}", words(&answer.body));
        // A hospital of another place has the slip in hand.
        let reason = "reason=产后出血抢救，产科一病区";
        let slip = format!("by=slip&name=李小红&slip={}&{reason}", record_id(3));
        let opened = app.post("village_doctor", "/glass", &slip).await;
        assert_eq!(
            opened.location,
            format!("/persons/{WEST}"),
            "{}",
            words(&opened.body)
        );
        let before = everything(app.app.db()).await;
        app.wait_minutes(5);

        let pair = format!("/persons/{EAST}/merge/{WEST}");
        for (login, status) in [
            ("township_worker", 404),
            ("village_doctor", 404),
            ("nurse", 404),
        ] {
            assert_eq!(app.get(login, &pair).await.status, status, "{login}");
            let answer = app.post(login, &pair, &merging(MERGE, EAST)).await;
            assert_eq!(answer.status, status, "{login}");
        }
        says(
            &app.get("county_worker", &pair).await,
            200,
            &["李晓红", "李小红", "13800000002"],
        );
        says(
            &app.post(
                "county_worker",
                &pair,
                &merging(MERGE, EAST).replace("两镇分别建册，已核对", ""),
            )
            .await,
            422,
            &["请写明理由"],
        );
        assert_eq!(
            everything(app.app.db()).await,
            before,
            "nothing was written"
        );
        for _ in 0..2 {
            let answer = app
                .post("county_worker", &pair, &merging(MERGE, EAST))
                .await;
            assert_eq!(
                answer.location,
                format!("/persons/{EAST}"),
                "{}",
                words(&answer.body)
            );
        }
        is_sound(app, EAST).await;
        assert_ne!(everything(app.app.db()).await, before);

        // Old ids and numbers lead to her.
        let old = app.get("county_worker", &format!("/persons/{WEST}")).await;
        assert_eq!(
            (old.status.as_u16(), old.location.as_str()),
            (307, &*format!("/persons/{EAST}"))
        );
        let old = app
            .get(
                "other_township",
                &format!("/persons/{WEST}/records/{}", record_id(1)),
            )
            .await;
        assert_eq!(
            old.location,
            format!("/persons/{EAST}/records/{}", record_id(1)),
            "care there goes on"
        );
        says(
            &app.get("county_worker", &format!("/persons/{EAST}")).await,
            200,
            &["孕产妇健康管理", "李小红"],
        );
        for q in ["13800000002", "0002", "李小红", "lixiaohong"] {
            let found = app
                .post("county_worker", "/persons/search", &format!("q={q}"))
                .await;
            let found = if found.location.is_empty() {
                found
            } else {
                app.get("county_worker", &found.location).await
            };
            says(&found, 200, &[EAST]);
            assert!(!found.body.contains(WEST), "{q}");
        }
        // Whoever may not see her learns nothing.
        let nurse = app.get("nurse", &format!("/persons/{WEST}/edit")).await;
        assert!(matches!(nurse.status.as_u16(), 307 | 404));

        let undo = format!("/persons/{EAST}/merges/{MERGE}/undone");
        assert_eq!(
            app.post("other_township", &undo, "reason=not the same")
                .await
                .status,
            404
        );
        for _ in 0..2 {
            let answer = app.post("county_worker", &undo, "reason=不是同一人").await;
            assert_eq!(
                answer.location,
                format!("/persons/{WEST}"),
                "{}",
                words(&answer.body)
            );
        }
        let after = everything(app.app.db()).await;
        let lost: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
        let added: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
        assert!(
            lost.is_empty() && added.is_empty(),
            "lost {lost:#?} added {added:#?}"
        );
        is_sound(app, WEST).await;
        let trail = app
            .get(
                "auditor",
                &format!("/audit?subject={WEST}&action=undo_merge"),
            )
            .await;
        says(&trail, 200, &["不是同一人"]);
    })
    .await;
}

#[tokio::test]
async fn an_old_id_records_where_she_is_and_such_a_merge_is_not_simply_undone() {
    on_each_database(TODAY, async |app| {
        twice(app).await;
        booked(app, "other_township", WEST, 1).await;
        let pair = format!("/persons/{EAST}/merge/{WEST}");
        app.wait_minutes(5);
        assert_eq!(
            app.post("county_worker", &pair, &merging(MERGE, EAST))
                .await
                .status,
            303
        );
        app.wait_minutes(5);
        // A client that was away sends what it has under the old id and follows the answer.
        let sent = record(
            app,
            "other_township",
            WEST,
            "antenatal",
            &record_id(2),
            ANTENATAL,
        )
        .await;
        let there = format!("/persons/{EAST}/forms/maternal/antenatal");
        assert_eq!(
            (sent.status.as_u16(), sent.location.as_str()),
            (307, there.as_str())
        );
        let sent = record(
            app,
            "other_township",
            EAST,
            "antenatal",
            &record_id(2),
            ANTENATAL,
        )
        .await;
        assert_eq!(sent.status, 303, "{}", words(&sent.body));
        // So does a file that was written before.
        let earlier = ANTENATAL.replace("58.0", "59.0");
        assert_eq!(imported(app, &earlier).await, (1, 0));
        let undo = format!("/persons/{EAST}/merges/{MERGE}/undone");
        let refused = app.post("county_worker", &undo, "reason=不是同一人").await;
        says(
            &refused,
            409,
            &["合并后已有新的记录", "产前随访", "2026-03-26"],
        );
        assert!(
            !refused.body.contains("建册 2026"),
            "the booking was there before"
        );
        is_sound(app, EAST).await;

        // The trail is one: what was done under either id is found under both, and nothing about anybody else.
        registered(
            app,
            "township_worker",
            THIRD,
            "name=王芳&birth_on=1992-02-02",
        )
        .await;
        let rows = async |id: &str, action: &str| {
            let path = format!("/audit?actor=&action={action}&subject={id}");
            let page = app.send("auditor", "GET", &path, None).await.body;
            let (page, _) = page.split_once("</tbody>").unwrap();
            let rows: Vec<String> = page.split("<tr>").skip(2).map(str::to_owned).collect();
            rows
        };
        for (action, ids) in [("record", &[EAST, WEST][..]), ("merge", &[EAST])] {
            let trail = rows(EAST, action).await;
            assert_eq!(trail, rows(WEST, action).await);
            for id in ids {
                assert!(trail.iter().any(|row| row.contains(id)), "{action} {id}");
            }
        }
        assert!(
            rows(EAST, "register")
                .await
                .iter()
                .all(|row| !row.contains(THIRD))
        );
        assert_eq!(rows(THIRD, "register").await.len(), 1);
    })
    .await;
}

/// Imports a visit told under the old id: how many records came in, how many were refused.
async fn imported(app: &TestApp, typed: &str) -> (u64, u64) {
    let values: serde_json::Map<String, serde_json::Value> = typed
        .split('&')
        .filter_map(|pair| pair.strip_prefix("f.")?.split_once('='))
        .map(|(id, value)| (id.to_owned(), value.into()))
        .collect();
    let line = serde_json::json!({
        "kind": "record", "subject": WEST, "enrollment": record_id(1), "id": record_id(9), "form": "antenatal",
        "occurred_on": "2026-03-26", "recorded_at": "2026-03-26T04:01:00Z", "org": "990002", "values": values,
        "reason": "seen twice",
    });
    let dir = TempDir::new();
    let (file, rejected) = (
        dir.path().join("old.ndjson"),
        dir.path().join("rejected.csv"),
    );
    std::fs::write(&file, format!("{line}\n")).unwrap();
    let job = Job {
        file: &file,
        format: Format::Ndjson,
        rejected: &rejected,
    };
    let by = Acting::system(app.app.tree(), app.app.now(), TODAY);
    let care = app.app.care().unwrap();
    let report = import_file(care, app.app.keys(), &by, &job, |_| {})
        .await
        .unwrap();
    if report.rejected > 0 {
        println!("{}", std::fs::read_to_string(&rejected).unwrap());
    }
    (report.encounters, report.rejected)
}

#[tokio::test]
async fn two_open_enrollments_are_decided_by_a_person_first() {
    on_each_database(TODAY, async |app| {
        twice(app).await;
        booked(app, "township_worker", EAST, 1).await;
        booked(app, "other_township", WEST, 2).await;
        let pair = format!("/persons/{EAST}/merge/{WEST}");
        let close = format!("/persons/{WEST}/enrollments/{}/close", record_id(2));
        says(
            &app.get("county_worker", &pair).await,
            200,
            &["都未结案", &close],
        );
        let refused = app
            .post("county_worker", &pair, &merging(MERGE, EAST))
            .await;
        says(&refused, 422, &["两份档案在以下项目中都未结案"]);
        let closing = "version=1&on=2026-03-26&why=duplicate";
        let closed = app.post("county_worker", &close, closing).await;
        assert_eq!(closed.status, 303, "{}", words(&closed.body));
        assert_eq!(
            app.post("county_worker", &pair, &merging(MERGE, EAST))
                .await
                .status,
            303
        );
        is_sound(app, EAST).await;
    })
    .await;
}

#[tokio::test]
async fn a_merged_record_can_be_merged_on_and_is_undone_from_the_last() {
    on_each_database(TODAY, async |app| {
        twice(app).await;
        registered(
            app,
            "township_worker",
            THIRD,
            "name=李晓洪&birth_on=1990-01-01",
        )
        .await;
        booked(app, "other_township", WEST, 1).await;
        let before = everything(app.app.db()).await;
        let second = MERGE.replace("f1", "f2");
        let first = app
            .post(
                "county_worker",
                &format!("/persons/{EAST}/merge/{WEST}"),
                &merging(MERGE, EAST),
            )
            .await;
        assert_eq!(first.status, 303, "{}", words(&first.body));
        let on = format!("/persons/{THIRD}/merge/{EAST}");
        assert_eq!(
            app.post("county_worker", &on, &merging(&second, THIRD))
                .await
                .status,
            303
        );
        let old = app.get("county_worker", &format!("/persons/{WEST}")).await;
        assert_eq!(old.location, format!("/persons/{THIRD}"), "one hop");
        let undo =
            |survivor: &str, merge: &str| format!("/persons/{survivor}/merges/{merge}/undone");
        let early = app
            .post("county_worker", &undo(EAST, MERGE), "reason=不是同一人")
            .await;
        says(&early, 409, &["请先撤销较晚的合并"]);
        assert_eq!(
            app.post("county_worker", &undo(THIRD, &second), "reason=不是同一人")
                .await
                .status,
            303
        );
        assert_eq!(
            app.post("county_worker", &undo(EAST, MERGE), "reason=不是同一人")
                .await
                .status,
            303
        );
        assert_eq!(everything(app.app.db()).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_merge_seen_before_a_correction_is_stale() {
    on_each_database(TODAY, async |app| {
        twice(app).await;
        let pair = format!("/persons/{EAST}/merge/{WEST}");
        let stale = merging(MERGE, EAST).replace("version_1=1", "version_1=2");
        says(
            &app.post("county_worker", &pair, &stale).await,
            409,
            &["重新核对"],
        );
        let same = format!("/persons/{EAST}/merge/{EAST}");
        assert_eq!(
            app.post("county_worker", &same, &merging(MERGE, EAST))
                .await
                .status,
            422
        );
    })
    .await;
}

/// While two records become one, others record about both: nothing is lost, nothing stays behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_recorded_while_records_are_merged_stands_under_the_one_that_stays() {
    two_processes(async |one, two| {
        let here = TestApp::new(one, TODAY).await;
        twice(&here).await;
        let there = here.beside(two).await;
        install(&there).await;
        booked(&here, "other_township", WEST, 1).await;
        let (enrollment, hospital) = (record_id(1), here.organization("990000H"));
        // What was opened in the other process goes on in this one.
        there.get("other_township", "/persons").await;
        here.get("county_worker", "/persons").await;
        let refer = async |at: u8| {
            let form = format!(
                "id={}&enrollment={enrollment}&kind=routine&to={hospital}&reason=checkup&findings=well&treatment=none&asked=assessment",
                record_id(at)
            );
            let mut answer = there
                .post("other_township", &format!("/persons/{WEST}/refer"), &form)
                .await;
            for _ in 0..3 {
                if answer.status != 307 {
                    break;
                }
                let address = answer.location.clone();
                answer = there.post("other_township", &address, &form).await;
            }
            assert_eq!(answer.status, 303, "{at}: {}", words(&answer.body));
        };
        let merge = async || {
            let pair = format!("/persons/{EAST}/merge/{WEST}");
            let answer = here
                .post("county_worker", &pair, &merging(MERGE, EAST))
                .await;
            assert_eq!(answer.status, 303, "{}", words(&answer.body));
        };
        let all = async {
            for at in 10..22 {
                refer(at).await;
            }
        };
        tokio::join!(all, merge());
        let mut reader = here.app.db().read().await.unwrap();
        const COUNT: &str = "select subject_id, count(*) from referral group by subject_id";
        let rows: Vec<(Uuid, i64)> = query(COUNT).all(&mut reader).await.unwrap();
        assert_eq!(rows, [(Uuid::try_parse(EAST).unwrap(), 12)]);
        drop(reader);
        is_sound(&here, EAST).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_correction_of_her_birth_changes_for_her_care_is_computed_at_once() {
    on_each_database(TODAY, async |app| {
        twice(app).await;
        booked(app, "other_township", WEST, 1).await;
        let residence = app.organization("990002001");
        let older = format!(
            "id={WEST}&name=李小红&sex=female&birth_on=1980-01-01&id_type=none&residence={residence}\
             &household=local&phone=13800000002&version=1&reason=checked"
        );
        let path = format!("/persons/{WEST}");
        assert_eq!(app.post("other_township", &path, &older).await.status, 303);
        is_sound(app, WEST).await;
        says(&app.get("other_township", &path).await, 200, &["年龄≥35岁或≤18岁"]);
    })
    .await;
}

#[tokio::test]
async fn the_number_of_a_merged_record_is_still_hers() {
    on_each_database(TODAY, async |app| {
        install(app).await;
        registered(app, "township_worker", EAST, "name=李晓红&birth_on=1990-01-01").await;
        let passport = "name=LI+XIAOHONG&birth_on=1990-01-01&id_no=E12345678";
        let with_passport = passport.replace("&birth", "&id_type=passport&birth");
        let residence = app.organization("990002001");
        let form = |id: &str| {
            format!("id={id}&sex=female&residence={residence}&household=local&reason=checked&{with_passport}")
        };
        assert_eq!(app.post("other_township", "/persons", &form(WEST)).await.status, 303);
        let pair = format!("/persons/{EAST}/merge/{WEST}");
        assert_eq!(app.post("county_worker", &pair, &merging(MERGE, EAST)).await.status, 303);
        let again = app.post("other_township", "/persons", &form(THIRD)).await;
        says(&again, 422, &["不能重复建档", EAST]);
    })
    .await;
}
