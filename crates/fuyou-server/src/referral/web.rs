//! The referral desk: incoming and outgoing hand-overs with their clocks, and the next step of each.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::{Id, Localized};
use fuyou_pack::input::read_day;
use serde::Deserialize;

use super::{
    DeskFilter, ReferralShown, ReferralState, Side, Span, Step, Urgency, desk, file_web, step,
};
use crate::access::Action;
use crate::care::{Acting, Cursor};
use crate::exchange::download_web::Files;
use crate::http::{Access, Cx, Error, Form, Query, Route, encoded};
use crate::registry::{Found, PersonId, listed};
use crate::texts::{Sense, Told};
use crate::ui::{Frame, html};

/// Lines on a page.
const LINES: u32 = 40;

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let manage = Access::Needs(Action::ManageReferral);
    let export = Access::Needs(Action::ExportData);
    vec![
        Route::get("/referrals", manage, show),
        Route::get("/referrals/file", export, file_web::download),
        Route::post("/referrals/file", export, file_web::begin),
        Route::get(
            "/persons/{id}/referrals/{referral}",
            manage,
            super::slip_web::show,
        ),
        Route::post("/persons/{id}/referrals/{referral}", manage, take_step),
    ]
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct DeskQuery {
    side: String,
    span: String,
    after: String,
}

impl DeskQuery {
    /// What is asked for.
    pub(super) fn filter(&self) -> DeskFilter {
        let known = |span: &Span| span_word(*span) == self.span;
        let mut sides = Side::ALL.into_iter();
        DeskFilter {
            side: sides.find(|side| side_word(*side) == self.side),
            span: SPANS.into_iter().find(known).unwrap_or_default(),
        }
    }
}

struct SideView {
    href: String,
    label: String,
    count: i64,
    late: i64,
    is_current: bool,
}

struct SpanView {
    href: String,
    label: String,
    is_current: bool,
}

/// A step that follows: its word, its words, what it asks for.
struct StepView {
    word: &'static str,
    /// The key that takes it in the line that has the focus.
    key: &'static str,
    icon: &'static str,
    title: String,
    note: Option<String>,
    asks_day: bool,
}

pub(super) struct LineView {
    person: String,
    id: String,
    version: i64,
    pub(super) name: String,
    pub(super) residence: String,
    age: String,
    pub(super) kind: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) reason: String,
    pub(super) state: String,
    pub(super) sent: Told,
    pub(super) clock: Option<ClockView>,
    urgency: Option<String>,
    pub(super) notes: Vec<String>,
    steps: Vec<StepView>,
}

/// What must happen next, until when, and who is told when it does not.
pub(super) struct ClockView {
    pub(super) awaited: String,
    pub(super) by: Told,
    distance: String,
    /// The state of the badge: `overdue`, `today`, `ready`.
    state: &'static str,
    escalated_to: Option<String>,
}

/// What to do where nothing is listed.
struct EmptyView {
    title: String,
    advice: String,
    href: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "referral/desk.html")]
struct DeskPage {
    frame: Frame,
    cx: Cx,
    sides: Vec<SideView>,
    spans: Vec<SpanView>,
    /// How many are folded away, and where they are.
    older: Option<(i64, String)>,
    is_older: bool,
    lines: Vec<LineView>,
    empty: EmptyView,
    side: String,
    span: &'static str,
    first: String,
    next: Option<String>,
    files: Files,
}

const SPANS: [Span; 3] = [Span::Running, Span::Older, Span::All];

pub(super) fn span_word(span: Span) -> &'static str {
    match span {
        Span::Running => "running",
        Span::Older => "older",
        Span::All => "all",
    }
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Incoming => "incoming",
        Side::Outgoing => "outgoing",
        Side::Unanswered => "unanswered",
        Side::Escalated => "escalated",
    }
}

/// The page that sends somebody, or the one that has everything.
fn empty(cx: &Cx, side: Side) -> EmptyView {
    let key = format!("referral-none-{}", side_word(side));
    let (href, words) = match side {
        Side::Incoming | Side::Unanswered => ("/", "referral-to-work"),
        Side::Outgoing => ("/persons", "referral-to-persons"),
        Side::Escalated => ("/referrals?side=incoming&span=all", "referral-to-all"),
    };
    EmptyView {
        title: cx.t(&key),
        advice: cx.t(&format!("{key}-what")),
        href,
        words: cx.t(words),
    }
}

