//! Promises of the work list and of the import page, with the national pack.

use super::tests::{ANTENATAL, BOOKING, TODAY, WOMAN, booked, id, record};
use crate::testkit::{TestApp, on_each_database, says};

#[tokio::test]
async fn pages_of_care_take_a_fixed_number_of_statements() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let story = format!("/persons/{WOMAN}");
        let count = async |path: &str| {
            let answer = app.send("township_worker", "GET", path, None).await;
            assert_eq!(answer.status, 200, "{path}");
            answer.statements.unwrap()
        };
        says(
            &record(app, "township_worker", "antenatal", 39, ANTENATAL).await,
            303,
            &[],
        );
        let before = [count("/").await, count(&story).await];
        // Nine more women, nine times as many tasks, three more records of hers.
        for at in 1..10 {
            another(app, at).await;
        }
        for (at, day) in ["2026-03-23", "2026-03-24", "2026-03-25"]
            .into_iter()
            .enumerate()
        {
            let typed = ANTENATAL.replace("2026-03-26", day);
            let saved = record(app, "township_worker", "antenatal", 40 + at as u8, &typed).await;
            says(&saved, 303, &[]);
        }
        let list = app.get("township_worker", "/").await;
        assert!(list.body.matches("<tr class=\"task").count() >= 10);
        let after = [count("/").await, count(&story).await];
        assert_eq!(before, after, "work list and person page");
        assert!(
            after[0] <= 12,
            "the work list takes {} statements",
            after[0]
        );
        assert!(
            after[1] <= 25,
            "the page of a person takes {} statements",
            after[1]
        );
    })
    .await;
}

/// Another woman, booked on TODAY.
pub(super) async fn another(app: &TestApp, at: u8) {
    let woman = format!("018f0000-0000-7000-8000-0000000002{at:02x}");
    let residence = app.organization("990001001");
    let form = format!(
        "id={woman}&name=test{at}&sex=female&birth_on=1990-05-{at:02}&id_type=none&residence={residence}&household=local"
    );
    assert_eq!(
        app.post("township_worker", "/persons", &form).await.status,
        303
    );
    let path = format!("/persons/{woman}/forms/maternal/booking");
    let typed = format!("id={}&{BOOKING}&do=save", id(0x60 + at))
        .replace("handbook_no=1", &format!("handbook_no=1{at}"));
    assert_eq!(app.post("township_worker", &path, &typed).await.status, 303);
}

#[tokio::test]
async fn what_is_long_overdue_does_not_bury_the_work_list() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let lines = async |path: &str| {
            let answer = app.get("township_worker", path).await;
            assert_eq!(answer.status, 200);
            let count = answer.body.matches("<tr class=\"task").count();
            (count, answer.body.contains("kind=overdue%2Dlonger"))
        };
        let (before, _) = lines("/?kind=overdue-longer").await;
        // Two months later nobody has come back.
        app.wait_minutes(62 * 24 * 60);
        app.forget("township_worker");
        let (later, folded) = lines("/").await;
        let (older, _) = lines("/?kind=overdue-longer").await;
        assert!(
            folded && older > before,
            "{before} old tasks, later {older}"
        );
        let list = app.get("township_worker", "/").await.body;
        let late = list.split("逾期 ").skip(1);
        let days = late.filter_map(|rest| rest.split_once(" 天<")?.0.parse::<u32>().ok());
        let worst = days.max();
        assert!(
            worst.is_some_and(|days| days <= 30),
            "the list shows what is {worst:?} days late"
        );
        let (week, _) = lines("/?kind=overdue").await;
        let (month, _) = lines("/?kind=overdue-month").await;
        let (ready, _) = lines("/?kind=ready").await;
        let (due, _) = lines("/?kind=due-today").await;
        assert!(later >= week + month + ready + due && later > 0);
        says(
            &app.get("township_worker", "/?kind=overdue-longer").await,
            200,
            &["请逐人核实", "已迁出", "联系不上"],
        );
    })
    .await;
}

#[tokio::test]
async fn a_closed_enrollment_leads_to_where_it_is_opened_again() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let close = format!("/persons/{WOMAN}/enrollments/{}/close", id(1));
        let page = app.get("township_worker", &close).await;
        let version = page
            .body
            .split("name=\"version\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap();
        let typed = format!("version={version}&on=2026-03-26&why=moved");
        says(&app.post("township_worker", &close, &typed).await, 303, &[]);
        let form = format!(
            "/persons/{WOMAN}/forms/maternal/antenatal?enrollment={}",
            id(1)
        );
        // What happened before the end may still be told.
        assert_eq!(app.get("township_worker", &form).await.status, 200);
        app.wait_minutes(2 * 24 * 60);
        app.forget("township_worker");
        let answer = app.get("township_worker", &form).await;
        assert_eq!(answer.status, 303);
        assert!(answer.location.ends_with("/reopen"), "{}", answer.location);
    })
    .await;
}

