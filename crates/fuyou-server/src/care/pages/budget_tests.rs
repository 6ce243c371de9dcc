//! A budget for every page: whoever follows the links from the first page asks the database a bounded number of times,
//! and gets a page of a bounded size.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::tests::{TODAY, booked};
use crate::access::Role;
use crate::insight::Live;
use crate::testkit::{TestApp, on_each_database};

/// Statements of one page at most: the page of a person, which shows everything about her, takes most.
const STATEMENTS_MAX: u64 = 30;
/// Bytes of one page at most.
const BYTES_MAX: usize = 180 * 1024;
/// Bytes of the page of a program in the pack viewer, which tells all of it to be searched and printed.
const PROGRAM_BYTES_MAX: usize = 400 * 1024;
/// Pages that are looked at per user.
const PAGES_MAX: usize = 60;

/// Addresses of one kind cost alike; the first of each is looked at.
fn kind(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let parts = path
        .split('/')
        .map(|part| match uuid::Uuid::try_parse(part) {
            Ok(_) => "{id}",
            Err(_) => part,
        });
    let parts: Vec<&str> = parts.collect();
    match parts.as_slice() {
        ["", "indicators", _, rest @ ..] => format!("/indicators/{{}}/{}", rest.join("/")),
        _ => parts.join("/"),
    }
}

fn links(body: &str) -> impl Iterator<Item = String> + '_ {
    let all = body.split("href=\"").skip(1);
    let all = all.filter_map(|rest| rest.split('"').next());
    let pages = all.filter(|href| href.starts_with('/') && !href.starts_with("/assets"));
    pages.map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
}

/// What every page took that can be reached: statements and bytes.
async fn reached(app: &TestApp, login: &str) -> BTreeMap<String, (u64, usize)> {
    let mut waiting = VecDeque::from(["/".to_owned()]);
    let mut seen = BTreeSet::new();
    let mut costs = BTreeMap::new();
    while let Some(path) = waiting.pop_front() {
        if seen.len() >= PAGES_MAX || !seen.insert(kind(&path)) {
            continue;
        }
        let answer = app.send(login, "GET", &path, None).await;
        if answer.status == 303 {
            waiting.push_back(answer.location);
            continue;
        }
        assert_eq!(answer.status, 200, "{login} is led to {path}");
        waiting.extend(links(&answer.body).filter(|href| !seen.contains(&kind(href))));
        costs.insert(
            kind(&path),
            (answer.statements.unwrap_or_default(), answer.bytes.len()),
        );
    }
    costs
}

#[tokio::test]
async fn every_page_keeps_to_its_budget() {
    on_each_database(TODAY, async |app| {
        booked(app).await;
        // As in a running server, figures are in memory; without them the store is asked once for each measure.
        let pack = app.app.pack().unwrap().clone();
        let live = Live::start(app.app.db(), &pack, 1, None).unwrap();
        live.loaded().await;
        let _ = app.app.clone().with_live(live);
        let mut pages = 0;
        for role in Role::ALL {
            for (page, (statements, bytes)) in reached(app, role.word()).await {
                assert!(
                    statements <= STATEMENTS_MAX,
                    "{page} takes {statements} statements for a {}",
                    role.word()
                );
                let most = match page.starts_with("/packs/") {
                    true => PROGRAM_BYTES_MAX,
                    false => BYTES_MAX,
                };
                assert!(
                    bytes <= most || page.contains("/file"),
                    "{page} has {bytes} bytes for a {}",
                    role.word()
                );
                pages += 1;
            }
        }
        assert!(pages > 100, "only {pages} pages were reached");
    })
    .await;
}
