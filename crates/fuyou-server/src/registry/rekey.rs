//! Re-sealing persons under the current key version. Where it stands is written in each row, so that it can be killed
//! at any moment and started again.

use fuyou_kernel::{Id, Timestamp};

use super::PersonId;
use super::store::{self, Secrets};
use crate::db::{Db, Error};
use crate::keys::Keyring;

/// What one batch did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rekeyed {
    /// Rows sealed anew in this batch; none when everything is done.
    pub done: i64,
    /// Rows still under an older version.
    pub left: i64,
}

/// Seals at most `batch` persons under the current key version, in one transaction.
pub async fn rekey_batch(
    db: &Db,
    keys: &Keyring,
    now: Timestamp,
    batch: i64,
) -> Result<Rekeyed, Error> {
    let current = i64::from(keys.current_version());
    let mut tx = db.begin(None).await?;
    let rows = store::sealed_before(&mut tx, current, batch).await?;
    let mut done = 0;
    for (subject, version) in rows {
        let id: PersonId = Id::from_uuid(subject);
        let Some(person) = store::load(&mut tx, keys, id).await? else {
            continue;
        };
        let secrets = Secrets::of(keys, id, &person.identity);
        // A correction that came between has sealed the row itself.
        done += i64::from(store::reseal(&mut tx, id, version, &secrets, now).await?);
    }
    let left = store::count_sealed_before(&mut tx, current).await?;
    tx.commit().await?;
    Ok(Rekeyed { done, left })
}
