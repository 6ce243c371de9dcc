//! Pages about organizations and persons.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use fuyou_kernel::{Date, Id, Localized};
use serde::Deserialize;

use super::merge::{MergedLine, merged_section};
use super::names_somebody;
use super::person_form::PersonForm;
use super::{
    Begins, Candidate, Page, PersonId, RegisterError, Section, correct, open_choices, open_person,
    register, search, sections_of, store,
};
use crate::access::Action;
use crate::db::retry;
use crate::http::{Access, Cx, Error, Form, Query, Route, encoded};
use crate::texts::{Calendar, Told};
use crate::ui::{Frame, html, id_of};

/// Persons shown while somebody is typing.
const FOUND_MAX: usize = 8;

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let read = Access::Needs(Action::ReadPerson);
    let write = Access::Needs(Action::RegisterPerson);
    let mut routes = vec![
        Route::get("/persons", read, show_search),
        Route::post("/persons/search", read, submit_search),
        Route::post("/persons/found", read, show_found),
        Route::post("/persons", write, submit_person),
        Route::get("/persons/new", write, show_new),
        Route::get("/persons/{id}", read, show_person),
        Route::get("/persons/{id}/edit", write, show_edit),
        Route::post("/persons/{id}", write, submit_correction),
    ];
    routes.extend(super::merge::routes());
    routes.extend(super::place_web::routes());
    routes.extend(super::staff::routes());
    routes
}

#[derive(Deserialize)]
struct SearchQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "registry/search.html")]
struct SearchPage {
    frame: Frame,
    q: String,
    page: Page,
    next: Option<String>,
    /// The first page of the same search.
    first: String,
    /// Why nobody is listed, and what to do: keys of texts.
    nobody: (&'static str, &'static str),
    can_register: bool,
}

async fn show_search(cx: Cx, Query(query): Query<SearchQuery>) -> Result<Response, Error> {
    let after = query.after.as_deref().map(person_id).transpose()?;
    // Numbers do not come in addresses: browsers and proxies keep those.
    let q = if names_somebody(&query.q) {
        String::new()
    } else {
        query.q
    };
    search_page(&cx, q, after).await
}

#[derive(Deserialize)]
struct SearchForm {
    q: String,
}

/// A search by number is answered here; any other gets an address that one can keep.
async fn submit_search(cx: Cx, Form(form): Form<SearchForm>) -> Result<Response, Error> {
    if id_of(&form.q).is_some() {
        // What a scanner has read is one person or nobody: her page opens at once.
        let found = search(&cx, &form.q, None).await??.found;
        if let [found] = found.as_slice() {
            return Ok(Redirect::to(&format!("/persons/{}", found.id)).into_response());
        }
    }
    if names_somebody(&form.q) {
        search_page(&cx, form.q, None).await
    } else {
        Ok(Redirect::to(&format!("/persons?q={}", encoded(&form.q))).into_response())
    }
}

#[derive(Template)]
#[template(path = "registry/found.html")]
struct FoundPart {
    found: Vec<super::Found>,
    nobody: String,
    calendar: Calendar,
}

impl FoundPart {
    fn born(&self, on: &Date) -> String {
        self.calendar.born(*on).words
    }
}

/// The first few who are meant, while somebody is typing.
async fn show_found(cx: Cx, Form(form): Form<SearchForm>) -> Result<Response, Error> {
    let mut found = search(&cx, &form.q, None).await??.found;
    found.truncate(FOUND_MAX);
    let nobody = cx.t("search-nobody");
    Ok(html(&FoundPart {
        found,
        nobody,
        calendar: cx.calendar(),
    })?
    .into_response())
}

