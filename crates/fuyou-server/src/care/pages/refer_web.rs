//! Sending a referral from the person page.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::Secrecy;
use serde::Deserialize;

use super::offer::Offer;
use super::sent::Sent;
use super::words::Words;
use super::{care_of, name_of, subject_id};
use crate::care::{Acting, EnrollmentId, EnrollmentStory, Error as CareError, SubjectId};
use crate::http::{Cx, Error, Form, Query};
use crate::referral::{Sending, Slip, Urgency, send};
use crate::registry::OrganizationKind;
use crate::ui::{Frame, html};

#[derive(Deserialize)]
pub(super) struct ReferQuery {
    enrollment: String,
    #[serde(default)]
    kind: String,
}

#[derive(Template)]
#[template(path = "care/pages/refer.html")]
struct ReferPage {
    frame: Frame,
    cx: Cx,
    person: SubjectId,
    name: String,
    id: String,
    enrollment: String,
    kinds: Vec<(String, String)>,
    kind: String,
    offer: Offer,
    reason: String,
    urgencies: Vec<(&'static str, String)>,
    urgency: &'static str,
    long_parts: Vec<PartView>,
    short_parts: Vec<PartView>,
    message: Option<String>,
}

/// One text of the slip.
struct PartView {
    name: &'static str,
    label: String,
    hint: String,
    text: String,
    missing: bool,
}

/// The slip as typed.
fn slip_of(sent: &Sent) -> Slip {
    let text = |name: &str| sent.one(name).to_owned();
    Slip {
        urgency: Urgency::of(sent.one("urgency")).unwrap_or_default(),
        findings: text("findings"),
        treatment: text("treatment"),
        asked: text("asked"),
        department: text("department"),
        transport: text("transport"),
        escort: text("escort"),
        called_ahead: text("called-ahead"),
        doctor: text("doctor"),
        phone: text("phone"),
    }
}

fn parts(cx: &Cx, slip: &Slip, is_sent: bool) -> (Vec<PartView>, Vec<PartView>) {
    let missing = if is_sent { slip.missing() } else { Vec::new() };
    let part = |(name, text, hint): (&'static str, &String, bool)| PartView {
        name,
        label: cx.t(&format!("slip-{name}")),
        hint: if hint {
            cx.t(&format!("slip-{name}-hint"))
        } else {
            String::new()
        },
        text: text.clone(),
        missing: missing.contains(&name),
    };
    let long = [
        ("findings", &slip.findings, true),
        ("treatment", &slip.treatment, true),
        ("asked", &slip.asked, true),
    ];
    let short = [
        ("department", &slip.department, false),
        ("transport", &slip.transport, true),
        ("escort", &slip.escort, true),
        ("called-ahead", &slip.called_ahead, true),
        ("doctor", &slip.doctor, false),
        ("phone", &slip.phone, false),
    ];
    (long.map(part).into(), short.map(part).into())
}

async fn page(
    cx: &Cx,
    subject: SubjectId,
    sent: &Sent,
    message: Option<String>,
) -> Result<ReferPage, Error> {
    let care = care_of(cx)?;
    let words = Words {
        cx,
        pack: care.pack(),
    };
    let enrollment: EnrollmentId = sent
        .one("enrollment")
        .parse()
        .map_err(|_| Error::NotFound)?;
    let story = care.story(&Acting::from(cx), subject).await?;
    let found = story
        .enrollments
        .iter()
        .find(|known| known.id == enrollment)
        .ok_or(Error::NotFound)?;
    let program = care.pack().program(found.program);
    let suggested: Vec<String> = found
        .rules
        .iter()
        .filter(|rule| rule.until.is_none() && !rule.replaced)
        .filter_map(|rule| Some((rule, program.rule(rule.rule?))))
        // A slip passes through many hands: what is for few eyes only is never filled in, whoever writes it.
        .filter(|(_, known)| known.refer.is_some() && known.secrecy < Secrecy::Infection)
        .map(|(rule, _)| words.of(&rule.title))
        .collect();
    let mut slip = slip_of(sent);
    if sent.one("id").is_empty() {
        slip.doctor = cx.actor.name.clone();
        slip.findings = findings(words, found);
    }
    let (long_parts, short_parts) = parts(cx, &slip, message.is_some());
    let reason = match sent.one("reason") {
        "" if sent.one("id").is_empty() => suggested.join(&cx.t("care-and")),
        given => given.to_owned(),
    };
    Ok(ReferPage {
        frame: Frame::new(cx, "care-refer"),
        cx: cx.clone(),
        person: subject,
        name: name_of(cx, subject).await?,
        id: match sent.one("id") {
            "" => cx.new_id().to_string(),
            id => id.to_owned(),
        },
        enrollment: enrollment.to_string(),
        kinds: program
            .referrals
            .iter()
            .map(|kind| (kind.id.to_string(), words.of(&kind.title)))
            .collect(),
        kind: sent.one("kind").to_owned(),
        offer: {
            let typed = (sent.one("find"), sent.one("to"));
            Offer::of(
                &cx.actor.tree,
                cx.actor.organization,
                typed,
                |organization| {
                    let cares = [
                        OrganizationKind::Hospital,
                        OrganizationKind::MchInstitute,
                        OrganizationKind::TownshipCentre,
                    ];
                    cares.contains(&organization.kind) && organization.id != cx.actor.organization
                },
            )
        },
        reason,
        urgencies: Urgency::ALL
            .map(|urgency| {
                let word = urgency.word();
                (word, cx.t(&format!("slip-urgency-{word}")))
            })
            .into(),
        urgency: slip.urgency.word(),
        long_parts,
        short_parts,
        message,
    })
}

/// What stands against the subject now, one line each, with her risk first: to be completed by who sends her.
fn findings(words: Words<'_>, story: &EnrollmentStory) -> String {
    let program = words.pack.program(story.program);
    let risk = words.risk(program, &story.risk);
    let colours: Vec<String> = risk.badges.into_iter().map(|badge| badge.words).collect();
    let rules = story
        .rules
        .iter()
        .filter(|rule| rule.until.is_none() && !rule.replaced)
        .filter(|rule| {
            let known = rule.rule.map(|ix| program.rule(ix));
            // What she has, not what is to be done about it; and nothing that is for few eyes only.
            known.is_some_and(|known| {
                let tells =
                    known.risk.is_some() || known.mark.is_some() || !known.points.is_empty();
                tells && known.secrecy < Secrecy::Infection
            })
        })
        .map(|rule| words.of(&rule.title));
    let first = Some(colours.join(&words.t("care-and"))).filter(|text| !text.is_empty());
    first
        .into_iter()
        .chain(rules)
        .collect::<Vec<_>>()
        .join("\n")
}

fn missing_words(cx: &Cx, slip: &Slip) -> String {
    let parts: Vec<String> = slip
        .missing()
        .into_iter()
        .map(|part| cx.t(&format!("slip-{part}")))
        .collect();
    let key = if slip.urgency == Urgency::Emergency {
        "slip-missing-emergency"
    } else {
        "slip-missing"
    };
    let parts = parts.join(&cx.t("care-and"));
    crate::texts::text_with(cx.language, key, &[("parts", &parts)])
}

/// Asks where to, which kind and why; what the rules suggest is filled in.
pub(super) async fn show(
    cx: Cx,
    Path(id): Path<String>,
    Query(query): Query<ReferQuery>,
) -> Result<Response, Error> {
    let sent = Sent(vec![
        ("enrollment".to_owned(), query.enrollment),
        ("kind".to_owned(), query.kind),
    ]);
    Ok(html(&page(&cx, subject_id(&id)?, &sent, None).await?)?.into_response())
}

/// Sends it; sent twice, it is one.
pub(super) async fn submit(
    cx: Cx,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let subject = subject_id(&id)?;
    let sent = Sent(pairs);
    if sent.asks_for_places() {
        return Ok(html(&page(&cx, subject, &sent, None).await?)?.into_response());
    }
    let care = care_of(&cx)?;
    let slip = slip_of(&sent);
    let message = match sent.one("to").parse() {
        Err(_) => cx.t("care-place-missing"),
        Ok(_) if !slip.missing().is_empty() => missing_words(&cx, &slip),
        Ok(to) => {
            let sending = Sending {
                id: sent.one("id").parse().map_err(|_| Error::NotFound)?,
                subject,
                enrollment: sent
                    .one("enrollment")
                    .parse()
                    .map_err(|_| Error::NotFound)?,
                kind: sent.one("kind").to_owned(),
                to,
                reason: sent.one("reason").to_owned(),
                slip,
            };
            match send(care, &Acting::from(&cx), sending).await {
                Ok(_) => return Ok(Redirect::to(&format!("/persons/{subject}")).into_response()),
                Err(err @ CareError::NoReason) => err.message().get(cx.language).to_owned(),
                Err(err) => return Err(err.into()),
            }
        }
    };
    let page = page(&cx, subject, &sent, Some(message)).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}