#[tokio::test]
async fn visits_are_imported_through_the_page() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let pairs = ANTENATAL.split('&').filter_map(|pair| pair.split_once('='));
        let fields: Vec<(&str, &str)> = pairs
            .filter_map(|(name, value)| Some((name.trim().strip_prefix("f.")?, value)))
            .collect();
        let head: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let line = |day: &str, complaint: &str| {
            let of = |(name, value): &(&str, &str)| {
                if *name == "complaint" {
                    complaint.to_owned()
                } else {
                    (*value).to_owned()
                }
            };
            let values: Vec<String> = fields.iter().map(of).collect();
            format!("{WOMAN},{day},{}", values.join(","))
        };
        let file = |lines: &[String]| {
            format!(
                "subject,occurred_on,{}\r\n{}\n",
                head.join(","),
                lines.join("\n")
            )
        };
        let send = async |bytes: &[u8]| {
            let fields = [("form", "maternal/antenatal")];
            let answer = app
                .upload("county_worker", "/imports", &fields, ("visits.csv", bytes))
                .await;
            assert_eq!(
                answer.status,
                303,
                "{}",
                crate::testkit::words(&answer.body)
            );
            for _ in 0..200 {
                let page = app
                    .send("county_worker", "GET", &answer.location, None)
                    .await;
                if !page.body.contains("badge on-course") {
                    return (answer.location, crate::testkit::words(&page.body));
                }
                tokio::task::yield_now().await;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            panic!("the import does not end");
        };
        let marked = format!(
            "\u{feff}{}",
            file(&[line("2026-03-23", "none"), line("2026-03-24", "none")])
        );
        let (_, page) = send(marked.as_bytes()).await;
        assert!(page.contains("新增记录 2"), "{page}");
        let text = file(&[line("2026-03-25", "头晕"), line("2026-13-40", "none")]);
        let gbk = encoding_rs::GBK.encode(&text).0.into_owned();
        let (import, page) = send(&gbk).await;
        assert!(
            page.contains("新增记录 1") && page.contains("被拒 1"),
            "{page}"
        );
        let rejected = app
            .send("county_worker", "GET", &format!("{import}/file"), None)
            .await;
        assert_eq!(rejected.status, 200);
        assert!(
            rejected.body.lines().any(|line| line.starts_with("3,")),
            "{}",
            rejected.body
        );
        let story = app
            .send("township_worker", "GET", &format!("/persons/{WOMAN}"), None)
            .await;
        assert!(story.body.contains("头晕") && story.body.contains("2026-03-24"));
        let (_, page) = send(marked.as_bytes()).await;
        assert!(
            page.contains("新增记录 0"),
            "sent twice, stored once: {page}"
        );
        let nothing = app
            .upload("county_worker", "/imports", &[], ("empty.csv", b""))
            .await;
        assert_eq!(nothing.status, 422);
        let village = app
            .upload(
                "village_doctor",
                "/imports",
                &[],
                ("visits.csv", marked.as_bytes()),
            )
            .await;
        assert_eq!(village.status, 404);
    })
    .await;
}

#[tokio::test]
async fn every_list_of_a_page_goes_out_as_a_file() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        // At once: who may see the page, a line of its file, and who may not have it.
        for (login, page, file, says_so, stranger) in [
            (
                "director",
                "/indicators",
                "/indicators/file",
                "早孕建册率",
                "auditor",
            ),
            (
                "director",
                "/plans",
                "/plans/file",
                "版次",
                "township_worker",
            ),
            (
                "director",
                "/figures",
                "/figures/file",
                "填报时间",
                "township_worker",
            ),
            (
                "county_worker",
                "/links",
                "/links/file",
                "居住地",
                "village_doctor",
            ),
        ] {
            assert_eq!(app.get(login, page).await.status, 200, "{page}");
            for format in ["csv", "xlsx"] {
                let path = format!("{file}?format={format}");
                let taken = app.send(login, "GET", &path, None).await;
                assert_eq!(taken.status, 200, "{path}");
                assert!(
                    format == "xlsx" || taken.body.contains(says_so),
                    "{path}: {}",
                    taken.body
                );
                says(&app.get(stranger, &path).await, 404, &[]);
            }
        }
        let named = app.get("director", "/indicators").await;
        says(&named, 200, &["/indicators/file?node=", "format=xlsx"]);
        // By a job: lists that nobody counts.
        let job = app
            .post("county_worker", "/jobs/file?format=csv&kind=export", "")
            .await;
        assert!(
            app.ended("county_worker", &job.location)
                .await
                .contains("已完成")
        );
        let job = app
            .post("county_worker", "/jobs/file?format=csv&kind=export", "")
            .await;
        app.ended("county_worker", &job.location).await;
        let file = app
            .send(
                "county_worker",
                "GET",
                &format!("{}/file", job.location),
                None,
            )
            .await;
        assert!(
            file.body.contains("county_worker") && file.body.contains("已完成"),
            "{}",
            file.body
        );
        let reason = "reason=she+came+to+us+and+is+bleeding";
        let glass = format!("by=phone&name=nobody&phone=13800005599&{reason}");
        says(
            &app.post("other_township", "/glass", &glass).await,
            422,
            &[],
        );
        let job = app
            .post("county_worker", "/glass/opened/file?format=csv", "")
            .await;
        assert!(
            app.ended("county_worker", &job.location)
                .await
                .contains("已完成")
        );
        says(
            &app.post("township_worker", "/glass/opened/file?format=csv", "")
                .await,
            404,
            &[],
        );
    })
    .await;
}
