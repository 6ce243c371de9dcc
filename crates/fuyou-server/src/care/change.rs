//! What one change of an enrollment writes: the difference between two replays, gathered with others into statements
//! of many rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use fuyou_expr::Value;
use fuyou_kernel::Timestamp;
use fuyou_pack::Pack;
use fuyou_pack::model::{FormIx, ProgramIx};
use uuid::Uuid;

use super::derive::{Finding, Relation};
use super::file::{Head, Kept};
use super::memory::Computed;
use super::tables::{Tables, to_cell};
use super::{Error, store};
use crate::db::{Cell, Change, Entry, Operation, Tx};
use crate::referral::{self, ReferralChange};
use crate::registry::is_anybody_merged;

/// What happens to the head of an enrollment.
#[derive(Debug)]
pub(super) enum HeadChange {
    /// It is new.
    New,
    /// It was there, at the version of the head.
    Advanced,
}

/// What happens to a record.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a change holds one or two of them, and none is kept"
)]
pub(super) enum RecordChange {
    /// It is new.
    New(Arc<Kept>),
    /// It says something else; the earlier content goes to the history.
    Rewritten {
        now: Kept,
        before: Kept,
        why: String,
    },
    /// It is void.
    Voided { before: Kept, why: String },
}

/// Everything that one change writes about one enrollment.
#[derive(Debug)]
pub(super) struct Writing {
    pub head: Head,
    pub head_change: HeadChange,
    pub records: Vec<RecordChange>,
    pub before: Arc<Computed>,
    pub after: Arc<Computed>,
    /// Who else may open the record.
    pub relations: Vec<(Uuid, Relation)>,
    /// Rows for other tables: completions, changes of enrollments.
    pub completions: Vec<Cell>,
    pub enrollment_changes: Vec<Cell>,
    /// Referrals that were sent or went a step further.
    pub referrals: Vec<ReferralChange>,
    pub entry: Entry,
}

impl Writing {
    /// The record that it is about and the version that it has then, if it is about one.
    pub(super) fn changed(&self) -> Option<(Uuid, i64)> {
        self.records.first().map(|record| match record {
            RecordChange::New(kept) => (kept.id, kept.version),
            RecordChange::Rewritten { now, .. } => (now.id, now.version),
            RecordChange::Voided { before, .. } => (before.id, before.version + 1),
        })
    }
}

/// Rows of many changes, table by table.
#[derive(Debug, Default)]
pub(super) struct Rows {
    enrollments: Vec<Cell>,
    enrollment_count: u64,
    advanced: Vec<Cell>,
    advanced_count: u64,
    records: Vec<Cell>,
    record_count: u64,
    forms: BTreeMap<(usize, usize), Vec<Cell>>,
    groups: BTreeMap<(usize, usize, usize), Vec<Cell>>,
    facts: BTreeMap<usize, Vec<Cell>>,
    tasks: Vec<Cell>,
    hits: Vec<Cell>,
    risks: Vec<Cell>,
    relations: Vec<Cell>,
    completions: Vec<Cell>,
    earlier: Vec<Cell>,
    enrollment_changes: Vec<Cell>,
}

/// Whether a change was written, or lost a race against another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Done,
    /// Somebody else changed the enrollment since it was read.
    Raced,
}

/// Writes changes in this turn. When one of them raced, the turn must be dropped.
pub(super) async fn write(
    tx: &mut Tx,
    pack: &Pack,
    tables: &Tables,
    writings: &[(&Writing, Timestamp)],
) -> Result<Written, Error> {
    let rows = Rows::of(pack, tables, writings.iter().copied());
    write_rows(tx, (pack, tables), writings, rows).await
}

/// As [`write`], of changes whose rows were put together already.
pub(super) async fn write_rows(
    tx: &mut Tx,
    (pack, tables): (&Pack, &Tables),
    writings: &[(&Writing, Timestamp)],
    rows: Rows,
) -> Result<Written, Error> {
    if has_opened_meanwhile(tx, pack, writings).await? {
        return Ok(Written::Raced);
    }
    for (writing, now) in writings {
        if apply_updates(tx, tables, writing, *now).await? == Written::Raced {
            return Ok(Written::Raced);
        }
    }
    if rows.flush(tx, tables).await? == Written::Raced {
        return Ok(Written::Raced);
    }
    for (writing, now) in writings {
        tell(tx, writing, *now);
    }
    Ok(Written::Done)
}

