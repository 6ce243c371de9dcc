//! An organization for those who work there or above: what it is, and what is recorded about it.

use askama::Template;
use axum::response::{IntoResponse, Response};

use super::{OrganizationId, Section, sections_of_organization};
use crate::access::Action;
use crate::http::{Cx, Error};
use crate::ui::{Frame, html};

#[derive(Template)]
#[template(path = "registry/place_shown.html")]
struct ShownPage {
    frame: Frame,
    name: String,
    facts: Vec<(String, String)>,
    sections: Vec<Section>,
}

/// The page of an organization of the reader's subtree.
pub(super) async fn show(cx: &Cx, id: OrganizationId) -> Result<Response, Error> {
    cx.actor.require_anywhere(Action::ReadPerson)?;
    let organization = cx.actor.tree.get(id).ok_or(Error::NotFound)?;
    cx.actor.require(Action::ReadPerson, id)?;
    let above = organization
        .parent_id
        .map_or("", |parent| cx.actor.tree.name(parent));
    let kind = organization.kind.word().replace('_', "-");
    let closed_on = organization.closed_on.map(|on| on.to_string());
    let population = organization.population.map(|count| count.to_string());
    let facts = [
        ("organization-code", organization.code.clone()),
        ("organization-kind", cx.t(&format!("kind-{kind}"))),
        (
            "organization-level",
            cx.t(&format!("level-{}", organization.level.word())),
        ),
        ("place-parent", above.to_owned()),
        ("organization-population", population.unwrap_or_default()),
        ("place-closed", closed_on.unwrap_or_default()),
    ];
    let page = ShownPage {
        frame: Frame::new(cx, "menu-organizations").titled(organization.name.clone()),
        name: organization.name.clone(),
        facts: facts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (cx.t(key), value))
            .collect(),
        sections: sections_of_organization(cx, id).await?,
    };
    Ok(html(&page)?.into_response())
}
