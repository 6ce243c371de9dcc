//! Promises about keeping the tree.

use fuyou_kernel::Date;

use crate::testkit::{TestApp, each_database, on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);
const NEW: &str = "018f0000-0000-7000-8000-0000000000d1";

fn form(app: &TestApp, id: &str, code: &str, parent: &str) -> String {
    let parent = app.organization(parent);
    format!("id={id}&code={code}&name=杏村卫生室&level=village&kind=village_clinic&parent={parent}")
}

#[tokio::test]
async fn a_place_is_created_once_renamed_moved_and_closed() {
    on_each_database(TODAY, async |app| {
        let create = form(app, NEW, "990001002", "990001");
        assert_eq!(app.post("county_worker", "/organizations", &create).await.status, 404);
        for _ in 0..2 {
            says(&app.post("administrator", "/organizations", &create).await, 303, &[]);
        }
        assert_eq!(app.app.tree().all().len(), 9);
        let other = form(app, &NEW.replace("d1", "d2"), "990001002", "990001");
        says(&app.post("administrator", "/organizations", &other).await, 409, &["990001002 已被使用"]);
        let slash = form(app, &NEW.replace("d1", "d2"), "99/1", "990001");
        says(&app.post("administrator", "/organizations", &slash).await, 422, &["不能含空格和斜线"]);
        let below = form(app, &NEW.replace("d1", "d2"), "990009", "990001001").replace("level=village", "level=township");
        says(&app.post("administrator", "/organizations", &below).await, 422, &["层级"]);

        let path = format!("/organizations/{NEW}");
        says(&app.get("administrator", &path).await, 200, &["杏村卫生室", "990001002"]);
        let rename = create.replace("杏村", "梨村") + "&version=1";
        says(&app.post("administrator", &path, &rename).await, 303, &[]);
        let late = create.replace("杏村", "桂村") + "&version=1";
        says(&app.post("administrator", &path, &late).await, 409, &["刚被他人修改"]);
        assert_eq!(app.app.tree().by_code("990001002").unwrap().name, "梨村卫生室");

        let township = app.organization("990001");
        let west = app.organization("990002");
        let under_itself = format!("version=1&parent={}", app.organization("990001001"));
        says(
            &app.post("administrator", &format!("/organizations/{township}/parent"), &under_itself).await,
            422,
            &["自身"],
        );
        let elsewhere = format!("version=1&parent={west}");
        says(
            &app.post("administrator", &format!("/organizations/{township}/parent"), &elsewhere).await,
            303,
            &[],
        );
        let tree = app.app.tree();
        assert!(tree.contains(west, app.organization("990001001")), "all below moves along");
        assert_eq!(tree.by_code("990001002").unwrap().path, "990000/990002/990001/990001002/");
        says(&app.get("other_township", "/organizations").await, 200, &["柳村卫生室"]);

        let own = app.organization("990000");
        says(&app.post("administrator", &format!("/organizations/{own}/closed"), "version=1&on=2026-03-26").await, 404, &[]);
        says(&app.post("administrator", &format!("{path}/closed"), "version=2&on=yesterday").await, 422, &["停用日期"]);
        says(&app.post("administrator", &format!("{path}/closed"), "version=3&on=2026-03-26").await, 303, &[]);
        says(&app.get("administrator", "/organizations").await, 200, &["已停用 2026-03-26"]);
        let person = "id=018f0000-0000-7000-8000-0000000000e1&name=test&sex=female&birth_on=1996-05-01&id_type=none&household=local";
        let there = format!("{person}&residence={NEW}");
        says(&app.post("county_worker", "/persons", &there).await, 422, &["该机构已停用"]);
        says(&app.post("administrator", &format!("{path}/reopened"), "version=4").await, 303, &[]);
        says(&app.post("county_worker", "/persons", &there).await, 303, &[]);
        let trail = app.get("auditor", "/audit?entity=organization&action=move_organization").await;
        says(&trail, 200, &["990002"]);
    })
    .await;
}

#[tokio::test]
async fn a_place_where_something_goes_on_says_how_much_and_what_to_do() {
    on_each_database(TODAY, async |app| {
        let township = app.organization("990001");
        let close = format!("/organizations/{township}/closed");
        let refused = app
            .post("administrator", &close, "version=1&on=2026-03-26")
            .await;
        says(
            &refused,
            409,
            &["下级机构 1 个", "未结案档案 0 份", "在用账号 1 个"],
        );
        assert!(app.app.tree().get(township).unwrap().closed_on.is_none());
    })
    .await;
}

/// Two processes on one database: what one changes, the other knows at its next request.
#[tokio::test]
async fn another_process_sees_a_new_place_at_once() {
    each_database(async |db| {
        let one = TestApp::new(db.clone(), TODAY).await;
        let two = one.beside(db).await;
        says(
            &two.get("administrator", "/organizations").await,
            200,
            &["柳村卫生室"],
        );
        let create = form(&one, NEW, "990001002", "990001");
        says(
            &one.post("administrator", "/organizations", &create).await,
            303,
            &[],
        );
        assert!(
            two.app.tree().by_code("990001002").is_none(),
            "nobody has told it"
        );
        says(
            &two.get("administrator", "/organizations").await,
            200,
            &["杏村卫生室"],
        );
        assert!(two.app.tree().by_code("990001002").is_some());
    })
    .await;
}
