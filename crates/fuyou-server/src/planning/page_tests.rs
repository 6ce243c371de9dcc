//! Promises of the pages around a plan: files go in, a plan is adopted by command, the summary comes out.

use std::io::{Cursor, Read, Write};

use fuyou_kernel::Date;

use super::{Import, adopt_certain, board_unguarded, import};
use crate::db::Entry;
use crate::insight::{Live, Progress, Source};
use crate::testkit::{TestApp, on_each_database, population, sample_pack, store_facts, words};
use fuyou_kernel::Secrecy;

const TODAY: Date = Date::constant(2026, 3, 26);
const PLACES: [&str; 4] = ["990001", "990001001", "990002", "990002001"];
const PLAN: [&str; 5] = [
    "云溪县2026年妇幼健康工作计划",
    "一、工作目标",
    "1、早到率达到85%以上,全年加强管理,落实措施。",
    "2、阳性率控制在2‰以下。",
    "二、工作措施",
];

/// Pages here are answered out of memory; those of the other tests by the store.
async fn prepare(app: &TestApp, persons: u32) {
    let pack = sample_pack();
    let _ = app.app.clone().with_pack(pack.clone());
    store_facts(app.app.db(), &pack, &population(&pack, &PLACES, persons)).await;
    let live = Live::start(app.app.db(), &pack, 1, None).unwrap();
    live.loaded().await;
    let _ = app.app.clone().with_live(live);
}