/// Whether somebody for whom an enrollment is opened has another open one of the same program by now, or was merged.
async fn has_opened_meanwhile(
    tx: &mut Tx,
    pack: &Pack,
    writings: &[(&Writing, Timestamp)],
) -> Result<bool, Error> {
    let heads = writings.iter().map(|(writing, _)| writing);
    let new: Vec<&Head> = heads
        .filter(|writing| matches!(writing.head_change, HeadChange::New))
        .map(|writing| &writing.head)
        .collect();
    if new.is_empty() {
        return Ok(false);
    }
    let subjects: Vec<Uuid> = new.iter().map(|head| head.subject).collect();
    // A merge holds every lane: it has either ended or not begun.
    if is_anybody_merged(tx, &subjects).await? {
        return Ok(true);
    }
    let open = store::open_of(tx, &subjects).await?;
    let is_other = |head: &&Head| {
        let program = pack.program(head.program);
        let another = |(subject, id, of): &(Uuid, Uuid, String)| {
            *subject == head.subject && *id != head.id && **of == *program.id
        };
        program.one_open && open.iter().any(another)
    };
    Ok(new.iter().any(is_other))
}

/// The statements that belong to one change alone: corrections, and what is taken away. Routine records have none.
async fn apply_updates(
    tx: &mut Tx,
    tables: &Tables,
    writing: &Writing,
    now: Timestamp,
) -> Result<Written, Error> {
    let subject = writing.head.subject;
    for record in &writing.records {
        let done = match record {
            RecordChange::New(_) => true,
            RecordChange::Rewritten {
                now: kept, before, ..
            } => {
                let tables = tables.program(writing.head.program);
                for (group, old) in tables.groups[kept.form.get()].iter().zip(&before.groups) {
                    if !old.is_empty() {
                        group.remove(tx, subject, kept.id).await?;
                    }
                }
                match writing.after.derived.records.get(&kept.id) {
                    Some(finding) => {
                        let expected = Kept {
                            version: before.version,
                            ..kept.clone()
                        };
                        store::rewrite(tx, subject, &expected, finding).await?
                    }
                    None => false,
                }
            }
            RecordChange::Voided { before, why } => {
                store::void(tx, subject, before, (now, why)).await?
            }
        };
        if !done {
            return Ok(Written::Raced);
        }
    }
    for change in &writing.referrals {
        let clocks = writing
            .after
            .derived
            .referrals
            .get(&change.id())
            .cloned()
            .unwrap_or_default();
        if !referral::store_change(tx, change, &clocks).await? {
            return Ok(Written::Raced);
        }
    }
    apply_differences(tx, tables, writing).await?;
    Ok(Written::Done)
}

/// What other records amount to after this change, and what is no longer there. Nothing for a routine record.
async fn apply_differences(tx: &mut Tx, tables: &Tables, writing: &Writing) -> Result<(), Error> {
    let subject = writing.head.subject;
    if writing.head.withdrawn.is_some() {
        let facts = &tables.program(writing.head.program).facts;
        facts.remove(tx, subject, writing.head.id).await?;
    }
    let own: Vec<Uuid> = writing.records.iter().map(RecordChange::id).collect();
    for (id, finding) in &writing.after.derived.records {
        if own.contains(id) {
            continue;
        }
        // What was computed by another version of the pack has no findings to compare with: all are written.
        let before = writing.before.derived.records.get(id);
        if before.is_none_or(|before| before.head() != finding.head()) {
            store::found(tx, subject, *id, finding).await?;
        }
        if before.is_none_or(|before| before.derived != finding.derived) {
            let tables = tables.program(writing.head.program);
            tables
                .derive(tx, (subject, *id), finding.form, &finding.derived)
                .await?;
        }
    }
    for id in writing
        .before
        .derived
        .tasks
        .keys()
        .filter(|id| !writing.after.derived.tasks.contains_key(id))
    {
        store::cancel_task(tx, subject, *id).await?;
    }
    for id in writing
        .before
        .derived
        .hits
        .keys()
        .filter(|id| !writing.after.derived.hits.contains_key(id))
    {
        store::remove_hit(tx, subject, *id).await?;
    }
    for id in writing
        .before
        .derived
        .risks
        .keys()
        .filter(|id| !writing.after.derived.risks.contains_key(id))
    {
        store::remove_risk(tx, subject, *id).await?;
    }
    for (id, clocks) in &writing.after.derived.referrals {
        if writing
            .before
            .derived
            .referrals
            .get(id)
            .is_some_and(|before| before != clocks)
        {
            referral::set_clocks(tx, subject, *id, clocks).await?;
        }
    }
    Ok(())
}