async fn show(cx: Cx, Query(query): Query<DeskQuery>) -> Result<Response, Error> {
    let care = cx.app.care().ok_or(Error::NotFound)?;
    let filter = query.filter();
    let span = filter.span;
    let after = Some(query.after.clone())
        .filter(|after| !after.is_empty())
        .map(Cursor);
    let page = desk(care, &Acting::from(&cx), &filter, after.as_ref(), LINES).await?;
    let ids: Vec<PersonId> = page
        .rows
        .iter()
        .map(|row| Id::from_uuid(row.subject.uuid()))
        .collect();
    let names = listed(&cx, &ids).await??;
    let side = page.side;
    let address = |side: Side, span: Span| {
        format!(
            "/referrals?side={}&span={}",
            side_word(side),
            span_word(span)
        )
    };
    let first = address(side, span);
    let older = Side::ALL.iter().position(|known| *known == side);
    let older = older.map_or(0, |at| page.counts[at].older);
    let view = DeskPage {
        frame: Frame::new(&cx, "menu-referrals"),
        sides: Side::ALL
            .into_iter()
            .enumerate()
            .map(|(at, known)| SideView {
                href: address(known, Span::Running),
                label: cx.t(&format!("referral-{}", side_word(known))),
                count: page.counts[at].running,
                late: page.counts[at].late,
                is_current: known == side,
            })
            .collect(),
        spans: SPANS
            .into_iter()
            .map(|known| SpanView {
                href: address(side, known),
                label: cx.t(&format!("referral-{}", span_word(known))),
                is_current: known == span,
            })
            .collect(),
        older: (older > 0 && span == Span::Running).then(|| (older, address(side, Span::Older))),
        is_older: span == Span::Older,
        lines: page
            .rows
            .iter()
            .map(|row| {
                line(
                    &cx,
                    care.pack(),
                    (row, page.urgent.get(&row.id).copied()),
                    names.get(&Id::from_uuid(row.subject.uuid())),
                )
            })
            .collect(),
        empty: empty(&cx, side),
        side: side_word(side).to_owned(),
        span: span_word(span),
        next: page
            .next
            .as_ref()
            .map(|cursor| format!("{first}&after={}", encoded(&cursor.0))),
        files: file_web::files(&cx, &first, &page, span),
        first,
        cx: cx.clone(),
    };
    Ok(html(&view)?.into_response())
}

pub(super) fn line(
    cx: &Cx,
    pack: &fuyou_pack::Pack,
    (row, urgency): (&ReferralShown, Option<Urgency>),
    found: Option<&Found>,
) -> LineView {
    let kind = &pack.program(row.program).referrals[row.kind.get()];
    let notes = [&row.feedback, &row.follow_up, &row.remark];
    LineView {
        person: row.subject.to_string(),
        id: row.id.to_string(),
        version: row.version,
        name: found.map_or_else(|| "–".to_owned(), |found| found.name.clone()),
        residence: found.map_or_else(String::new, |found| found.residence.clone()),
        age: found.map_or_else(String::new, |found| cx.calendar().age(found.birth_on)),
        kind: kind.title.get(cx.language).to_owned(),
        from: cx.actor.tree.name(row.from).to_owned(),
        to: cx.actor.tree.name(row.to).to_owned(),
        reason: row.reason.clone(),
        state: cx.t(&format!("referral-{}", row.state.word())),
        sent: cx.told_at(row.sent_at),
        clock: clock(cx, row),
        urgency: urgency.map(|urgency| cx.t(&format!("slip-urgency-{}", urgency.word()))),
        notes: notes.into_iter().flatten().cloned().collect(),
        steps: steps(cx, row),
    }
}

