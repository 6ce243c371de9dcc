//! Making two records of what had been made one.

use uuid::Uuid;

use super::MergeError;
use super::join::{entitled, load, reason_of, refresh, tell, tell_moved};
use super::store::{self, Merging, Moved, VersionRow};
use crate::db::{Connection, Tx, hanging_on_subjects, hold_every_lane};
use crate::http::Cx;
use crate::registry::person::Secret;
use crate::registry::{Person, PersonId, store as persons};

/// Tables whose rows are computed from records: what a merge added there goes again.
const COMPUTED: [&str; 3] = ["risk_history", "rule_hit", "task"];

/// Undoes a merge: everything that it moved goes back, with its versions. Refuses, and says why, when something was told
/// since about what was moved. Sent twice, it is done once.
pub async fn undo(
    cx: &Cx,
    survivor: PersonId,
    id: Uuid,
    reason: &str,
) -> Result<PersonId, MergeError> {
    let reason = reason_of(reason)?;
    let mut tx = cx.db.begin(Some(survivor.uuid())).await?;
    hold_every_lane(&mut tx).await?;
    let merge = store::merge(&mut tx, survivor, id)
        .await?
        .ok_or(MergeError::NotFound)?;
    let merged = PersonId::from_uuid(merge.merged_id);
    let stayed = load(cx, &mut tx, survivor).await?;
    let went = load(cx, &mut tx, merged).await?;
    entitled(cx, [&stayed, &went])?;
    if merge.undone_at.is_some() {
        return Ok(merged);
    }
    if stayed.merged_into.is_some() {
        return Err(MergeError::MergedOn);
    }
    number_is_free(cx, &mut tx, &went).await?;
    let versions = store::remembered_versions(&mut tx, survivor, id).await?;
    nothing_told_since(cx, &mut tx, survivor, &versions, merge.merged_at.0).await?;
    let undoing = Merging {
        survivor,
        id,
        merged,
        reason,
        by: cx.actor.id.uuid(),
        by_login: &cx.actor.login,
        at: cx.now,
    };
    if !store::point(&mut tx, merged, None, Some(survivor)).await? {
        return Err(MergeError::Stale);
    }
    move_back(cx, &mut tx, &undoing, &versions).await?;
    store::mark_undone(&mut tx, &undoing).await?;
    tell(cx, &mut tx, "undo_merge", &undoing);
    tx.commit().await?;
    Ok(merged)
}

/// The record that would stand for itself again must be the only one with its number.
async fn number_is_free(
    cx: &Cx,
    connection: &mut Connection,
    went: &Person,
) -> Result<(), MergeError> {
    let Some(number) = went.identity.id_no.as_ref().map(Secret::reveal) else {
        return Ok(());
    };
    let hashes = cx.keys.lookups(persons::ID_NO, number);
    if persons::number_in_use(connection, &hashes).await? {
        return Err(MergeError::NumberInUse);
    }
    Ok(())
}

/// Every deed about an enrollment takes its next version: another version means that something was told.
async fn nothing_told_since(
    cx: &Cx,
    tx: &mut Tx,
    survivor: PersonId,
    versions: &[VersionRow],
    merged_at: fuyou_kernel::Timestamp,
) -> Result<(), MergeError> {
    let stored = store::enrollment_versions(tx, survivor).await?;
    let is_same = |kept: &VersionRow| {
        let now = stored.iter().find(|(id, _, _)| *id == kept.row_id);
        now.is_some_and(|(_, version, _)| *version == kept.version_after)
    };
    let changed: Vec<Uuid> = versions
        .iter()
        .filter(|kept| !is_same(kept))
        .map(|kept| kept.row_id)
        .collect();
    match cx.app.care() {
        Some(care) if !changed.is_empty() => Err(MergeError::ToldSince(
            care.told_since(tx, survivor.uuid(), &changed, merged_at)
                .await?,
        )),
        _ => Ok(()),
    }
}

async fn move_back(
    cx: &Cx,
    tx: &mut Tx,
    undoing: &Merging<'_>,
    versions: &[VersionRow],
) -> Result<(), MergeError> {
    let (from, to) = (undoing.survivor, undoing.merged);
    let moved = store::remembered(tx, from, undoing.id).await?;
    for row in &moved {
        if row.is_pointing() {
            store::point(tx, PersonId::from_uuid(row.row), Some(to), Some(from)).await?;
        } else {
            store::move_row(tx, row, from, to).await?;
        }
    }
    let mut along: Vec<Moved> = Vec::new();
    for table in hanging_on_subjects(tx).await? {
        if !store::moves(&table) {
            continue;
        }
        // What was tried for a task since goes with the task.
        if table.has_task {
            along.extend(store::follow_tasks(tx, &table, from, to).await?);
        }
    }
    for table in hanging_on_subjects(tx).await? {
        if !store::moves(&table) || !table.has_enrollment {
            continue;
        }
        for version in versions {
            for id in store::rows_of_enrollment(tx, &table, from, version.row_id).await? {
                if COMPUTED.contains(&table.table.as_str()) {
                    store::remove_computed(tx, &table.table, from, id).await?;
                } else {
                    let row = Moved::of_subject(&table.table, id);
                    store::move_row(tx, &row, from, to).await?;
                    along.push(row);
                }
            }
        }
    }
    tell_moved(cx, tx, &moved, from, to);
    tell_moved(cx, tx, &along, from, to);
    let enrollments = versions.iter().map(|version| version.row_id).collect();
    refresh(cx, tx, to, enrollments).await?;
    for version in versions {
        store::restore_version(tx, to, version).await?;
    }
    Ok(())
}