/// A Word file with these paragraphs.
fn word(paragraphs: &[&str]) -> Vec<u8> {
    let text: String = paragraphs
        .iter()
        .map(|text| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"))
        .collect();
    let document = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{text}</w:body></w:document>"
    );
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("[Content_Types].xml", options).unwrap();
    zip.write_all(b"<Types/>").unwrap();
    zip.start_file("word/document.xml", options).unwrap();
    zip.write_all(document.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The text of a part of a Word file.
fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn by_command(app: &TestApp, action: &'static str) -> Entry {
    Entry {
        at: app.app.now(),
        actor_id: None,
        actor_login: "system".into(),
        org_id: None,
        action: action.into(),
        entity: "plan".into(),
        entity_id: None,
        subject_id: None,
        detail: "{}".into(),
    }
}

#[tokio::test]
async fn a_plan_is_uploaded_as_a_file() {
    on_each_database(TODAY, async |app| {
        prepare(app, 60).await;
        let fields = [("node", "990000"), ("year", "2026")];
        let check = async |login: &str, name: &str, bytes: &[u8], status: u16, says: &str| {
            let answer = app
                .upload(login, "/plans/file", &fields, (name, bytes))
                .await;
            assert_eq!(answer.status, status, "{name}: {}", words(&answer.body));
            let shown = if answer.location.is_empty() {
                words(&answer.body)
            } else {
                let page = app.send(login, "GET", &answer.location, None).await;
                assert_eq!(page.status, 200, "{}", answer.location);
                page.body
            };
            assert!(shown.contains(says), "{name}: {shown}");
        };
        check("county_worker", "plan.docx", &word(&PLAN), 303, "85%以上").await;
        let text = PLAN.join("\n");
        check("county_worker", "plan.txt", text.as_bytes(), 303, "2‰以下").await;
        let gbk = encoding_rs::GBK.encode(&text).0.into_owned();
        check("county_worker", "plan.txt", &gbk, 303, "早到率").await;
        let broken = &word(&PLAN)[..40];
        check("county_worker", "plan.docx", broken, 422, "docx").await;
        check(
            "county_worker",
            "plan.txt",
            "番茄炒蛋".as_bytes(),
            422,
            "计划",
        )
        .await;
        check("township_worker", "plan.txt", text.as_bytes(), 404, "").await;
    })
    .await;
}

#[tokio::test]
async fn a_plan_adopted_by_command_is_on_the_board() {
    on_each_database(TODAY, async |app| {
        prepare(app, 200).await;
        let (pack, tree) = (sample_pack(), app.app.tree());
        let county = app.organization("990000");
        // Every "10" of a damaged text may be something else: it waits for a person, whatever the command says.
        let text = format!("{}\n3、人均出生数达到2023%以上。\n", PLAN.join("\n"));
        let take = Import {
            org: county,
            year: 2026,
            file_name: "plan.txt",
            bytes: text.as_bytes(),
            by: (None, "system"),
        };
        let plan = import(&app.app, &pack, &take, by_command(app, "import"))
            .await
            .unwrap();
        let board = async || {
            board_unguarded(
                Source::store(app.app.db(), &pack, &tree),
                Secrecy::Open,
                TODAY,
                county,
                2026,
            )
            .await
            .unwrap()
        };
        assert!(board().await.plan.is_none(), "a draft moves nothing");
        adopt_certain(&app.app, &plan, by_command(app, "adopt"))
            .await
            .unwrap();
        let board = board().await;
        let early = pack.indicator_ix("early_rate").unwrap();
        let row = board
            .rows
            .iter()
            .find(|row| row.indicator == Some(early))
            .expect("the rate has a target");
        assert_eq!(row.judgement.progress, Progress::Behind);
        let file = "/board/export?year=2026&format=csv";
        let file = app.send("director", "GET", file, None).await;
        assert_eq!(file.status, 200);
        let rate = file.body.lines().find(|line| line.starts_with("早到率,"));
        assert!(
            rate.is_some_and(|line| line.split(',').count() == 10),
            "{}",
            file.body
        );
        let other = "/board/export?node=990002&year=2026&format=csv";
        let other = app.send("township_worker", "GET", other, None).await;
        assert_eq!(other.status, 404, "a board of others is not there");
        let page = app.send("director", "GET", "/board?year=2026", None).await;
        assert!(page.body.contains("≥ 85%"));
        // Adopting the same edition twice is told.
        assert!(
            adopt_certain(&app.app, &plan, by_command(app, "adopt"))
                .await
                .is_err()
        );
    })
    .await;
}

/// The plan of the county goes in and is adopted.
async fn adopt_plan(app: &TestApp) {
    let text = format!(
        "node=990000&year=2026&text={}",
        crate::http::encoded(&PLAN.join("\n"))
    );
    let plan = app
        .send("county_worker", "POST", "/plans", Some(&text))
        .await
        .location;
    let adopted = app
        .send(
            "county_worker",
            "POST",
            &format!("{plan}/adopted"),
            Some("version=1"),
        )
        .await;
    assert_eq!(adopted.status, 303, "{}", words(&adopted.body));
}

#[tokio::test]
async fn the_summary_says_on_the_page_what_it_says_in_the_file() {
    on_each_database(TODAY, async |app| {
        prepare(app, 300).await;
        adopt_plan(app).await;
        let board = app.send("director", "GET", "/board?year=2026", None).await;
        let figure = board
            .body
            .split("class=\"figure number\">")
            .nth(1)
            .and_then(|rest| rest.split('<').next())
            .unwrap()
            .to_owned();
        assert!(figure.ends_with('%'), "{figure}");
        let page = app
            .send("director", "GET", "/summary?year=2026", None)
            .await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&figure), "the page says {figure}");
        for language in ["zh", "en"] {
            let path = format!("/summary/file?year=2026&language={language}");
            let file = app.send("director", "GET", &path, None).await;
            assert_eq!(file.status, 200);
            assert!(
                part(&file.bytes, "word/document.xml").contains(&figure),
                "the file says {figure}"
            );
            // The button of the page starts a job, which sends what is made in a moment at once.
            let job = app.send("director", "POST", &path, Some("")).await;
            assert_eq!(job.status, 303);
            let mut place = job.location;
            while !place.ends_with("/file") {
                let page = app.send("director", "GET", &place, None).await;
                assert_eq!(page.status, 200, "{}", words(&page.body));
                if !page.body.contains("badge on-course") {
                    assert!(page.body.contains("已完成"), "{}", words(&page.body));
                    place.push_str("/file");
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            let left = app.send("director", "GET", &place, None).await;
            assert_eq!(left.status, 200);
            assert!(part(&left.bytes, "word/document.xml").contains(&figure));
            let other = app.send("county_worker", "GET", &place, None).await;
            assert_eq!(other.status, 404, "it is for who asked");
        }
        let village = app
            .send("village_doctor", "GET", "/summary/file?year=2026", None)
            .await;
        assert_eq!(village.status, 404);
    })
    .await;
}

#[tokio::test]
async fn pages_of_figures_take_a_fixed_number_of_statements() {
    let on = async |persons: u32| -> Vec<(String, u64)> {
        let counts = std::sync::Mutex::new(Vec::new());
        on_each_database(TODAY, async |app| {
            prepare(app, persons).await;
            adopt_plan(app).await;
            let mut found = Vec::new();
            for (path, most) in [
                ("/board?year=2026", 6),
                ("/indicators?period=s2026", 3),
                ("/indicators/early_rate?period=s2026", 2),
                ("/indicators/finding_rate?period=s2026", 2),
                (
                    "/indicators/early_rate/persons?period=s2026&group=counted",
                    4,
                ),
            ] {
                let answer = app.send("county_worker", "GET", path, None).await;
                assert_eq!(answer.status, 200, "{path}");
                let statements = answer.statements.unwrap();
                assert!(statements <= most, "{path} takes {statements} statements");
                println!("{path}: {statements} statements");
                found.push((path.to_owned(), statements));
            }
            *counts.lock().unwrap() = found;
        })
        .await;
        counts.into_inner().unwrap()
    };
    assert_eq!(
        on(200).await,
        on(600).await,
        "as many statements for 200 persons as for 600"
    );
}
