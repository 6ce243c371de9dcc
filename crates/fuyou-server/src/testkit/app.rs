//! The application under test: a small county, one user per role, a fixed clock, and forms sent as a browser would.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use fuyou_kernel::{Date, TimeZone, Timestamp};
use tower::ServiceExt as _;

use super::database::{TempDir, each_database};
use crate::access::{NewUser, PasswordCost, Role, create_user};
use crate::db::{Db, Entry};
use crate::http::{App, Options, router};
use crate::keys::{Keyring, Suite};
use crate::registry::{OrganizationId, import_organizations};

/// The password of every user of the small county.
pub(crate) const PASSWORD: &str = "long enough for tests";

/// A county with two townships of one village each, an institute and a hospital.
const ORGANIZATIONS: &str = "code,parent_code,name,level,kind,has_midwifery_licence\n\
    990000,,云溪县,county,area,0\n\
    990000B,990000,云溪县卫健局,county,bureau,0\n\
    990000M,990000,云溪县妇幼保健院,county,mch_institute,1\n\
    990000H,990000,云溪县医院,county,hospital,1\n\
    990001,990000,东湖镇卫生院,township,township_centre,0\n\
    990001001,990001,柳村卫生室,village,village_clinic,0\n\
    990002,990000,西岭镇卫生院,township,township_centre,0\n\
    990002001,990002,桃村卫生室,village,village_clinic,0\n";

/// Where the user of each role works. Logins are the words of the roles; `other_township` works in the west.
const USERS: &[(&str, Role, &str)] = &[
    ("village_doctor", Role::VillageDoctor, "990001001"),
    ("township_worker", Role::TownshipWorker, "990001"),
    ("other_township", Role::TownshipWorker, "990002"),
    ("nurse", Role::Nurse, "990000H"),
    ("county_worker", Role::CountyWorker, "990000"),
    ("analyst", Role::Analyst, "990000"),
    ("director", Role::Director, "990000"),
    ("administrator", Role::Administrator, "990000"),
    ("auditor", Role::Auditor, "990000"),
];

/// An answer, read whole.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub location: String,
    pub cookie: Option<String>,
    pub body: String,
    /// The body as it came, for files.
    pub bytes: Vec<u8>,
    pub forbidden: bool,
    /// Statements the request sent to the database.
    pub statements: Option<u64>,
}

/// The application under test.
pub(crate) struct TestApp {
    pub app: App,
    router: Router,
    now_ms: Arc<AtomicI64>,
    cookies: Mutex<HashMap<String, (String, String)>>,
    transcript: Mutex<String>,
    _keys: TempDir,
}

/// Runs `scenario` on both databases at noon of `today` and returns what was asked and answered, the same on both.
pub(crate) async fn on_each_database(today: Date, scenario: impl AsyncFn(&TestApp)) -> String {
    each_database(async |db| {
        let app = TestApp::new(db, today).await;
        scenario(&app).await;
        crate::audit::words_are_known(app.app.db()).await;
        app.transcript.into_inner().unwrap()
    })
    .await
}

impl TestApp {
    pub(crate) async fn new(db: Db, today: Date) -> Self {
        super::log::print_errors();
        let dir = TempDir::new();
        let zone = TimeZone::get("Asia/Shanghai").expect("the time zone database knows Shanghai");
        let noon = today
            .at(12, 0, 0, 0)
            .to_zoned(zone.clone())
            .unwrap()
            .timestamp();
        let now_ms = Arc::new(AtomicI64::new(noon.as_millisecond()));
        let clock = now_ms.clone();
        let options = Options {
            county_name: "云溪县".to_owned(),
            secure_cookies: false,
            time_zone: zone,
            password_cost: PasswordCost {
                memory_kib: 8,
                passes: 1,
            },
            clock: Arc::new(move || {
                Timestamp::from_millisecond(clock.load(Ordering::Relaxed)).unwrap()
            }),
        };
        let keys = Keyring::open(&dir.path().join("keys"), Suite::Sm).unwrap();
        let app = App::new(db, keys, options).await.unwrap();
        import_organizations(&app, by_test(&app, "import"), ORGANIZATIONS.as_bytes())
            .await
            .unwrap();
        for (login, role, code) in USERS {
            let new = NewUser {
                login: (*login).to_owned(),
                name: format!("测试·{login}"),
                role: *role,
                organization: app.tree().by_code(code).unwrap().id,
                password: PASSWORD.to_owned(),
                must_change_password: false,
            };
            create_user(&app, by_test(&app, "create_user"), &new)
                .await
                .unwrap();
        }
        let router = router(&app);
        TestApp {
            app,
            router,
            now_ms,
            cookies: Mutex::default(),
            transcript: Mutex::default(),
            _keys: dir,
        }
    }