impl RecordChange {
    fn id(&self) -> Uuid {
        match self {
            RecordChange::New(kept) => kept.id,
            RecordChange::Rewritten { now, .. } => now.id,
            RecordChange::Voided { before, .. } => before.id,
        }
    }
}

impl Rows {
    /// The rows of changes.
    pub(super) fn of<'a>(
        pack: &Pack,
        tables: &Tables,
        writings: impl Iterator<Item = (&'a Writing, Timestamp)>,
    ) -> Rows {
        let mut rows = Rows::default();
        for (writing, now) in writings {
            rows.add(pack, tables, writing, now);
        }
        rows
    }

    /// The rows of these changes, then those of others.
    pub(super) fn append(&mut self, other: Rows) {
        self.enrollments.extend(other.enrollments);
        self.enrollment_count += other.enrollment_count;
        self.advanced.extend(other.advanced);
        self.advanced_count += other.advanced_count;
        self.records.extend(other.records);
        self.record_count += other.record_count;
        extend_each(&mut self.forms, other.forms);
        extend_each(&mut self.groups, other.groups);
        extend_each(&mut self.facts, other.facts);
        self.tasks.extend(other.tasks);
        self.hits.extend(other.hits);
        self.risks.extend(other.risks);
        self.relations.extend(other.relations);
        self.completions.extend(other.completions);
        self.earlier.extend(other.earlier);
        self.enrollment_changes.extend(other.enrollment_changes);
    }

    fn add(&mut self, pack: &Pack, tables: &Tables, writing: &Writing, now: Timestamp) {
        let head = &writing.head;
        let (before, after) = (&writing.before.derived, &writing.after.derived);
        match writing.head_change {
            HeadChange::New => {
                self.enrollments.extend(head_row(pack, head, now));
                self.enrollment_count += 1;
            }
            HeadChange::Advanced => {
                let next = Head {
                    version: head.version + 1,
                    ..head.clone()
                };
                self.advanced.extend(head_row(pack, &next, now));
                self.advanced_count += 1;
            }
        }
        for record in &writing.records {
            match record {
                RecordChange::New(kept) => {
                    self.records.extend(record_row(
                        head,
                        kept,
                        writing.after.derived.records.get(&kept.id),
                    ));
                    self.record_count += 1;
                    self.add_values(
                        tables,
                        head,
                        kept,
                        writing.after.derived.records.get(&kept.id),
                    );
                }
                RecordChange::Rewritten {
                    now: kept,
                    before,
                    why,
                } => {
                    self.earlier.extend(earlier_row(
                        pack,
                        head,
                        before,
                        ("corrected", why),
                        &writing.entry,
                    ));
                    self.add_values(
                        tables,
                        head,
                        kept,
                        writing.after.derived.records.get(&kept.id),
                    );
                }
                RecordChange::Voided { before, why } => {
                    self.earlier.extend(earlier_row(
                        pack,
                        head,
                        before,
                        ("voided", why),
                        &writing.entry,
                    ));
                }
            }
        }
        if before.facts != after.facts && !after.facts.is_empty() {
            let facts = self.facts.entry(head.program.get()).or_default();
            facts.extend([Cell::id(head.subject), Cell::id(head.id)]);
            facts.extend(writing.after.derived.facts.iter().cloned());
        }
        add_changed(
            &mut self.tasks,
            &writing.before.derived.tasks,
            &writing.after.derived.tasks,
        );
        add_changed(
            &mut self.hits,
            &writing.before.derived.hits,
            &writing.after.derived.hits,
        );
        add_changed(
            &mut self.risks,
            &writing.before.derived.risks,
            &writing.after.derived.risks,
        );
        let more = writing
            .relations
            .iter()
            .map(|(id, relation)| (id, relation));
        let changed = after.relations.iter().filter(|(id, relation)| {
            before.relations.get(id) != Some(*relation)
                && writing.relations.iter().all(|(more, _)| more != *id)
        });
        for (id, relation) in changed.chain(more) {
            self.relations.extend([
                Cell::id(head.subject),
                Cell::id(*id),
                Cell::id(relation.organization.uuid()),
                Cell::text(relation.kind),
                Cell::Date(relation.until),
            ]);
        }
        self.completions.extend(writing.completions.iter().cloned());
        self.enrollment_changes
            .extend(writing.enrollment_changes.iter().cloned());
    }

