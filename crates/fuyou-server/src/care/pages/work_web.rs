//! The work list: what to do now, the most urgent first, and one click to do it.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_pack::input::read_day;
use serde::Deserialize;

use super::sent::Sent;
use super::words::{Badge, Words, followed};
use super::{care_of, home_of, subject_id};
use crate::access::Action;
use crate::care::opening::LINKS;
use crate::care::{
    Acting, Attempt, AttemptOutcome, Cause, Cursor, Reach, WorkFilter, WorkKind, WorkPage as Page,
    WorkRow,
};
use crate::exchange::download_web::Files;
use crate::http::{Cx, Error, Form, encoded};
use crate::referral::incoming;
use crate::registry::{Named, named};
use crate::texts::Told;
use crate::ui::{Frame, html};

/// Lines on a page.
const LINES: u32 = 40;

/// A clock of hours is told in days from three days on.
const CLOCK_IN_DAYS_FROM_MINUTES: u64 = 3 * 24 * 60;

/// Which part of the work list.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct WorkQuery {
    kind: String,
    reach: String,
    program: String,
    after: String,
}

impl WorkQuery {
    /// What is asked for.
    pub(super) fn filter(&self) -> WorkFilter {
        let mut kinds = WorkKind::ALL.into_iter();
        WorkFilter {
            reach: if self.reach == "below" {
                Reach::Below
            } else {
                Reach::Own
            },
            kind: kinds.find(|kind| kind.word() == self.kind),
            program: Some(self.program.clone()).filter(|program| !program.is_empty()),
        }
    }
}

struct CountView {
    href: String,
    label: String,
    count: i64,
    is_current: bool,
    is_alarm: bool,
}

pub(super) struct LineView {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) residence: String,
    pub(super) badges: Vec<Badge>,
    pub(super) age: String,
    pub(super) title: String,
    pub(super) when: Told,
    pub(super) state: &'static str,
    pub(super) notes: Vec<String>,
    pub(super) act: Option<String>,
    done: Option<String>,
    attempt: Option<String>,
    attempt_id: String,
}