/// The clock that runs; none when nothing must happen any more.
fn clock(cx: &Cx, row: &ReferralShown) -> Option<ClockView> {
    use ReferralState as S;
    let by = row.next_by?;
    let awaited = match row.state {
        S::Sent | S::Accepted => "referral-await-arrival",
        S::Arrived => "referral-await-feedback",
        S::Feedback | S::Declined | S::Closed | S::Cancelled => "referral-await-follow-up",
    };
    let late = by < cx.today;
    let distance = cx.calendar().distance(by, Sense::Deadline);
    Some(ClockView {
        awaited: cx.t(awaited),
        by: cx.calendar().plain(by),
        distance: distance.unwrap_or_default(),
        state: match by {
            _ if late => "overdue",
            by if by == cx.today => "today",
            _ => "ready",
        },
        escalated_to: row
            .escalates_to
            .filter(|_| late)
            .map(|place| cx.actor.tree.name(place).to_owned()),
    })
}

/// The key and the icon of a step.
fn key_and_icon(word: &str) -> (&'static str, &'static str) {
    match word {
        "accept" => ("A", "i-accept"),
        "arrive" => ("D", "i-arrive"),
        "not-arrived" => ("N", "i-call"),
        "decline" => ("R", "i-decline"),
        "feedback" => ("F", "i-answer"),
        "follow-up" => ("S", "i-call"),
        "close" => ("C", "i-accept"),
        _ => ("W", "i-decline"),
    }
}

/// The steps that follow for the actor, the usual one first.
fn steps(cx: &Cx, row: &ReferralShown) -> Vec<StepView> {
    use ReferralState as S;
    let receiver: &[&'static str] = match row.state {
        S::Sent => &["accept", "arrive", "decline", "not-arrived"],
        S::Accepted => &["arrive", "not-arrived", "decline"],
        S::Arrived | S::Feedback => &["feedback"],
        S::Declined | S::Closed | S::Cancelled => &[],
    };
    let sender: &[&'static str] = match row.state {
        S::Sent | S::Accepted => &["follow-up", "cancel"],
        S::Arrived => &["follow-up"],
        S::Feedback | S::Declined => &["follow-up", "close"],
        S::Closed | S::Cancelled => &[],
    };
    let mine = |organization, words: &'static [&'static str]| {
        if cx.actor.sees(organization) {
            words
        } else {
            &[]
        }
    };
    let words = mine(row.to, receiver).iter().chain(mine(row.from, sender));
    words
        .map(|word| (word, key_and_icon(word)))
        .map(|(word, (key, icon))| StepView {
            word,
            key,
            icon,
            title: cx.t(&format!("referral-do-{word}")),
            note: (!matches!(*word, "accept" | "arrive" | "close"))
                .then(|| cx.t(&format!("referral-note-{word}"))),
            asks_day: matches!(*word, "arrive" | "feedback"),
        })
        .collect()
}

#[derive(Deserialize)]
struct StepForm {
    step: String,
    version: i64,
    side: String,
    #[serde(default)]
    span: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    on: String,
}

async fn take_step(
    cx: Cx,
    Path((id, referral)): Path<(String, String)>,
    Form(form): Form<StepForm>,
) -> Result<Redirect, Error> {
    let care = cx.app.care().ok_or(Error::NotFound)?;
    let on = read_day(&form.on)
        .map_err(Error::Rejected)?
        .unwrap_or(cx.today);
    let note = form.note.trim().to_owned();
    let next = match form.step.as_str() {
        "accept" => Step::Accept,
        "decline" => Step::Decline { reason: note },
        "arrive" => Step::Arrive { on },
        "not-arrived" => Step::NotArrived { note },
        "feedback" => Step::Feedback { note, on },
        "follow-up" => Step::FollowUp { note },
        "close" => Step::Close,
        "cancel" => Step::Cancel { reason: note },
        _ => {
            return Err(Error::Rejected(Localized::new(
                crate::texts::text(fuyou_kernel::Language::Zh, "referral-step-unknown"),
                crate::texts::text(fuyou_kernel::Language::En, "referral-step-unknown"),
            )));
        }
    };
    let subject = id.parse().map_err(|_| Error::NotFound)?;
    let referral = referral.parse().map_err(|_| Error::NotFound)?;
    step(
        care,
        &Acting::from(&cx),
        subject,
        referral,
        next,
        Some(form.version),
    )
    .await?;
    Ok(Redirect::to(&format!(
        "/referrals?side={}&span={}",
        encoded(&form.side),
        encoded(&form.span)
    )))
}
