//! The guide for authors of programs is followed to the letter: its files are written, its commands run, and its form is
//! filled in at the real server, as its reader would.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const GUIDE: &str = "docs/guides/write-a-program.md";
/// How long one answer may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// A folder of this test's own, taken away at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("fuyou-guide-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the guide tells its reader to do, in its order.
enum Step {
    /// Write a file of this name.
    File(String, String),
    /// Run a line of the shell.
    Line(String),
}

/// The fenced blocks of the guide. The name of a file stands alone, in backquotes, above its block.
fn steps(guide: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut name, mut block) = (None, None::<(String, String)>);
    for line in guide.lines() {
        match (&mut block, line) {
            (None, line) if line.starts_with("```") => {
                block = Some((line[3..].to_owned(), String::new()));
            }
            (None, "") => {}
            (None, line) => {
                let alone = line
                    .strip_prefix('`')
                    .and_then(|rest| rest.strip_suffix('`'));
                name = alone.map(str::to_owned);
            }
            (Some((kind, text)), "```") => {
                match kind.as_str() {
                    "sh" => steps.extend(text.lines().map(|line| Step::Line(line.to_owned()))),
                    _ => {
                        let name = name.take().expect("a file of the guide has a name");
                        steps.push(Step::File(name, text.clone()));
                    }
                }
                block = None;
            }
            (Some((_, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    steps
}

/// The shell in the folder of the reader, who has installed the program and set nothing else.
fn shell(folder: &Path, line: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_fuyou")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command
        .current_dir(folder)
        .args(["-c", line])
        .env("PATH", format!("{}:{path}", program.display()));
    for name in ["FUYOU_PACK", "FUYOU_DATA", "FUYOU_DATABASE"] {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, line: &str) -> String {
    let output = shell(folder, line).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{text}");
    text
}

/// The server of the guide, stopped at the end of the test.
struct Server {
    process: Child,
    address: String,
    cookie: String,
    token: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Answer {
    status: String,
    location: String,
    cookie: String,
    body: String,
}

impl Server {
    fn start(folder: &Path, line: &str) -> Self {
        // `exec`: the server takes the place of the shell, so that it is the server that is stopped.
        let mut process = shell(folder, &format!("exec {line}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut first)
            .unwrap();
        let address = first
            .trim()
            .strip_prefix("http://")
            .expect("the command prints its address")
            .to_owned();
        Server {
            process,
            address,
            cookie: String::new(),
            token: String::new(),
        }
    }

    fn ask(&self, method: &str, path: &str, form: &str) -> Answer {
        let body = match (form, self.token.as_str()) {
            ("", _) => String::new(),
            (form, "") => form.to_owned(),
            (form, token) => format!("csrf={token}&{form}"),
        };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}; fuyou_language=en\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.cookie,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = head
                .lines()
                .find(|line| line.to_lowercase().starts_with(name));
            line.map_or("", |line| line[name.len()..].trim()).to_owned()
        };
        Answer {
            status: head.split(' ').nth(1).unwrap().to_owned(),
            location: header("location:"),
            cookie: header("set-cookie:").split(';').next().unwrap().to_owned(),
            body: body.to_owned(),
        }
    }

    fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", path, "");
        assert_eq!(answer.status, "200", "{path}\n{}", answer.body);
        answer.body
    }

    /// Sends a form that is accepted; where it leads.
    fn post(&self, path: &str, form: &str) -> String {
        let answer = self.ask("POST", path, form);
        assert_eq!(answer.status, "303", "{path}\n{}", answer.body);
        answer.location
    }

    /// Logs in and chooses a password, as everybody must at the first time.
    fn log_in(&mut self, login: &str, first: &str) {
        let form = format!("login={login}&password={}", encoded(first));
        let answer = self.ask("POST", "/login", &form);
        self.cookie = answer.cookie;
        let page = self.get("/password");
        self.token = value(&page, "name=\"csrf\" value=\"").to_owned();
        let form = format!(
            "present={}&new=another+long+one&again=another+long+one",
            encoded(first)
        );
        let answer = self.ask("POST", "/password", &form);
        assert_eq!(answer.status, "303", "{}", answer.body);
        if !answer.cookie.is_empty() {
            self.cookie = answer.cookie;
        }
        self.token = value(&self.get("/password"), "name=\"csrf\" value=\"").to_owned();
    }
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| format!("%{byte:02X}");
    text.bytes().map(byte).collect()
}

/// What stands on a page between a text and the next quotation mark.
fn value<'a>(page: &'a str, before: &str) -> &'a str {
    let (_, after) = page
        .split_once(before)
        .unwrap_or_else(|| panic!("{before} is not on the page:\n{page}"));
    after.split('"').next().unwrap()
}

/// The value of an input of a form.
fn input<'a>(page: &'a str, name: &str) -> &'a str {
    let (before, after) = page
        .split_once(&format!("name=\"{name}\""))
        .unwrap_or_else(|| panic!("{name} is not on the page:\n{page}"));
    let tag = &before[before.rfind('<').unwrap()..];
    let rest = after.split('>').next().unwrap();
    match tag.split_once("value=\"") {
        Some(_) => value(tag, "value=\""),
        None => value(rest, "value=\""),
    }
}

/// What the reader does at the desk; answers the year in which it was done.
fn at_the_desk(server: &mut Server) -> String {
    server.log_in("town", "first password, changed at once");
    let page = server.get("/persons/new");
    let id = input(&page, "id");
    let (_, residences) = page.split_once("name=\"residence\"").unwrap();
    let village = residences
        .split("<option value=\"")
        .find(|option| option.contains("柳村"))
        .and_then(|option| option.split('"').next())
        .unwrap();
    let person = format!(
        "id={id}&name=test&sex=female&birth_on=2026-01-20&id_type=none&residence={village}&household=local"
    );
    server.post("/persons", &person);
    let home = format!("/persons/{id}");
    let page = server.get(&home);
    assert!(page.contains("Lending a car seat"), "{page}");
    let form = format!("{home}/forms/car_seat/seat_loan");
    assert!(page.contains(&form), "{page}");
    let page = server.get(&form);
    let (record, today) = (input(&page, "id"), input(&page, "occurred_on").to_owned());
    let year: i32 = today[..4].parse().unwrap();
    let wrong =
        format!("id={record}&occurred_on={today}&f.seat_no=A-017&f.seat_return_by_on={today}");
    let refused = server.ask("POST", &form, &format!("{wrong}&do=save"));
    assert_eq!(refused.status, "422");
    let right = format!(
        "id={record}&occurred_on={today}&f.seat_no=A-017&f.seat_return_by_on={}-01-02&do=save",
        year + 1
    );
    let shown = server.post(&form, &right);
    // Sent twice, it is stored once.
    assert_eq!(server.post(&form, &right), shown);
    assert!(server.get(&home).contains("First look at the fitting"));
    assert!(server.get("/").contains("First look at the fitting"));
    let fitting = server.get(&format!("{home}/forms/car_seat/seat_fitting"));
    let looked = format!(
        "id={}&enrollment={}&occurred_on={today}&f.seat_fitted_well=false&f.seat_faults=belt&do=save",
        input(&fitting, "id"),
        input(&fitting, "enrollment"),
    );
    let record = server.post(&format!("{home}/forms/car_seat/seat_fitting"), &looked);
    assert!(
        server
            .get(&record)
            .contains("Fitted wrongly: look again within seven days")
    );
    let list = server.get("/lists/car_seat/seats_out");
    let day: u8 = today[8..].parse().unwrap();
    // Whatever the cell looks like, it begins with the day.
    let cell = list
        .split("data-label=\"Lent on\"")
        .nth(1)
        .unwrap_or_default();
    let lent = cell.split_once('>').map_or("", |(_, text)| text);
    assert!(
        list.contains(&home) && lent.starts_with(&format!("{day} ")),
        "{list}"
    );
    today[..4].to_owned()
}

#[test]
fn the_guide_is_followed_to_the_letter() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guide = fs::read_to_string(root.join(GUIDE)).unwrap();
    let folder = Folder::new();
    let mut year = String::new();
    let mut done = Vec::new();
    for step in steps(&guide) {
        match step {
            Step::File(name, text) => {
                let path = folder.0.join(&name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
                done.push("file");
            }
            Step::Line(line) if line.contains("fuyou serve") => {
                year = at_the_desk(&mut Server::start(&folder.0, &line));
                done.push("serve");
            }
            Step::Line(line) if line.contains("fuyou indicators") => {
                let figures = run(&folder.0, &line.replace("2026", &year));
                let found = figures
                    .lines()
                    .find(|line| line.contains("安全座椅安装检查率"));
                let found = found.unwrap_or_else(|| panic!("{figures}"));
                assert!(found.contains("100") && found.contains("1 / 1"), "{found}");
                done.push("figure");
            }
            Step::Line(line) => {
                let text = run(&folder.0, &line);
                if line.contains("pack test") {
                    assert!(text.contains("without a case: 0"), "{text}");
                }
                done.push("command");
            }
        }
    }
    assert_eq!(done.iter().filter(|step| **step == "file").count(), 12);
    assert!(
        done.ends_with(&["command", "command", "serve", "figure"]),
        "{done:?}"
    );
}
