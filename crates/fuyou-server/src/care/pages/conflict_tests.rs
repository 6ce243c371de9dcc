//! Promises about two versions of one record.

use super::tests::{ANTENATAL, TODAY, WOMAN, booked, id, record};
use crate::testkit::{on_each_database, says};

#[tokio::test]
async fn what_was_stored_meanwhile_stands_beside_what_was_typed() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        says(
            &record(app, "county_worker", "antenatal", 2, ANTENATAL).await,
            303,
            &[],
        );
        let mine = format!("{}&base_version=1", ANTENATAL.replace("58.0", "58.4"));
        let answer = record(app, "township_worker", "antenatal", 3, &mine).await;
        says(&answer, 409, &["id=\"conflict\"", "data-discard"]);
        let table = answer.body.split_once("id=\"conflict\"").unwrap().1;
        let table = table.split_once("</table>").unwrap().0;
        assert!(
            table.contains("体重") && table.contains("58.4 kg") && table.contains("58.0 kg"),
            "{table}"
        );
        assert!(
            !table.contains("收缩压"),
            "what is the same is not listed: {table}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_record_whose_answer_was_lost_is_corrected_and_not_doubled() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        record(app, "township_worker", "antenatal", 2, ANTENATAL).await;
        let later = ANTENATAL.replace("58.0", "58.4");
        let answer = record(app, "township_worker", "antenatal", 2, &later).await;
        let correction = format!("/persons/{WOMAN}/records/{}/correct", id(2));
        let action = format!("action=\"{correction}\"");
        says(&answer, 409, &["id=\"conflict\"", &action, "name=\"why\""]);
        let sent = format!(
            "id={}&{later}&base_version=1&why=typed+later&do=save",
            id(2)
        );
        says(
            &app.post("township_worker", &correction, &sent).await,
            303,
            &[],
        );
        // Whoever sends the correction again has sent it once.
        says(
            &app.post("township_worker", &correction, &sent).await,
            303,
            &[],
        );
        let page = app
            .get("township_worker", &format!("/persons/{WOMAN}"))
            .await;
        let records = page.body.matches("class=\"one-record").count();
        assert_eq!(records, 2, "the booking and one visit");
    })
    .await;
}

#[tokio::test]
async fn a_browser_gets_what_it_needs_without_a_network() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let worker = app.raw("GET", "/worker.js", None, None).await;
        says(
            &worker,
            200,
            &["/assets/fuyou-", "/offline/zh", "/offline/en"],
        );
        let kept = worker.body.split('"').filter(|part| part.starts_with('/'));
        let kept: Vec<&str> = kept
            .filter(|path| {
                path.starts_with("/assets/f")
                    || path.starts_with("/offline/z")
                    || path.starts_with("/offline/e")
            })
            .collect();
        assert!(kept.len() > 10, "{kept:?}");
        for path in kept {
            says(&app.raw("GET", path, None, None).await, 200, &[]);
        }
        // The page of no network names nobody and holds no token.
        let shell = app.raw("GET", "/offline/zh", None, None).await;
        says(&shell, 200, &["id=\"locked\""]);
        assert!(!shell.body.contains("data-draft-key"));
        says(
            &app.get("township_worker", "/session").await,
            200,
            &["draftKey"],
        );
        // Who records nothing has nothing to be kept.
        says(
            &app.get("auditor", "/session").await,
            200,
            &["\"draftKey\":null"],
        );
        // A standing that may hold infection findings is not to be kept.
        for (login, is_kept) in [("township_worker", true), ("county_worker", false)] {
            let form = app
                .get(login, &format!("/persons/{WOMAN}/forms/maternal/antenatal"))
                .await;
            let marked = form.body.contains("id=\"standing\" data-unkept");
            assert_eq!(marked, !is_kept, "{login}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_along_is_what_the_user_may_see() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let own = app.get("township_worker", "/ahead").await;
        says(
            &own,
            200,
            &["\"pages\":true", WOMAN, "/forms/maternal/", "\"name\":"],
        );
        // Another township takes nothing of her along; who records nothing takes nothing at all.
        let other = app.get("other_township", "/ahead").await;
        says(&other, 200, &["\"lines\":[]"]);
        assert!(!other.body.contains(WOMAN));
        assert_ne!(app.get("auditor", "/ahead").await.status, 200);
        // The pages of persons stay behind where they may tell of infections.
        says(
            &app.get("county_worker", "/ahead").await,
            200,
            &["\"pages\":false"],
        );
        says(&app.get("auditor", "/audit").await, 200, &["带出本周工作"]);
    })
    .await;
}

#[tokio::test]
async fn an_organization_can_forbid_to_take_work_along() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let county = app.organization("990000");
        let page = format!("/organizations/{county}");
        let shown = app.get("administrator", &page).await;
        says(&shown, 200, &["离线携带", "value=\"off\""]);
        let version = |body: &str| {
            let rest = body.split("name=\"version\" value=\"").nth(1).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let asked = format!("version={}&ahead=off", version(&shown.body));
        let at = format!("{page}/ahead");
        says(&app.post("township_worker", &at, &asked).await, 404, &[]);
        for _ in 0..2 {
            // Sent twice, it is switched off once.
            says(&app.post("administrator", &at, &asked).await, 303, &[]);
        }
        let shown = app.get("administrator", &page).await;
        says(&shown, 200, &["已关闭", "value=\"allowed\""]);
        // Those below follow, and their pages tell the browser to drop what it has.
        let township = format!("/organizations/{}", app.organization("990001"));
        says(
            &app.get("administrator", &township).await,
            200,
            &["上级机构", "已关闭"],
        );
        let none = app.get("township_worker", "/ahead").await;
        says(&none, 200, &["\"allowed\":false", "\"lines\":[]"]);
        assert!(!none.body.contains(WOMAN));
        says(
            &app.get("township_worker", "/session").await,
            200,
            &["\"aheadOff\":true"],
        );
        let home = app.get("township_worker", "/").await;
        says(&home, 200, &[" data-ahead-off", "已关闭离线携带"]);
        assert!(!home.body.contains("data-take"));
        // What is seen too late is refused; allowed again it goes on.
        let stale = app
            .post("administrator", &at, "version=0&ahead=allowed")
            .await;
        says(&stale, 409, &["刚被他人修改"]);
        let again = format!("version={}&ahead=allowed", version(&shown.body));
        says(&app.post("administrator", &at, &again).await, 303, &[]);
        says(
            &app.get("township_worker", "/ahead").await,
            200,
            &["\"allowed\":true", WOMAN],
        );
        says(
            &app.get("township_worker", "/session").await,
            200,
            &["\"aheadOff\":false"],
        );
        let trail = app.get("auditor", "/audit?entity=organization").await;
        says(&trail, 200, &["关闭离线携带", "允许离线携带"]);
    })
    .await;
}
