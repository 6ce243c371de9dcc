//! Promises of the frame.

use std::collections::BTreeSet;

use fuyou_kernel::Date;

use super::frame::MENU;
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
        // What was asked of a list is asked again in the other language.
        let asked = app.get("auditor", "/audit?action=export").await;
        says(
            &asked,
            200,
            &["name=\"back\" value=\"/audit?action=export\""],
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

/// Every picture that a page names by itself is in the set, and none is there for nothing. Shapes of levels and states
/// are named by packs and enums.
#[test]
fn icons_are_in_the_set_and_used() {
    let set = include_str!("icons.svg");
    let drawn: BTreeSet<&str> = set
        .split("<symbol id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let mut used: BTreeSet<String> = MENU
        .iter()
        .map(|(href, ..)| format!("i-{}", super::frame::icon_of(href)))
        .collect();
    let mut waiting = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end == "html" || end == "rs")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                // A template names it where it stands, code gives the name to a template.
                let before = if path.extension().is_some_and(|end| end == "rs") {
                    "\""
                } else {
                    "href=\"#"
                };
                let named = text.split(before).skip(1);
                used.extend(
                    named
                        .filter_map(|rest| rest.split('"').next())
                        .filter(|name| {
                            (name.starts_with("i-") || name.starts_with("s-"))
                                && name.len() > 2
                                && !name.contains('{')
                        })
                        .map(str::to_owned),
                );
            }
        }
    }
    let missing: Vec<_> = used
        .iter()
        .filter(|name| !drawn.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "not drawn: {missing:?}");
    let idle: Vec<_> = drawn
        .iter()
        .filter(|name| name.starts_with("i-") && !used.contains(**name))
        .collect();
    assert!(idle.is_empty(), "not used: {idle:?}");
    for state in [
        "done",
        "late-done",
        "overdue",
        "today",
        "ready",
        "ahead",
        "missed",
        "cancelled",
        "unknown",
    ] {
        assert!(drawn.contains(format!("s-{state}").as_str()), "{state}");
    }
}

#[tokio::test]
async fn who_keeps_or_audits_comes_home_to_what_waits() {
    on_each_database(TODAY, async |app| {
        let home = app.get("auditor", "/").await;
        says(
            &home,
            200,
            &["审计链还没有核验过", "去查看", "href=\"/audit\""],
        );
        assert!(
            !home.body.contains("action=export"),
            "nothing was taken out yet"
        );
        let taken = app.send("administrator", "GET", "/users/file?format=csv", None);
        assert_eq!(taken.await.status, 200);
        // What is only noted is written before what is committed after it.
        app.post("nurse", "/language", "language=en&back=/").await;
        says(
            &app.get("auditor", "/").await,
            200,
            &[
                "近 7 天: 导出 1",
                "/audit?action=export&#38;from=2026-03-19",
            ],
        );
        says(
            &app.get("auditor", "/audit?action=export&from=2026-03-19")
                .await,
            200,
            &["导出"],
        );
        // Not compared between the databases: only one of them is backed up by this program.
        let keeper = app.send("administrator", "GET", "/", None).await;
        says(
            &keeper,
            200,
            &["审计链超过一个月没有核验", "href=\"/system\""],
        );
        // What waits elsewhere is none of the business of who may not see it.
        assert!(!keeper.body.contains("/audit?"));
    })
    .await;
}
