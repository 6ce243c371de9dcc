//! The registry: organizations and persons.
//!
//! Invariants:
//! - identity numbers and phones are stored sealed and hashed, never plain, and are shown on one page only;
//! - an identity number agrees with birth date and sex, and belongs to one person;
//! - a correction keeps who, when, from what, to what and why; two people correcting at once get a clear answer;
//! - registering twice with the same id is registering once.

mod bulk;
mod import;
mod listed;
mod organization;
mod organizations_store;
mod person;
mod person_form;
mod profile;
mod register;
mod rekey;
mod search;
mod search_store;
mod sections;
mod store;
mod web;

#[cfg(test)]
mod tests;

pub(crate) use bulk::{
    PersonRow, insert_persons, person_by_number, person_row, save_organizations,
};
pub use import::{ImportError, Imported, import_organizations};
pub use listed::listed;
pub use organization::{Level, Organization, OrganizationId, OrganizationKind, Tree, UnknownWord};
pub(crate) use person::secret;
pub use person::{
    Household, Identity, IdentityError, IdentityType, Person, PersonId, PersonSex, Problem,
};
pub use profile::Profile;
pub(crate) use profile::{PROFILE, profile};
pub use register::{
    Candidate, RegisterError, Registered, correct, open_person, person_by_identity_number, register,
};
pub use rekey::{Rekeyed, rekey_batch};
use search::names_somebody;
pub use search::{Found, Page, search};
pub use sections::{Section, sections_of};
pub(crate) use web::routes;

use crate::db::{Db, Error};
use crate::http::Cx;

/// Reads the whole tree of organizations.
pub async fn load_tree(db: &Db) -> Result<Tree, Error> {
    let mut reader = db.read().await?;
    Ok(Tree::new(organizations_store::all(&mut reader).await?))
}

/// The organizations of the actor's subtree for a choice in a form: id and name, indented by level.
pub fn choices(cx: &Cx) -> Vec<(String, String)> {
    let subtree = cx.actor.tree.subtree(cx.actor.organization);
    let top = subtree
        .first()
        .map_or(0, |organization| organization.path.matches('/').count());
    subtree
        .iter()
        .map(|organization| {
            let depth = organization.path.matches('/').count() - top;
            (
                organization.id.to_string(),
                format!("{}{}", "　".repeat(depth), organization.name),
            )
        })
        .collect()
}
