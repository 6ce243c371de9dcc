//! Promises about programs that follow organizations.

use crate::care::{Care, Settings};
use crate::testkit::county::{national_pack, well_pack};
use crate::testkit::{Answer, TestApp, on_each_database, says};

use super::tests::{TODAY, id};

const WOMAN: &str = "018f0000-0000-7000-8000-0000000000a1";
/// A well dug on TODAY.
const DIGGING: &str = "occurred_on=2026-03-26&f.depth_m=4.0&f.pay_yuan=1234";

async fn install(app: &TestApp) -> String {
    let (db, now) = (app.app.db().clone(), app.app.now());
    let care = Care::install(db, well_pack(), Settings::default(), now);
    let _ = app.app.clone().with_care(care.await.unwrap());
    format!("/organizations/{}", app.organization("990001001"))
}

async fn record(
    app: &TestApp,
    login: &str,
    (home, form): (&str, &str),
    at: u8,
    typed: &str,
) -> Answer {
    let path = format!("{home}/forms/well/{form}");
    app.post(login, &path, &format!("id={}&{typed}&do=save", id(at)))
        .await
}

async fn dug(app: &TestApp) -> String {
    let home = install(app).await;
    let answer = record(app, "township_worker", (&home, "digging"), 1, DIGGING).await;
    says(&answer, 303, &[]);
    assert_eq!(answer.location, format!("{home}/records/{}", id(1)));
    home
}

#[tokio::test]
async fn an_organization_opens_a_program_and_has_its_story() {
    on_each_database(TODAY, async |app| {
        let home = install(app).await;
        let begin = format!("href=\"{home}/forms/well/digging\"");
        says(
            &app.get("village_doctor", &home).await,
            200,
            &["柳村卫生室", "990001001", &begin],
        );
        // The check of the opening form says who keeps no well.
        let township = format!("/organizations/{}", app.organization("990001"));
        let page = app.get("township_worker", &township).await;
        says(&page, 200, &["东湖镇卫生院"]);
        assert!(!page.body.contains("/forms/well/digging"));
        let (form, wrong) = ((&*home, "digging"), DIGGING.replace("4.0", "400"));
        says(
            &app.get("township_worker", &format!("{home}/forms/well/digging"))
                .await,
            200,
            &["打井登记", &home],
        );
        says(
            &record(app, "township_worker", form, 1, &wrong).await,
            422,
            &["value=\"400\""],
        );
        for _ in 0..2 {
            let stored = record(app, "township_worker", form, 1, DIGGING).await;
            assert_eq!(stored.location, format!("{home}/records/{}", id(1)));
        }
        says(
            &record(app, "township_worker", form, 2, DIGGING).await,
            409,
            &[],
        );
        let shown = app
            .get("township_worker", &format!("{home}/records/{}", id(1)))
            .await;
        says(&shown, 200, &["打井登记", "柳村卫生室", "1234"]);
        let page = app.get("township_worker", &home).await;
        says(&page, 200, &["水井管理", "首次巡查", "1234"]);
        assert!(
            !page.body.contains("/refer?"),
            "there is nobody to hand over"
        );
        // What it pays the keeper is not for everybody who works there.
        let page = app.get("village_doctor", &home).await;
        says(&page, 200, &["水井管理", "首次巡查"]);
        assert!(!page.body.contains("1234"));

        let dry = "occurred_on=2026-03-26&f.depth_m=0.5";
        says(
            &record(app, "village_doctor", (&home, "look"), 3, dry).await,
            303,
            &[],
        );
        let path = format!("{home}/records/{}", id(3));
        says(
            &app.get("village_doctor", &path).await,
            200,
            &["井水不足,7日内复查"],
        );
        // On paper it is a record to be signed by both, and a letter that asks for an answer.
        let paper = format!("{home}/records/{}/paper", id(1));
        let paper = app.get("township_worker", &paper).await;
        says(&paper, 200, &["记录表", "被访单位（签名）", "打井登记"]);
        assert!(!paper.body.contains("1234"), "what it pays is on no paper");
        let story = app.get("township_worker", &home).await.body;
        let mut links = story
            .split("href=\"")
            .filter_map(|rest| rest.split('"').next());
        let notice = links.find(|href| href.ends_with("/notice")).unwrap();
        let letter = app.get("township_worker", notice).await;
        says(
            &letter,
            200,
            &["通知书", "请贵单位", "书面答复", "东湖镇卫生院", "回执"],
        );
        let right = "occurred_on=2026-03-26&f.depth_m=5.0&base_version=1&why=misread&do=save";
        let corrected = format!("id={}&{right}", id(3));
        let answer = app
            .post("village_doctor", &format!("{path}/correct"), &corrected)
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.location),
            (303, path.clone())
        );
        let voided = app
            .post(
                "village_doctor",
                &format!("{path}/void"),
                "version=2&why=other+well",
            )
            .await;
        assert_eq!(
            (voided.status.as_u16(), voided.location),
            (303, home.clone())
        );
        let deed = format!("{home}/enrollments/{}/close", id(1));
        let closed = app
            .post("township_worker", &deed, "on=2026-03-26&why=given+up")
            .await;
        assert_eq!(
            (closed.status.as_u16(), closed.location),
            (303, home.clone())
        );
        says(&app.get("township_worker", &home).await, 200, &["已结案"]);
    })
    .await;
}

