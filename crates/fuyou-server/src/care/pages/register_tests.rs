//! Promises of ledgers and registers, with the national pack.

use super::list_tests::another;
use super::tests::{ANTENATAL, TODAY, WOMAN, booked, id, record};
use crate::testkit::{on_each_database, says};

const REGISTER: &str = "/lists/maternal/registered";

/// What stands in the head of the table, without its links.
fn heads(body: &str) -> Vec<String> {
    let head = body.split("<thead>").nth(1).unwrap();
    let head = head.split("</thead>").next().unwrap();
    let cells = head.split("<th").skip(1);
    cells
        .map(|cell| {
            let mut text = String::new();
            let mut depth = 1;
            for c in cell.chars() {
                match c {
                    '<' => depth += 1,
                    '>' => depth -= 1,
                    c if depth == 0 => text.push(c),
                    _ => {}
                }
            }
            text.trim().to_owned()
        })
        .collect()
}

fn totals(body: &str) -> String {
    let row = body.split("class=\"totals\"").nth(1).unwrap();
    crate::testkit::words(&format!(
        "<main id=\"main\"><p{}",
        row.split("</tr>").next().unwrap()
    ))
}

#[tokio::test]
async fn a_view_keeps_columns_and_order_for_who_made_it() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let all = app.get("township_worker", REGISTER).await;
        let every = heads(&all.body);
        assert!(every.len() >= 6, "{every:?}");
        let few = app
            .get(
                "township_worker",
                &format!("{REGISTER}?columns=risk&columns=checks_count&sort=-0"),
            )
            .await;
        assert_eq!(
            heads(&few.body).len(),
            3,
            "name and two columns: {:?}",
            heads(&few.body)
        );
        let view = format!(
            "id={}&name=风险&is_default=yes&columns=risk&sort=-0",
            id(0x41)
        );
        let keep = format!("{REGISTER}/views");
        for _ in 0..2 {
            // Sent twice, it is kept once.
            says(&app.post("township_worker", &keep, &view).await, 303, &[]);
        }
        let opened = app.get("township_worker", REGISTER).await;
        assert_eq!(heads(&opened.body).len(), 2, "the list opens with it");
        assert_eq!(opened.body.matches("/removed\"").count(), 1);
        says(&opened, 200, &["风险", "aria-current=\"page\""]);
        let full = app
            .get("township_worker", &format!("{REGISTER}?view=all"))
            .await;
        assert_eq!(heads(&full.body), every);
        // Nobody else sees it or takes it away.
        let other = app.get("county_worker", REGISTER).await;
        assert_eq!(heads(&other.body), every);
        let gone = format!("{REGISTER}/views/{}/removed", id(0x41));
        says(&app.post("county_worker", &gone, "").await, 303, &[]);
        assert_eq!(
            heads(&app.get("township_worker", REGISTER).await.body).len(),
            2
        );
        says(&app.post("township_worker", &gone, "").await, 303, &[]);
        assert_eq!(
            heads(&app.get("township_worker", REGISTER).await.body),
            every
        );
        let nameless = format!("id={}&name=+&columns=risk", id(0x42));
        says(
            &app.post("township_worker", &keep, &nameless).await,
            422,
            &["名称"],
        );
        let nowhere = app
            .post("township_worker", "/lists/maternal/nowhere/views", &view)
            .await;
        says(&nowhere, 404, &[]);
    })
    .await;
}

#[tokio::test]
async fn totals_and_paper_tell_of_every_line() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        for at in 1..4 {
            another(app, at).await;
        }
        let page = app
            .get("township_worker", &format!("{REGISTER}?view=all"))
            .await;
        let said = totals(&page.body);
        assert!(said.contains("合计 4"), "{said}");
        let paper = app
            .get("township_worker", &format!("{REGISTER}/paper?view=all"))
            .await;
        says(
            &paper,
            200,
            &["建册登记本", "序号", "审核人", "<td class=\"num\">4</td>"],
        );
        assert_eq!(
            paper.body.matches("paper-remark").count(),
            4,
            "one line each"
        );
        let elsewhere = app.organization("990002");
        let other = format!("{REGISTER}?organization={elsewhere}");
        says(
            &app.get("other_township", &other).await,
            200,
            &["没有符合条件的人"],
        );
        says(
            &app.get(
                "township_worker",
                &format!("{REGISTER}/paper?organization={elsewhere}"),
            )
            .await,
            404,
            &[],
        );
        let file = app
            .send(
                "township_worker",
                "GET",
                &format!("{REGISTER}/file?format=csv&columns=risk"),
                None,
            )
            .await;
        let head = file.body.lines().next().unwrap();
        assert_eq!(
            head.matches(',').count(),
            1,
            "the file has the columns of the page: {head}"
        );
        assert_eq!(file.body.lines().count(), 5);
    })
    .await;
}

