//! What every page of care looks up: the engine, the person, places to choose from.

use crate::care::{Care, SubjectId};
use crate::http::{self, Cx};
use crate::registry::{Organization, named, page_of};

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

/// Organizations for a choice, indented by level.
pub(super) fn places(cx: &Cx, keep: impl Fn(&Organization) -> bool) -> Vec<(String, String)> {
    let kept = cx
        .actor
        .tree
        .all()
        .iter()
        .filter(|organization| organization.closed_on.is_none() && keep(organization));
    kept.map(|organization| {
        let depth = organization.path.matches('/').count().saturating_sub(1);
        (
            organization.id.to_string(),
            format!("{}{}", "　".repeat(depth), organization.name),
        )
    })
    .collect()
}
