//! Pages of care: work list, the story of a person, forms, records, lists, enrollments.
//!
//! Everything is rendered from the pack; no page knows a program, a form or a field by name.
//! A value, label, form or rule above the reader's secrecy is not in the page, not even hidden.

mod enrollment_web;
mod form_view;
mod form_web;
mod hints_web;
mod list_file_web;
mod list_keep_web;
mod list_query;
mod list_view;
mod list_web;
mod live;
mod lookup;
mod record_web;
mod refer_web;
mod refusal;
mod sent;
mod story_view;
mod trend;
mod words;
mod work_web;

#[cfg(test)]
mod list_tests;
#[cfg(test)]
mod register_tests;
#[cfg(test)]
mod tests;

pub(crate) use work_web::{WorkQuery, home};

use askama::Template;

use self::lookup::{care_of, name_of, places, subject_id};
use self::story_view::{StoryView, story_view};
use self::words::Words;
use super::{Acting, SubjectId};
use crate::access::Action;
use crate::http::{self, Access, Cx, Route};
use crate::registry::{Person, Section};

/// Routes of this capability.
pub(crate) fn routes() -> Vec<Route> {
    let read = Access::Needs(Action::ReadPerson);
    let write = Access::Needs(Action::RecordCare);
    let refer = Access::Needs(Action::ManageReferral);
    let mut routes = vec![
        Route::get(
            "/persons/{id}/forms/{program}/{form}",
            write,
            form_web::show,
        ),
        Route::post(
            "/persons/{id}/forms/{program}/{form}",
            write,
            form_web::submit,
        ),
        Route::post(
            "/persons/{id}/forms/{program}/{form}/preview",
            write,
            form_web::preview,
        ),
        Route::post(
            "/persons/{id}/forms/{program}/{form}/standing",
            write,
            hints_web::standing,
        ),
        Route::get("/forms/{program}/{form}/{name}", write, hints_web::sheet),
        Route::get("/persons/{id}/records/{record}", read, record_web::show),
        Route::get(
            "/persons/{id}/records/{record}/correct",
            write,
            record_web::show_correction,
        ),
        Route::post(
            "/persons/{id}/records/{record}/correct",
            write,
            record_web::submit_correction,
        ),
        Route::get(
            "/persons/{id}/records/{record}/void",
            write,
            record_web::show_void,
        ),
        Route::post(
            "/persons/{id}/records/{record}/void",
            write,
            record_web::submit_void,
        ),
        Route::get(
            "/persons/{id}/enrollments/{enrollment}/{deed}",
            write,
            enrollment_web::show,
        ),
        Route::post(
            "/persons/{id}/enrollments/{enrollment}/{deed}",
            write,
            enrollment_web::submit,
        ),
        Route::post("/persons/{id}/tasks/{task}/done", write, work_web::done),
        Route::post(
            "/persons/{id}/tasks/{task}/attempts",
            write,
            work_web::attempt,
        ),
        Route::get("/persons/{id}/refer", refer, refer_web::show),
        Route::post("/persons/{id}/refer", refer, refer_web::submit),
    ];
    routes.extend(list_web::routes());
    routes
}

#[derive(Template)]
#[template(path = "care/pages/story.html")]
struct StoryPart<'a> {
    cx: &'a Cx,
    story: StoryView,
}

/// The care of a person for her page.
pub(crate) async fn sections(cx: &Cx, person: &Person) -> Result<Vec<Section>, http::Error> {
    let Some(care) = cx.app.care() else {
        return Ok(Vec::new());
    };
    let subject = SubjectId::from_uuid(person.id.uuid());
    let story = care.story(&Acting::from(cx), subject).await?;
    let words = Words {
        cx,
        pack: care.pack(),
    };
    let part = StoryPart {
        cx,
        story: story_view(words, subject, &story),
    };
    let html = part
        .render()
        .map_err(|err| http::Error::Internal(err.into()))?;
    Ok(vec![Section {
        title: String::new(),
        html,
    }])
}