#[tokio::test]
async fn who_was_called_stands_beside_the_line_and_the_next_call_is_noted_there() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let called = "/lists/maternal/missed_visits";
        let page = app.get("township_worker", called).await;
        says(&page, 200, &["最近联系", "/attempts\""]);
        let before = page.statements.unwrap();
        let at = page
            .body
            .split("action=\"")
            .find(|part| part.contains("/attempts\""))
            .unwrap();
        let path = at.split('"').next().unwrap().to_owned();
        let at = path.clone();
        let note = format!(
            "id={}&outcome=no_answer&again_on=2026-03-28&back={called}%3Fview%3Dall",
            id(0x51)
        );
        for _ in 0..2 {
            let noted = app.post("township_worker", &at, &note).await;
            assert_eq!(
                (noted.status.as_u16(), noted.location.as_str()),
                (303, "/lists/maternal/missed_visits?view=all")
            );
        }
        let away = format!("id={}&outcome=reached&back=//elsewhere.example", id(0x52));
        assert_eq!(app.post("township_worker", &at, &away).await.location, "/");
        let page = app.get("township_worker", called).await;
        says(&page, 200, &["2 次"]);
        assert!(
            page.body
                .contains("无人接听 · 3月26日（今天） · 3月28日（2 天后）再联系")
                || page.body.contains("已联系上 · 3月26日（今天）")
        );
        // Two calls in vain say nothing; the third in a week says to go there, until she is reached.
        for (at, outcome, says_so) in [
            (0x53, "no_answer", false),
            (0x54, "wrong_number", false),
            (0x55, "no_answer", true),
            (0x56, "reached", false),
        ] {
            app.wait_minutes(1);
            let note = format!("id={}&outcome={outcome}&back={called}", id(at));
            assert_eq!(app.post("township_worker", &path, &note).await.status, 303);
            let page = app.get("township_worker", called).await;
            assert_eq!(
                page.body.contains("3次未联系上,请入户"),
                says_so,
                "{outcome}"
            );
        }
        // However many women and attempts there are, a page asks as often.
        for at in 1..6 {
            another(app, at).await;
        }
        let after = app.get("township_worker", called).await.statements.unwrap();
        assert_eq!(before, after);
        assert!(after <= 10, "a list takes {after} statements");
        assert!(
            app.get("township_worker", &format!("/persons/{WOMAN}"))
                .await
                .status
                == 200
        );
    })
    .await;
}

