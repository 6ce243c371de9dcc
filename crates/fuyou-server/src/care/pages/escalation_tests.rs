//! What is late rises up the tree, on the pages of whoever is above.

use super::tests::{TODAY, WOMAN, booked, id};
use crate::testkit::{TestApp, on_each_database, says, words};

/// Whether a page of somebody holds a text, as a new session sees it.
async fn tells(app: &TestApp, login: &str, path: &str, text: &str) -> bool {
    app.forget(login);
    let page = app.get(login, path).await;
    assert_eq!(page.status, 200, "{path}: {}", words(&page.body));
    page.body.contains(text)
}

#[tokio::test]
async fn a_referral_that_nobody_takes_in_rises_to_the_county() {
    const LATE: &str = "/referrals?side=escalated";
    on_each_database(TODAY, async |app| {
        booked(app).await;
        let to = app.organization("990000H");
        let sent = format!(
            "id={}&enrollment={}&kind=highrisk&to={to}&reason=bleeding&findings=well&treatment=none&asked=assessment",
            id(9),
            id(1)
        );
        let path = format!("/persons/{WOMAN}/refer");
        says(&app.post("township_worker", &path, &sent).await, 303, &[]);
        assert!(!tells(app, "county_worker", LATE, "bleeding").await, "it is not late");
        // A day to arrive, and one more.
        app.wait_minutes(3 * 24 * 60);
        assert!(tells(app, "county_worker", LATE, "bleeding").await);
        assert!(!tells(app, "other_township", LATE, "bleeding").await);
        // Taken in and arrived it is not late any more; the answer has its own clock.
        let step = format!("/persons/{WOMAN}/referrals/{}", id(9));
        app.forget("nurse");
        for taken in ["accept&version=1", "arrive&version=2"] {
            let form = format!("side=incoming&step={taken}");
            says(&app.post("nurse", &step, &form).await, 303, &[]);
        }
        assert!(!tells(app, "county_worker", LATE, "bleeding").await);
        app.wait_minutes(9 * 24 * 60);
        assert!(tells(app, "county_worker", LATE, "bleeding").await, "no answer came");
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_nobody_makes_rises_to_the_county() {
    const LATE: &str = "/?kind=escalated";
    let woman = format!("/persons/{WOMAN}");
    on_each_database(TODAY, async |app| {
        booked(app).await;
        // The contact of 16 weeks to 20 weeks and 6 days is due until 2026-04-15; a week later the county hears of it.
        app.wait_minutes(26 * 24 * 60);
        assert!(
            !tells(app, "county_worker", LATE, &woman).await,
            "2026-04-21"
        );
        app.wait_minutes(2 * 24 * 60);
        assert!(
            tells(app, "county_worker", LATE, &woman).await,
            "2026-04-23"
        );
        assert!(!tells(app, "other_township", LATE, &woman).await);
        let own = tells(app, "township_worker", "/?kind=overdue-month", &woman).await;
        assert!(own, "whoever is responsible has it among what is overdue");
    })
    .await;
}
