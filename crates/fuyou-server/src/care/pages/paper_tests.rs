//! Promises of what is handed over on paper.

use super::tests::{ANTENATAL, TODAY, WOMAN, booked, id, record};
use crate::testkit::{on_each_database, says};

/// What a booking with an infection finding says besides.
const INFECTED: &str = "occurred_on=2026-03-26&f.hiv_method=rapid&f.hiv_screen=positive&f.hiv_confirm=positive\
    &f.hiv_confirmed_on=2026-03-26&f.pmtct_staff=D1";

#[tokio::test]
async fn a_record_is_printed_as_a_page_of_the_handbook() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        says(
            &record(app, "township_worker", "antenatal", 39, ANTENATAL).await,
            303,
            &[],
        );
        let at = format!("/persons/{WOMAN}/records/{}", id(39));
        let page = app.get("township_worker", &at).await;
        says(&page, 200, &[&format!("{at}/paper"), "手册记录页"]);
        let paper = app.get("township_worker", &format!("{at}/paper")).await;
        let said = [
            "sheet-of-paper handbook",
            "58.0 kg",
            "机构（盖章）",
            "服务人员（签名）",
            "2026年3月26日",
            "接下来",
            "18 周",
        ];
        says(&paper, 200, &said);
        // Her handbook is known by its number.
        assert!(
            paper.body.contains("<dd>1</dd>"),
            "{}",
            crate::testkit::words(&paper.body)
        );
        says(
            &app.get("other_township", &format!("{at}/paper")).await,
            404,
            &[],
        );
        says(
            &app.get("administrator", &format!("{at}/paper")).await,
            404,
            &[],
        );
        // What was declared void is handed over to nobody.
        let void = "version=1&why=typed+for+another+woman";
        says(
            &app.post("township_worker", &format!("{at}/void"), void)
                .await,
            303,
            &[],
        );
        says(
            &app.get("township_worker", &format!("{at}/paper")).await,
            404,
            &[],
        );
    })
    .await;
}

#[tokio::test]
async fn paper_tells_nothing_of_an_infection_whoever_prints_it() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let kept = record(app, "county_worker", "pmtct", 40, INFECTED).await;
        says(&kept, 303, &[]);
        // The county may read it, and yet there is no paper of it.
        let at = format!("/persons/{WOMAN}/records/{}", id(40));
        let page = app.get("county_worker", &at).await;
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("/paper\""));
        says(
            &app.get("county_worker", &format!("{at}/paper")).await,
            404,
            &[],
        );
        let story = app
            .get("county_worker", &format!("/persons/{WOMAN}"))
            .await
            .body;
        let notices = story
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        let notices: Vec<&str> = notices.filter(|href| href.ends_with("/notice")).collect();
        assert!(!notices.is_empty());
        for notice in notices {
            let sheet = app.get("county_worker", notice).await;
            says(&sheet, 200, &["sheet-of-paper notice-sheet", "回执"]);
            let paper = sheet.body.split("<article").nth(1).unwrap();
            for word in ["HIV", "艾滋", "感染"] {
                assert!(!paper.contains(word), "{word}: {paper}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_notice_says_who_shall_come_where_and_until_when() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let story = app
            .get("township_worker", &format!("/persons/{WOMAN}"))
            .await
            .body;
        let notice = story.split("href=\"").find(|rest| {
            rest.split('"')
                .next()
                .is_some_and(|href| href.ends_with("/notice"))
        });
        let notice = notice.unwrap().split('"').next().unwrap();
        let sheet = app.get("township_worker", notice).await;
        says(
            &sheet,
            200,
            &["通知单", "请您于", "机构（盖章）", "签收人（签名）", "依据"],
        );
        says(&app.get("other_township", notice).await, 404, &[]);
        let trail = app.get("auditor", "/audit?action=export").await;
        says(&trail, 200, &["任务"]);
    })
    .await;
}

#[tokio::test]
async fn the_code_of_a_paper_opens_its_person() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let code = format!("q=FUYOU:{}", WOMAN.to_uppercase());
        let found = app.post("township_worker", "/persons/found", &code).await;
        says(&found, 200, &[&format!("/persons/{WOMAN}")]);
        let opened = app.post("township_worker", "/persons/search", &code).await;
        let page = format!("/persons/{WOMAN}");
        assert_eq!((opened.status.as_u16(), opened.location), (303, page));
        // Who may not see her finds nobody.
        let other = app.post("other_township", "/persons/search", &code).await;
        assert_eq!(
            (other.status.as_u16(), other.body.contains(WOMAN)),
            (200, false)
        );
        let other = app.post("other_township", "/persons/found", &code).await;
        assert!(!other.body.contains(WOMAN));
    })
    .await;
}
