//! Organizations to choose from in a form.

use std::collections::HashSet;

use super::{Organization, OrganizationId};
use crate::http::Cx;

/// So many organizations are offered whole: a county with its villages. Of more only those around the present choice are
/// offered, from which one goes on step by step.
pub(super) const WHOLE_MAX: usize = 600;

/// The organizations of the actor's subtree for a choice of what to look at: id and name, indented by level. Of a large
/// subtree only those above `around`, itself, and those directly below it.
pub fn choices(cx: &Cx, around: Option<OrganizationId>) -> Vec<(String, String)> {
    chosen(cx, around, |_| true)
}

/// The organizations of the actor's subtree that take in somebody, and the one that is chosen already; of a large subtree
/// as for [`choices`].
pub fn open_choices(cx: &Cx, around: Option<OrganizationId>) -> Vec<(String, String)> {
    chosen(cx, around, |organization| {
        organization.closed_on.is_none() || Some(organization.id) == around
    })
}

/// The organizations of a subtree that are shown at once, with how deep each stands below the actor's own.
pub(super) fn near(cx: &Cx, around: Option<OrganizationId>) -> Vec<(&Organization, usize)> {
    let tree = &cx.actor.tree;
    let own = cx.actor.organization;
    let subtree = tree.subtree(own);
    let top = subtree.first().map_or(0, |first| depth(first));
    let is_whole = subtree.len() <= WHOLE_MAX;
    let around = around
        .filter(|around| cx.actor.sees(*around))
        .unwrap_or(own);
    let kept: HashSet<OrganizationId> = match is_whole {
        true => HashSet::new(),
        false => {
            let above = tree.ancestors(around).into_iter();
            let below = tree.children(around);
            let near = above.chain(below).chain(tree.get(around));
            near.map(|organization| organization.id).collect()
        }
    };
    let all = subtree.iter().map(AsRef::as_ref);
    all.filter(|organization: &&Organization| is_whole || kept.contains(&organization.id))
        .map(|organization| (organization, depth(organization) - top))
        .collect()
}

fn depth(organization: &Organization) -> usize {
    organization.path.matches('/').count()
}

fn chosen(
    cx: &Cx,
    around: Option<OrganizationId>,
    keep: impl Fn(&Organization) -> bool,
) -> Vec<(String, String)> {
    let near = near(cx, around).into_iter();
    near.filter(|(organization, _)| keep(organization))
        .map(|(organization, depth)| {
            let mut name = format!("{}{}", "　".repeat(depth), organization.name);
            if organization.closed_on.is_some() {
                name.push_str(&format!(" ({})", cx.t("place-closed")));
            }
            (organization.id.to_string(), name)
        })
        .collect()
}
