//! The registry: organizations.

mod organization;

pub use organization::{Level, Organization, OrganizationId, OrganizationKind, Tree, UnknownWord};