    fn add_values(&mut self, tables: &Tables, head: &Head, kept: &Kept, finding: Option<&Finding>) {
        let program = tables.program(head.program);
        let table = program.form(kept.form);
        let derived: &[Value] = finding.map_or(&kept.derived, |finding| &finding.derived);
        let cells = self
            .forms
            .entry((head.program.get(), kept.form.get()))
            .or_default();
        cells.extend([Cell::id(head.subject), Cell::id(kept.id)]);
        let values = kept.values.iter().chain(derived);
        cells.extend(
            table
                .columns
                .iter()
                .zip(values)
                .map(|(column, value)| to_cell(column, value)),
        );
        for (at, (table, rows)) in program.groups[kept.form.get()]
            .iter()
            .zip(&kept.groups)
            .enumerate()
        {
            let cells = self
                .groups
                .entry((head.program.get(), kept.form.get(), at))
                .or_default();
            for (seq, row) in rows.iter().enumerate() {
                cells.extend([
                    Cell::id(head.subject),
                    Cell::id(kept.id),
                    Cell::int(seq as i64),
                ]);
                cells.extend(
                    table
                        .columns
                        .iter()
                        .zip(row)
                        .map(|(column, value)| to_cell(column, value)),
                );
            }
        }
    }

    async fn flush(self, tx: &mut Tx, tables: &Tables) -> Result<Written, Error> {
        // A row that is there already, or has another version, means that somebody else stored it after this change was
        // computed.
        if store::ADVANCED.run(tx, self.advanced).await? != self.advanced_count
            || store::ENROLLMENTS.run(tx, self.enrollments).await? != self.enrollment_count
            || store::RECORDS.run(tx, self.records).await? != self.record_count
        {
            return Ok(Written::Raced);
        }
        for ((program, form), cells) in self.forms {
            tables
                .program(ProgramIx::new(program))
                .form(FormIx::new(form))
                .store(tx, cells)
                .await?;
        }
        for ((program, form, group), cells) in self.groups {
            tables.program(ProgramIx::new(program)).groups[form][group]
                .store(tx, cells)
                .await?;
        }
        for (program, cells) in self.facts {
            tables
                .program(ProgramIx::new(program))
                .facts
                .store(tx, cells)
                .await?;
        }
        store::TASKS.run(tx, self.tasks).await?;
        store::HITS.run(tx, self.hits).await?;
        store::RISKS.run(tx, self.risks).await?;
        store::RELATIONS.run(tx, self.relations).await?;
        store::COMPLETIONS.run(tx, self.completions).await?;
        store::EARLIER.run(tx, self.earlier).await?;
        store::ENROLLMENT_CHANGES
            .run(tx, self.enrollment_changes)
            .await?;
        Ok(Written::Done)
    }
}

