//! Promises of changing an account.

use fuyou_kernel::Date;

use crate::testkit::{TestApp, on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);

/// Where the page of an account is.
async fn page_of(app: &TestApp, login: &str) -> String {
    let users = app.get("administrator", &format!("/users?q={login}")).await;
    let mut hrefs = users.body.split("href=\"/users/").skip(1);
    let id = hrefs.find_map(|rest| rest.split('"').next().filter(|id| id.len() == 36));
    format!("/users/{}", id.expect("the account is listed"))
}

#[tokio::test]
async fn an_account_gets_another_role_and_place_and_logs_in_again() {
    on_each_database(TODAY, async |app| {
        says(&app.get("nurse", "/").await, 200, &[]);
        let path = page_of(app, "nurse").await;
        let page = app.get("administrator", &path).await;
        says(
            &page,
            200,
            &["助产机构医护", "登记和填写服务记录，转诊，紧急查阅。"],
        );
        let to = app.organization("990001");
        let change = format!("name=李护士&role=township_worker&organization={to}");
        says(&app.post("administrator", &path, &change).await, 303, &[]);
        // Her session ended; what she may do now, she may.
        assert_eq!(app.get("nurse", "/persons").await.status, 303);
        app.forget("nurse");
        says(
            &app.get("nurse", "/persons").await,
            200,
            &["李护士", "乡镇妇幼专干"],
        );
        // The same again writes nothing down, and whoever does not keep users changes nobody.
        says(&app.post("administrator", &path, &change).await, 303, &[]);
        let trail = app.get("auditor", "/audit?action=change_user").await;
        assert_eq!(trail.body.matches("township_worker").count(), 1);
        assert_eq!(app.post("director", &path, &change).await.status, 404);
        // Nobody gives himself another role, or one beyond what he keeps.
        app.add_keeper().await;
        let own = page_of(app, "keeper").await;
        let mine = format!("name=x&role=auditor&organization={to}");
        assert_eq!(app.get("keeper", &own).await.status, 404);
        assert_eq!(app.post("keeper", &own, &mine).await.status, 404);
        let above = format!(
            "name=x&role=auditor&organization={}",
            app.organization("990000")
        );
        assert_eq!(app.post("keeper", &path, &above).await.status, 404);
        says(
            &app.post("administrator", &path, "name=+&role=nurse&organization=")
                .await,
            422,
            &["请选择机构"],
        );
    })
    .await;
}
