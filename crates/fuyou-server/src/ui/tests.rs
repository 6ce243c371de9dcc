//! Promises of the frame.

use fuyou_kernel::Date;

use crate::testkit::{on_each_database, says};

const TODAY: Date = Date::constant(2026, 3, 26);

#[tokio::test]
async fn the_language_is_the_users_wherever_the_user_logs_in() {
    on_each_database(TODAY, async |app| {
        says(&app.get("nurse", "/").await, 200, &["lang=\"zh-CN\""]);
        let chosen = app.post("nurse", "/language", "language=en&back=/").await;
        assert_eq!((chosen.status.as_u16(), &*chosen.location), (303, "/"));
        says(&app.get("nurse", "/").await, 200, &["lang=\"en\""]);
        // Another session, as on another computer.
        app.forget("nurse");
        says(&app.get("nurse", "/").await, 200, &["lang=\"en\""]);
        // Nobody else's.
        says(
            &app.get("county_worker", "/").await,
            200,
            &["lang=\"zh-CN\""],
        );
        // Choosing the same again writes nothing down.
        for _ in 0..2 {
            app.post("nurse", "/language", "language=zh&back=/").await;
        }
        let trail = app.get("auditor", "/audit").await;
        assert_eq!(
            trail.body.matches("选择语言").count(),
            2 + listed(&trail.body)
        );
        let elsewhere = app
            .post("nurse", "/language", "language=zh&back=//example.org")
            .await;
        assert_eq!(&*elsewhere.location, "/");
    })
    .await;
}

/// How often the filter of the trail names the action.
fn listed(body: &str) -> usize {
    let options = body.split("<option").skip(1);
    options
        .filter(|option| {
            option
                .split("</option>")
                .next()
                .unwrap()
                .contains("选择语言")
        })
        .count()
}
