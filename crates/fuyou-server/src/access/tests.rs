//! Promises about access.

use fuyou_kernel::Date;

use super::session::lock_minutes;
use super::{Action, NewUser, Role, create_user};
use crate::http::{Access, routes};
use crate::testkit::{PASSWORD, TestApp, by_test, on_each_database};

const TODAY: Date = Date::constant(2026, 3, 26);

#[test]
fn locks_grow() {
    let check =
        |failures, minutes| assert_eq!(lock_minutes(failures), minutes, "{failures} failures");
    check(0, None);
    check(4, None);
    check(5, Some(15));
    check(6, None);
    check(9, None);
    check(10, Some(30));
    check(15, Some(60));
    check(500, Some(24 * 60));
}

#[tokio::test]
async fn five_wrong_passwords_lock_and_nobody_learns_which_logins_exist() {
    on_each_database(TODAY, async |app| {
        let unknown = app.log_in("nobody", "wrong password").await;
        for attempt in 1..=5 {
            let wrong = app.log_in("nurse", "wrong password").await;
            assert_eq!(wrong.status, 422, "attempt {attempt}");
            assert_eq!(
                wrong.body.replace("nurse", ""),
                unknown.body.replace("nobody", "")
            );
        }
        assert_eq!(
            app.log_in("nurse", PASSWORD).await.status,
            422,
            "locked even with the right password"
        );
        app.wait_minutes(14);
        assert_eq!(
            app.log_in("nurse", PASSWORD).await.status,
            422,
            "still locked; a sixth and seventh failure"
        );
        app.wait_minutes(2);
        assert_eq!(app.log_in("nurse", PASSWORD).await.status, 303);
        assert_eq!(
            app.log_in("nurse", "wrong password").await.status,
            422,
            "the count starts anew"
        );
        assert_eq!(app.log_in("nurse", PASSWORD).await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_idle_at_the_end_of_the_day_and_on_logging_out() {
    on_each_database(TODAY, async |app| {
        assert_eq!(app.get("nurse", "/").await.status, 200);
        app.wait_minutes(119);
        assert_eq!(app.get("nurse", "/").await.status, 200);
        app.wait_minutes(121);
        assert_eq!(app.get("nurse", "/").await.location, "/login");
        assert_eq!(app.get("director", "/").await.status, 200);
        for _ in 0..7 {
            app.wait_minutes(100);
            assert_eq!(app.get("director", "/").await.status, 200);
        }
        app.wait_minutes(21);
        assert_eq!(
            app.get("director", "/").await.location,
            "/login",
            "twelve hours are over"
        );
        app.get("analyst", "/").await;
        assert_eq!(app.post("analyst", "/logout", "").await.location, "/login");
        assert_eq!(app.get("analyst", "/").await.location, "/login");
    })
    .await;
}

#[tokio::test]
async fn a_post_without_the_token_changes_nothing() {
    on_each_database(TODAY, async |app| {
        let cookie = app.log_in("administrator", PASSWORD).await.cookie.unwrap();
        for body in ["", "csrf=", "csrf=00000000000000000000000000000000"] {
            let answer = app
                .raw("POST", "/logout", Some(&cookie), Some(body.to_owned()))
                .await;
            assert_eq!(answer.status, 422, "{body}");
        }
        assert_eq!(
            app.raw("GET", "/", Some(&cookie), None).await.status,
            200,
            "still logged in"
        );
    })
    .await;
}

#[tokio::test]
async fn an_administrator_keeps_users() {
    on_each_database(TODAY, async |app| {
        let township = app.organization("990001");
        let form = format!("login=new.worker&name=新人&role=township_worker&organization={township}&password=first+password");
        assert_eq!(app.post("administrator", "/users", &form).await.status, 303);
        assert_eq!(app.post("administrator", "/users", &form).await.status, 409, "the login is taken");
        let cookie = app.log_in("new.worker", "first password").await.cookie.unwrap();
        let first = app.raw("GET", "/persons", Some(&cookie), None).await;
        assert_eq!(first.location, "/password", "a password given by somebody else must be changed");
        let page = app.get("administrator", "/users").await.body;
        let (before, _) = page.split_once("/lock").map(|_| page.split_once("new.worker").unwrap()).unwrap();
        assert!(before.contains("county_worker"), "in order of login");
        let (_, row) = page.split_once("new.worker").unwrap();
        let id = row.split_once("/users/").unwrap().1.split(['/', '"']).next().unwrap();
        assert_eq!(app.post("administrator", &format!("/users/{id}/lock"), "").await.status, 303);
        assert_eq!(app.raw("GET", "/password", Some(&cookie), None).await.location, "/login", "sessions end at once");
        assert_eq!(app.log_in("new.worker", "first password").await.status, 422);
        assert_eq!(app.post("administrator", &format!("/users/{id}/unlock"), "").await.status, 303);
        let reset = app.send("administrator", "POST", &format!("/users/{id}/password"), Some("")).await;
        let secret = reset.body.split_once("class=\"secret\">").unwrap().1.split('<').next().unwrap().to_owned();
        assert_eq!(app.log_in("new.worker", &secret).await.status, 303);
    })
    .await;
}

/// Whoever keeps the users of one township sees whole pages of them, whatever stands between them elsewhere.
#[tokio::test]
async fn pages_of_users_are_full_and_end() {
    on_each_database(TODAY, async |app| {
        let (east, west) = (app.organization("990001"), app.organization("990002"));
        let new = |login: String, role, organization| NewUser {
            login,
            name: "n".to_owned(),
            role,
            organization,
            password: PASSWORD.to_owned(),
            must_change_password: false,
        };
        app.add_keeper().await;
        let by = || by_test(&app.app, "create_user");
        for at in 0..60 {
            let elsewhere = new(format!("west.{at:02}"), Role::Nurse, west);
            create_user(&app.app, by(), &elsewhere).await.unwrap();
            let here = new(format!("x.{at:02}"), Role::Nurse, east);
            create_user(&app.app, by(), &here).await.unwrap();
        }
        let count = |body: &str| body.matches("/password\"").count();
        let first = app.get("keeper", "/users").await.body;
        assert_eq!(
            first.matches("data-label=\"登录名\"").count(),
            50,
            "{}",
            count(&first)
        );
        assert!(!first.contains("west."));
        let (_, next) = first.split_once("rel=\"next\" href=\"").unwrap();
        let next = next.split('"').next().unwrap();
        assert_eq!(
            next, "/users?after=x%2E46",
            "keeper, township_worker, village_doctor and 47 more"
        );
        let last = app.get("keeper", next).await.body;
        assert_eq!(last.matches("data-label=\"登录名\"").count(), 13);
        assert!(!last.contains("rel=\"next\""));
        // Part of a name or login, a role and a state are looked for; what is not found says what to do.
        let count = async |asked: &str| {
            let page = app
                .send("keeper", "GET", &format!("/users?{asked}"), None)
                .await;
            page.body.matches("data-label=\"登录名\"").count()
        };
        assert_eq!(count("q=X.1").await, 10);
        assert_eq!(count("q=%25").await, 0, "a sign of the search is a sign");
        assert_eq!(count("role=administrator").await, 1);
        assert_eq!(count("standing=locked").await, 0);
        let file = app
            .send("keeper", "GET", "/users/file?format=csv&role=nurse", None)
            .await;
        assert_eq!(file.body.lines().count(), 61, "{}", file.body);
        let other = format!("/users?organization={}", app.organization("990002"));
        assert_eq!(app.send("keeper", "GET", &other, None).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it() {
    on_each_database(TODAY, async |app| {
        let new = "another+long+one";
        let change = |present: &str, new: &str, again: &str| {
            format!("present={present}&new={new}&again={again}")
        };
        let present = PASSWORD.replace(' ', "+");
        assert_eq!(
            app.post("nurse", "/password", &change("wrong", new, new))
                .await
                .status,
            422
        );
        assert_eq!(
            app.post("nurse", "/password", &change(&present, new, "different"))
                .await
                .status,
            422
        );
        assert_eq!(
            app.post("nurse", "/password", &change(&present, "short", "short"))
                .await
                .status,
            422
        );
        assert_eq!(
            app.post(
                "nurse",
                "/password",
                &change(&present, "my+nurse+word", "my+nurse+word")
            )
            .await
            .status,
            422
        );
        assert_eq!(
            app.post("nurse", "/password", &change(&present, new, new))
                .await
                .status,
            303
        );
        assert_eq!(app.log_in("nurse", PASSWORD).await.status, 422);
        assert_eq!(app.log_in("nurse", "another long one").await.status, 303);
    })
    .await;
}

/// The table of access: a route, and the roles it lets in. `*` is every logged-in user, `-` everybody.
/// Letters: v village doctor, t township worker, n nurse, c county worker, a analyst, d director, A administrator,
/// U auditor.
const MATRIX: &str = include_str!("matrix.txt");

fn letter(role: Role) -> char {
    match role {
        Role::VillageDoctor => 'v',
        Role::TownshipWorker => 't',
        Role::Nurse => 'n',
        Role::CountyWorker => 'c',
        Role::Analyst => 'a',
        Role::Director => 'd',
        Role::Administrator => 'A',
        Role::Auditor => 'U',
    }
}

/// Calls every route as every role and writes down whom it let in.
async fn observed(app: &TestApp) -> String {
    let mut table = String::new();
    for route in routes() {
        let path = route
            .path
            .replace("{id}", "018f0000-0000-7000-8000-000000000000")
            .replace("{name}", "none")
            .replace("{job}", "018f0000-0000-7000-8000-000000000009")
            .replace("{record}", "018f0000-0000-7000-8000-000000000001")
            .replace("{enrollment}", "018f0000-0000-7000-8000-000000000002")
            .replace("{referral}", "018f0000-0000-7000-8000-000000000003")
            .replace("{task}", "018f0000-0000-7000-8000-000000000004")
            .replace("{other}", "018f0000-0000-7000-8000-000000000005")
            .replace("{merge}", "018f0000-0000-7000-8000-000000000006")
            .replace("{organization}", "018f0000-0000-7000-8000-000000000007")
            .replace("{staff}", "018f0000-0000-7000-8000-000000000008")
            .replace("{program}", "none")
            .replace("{form}", "none")
            .replace("{list}", "none")
            .replace("{deed}", "close");
        let visitor = app
            .raw(route.method.as_str(), &path, None, Some(String::new()))
            .await;
        let letters = if route.access == Access::Public {
            assert_ne!(visitor.location, "/login", "{} is public", route.path);
            "-".to_owned()
        } else {
            assert_eq!(
                visitor.location, "/login",
                "{} lets visitors in",
                route.path
            );
            let mut letters = String::new();
            for role in Role::ALL {
                // Logging out would end the session under the other routes.
                let body = (route.method == "POST").then_some("");
                let answer = if route.path == "/logout" {
                    app.send(role.word(), "GET", "/", None).await
                } else {
                    app.send(role.word(), route.method.as_str(), &path, body)
                        .await
                };
                if !answer.forbidden {
                    letters.push(letter(role));
                }
            }
            if letters.len() == Role::ALL.len() {
                "*".to_owned()
            } else {
                letters
            }
        };
        table.push_str(&format!("{} {} {letters}\n", route.method, route.path));
    }
    table
}

#[tokio::test]
async fn every_route_lets_in_exactly_the_roles_of_the_table() {
    on_each_database(TODAY, async |app| assert_eq!(observed(app).await, MATRIX)).await;
}

#[test]
fn nobody_can_do_everything_and_everything_can_be_done() {
    const ACTIONS: [Action; 19] = [
        Action::RegisterPerson,
        Action::MergePersons,
        Action::ReadPerson,
        Action::RecordCare,
        Action::ManageReferral,
        Action::ReadIndicators,
        Action::DrillToPersons,
        Action::ManagePlan,
        Action::WriteSummary,
        Action::ReadAudit,
        Action::ManageUsers,
        Action::ManageOrganizations,
        Action::ManageStaff,
        Action::ReviewGlass,
        Action::ReadPacks,
        Action::BreakGlass,
        Action::ImportData,
        Action::ExportData,
        Action::ManageSystem,
    ];
    for action in ACTIONS {
        assert!(
            Role::ALL.into_iter().any(|role| role.may(action)),
            "{action:?}"
        );
    }
    for role in Role::ALL {
        assert!(
            !ACTIONS.into_iter().all(|action| role.may(action)),
            "{role:?}"
        );
        assert!(
            !(role.may(Action::ManageUsers) && role.may(Action::ReadPerson)),
            "{role:?} would give itself persons"
        );
        assert!(
            !(role.may(Action::ReadAudit) && role.may(Action::RecordCare)),
            "{role:?} would audit itself"
        );
    }
}