async fn search_page(cx: &Cx, q: String, after: Option<PersonId>) -> Result<Response, Error> {
    let page = search(cx, &q, after).await??;
    let next = page
        .next
        .map(|id| format!("/persons?q={}&after={id}", encoded(&q)));
    let can_register = cx.actor.may(Action::RegisterPerson);
    let nobody = match (page.begins, after) {
        (Begins::Lost, _) => ("search-lost", "search-lost-advice"),
        (Begins::Known, Some(_)) => ("search-no-more", "search-no-more-advice"),
        (Begins::Known, None) => ("search-nobody", "search-advice"),
    };
    // A number stands in no address.
    let first = match q.is_empty() || names_somebody(&q) {
        true => "/persons".to_owned(),
        false => format!("/persons?q={}", encoded(&q)),
    };
    Ok(html(&SearchPage {
        first,
        nobody,
        frame: Frame::new(cx, "menu-persons"),
        q,
        page,
        next,
        can_register,
    })?
    .into_response())
}

#[derive(Template)]
#[template(path = "registry/person_form.html")]
struct PersonFormPage {
    frame: Frame,
    action: String,
    is_new: bool,
    form: PersonForm,
    problems: Vec<(&'static str, String)>,
    message: String,
    candidates: Vec<Candidate>,
    organizations: Vec<(String, String)>,
}

impl PersonFormPage {
    fn new(cx: &Cx, id: PersonId, form: PersonForm) -> Self {
        let is_new = form.version.is_empty();
        let organizations = open_choices(cx, form.residence.parse().ok());
        PersonFormPage {
            frame: Frame::new(
                cx,
                if is_new {
                    "home-register"
                } else {
                    "person-edit"
                },
            ),
            action: if is_new {
                "/persons".to_owned()
            } else {
                format!("/persons/{id}")
            },
            is_new,
            form,
            problems: Vec::new(),
            message: String::new(),
            candidates: Vec::new(),
            organizations,
        }
    }

