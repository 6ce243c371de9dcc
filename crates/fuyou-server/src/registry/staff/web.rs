//! Pages about staff members.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::{Date, Localized, Phone};
use serde::Deserialize;

use super::keep::open;
use super::{
    Employment, Particulars, Profession, Staff, StaffError, StaffFilter, StaffId, StaffSort,
    change_staff, create_staff, end_staff, list_staff, move_staff,
};
use crate::access::Action;
use crate::exchange::download_web::{PageRead, Paged, Pages, Table};
use crate::exchange::sheet::SheetKind;
use crate::http::{Access, Cx, Error, Form, Query, Route, encoded};
use crate::registry::{OrganizationId, choices, open_choices};
use crate::ui::{Frame, html};

/// Lines on a page, and read at once for a file.
const LINES: usize = 40;
const BATCH: usize = 500;

/// Routes about staff members.
pub(in crate::registry) fn routes() -> Vec<Route> {
    let keep = Access::Needs(Action::ManageStaff);
    vec![
        Route::get("/staff", keep, show_list),
        Route::get("/staff/file", keep, download),
        Route::get("/staff/new", keep, show_new),
        Route::post("/staff", keep, submit_new),
        Route::get("/staff/{staff}", keep, show_one),
        Route::post("/staff/{staff}", keep, submit_change),
        Route::post("/staff/{staff}/posts", keep, submit_move),
        Route::post("/staff/{staff}/ended", keep, submit_end),
    ]
}

impl From<StaffError> for Error {
    fn from(err: StaffError) -> Self {
        let rejected = |zh: &str, en: &str| Error::Rejected(Localized::new(zh, en));
        match err {
            StaffError::Denied(denied) => Error::Forbidden(denied),
            StaffError::NotFound => Error::NotFound,
            StaffError::Store(cause) => cause.into(),
            StaffError::Name => rejected(
                "请填写姓名；姓名和职称不超过 60 字",
                "Please fill in the name; name and title have at most 60 characters",
            ),
            StaffError::Closed => rejected("该机构已停用", "This organization is closed"),
            StaffError::Before(day) => Error::Rejected(Localized::new(
                format!("日期应晚于本岗位的开始日期 {day}"),
                format!("The day must lie after {day}, when the present post began"),
            )),
            StaffError::NoUser => rejected(
                "辖区内没有这个登录名",
                "There is no user of this login in your area",
            ),
            StaffError::UserTaken => Error::Conflict(Localized::new(
                "该账号已关联其他人员",
                "This user belongs to another staff member",
            )),
            StaffError::IdTaken => Error::Conflict(Localized::new(
                "该编号已用于另一人，请重新打开页面",
                "This id was used for somebody else; open the page again",
            )),
            StaffError::Stale => Error::Conflict(Localized::new(
                "该人员资料刚被他人修改，请重新打开后再操作",
                "Somebody else has just changed this staff member; open the page again",
            )),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    organization: String,
    profession: String,
    q: String,
    employment: String,
    sort: String,
    after: String,
}

impl ListQuery {
    fn filter(&self) -> Result<StaffFilter, Error> {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (descending, sort) = match self.sort.strip_prefix('-') {
            Some(sort) => (true, sort),
            None => (false, self.sort.as_str()),
        };
        Ok(StaffFilter {
            organization: some(&self.organization)
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| Error::NotFound)?,
            profession: some(&self.profession)
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| Error::NotFound)?,
            q: self.q.trim().to_lowercase(),
            employment: match self.employment.as_str() {
                "ended" => Employment::Ended,
                "all" => Employment::All,
                _ => Employment::Now,
            },
            sort: match sort {
                "name" => StaffSort::Name,
                "profession" => StaffSort::Profession,
                "from" => StaffSort::From,
                _ => StaffSort::Organization,
            },
            descending,
            after: some(&self.after)
                .map(|text| text.parse())
                .transpose()
                .map_err(|_| Error::NotFound)?,
        })
    }

