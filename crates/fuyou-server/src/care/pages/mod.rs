//! Pages of care: work list, the story of a person or an organization, forms, records, lists, enrollments.
//!
//! Everything is rendered from the pack; no page knows a program, a form or a field by name.
//! A value, label, form or rule above the reader's secrecy is not in the page, not even hidden.

mod ahead_web;
mod colleagues;
mod conflict;
mod curves;
mod enrollment_web;
mod form_view;
mod form_web;
mod hints_web;
mod list_columns_web;
mod list_condition;
mod list_file_web;
mod list_keep_web;
mod list_query;
mod list_view;
mod list_web;
mod live;
mod lookup;
mod offer;
mod paper_web;
mod record_web;
mod refer_web;
mod refusal;
mod routes_web;
mod sent;
mod story_view;
mod trend;
mod words;
mod work_file_web;
mod work_web;

#[cfg(test)]
mod budget_tests;
#[cfg(test)]
mod condition_tests;
#[cfg(test)]
mod conflict_tests;
#[cfg(test)]
mod escalation_tests;
#[cfg(test)]
mod list_tests;
#[cfg(test)]
mod organization_tests;
#[cfg(test)]
mod paper_tests;
#[cfg(test)]
mod register_tests;
#[cfg(test)]
mod tests;

pub(crate) use routes_web::routes;
pub(crate) use work_web::{WorkQuery, home};

use askama::Template;
use uuid::Uuid;

use self::lookup::{care_of, home_of, name_of, subject_id};
use self::story_view::{StoryView, story_view};
use self::words::Words;
pub(in crate::care) use self::words::fact_text;
use super::opening::links_part;
use super::{Acting, SubjectId};
use crate::http::{self, Cx};
use crate::registry::Section;

#[derive(Template)]
#[template(path = "care/pages/story.html")]
struct StoryPart<'a> {
    cx: &'a Cx,
    story: StoryView,
}

/// The care of a subject for its page.
pub(crate) async fn sections(cx: &Cx, subject: Uuid) -> Result<Vec<Section>, http::Error> {
    let Some(care) = cx.app.care() else {
        return Ok(Vec::new());
    };
    let subject = SubjectId::from_uuid(subject);
    let story = care.story(&Acting::from(cx), subject).await?;
    let words = Words {
        cx,
        pack: care.pack(),
    };
    colleagues::of_stories(cx, care.pack(), &story.enrollments).await?;
    let part = StoryPart {
        cx,
        story: story_view(words, subject, &story),
    };
    let html = part
        .render()
        .map_err(|err| http::Error::Internal(err.into()))?;
    let linked = links_part(cx, care, subject).await?;
    let parts = linked.into_iter().chain([html]);
    Ok(parts
        .map(|html| Section {
            title: String::new(),
            html,
        })
        .collect())
}