    fn problem(&self, field: &str) -> String {
        self.problems
            .iter()
            .filter(|(name, _)| *name == field)
            .map(|(_, text)| text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Shows the form again with what was wrong, or passes on what the form cannot help with.
    fn refused(mut self, cx: &Cx, err: RegisterError) -> Result<Response, Error> {
        let mut status = StatusCode::UNPROCESSABLE_ENTITY;
        match err {
            RegisterError::Identity(wrong) => {
                self.problems = wrong
                    .0
                    .iter()
                    .map(|problem| (problem.field, cx.t(problem.text)))
                    .collect();
            }
            RegisterError::SamePerson(same) => {
                self.message = cx.t("person-same");
                self.candidates = vec![*same];
            }
            RegisterError::Alike(alike) => {
                self.message = cx.t("person-alike");
                self.candidates = alike;
                self.form.asks_confirmation = true;
            }
            RegisterError::Stale(now) => {
                status = StatusCode::CONFLICT;
                self.message = cx.t("person-stale");
                self.problems = self
                    .form
                    .differences(&PersonForm::of(&now))
                    .into_iter()
                    .map(|(field, theirs)| {
                        (
                            field,
                            crate::texts::text_with(
                                cx.language,
                                "person-theirs",
                                &[("value", &theirs)],
                            ),
                        )
                    })
                    .collect();
                // Sending again now overwrites knowingly.
                self.form.version = now.version.to_string();
            }
            RegisterError::NoReason => {
                self.problems = vec![("reason", cx.t("person-reason-missing"))]
            }
            other => return Err(other.into()),
        }
        Ok((status, html(&self)?).into_response())
    }
}

impl From<RegisterError> for Error {
    fn from(err: RegisterError) -> Self {
        match err {
            RegisterError::Denied(denied) => Error::Forbidden(denied),
            RegisterError::NotFound => Error::NotFound,
            RegisterError::Store(cause) => cause.into(),
            RegisterError::Care(cause) => Error::from(*cause),
            RegisterError::Merged { from, into } => Error::Moved { from, into },
            RegisterError::IdTaken => Error::Conflict(Localized::new(
                "该编号已用于另一次登记，请重新打开登记页面",
                "This id was used for a different registration; open the registration page again",
            )),
            RegisterError::Stale(_) => Error::Conflict(Localized::new(
                "该档案刚被他人修改，请刷新后重试",
                "Somebody else has just corrected this record; reload and try again",
            )),
            RegisterError::Identity(_) | RegisterError::NoReason => Error::Rejected(
                Localized::new("填写的内容有误", "Some fields cannot be right"),
            ),
            RegisterError::SamePerson(_) | RegisterError::Alike(_) => Error::Conflict(
                Localized::new("此人可能已登记", "This person may be registered already"),
            ),
        }
    }
}

async fn show_new(cx: Cx) -> Result<Response, Error> {
    let id: PersonId = cx.app.new_id();
    let form = PersonForm {
        id: id.to_string(),
        residence: cx.actor.organization.to_string(),
        ..PersonForm::default()
    };
    Ok(html(&PersonFormPage::new(&cx, id, form))?.into_response())
}

async fn submit_person(cx: Cx, Form(form): Form<PersonForm>) -> Result<Response, Error> {
    let id = person_id(&form.id)?;
    let outcome = match form.read() {
        // Two desks at the same moment: whoever was second looks again and is told.
        Ok(identity) => {
            retry(async || register(&cx, id, &identity, Some(&form.reason)).await).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match outcome {
        Ok(_) => Ok(Redirect::to(&format!("/persons/{id}")).into_response()),
        Err(err) => PersonFormPage::new(&cx, id, form).refused(&cx, err),
    }
}

async fn show_edit(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let id = person_id(&id)?;
    let mut reader = cx.db.read().await?;
    let person = open_person(&cx, &mut reader, id).await?;
    Ok(html(&PersonFormPage::new(&cx, id, PersonForm::of(&person)))?.into_response())
}

async fn submit_correction(
    cx: Cx,
    Path(id): Path<String>,
    Form(form): Form<PersonForm>,
) -> Result<Response, Error> {
    let id = person_id(&id)?;
    let version: i64 = form.version.parse().map_err(|_| Error::NotFound)?;
    let outcome = match form.read() {
        Ok(identity) => {
            retry(async || correct(&cx, id, version, &identity, &form.reason).await).await
        }
        Err(wrong) => Err(wrong.into()),
    };
    match outcome {
        Ok(()) => Ok(Redirect::to(&format!("/persons/{id}")).into_response()),
        Err(err) => PersonFormPage::new(&cx, id, form).refused(&cx, err),
    }
}

struct HistoryLine {
    at: Date,
    actor: String,
    field: String,
    from: String,
    to: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "registry/person.html")]
struct PersonPage {
    frame: Frame,
    id: PersonId,
    sex: String,
    born: Told,
    facts: Vec<(String, String)>,
    can_edit: bool,
    can_merge: bool,
    merged: Vec<MergedLine>,
    sections: Vec<Section>,
    history: Vec<HistoryLine>,
}

async fn show_person(cx: Cx, Path(id): Path<String>) -> Result<Response, Error> {
    let id = person_id(&id)?;
    let mut reader = cx.db.read().await?;
    let person = open_person(&cx, &mut reader, id).await?;
    let history = store::history(&mut reader, id).await?;
    let merged = merged_section(&cx, &mut reader, &person).await?;
    drop(reader);
    let sections = sections_of(&cx, &person).await?;
    let hidden = || cx.t("person-value-hidden");
    let page = PersonPage {
        frame: Frame::new(&cx, "menu-persons").titled(person.identity.name.clone()),
        id,
        sex: cx.t(&format!("sex-{}", person.identity.sex.word())),
        born: cx.calendar().born(person.identity.birth_on),
        facts: PersonForm::of(&person).facts(&cx),
        can_edit: cx.actor.may(Action::RegisterPerson),
        can_merge: cx
            .actor
            .require(Action::MergePersons, person.identity.residence)
            .is_ok(),
        merged,
        sections,
        history: history
            .into_iter()
            .map(|row| HistoryLine {
                at: cx.app.date_of(row.at.0),
                actor: row.actor_login,
                field: cx.t(&format!("person-{}", row.field.replace('_', "-"))),
                from: row.from_value.unwrap_or_else(hidden),
                to: row.to_value.unwrap_or_else(hidden),
                reason: row.reason,
            })
            .collect(),
    };
    Ok(html(&page)?.into_response())
}

pub(super) fn person_id(text: &str) -> Result<PersonId, Error> {
    let uuid = uuid::Uuid::try_parse(text).map_err(|_| Error::NotFound)?;
    Ok(Id::from_uuid(uuid))
}
