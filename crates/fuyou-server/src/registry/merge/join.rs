//! Making one record of two.

use std::collections::BTreeSet;

use fuyou_kernel::Id;
use uuid::Uuid;

use super::store::{self, Merging, Moved};
use super::{MergeError, REASON_CHARACTERS_MIN, Wanted};
use crate::access::Action;
use crate::care::{Acting, BothOpen};
use crate::db::{Change, Connection, Operation, Tx, hanging_on_subjects, hold_every_lane};
use crate::http::Cx;
use crate::registry::{Person, PersonId, RegisterError, open_person, store as persons};

/// Refuses unless both live in the actor's area and the role may merge.
pub(super) fn entitled(cx: &Cx, persons: [&Person; 2]) -> Result<(), MergeError> {
    for person in persons {
        cx.actor
            .require(Action::MergePersons, person.identity.residence)?;
    }
    Ok(())
}

/// Both records for comparing them side by side; the reading of both is audited.
pub async fn compare(cx: &Cx, one: PersonId, other: PersonId) -> Result<[Person; 2], MergeError> {
    let mut reader = cx.db.read().await?;
    let mut open = async |id| match open_person(cx, &mut reader, id).await {
        Ok(person) => Ok(person),
        Err(RegisterError::Store(cause)) => Err(MergeError::Store(cause)),
        Err(_) => Err(MergeError::NotFound),
    };
    let pair = [open(one).await?, open(other).await?];
    entitled(cx, [&pair[0], &pair[1]])?;
    if one == other {
        return Err(MergeError::Same);
    }
    Ok(pair)
}

/// What stands against merging two records: open enrollments that a person has to decide about first.
pub async fn obstacles(cx: &Cx, pair: [PersonId; 2]) -> Result<Vec<BothOpen>, MergeError> {
    let mut reader = cx.db.read().await?;
    obstacles_in(cx, &mut reader, pair).await
}

async fn obstacles_in(
    cx: &Cx,
    connection: &mut Connection,
    pair: [PersonId; 2],
) -> Result<Vec<BothOpen>, MergeError> {
    match cx.app.care() {
        Some(care) => Ok(care.both_open(connection, pair.map(Id::uuid)).await?),
        None => Ok(Vec::new()),
    }
}

/// Makes two records one. Sent twice, it is done once.
pub async fn merge(cx: &Cx, wanted: &Wanted<'_>) -> Result<(), MergeError> {
    let reason = reason_of(wanted.reason)?;
    let (survivor, merged) = (wanted.survivor.0, wanted.merged.0);
    if survivor == merged {
        return Err(MergeError::Same);
    }
    let mut tx = cx.db.begin(Some(survivor.uuid())).await?;
    hold_every_lane(&mut tx).await?;
    let staying = load(cx, &mut tx, survivor).await?;
    let going = load(cx, &mut tx, merged).await?;
    entitled(cx, [&staying, &going])?;
    if let Some(before) = store::merge(&mut tx, survivor, wanted.id).await? {
        let same = before.merged_id == merged.uuid() && before.undone_at.is_none();
        return if same { Ok(()) } else { Err(MergeError::Stale) };
    }
    let as_seen = |person: &Person, seen| person.merged_into.is_none() && person.version == seen;
    if !as_seen(&staying, wanted.survivor.1) || !as_seen(&going, wanted.merged.1) {
        return Err(MergeError::Stale);
    }
    let both = obstacles_in(cx, &mut tx, [survivor, merged]).await?;
    if !both.is_empty() {
        return Err(MergeError::BothOpen(both));
    }
    let merging = Merging {
        survivor,
        id: wanted.id,
        merged,
        reason,
        by: cx.actor.id.uuid(),
        by_login: &cx.actor.login,
        at: cx.now,
    };
    store::insert_merge(&mut tx, &merging).await?;
    move_everything(cx, &mut tx, &merging).await?;
    tell(cx, &mut tx, "merge", &merging);
    tx.commit().await?;
    Ok(())
}

