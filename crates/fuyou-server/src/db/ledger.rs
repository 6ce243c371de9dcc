//! The two ledgers a lane keeps beside the data: the change feed and the audit chain.
//!
//! Lines are collected in memory while operations run and written just before the batch commits. A line of an operation
//! that is rolled back is forgotten together with its number, so both ledgers have no gaps. The head of each lane is
//! stored in `lane` and locked while a batch runs: two processes on one database cannot fork a chain.

use std::borrow::Cow;
use std::sync::LazyLock;

use fuyou_kernel::Timestamp;
use sm3::{Digest, Sm3};
use uuid::Uuid;

use super::{Cell, Connection, Error, Insert, query};

/// The hash before the first entry of a lane.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// What happened to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A row appeared.
    Insert,
    /// A row was changed.
    Update,
    /// A row was declared void; nothing clinical is deleted.
    Void,
}

impl Operation {
    /// The word stored in the feed.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Insert => "insert",
            Operation::Update => "update",
            Operation::Void => "void",
        }
    }
}

/// One line of the change feed, which refreshes indicators, upward push and devices.
#[derive(Debug, Clone)]
pub struct Change {
    /// The subject the row hangs on, if it hangs on one.
    pub subject_id: Option<Uuid>,
    /// Table name.
    pub entity: &'static str,
    /// Id of the row.
    pub entity_id: Uuid,
    /// What happened.
    pub operation: Operation,
    /// When the system learned it.
    pub at: Timestamp,
}

/// One entry of the audit chain. It never holds a clinical value or an identifier.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When the system learned it.
    pub at: Timestamp,
    /// The user, or none before login and for commands.
    pub actor_id: Option<Uuid>,
    /// The login as it was at that time; `system` for commands.
    pub actor_login: String,
    /// The organization the user worked for.
    pub org_id: Option<Uuid>,
    /// What was done: `read`, `register`, `correct`, `log_in` …
    pub action: Cow<'static, str>,
    /// What it was done to: a table name.
    pub entity: Cow<'static, str>,
    /// Id of the row.
    pub entity_id: Option<Uuid>,
    /// The subject the row hangs on.
    pub subject_id: Option<Uuid>,
    /// JSON: names of changed fields, reasons given; no values.
    pub detail: String,
}

/// A numbered audit entry with its place in the chain.
struct Linked {
    seq: i64,
    prev_hash: [u8; 32],
    hash: [u8; 32],
    entry: Entry,
}

/// Where the ledgers of a lane stand, and the lines that wait to be written.
pub(super) struct Ledger {
    lane: i64,
    change_seq: i64,
    audit_seq: i64,
    audit_hash: [u8; 32],
    changes: Vec<(i64, Change)>,
    entries: Vec<Linked>,
}

/// A point to come back to when an operation is rolled back.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    change_seq: i64,
    audit_seq: i64,
    audit_hash: [u8; 32],
    changes: usize,
    entries: usize,
}

/// The hash that ties an entry to all before it: SM3 over the previous hash and every column, each with its length.
pub(crate) fn link(prev_hash: &[u8], lane: i64, seq: i64, entry: &Entry) -> [u8; 32] {
    let mut gathered = Vec::with_capacity(256);
    let mut put = |bytes: &[u8]| {
        gathered.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        gathered.extend_from_slice(bytes);
    };
    put(prev_hash);
    put(&lane.to_be_bytes());
    put(&seq.to_be_bytes());
    put(&entry.at.as_millisecond().to_be_bytes());
    for id in [
        entry.actor_id,
        entry.org_id,
        entry.entity_id,
        entry.subject_id,
    ] {
        put(id.as_ref().map_or(&[], |id| id.as_bytes().as_slice()));
    }
    for text in [
        entry.actor_login.as_str(),
        entry.action.as_ref(),
        entry.entity.as_ref(),
        entry.detail.as_str(),
    ] {
        put(text.as_bytes());
    }
    Sm3::digest(&gathered).into()
}

impl Ledger {
    /// Locks the lane's row and reads where its ledgers stand.
    pub(super) async fn open(lane: i64, connection: &mut Connection) -> Result<Self, Error> {
        const LOCK: &str = "update lane set batches = batches + 1 where id = $1";
        // Another process may create it at the same time: then its batch is waited for here.
        const CREATE: &str = "insert into lane (id, batches, change_seq, audit_seq, audit_hash) values ($1, 0, 0, 0, $2) \
                              on conflict (id) do nothing";
        const HEAD: &str = "select change_seq, audit_seq, audit_hash from lane where id = $1";
        let locked = query(LOCK).bind(lane).execute(connection).await?;
        if locked == 0 {
            query(CREATE)
                .bind(lane)
                .bind(GENESIS.as_slice())
                .execute(connection)
                .await?;
            query(LOCK).bind(lane).execute(connection).await?;
        }
        let (change_seq, audit_seq, hash): (i64, i64, Vec<u8>) =
            query(HEAD).bind(lane).one(connection).await?;
        let audit_hash = hash.as_slice().try_into().map_err(|_| {
            Error::NotSaved(
                format!(
                    "the audit head of lane {lane} has {} bytes, not 32",
                    hash.len()
                )
                .into(),
            )
        })?;
        Ok(Ledger {
            lane,
            change_seq,
            audit_seq,
            audit_hash,
            changes: Vec::new(),
            entries: Vec::new(),
        })
    }

