//! A form that asks for nothing: a contact with its date alone.

use std::sync::Arc;

use fuyou_pack::{Pack, PackFile, PackFiles};

use crate::care::{
    Acting, Care, Correction, Reasons, Record, Settings, SubjectId, Values, Voiding,
};
use crate::exchange::import::{Format, Job, import_file};
use crate::testkit::county::{County, typed};
use crate::testkit::{TempDir, each_database, on_each_database, says, words};

const PACK: (&str, &str) = (
    "pack.toml",
    "id = \"calls\"\nversion = \"1\"\ntitle = { zh = \"探访\", en = \"Calls\" }\n",
);
const PROGRAM: (&str, &str) = (
    "call/program.toml",
    "id = \"call\"\nsubject = \"person\"\ntitle = { zh = \"探访\", en = \"Calls\" }\nopens_with = \"begun\"\n\
     [facts]\ncalled = \"count(*) filter (where form = 'called')\"\ncalled_last_on = \"max(occurred_on)\"\n",
);
const BEGUN: (&str, &str) = (
    "call/forms/begun.toml",
    "id = \"begun\"\ntitle = { zh = \"开始\", en = \"Begun\" }\n",
);
const CALLED: (&str, &str) = (
    "call/forms/called.toml",
    "id = \"called\"\ntitle = { zh = \"已探访\", en = \"Called\" }\n",
);

fn pack(files: &[(&str, &str)]) -> Arc<Pack> {
    let files = files.iter().map(|(path, text)| PackFile {
        path: (*path).to_owned(),
        bytes: text.as_bytes().to_vec(),
    });
    let layer = PackFiles {
        root: "calls".to_owned(),
        files: files.collect(),
    };
    Arc::new(fuyou_pack::load(&[layer]).unwrap_or_else(|errors| panic!("{errors:?}")))
}

fn bare() -> Arc<Pack> {
    pack(&[PACK, PROGRAM, BEGUN, CALLED])
}

fn record(county: &County, of: SubjectId, form: &str, on: &str) -> Record {
    Record {
        program: "call".to_owned(),
        reasons: Reasons::new(),
        ..county.typed(of, form, on, "")
    }
}

/// The days of what counts, and how often was called as the facts know it.
async fn told(care: &Care, by: &Acting, of: SubjectId) -> String {
    let story = care.story(by, of).await.unwrap();
    let [enrollment] = &story.enrollments[..] else {
        return format!("{} enrollments", story.enrollments.len());
    };
    let counting = enrollment.records.iter().filter(|one| one.voided.is_none());
    let days: Vec<String> = counting.map(|one| one.occurred_on.to_string()).collect();
    format!("{} {:?}", days.join(" "), enrollment.facts[0].1)
}

