//! Organizations to choose from in a form.

use super::{Organization, OrganizationId};
use crate::http::Cx;

/// The organizations of the actor's subtree for a choice of what to look at: id and name, indented by level.
pub fn choices(cx: &Cx) -> Vec<(String, String)> {
    chosen(cx, |_| true)
}

/// The organizations of the actor's subtree that take in somebody, and the one that is chosen already.
pub fn open_choices(cx: &Cx, chosen_before: Option<OrganizationId>) -> Vec<(String, String)> {
    chosen(cx, |organization| {
        organization.closed_on.is_none() || Some(organization.id) == chosen_before
    })
}

fn chosen(cx: &Cx, keep: impl Fn(&Organization) -> bool) -> Vec<(String, String)> {
    let subtree = cx.actor.tree.subtree(cx.actor.organization);
    let top = subtree
        .first()
        .map_or(0, |organization| organization.path.matches('/').count());
    let kept = subtree.iter().filter(|organization| keep(organization));
    kept.map(|organization| {
        let depth = organization.path.matches('/').count() - top;
        let mut name = format!("{}{}", "　".repeat(depth), organization.name);
        if organization.closed_on.is_some() {
            name.push_str(&format!(" ({})", cx.t("place-closed")));
        }
        (organization.id.to_string(), name)
    })
    .collect()
}
