//! Closing, reopening and moving an enrollment.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_pack::input::read_day;

use super::offer::Offer;
use super::sent::Sent;
use super::words::Words;
use super::{care_of, home_of, name_of, subject_id};
use crate::care::{
    Acting, EnrollmentChange, EnrollmentId, EnrollmentState, EnrollmentStory, Error as CareError,
    SubjectId,
};
use crate::http::{Cx, Error, Form};
use crate::ui::{Frame, html};

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Close,
    Reopen,
    Move,
}

impl Deed {
    fn of(word: &str) -> Result<Deed, Error> {
        match word {
            "close" => Ok(Deed::Close),
            "reopen" => Ok(Deed::Reopen),
            "move" => Ok(Deed::Move),
            _ => Err(Error::NotFound),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Deed::Close => "care-close",
            Deed::Reopen => "care-reopen",
            Deed::Move => "care-move",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Deed::Close => "care-close-what",
            Deed::Reopen => "care-reopen-what",
            Deed::Move => "care-move-what",
        }
    }
}

#[derive(Template)]
#[template(path = "care/pages/deed.html")]
struct DeedPage {
    frame: Frame,
    cx: Cx,
    home: String,
    name: String,
    program: String,
    organization: String,
    advice: &'static str,
    asks_day: bool,
    asks_place: bool,
    is_possible: bool,
    offer: Offer,
    version: String,
    on: String,
    why: String,
    message: Option<String>,
}

async fn enrollment_of(
    cx: &Cx,
    subject: SubjectId,
    id: EnrollmentId,
) -> Result<EnrollmentStory, Error> {
    let story = care_of(cx)?.story(&Acting::from(cx), subject).await?;
    story
        .enrollments
        .into_iter()
        .find(|enrollment| enrollment.id == id)
        .ok_or(Error::NotFound)
}

async fn page(
    cx: &Cx,
    (subject, id, deed): (SubjectId, EnrollmentId, Deed),
    sent: &Sent,
    message: Option<String>,
) -> Result<DeedPage, Error> {
    let enrollment = enrollment_of(cx, subject, id).await?;
    let care = care_of(cx)?;
    let words = Words {
        cx,
        pack: care.pack(),
    };
    let is_open = enrollment.state == EnrollmentState::Open;
    let on = Some(sent.one("on")).filter(|text| !text.is_empty());
    Ok(DeedPage {
        frame: Frame::new(cx, deed.title()),
        cx: cx.clone(),
        home: home_of(cx, subject),
        name: name_of(cx, subject).await?,
        program: words.of(&care.pack().program(enrollment.program).title),
        organization: words.organization(enrollment.organization),
        advice: deed.advice(),
        asks_day: deed == Deed::Close,
        asks_place: deed == Deed::Move,
        is_possible: match deed {
            Deed::Close => is_open,
            Deed::Reopen => !is_open,
            Deed::Move => true,
        },
        offer: match deed {
            Deed::Move => {
                let typed = (sent.one("find"), sent.one("to"));
                Offer::of(&cx.actor.tree, enrollment.organization, typed, |_| true)
            }
            Deed::Close | Deed::Reopen => Offer::none(),
        },
        version: enrollment.version.to_string(),
        on: on.map_or_else(|| cx.today.to_string(), str::to_owned),
        why: sent.one("why").to_owned(),
        message,
    })
}

fn read(path: &(String, String, String)) -> Result<(SubjectId, EnrollmentId, Deed), Error> {
    let (id, enrollment, deed) = path;
    Ok((
        subject_id(id)?,
        enrollment.parse().map_err(|_| Error::NotFound)?,
        Deed::of(deed)?,
    ))
}

/// Asks for what the deed needs.
pub(super) async fn show(
    cx: Cx,
    Path(path): Path<(String, String, String)>,
) -> Result<Response, Error> {
    let which = read(&path)?;
    Ok(html(&page(&cx, which, &Sent(Vec::new()), None).await?)?.into_response())
}

/// Does it, or says why not.
pub(super) async fn submit(
    cx: Cx,
    Path(path): Path<(String, String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let (subject, id, deed) = read(&path)?;
    let sent = Sent(pairs);
    let care = care_of(&cx)?;
    let by = Acting::from(&cx);
    let why = sent.one("why").to_owned();
    let change = EnrollmentChange {
        id,
        subject,
        base_version: sent.one("version").parse().ok(),
        why: why.clone(),
    };
    let again = async |status, message: Option<String>| -> Result<Response, Error> {
        Ok((
            status,
            html(&page(&cx, (subject, id, deed), &sent, message).await?)?,
        )
            .into_response())
    };
    if sent.asks_for_places() {
        return again(StatusCode::OK, None).await;
    }
    if why.is_empty() {
        return again(
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(cx.t("care-reason-missing")),
        )
        .await;
    }
    let done = match deed {
        Deed::Close => match read_day(sent.one("on")) {
            Ok(Some(on)) if on <= cx.today => care.close(&by, change, on).await,
            Ok(_) => {
                return again(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Some(cx.t("care-day-wrong")),
                )
                .await;
            }
            Err(message) => {
                return again(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Some(message.get(cx.language).to_owned()),
                )
                .await;
            }
        },
        Deed::Reopen => care.reopen(&by, change).await,
        Deed::Move => match sent.one("to").parse() {
            Ok(to) => care.move_enrollment(&by, change, to).await,
            Err(_) => {
                return again(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Some(cx.t("care-place-missing")),
                )
                .await;
            }
        },
    };
    match done {
        // After a move the record may be another area's.
        Ok(()) => Ok(Redirect::to(&home_of(&cx, subject)).into_response()),
        Err(
            err @ (CareError::Stale(_)
            | CareError::StillOpen(_)
            | CareError::Closed(_)
            | CareError::Busy(_)),
        ) => {
            again(
                StatusCode::CONFLICT,
                Some(err.message().get(cx.language).to_owned()),
            )
            .await
        }
        Err(err) => Err(err.into()),
    }
}
