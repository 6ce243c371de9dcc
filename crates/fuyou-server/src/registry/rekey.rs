//! Re-sealing everything under the current key version: persons, what was corrected about them, phones of staff. Where it
//! stands is written in each row, so that it can be killed at any moment and started again.

use fuyou_kernel::{Id, Timestamp};

use super::store::{self, Secrets};
use super::{PersonId, staff};
use crate::db::{Db, Error, Tx};
use crate::keys::Keyring;

/// What one batch did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rekeyed {
    /// Rows sealed anew in this batch; none when everything is done.
    pub done: i64,
    /// Rows still under an older version.
    pub left: i64,
}

/// Seals at most `batch` rows under the current key version, in one transaction.
pub async fn rekey_batch(
    db: &Db,
    keys: &Keyring,
    now: Timestamp,
    batch: i64,
) -> Result<Rekeyed, Error> {
    let current = i64::from(keys.current_version());
    let mut tx = db.begin(None).await?;
    let mut done = rekey_persons(&mut tx, keys, now, batch).await?;
    done += rekey_history(&mut tx, keys, batch - done).await?;
    let (staff_done, staff_left) = staff::rekey(&mut tx, keys, batch - done).await?;
    let left = store::count_sealed_before(&mut tx, current).await?
        + store::count_history_sealed_before(&mut tx, current).await?
        + staff_left;
    tx.commit().await?;
    Ok(Rekeyed {
        done: done + staff_done,
        left,
    })
}

async fn rekey_persons(
    tx: &mut Tx,
    keys: &Keyring,
    now: Timestamp,
    batch: i64,
) -> Result<i64, Error> {
    let current = i64::from(keys.current_version());
    let mut done = 0;
    for (subject, version) in store::sealed_before(tx, current, batch).await? {
        let id: PersonId = Id::from_uuid(subject);
        let Some(person) = store::load(tx, keys, id).await? else {
            continue;
        };
        let secrets = Secrets::of(keys, id, &person.identity);
        // A correction that came between has sealed the row itself.
        done += i64::from(store::reseal(tx, id, version, &secrets, now).await?);
    }
    Ok(done)
}

async fn rekey_history(tx: &mut Tx, keys: &Keyring, batch: i64) -> Result<i64, Error> {
    let current = i64::from(keys.current_version());
    let mut done = 0;
    for row in store::history_sealed_before(tx, current, batch).await? {
        let id: PersonId = Id::from_uuid(row.subject_id);
        let column = match row.field.as_str() {
            "id_no" => store::ID_NO,
            "phone" => store::PHONE,
            other => {
                return Err(Error::Corrupt(format!(
                    "person {id}: {other} is sealed in her history"
                )));
            }
        };
        let place = store::place(column, id);
        let anew = |sealed: &Option<Vec<u8>>| -> Result<Option<Vec<u8>>, Error> {
            let Some(sealed) = sealed else {
                return Ok(None);
            };
            let plain = keys
                .open_sealed(&place, sealed)
                .map_err(|err| Error::Corrupt(format!("history of person {id}: {err}")))?;
            Ok(Some(keys.seal(&place, &plain)))
        };
        let sealed = (anew(&row.from_sealed)?, anew(&row.to_sealed)?);
        store::reseal_history(tx, &row, sealed, current).await?;
        done += 1;
    }
    Ok(done)
}
