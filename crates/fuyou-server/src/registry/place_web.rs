//! The tree of organizations on a page, and keeping it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::{Date, Localized};
use serde::Deserialize;

use super::choice::{WHOLE_MAX, near};
use super::{
    Ahead, Level, NewPlace, Organization, OrganizationId, OrganizationKind, PlaceError,
    change_place, close_place, create_place, hand_over, move_place, open_choices, place,
    place_shown_web, reopen_place, set_ahead,
};
use crate::access::Action;
use crate::exchange::download_web::Files;
use crate::http::{Access, Cx, Error, Form, Query, Route};
use crate::ui::{Frame, html};

/// Organizations that are shown of those that were looked for.
const FOUND_MAX: usize = 200;

/// Routes about organizations.
pub(super) fn routes() -> Vec<Route> {
    let keep = Access::Needs(Action::ManageOrganizations);
    let mut routes = vec![
        Route::get("/organizations", Access::LoggedIn, show_all),
        Route::get("/organizations/new", keep, show_new),
        Route::post("/organizations", keep, submit_new),
        Route::get("/organizations/{organization}", Access::LoggedIn, show_one),
        Route::post("/organizations/{organization}", keep, submit_change),
        Route::post("/organizations/{organization}/parent", keep, submit_move),
        Route::post("/organizations/{organization}/closed", keep, submit_close),
        Route::post("/organizations/{organization}/ahead", keep, submit_ahead),
        Route::post(
            "/organizations/{organization}/handover",
            keep,
            submit_hand_over,
        ),
        Route::post(
            "/organizations/{organization}/reopened",
            keep,
            submit_reopen,
        ),
    ];
    routes.extend(super::place_import_web::routes());
    routes
}

impl From<PlaceError> for Error {
    fn from(err: PlaceError) -> Self {
        match err {
            PlaceError::Denied(denied) => Error::Forbidden(denied),
            PlaceError::NotFound => Error::NotFound,
            PlaceError::Store(cause) => cause.into(),
            PlaceError::Care(cause) => (*cause).into(),
            PlaceError::NoReason => Error::Rejected(Localized::new(
                "请写明移交原因",
                "Please write why they change hands",
            )),
            PlaceError::Words => Error::Rejected(Localized::new(
                "请填写机构编码和名称；编码不能含空格和斜线",
                "Please fill in code and name; a code has no blanks and no slashes",
            )),
            PlaceError::Level => Error::Rejected(Localized::new(
                "上级机构的层级不能低于本机构",
                "An organization cannot stand below one of a lower level",
            )),
            PlaceError::Cycle => Error::Rejected(Localized::new(
                "不能移到自身或其下级机构之下",
                "An organization cannot be moved below itself",
            )),
            PlaceError::CodeTaken(code) => Error::Conflict(Localized::new(
                format!("机构编码 {code} 已被使用"),
                format!("The code {code} is taken"),
            )),
            PlaceError::Closed => Error::Conflict(Localized::new(
                "上级机构已停用，请先启用",
                "The organization above is closed; reopen it first",
            )),
            PlaceError::Stale => Error::Conflict(Localized::new(
                "该机构刚被他人修改，请重新打开后再操作",
                "Somebody else has just changed this organization; open it again",
            )),
            PlaceError::Busy(left) => Error::Conflict(Localized::new(
                format!(
                    "还不能停用：下级机构 {} 个（请先停用或移走）、未结案档案 {} 份（请先在下方移交或结案）、\
                     在用账号 {} 个（请先停用账号）、在岗人员 {} 人（请先调动或办理离岗）、未完成转诊 {} 件（请先处理）",
                    left.below, left.enrollments, left.users, left.staff, left.referrals
                ),
                format!(
                    "It cannot be closed yet: {} organizations below (close or move them), {} open enrollments \
                     (hand them over below or close them), {} active users (lock them), {} staff members (move or end them), {} referrals under way (finish them)",
                    left.below, left.enrollments, left.users, left.staff, left.referrals
                ),
            )),
        }
    }
}

