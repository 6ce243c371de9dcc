//! Promises of conditions on columns, as a reader meets them in pages, views, files and on paper.

use fuyou_kernel::{Date, DayNumber};

use super::tests::{ANTENATAL, TODAY, WOMAN, booked, id, record};
use crate::testkit::{TestApp, on_each_database, says, words};

const REGISTER: &str = "/lists/maternal/registered";

/// Another woman, booked on TODAY, whose last period began so many days after November 2025.
async fn another(app: &TestApp, at: u8) {
    let woman = format!("018f0000-0000-7000-8000-0000000002{at:02x}");
    let residence = app.organization("990001001");
    let form = format!(
        "id={woman}&name=test{at}&sex=female&birth_on=1990-05-01&id_type=none&residence={residence}&household=local"
    );
    says(
        &app.post("township_worker", "/persons", &form).await,
        303,
        &[],
    );
    let path = format!("/persons/{woman}/forms/maternal/booking");
    let before = DayNumber::from(Date::constant(2025, 11, 30)).0 + i32::from(at);
    let day = |after: i32| Date::try_from(DayNumber(before + after)).unwrap();
    let typed = format!("id={}&{}&do=save", id(0x60 + at), super::tests::BOOKING)
        .replace("handbook_no=1", &format!("handbook_no=1{at}"))
        .replace("lmp_on=2025-11-20", &format!("lmp_on={}", day(0)))
        .replace("edd_on=2026-08-27", &format!("edd_on={}", day(280)));
    says(&app.post("township_worker", &path, &typed).await, 303, &[]);
}

/// How many lines a page lists.
fn lines(body: &str) -> usize {
    let rows = body.split("<tbody>").nth(1).unwrap_or_default();
    rows.split("</tbody>")
        .next()
        .unwrap_or_default()
        .matches("<tr>")
        .count()
}

#[tokio::test]
async fn a_list_is_filtered_by_its_columns() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        for at in 1..4 {
            another(app, at).await;
        }
        says(
            &record(app, "township_worker", "antenatal", 39, ANTENATAL).await,
            303,
            &[],
        );
        let check = async |asked: &str, count: usize| {
            let page = app
                .get("township_worker", &format!("{REGISTER}?{asked}"))
                .await;
            assert_eq!(page.status, 200, "{asked}: {}", words(&page.body));
            assert_eq!(lines(&page.body), count, "{asked}");
            let file = format!("{REGISTER}/file?format=csv&{asked}");
            let file = app.send("township_worker", "GET", &file, None).await;
            assert_eq!(
                file.body.lines().count(),
                1 + count,
                "{asked}: {}",
                file.body
            );
            let paper = app
                .get("township_worker", &format!("{REGISTER}/paper?{asked}"))
                .await;
            assert_eq!(
                paper.body.matches("paper-remark\"></td>").count(),
                count,
                "{asked}"
            );
        };
        check("view=all", 4).await;
        // A day, by both ends, each included, however it is typed.
        check("from.edd_current_on=2026-09-08", 2).await;
        check("to.edd_current_on=2026-09-08", 3).await;
        check(
            "from.edd_current_on=2026-09-08&to.edd_current_on=2026-09-08",
            1,
        )
        .await;
        check("from.edd_current_on=２０２６／９／８", 2).await;
        check("from.edd_current_on=2026-09-10", 0).await;
        // Weeks of pregnancy as they are written on the card: one was booked at 18 weeks, the others at 16 weeks and less.
        check("from.booked_ga_days=17w", 1).await;
        check("to.booked_ga_days=16%2B3", 3).await;
        check("from.checks_count=1", 1).await;
        check("to.checks_count=0", 3).await;
        // Values beside each other, and those that are not known.
        check("is.risk=red&is.risk=orange", 0).await;
        check(
            "is.risk=-&is.risk=green&is.risk=yellow&is.risk=orange&is.risk=red",
            4,
        )
        .await;
        // Conditions on several columns hold together.
        check("from.checks_count=1&from.edd_current_on=2026-09-01", 0).await;
        check("to.checks_count=0&from.edd_current_on=2026-09-08", 2).await;
        // Columns that are not the list's own: facts of the program.
        check("is.@fact/art_conceived_last=false", 4).await;
        check("is.@fact/art_conceived_last=-", 0).await;
    })
    .await;
}

