//! A stored record: what it led to, correcting it, declaring it void.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_pack::model::Severity;
use fuyou_pack::record::At;

use super::form_web::{Desk, PageAsked, Typing};
use super::sent::{Sent, Wish, typed_of_record};
use super::story_view::{Link, RecordView, TaskView, enrollment_view, record_view, task_view};
use super::words::{RiskView, Why, Words};
use super::{care_of, colleagues, home_of, name_of, subject_id};
use crate::access::Action;
use crate::care::{
    Acting, Cause, Correction, EncounterId, EnrollmentStory, Error as CareError, RecordShown,
    SubjectId, Values, Voiding,
};
use crate::http::{Cx, Error, Form};
use crate::referral::ReferralState;
use crate::ui::{Frame, html};

/// Where a record stands.
pub(super) struct Found {
    pub(super) enrollment: EnrollmentStory,
    pub(super) record: RecordShown,
}

/// A record of a subject, voided or not.
pub(super) async fn find(cx: &Cx, subject: SubjectId, id: &str) -> Result<Found, Error> {
    let id: EncounterId = id.parse().map_err(|_| Error::NotFound)?;
    let story = care_of(cx)?.story(&Acting::from(cx), subject).await?;
    for enrollment in story.enrollments {
        if let Some(record) = enrollment
            .records
            .iter()
            .find(|record| record.id == id)
            .cloned()
        {
            return Ok(Found { enrollment, record });
        }
    }
    Err(Error::NotFound)
}

#[derive(Template)]
#[template(path = "care/pages/record.html")]
struct RecordPage {
    frame: Frame,
    cx: Cx,
    home: String,
    name: String,
    record: RecordView,
    risk: RiskView,
    before: Option<RiskView>,
    /// What became true with this record.
    new: Vec<Why>,
    why: Vec<Why>,
    referrals: Vec<Link>,
    /// What is to be done now, and the next contact.
    next: Vec<TaskView>,
    wanted: Vec<Link>,
}

/// What a record led to: risk at once, alerts, what is to be done, where to refer to.
pub(super) async fn show(
    cx: Cx,
    Path((id, record)): Path<(String, String)>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let found = find(&cx, subject, &record).await?;
    let care = care_of(&cx)?;
    let words = Words {
        cx: &cx,
        pack: care.pack(),
    };
    colleagues::of_stories(&cx, care.pack(), std::slice::from_ref(&found.enrollment)).await?;
    let program = care.pack().program(found.enrollment.program);
    let since_this = |rule: &&crate::care::RuleShown| rule.since == found.record.recorded_at;
    let story = &found.enrollment;
    let place = story
        .trajectory
        .iter()
        .position(|point| point.by == found.record.id);
    let before = place.and_then(|place| story.trajectory.get(place.checked_sub(1)?));
    let mut next: Vec<TaskView> = Vec::new();
    let open = || story.tasks.iter().filter(|task| task.is_owed(cx.today));
    let demanded = open().filter(|task| !matches!(task.cause, Cause::Visit(_)));
    let visits = open()
        .filter(|task| matches!(task.cause, Cause::Visit(_)))
        .take(2);
    next.extend(
        demanded
            .chain(visits)
            .map(|task| task_view(words, program, (subject, story), task)),
    );
    let view = enrollment_view(words, subject, story);
    let page = RecordPage {
        frame: Frame::new(&cx, "menu-persons")
            .titled(words.form_title(program.form(found.record.form))),
        home: home_of(&cx, subject),
        name: name_of(&cx, subject).await?,
        record: record_view(words, program, subject, &found.record),
        risk: view.risk,
        before: before.map(|point| words.risk(program, &point.risk)),
        new: words.why(program, story.rules.iter().filter(since_this)),
        why: view.why,
        referrals: suggested(words, subject, story),
        next,
        wanted: view.wanted,
        cx: cx.clone(),
    };
    Ok(html(&page)?.into_response())
}

