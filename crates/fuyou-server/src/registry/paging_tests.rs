//! Promises of the pages of a search while others work on the same persons.

use fuyou_kernel::Date;

use crate::testkit::{Answer, TestApp, on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);
/// Persons on a page.
const PAGE: usize = 30;

fn id(at: usize) -> String {
    format!("018f0000-0000-7000-8000-0000000000{at:02x}")
}

/// What is said of the person of a number who lives in a village.
fn form(app: &TestApp, at: usize, village: &str) -> String {
    let residence = app.organization(village);
    let (month, day) = (1 + at / 28, 1 + at % 28);
    format!(
        "id={}&name=王安&sex=female&birth_on=1990-{month:02}-{day:02}&id_type=none&residence={residence}\
         &household=local&reason=not+the+same",
        id(at)
    )
}

async fn registered(app: &TestApp, at: usize) {
    let form = form(app, at, "990001001");
    let answer = app.post("county_worker", "/persons", &form).await;
    assert_eq!(answer.status, 303, "{at}");
}

async fn page(app: &TestApp, login: &str, path: &str) -> (Answer, usize, Option<String>) {
    let answer = app.get(login, path).await;
    let found = answer.body.matches("<a href=\"/persons/018f").count();
    let next = answer.body.split("rel=\"next\" href=\"").nth(1);
    let next = next.and_then(|rest| rest.split('"').next());
    let next = next.map(|href| href.replace("&#38;", "&"));
    (answer, found, next)
}

#[tokio::test]
async fn a_page_begins_behind_somebody_who_went_meanwhile() {
    on_each_database(TODAY, async |app| {
        for at in 1..=PAGE {
            registered(app, at).await;
        }
        // Exactly a page: nothing follows, and nothing is offered.
        let (_, found, next) = page(app, "township_worker", "/persons?q=王").await;
        assert_eq!((found, next), (PAGE, None));
        registered(app, PAGE + 1).await;
        registered(app, PAGE + 2).await;
        let (_, found, next) = page(app, "township_worker", "/persons?q=王").await;
        assert_eq!(found, PAGE);
        let next = next.expect("two more follow");
        // The last of the page is merged into the first: who came after her still does.
        let pair = format!("/persons/{}/merge/{}", id(PAGE), id(1));
        let merge = format!(
            "merge={}&survivor={}&version_0=1&version_1=1&reason=两镇分别建册，已核对",
            id(0xf0),
            id(1)
        );
        says(&app.post("county_worker", &pair, &merge).await, 303, &[]);
        let (_, found, further) = page(app, "township_worker", &next).await;
        assert_eq!((found, further), (2, None));
        // The last of the page moves away: the page says so, and leads back.
        let (_, found, next) = page(app, "township_worker", "/persons?q=王").await;
        assert_eq!(found, PAGE);
        let next = next.expect("one more follows");
        let last = next.rsplit('=').next().unwrap();
        let at = usize::from_str_radix(&last[last.len() - 2..], 16).unwrap();
        let moved = format!("{}&version=1", form(app, at, "990002001"));
        let path = format!("/persons/{last}");
        says(&app.post("county_worker", &path, &moved).await, 303, &[]);
        let (answer, found, further) = page(app, "township_worker", &next).await;
        assert_eq!((found, further), (0, None));
        says(
            &answer,
            200,
            &[
                "已迁出或不再由本机构管理",
                "回到第一页",
                "href=\"/persons?q=%E7%8E%8B\"",
            ],
        );
        // Those who follow go as well.
        let (_, found, next) = page(app, "county_worker", "/persons?q=王").await;
        assert_eq!((found, next.is_some()), (PAGE, true));
    })
    .await;
}
