//! Sending a referral from the person page.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::sent::Sent;
use super::words::Words;
use super::{care_of, name_of, places, subject_id};
use crate::care::{Acting, EnrollmentId, Error as CareError, SubjectId};
use crate::http::{Cx, Error, Form};
use crate::referral::{Sending, send};
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
    places: Vec<(String, String)>,
    to: String,
    reason: String,
    message: Option<String>,
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
        .filter(|rule| {
            rule.until.is_none()
                && !rule.replaced
                && rule.rule.is_some_and(|ix| program.rule(ix).refer.is_some())
        })
        .map(|rule| words.of(&rule.title))
        .collect();
    let reason = match sent.one("reason") {
        "" if message.is_none() => suggested.join(&cx.t("care-and")),
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
        places: places(cx, |organization| {
            let cares = [
                OrganizationKind::Hospital,
                OrganizationKind::MchInstitute,
                OrganizationKind::TownshipCentre,
            ];
            cares.contains(&organization.kind) && organization.id != cx.actor.organization
        }),
        to: sent.one("to").to_owned(),
        reason,
        message,
    })
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
    let care = care_of(&cx)?;
    let message = match sent.one("to").parse() {
        Err(_) => cx.t("care-place-missing"),
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