#[tokio::test]
async fn a_contact_with_nothing_but_its_date_is_recorded_corrected_and_voided() {
    each_database(async |db| {
        let county = County::new(db, bare()).await;
        let woman = county.woman("990001001").await;
        let by = county.worker("2024-12-25");
        let begun = record(&county, woman, "begun", "2024-12-01");
        let called = record(&county, woman, "called", "2024-12-10");
        for _ in 0..2 {
            county.care.record(&by, begun.clone()).await.unwrap();
            county.care.record(&by, called.clone()).await.unwrap();
        }
        let after = told(&county.care, &by, woman).await;
        assert_eq!(after, "2024-12-01 2024-12-10 Value(Number(1))");
        let correction = Correction {
            id: called.id,
            subject: woman,
            base_version: 1,
            occurred_on: Some("2024-12-11".parse().unwrap()),
            values: Values::Typed(fuyou_pack::record::Draft {
                occurred_on: Some(fuyou_kernel::DayNumber::from(
                    "2024-12-11".parse::<fuyou_kernel::Date>().unwrap(),
                )),
                values: Vec::new(),
                groups: Vec::new(),
            }),
            reasons: Reasons::new(),
            why: "the day after".to_owned(),
        };
        county.care.correct(&by, correction).await.unwrap();
        let after = told(&county.care, &by, woman).await;
        assert_eq!(after, "2024-12-01 2024-12-11 Value(Number(1))");
        let voiding = Voiding {
            id: called.id,
            subject: woman,
            base_version: 2,
            why: "nobody was there".to_owned(),
        };
        county.care.void(&by, voiding).await.unwrap();
        let after = told(&county.care, &by, woman).await;
        assert_eq!(after, "2024-12-01 Value(Number(0))");
        assert!(county.care.reconcile(&by, woman).await.unwrap().is_empty());
        county.audit_is_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_form_without_fields_may_get_one_later() {
    let wider = (
        CALLED.0,
        "id = \"called\"\ntitle = { zh = \"已探访\", en = \"Called\" }\n[[field]]\nid = \"note\"\n\
         label = { zh = \"注\", en = \"Note\" }\ntype = \"text\"\n",
    );
    each_database(async |db| {
        let county = County::new(db.clone(), bare()).await;
        let woman = county.woman("990001001").await;
        let by = county.worker("2024-12-25");
        for (form, on) in [("begun", "2024-12-01"), ("called", "2024-12-10")] {
            let record = record(&county, woman, form, on);
            county.care.record(&by, record).await.unwrap();
        }
        let wider = pack(&[PACK, PROGRAM, BEGUN, wider]);
        // The first time the column is added, the second time nothing is to be done.
        for _ in 0..2 {
            Care::install(db.clone(), wider.clone(), Settings::default(), by.now)
                .await
                .unwrap();
        }
        let care = Care::install(db, wider, Settings::default(), by.now)
            .await
            .unwrap();
        let mut noted = record(&county, woman, "called", "2024-12-12");
        noted.values = typed("note=seen");
        care.record(&by, noted).await.unwrap();
        let after = told(&care, &by, woman).await;
        assert_eq!(after, "2024-12-01 2024-12-10 2024-12-12 Value(Number(2))");
    })
    .await;
}

#[tokio::test]
async fn a_contact_with_nothing_but_its_date_comes_in_with_a_file() {
    each_database(async |db| {
        let county = County::new(db, bare()).await;
        let woman = county.woman("990001001").await;
        let by = county.user(crate::access::Role::CountyWorker, "990000", "2024-12-31");
        let enrollment: SubjectId = county.fresh();
        let mut text = format!(
            "{{\"kind\":\"enrollment\",\"subject\":\"{woman}\",\"id\":\"{enrollment}\",\"program\":\"call\",\"org\":\"990001\"}}\n"
        );
        for (form, day) in [("begun", "2024-12-01"), ("called", "2024-12-10")] {
            let id: SubjectId = county.fresh();
            text.push_str(&format!(
                "{{\"kind\":\"record\",\"subject\":\"{woman}\",\"enrollment\":\"{enrollment}\",\"id\":\"{id}\",\
                 \"form\":\"{form}\",\"occurred_on\":\"{day}\",\"recorded_at\":\"{day}T02:00:00Z\",\"org\":\"990001\",\
                 \"values\":{{}}}}\n"
            ));
        }
        let dir = TempDir::new();
        let (file, rejected) = (dir.path().join("calls.ndjson"), dir.path().join("rejected.csv"));
        std::fs::write(&file, text).unwrap();
        let job = Job {
            file: &file,
            format: Format::Ndjson,
            rejected: &rejected,
        };
        let keys = crate::keys::Keyring::open(&dir.path().join("keys"), crate::keys::Suite::Sm).unwrap();
        let report = import_file(&county.care, &keys, &by, &job, |_| {})
            .await
            .unwrap();
        assert_eq!(
            (report.encounters, report.rejected),
            (2, 0),
            "{}",
            std::fs::read_to_string(&rejected).unwrap()
        );
        let after = told(&county.care, &by, woman).await;
        assert_eq!(after, "2024-12-01 2024-12-10 Value(Number(1))");
    })
    .await;
}

#[tokio::test]
async fn a_contact_with_nothing_but_its_date_has_a_page() {
    const WOMAN: &str = "018f0000-0000-7000-8000-0000000000a1";
    const TODAY: fuyou_kernel::Date = fuyou_kernel::Date::constant(2026, 3, 26);
    on_each_database(TODAY, async |app| {
        let (db, now) = (app.app.db().clone(), app.app.now());
        let care = Care::install(db, bare(), Settings::default(), now)
            .await
            .unwrap();
        let _ = app.app.clone().with_care(care);
        let residence = app.organization("990001001");
        let who = format!(
            "id={WOMAN}&name=test&sex=female&birth_on=1990-05-01&id_type=none&residence={residence}&household=local"
        );
        says(&app.post("township_worker", "/persons", &who).await, 303, &[]);
        for (at, form) in ["begun", "called"].into_iter().enumerate() {
            let path = format!("/persons/{WOMAN}/forms/call/{form}");
            says(&app.get("township_worker", &path).await, 200, &["occurred_on"]);
            let typed = format!(
                "id=018f0000-0000-7000-8000-00000000010{at}&occurred_on=2026-03-26&do=save"
            );
            let answer = app.post("township_worker", &path, &typed).await;
            assert_eq!(answer.status, 303, "{}", words(&answer.body));
        }
        let page = app.get("township_worker", &format!("/persons/{WOMAN}")).await;
        says(&page, 200, &["已探访"]);
    })
    .await;
}
