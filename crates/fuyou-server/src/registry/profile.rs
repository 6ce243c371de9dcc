//! What the rules of programs may know of a person.

use fuyou_kernel::{Date, Id};
use uuid::Uuid;

use super::{OrganizationId, store};
use crate::db::{Connection, Error};

/// What the rules of programs may know of a person. No name, number or address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Date of birth.
    pub birth_on: Date,
    /// Sex, as the word in storage.
    pub sex: String,
    /// The organization whose area she lives in.
    pub residence: Option<OrganizationId>,
    /// Type of household registration, as a code of the pack; empty when nobody asked.
    pub household: String,
    /// Population group, as a code of the pack; empty when nobody asked.
    pub population: String,
}

/// The profile of a person, if there is one. One statement; the caller decides who may know.
pub async fn profile(connection: &mut Connection, subject: Uuid) -> Result<Option<Profile>, Error> {
    let row = store::profile(connection, subject).await?;
    Ok(row.map(
        |(birth_on, sex, residence, household, population)| Profile {
            birth_on: birth_on.0,
            sex,
            residence: Some(Id::from_uuid(residence)),
            household: household.unwrap_or_default(),
            population: population.unwrap_or_default(),
        },
    ))
}
