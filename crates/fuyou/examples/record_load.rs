//! Posts forms to a running server from many keep-alive connections and measures how long each answer takes.
//!
//! `record_load ADDRESS LOGINS PASSWORD FILE SECONDS CLIENTS`: logs in as each of the logins (comma-separated), then
//! sends the lines of the file (`subject TAB path TAB urlencoded body`) with the session's token in each, as a browser
//! does. All lines about one subject go over one connection, in order. Stops after the seconds, or as soon as one
//! connection has no more lines, so that all connections are busy all the time. The last line printed is JSON.
//!
//! One thread and no HTTP library: what this costs is said beside the result, and it is not the server's.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One line of the file.
struct Post {
    path: String,
    body: String,
}

/// A session of a logged-in user.
struct Session {
    cookie: String,
    token: String,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    /// Milliseconds from the first byte sent to the last byte received, of the posts that were stored, with their path.
    stored_ms: Vec<(f64, String)>,
    /// Status and path of the others.
    refused: Vec<(u16, String)>,
}

struct Connection {
    stream: TcpStream,
    address: String,
    buffer: Vec<u8>,
}

struct Response {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            address: address.to_owned(),
            buffer: Vec::with_capacity(64 << 10),
        })
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        cookie: &str,
        body: &str,
    ) -> anyhow::Result<Response> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let head_end = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let length: usize = header(&head, "content-length")
            .context("a response without a length")?
            .parse()?;
        while self.buffer.len() < head_end + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection in mid-answer");
            }
        }
        let status = head.get(9..12).context("a response without a status")?;
        Ok(Response {
            status: status.parse()?,
            body: self.buffer[head_end..head_end + length].to_vec(),
            head,
        })
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

async fn log_in(address: &str, login: &str, password: &str) -> anyhow::Result<Session> {
    let mut connection = Connection::open(address).await?;
    let answer = connection
        .send(
            "POST",
            "/login",
            "",
            &format!("login={login}&password={password}"),
        )
        .await?;
    let set = header(&answer.head, "set-cookie")
        .with_context(|| format!("{login} was not let in: {}", answer.status))?;
    let cookie = set.split(';').next().unwrap_or_default().to_owned();
    let page = connection.send("GET", "/password", &cookie, "").await?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let (_, after) = page
        .split_once("name=\"csrf\" value=\"")
        .context("the page has no token")?;
    let token = after.split('"').next().unwrap_or_default().to_owned();
    Ok(Session { cookie, token })
}

async fn client(
    address: String,
    session: Arc<Session>,
    posts: Vec<Post>,
    over: Arc<AtomicBool>,
) -> anyhow::Result<Seen> {
    let mut connection = Connection::open(&address).await?;
    let mut seen = Seen::default();
    for post in posts {
        if over.load(Ordering::Relaxed) {
            return Ok(seen);
        }
        let body = format!("csrf={}&{}", session.token, post.body);
        let started = Instant::now();
        let answer = connection
            .send("POST", &post.path, &session.cookie, &body)
            .await?;
        match answer.status {
            303 => seen
                .stored_ms
                .push((started.elapsed().as_secs_f64() * 1e3, post.path)),
            other => seen.refused.push((other, post.path)),
        }
    }
    over.store(true, Ordering::Relaxed);
    Ok(seen)
}

/// The lines of the file by connection.
fn shared_out(text: &str, clients: usize) -> anyhow::Result<Vec<Vec<Post>>> {
    let mut shares: Vec<Vec<Post>> = (0..clients).map(|_| Vec::new()).collect();
    for line in text.lines() {
        let parts: Vec<&str> = line.splitn(3, '\t').collect();
        let [subject, path, body] = parts[..] else {
            bail!("a line has not three parts");
        };
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % clients as u64)?;
        shares[at].push(Post {
            path: path.to_owned(),
            body: body.to_owned(),
        });
    }
    Ok(shares)
}

/// The value below which a share of all lies; the list is sorted.
fn percentile(sorted: &[(f64, String)], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .map_or(0.0, |(ms, _)| *ms)
}

/// Which forms are among the slowest hundredth, in per cent of it and, to compare, in per cent of all.
fn slowest(sorted: &[(f64, String)]) -> serde_json::Value {
    let form = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let share_of = |answers: &[(f64, String)]| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, path) in answers {
            *counts.entry(form(path)).or_default() += 1;
        }
        counts
            .into_iter()
            .map(|(form, count)| (form, 100 * count / answers.len().max(1)))
            .collect::<BTreeMap<_, _>>()
    };
    let slow = share_of(&sorted[sorted.len() - sorted.len() / 100..]);
    let all = share_of(sorted);
    let rows = slow.into_iter().map(|(form, share)| {
        let usual = all.get(&form).copied().unwrap_or_default();
        (form, serde_json::json!([share, usual]))
    });
    serde_json::Value::Object(rows.collect())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, logins, password, file, seconds, clients] = &arguments[..] else {
        bail!("usage: record_load ADDRESS LOGINS PASSWORD FILE SECONDS CLIENTS");
    };
    let clients: usize = clients.parse()?;
    let mut sessions = Vec::new();
    for login in logins.split(',') {
        sessions.push(Arc::new(log_in(address, login, password).await?));
    }
    let shares = shared_out(&std::fs::read_to_string(file)?, clients)?;
    let over = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let tasks: Vec<_> = shares
        .into_iter()
        .enumerate()
        .map(|(at, posts)| {
            let session = sessions[at % sessions.len()].clone();
            tokio::spawn(client(address.clone(), session, posts, over.clone()))
        })
        .collect();
    let alarm = over.clone();
    let seconds: f64 = seconds.parse()?;
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        alarm.store(true, Ordering::Relaxed);
    });
    let mut all = Seen::default();
    for task in tasks {
        let seen = task.await??;
        all.stored_ms.extend(seen.stored_ms);
        all.refused.extend(seen.refused);
    }
    let elapsed_s = started.elapsed().as_secs_f64();
    all.stored_ms.sort_by(|a, b| a.0.total_cmp(&b.0));
    let examples: Vec<_> = all.refused.iter().take(5).collect();
    let report = serde_json::json!({
        "stored": all.stored_ms.len(),
        "refused": all.refused.len(),
        "refused_examples": examples,
        "seconds": elapsed_s,
        "p50_ms": percentile(&all.stored_ms, 0.50),
        "p99_ms": percentile(&all.stored_ms, 0.99),
        "max_ms": percentile(&all.stored_ms, 1.0),
        "slowest_percent_of_hundredth_and_of_all": slowest(&all.stored_ms),
    });
    writeln!(std::io::stdout(), "{report}")?;
    Ok(())
}
