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

#[tokio::test]
async fn a_file_of_places_is_judged_row_by_row_and_stored_once() {
    on_each_database(TODAY, async |app| {
        let send = async |login: &str, text: &str| {
            app.upload(
                login,
                "/organizations/checked",
                &[],
                ("places.csv", text.as_bytes()),
            )
            .await
        };
        let bad = "机构编码,上级机构编码,机构名称,层级,类别,服务人口\n\
            990003,990000,北坡镇卫生院,乡镇,基层医疗卫生机构,12345\n\
            990003001,990009,杏村卫生室,村级,village_clinic,\n\
            990004,990000,南湾镇卫生院,星系,基层医疗卫生机构,\n\
            990001,990002,东湖镇卫生院,,,\n\
            990003,990000,又一个,乡镇,基层医疗卫生机构,很多\n";
        let checked = send("administrator", bad).await;
        says(
            &checked,
            422,
            &[
                "上级机构 990009 不存在",
                "“星系”无法识别",
                "调整归属请在机构页面办理",
                "与第 2 行重复",
            ],
        );
        assert!(
            !checked.body.contains("/organizations/imported"),
            "nothing can be stored"
        );
        assert_eq!(app.app.tree().all().len(), 8);

        let good = "code,parent_code,name,level,kind,has_midwifery_licence,population\n\
            990003,990000,北坡镇卫生院,乡镇,township_centre,是,１２３４５\n\
            990003001,990003,杏村卫生室,村,village_clinic,,\n\
            990002,,西岭中心卫生院,,,,\n\
            990001,990000,东湖镇卫生院,township,township_centre,,\n";
        let checked = send("administrator", good).await;
        says(&checked, 200, &["新增 2", "更新 1", "无变化 1", "确认入库"]);
        assert_eq!(
            app.app.tree().all().len(),
            8,
            "nothing is stored by looking"
        );
        let (_, rows) = checked.body.split_once("name=\"rows\" value=\"").unwrap();
        let rows = rows
            .split('"')
            .next()
            .unwrap()
            .replace("&#34;", "\"")
            .replace("&quot;", "\"");
        let form = format!("rows={}", crate::http::encoded(&rows));
        says(
            &app.post("administrator", "/organizations/imported", &form)
                .await,
            200,
            &["已入库", "新增 2"],
        );
        let tree = app.app.tree();
        let north = tree.by_code("990003").unwrap();
        assert_eq!(
            (north.population, north.has_midwifery_licence),
            (Some(12345), true)
        );
        assert_eq!(tree.by_code("990003001").unwrap().parent_id, Some(north.id));
        assert_eq!(tree.by_code("990002").unwrap().name, "西岭中心卫生院");
        let again = app
            .post("administrator", "/organizations/imported", &form)
            .await;
        says(&again, 200, &["新增 0", "无变化 4"]);
        assert_eq!(
            app.app.tree().stamp(),
            tree.stamp(),
            "sent twice, stored once"
        );
        says(
            &app.post("township_worker", "/organizations/imported", &form)
                .await,
            404,
            &[],
        );

        // What is downloaded can be sent back as it is, from a spreadsheet too.
        let file = app
            .send(
                "administrator",
                "GET",
                "/organizations/file?format=xlsx",
                None,
            )
            .await;
        let back = app
            .upload(
                "administrator",
                "/organizations/checked",
                &[],
                ("places.xlsx", &file.bytes),
            )
            .await;
        says(&back, 200, &["无变化 10", "不能入库 0"]);
    })
    .await;
}

/// Who keeps a township cannot write into another one by a file.
#[tokio::test]
async fn a_file_reaches_no_further_than_who_sends_it() {
    on_each_database(TODAY, async |app| {
        app.add_keeper().await;
        let text = "code,parent_code,name,level,kind\n\
            990001009,990001,自己的村,village,village_clinic\n\
            990002009,990002,别人的村,village,village_clinic\n\
            990002,990000,改名,township,township_centre\n";
        let checked = app
            .upload(
                "keeper",
                "/organizations/checked",
                &[],
                ("places.csv", text.as_bytes()),
            )
            .await;
        says(
            &checked,
            422,
            &["新增 1", "不能入库 2", "不在您管理的范围内"],
        );
    })
    .await;
}

#[tokio::test]
async fn a_place_is_found_by_name_or_code() {
    on_each_database(TODAY, async |app| {
        let lines = async |asked: &str| {
            let page = app
                .send(
                    "county_worker",
                    "GET",
                    &format!("/organizations{asked}"),
                    None,
                )
                .await;
            assert_eq!(page.status, 200, "{asked}");
            page.body.matches("<tr><td>").count()
        };
        assert!(lines("").await > 4, "a county is shown whole");
        assert_eq!(lines("?q=%E6%9F%B3%E6%9D%91").await, 1);
        assert_eq!(lines("?q=990001001").await, 1);
        let none = app.get("county_worker", "/organizations?q=nowhere").await;
        says(&none, 200, &["没有找到机构", "逐级查看"]);
        // Nobody finds what is not theirs.
        let other = app
            .get("other_township", "/organizations?q=990001001")
            .await;
        says(&other, 200, &["没有找到机构"]);
    })
    .await;
}
