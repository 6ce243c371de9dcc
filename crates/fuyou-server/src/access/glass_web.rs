//! Emergency access: opening a record without a care relation, and the list of what was opened.

use askama::Template;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::{IdentityNumber, Phone, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::{Action, GLASS_REASON_CHARACTERS_MIN, Opened, OpenedPlace, break_glass, opened};
use crate::exchange::download_web::{Files, PageRead, Paged, Pages, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Access, Cx, Error, Form, Query, Route};
use crate::registry::{Hold, PersonId, person_in_hand};
use crate::ui::{Frame, html};

/// Routes of emergency access.
pub(super) fn routes() -> Vec<Route> {
    let glass = Access::Needs(Action::BreakGlass);
    vec![
        Route::get("/glass", glass, show_glass),
        Route::post("/glass", glass, submit_glass),
        Route::get(
            "/glass/opened",
            Access::Needs(Action::ReviewGlass),
            show_opened,
        ),
        Route::post(
            "/glass/opened/file",
            Access::Needs(Action::ReviewGlass),
            begin_file,
        ),
    ]
}

#[derive(Template)]
#[template(path = "access/glass.html")]
struct GlassPage {
    frame: Frame,
    can_review: bool,
    by: &'static str,
    reason: String,
    problem_number: String,
    problem_name: String,
    problem_phone: String,
    problem_slip: String,
    problem_reason: String,
}

impl GlassPage {
    fn new(cx: &Cx) -> Self {
        GlassPage {
            frame: Frame::new(cx, "home-glass"),
            can_review: cx.actor.may(Action::ReviewGlass),
            by: "number",
            reason: String::new(),
            problem_number: String::new(),
            problem_name: String::new(),
            problem_phone: String::new(),
            problem_slip: String::new(),
            problem_reason: String::new(),
        }
    }
}

async fn show_glass(cx: Cx) -> Result<Response, Error> {
    Ok(html(&GlassPage::new(&cx))?.into_response())
}

#[derive(Deserialize)]
struct GlassForm {
    /// What one has in hand: `number`, `phone`, `slip`.
    #[serde(default)]
    by: String,
    #[serde(default)]
    identity_number: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    slip: String,
    reason: String,
}

/// Whoever has her identity number, her name with her phone, or her name with the number of a referral slip in hand may
/// ask whether there is a record; the asking is audited. One of them alone that many share opens nothing.
async fn submit_glass(cx: Cx, Form(form): Form<GlassForm>) -> Result<Response, Error> {
    let mut page = GlassPage::new(&cx);
    let reason = form.reason.trim();
    if reason.chars().count() < GLASS_REASON_CHARACTERS_MIN {
        page.problem_reason = cx.t("glass-reason-short");
    }
    let name = form.name.trim();
    let hold = match form.by.as_str() {
        "phone" | "slip" if name.is_empty() => {
            page.problem_name = cx.t("person-name-missing");
            None
        }
        "phone" => match form.phone.trim().parse::<Phone>() {
            Ok(phone) => Some(Hold::NameAndPhone(name, phone)),
            Err(_) => {
                page.problem_phone = cx.t("person-phone-wrong");
                None
            }
        },
        "slip" => match Uuid::try_parse(form.slip.trim()) {
            Ok(slip) => Some(Hold::NameAndSlip(name, slip)),
            Err(_) => {
                page.problem_slip = cx.t("glass-slip-wrong");
                None
            }
        },
        _ => match form.identity_number.parse::<IdentityNumber>() {
            Ok(number) => Some(Hold::Number(number)),
            Err(_) => {
                page.problem_number = cx.t("glass-number-wrong");
                None
            }
        },
    };
    page.by = match form.by.as_str() {
        "phone" => "phone",
        "slip" => "slip",
        _ => "number",
    };
    if let (Some(hold), true) = (hold, page.problem_reason.is_empty()) {
        match person_in_hand(&cx, &hold).await? {
            Some(person) => {
                break_glass(&cx, person.uuid(), reason).await??;
                return Ok(Redirect::to(&format!("/persons/{person}")).into_response());
            }
            None => {
                let nobody = cx.t("glass-nobody");
                match page.by {
                    "phone" => page.problem_phone = nobody,
                    "slip" => page.problem_slip = nobody,
                    _ => page.problem_number = nobody,
                }
            }
        }
    }
    page.reason = form.reason;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html(&page)?).into_response())
}

struct Line {
    at: String,
    user: String,
    organization: String,
    person: Option<(PersonId, String)>,
    residence: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "access/opened.html")]
struct OpenedPage {
    frame: Frame,
    files: Files,
    lines: Vec<Line>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct OpenedQuery {
    /// Milliseconds and id of the last opening of the page before.
    #[serde(default)]
    before: String,
}

async fn show_opened(cx: Cx, Query(query): Query<OpenedQuery>) -> Result<Response, Error> {
    let before = query.before.split_once('.').and_then(|(at, id)| {
        let at = Timestamp::from_millisecond(at.parse().ok()?).ok()?;
        Some(OpenedPlace(at, Uuid::try_parse(id).ok()?))
    });
    let (openings, next) = opened(&cx, before).await??;
    let page = OpenedPage {
        frame: Frame::new(&cx, "glass-opened"),
        files: match openings.is_empty() {
            true => Files::none(),
            false => Files::uncounted("/glass/opened/file"),
        },
        lines: openings
            .into_iter()
            .map(|opening| line(&cx, opening))
            .collect(),
        next: next.map(|place| {
            format!(
                "/glass/opened?before={}.{}",
                place.0.as_millisecond(),
                place.1
            )
        }),
    };
    Ok(html(&page)?.into_response())
}

fn line(cx: &Cx, opening: Opened) -> Line {
    let zone = cx.app.options().time_zone.clone();
    Line {
        at: opening
            .at
            .to_zoned(zone)
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        user: format!("{} ({})", opening.user.1, opening.user.0),
        organization: cx.actor.tree.name(opening.user_organization).to_owned(),
        person: opening
            .person
            .map(|(id, name)| (PersonId::from_uuid(id), name)),
        residence: cx.actor.tree.name(opening.residence).to_owned(),
        reason: opening.reason,
    }
}

/// Begins to write everything that was opened into a file.
async fn begin_file(cx: Cx, kind: SheetKind, uri: Uri) -> Result<Redirect, Error> {
    let lines = Paged::begin(OpenedLines { cx: cx.clone() }).await?;
    cx.db.note(cx.entry("export", "glass")).await?;
    let head = [
        "audit-at",
        "audit-actor",
        "users-organization",
        "person-name",
        "person-residence",
        "glass-reason",
    ];
    let table = Table {
        name: format!("{}-{}", cx.t("glass-opened"), cx.today),
        kind,
        head: head.map(|key| cx.t(key)).into(),
        total: 0,
        lines: Box::new(lines),
    };
    table.begin(cx, &uri).await
}

struct OpenedLines {
    cx: Cx,
}

impl Pages for OpenedLines {
    type Line = Opened;
    type Place = OpenedPlace;

    async fn read(&self, from: Option<OpenedPlace>) -> Result<PageRead<Self>, Error> {
        Ok(opened(&self.cx, from).await??)
    }

    fn cells(&self, opening: Opened) -> Vec<String> {
        let line = line(&self.cx, opening);
        let name = line.person.map_or_else(String::new, |(_, name)| name);
        let (user, organization) = (line.user, line.organization);
        vec![
            line.at,
            user,
            organization,
            name,
            line.residence,
            line.reason,
        ]
    }
}
