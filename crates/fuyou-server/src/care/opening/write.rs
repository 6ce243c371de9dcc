//! Writing what was planned about links, alone or many at once: all of it or nothing.

use uuid::Uuid;

use super::model::Link;
use super::plan::Looked;
use super::store;
use crate::care::change::{Writing, Written, write};
use crate::care::{Acting, Care, Error};
use crate::db::{Change, Operation, Tx};
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
        let mut tx = self.db().begin(subject).await?;
        if !self.write_opened(&mut tx, by, &mut pending).await? {
            return Ok(false);
        }
        tx.commit().await?;
        Ok(true)
    }

    /// As [`Care::write_pending`], in a transaction that holds more; when it is false, that must be dropped.
    pub(in crate::care) async fn write_opened(
        &self,
        tx: &mut Tx,
        by: &Acting,
        pending: &mut [Pending],
    ) -> Result<bool, Error> {
        let mut rows = Vec::new();
        let mut registered = Vec::new();
        for one in &mut *pending {
            if let Some(row) = one.newcomer.take() {
                rows.push(row);
                registered.push((one.link.subject, one.detail.clone()));
            }
            if let Some(writing) = &mut one.writing {
                writing.entry.detail.clone_from(&one.detail);
            }
        }
        if insert_persons(tx, rows).await? != registered.len() as u64 {
            return Ok(false);
        }
        for (person, detail) in registered {
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
        if write(tx, self.pack(), self.tables(), &writings).await? == Written::Raced {
            return Ok(false);
        }
        for one in &*pending {
            if one.writing.is_none() {
                let mut entry = by.entry("link", "link");
                (entry.entity_id, entry.subject_id) = (Some(one.link.id), Some(one.link.subject));
                entry.detail.clone_from(&one.detail);
                tx.audit(entry);
            }
            if !store::save(tx, &one.link, by.now).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