#[tokio::test]
async fn a_long_list_is_written_by_a_job_for_who_asked() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        for at in 1..4 {
            another(app, at).await;
        }
        let asked = format!("{REGISTER}/file?format=csv&sort=-0&columns=risk&columns=@residence");
        let job = app.post("township_worker", &asked, "").await;
        assert_eq!(job.status, 303);
        let job = job.location;
        let page = app.ended("township_worker", &job).await;
        assert!(
            page.contains("已完成")
                && page.contains("保存至")
                && page.contains("建册登记本-2026-03-26.csv"),
            "{page}"
        );
        let file = format!("{job}/file");
        let left = app.send("township_worker", "GET", &file, None).await;
        let at_once = app.send("township_worker", "GET", &asked, None).await;
        assert_eq!((left.status.as_u16(), left.body.lines().count()), (200, 5));
        assert_eq!(left.body, at_once.body, "both ways write the same");
        // Nobody else may have it, not even who keeps the system.
        for login in ["county_worker", "nurse", "administrator", "village_doctor"] {
            says(&app.get(login, &file).await, 404, &[]);
        }
        // From where it was asked for one goes back, and it can be asked for again.
        let again = asked.replace('&', "&#38;");
        assert!(page.contains(&format!("action=\"{again}\"")), "{page}");
        let list = again.replace("/file?", "?");
        assert!(page.contains(&format!("href=\"{list}\"")), "{page}");
        app.wait_minutes(7 * 24 * 60 + 5);
        app.forget("township_worker");
        says(&app.get("township_worker", &file).await, 404, &[]);
        says(
            &app.get("township_worker", &job).await,
            200,
            &["已过保存期限"],
        );
        assert_eq!(crate::jobs::sweep(&app.app).await.unwrap(), 1);
        assert_eq!(crate::jobs::sweep(&app.app).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_must_be_done_goes_out_as_a_file() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let list = app.get("township_worker", "/").await;
        let tasks = list.body.matches("<tr class=\"task").count();
        assert!(tasks > 0);
        says(&list, 200, &["/work/file?format=xlsx"]);
        let file = app
            .send("township_worker", "GET", "/work/file?format=csv", None)
            .await;
        assert_eq!(file.body.lines().count(), 1 + tasks, "{}", file.body);
        assert!(file.body.lines().next().unwrap().contains("时限"));
        let job = app
            .post("township_worker", "/work/file?format=csv&kind=ready", "")
            .await;
        let page = app.ended("township_worker", &job.location).await;
        assert!(page.contains("已完成"), "{page}");
        for login in ["village_doctor", "nurse", "analyst"] {
            let file = app.get(login, "/work/file?format=csv").await;
            says(&file, 404, &[]);
        }
        let found = app
            .get("township_worker", "/jobs?kind=export&state=done")
            .await;
        says(&found, 200, &["工作台-2026-03-26.csv"]);
        let none = app.get("township_worker", "/jobs?kind=summary").await;
        says(&none, 200, &["没有任务"]);
    })
    .await;
}

#[tokio::test]
async fn any_fact_and_any_field_can_be_a_column() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        says(
            &record(app, "township_worker", "antenatal", 39, ANTENATAL).await,
            303,
            &[],
        );
        let later = ANTENATAL
            .replace("2026-03-26", "2026-03-25")
            .replace("f.weight_kg=58.0", "f.weight_kg=57.5");
        says(
            &record(app, "township_worker", "antenatal", 40, &later).await,
            303,
            &[],
        );
        let keys = "columns=@fact/lmp_effective_on&columns=@field/antenatal/weight_kg&columns=@field/antenatal/urine_protein";
        let path = format!("{REGISTER}?{keys}&sort=-@fact/lmp_effective_on");
        let page = app.get("township_worker", &path).await;
        // The newest record speaks, whichever was written last.
        says(&page, 200, &["58.0 kg", "2025年11月20日", "<table"]);
        assert!(!page.body.contains("57.5"), "only the last value");
        assert_eq!(heads(&page.body).len(), 4, "{:?}", heads(&page.body));
        let before = page.statements.unwrap();
        for at in 1..6 {
            another(app, at).await;
        }
        let after = app.get("township_worker", &path).await.statements.unwrap();
        assert_eq!(before, after, "as many statements however many women");
        assert!(after <= 10, "{after} statements");
        // A view, a file and paper have them, too.
        let view = format!("id={}&name=weight&{keys}", id(0x43));
        let kept = app
            .post("township_worker", &format!("{REGISTER}/views"), &view)
            .await;
        let opened = app.get("township_worker", &kept.location).await;
        assert!(opened.body.contains("58.0 kg"));
        for part in ["/file?format=csv&", "/paper?"] {
            let path = format!("{REGISTER}{part}{keys}");
            let taken = app.send("township_worker", "GET", &path, None).await;
            assert!(taken.body.contains("58.0 kg"), "{part}: {}", taken.body);
        }
        // What is above the reader is neither offered nor given.
        let secret = "@field/delivery/infections_known";
        let all = format!("{REGISTER}/columns?{keys}");
        let offered = app.get("township_worker", &all).await;
        says(&offered, 200, &["value=\"@field/antenatal/weight_kg\" checked"]);
        assert!(offered.body.contains("@field/delivery/"));
        assert!(!offered.body.contains(secret));
        let asked = format!("{REGISTER}?columns=risk&columns={secret}");
        let given = app.get("township_worker", &asked).await;
        assert_eq!(heads(&given.body).len(), 2, "{:?}", heads(&given.body));
        let offered = app.get("county_worker", &all).await;
        assert!(offered.body.contains(secret), "a county worker may");
    })
    .await;
}