    fn address(&self, base: &str, sort: &str) -> String {
        let pairs = [
            ("organization", self.organization.as_str()),
            ("profession", &self.profession),
            ("q", &self.q),
            ("employment", &self.employment),
            ("sort", sort),
        ];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> = pairs
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("{base}?{}", pairs.join("&"))
    }
}

struct Head {
    title: String,
    /// Empty: not sorted by this.
    href: String,
    /// `ascending`, `descending` or empty.
    sorted: &'static str,
}

struct Line {
    href: String,
    cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "registry/staff/list.html")]
struct ListPage {
    frame: Frame,
    query: ListQuery,
    heads: Vec<Head>,
    lines: Vec<Line>,
    organizations: Vec<(String, String)>,
    professions: Vec<(&'static str, String)>,
    employments: [(&'static str, String); 3],
    first: String,
    next: Option<String>,
    files: [(String, &'static str); 2],
}

/// Title and sort word of each column.
const COLUMNS: [(&str, &str); 8] = [
    ("staff-name", "name"),
    ("staff-organization", "organization"),
    ("staff-profession", "profession"),
    ("staff-title", ""),
    ("staff-phone", ""),
    ("staff-from", "from"),
    ("staff-until", ""),
    ("staff-login", ""),
];

fn profession_text(cx: &Cx, profession: Profession) -> String {
    cx.t(&format!(
        "profession-{}",
        profession.word().replace('_', "-")
    ))
}

fn professions(cx: &Cx) -> Vec<(&'static str, String)> {
    Profession::ALL
        .map(|one| (one.word(), profession_text(cx, one)))
        .into()
}

fn cells(cx: &Cx, staff: &Staff) -> Vec<String> {
    vec![
        staff.said.name.clone(),
        cx.actor.tree.name(staff.organization).to_owned(),
        profession_text(cx, staff.said.profession),
        staff.said.title.clone(),
        staff
            .said
            .phone
            .as_ref()
            .map_or("", Phone::reveal)
            .to_owned(),
        staff.from_on.to_string(),
        staff
            .until_on
            .map(|date| date.to_string())
            .unwrap_or_default(),
        staff.said.login.clone(),
    ]
}

async fn show_list(cx: Cx, Query(query): Query<ListQuery>) -> Result<Response, Error> {
    let page = list_staff(&cx, &query.filter()?, LINES).await?;
    let head = |(title, word): (&str, &str)| {
        let (up, down) = (word.to_owned(), format!("-{word}"));
        let sorted = match query.sort.as_str() {
            _ if word.is_empty() => "",
            sort if sort == up => "ascending",
            sort if sort == down => "descending",
            _ => "",
        };
        let sort = if sorted == "ascending" { &down } else { &up };
        Head {
            title: cx.t(title),
            href: if word.is_empty() {
                String::new()
            } else {
                query.address("/staff", sort)
            },
            sorted,
        }
    };
    let first = query.address("/staff", &query.sort);
    let file = query.address("/staff/file", &query.sort);
    let view = ListPage {
        frame: Frame::new(&cx, "menu-staff"),
        heads: COLUMNS.into_iter().map(head).collect(),
        lines: page
            .staff
            .iter()
            .map(|staff| Line {
                href: format!("/staff/{}", staff.id),
                cells: cells(&cx, staff),
            })
            .collect(),
        organizations: choices(&cx, query.organization.parse().ok()),
        professions: professions(&cx),
        employments: ["now", "ended", "all"].map(|word| (word, cx.t(&format!("staff-{word}")))),
        next: page.next.map(|last| format!("{first}&after={last}")),
        first,
        files: ["csv", "xlsx"].map(|format| (format!("{file}&format={format}"), format)),
        query,
    };
    Ok(html(&view)?.into_response())
}

/// The whole list as a file. Taking it out is audited.
async fn download(
    cx: Cx,
    kind: SheetKind,
    Query(query): Query<ListQuery>,
) -> Result<Response, Error> {
    let lines = Paged::begin(StaffLines {
        cx: cx.clone(),
        filter: query.filter()?,
    });
    let lines = lines.await?;
    cx.db.note(cx.entry("export", "staff")).await?;
    let table = Table {
        name: format!("{}-{}", cx.t("menu-staff"), cx.today),
        kind,
        head: COLUMNS.iter().map(|(title, _)| cx.t(title)).collect(),
        // A staff list is short, and nobody counts it.
        total: 0,
        lines: Box::new(lines),
    };
    table.answer().await
}

/// The lines of the list that is being taken out.
struct StaffLines {
    cx: Cx,
    filter: StaffFilter,
}

impl Pages for StaffLines {
    type Line = Staff;
    type Place = StaffId;

    async fn read(&self, after: Option<StaffId>) -> Result<PageRead<Self>, Error> {
        let filter = StaffFilter {
            after,
            ..self.filter.clone()
        };
        let page = list_staff(&self.cx, &filter, BATCH).await?;
        Ok((page.staff, page.next))
    }

    fn cells(&self, staff: Staff) -> Vec<String> {
        cells(&self.cx, &staff)
    }
}

/// The form, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct StaffForm {
    id: String,
    version: i64,
    name: String,
    profession: String,
    title: String,
    phone: String,
    login: String,
    organization: String,
    from: String,
}

impl StaffForm {
    fn of(staff: &Staff) -> Self {
        let said = &staff.said;
        StaffForm {
            id: staff.id.to_string(),
            version: staff.version,
            name: said.name.clone(),
            profession: said.profession.word().to_owned(),
            title: said.title.clone(),
            phone: said.phone.as_ref().map_or("", Phone::reveal).to_owned(),
            login: said.login.clone(),
            organization: staff.organization.to_string(),
            from: staff.from_on.to_string(),
        }
    }

    fn read(&self) -> Result<Particulars, Error> {
        let phone = Some(self.phone.trim()).filter(|text| !text.is_empty());
        Ok(Particulars {
            name: self.name.trim().to_owned(),
            profession: self.profession.parse().map_err(|_| {
                Error::Rejected(Localized::new(
                    "请选择专业类别",
                    "Please choose the profession",
                ))
            })?,
            title: self.title.trim().to_owned(),
            phone: phone.map(str::parse).transpose().map_err(|_| {
                Error::Rejected(Localized::new("电话号码有误", "This is not a phone number"))
            })?,
            login: self.login.trim().to_owned(),
        })
    }
}

fn day(text: &str) -> Result<Date, Error> {
    text.trim().parse().map_err(|_| {
        Error::Rejected(Localized::new(
            "请填写正确的日期",
            "Please fill in a valid date",
        ))
    })
}

#[derive(Template)]
#[template(path = "registry/staff/staff.html")]
struct StaffPage {
    frame: Frame,
    form: StaffForm,
    is_new: bool,
    until_on: Option<Date>,
    today: Date,
    posts: Vec<(String, String)>,
    professions: Vec<(&'static str, String)>,
    organizations: Vec<(String, String)>,
    message: String,
}

fn page(cx: &Cx, form: StaffForm) -> StaffPage {
    StaffPage {
        frame: Frame::new(cx, "menu-staff"),
        is_new: true,
        until_on: None,
        today: cx.today,
        posts: Vec::new(),
        professions: professions(cx),
        organizations: open_choices(cx, form.organization.parse().ok()),
        message: String::new(),
        form,
    }
}

async fn one(cx: &Cx, id: StaffId, typed: Option<StaffForm>) -> Result<StaffPage, Error> {
    let (staff, posts) = open(cx, id).await?;
    let posts = posts.into_iter().map(|post| {
        let until = post
            .until_on
            .map_or_else(|| "…".to_owned(), |date| date.to_string());
        (
            cx.actor.tree.name(post.organization).to_owned(),
            format!("{} – {until}", post.from_on),
        )
    });
    let form = typed.unwrap_or_else(|| StaffForm::of(&staff));
    Ok(StaffPage {
        is_new: false,
        until_on: staff.until_on,
        posts: posts.collect(),
        ..page(cx, form)
    })
}

/// Shows the page again with what was wrong.
fn again(cx: &Cx, page: StaffPage, err: Error) -> Result<Response, Error> {
    let (status, words) = match err {
        Error::Rejected(words) => (StatusCode::UNPROCESSABLE_ENTITY, words),
        Error::Conflict(words) => (StatusCode::CONFLICT, words),
        other => return Err(other),
    };
    let page = StaffPage {
        message: words.get(cx.language).to_owned(),
        ..page
    };
    Ok((status, html(&page)?).into_response())
}

async fn show_new(cx: Cx) -> Result<Response, Error> {
    let id: StaffId = cx.app.new_id();
    let form = StaffForm {
        id: id.to_string(),
        from: cx.today.to_string(),
        organization: cx.actor.organization.to_string(),
        ..StaffForm::default()
    };
    Ok(html(&page(&cx, form))?.into_response())
}

async fn submit_new(cx: Cx, Form(form): Form<StaffForm>) -> Result<Response, Error> {
    let id: StaffId = form.id.parse().map_err(|_| Error::NotFound)?;
    let outcome = async {
        let post = (organization_id(&form.organization)?, day(&form.from)?);
        Ok(create_staff(&cx, id, &form.read()?, post).await?)
    };
    match outcome.await {
        Ok(()) => Ok(Redirect::to(&format!("/staff/{id}")).into_response()),
        Err(err) => again(&cx, page(&cx, form), err),
    }
}

async fn show_one(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    Ok(html(&one(&cx, staff_id(&id)?, None).await?)?.into_response())
}

async fn submit_change(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<StaffForm>,
) -> Result<Response, Error> {
    let id = staff_id(&id)?;
    let outcome = async { Ok(change_staff(&cx, id, form.version, &form.read()?).await?) };
    match outcome.await {
        Ok(()) => Ok(Redirect::to(&format!("/staff/{id}")).into_response()),
        Err(err) => again(&cx, one(&cx, id, Some(form)).await?, err),
    }
}

#[derive(Deserialize)]
struct MoveForm {
    version: i64,
    organization: String,
    from: String,
}

async fn submit_move(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<MoveForm>,
) -> Result<Response, Error> {
    let id = staff_id(&id)?;
    let outcome = async {
        let post = (organization_id(&form.organization)?, day(&form.from)?);
        Ok(move_staff(&cx, id, form.version, post).await?)
    };
    match outcome.await {
        Ok(()) => Ok(Redirect::to(&format!("/staff/{id}")).into_response()),
        Err(err) => again(&cx, one(&cx, id, None).await?, err),
    }
}

#[derive(Deserialize)]
struct EndForm {
    version: i64,
    until: String,
}

async fn submit_end(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<EndForm>,
) -> Result<Response, Error> {
    let id = staff_id(&id)?;
    let outcome = async { Ok(end_staff(&cx, id, form.version, day(&form.until)?).await?) };
    match outcome.await {
        Ok(()) => Ok(Redirect::to(&format!("/staff/{id}")).into_response()),
        Err(err) => again(&cx, one(&cx, id, None).await?, err),
    }
}

fn staff_id(text: &str) -> Result<StaffId, Error> {
    text.parse().map_err(|_| Error::NotFound)
}

fn organization_id(text: &str) -> Result<OrganizationId, Error> {
    text.parse().map_err(|_| {
        Error::Rejected(Localized::new(
            "请选择机构",
            "Please choose an organization",
        ))
    })
}
