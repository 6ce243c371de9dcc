//! The registry: organizations and persons.
//!
//! Invariants:
//! - identity numbers and phones are stored sealed and hashed, never plain, and are shown on her page only
//!   (and beside each other when two records are compared); her phone also in the list of persons behind a figure, to
//!   those to whom her record is open ([`reached`]);
//! - an identity number agrees with birth date and sex, and belongs to one person;
//! - a person registered twice is made one: nothing is recorded for the record that was merged ([`merge`]);
//! - a correction keeps who, when, from what, to what and why; two people correcting at once get a clear answer;
//! - registering twice with the same id is registering once.

mod bulk;
mod choice;
mod handover;
mod hold;
mod import;
mod linked;
mod listed;
mod merge;
mod organization;
mod organizations_store;
mod person;
mod person_form;
mod place;
mod place_file;
mod place_import;
mod place_import_web;
mod place_shown_web;
mod place_web;
mod profile;
mod register;
mod rekey;
mod search;
mod search_store;
mod sections;
mod staff;
mod store;
mod web;

#[cfg(test)]
mod paging_tests;
#[cfg(test)]
mod place_care_tests;
#[cfg(test)]
mod place_tests;
#[cfg(test)]
mod rekey_tests;
#[cfg(test)]
mod tests;

pub(crate) use bulk::{
    PersonRow, insert_persons, number_owners, person_by_number, person_row, save_organizations,
};
pub use choice::{choices, open_choices};
pub use handover::{hand_over, hand_over_all};
pub use hold::{Hold, person_in_hand};
pub use import::{ImportError, Imported, import_organizations};
pub(crate) use linked::{Alike, correct_linked, perhaps_the_same, person_known, persons_known};
pub use listed::{Named, Reached, ShownPhone, listed, named, page_of, reached};
pub use merge::{MergeError, Wanted, compare, merge, obstacles, undo};
pub use organization::{Level, Organization, OrganizationId, OrganizationKind, Tree, UnknownWord};
pub(crate) use person::secret;
use person::spelled;
pub use person::{
    Household, Identity, IdentityError, IdentityType, Person, PersonId, PersonSex, Problem,
};
pub use place::{
    Ahead, NewPlace, PlaceError, Remaining, change_place, close_place, create_place, move_place,
    reopen_place, set_ahead,
};
pub(crate) use profile::{PROFILE, is_anybody_merged, standing_of};
pub use profile::{Profile, Standing, standing};
pub use register::{Candidate, RegisterError, Registered, correct, open_person, register};
pub use rekey::{Rekeyed, rekey_batch};
use search::names_somebody;
pub use search::{Begins, Found, Page, search};
pub use sections::{Section, sections_of, sections_of_organization};
pub(crate) use staff::{ImportedStaff, import_staff, learn_staff, workers};
pub use staff::{Particulars, Profession, Staff, StaffError, StaffId, StaffNames};
pub(crate) use web::routes;

use std::sync::Arc;

use uuid::Uuid;

use crate::db::{Connection, Db, Error};

/// All ids under which a person was ever known, that of the record that stayed first. Of what is no person, its own.
/// For the audit trail: it tells nothing about her.
pub(crate) async fn ids_of(connection: &mut Connection, subject: Uuid) -> Result<Vec<Uuid>, Error> {
    store::ids_of(connection, subject).await
}

/// The tree as it stands, read again when the one at hand is not that any more.
pub(crate) async fn present_tree(db: &Db, at_hand: &Arc<Tree>) -> Result<Arc<Tree>, Error> {
    let mut reader = db.read().await?;
    let stamp = organizations_store::stamp(&mut reader).await?;
    drop(reader);
    if at_hand.stamp() == stamp {
        return Ok(at_hand.clone());
    }
    Ok(Arc::new(load_tree(db).await?))
}

/// Reads the whole tree of organizations.
pub async fn load_tree(db: &Db) -> Result<Tree, Error> {
    let mut reader = db.read().await?;
    // The stamp first: a change in between is noticed at the next look.
    let stamp = organizations_store::stamp(&mut reader).await?;
    let all = organizations_store::all(&mut reader).await?;
    Ok(Tree::new(all).stamped(stamp))
}