    pub(super) fn change(&mut self, change: Change) {
        self.change_seq += 1;
        self.changes.push((self.change_seq, change));
    }

    pub(super) fn audit(&mut self, entry: Entry) {
        self.audit_seq += 1;
        let hash = link(&self.audit_hash, self.lane, self.audit_seq, &entry);
        self.entries.push(Linked {
            seq: self.audit_seq,
            prev_hash: self.audit_hash,
            hash,
            entry,
        });
        self.audit_hash = hash;
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            change_seq: self.change_seq,
            audit_seq: self.audit_seq,
            audit_hash: self.audit_hash,
            changes: self.changes.len(),
            entries: self.entries.len(),
        }
    }

    /// Forgets everything since `mark`.
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.change_seq = mark.change_seq;
        self.audit_seq = mark.audit_seq;
        self.audit_hash = mark.audit_hash;
        self.changes.truncate(mark.changes);
        self.entries.truncate(mark.entries);
    }

    /// Writes what was collected and moves the stored heads.
    pub(super) async fn flush(&mut self, connection: &mut Connection) -> Result<(), Error> {
        const HEAD: &str =
            "update lane set change_seq = $2, audit_seq = $3, audit_hash = $4 where id = $1";
        if self.changes.is_empty() && self.entries.is_empty() {
            return Ok(());
        }
        let lane = self.lane;
        let changes = std::mem::take(&mut self.changes).into_iter();
        CHANGES
            .run(
                connection,
                changes
                    .flat_map(|(seq, change)| change_row(lane, seq, change))
                    .collect(),
            )
            .await?;
        let entries = std::mem::take(&mut self.entries).into_iter();
        ENTRIES
            .run(
                connection,
                entries.flat_map(|linked| entry_row(lane, linked)).collect(),
            )
            .await?;
        query(HEAD)
            .bind(self.lane)
            .bind(self.change_seq)
            .bind(self.audit_seq)
            .bind(self.audit_hash.as_slice())
            .execute(connection)
            .await?;
        Ok(())
    }
}

static CHANGES: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "change",
        &[
            "lane",
            "seq",
            "subject_id",
            "entity",
            "entity_id",
            "operation",
            "at",
        ],
        "",
    )
});

static ENTRIES: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "audit",
        &[
            "lane",
            "seq",
            "at",
            "actor_id",
            "actor_login",
            "org_id",
            "action",
            "entity",
            "entity_id",
            "subject_id",
            "detail",
            "prev_hash",
            "hash",
        ],
        "",
    )
});

fn change_row(lane: i64, seq: i64, change: Change) -> [Cell; 7] {
    [
        Cell::int(lane),
        Cell::int(seq),
        Cell::Id(change.subject_id),
        Cell::text(change.entity),
        Cell::id(change.entity_id),
        Cell::text(change.operation.as_str()),
        Cell::at(change.at),
    ]
}

fn entry_row(lane: i64, linked: Linked) -> [Cell; 13] {
    let entry = linked.entry;
    [
        Cell::int(lane),
        Cell::int(linked.seq),
        Cell::at(entry.at),
        Cell::Id(entry.actor_id),
        Cell::text(entry.actor_login),
        Cell::Id(entry.org_id),
        Cell::text(entry.action),
        Cell::text(entry.entity),
        Cell::Id(entry.entity_id),
        Cell::Id(entry.subject_id),
        Cell::text(entry.detail),
        Cell::Bytes(Some(linked.prev_hash.to_vec())),
        Cell::Bytes(Some(linked.hash.to_vec())),
    ]
}

impl Entry {
    /// The row it is about and the subject on which that hangs.
    #[must_use]
    pub fn about(self, subject: Uuid, row: Uuid) -> Self {
        Entry {
            subject_id: Some(subject),
            entity_id: Some(row),
            ..self
        }
    }

    /// Names of changed fields or a reason, as JSON.
    #[must_use]
    pub fn saying(self, detail: String) -> Self {
        Entry { detail, ..self }
    }
}
