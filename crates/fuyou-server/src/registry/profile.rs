//! What the rules of programs may know of a person.

use std::sync::LazyLock;

use fuyou_kernel::{Date, Id};
use uuid::Uuid;

use super::{OrganizationId, PersonId, store};
use crate::db::{Cell, Connection, Error, FromRow as _, ManyKeys, Row, query};

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

/// What a subject's id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Not a person: an organization, or nothing.
    Nobody,
    /// A person.
    Person(Profile),
    /// A record that was merged; everything stands under this one.
    Merged(PersonId),
}

/// The query of what an id leads to, to be asked together with others; the caller decides who may know.
pub(crate) const PROFILE: &str = store::PROFILE;

/// What an id leads to. One statement; the caller decides who may know.
pub async fn standing(connection: &mut Connection, subject: Uuid) -> Result<Standing, Error> {
    standing_of(&query(PROFILE).bind(subject).rows(connection).await?)
}

/// Whether one of these records was merged into another. Two statements for 200 of them.
pub(crate) async fn is_anybody_merged(
    connection: &mut Connection,
    subjects: &[Uuid],
) -> Result<bool, Error> {
    static SELECT: LazyLock<ManyKeys> = LazyLock::new(|| {
        ManyKeys::new(
            "select subject_id from person where merged_into is not null and",
            &["subject_id"],
        )
    });
    let cells = subjects.iter().map(|subject| Cell::id(*subject)).collect();
    Ok(!SELECT.run(connection, cells).await?.is_empty())
}

/// What an id leads to, from the answer to [`PROFILE`].
pub(crate) fn standing_of(rows: &[Row]) -> Result<Standing, Error> {
    let Some(row) = rows.first() else {
        return Ok(Standing::Nobody);
    };
    let (birth_on, sex, residence, household, population, merged_into) =
        store::ProfileRow::from_row(row)?;
    if let Some(survivor) = merged_into {
        return Ok(Standing::Merged(Id::from_uuid(survivor)));
    }
    Ok(Standing::Person(Profile {
        birth_on: birth_on.0,
        sex,
        residence: Some(Id::from_uuid(residence)),
        household: household.unwrap_or_default(),
        population: population.unwrap_or_default(),
    }))
}
