//! Promises of ledgers and registers, with the national pack.

use super::tests::{BOOKING, TODAY, WOMAN, booked, id};
use crate::testkit::{TestApp, on_each_database, says};

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

async fn another(app: &TestApp, at: u8) {
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
        let at = at.split('"').next().unwrap().to_owned();
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