#[tokio::test]
async fn conditions_go_with_pages_views_and_orders() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        for at in 1..25 {
            another(app, at).await;
        }
        let asked = "from.edd_current_on=2026-09-01&to.checks_count=0";
        let path = format!("{REGISTER}?{asked}");
        let page = app.get("township_worker", &path).await;
        says(
            &page,
            200,
            &[
                "预产期",
                "≥ 2026年9月1日",
                "≤ 0",
                "取消全部条件",
                "共 24 人",
            ],
        );
        // Heads that sort, and the forms that choose columns and keep views, carry them on.
        assert!(
            page.body
                .contains("from%2Eedd%5Fcurrent%5Fon=2026%2D09%2D01")
        );
        let carried = "<input type=\"hidden\" name=\"from.edd_current_on\" value=\"2026-09-01\">";
        assert_eq!(page.body.matches(carried).count(), 2);
        let shown = "name=\"from.edd_current_on\" value=\"2026-09-01\" placeholder";
        assert!(page.body.contains(shown), "the box says what is asked");
        let before = page.statements.unwrap();
        let all = app
            .get("township_worker", &format!("{REGISTER}?view=all"))
            .await;
        assert_eq!(
            before,
            all.statements.unwrap(),
            "as many statements as without"
        );
        // A view keeps them, and opens with them.
        let view = format!("id={}&name=九月&is_default=yes&{asked}", id(0x41));
        let kept = app
            .post("township_worker", &format!("{REGISTER}/views"), &view)
            .await;
        assert_eq!(kept.status, 303);
        for path in [kept.location.as_str(), REGISTER] {
            let opened = app.get("township_worker", path).await;
            says(
                &opened,
                200,
                &["共 24 人", "aria-current=\"page\"", "≥ 2026年9月1日"],
            );
        }
        // In English as well, where the paper says which lines it has.
        let english = app
            .get("township_worker", &format!("{REGISTER}/paper?{asked}"))
            .await;
        says(&english, 200, &["只看", "≥ 2026年9月1日"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_understood_lists_nobody_and_says_so() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let check = async |asked: &str, says_so: &str| {
            let page = app
                .get("township_worker", &format!("{REGISTER}?{asked}"))
                .await;
            says(&page, 422, &["没有列出任何人", says_so]);
            assert!(
                !page.body.contains("林晓月") && lines(&page.body) == 0,
                "{asked}"
            );
            for part in ["/paper?", "/file?format=csv&"] {
                let path = format!("{REGISTER}{part}{asked}");
                let taken = app.send("township_worker", "GET", &path, None).await;
                assert_eq!(taken.status, 422, "{path}");
            }
        };
        check("from.edd_current_on=soon", "不是日期").await;
        check("from.checks_count=many", "应为整数").await;
        check("is.risk=pink", "pink").await;
        check("has.risk=red", "不能用于筛选").await;
        check("is.nowhere=1", "不能用于筛选").await;
        // A number by which somebody is found belongs into no address, and what is above the reader into no question.
        check("has.@fact/handbook_no_last=1", "不能用于筛选").await;
        let secret = "is.@fact/hiv_infected=-";
        check(secret, "不能用于筛选").await;
        let told = app
            .get("county_worker", &format!("{REGISTER}?{secret}"))
            .await;
        says(&told, 200, &["共 1 人"]);
        let offered = app
            .get("township_worker", &format!("{REGISTER}?columns=risk"))
            .await;
        assert!(!offered.body.contains("hiv_infected"));
        assert_eq!(
            app.get("township_worker", &format!("/persons/{WOMAN}"))
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn a_list_is_filtered_and_sorted_by_the_fields_of_forms() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        for at in 1..4 {
            another(app, at).await;
        }
        // Two visits of one woman: what was written last counts, and an empty box leaves what an earlier one says.
        let first = format!("{ANTENATAL}&f.fundal_height_cm=17");
        let later = ANTENATAL.replace("f.weight_kg=58.0", "f.weight_kg=58.4");
        for (at, typed) in [(39, first), (40, later)] {
            let kept = record(app, "township_worker", "antenatal", at, &typed).await;
            says(&kept, 303, &[]);
        }
        let field = |name: &str| format!("@field/antenatal/{name}");
        let (weight, doctor) = (field("weight_kg"), field("doctor"));
        let height = field("fundal_height_cm");
        let check = async |asked: &str, count: usize| {
            let page = app
                .get("township_worker", &format!("{REGISTER}?{asked}"))
                .await;
            assert_eq!(page.status, 200, "{asked}: {}", words(&page.body));
            assert_eq!(lines(&page.body), count, "{asked}");
            let file = format!("{REGISTER}/file?format=csv&{asked}");
            let file = app.send("township_worker", "GET", &file, None).await;
            assert_eq!(file.body.lines().count(), 1 + count, "{asked}");
        };
        check(&format!("from.{weight}=58.4"), 1).await;
        check(&format!("from.{weight}=58.5"), 0).await;
        check(&format!("to.{weight}=58.1"), 0).await;
        check(&format!("from.{height}=17&to.{height}=17"), 1).await;
        check(&format!("is.{weight}=-"), 3).await;
        check(&format!("is.{weight}=-&from.{weight}=58"), 4).await;
        check(&format!("is.{}=clinic", field("visit_mode")), 1).await;
        check("is.@field/booking/education=senior_high", 4).await;
        check("is.@field/booking/poor_family=true", 0).await;
        // Of a text only whether something is written: its words stay out of addresses.
        check(&format!("is.{doctor}=*"), 1).await;
        check(&format!("is.{doctor}=-"), 3).await;
        let path = format!("{REGISTER}?has.{doctor}=D1");
        let said = app.get("township_worker", &path).await;
        says(&said, 422, &["只能按是否填写筛选"]);
        // Sorted by a field, those without it come last in either direction.
        let columns = format!("columns={weight}&columns={doctor}");
        for sort in [weight.clone(), format!("-{weight}"), doctor.clone()] {
            let path = format!("{REGISTER}?{columns}&sort={sort}");
            let page = app.get("township_worker", &path).await;
            let (first, rest) = page
                .body
                .split_once("<tbody>")
                .unwrap()
                .1
                .split_once("</tr>")
                .unwrap();
            assert!(first.contains("58.4") && !rest.contains("58.4"), "{sort}");
        }
        let offered = app
            .get("township_worker", &format!("{REGISTER}?{columns}"))
            .await;
        says(&offered, 200, &["按最近一次填写的值", "已填写"]);
        assert!(!offered.body.contains(&format!("has.{doctor}")));
    })
    .await;
}

#[tokio::test]
async fn pages_go_on_behind_a_text_that_stands_in_no_address() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        for at in 1..45 {
            another(app, at).await;
        }
        let number = "@field/booking/handbook_no";
        let sorted = format!("{REGISTER}?columns={number}&sort=-{number}");
        let first = app.get("township_worker", &sorted).await;
        assert_eq!(first.status, 200);
        assert_eq!(lines(&first.body), 40);
        let next = first.body.split("after=").nth(1).expect("a next page");
        let next = next.split('"').next().unwrap();
        let ids = next.replace("%7E", "~").replace("%2D", "-");
        let ids: Vec<&str> = ids.split('~').collect();
        assert_eq!(ids.len(), 2, "a person and an enrollment: {ids:?}");
        assert!(
            ids.iter().all(|id| id.len() == 36),
            "and no number: {ids:?}"
        );
        let second = app
            .get("township_worker", &format!("{sorted}&after={next}"))
            .await;
        assert_eq!(second.status, 200);
        assert_eq!(lines(&second.body), 5);
        assert!(!second.body.contains("rel=\"next\""), "nothing follows");
    })
    .await;
}