#[derive(Template)]
#[template(path = "care/pages/work.html")]
struct WorkListPage {
    frame: Frame,
    cx: Cx,
    today: Told,
    counts: Vec<CountView>,
    lines: Vec<LineView>,
    reaches: Vec<(String, &'static str, bool)>,
    programs: Vec<(String, String, bool)>,
    outcomes: Vec<(&'static str, String)>,
    first: String,
    next: Option<String>,
    files: Files,
    can_register: bool,
    /// What is overdue by more than 30 days: where it is listed, how many, and whether that is this page.
    older: Option<(String, i64, bool)>,
}

fn address(kind: &str, reach: &str, program: &str) -> String {
    let mut pairs = Vec::new();
    for (name, value) in [("kind", kind), ("reach", reach), ("program", program)] {
        if !value.is_empty() {
            pairs.push(format!("{name}={}", encoded(value)));
        }
    }
    if pairs.is_empty() {
        "/".to_owned()
    } else {
        format!("/?{}", pairs.join("&"))
    }
}

/// The home page of those who care for persons; none for others.
pub(crate) async fn home(cx: &Cx, query: WorkQuery) -> Result<Option<Response>, Error> {
    let Some(care) = cx.app.care().filter(|_| cx.actor.may(Action::RecordCare)) else {
        return Ok(None);
    };
    let by = Acting::from(cx);
    let words = Words {
        cx,
        pack: care.pack(),
    };
    let filter = query.filter();
    let after = Some(query.after.clone())
        .filter(|after| !after.is_empty())
        .map(Cursor);
    let page = care.work_list(&by, &filter, after.as_ref(), LINES).await?;
    let subjects = page.rows.iter().map(|row| row.subject.uuid());
    let names = named(cx, subjects).await??;
    let lines = page
        .rows
        .iter()
        .map(|row| line(words, row, names.get(&row.subject.uuid())));
    let mut counts = counts(words, &query, &page);
    if cx.actor.may(Action::ManageReferral) {
        let waiting = incoming(care, &by).await?;
        counts.push(CountView {
            href: "/referrals".to_owned(),
            label: words.t("work-incoming"),
            count: waiting.running,
            is_current: false,
            is_alarm: waiting.late > 0,
        });
    }
    let links = care.links_wanting(&by).await?.len();
    if links > 0 {
        counts.push(CountView {
            href: LINKS.to_owned(),
            label: words.t("link-wanting"),
            count: i64::try_from(links).unwrap_or(i64::MAX),
            is_current: false,
            is_alarm: true,
        });
    }
    let first = address(&query.kind, &query.reach, &query.program);
    let more = |cursor: &Cursor| {
        let joint = if first.contains('?') { '&' } else { '?' };
        format!("{first}{joint}after={}", encoded(&cursor.0))
    };
    let programs: Vec<(String, String, bool)> = followed(care.pack())
        .map(|program| {
            let href = address(&query.kind, &query.reach, &program.id);
            (
                href,
                words.of(&program.title),
                *program.id == *query.program,
            )
        })
        .collect();
    let list = WorkListPage {
        frame: Frame::new(cx, "menu-home"),
        cx: cx.clone(),
        today: cx.calendar().plain(cx.today),
        counts,
        lines: lines.collect(),
        reaches: [("", "work-own"), ("below", "work-below")]
            .map(|(reach, key)| {
                (
                    address(&query.kind, reach, &query.program),
                    key,
                    query.reach == reach,
                )
            })
            .into(),
        programs: if programs.len() > 1 {
            programs
        } else {
            Vec::new()
        },
        outcomes: AttemptOutcome::ALL
            .map(|outcome| {
                (
                    outcome.word(),
                    words.t(&format!("attempt-{}", outcome.word().replace('_', "-"))),
                )
            })
            .into(),
        next: page.next.as_ref().map(more),
        files: match cx.actor.may(Action::ExportData) {
            true => Files::of(&first.replacen('/', "/work/file", 1), page.of(filter.kind)),
            false => Files::none(),
        },
        first,
        can_register: cx.actor.may(Action::RegisterPerson),
        older: older(&query, &page),
    };
    Ok(Some(html(&list)?.into_response()))
}

fn counts(words: Words<'_>, query: &WorkQuery, page: &Page) -> Vec<CountView> {
    let known = |kind: WorkKind| {
        page.counts
            .iter()
            .find(|(known, _)| *known == kind)
            .map_or(0, |(_, count)| *count)
    };
    let mut views = vec![CountView {
        href: address("", &query.reach, &query.program),
        label: words.t("work-everything"),
        count: page.everything,
        is_current: query.kind.is_empty(),
        is_alarm: false,
    }];
    let shown = WorkKind::ALL
        .into_iter()
        .filter(|kind| *kind != WorkKind::OverdueLonger);
    views.extend(shown.map(|kind| CountView {
        href: address(kind.word(), &query.reach, &query.program),
        label: words.t(&format!("work-{}", kind.word())),
        count: known(kind),
        is_current: query.kind == kind.word(),
        is_alarm: matches!(
            kind,
            WorkKind::Overdue | WorkKind::OverdueMonth | WorkKind::Clock | WorkKind::Escalated
        ) && known(kind) > 0,
    }));
    views
}

/// Hours and minutes, or days when nobody counts hours any more.
fn clock_words(words: Words<'_>, minutes: u64) -> String {
    if minutes >= CLOCK_IN_DAYS_FROM_MINUTES {
        return words.t1("care-days", "days", minutes / (24 * 60));
    }
    let (hours, rest) = ((minutes / 60).to_string(), (minutes % 60).to_string());
    let pairs = [("hours", hours.as_str()), ("minutes", rest.as_str())];
    crate::texts::text_with(words.language(), "work-hours", &pairs)
}

/// The part of the list that is folded away unless it is asked for.
fn older(query: &WorkQuery, page: &Page) -> Option<(String, i64, bool)> {
    let kind = WorkKind::OverdueLonger;
    let is_current = query.kind == kind.word();
    let (_, count) = page.counts.iter().find(|(known, _)| *known == kind)?;
    let is_asked = is_current || query.kind.is_empty();
    (*count > 0 && is_asked).then(|| {
        let href = address(kind.word(), &query.reach, &query.program);
        (href, *count, is_current)
    })
}

pub(super) fn line(words: Words<'_>, row: &WorkRow, found: Option<&Named>) -> LineView {
    let program = words.pack.program(row.program);
    let missed = row.task.is_missed(words.cx.today);
    let (due, _) = words.due(row.task.due);
    let (when, state) = match (row.minutes_left, row.late_days) {
        _ if missed => (
            words.t1("work-was-due", "day", due.words.as_str()),
            "missed",
        ),
        (Some(left), _) => {
            let time = clock_words(words, left.unsigned_abs());
            let key = if left < 0 {
                "work-minutes-late"
            } else {
                "work-minutes-left"
            };
            (
                words.t1(key, "time", time),
                if left < 0 { "overdue" } else { "today" },
            )
        }
        (None, 0) => (words.t("work-today"), "today"),
        (None, late) if late > 0 => (words.t1("work-late", "days", late), "overdue"),
        (None, early) => (words.t1("work-left", "days", -early), "ready"),
    };
    let mut notes = Vec::new();
    if row.attempts > 0 {
        notes.push(words.t1("work-tried", "count", row.attempts));
    }
    if let Some(at) = row.escalated_at {
        notes.push(words.t1("work-shown-since", "at", words.instant(at).words));
    }
    if row.task.owner != words.cx.actor.organization {
        notes.push(words.organization(row.task.owner));
    }
    let form = row
        .task
        .form
        .map(|form| program.form(form))
        .filter(|form| !words.is_closed(form));
    let by_hand = row.task.form.is_none() && row.task.cause != Cause::Restricted;
    let home = home_of(words.cx, row.subject);
    let at = |what: &str| format!("{home}/tasks/{}/{what}", row.task.id);
    LineView {
        href: home.clone(),
        name: found.map_or_else(|| "–".to_owned(), |found| found.name.clone()),
        residence: found.map_or_else(String::new, |found| found.residence.clone()),
        age: found
            .and_then(|found| found.birth_on)
            .map_or_else(String::new, |on| words.calendar().age(on)),
        badges: words.risk(program, &row.risk).badges,
        title: words.task_title(program, &row.task),
        when: due.said(when),
        state,
        notes,
        act: form.filter(|_| !missed).map(|form| {
            format!(
                "{home}/forms/{}/{}?enrollment={}",
                program.id, form.id, row.enrollment
            )
        }),
        done: by_hand.then(|| at("done")),
        attempt: Some(at("attempts")),
        attempt_id: words.cx.new_id().to_string(),
    }
}

/// Marks a task done that no form does.
pub(super) async fn done(
    cx: Cx,
    Path((id, task)): Path<(String, String)>,
) -> Result<Redirect, Error> {
    let subject = subject_id(&id)?;
    let task = task.parse().map_err(|_| Error::NotFound)?;
    care_of(&cx)?
        .complete_task(&Acting::from(&cx), subject, task)
        .await?;
    Ok(Redirect::to("/"))
}

/// Notes that somebody tried.
pub(super) async fn attempt(
    cx: Cx,
    Path((id, task)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Redirect, Error> {
    let sent = Sent(pairs);
    let outcome = AttemptOutcome::ALL
        .into_iter()
        .find(|outcome| outcome.word() == sent.one("outcome"));
    let attempt = Attempt {
        id: sent.one("id").parse().map_err(|_| Error::NotFound)?,
        task: task.parse().map_err(|_| Error::NotFound)?,
        subject: subject_id(&id)?,
        outcome: outcome.ok_or(Error::NotFound)?,
        note: sent.one("note").to_owned(),
        again_on: read_day(sent.one("again_on")).map_err(Error::Rejected)?,
    };
    care_of(&cx)?
        .record_attempt(&Acting::from(&cx), attempt)
        .await?;
    // Back to the list from which it was noted; to nothing that is not a list of ours.
    let back = Some(sent.one("back")).filter(|back| back.starts_with("/lists/"));
    Ok(Redirect::to(back.unwrap_or("/")))
}