/// Referrals that true rules suggest and that are not under way.
fn suggested(words: Words<'_>, person: SubjectId, story: &EnrollmentStory) -> Vec<Link> {
    let program = words.pack.program(story.program);
    if !words.cx.actor.may(Action::ManageReferral) {
        return Vec::new();
    }
    let mut kinds = Vec::new();
    for rule in story
        .rules
        .iter()
        .filter(|rule| rule.until.is_none() && !rule.replaced)
    {
        let Some(kind) = rule.rule.and_then(|ix| program.rule(ix).refer) else {
            continue;
        };
        let under_way = story.referrals.iter().any(|referral| {
            let ended = [
                ReferralState::Closed,
                ReferralState::Declined,
                ReferralState::Cancelled,
            ];
            referral.kind == kind && !ended.contains(&referral.state)
        });
        if !under_way && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
        .into_iter()
        .map(|kind| {
            let kind = &program.referrals[kind.get()];
            Link {
                href: format!(
                    "/persons/{person}/refer?enrollment={}&kind={}",
                    story.id, kind.id
                ),
                words: words.of(&kind.title),
            }
        })
        .collect()
}

fn desk_of<'a>(cx: &'a Cx, subject: SubjectId, found: &Found) -> Result<Desk<'a>, Error> {
    let program = care_of(cx)?.pack().program(found.enrollment.program);
    Desk::new(
        cx,
        subject,
        &program.id,
        &program.form(found.record.form).id,
    )
}

fn conflict(key: &str) -> Error {
    let text = |language| crate::texts::text(language, key);
    Error::Conflict(fuyou_kernel::Localized::new(
        text(fuyou_kernel::Language::Zh),
        text(fuyou_kernel::Language::En),
    ))
}

/// The form of a stored record.
pub(super) async fn show_correction(
    cx: Cx,
    Path((id, record)): Path<(String, String)>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let found = find(&cx, subject, &record).await?;
    let desk = desk_of(&cx, subject, &found)?;
    let stored = typed_of_record(desk.pack_form(), &found.record.values, &found.record.groups);
    // Whoever does not see all of it would delete what is hidden.
    let typed = stored.ok_or_else(|| conflict("care-correct-restricted"))?;
    let typing = Typing {
        record: found.record.id,
        enrollment: Some(found.enrollment.id),
        base_version: Some(found.record.version),
        occurred_text: found.record.occurred_on.to_string(),
        occurred_on: Some(found.record.occurred_on),
        typed,
        reasons: found.record.reasons.clone(),
    };
    let preview = desk.preview(&typing).await?;
    let asked = PageAsked {
        checked: Some(&preview.checked),
        action: Some(format!("{}/records/{record}/correct", desk.home())),
        why: Some(String::new()),
        ..PageAsked::new(&typing)
    };
    Ok(html(&desk.page(asked).await?)?.into_response())
}