#[tokio::test]
async fn who_does_not_work_there_or_above_learns_nothing() {
    on_each_database(TODAY, async |app| {
        let home = dug(app).await;
        for login in ["other_township", "nurse", "analyst", "director", "auditor"] {
            says(&app.get(login, &home).await, 404, &[]);
        }
        for login in ["other_township", "nurse"] {
            let form = app.get(login, &format!("{home}/forms/well/look")).await;
            says(&form, 404, &[]);
            let typed = "occurred_on=2026-03-26&f.depth_m=2.0";
            says(&record(app, login, (&home, "look"), 4, typed).await, 404, &[]);
            let shown = app.get(login, &format!("{home}/records/{}", id(1))).await;
            says(&shown, 404, &[]);
            assert!(!app.get(login, "/lists/well/wells").await.body.contains(&home));
        }
        // A person keeps no well, and nobody is one.
        let residence = app.organization("990001001");
        let form = format!(
            "id={WOMAN}&name=test&sex=female&birth_on=1996-05-01&id_type=none&residence={residence}&household=local"
        );
        says(&app.post("township_worker", "/persons", &form).await, 303, &[]);
        let person = format!("/persons/{WOMAN}");
        let page = app.get("township_worker", &person).await;
        assert!(!page.body.contains("/forms/well/"));
        let typed = record(app, "township_worker", (&person, "digging"), 5, DIGGING).await;
        says(&typed, 404, &[]);
    })
    .await;
}

#[tokio::test]
async fn lists_tasks_and_figures_name_the_organization() {
    on_each_database(TODAY, async |app| {
        let home = dug(app).await;
        let link = format!("href=\"{home}\"");
        // The first look is for the township.
        says(
            &app.get("township_worker", "/").await,
            200,
            &[&link, "柳村卫生室", "首次巡查"],
        );
        let list = app.get("township_worker", "/lists/well/wells").await;
        let wanted = [
            &link,
            "共 1 个机构",
            "名称",
            "上级机构",
            "东湖镇卫生院",
            "village",
            "1234",
            "4.0",
        ];
        says(&list, 200, &wanted);
        let list = app.get("village_doctor", "/lists/well/wells").await;
        says(&list, 200, &[&link, "柳村卫生室"]);
        assert!(list.body.contains("限制查看"), "{}", list.body);
        assert!(!list.body.contains(">1234"), "{}", list.body);
        let file = app
            .get("township_worker", "/lists/well/wells/file?format=csv")
            .await;
        assert!(file.body.contains("柳村卫生室"), "{}", file.body);
        let behind = "/indicators/wet_rate/persons?node=990000&period=2026&group=counted";
        says(
            &app.get("county_worker", behind).await,
            200,
            &[&link, "柳村卫生室"],
        );
        says(
            &app.get(
                "county_worker",
                "/indicators/wet_rate?node=990000&period=2026",
            )
            .await,
            200,
            &["100.00%"],
        );
    })
    .await;
}