    /// Another process on the same data: its own memory, the same keys and clock.
    pub(crate) async fn beside(&self, db: Db) -> Self {
        let (keys, options) = (self.app.keys().clone(), self.app.options().clone());
        let app = App::new(db, keys, options).await.unwrap();
        TestApp {
            router: router(&app),
            app,
            now_ms: self.now_ms.clone(),
            cookies: Mutex::default(),
            transcript: Mutex::default(),
            _keys: TempDir::new(),
        }
    }

    /// Adds an administrator of the eastern township alone, who logs in as `keeper`.
    pub(crate) async fn add_keeper(&self) {
        let keeper = NewUser {
            login: "keeper".to_owned(),
            name: "n".to_owned(),
            role: Role::Administrator,
            organization: self.organization("990001"),
            password: PASSWORD.to_owned(),
            must_change_password: false,
        };
        let by = by_test(&self.app, "create_user");
        create_user(&self.app, by, &keeper).await.unwrap();
    }

    /// The organization with a code.
    pub(crate) fn organization(&self, code: &str) -> OrganizationId {
        self.app.tree().by_code(code).unwrap().id
    }

    /// Lets time pass.
    pub(crate) fn wait_minutes(&self, minutes: i64) {
        self.now_ms.fetch_add(minutes * 60_000, Ordering::Relaxed);
    }

    /// Opens a page as a user, logging in first if need be, and writes it into the transcript.
    pub(crate) async fn get(&self, login: &str, path: &str) -> Answer {
        let answer = self.send(login, "GET", path, None).await;
        self.write(login, "GET", path, &answer);
        answer
    }

    /// Sends a form with the session's token as a user and writes the answer into the transcript.
    pub(crate) async fn post(&self, login: &str, path: &str, form: &str) -> Answer {
        let answer = self.send(login, "POST", path, Some(form)).await;
        self.write(login, "POST", path, &answer);
        answer
    }

    /// As `get` and `post`, without the transcript.
    pub(crate) async fn send(
        &self,
        login: &str,
        method: &str,
        path: &str,
        form: Option<&str>,
    ) -> Answer {
        let (cookie, csrf) = self.session(login).await;
        let body = form.map(|form| {
            if form.is_empty() {
                format!("csrf={csrf}")
            } else {
                format!("csrf={csrf}&{form}")
            }
        });
        self.raw(method, path, Some(&cookie), body).await
    }