fn extend_each<K: Ord>(all: &mut BTreeMap<K, Vec<Cell>>, more: BTreeMap<K, Vec<Cell>>) {
    for (key, cells) in more {
        all.entry(key).or_default().extend(cells);
    }
}

fn add_changed(
    cells: &mut Vec<Cell>,
    before: &BTreeMap<Uuid, Vec<Cell>>,
    after: &BTreeMap<Uuid, Vec<Cell>>,
) {
    for (id, row) in after {
        if before.get(id) != Some(row) {
            cells.extend(row.iter().cloned());
        }
    }
}

fn head_row(pack: &Pack, head: &Head, now: Timestamp) -> [Cell; 14] {
    [
        Cell::id(head.subject),
        Cell::id(head.id),
        Cell::text(pack.program(head.program).id.clone()),
        Cell::id(head.organization.uuid()),
        Cell::date(head.opened_on),
        Cell::Date(head.closed_on),
        Cell::text(head.state.word()),
        Cell::Text(head.held.map(|held| held.word().into())),
        Cell::Text(head.withdrawn.as_deref().map(Into::into)),
        Cell::Date(head.died_on),
        Cell::text(&*head.pack_version),
        Cell::int(head.version),
        Cell::at(head.created_at),
        Cell::at(now),
    ]
}

fn record_row(head: &Head, kept: &Kept, finding: Option<&Finding>) -> [Cell; 15] {
    [
        Cell::id(head.subject),
        Cell::id(kept.id),
        Cell::id(kept.enrollment),
        Cell::text(kept.form_id.clone()),
        Cell::date(kept.occurred_on),
        Cell::at(kept.recorded_at),
        Cell::id(kept.recorded_org.uuid()),
        Cell::Id(kept.recorded_by),
        Cell::int(kept.version),
        Cell::Bytes(Some(kept.sent_hash.clone())),
        Cell::Bytes(Some(kept.content_hash.clone())),
        Cell::Text(store::reasons_text(&kept.reasons).map(Into::into)),
        Cell::Text(finding.and_then(|finding| finding.visit.clone())),
        Cell::Text(finding.and_then(|finding| finding.risk_after.clone())),
        Cell::Text(finding.map(|finding| finding.marks_after.clone())),
    ]
}

fn earlier_row(
    pack: &Pack,
    head: &Head,
    before: &Kept,
    (what, why): (&str, &str),
    entry: &Entry,
) -> [Cell; 11] {
    let form = pack.program(head.program).form(before.form);
    let id = super::derive::derived_id(&[
        b"earlier",
        before.id.as_bytes(),
        &before.version.to_be_bytes(),
    ]);
    [
        Cell::id(head.subject),
        Cell::id(id),
        Cell::id(before.id),
        Cell::int(before.version),
        Cell::at(entry.at),
        Cell::Id(entry.actor_id),
        Cell::text(&*entry.actor_login),
        Cell::text(what),
        Cell::text(why),
        Cell::date(before.occurred_on),
        Cell::text(super::draft::content_json(
            form,
            &before.values,
            &before.groups,
        )),
    ]
}

/// The change feed and the audit entry of a change.
fn tell(tx: &mut Tx, writing: &Writing, now: Timestamp) {
    let subject = writing.head.subject;
    let mut line = |entity: &'static str, id: Uuid, operation: Operation| {
        tx.changed(Change {
            subject_id: Some(subject),
            entity,
            entity_id: id,
            operation,
            at: now,
        });
    };
    for record in &writing.records {
        let operation = match record {
            RecordChange::New(_) => Operation::Insert,
            RecordChange::Rewritten { .. } => Operation::Update,
            RecordChange::Voided { .. } => Operation::Void,
        };
        line("encounter", record.id(), operation);
    }
    for change in &writing.referrals {
        line("referral", change.id(), change.operation());
    }
    let operation = match writing.head_change {
        HeadChange::New => Operation::Insert,
        HeadChange::Advanced => Operation::Update,
    };
    line("enrollment", writing.head.id, operation);
    tx.audit(writing.entry.clone());
}
