//! Finding one person by what somebody has in hand in an emergency, whoever may see her.

use fuyou_kernel::{IdentityNumber, Phone};
use uuid::Uuid;

use super::{PersonId, store};
use crate::db::Error;
use crate::http::Cx;

/// What somebody has in hand. A name alone, or a number alone that could be guessed, is not enough.
pub enum Hold<'a> {
    /// Her whole identity number.
    Number(IdentityNumber),
    /// Her name as registered, and her phone.
    NameAndPhone(&'a str, Phone),
    /// Her name as registered, and the number of a referral slip.
    NameAndSlip(&'a str, Uuid),
}

/// The one person to whom it belongs; none when there is nobody or more than one. Says nothing about her. The asking is
/// audited with what kind of thing it was, never with what it says.
pub async fn person_in_hand(cx: &Cx, hold: &Hold<'_>) -> Result<Option<PersonId>, Error> {
    let mut reader = cx.db.read().await?;
    let (action, found) = match hold {
        Hold::Number(number) => {
            let hashes = cx.keys.lookups(store::ID_NO, number.reveal());
            let found = store::by_id_no(&mut reader, &hashes).await?;
            ("ask_identity_number", found.map(|brief| brief.id))
        }
        Hold::NameAndPhone(name, phone) => {
            let hashes = cx.keys.lookups(store::PHONE, phone.reveal());
            let found = store::by_name_and_phone(&mut reader, name, &hashes).await?;
            ("ask_name_and_phone", only(found))
        }
        Hold::NameAndSlip(name, slip) => {
            let found = store::by_name_and_referral(&mut reader, name, *slip).await?;
            ("ask_name_and_slip", only(found))
        }
    };
    let detail = serde_json::json!({ "found": found.is_some() }).to_string();
    let asked = cx.entry(action, "person").saying(detail);
    cx.db.note(asked).await?;
    Ok(found)
}

fn only(found: Vec<PersonId>) -> Option<PersonId> {
    match found[..] {
        [one] => Some(one),
        _ => None,
    }
}
