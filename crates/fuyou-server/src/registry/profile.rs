//! What the rules of programs may know of a person.

use fuyou_kernel::{Date, Id};

use super::{OrganizationId, store};
use crate::db::{Error, FromRow as _, Row};

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

/// The query of the profile of a person by her id, to be asked together with others; the caller decides who may know.
pub(crate) const PROFILE: &str = store::PROFILE;

/// The profile in the answer to [`PROFILE`], if there is such a person.
pub(crate) fn profile(rows: &[Row]) -> Result<Option<Profile>, Error> {
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let (birth_on, sex, residence, household, population) = store::ProfileRow::from_row(row)?;
    Ok(Some(Profile {
        birth_on: birth_on.0,
        sex,
        residence: Some(Id::from_uuid(residence)),
        household: household.unwrap_or_default(),
        population: population.unwrap_or_default(),
    }))
}
