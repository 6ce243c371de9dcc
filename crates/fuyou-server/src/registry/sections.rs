//! What other capabilities add to the person page.

use super::{OrganizationId, Person};
use crate::http::{Cx, Error};

/// A part of the person page that another capability adds.
pub struct Section {
    /// Heading; without one the part brings its own cards.
    pub title: String,
    /// Rendered by a template of that capability.
    pub html: String,
}

/// The sections of a person's page, in order. Each capability that knows something about persons has a line here.
/// The record is open to the actor already.
pub async fn sections_of(cx: &Cx, person: &Person) -> Result<Vec<Section>, Error> {
    crate::care::sections(cx, person.id.uuid()).await
}

/// The sections of an organization's page. The actor works there or above.
pub async fn sections_of_organization(
    cx: &Cx,
    organization: OrganizationId,
) -> Result<Vec<Section>, Error> {
    crate::care::sections(cx, organization.uuid()).await
}
