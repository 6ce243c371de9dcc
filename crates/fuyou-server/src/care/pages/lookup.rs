//! What every page of care looks up: the engine and the person.

use crate::care::{Care, SubjectId};
use crate::http::{self, Cx};
use crate::registry::{named, page_of};

/// The engine, or "not found" where no pack is installed.
pub(super) fn care_of(cx: &Cx) -> Result<&Care, http::Error> {
    cx.app.care().ok_or(http::Error::NotFound)
}

pub(super) fn subject_id(text: &str) -> Result<SubjectId, http::Error> {
    text.parse().map_err(|_| http::Error::NotFound)
}

/// The name of a subject whose record was opened before.
pub(super) async fn name_of(cx: &Cx, subject: SubjectId) -> Result<String, http::Error> {
    let mut found = named(cx, std::iter::once(subject.uuid())).await??;
    Ok(found.remove(&subject.uuid()).unwrap_or_default().name)
}

/// The address of a subject's page, under which its forms and records stand.
pub(super) fn home_of(cx: &Cx, subject: SubjectId) -> String {
    page_of(&cx.actor.tree, subject.uuid())
}