struct Line {
    organization: Organization,
    depth: usize,
    /// How many stand directly below it, where not all are shown.
    below: usize,
    above: String,
    level: String,
    kind: String,
}

#[derive(Template)]
#[template(path = "registry/organizations.html")]
struct OrganizationsPage {
    frame: Frame,
    lines: Vec<Line>,
    q: String,
    files: Files,
    can_keep: bool,
    can_open: bool,
}

fn kind_text(cx: &Cx, kind: OrganizationKind) -> String {
    cx.t(&format!("kind-{}", kind.word().replace('_', "-")))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TreeQuery {
    q: String,
    within: String,
}

/// The tree, a large one step by step; or what is looked for by name or code.
async fn show_all(cx: Cx, Query(query): Query<TreeQuery>) -> Result<Response, Error> {
    let within = query.within.parse().ok();
    let q = query.q.trim().to_lowercase();
    let found = match q.as_str() {
        "" => near(&cx, within),
        q => {
            let all = cx.actor.tree.subtree(cx.actor.organization).iter();
            let is_meant = |one: &&Organization| {
                one.name.to_lowercase().contains(q) || one.code.to_lowercase().starts_with(q)
            };
            let found = all.map(AsRef::as_ref).filter(is_meant);
            found.take(FOUND_MAX).map(|one| (one, 0)).collect()
        }
    };
    let is_whole = cx.actor.tree.subtree(cx.actor.organization).len() <= WHOLE_MAX;
    let lines = found.into_iter().map(|(organization, depth)| Line {
        depth,
        level: cx.t(&format!("level-{}", organization.level.word())),
        kind: kind_text(&cx, organization.kind),
        below: match is_whole {
            true => 0,
            false => cx.actor.tree.children(organization.id).count(),
        },
        // Places with the same name are told apart by what they belong to.
        above: match (q.as_str(), organization.parent_id) {
            ("", _) | (_, None) => String::new(),
            (_, Some(parent)) => cx.actor.tree.name(parent).to_owned(),
        },
        organization: organization.clone(),
    });
    let page = OrganizationsPage {
        frame: Frame::new(&cx, "menu-organizations"),
        lines: lines.collect(),
        q: query.q.trim().to_owned(),
        files: match cx.actor.may(Action::ManageOrganizations) {
            true => Files::of("/organizations/file", 1),
            false => Files::none(),
        },
        can_keep: cx.actor.may(Action::ManageOrganizations),
        can_open: cx.actor.may(Action::ManageOrganizations) || cx.actor.may(Action::ReadPerson),
    };
    Ok(html(&page)?.into_response())
}

/// The form, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct PlaceForm {
    id: String,
    version: i64,
    code: String,
    name: String,
    level: String,
    kind: String,
    parent: String,
    midwifery: String,
    rescue_centre: String,
    grade: String,
    population: String,
}

impl PlaceForm {
    fn of(organization: &Organization, version: i64) -> Self {
        let ticked = |is: bool| if is { "1" } else { "" }.to_owned();
        PlaceForm {
            id: organization.id.to_string(),
            version,
            code: organization.code.clone(),
            name: organization.name.clone(),
            level: organization.level.word().to_owned(),
            kind: organization.kind.word().to_owned(),
            parent: organization
                .parent_id
                .map(|parent| parent.to_string())
                .unwrap_or_default(),
            midwifery: ticked(organization.has_midwifery_licence),
            rescue_centre: ticked(organization.is_rescue_centre),
            grade: organization.hospital_grade.clone().unwrap_or_default(),
            population: organization
                .population
                .map(|count| count.to_string())
                .unwrap_or_default(),
        }
    }

