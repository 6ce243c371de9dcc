//! The page of the installation.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::work_web;
use super::{Trouble, inspect};
use crate::access::{Action, Denied};
use crate::db::Dialect;
use crate::http::{Access, Cx, Error, Route};
use crate::insight::{LiveStanding, TooLarge};
use crate::jobs::{JobFilter, JobView, jobs, keeps_the_system};
use crate::ui::{Frame, Need, html};

/// Jobs on the page; the others stand on the page of jobs.
const JOBS: usize = 8;

/// Routes of this capability. Who keeps only a part of the tree is turned away behind the gate.
pub(crate) fn routes() -> Vec<Route> {
    let keep = Access::Needs(Action::ManageSystem);
    vec![
        Route::get("/system", keep, show),
        Route::post("/system/figures", keep, work_web::load_figures),
        Route::post("/system/keys", keep, work_web::rotate_keys),
    ]
}

/// Refuses who does not keep the root of the tree.
pub(super) fn keeper(cx: &Cx) -> Result<(), Error> {
    if keeps_the_system(&cx.actor) {
        Ok(())
    } else {
        Err(Denied(Action::ManageSystem).into())
    }
}

/// What keeps the installation from being sound, for whoever keeps it.
pub(crate) async fn needs(cx: &Cx) -> Result<Vec<Need>, Error> {
    if !cx.actor.may(Action::ManageSystem) || !keeps_the_system(&cx.actor) {
        return Ok(Vec::new());
    }
    let found = inspect(&cx.app).await?.troubles;
    let need = |trouble: &Trouble| Need {
        words: cx.t(&format!("system-trouble-{}", trouble.word())),
        class: "bad",
        href: "/system".to_owned(),
    };
    Ok(found.iter().map(need).collect())
}

#[derive(Template)]
#[template(path = "system/system.html")]
struct SystemPage {
    frame: Frame,
    troubles: Vec<String>,
    sections: Vec<Section>,
    proof: Option<JobView>,
    copies: Vec<JobView>,
    jobs: Vec<JobView>,
    keeps_figures: bool,
    copies_by: &'static str,
}

struct Section {
    title: String,
    facts: Vec<(String, String)>,
}

async fn show(cx: Cx) -> Result<Response, Error> {
    keeper(&cx)?;
    let standing = inspect(&cx.app).await?;
    let (found, _) = jobs(&cx, &JobFilter::default(), None).await?;
    let view = |job: &crate::jobs::Job| JobView::new(&cx, job);
    let storage = &standing.storage;
    let fact = |key: &str, value: String| (cx.t(key), value);
    let mut database = vec![
        fact(
            "system-database-kind",
            match storage.dialect {
                Dialect::Sqlite => format!("SQLite {}", storage.version),
                Dialect::Postgres => format!("PostgreSQL {}", storage.version),
            },
        ),
        fact("system-schema", storage.schema.to_string()),
        fact("system-size", bytes(storage.bytes)),
    ];
    if storage.dialect == Dialect::Sqlite {
        database.push(fact("system-log-size", bytes(storage.log_bytes)));
    }
    database.extend(standing.free.map(|free| fact("system-free", bytes(free))));
    let mut program = vec![fact("system-version", standing.version.to_owned())];
    let layers = cx.app.pack().map(|pack| pack.layers.as_slice());
    for layer in layers.unwrap_or_default() {
        let title = layer.title.get(cx.language).to_owned();
        program.push((title, format!("{} {}", layer.id, layer.version)));
    }
    program.push(fact("system-key", standing.key.to_string()));
    let state = |word: &str| fact("system-figures-state", cx.t(word));
    let rows = |count: usize| fact("system-figures-rows", count.to_string());
    let figures = match standing.figures {
        None => vec![state("system-figures-none")],
        Some(LiveStanding::Loading { enrollments }) => {
            vec![state("system-figures-loading"), rows(enrollments)]
        }
        Some(LiveStanding::TooLarge(TooLarge { needs, bytes_max })) => vec![
            state("system-figures-too-large"),
            fact("system-figures-needs", bytes(needs as u64)),
            fact("system-figures-max", bytes(bytes_max as u64)),
        ],
        Some(LiveStanding::Held {
            enrollments,
            memory,
            changes,
            ..
        }) => vec![
            state("system-figures-ready"),
            rows(enrollments),
            fact("system-figures-bytes", bytes(memory.total() as u64)),
            fact("system-figures-read", changes.to_string()),
        ],
    };
    let section = |key: &str, facts| Section {
        title: cx.t(key),
        facts,
    };
    let words = |trouble: &Trouble| cx.t(&format!("system-trouble-{}", trouble.word()));
    let page = SystemPage {
        frame: Frame::new(&cx, "menu-system"),
        troubles: standing.troubles.iter().map(words).collect(),
        sections: vec![
            section("system-database", database),
            section("system-program", program),
            section("system-figures", figures),
        ],
        proof: standing.proof.as_ref().map(view),
        copies: standing.copies.iter().map(view).collect(),
        jobs: found.iter().take(JOBS).map(view).collect(),
        keeps_figures: standing.figures.is_some(),
        copies_by: match storage.dialect {
            Dialect::Sqlite => "system-copy-how",
            Dialect::Postgres => "system-copy-server",
        },
    };
    Ok(html(&page)?.into_response())
}

/// A size as people write it: with one decimal, in units of 1,024.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut tenths = count.saturating_mul(10);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    if unit == 0 {
        return format!("{count} B");
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}
