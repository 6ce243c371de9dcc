//! Many persons at once, for bulk import. Who is who is not asked: a file brings its own ids.

use std::collections::HashMap;
use std::sync::LazyLock;

use fuyou_kernel::Timestamp;
use uuid::Uuid;

use super::person::{Secret, spelled};
use super::store::{self, Secrets};
use super::{Identity, Organization, PersonId, organizations_store};
use crate::db::{Cell, Connection, Error, Insert, Tx};
use crate::keys::Keyring;

static PERSONS: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "person",
        &[
            "subject_id",
            "name",
            "pinyin",
            "initials",
            "sex",
            "birth_on",
            "id_type",
            "id_no_sealed",
            "id_no_hash",
            "phone_sealed",
            "phone_hash",
            "phone_tail",
            "key_version",
            "residence_org_id",
            "residence_address",
            "residence_since",
            "household_kind",
            "household_region",
            "ethnicity",
            "content_hash",
            "version",
            "created_at",
            "updated_at",
            "household_type",
            "population_group",
        ],
        "on conflict do nothing",
    )
});

/// Where the keyed hash of the document number stands among the columns.
const ID_NO_HASH: usize = 8;

/// A person ready to be stored: sealed, hashed and spelled. Slow work, done outside of lanes.
pub(crate) struct PersonRow {
    cells: Vec<Cell>,
    /// The keyed hash of her document number under the key before the present one: rows of both stand there while keys
    /// are rotated.
    number_before: Option<Vec<u8>>,
}

impl PersonRow {
    /// The keyed hashes of her document number under the present key and the one before.
    pub(crate) fn number_hashes(&self) -> Vec<Vec<u8>> {
        let now = match &self.cells[ID_NO_HASH] {
            Cell::Bytes(hash) => hash.clone(),
            _ => None,
        };
        now.into_iter().chain(self.number_before.clone()).collect()
    }
}

/// Seals and spells a person that has passed [`Identity::check`]. Type of household registration and population group
/// are codes of the pack.
pub(crate) fn person_row(
    keys: &Keyring,
    id: PersonId,
    new: &Identity,
    (household, population): (Option<&str>, Option<&str>),
    now: Timestamp,
) -> PersonRow {
    let (pinyin, initials) = spelled(&new.name);
    let secrets = Secrets::of(keys, id, new);
    let text = |text: Option<&str>| Cell::Text(text.map(Into::into));
    let number = new.id_no.as_ref();
    let number_before = number.and_then(|number| keys.lookup_before(store::ID_NO, number.reveal()));
    let cells = vec![
        Cell::id(id.uuid()),
        Cell::text(new.name.as_str()),
        Cell::text(pinyin),
        Cell::text(initials),
        Cell::text(new.sex.word()),
        Cell::date(new.birth_on),
        Cell::text(new.id_type.word()),
        Cell::Bytes(secrets.id_no_sealed),
        Cell::Bytes(secrets.id_no_hash),
        Cell::Bytes(secrets.phone_sealed),
        Cell::Bytes(secrets.phone_hash),
        text(secrets.phone_tail.as_deref()),
        Cell::int(secrets.key_version),
        Cell::id(new.residence.uuid()),
        Cell::text(new.address.as_str()),
        Cell::Date(new.residence_since),
        Cell::text(new.household.word()),
        text(new.household_region.as_deref()),
        text(new.ethnicity.as_deref()),
        Cell::Bytes(Some(keys.lookup(store::CONTENT, &new.canonical()))),
        Cell::int(1),
        Cell::at(now),
        Cell::at(now),
        text(household),
        text(population),
    ];
    PersonRow {
        cells,
        number_before,
    }
}

/// To whom these document numbers belong, by their keyed hashes.
pub(crate) async fn number_owners(
    connection: &mut Connection,
    hashes: &[&[u8]],
) -> Result<HashMap<Vec<u8>, Uuid>, Error> {
    let mut owners = HashMap::new();
    for some in hashes.chunks(64) {
        owners.extend(store::owners_of_numbers(connection, some).await?);
    }
    Ok(owners)
}

/// Stores persons; those that are there already, or whose document number belongs to somebody, are left alone. Says how
/// many were new.
pub(crate) async fn insert_persons(tx: &mut Tx, rows: Vec<PersonRow>) -> Result<u64, Error> {
    PERSONS
        .run(tx, rows.into_iter().flat_map(|row| row.cells).collect())
        .await
}

/// The person with an identity number.
pub(crate) async fn person_by_number(
    connection: &mut Connection,
    keys: &Keyring,
    number: &str,
) -> Result<Option<PersonId>, Error> {
    let Some(number) = Secret::new(number) else {
        return Ok(None);
    };
    let hashes = keys.lookups(store::ID_NO, number.reveal());
    Ok(store::by_id_no(connection, &hashes)
        .await?
        .map(|brief| brief.id))
}

/// Stores organizations, those that are there brought up to date.
pub(crate) async fn save_organizations(
    tx: &mut Tx,
    organizations: &[Organization],
    now: Timestamp,
) -> Result<(), Error> {
    for organization in organizations {
        organizations_store::save(tx, organization, now).await?;
    }
    organizations_store::count_change(tx).await
}