    fn read(&self) -> Result<NewPlace, Error> {
        let choose = || {
            Error::Rejected(Localized::new(
                "请选择层级和类别，服务人口填写整数",
                "Please choose level and kind; the population is a whole number",
            ))
        };
        let population = match self.population.trim() {
            "" => None,
            text => Some(
                text.parse()
                    .ok()
                    .filter(|count| 0 <= *count)
                    .ok_or_else(choose)?,
            ),
        };
        let grade = self.grade.trim();
        Ok(NewPlace {
            code: self.code.trim().to_owned(),
            name: self.name.clone(),
            level: self.level.parse().map_err(|_| choose())?,
            kind: self.kind.parse().map_err(|_| choose())?,
            has_midwifery_licence: self.midwifery == "1",
            is_rescue_centre: self.rescue_centre == "1",
            hospital_grade: (!grade.is_empty()).then(|| grade.to_owned()),
            population,
        })
    }
}

#[derive(Template)]
#[template(path = "registry/place.html")]
struct PlacePage {
    frame: Frame,
    form: PlaceForm,
    is_new: bool,
    /// Where the user works is neither moved nor closed.
    is_own: bool,
    closed_on: Option<Date>,
    /// Whether it says itself that no work is taken along, and which one above it says so.
    ahead_off: bool,
    ahead_off_above: Option<String>,
    residents: i64,
    /// Open enrollments it is responsible for.
    enrollments: i64,
    today: Date,
    levels: Vec<(&'static str, String)>,
    kinds: Vec<(&'static str, String)>,
    parents: Vec<(String, String)>,
    message: String,
}

fn page(cx: &Cx, form: PlaceForm) -> PlacePage {
    let level = |level: Level| (level.word(), cx.t(&format!("level-{}", level.word())));
    PlacePage {
        frame: Frame::new(cx, "menu-organizations"),
        is_new: true,
        is_own: false,
        closed_on: None,
        ahead_off: false,
        ahead_off_above: None,
        residents: 0,
        enrollments: 0,
        today: cx.today,
        levels: Level::ALL.map(level).into(),
        kinds: OrganizationKind::ALL
            .map(|kind| (kind.word(), kind_text(cx, kind)))
            .into(),
        parents: open_choices(cx, form.parent.parse().ok()),
        message: String::new(),
        form,
    }
}

#[derive(Deserialize)]
struct NewQuery {
    #[serde(default)]
    parent: String,
}

async fn show_new(cx: Cx, Query(query): Query<NewQuery>) -> Result<Response, Error> {
    let id: OrganizationId = cx.app.new_id();
    let form = PlaceForm {
        id: id.to_string(),
        parent: query.parent,
        level: Level::Village.word().to_owned(),
        kind: OrganizationKind::VillageClinic.word().to_owned(),
        ..PlaceForm::default()
    };
    Ok(html(&page(&cx, form))?.into_response())
}

/// Shows the form again with what was wrong.
fn again(cx: &Cx, page: PlacePage, err: Error) -> Result<Response, Error> {
    let (status, words) = match err {
        Error::Rejected(words) => (StatusCode::UNPROCESSABLE_ENTITY, words),
        Error::Conflict(words) => (StatusCode::CONFLICT, words),
        other => return Err(other),
    };
    let page = PlacePage {
        message: words.get(cx.language).to_owned(),
        ..page
    };
    Ok((status, html(&page)?).into_response())
}

async fn submit_new(cx: Cx, Form(form): Form<PlaceForm>) -> Result<Response, Error> {
    let outcome = async {
        let id = form.id.parse().map_err(|_| Error::NotFound)?;
        let parent = form.parent.parse().map_err(|_| Error::NotFound)?;
        Ok(create_place(&cx, id, parent, &form.read()?).await?)
    };
    match outcome.await {
        Ok(()) => Ok(Redirect::to("/organizations").into_response()),
        Err(err) => again(&cx, page(&cx, form), err),
    }
}

async fn one(cx: &Cx, id: OrganizationId, typed: Option<PlaceForm>) -> Result<PlacePage, Error> {
    let (organization, version, going_on) = place::place(cx, id).await?;
    let form = typed.unwrap_or_else(|| PlaceForm::of(&organization, version));
    let parents = open_choices(cx, organization.parent_id);
    Ok(PlacePage {
        is_new: false,
        is_own: id == cx.actor.organization,
        closed_on: organization.closed_on,
        ahead_off: organization.ahead_off,
        ahead_off_above: organization
            .parent_id
            .and_then(|parent| cx.actor.tree.ahead_off_by(parent))
            .map(|above| above.name.clone()),
        residents: going_on.residents,
        enrollments: going_on.enrollments,
        parents,
        ..page(cx, form)
    })
}

/// Who keeps the tree changes it here; others read what is recorded about it.
async fn show_one(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let id = organization_id(&id)?;
    if !cx.actor.may(Action::ManageOrganizations) {
        return place_shown_web::show(&cx, id).await;
    }
    Ok(html(&one(&cx, id, None).await?)?.into_response())
}

async fn submit_change(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<PlaceForm>,
) -> Result<Response, Error> {
    let id = organization_id(&id)?;
    let outcome = async { Ok(change_place(&cx, id, form.version, &form.read()?).await?) };
    match outcome.await {
        Ok(()) => Ok(Redirect::to("/organizations").into_response()),
        Err(err) => again(&cx, one(&cx, id, Some(form)).await?, err),
    }
}

#[derive(Deserialize)]
struct MoveForm {
    version: i64,
    parent: String,
}

async fn submit_move(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<MoveForm>,
) -> Result<Response, Error> {
    let id = organization_id(&id)?;
    let parent = organization_id(&form.parent)?;
    match move_place(&cx, id, form.version, parent).await {
        Ok(()) => Ok(Redirect::to("/organizations").into_response()),
        Err(err) => again(&cx, one(&cx, id, None).await?, err.into()),
    }
}

#[derive(Deserialize)]
struct CloseForm {
    version: i64,
    #[serde(default)]
    on: String,
}

async fn submit_close(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<CloseForm>,
) -> Result<Response, Error> {
    let id = organization_id(&id)?;
    let on = form.on.parse().map_err(|_| {
        Error::Rejected(Localized::new(
            "请填写停用日期",
            "Please fill in from which day on it is closed",
        ))
    });
    let outcome = async { Ok(close_place(&cx, id, form.version, on?).await?) };
    match outcome.await {
        Ok(()) => Ok(Redirect::to("/organizations").into_response()),
        Err(err) => again(&cx, one(&cx, id, None).await?, err),
    }
}

#[derive(Deserialize)]
struct AheadForm {
    version: i64,
    ahead: String,
}

async fn submit_ahead(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<AheadForm>,
) -> Result<Response, Error> {
    let id = organization_id(&id)?;
    let ahead = match form.ahead.as_str() {
        "off" => Ahead::Off,
        "allowed" => Ahead::Allowed,
        _ => return Err(Error::NotFound),
    };
    match set_ahead(&cx, id, form.version, ahead).await {
        Ok(()) => Ok(Redirect::to(&format!("/organizations/{id}")).into_response()),
        Err(err) => again(&cx, one(&cx, id, None).await?, err.into()),
    }
}

#[derive(Deserialize)]
struct HandOverForm {
    to: String,
    #[serde(default)]
    reason: String,
}

async fn submit_hand_over(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<HandOverForm>,
) -> Result<Response, Error> {
    let id = organization_id(&id)?;
    let to = organization_id(&form.to)?;
    match hand_over(&cx, id, to, &form.reason).await {
        Ok(_) => Ok(Redirect::to(&format!("/organizations/{id}")).into_response()),
        Err(err) => again(&cx, one(&cx, id, None).await?, err.into()),
    }
}

async fn submit_reopen(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<CloseForm>,
) -> Result<Response, Error> {
    let id = organization_id(&id)?;
    match reopen_place(&cx, id, form.version).await {
        Ok(()) => Ok(Redirect::to("/organizations").into_response()),
        Err(err) => again(&cx, one(&cx, id, None).await?, err.into()),
    }
}

fn organization_id(text: &str) -> Result<OrganizationId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}