    /// One request as it is, without session unless a cookie is given.
    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        cookie: Option<&str>,
        body: Option<String>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// The page of a job when it has ended.
    pub(crate) async fn ended(&self, login: &str, job: &str) -> String {
        for _ in 0..300 {
            let page = self.send(login, "GET", job, None).await;
            assert_eq!(page.status, 200, "{job}");
            if !page.body.contains("badge on-course") {
                return page.body;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the job does not end");
    }

    /// Sends fields and one file as a browser does, without the transcript.
    pub(crate) async fn upload(
        &self,
        login: &str,
        path: &str,
        fields: &[(&str, &str)],
        (name, bytes): (&str, &[u8]),
    ) -> Answer {
        const BOUNDARY: &str = "part-of-a-test";
        let (cookie, csrf) = self.session(login).await;
        let mut body = Vec::new();
        for (field, value) in [("csrf", csrf.as_str())].iter().chain(fields) {
            let part = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let request = Request::builder()
            .method("POST")
            .uri(path)
            .header(COOKIE, cookie)
            .header(
                CONTENT_TYPE,
                format!("multipart/form-data; boundary={BOUNDARY}"),
            );
        let request = request.body(Body::from(body)).unwrap();
        read(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Writes a line of the scenario's own into the transcript.
    pub(crate) fn say(&self, line: &str) {
        let mut transcript = self.transcript.lock().unwrap();
        transcript.push_str(line);
        transcript.push('\n');
    }

    /// Drops a user's session, so that the next request logs in again.
    pub(crate) fn forget(&self, login: &str) {
        self.cookies.lock().unwrap().remove(login);
    }

    /// Tries to log in.
    pub(crate) async fn log_in(&self, login: &str, password: &str) -> Answer {
        let form = format!("login={login}&password={}", password.replace(' ', "+"));
        self.raw("POST", "/login", None, Some(form)).await
    }

    async fn session(&self, login: &str) -> (String, String) {
        if let Some(known) = self.cookies.lock().unwrap().get(login) {
            return known.clone();
        }
        let answer = self.log_in(login, PASSWORD).await;
        let cookie = answer
            .cookie
            .unwrap_or_else(|| panic!("{login} cannot log in: {}", answer.status));
        let page = self.raw("GET", "/password", Some(&cookie), None).await;
        let (_, after) = page
            .body
            .split_once("name=\"csrf\" value=\"")
            .expect("every page carries the token");
        let csrf = after.split('"').next().unwrap().to_owned();
        self.cookies
            .lock()
            .unwrap()
            .insert(login.to_owned(), (cookie.clone(), csrf.clone()));
        (cookie, csrf)
    }

    fn write(&self, login: &str, method: &str, path: &str, answer: &Answer) {
        let mut line = format!("{login} {method} {path} -> {}", answer.status.as_u16());
        if !answer.location.is_empty() {
            line.push_str(&format!(" {}", answer.location));
        }
        let text = words(&answer.body);
        if !text.is_empty() {
            line.push_str(&format!("\n    {text}"));
        }
        let mut transcript = self.transcript.lock().unwrap();
        transcript.push_str(&without_ids(&line));
        transcript.push('\n');
    }
}

/// An audit entry of the test itself.
pub(crate) fn by_test(app: &App, action: &'static str) -> Entry {
    Entry {
        at: app.now(),
        actor_id: None,
        actor_login: "system".into(),
        org_id: None,
        action: action.into(),
        entity: "test".into(),
        entity_id: None,
        subject_id: None,
        detail: "{}".into(),
    }
}

async fn read(response: Response) -> Answer {
    let refused = response.extensions().get::<crate::http::Refused>();
    let forbidden = refused.is_some_and(|refused| refused.forbidden);
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let statements = response
        .extensions()
        .get::<crate::http::Statements>()
        .map(|statements| statements.0);
    let (location, cookie) = (text(LOCATION), text(SET_COOKIE));
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 16 << 20).await.unwrap();
    Answer {
        status,
        location,
        cookie: cookie
            .split(';')
            .next()
            .filter(|cookie| !cookie.is_empty())
            .map(str::to_owned),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        bytes: bytes.to_vec(),
        forbidden,
        statements,
    }
}

/// An answer with this status whose page holds these texts.
#[track_caller]
pub(crate) fn says(answer: &Answer, status: u16, wanted: &[&str]) {
    assert_eq!(answer.status.as_u16(), status, "{}", words(&answer.body));
    for text in wanted {
        assert!(
            answer.body.contains(text),
            "{text} is not on the page: {}",
            words(&answer.body)
        );
    }
}

/// The words of the page's main part, at most 400 characters.
pub(crate) fn words(body: &str) -> String {
    let main = body
        .split_once("<main id=\"main\">")
        .map_or("", |(_, after)| after.split("</main>").next().unwrap());
    // The number of a request differs from run to run.
    let main = main.split("data-volatile>").enumerate().map(|(at, part)| {
        if at == 0 {
            part
        } else {
            part.split_once('<').map_or("", |(_, after)| after)
        }
    });
    let main: String = main.collect::<Vec<_>>().join("data-volatile><");
    let mut text = String::new();
    let mut in_tag = false;
    for c in main.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    let text: Vec<&str> = text.split_whitespace().collect();
    text.join(" ").chars().take(400).collect()
}

/// Ids differ from run to run; they are numbered within a line instead.
fn without_ids(line: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let mut out = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        match rest
            .get(..36)
            .filter(|candidate| uuid::Uuid::try_parse(candidate).is_ok())
        {
            Some(id) => {
                let at = seen
                    .iter()
                    .position(|known| known == id)
                    .unwrap_or_else(|| {
                        seen.push(id.to_owned());
                        seen.len() - 1
                    });
                out.push_str(&format!("#{}", at + 1));
                rest = &rest[36..];
            }
            None => {
                let c = rest.chars().next().unwrap();
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}