/// Replaces the content of a record, or shows the form again.
pub(super) async fn submit_correction(
    cx: Cx,
    Path((id, record)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let found = find(&cx, subject, &record).await?;
    let desk = desk_of(&cx, subject, &found)?;
    if typed_of_record(desk.pack_form(), &found.record.values, &found.record.groups).is_none() {
        return Err(conflict("care-correct-restricted"));
    }
    let sent = Sent(pairs);
    let (mut typing, wrong_day) = desk.typing(&sent)?;
    typing.record = found.record.id;
    let words = desk.words();
    let why = sent.one("why").to_owned();
    let saving = sent.wish() == Wish::Save;
    let correction = Correction {
        id: found.record.id,
        subject,
        occurred_on: typing.occurred_on,
        values: Values::Text(typing.typed.clone()),
        reasons: typing.reasons.clone(),
        base_version: typing.base_version.unwrap_or(0),
        why: why.clone(),
    };
    let (mut status, mut message, mut refused, mut theirs) =
        (StatusCode::UNPROCESSABLE_ENTITY, None, None, None);
    if saving && wrong_day.is_none() {
        match desk.care.correct(&desk.by, correction).await {
            Ok(_) => {
                let page = format!("{}/records/{record}", desk.home());
                return Ok(Redirect::to(&page).into_response());
            }
            Err(CareError::Refused(refusal)) => refused = Some(refusal),
            Err(CareError::NoReason) => message = Some(words.t("care-correct-why-missing")),
            Err(err @ CareError::Stale(_)) => {
                status = StatusCode::CONFLICT;
                message = Some(words.of(&err.message()));
                // Saving again now is done knowingly.
                typing.base_version = Some(found.record.version);
                theirs = Some(&found.record);
            }
            Err(err) => return Err(err.into()),
        }
    }
    let preview = desk.preview(&typing).await?;
    let mut findings = Desk::findings(&preview, wrong_day);
    if let Some(refusal) = &refused {
        // The refusal compared the record with the others only, the preview also with itself.
        findings.retain(|finding| {
            finding.at.first() == Some(&At::OccurredOn) && finding.severity == Severity::Refuse
        });
        let known = findings.clone();
        findings.extend(
            refusal
                .findings
                .iter()
                .filter(|finding| !known.contains(finding))
                .cloned(),
        );
    }
    let asked = PageAsked {
        checked: refused
            .as_ref()
            .and_then(|refusal| refusal.checked.as_ref())
            .or(Some(&preview.checked)),
        findings: &findings,
        is_loud: saving,
        message,
        action: Some(format!("{}/records/{record}/correct", desk.home())),
        why: Some(why),
        theirs,
        ..PageAsked::new(&typing)
    };
    let page = desk.page(asked).await?;
    Ok((if saving { status } else { StatusCode::OK }, html(&page)?).into_response())
}

#[derive(Template)]
#[template(path = "care/pages/void.html")]
struct VoidPage {
    frame: Frame,
    cx: Cx,
    home: String,
    name: String,
    record: RecordView,
    version: i64,
    why: String,
    message: Option<String>,
}

async fn void_page(
    cx: &Cx,
    subject: SubjectId,
    found: &Found,
    message: Option<String>,
) -> Result<VoidPage, Error> {
    let care = care_of(cx)?;
    let words = Words {
        cx,
        pack: care.pack(),
    };
    colleagues::of_stories(cx, care.pack(), std::slice::from_ref(&found.enrollment)).await?;
    let program = care.pack().program(found.enrollment.program);
    Ok(VoidPage {
        frame: Frame::new(cx, "care-declare-void"),
        cx: cx.clone(),
        home: home_of(cx, subject),
        name: name_of(cx, subject).await?,
        record: record_view(words, program, subject, &found.record),
        version: found.record.version,
        why: String::new(),
        message,
    })
}

/// Asks why a record shall no longer count.
pub(super) async fn show_void(
    cx: Cx,
    Path((id, record)): Path<(String, String)>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let found = find(&cx, subject, &record).await?;
    Ok(html(&void_page(&cx, subject, &found, None).await?)?.into_response())
}

/// Declares a record void.
pub(super) async fn submit_void(
    cx: Cx,
    Path((id, record)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let care = care_of(&cx)?;
    let sent = Sent(pairs);
    let voiding = Voiding {
        id: record.parse().map_err(|_| Error::NotFound)?,
        subject,
        base_version: sent.one("version").parse().unwrap_or(0),
        why: sent.one("why").to_owned(),
    };
    let (status, message) = match care.void(&Acting::from(&cx), voiding).await {
        Ok(_) => return Ok(Redirect::to(&home_of(&cx, subject)).into_response()),
        Err(err @ CareError::NoReason) => (StatusCode::UNPROCESSABLE_ENTITY, err.message()),
        Err(err @ (CareError::Stale(_) | CareError::Void(_))) => {
            (StatusCode::CONFLICT, err.message())
        }
        Err(err) => return Err(err.into()),
    };
    let found = find(&cx, subject, &record).await?;
    let page = void_page(
        &cx,
        subject,
        &found,
        Some(message.get(cx.language).to_owned()),
    )
    .await?;
    Ok((status, html(&page)?).into_response())
}