#[tokio::test]
async fn what_an_organization_becomes_is_known_to_its_program_at_once() {
    on_each_database(TODAY, async |app| {
        let home = dug(app).await;
        says(
            &app.get("township_worker", &home).await,
            200,
            &["管护机构类别", "村卫生室"],
        );
        let change = "version=1&code=990001001&level=village&name=柳村水站&kind=township_centre";
        says(&app.post("administrator", &home, change).await, 303, &[]);
        says(
            &app.get("township_worker", &home).await,
            200,
            &["柳村水站", "乡镇卫生院"],
        );
        // Its well is no longer on the list of wells that villages keep.
        let list = app.get("township_worker", "/lists/well/wells").await;
        assert!(!list.body.contains(&home));
        let close = "version=2&on=2026-03-26";
        let busy = app
            .post("administrator", &format!("{home}/closed"), close)
            .await;
        says(&busy, 409, &["未结案档案 1 份"]);
    })
    .await;
}

/// With the national pack: a nursery from its registration to the figures of its county.
#[tokio::test]
async fn a_nursery_is_registered_supervised_and_counted() {
    on_each_database(TODAY, async |app| {
        let (db, now) = (app.app.db().clone(), app.app.now());
        let care = Care::install(db, national_pack(), Settings::default(), now);
        let _ = app.app.clone().with_care(care.await.unwrap());
        let id_of = "018f0000-0000-7000-8000-0000000000d7";
        let parent = app.organization("990001");
        let new = format!(
            "id={id_of}&code=990001Y&name=东湖幼儿园&level=township&kind=nursery&parent={parent}"
        );
        says(&app.post("administrator", "/organizations", &new).await, 303, &[]);
        let home = format!("/organizations/{id_of}");
        let page = app.get("township_worker", &home).await;
        says(&page, 200, &["/forms/nursery_care/nursery_year"]);
        assert!(!page.body.contains("/forms/surveillance/"));
        let centre = app
            .get("township_worker", &format!("/organizations/{parent}"))
            .await;
        says(&centre, 200, &["/forms/surveillance/surveillance_year"]);
        assert!(!centre.body.contains("/forms/nursery_care/"));

        let fill = async |form: &str, at: u8, typed: &str| {
            let path = format!("{home}/forms/nursery_care/{form}");
            let typed = format!("id={}&occurred_on=2026-03-26&{typed}&do=save", id(at));
            let answer = app.post("township_worker", &path, &typed).await;
            says(&answer, 303, &[]);
            app.get("township_worker", &answer.location).await
        };
        let year = "f.nursery_type=private&f.nursery_new=true&f.capacity=180&f.class_count=6&f.children_count=160\
            &f.staff_count=2&f.health_workers_full=1&f.health_workers_part=0&f.observation_beds=1&f.nursery_head=D1";
        let led_to = fill("nursery_year", 0x41, year).await;
        says(&led_to, 200, &["卫生评价合格前不得招生", "每150名儿童至少1名专职"]);
        let staff = "n.staff_member=2&g.staff_member.0.post=teacher&g.staff_member.0.examined_on=2026-02-01\
            &g.staff_member.0.certificate_no=J001&g.staff_member.0.fitness=fit&g.staff_member.1.post=cook";
        let led_to = fill("staff_list", 0x42, staff).await;
        says(&led_to, 200, &["2027年2月1日", "工作人员须持有效健康合格证上岗"]);
        let visit = "f.supervision_kind=inspection&f.problem_items=meals&f.problem_text=x&f.supervision_grade=fair\
            &f.rectify_by_on=2026-04-20&f.supervisor=D1";
        fill("supervision", 0x43, visit).await;
        let list = app
            .get("county_worker", "/lists/nursery_care/to_put_right")
            .await;
        says(&list, 200, &["东湖幼儿园", "东湖镇卫生院", "4月20日"]);
        for (indicator, figure) in [
            ("kindergarten_management_rate", "100.00%"),
            ("nursery_staff_certificate_rate", "50.00%"),
        ] {
            let path = format!("/indicators/{indicator}?node=990000&period=2026");
            says(&app.get("county_worker", &path).await, 200, &[figure]);
        }
    })
    .await;
}