async fn move_everything(cx: &Cx, tx: &mut Tx, merging: &Merging<'_>) -> Result<(), MergeError> {
    let (from, to) = (merging.merged, merging.survivor);
    let versions = store::enrollment_versions(tx, from).await?;
    let mut moved: Vec<Moved> = Vec::new();
    for table in hanging_on_subjects(tx).await? {
        if !store::moves(&table) {
            continue;
        }
        if store::share_a_row(tx, &table, (from, to)).await? {
            return Err(MergeError::SharedRow(table.table));
        }
        moved.extend(store::move_rows(tx, &table, from, to).await?);
    }
    let before = store::point_on(tx, from, to).await?;
    moved.extend(before.into_iter().map(Moved::pointing));
    if !store::point(tx, from, Some(to), None).await? {
        return Err(MergeError::Stale);
    }
    store::remember(tx, to, merging.id, &moved).await?;
    tell_moved(cx, tx, &moved, from, to);
    refresh(cx, tx, to, versions.iter().map(|(id, _, _)| *id).collect()).await?;
    let after = store::enrollment_versions(tx, to).await?;
    for (enrollment, version, updated_at) in versions {
        let now = after.iter().find(|(id, _, _)| *id == enrollment);
        let after = now.map_or(version, |(_, version, _)| *version);
        let key = (to, merging.id);
        store::remember_version(tx, key, enrollment, (version, updated_at), after).await?;
    }
    Ok(())
}

/// What rules may know of her can differ between the two records: facts, risk and tasks follow.
pub(super) async fn refresh(
    cx: &Cx,
    tx: &mut Tx,
    subject: PersonId,
    enrollments: Vec<Uuid>,
) -> Result<(), MergeError> {
    if let Some(care) = cx.app.care() {
        let by = Acting::from(cx);
        care.refresh_in(tx, &by, subject.uuid(), Some(&enrollments))
            .await?;
    }
    Ok(())
}

/// The change feed: gone from one subject, there under the other.
pub(super) fn tell_moved(cx: &Cx, tx: &mut Tx, moved: &[Moved], from: PersonId, to: PersonId) {
    const TOLD: [&str; 4] = ["enrollment", "encounter", "referral", "task_attempt"];
    let told: BTreeSet<(&'static str, Uuid)> = moved
        .iter()
        .filter_map(|row| {
            let entity = TOLD.into_iter().find(|entity| *entity == row.table)?;
            Some((entity, row.row))
        })
        .collect();
    for (entity, entity_id) in told {
        for (subject, operation) in [(from, Operation::Void), (to, Operation::Insert)] {
            tx.changed(Change {
                subject_id: Some(subject.uuid()),
                entity,
                entity_id,
                operation,
                at: cx.now,
            });
        }
    }
}

/// Change feed and audit of both persons.
pub(super) fn tell(cx: &Cx, tx: &mut Tx, action: &'static str, merging: &Merging<'_>) {
    for (person, other) in [
        (merging.survivor, merging.merged),
        (merging.merged, merging.survivor),
    ] {
        tx.changed(Change {
            subject_id: Some(person.uuid()),
            entity: "person",
            entity_id: person.uuid(),
            operation: Operation::Update,
            at: cx.now,
        });
        let detail = serde_json::json!({
            "merge": merging.id, "with": other.uuid(), "survivor": merging.survivor.uuid(),
            "reason": merging.reason,
        });
        let entry = cx.entry(action, "person_merge");
        tx.audit(
            entry
                .about(person.uuid(), merging.id)
                .saying(detail.to_string()),
        );
    }
}

pub(super) async fn load(
    cx: &Cx,
    connection: &mut Connection,
    id: PersonId,
) -> Result<Person, MergeError> {
    persons::load(connection, &cx.keys, id)
        .await?
        .ok_or(MergeError::NotFound)
}

pub(super) fn reason_of(text: &str) -> Result<&str, MergeError> {
    let reason = text.trim();
    if reason.chars().count() < REASON_CHARACTERS_MIN {
        return Err(MergeError::NoReason);
    }
    Ok(reason)
}
