//! Writing what was planned about links, alone or many at once: all of it or nothing.

use uuid::Uuid;

use super::model::Link;
use super::plan::Looked;
use super::store;
use crate::care::change::{Rows, Writing, Written, write_rows};
use crate::care::{Acting, Care, Error};
use crate::db::{Cell, Change, Operation, Tx};
use crate::registry::{PersonRow, insert_persons};

/// What one step changes.
pub(in crate::care) struct Pending {
    link: Link,
    newcomer: Option<PersonRow>,
    writing: Option<Writing>,
    /// By which record, and who recorded it.
    detail: String,
    /// Something follows from it in the next round.
    pub is_first_half: bool,
}

/// The rows of what many steps change.
#[derive(Default)]
pub(in crate::care) struct PendingRows {
    newcomers: Vec<PersonRow>,
    /// Who is registered, and by which record.
    registered: Vec<(Uuid, String)>,
    rows: Rows,
    links: Vec<Cell>,
}

impl PendingRows {
    /// These rows, then those of others.
    pub(in crate::care) fn append(&mut self, other: PendingRows) {
        self.newcomers.extend(other.newcomers);
        self.registered.extend(other.registered);
        self.rows.append(other.rows);
        self.links.extend(other.links);
    }
}

impl Pending {
    pub(super) fn new(
        link: Link,
        looked: &Looked,
        (newcomer, writing): (Option<PersonRow>, Option<Writing>),
    ) -> Pending {
        let mut records = looked.enrolled.records.iter();
        let opener = records.find(|kept| kept.id == link.opener_encounter);
        let recorder: Option<Uuid> = opener.and_then(|kept| kept.recorded_by);
        let detail =
            serde_json::json!({ "opener": link.opener_encounter, "on_behalf_of": recorder });
        Pending {
            link,
            newcomer,
            writing,
            detail: detail.to_string(),
            is_first_half: false,
        }
    }

    /// Whether it is about somebody of whom nothing is stored yet.
    pub(super) fn is_new(&self) -> bool {
        self.newcomer.is_some()
    }
}

impl Care {
    /// Writes what steps change in one transaction. False when somebody else was faster with one of them: nothing is
    /// written then.
    pub(super) async fn write_pending(
        &self,
        by: &Acting,
        mut pending: Vec<Pending>,
    ) -> Result<bool, Error> {
        let subject = match &pending[..] {
            [] => return Ok(true),
            [one] => Some(one.link.subject),
            _ => None,
        };
        let rows = self.pending_rows(by, &mut pending);
        let pending: Vec<&Pending> = pending.iter().collect();
        let mut tx = self.db().begin(subject).await?;
        if !self.write_opened(&mut tx, by, &pending, rows).await? {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// The rows of what steps change, which nothing has to be asked for.
    pub(in crate::care) fn pending_rows(
        &self,
        by: &Acting,
        pending: &mut [Pending],
    ) -> PendingRows {
        let mut rows = PendingRows::default();
        for one in &mut *pending {
            if let Some(row) = one.newcomer.take() {
                rows.newcomers.push(row);
                rows.registered.push((one.link.subject, one.detail.clone()));
            }
            if let Some(writing) = &mut one.writing {
                writing.entry.detail.clone_from(&one.detail);
            }
            rows.links.extend(store::link_row(&one.link, by.now));
        }
        let writings = pending.iter().filter_map(|one| one.writing.as_ref());
        rows.rows = Rows::of(
            self.pack(),
            self.tables(),
            writings.map(|writing| (writing, by.now)),
        );
        rows
    }

    /// As [`Care::write_pending`], in a transaction that holds more; when it is false, that must be dropped.
    pub(in crate::care) async fn write_opened(
        &self,
        tx: &mut Tx,
        by: &Acting,
        pending: &[&Pending],
        rows: PendingRows,
    ) -> Result<bool, Error> {
        if insert_persons(tx, rows.newcomers).await? != rows.registered.len() as u64 {
            return Ok(false);
        }
        for (person, detail) in rows.registered {
            tx.changed(Change {
                subject_id: Some(person),
                entity: "person",
                entity_id: person,
                operation: Operation::Insert,
                at: by.now,
            });
            let mut entry = by.entry("register", "person");
            (entry.entity_id, entry.subject_id) = (Some(person), Some(person));
            entry.detail = detail;
            tx.audit(entry);
        }
        let writings: Vec<_> = pending
            .iter()
            .filter_map(|one| Some((one.writing.as_ref()?, by.now)))
            .collect();
        let of = (&**self.pack(), self.tables());
        if write_rows(tx, of, &writings, rows.rows).await? == Written::Raced {
            return Ok(false);
        }
        for one in pending.iter().filter(|one| one.writing.is_none()) {
            let mut entry = by.entry("link", "link");
            (entry.entity_id, entry.subject_id) = (Some(one.link.id), Some(one.link.subject));
            entry.detail.clone_from(&one.detail);
            tx.audit(entry);
        }
        Ok(store::save(tx, rows.links).await? == pending.len() as u64)
    }
}
