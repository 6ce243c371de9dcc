//! Promises about staff members.

use fuyou_kernel::Date;

use crate::keys::Suite;
use crate::testkit::{TestApp, on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);

fn id(at: usize) -> String {
    format!("018f0000-0000-7000-8000-00000000{at:04x}")
}

fn form(app: &TestApp, at: usize, name: &str, profession: &str, code: &str) -> String {
    let place = app.organization(code);
    format!(
        "id={}&name={name}&profession={profession}&title=主管护师&phone=13800000001&organization={place}&from=2025-01-01",
        id(at)
    )
}

#[tokio::test]
async fn moving_keeps_where_she_was_and_her_user_is_hers_alone() {
    on_each_database(TODAY, async |app| {
        let new = form(app, 1, "周敏", "midwife", "990001") + "&login=township_worker";
        says(&app.post("township_worker", "/staff", &new).await, 404, &[]);
        for _ in 0..2 {
            says(&app.post("administrator", "/staff", &new).await, 303, &[]);
        }
        let page = format!("/staff/{}", id(1));
        says(
            &app.get("administrator", &page).await,
            200,
            &["东湖镇卫生院", "2025-01-01 – …"],
        );
        let other = form(app, 2, "吴静", "nurse", "990001");
        let taken = other.clone() + "&login=township_worker";
        says(
            &app.post("administrator", "/staff", &taken).await,
            409,
            &["已关联其他人员"],
        );
        let nobody = other.clone() + "&login=nobody.here";
        says(
            &app.post("administrator", "/staff", &nobody).await,
            422,
            &["没有这个登录名"],
        );
        says(
            &app.post(
                "administrator",
                "/staff",
                &other.replace("13800000001", "138"),
            )
            .await,
            422,
            &["电话号码有误"],
        );

        let west = app.organization("990002");
        let posts = format!("{page}/posts");
        let early = format!("version=1&organization={west}&from=2025-01-01");
        says(
            &app.post("administrator", &posts, &early).await,
            422,
            &["2025-01-01"],
        );
        let moved = format!("version=1&organization={west}&from=2026-02-01");
        says(&app.post("administrator", &posts, &moved).await, 303, &[]);
        says(&app.post("administrator", &posts, &moved).await, 303, &[]);
        let there = app.get("administrator", &page).await;
        says(&there, 200, &["2025-01-01 – 2026-01-31", "2026-02-01 – …"]);
        let late = format!(
            "version=1&organization={}&from=2026-03-01",
            app.organization("990001")
        );
        says(
            &app.post("administrator", &posts, &late).await,
            409,
            &["刚被他人修改"],
        );
        let ended = format!("{page}/ended");
        says(
            &app.post("administrator", &ended, "version=2&until=2026-01-15")
                .await,
            422,
            &["2026-02-01"],
        );
        says(
            &app.post("administrator", &ended, "version=2&until=2026-03-20")
                .await,
            303,
            &[],
        );
        assert!(
            !app.get("administrator", "/staff")
                .await
                .body
                .contains("周敏")
        );
        says(
            &app.get("administrator", "/staff?employment=ended").await,
            200,
            &["周敏", "2026-03-20"],
        );
        let trail = app
            .get("auditor", "/audit?entity=staff&action=move_staff")
            .await;
        says(&trail, 200, &["administrator"]);
    })
    .await;
}

#[tokio::test]
async fn the_list_is_filtered_sorted_paged_and_taken_out() {
    on_each_database(TODAY, async |app| {
        for at in 0..95 {
            let (profession, code) = [("nurse", "990001"), ("doctor", "990002")][at % 2];
            let new = form(app, at, &format!("n{:02}", 94 - at), profession, code);
            says(&app.post("administrator", "/staff", &new).await, 303, &[]);
        }
        let names = |body: &str| -> Vec<String> {
            body.split("href=\"/staff/018f")
                .skip(1)
                .filter_map(|rest| rest.split(['>', '<']).nth(1).map(str::to_owned))
                .collect()
        };
        for (sort, first) in [
            ("name", "n00"),
            ("-name", "n94"),
            ("organization", "n94"),
            ("from", "n94"),
            ("-profession", "n00"),
        ] {
            let mut seen: Vec<String> = Vec::new();
            let mut next = format!("/staff?sort={sort}");
            let mut pages = 0;
            while !next.is_empty() {
                let body = app.get("administrator", &next).await.body;
                seen.extend(names(&body));
                pages += 1;
                next = match body.split_once("rel=\"next\" href=\"") {
                    Some((_, rest)) => rest.split('"').next().unwrap().replace("&#38;", "&"),
                    None => String::new(),
                };
                assert!(!next.contains("n94"), "no name in an address");
            }
            assert_eq!(
                (pages, seen.len(), seen[0].as_str()),
                (3, 95, first),
                "{sort}"
            );
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 95, "{sort}: everybody once");
        }
        let west = app.organization("990002");
        let doctors = app
            .get("administrator", &format!("/staff?organization={west}&q=n1"))
            .await
            .body;
        assert_eq!(names(&doctors).len(), 5, "n11, n13 … n19");
        assert_eq!(
            names(
                &app.get("administrator", "/staff?profession=nurse&q=n0")
                    .await
                    .body
            )
            .len(),
            5
        );
        let file = app
            .get("administrator", "/staff/file?format=csv&sort=name")
            .await;
        assert_eq!(file.body.lines().count(), 96);
        assert!(file.body.lines().nth(1).unwrap().starts_with("n00,"));
        assert!(
            app.get("administrator", "/staff/file?format=xlsx")
                .await
                .body
                .starts_with("PK")
        );
        let trail = app
            .get("auditor", "/audit?action=export&entity=staff")
            .await;
        says(&trail, 200, &["administrator", "export", "staff"]);
    })
    .await;
}

#[tokio::test]
async fn a_phone_of_staff_is_sealed_anew_with_the_keys() {
    on_each_database(TODAY, async |app| {
        let new = form(app, 1, "周敏", "midwife", "990001");
        says(&app.post("administrator", "/staff", &new).await, 303, &[]);
        let (db, keys) = (app.app.db(), app.app.keys());
        keys.add_version(Suite::Aes).unwrap();
        let done = crate::registry::rekey_batch(db, keys, app.app.now(), 10)
            .await
            .unwrap();
        assert_eq!((done.done, done.left), (1, 0));
        let page = format!("/staff/{}", id(1));
        says(
            &app.get("administrator", &page).await,
            200,
            &["13800000001"],
        );
    })
    .await;
}
