//! The work list of an organization, and what is done with its tasks.

use fuyou_kernel::{DayNumber, Localized, Timestamp};
use fuyou_pack::model::VisitIx;
use fuyou_pack::replay::{self, Completion, Due, TaskOrigin};
use uuid::Uuid;

use super::file::Reading;
use super::work::{Attempt, Cursor, WorkFilter, WorkKind, WorkPage, WorkRow};
use super::work_store::{self as store, Seat, TaskRow};
use super::{
    Acting, Care, Cause, EnrollmentId, Error, Progress, Risk, SubjectId, TaskId, TaskShown,
    restricted, shown,
};
use crate::access::Action;
use crate::db::{Cell, Change, Operation};
use crate::registry::OrganizationId;

const ATTEMPTS_MAX: usize = 8;
/// Lines of one page at most.
const LINES_MAX: u32 = 200;
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Whether a page of the list comes with how many tasks there are.
#[derive(Clone, Copy)]
enum Counting {
    Each,
    Nothing,
}

impl Care {
    /// What the actor must do, the most urgent first. Two statements.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn work_list(
        &self,
        by: &Acting,
        filter: &WorkFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<WorkPage, Error> {
        let page = (after, limit);
        self.work_page(by, filter, page, Counting::Each).await
    }

    /// The same without counting: for who reads the list to its end. One statement.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn work_lines(
        &self,
        by: &Acting,
        filter: &WorkFilter,
        after: Option<&Cursor>,
    ) -> Result<WorkPage, Error> {
        let page = (after, LINES_MAX);
        self.work_page(by, filter, page, Counting::Nothing).await
    }

    async fn work_page(
        &self,
        by: &Acting,
        filter: &WorkFilter,
        (after, limit): (Option<&Cursor>, u32),
        counting: Counting,
    ) -> Result<WorkPage, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        let place = by
            .actor
            .tree
            .get(by.actor.organization)
            .ok_or(Error::NotFound("organization"))?;
        let seat = Seat {
            organization: place.id.uuid(),
            path: &place.path,
            level: place.level,
            now: by.now,
            today: by.today,
        };
        let program = filter.program.as_deref().unwrap_or_default();
        let limit = limit.clamp(1, LINES_MAX);
        let after = after.map_or(Ok((Timestamp::UNIX_EPOCH, Uuid::nil())), read_cursor)?;
        let mut reader = self.db().read().await?;
        let (everything, counts) = match counting {
            Counting::Each => store::counts(&mut reader, seat, filter.reach, program).await?,
            Counting::Nothing => (0, [0; WorkKind::ALL.len()]),
        };
        let wanted = (filter.reach, filter.kind, program);
        let mut rows = store::page(&mut reader, seat, wanted, after, limit + 1).await?;
        drop(reader);
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let last = rows.last().filter(|_| more);
        let next =
            last.map(|row| Cursor(format!("{}~{}", row.overdue_at.0.as_millisecond(), row.id)));
        let mut entry = by.entry("read", "task");
        entry.detail = serde_json::json!({ "lines": rows.len() }).to_string();
        self.db().note(entry).await?;
        Ok(WorkPage {
            everything,
            counts: WorkKind::ALL.into_iter().zip(counts).collect(),
            rows: rows
                .iter()
                .filter_map(|row| self.work_row(by, row))
                .collect(),
            next,
        })
    }

    /// A line of the list; none when the pack no longer has its program, visit or rule.
    fn work_row(&self, by: &Acting, row: &TaskRow) -> Option<WorkRow> {
        let program_ix = self.pack().program_ix(&row.program)?;
        let program = self.pack().program(program_ix);
        let secrecy_max = by.actor.secrecy_max();
        let (cause, title, is_open) = match row.origin.as_str() {
            "visit" => {
                let position = program
                    .visits
                    .iter()
                    .position(|visit| *visit.id == *row.item)?;
                (
                    Cause::Visit(VisitIx::new(position)),
                    program.visits[position].title_for(secrecy_max).clone(),
                    true,
                )
            }
            _ => {
                let ix = program.rule_ix(&row.item)?;
                let rule = program.rule(ix);
                let title = rule
                    .task
                    .as_ref()
                    .map_or(&rule.title, |task| &task.title)
                    .clone();
                if rule.secrecy <= secrecy_max {
                    (Cause::Rule(ix), title, true)
                } else {
                    let instead: Localized = rule.shown_as.clone().unwrap_or_else(restricted);
                    (Cause::Restricted, instead, false)
                }
            }
        };
        let due = match (row.due_at, row.due_on) {
            (Some(at), _) => Due::At(at.0.as_millisecond()),
            (None, Some(on)) => Due::On(DayNumber::from(on.0)),
            (None, None) => return None,
        };
        let form = row
            .form
            .as_deref()
            .filter(|_| is_open)
            .and_then(|form| program.form_ix(form));
        let marks = program.risk.as_ref().map_or_else(Vec::new, |scale| {
            let stands = |id: &str| row.risk_marks.split('|').any(|mark| mark == id);
            let marks = scale
                .marks
                .iter()
                .enumerate()
                .filter(|(_, mark)| stands(&mark.id));
            marks.map(|(position, _)| position).collect()
        });
        let late_ms = by.now.as_millisecond() - row.overdue_at.0.as_millisecond();
        // A task is late by one day on the first day after it was due.
        let late_days = late_ms.div_euclid(DAY_MS) + 1;
        Some(WorkRow {
            task: TaskShown {
                id: TaskId::from_uuid(row.id),
                cause,
                title,
                form,
                owner: OrganizationId::from_uuid(row.owner_id),
                from: row.from_on.0,
                due,
                progress: Progress::Open,
                lapses_on: row.lapses_on.map(|on| on.0),
            },
            subject: SubjectId::from_uuid(row.subject_id),
            enrollment: EnrollmentId::from_uuid(row.enrollment_id),
            program: program_ix,
            risk: Risk {
                level: level_of(program, row.risk_rank),
                marks,
                scores: Vec::new(),
            },
            late_days: i32::try_from(late_days).unwrap_or(i32::MAX),
            minutes_left: row
                .due_at
                .map(|at| (at.0.as_millisecond() - by.now.as_millisecond()).div_euclid(MINUTE_MS)),
            escalated_at: row.sees_at.map(|at| at.0).filter(|at| *at <= by.now),
            attempts: row.attempts,
        })
    }

    /// Marks a task done by hand; only one that no form does. Done twice, it is done once.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn complete_task(
        &self,
        by: &Acting,
        subject: SubjectId,
        task: TaskId,
    ) -> Result<(), Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        for _ in 0..ATTEMPTS_MAX {
            let mut reader = self.db().read().await?;
            let found = store::task(&mut reader, subject.uuid(), task.uuid()).await?;
            drop(reader);
            let (enrollment, key) = found.ok_or(Error::NotFound("task"))?;
            let file = self
                .open_file(by, subject.uuid(), Reading::Everything)
                .await?;
            let enrolled = file
                .enrolled(enrollment)
                .ok_or(Error::NotFound("enrollment"))?;
            let base = self.base(by, &file, enrolled.head.program).await?;
            let before = self.before(by, &base, enrolled);
            let known = before
                .computed
                .outcome
                .tasks
                .iter()
                .find(|known| known.key == key)
                .ok_or(Error::NotFound("task"))?;
            let by_hand = match known.origin {
                TaskOrigin::Visit(_) => false,
                TaskOrigin::Rule { rule, .. } => base
                    .program()
                    .rule(rule)
                    .task
                    .as_ref()
                    .is_some_and(|task| task.form.is_none()),
            };
            match known.state {
                replay::TaskState::Done { by: None, .. } => return Ok(()),
                replay::TaskState::Open if by_hand => {}
                replay::TaskState::Open => {
                    return Err(Error::Step {
                        state: "open",
                        step: "complete_without_form",
                    });
                }
                replay::TaskState::Done { .. } => {
                    return Err(Error::Step {
                        state: "done",
                        step: "complete",
                    });
                }
                replay::TaskState::Cancelled => {
                    return Err(Error::Step {
                        state: "cancelled",
                        step: "complete",
                    });
                }
            }
            let at = shown::instant(by.now.as_millisecond());
            let mut after = enrolled.clone();
            after.completions.push(Completion {
                key: key.clone(),
                at_ms: at.as_millisecond(),
            });
            let why = ("complete", String::new());
            let mut planned = self.finish(by, &base, before, (after, false), Vec::new(), why);
            planned.writing.entry.entity = "task".into();
            planned.writing.entry.entity_id = Some(task.uuid());
            planned.writing.completions = completion_row(
                subject.uuid(),
                enrollment,
                &key,
                at,
                Some(by.actor.id.uuid()),
            );
            if self.write_one(planned.writing, by.now).await? {
                return Ok(());
            }
        }
        Err(Error::Busy(EnrollmentId::from_uuid(task.uuid())))
    }

    /// Notes that somebody tried to do a task.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn record_attempt(&self, by: &Acting, attempt: Attempt) -> Result<(), Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        let subject = attempt.subject.uuid();
        self.open_file(by, subject, Reading::Everything).await?;
        let mut tx = self.db().begin(Some(subject)).await?;
        // Asked inside the turn: a merge may have taken the task elsewhere.
        store::task(&mut tx, subject, attempt.task.uuid())
            .await?
            .ok_or(Error::NotFound("task"))?;
        if store::insert_attempt(&mut tx, &attempt, (by.now, by.actor.id.uuid())).await? {
            tx.changed(Change {
                subject_id: Some(subject),
                entity: "task_attempt",
                entity_id: attempt.id,
                operation: Operation::Insert,
                at: by.now,
            });
            let mut entry = by.entry("attempt", "task");
            entry.entity_id = Some(attempt.task.uuid());
            entry.subject_id = Some(subject);
            entry.detail = serde_json::json!({ "outcome": attempt.outcome.word() }).to_string();
            tx.audit(entry);
        }
        tx.commit().await?;
        Ok(())
    }
}

/// A task marked done by hand, as a row.
pub(super) fn completion_row(
    subject: Uuid,
    enrollment: Uuid,
    key: &str,
    at: Timestamp,
    by: Option<Uuid>,
) -> Vec<Cell> {
    let id = super::derive::derived_id(&[b"completion", enrollment.as_bytes(), key.as_bytes()]);
    vec![
        Cell::id(subject),
        Cell::id(id),
        Cell::id(enrollment),
        Cell::text(key),
        Cell::at(at),
        Cell::Id(by),
    ]
}

/// The level whose rank this is.
fn level_of(program: &fuyou_pack::Program, rank: i64) -> Option<usize> {
    let levels = program.risk.as_ref()?.levels.len();
    let highest = levels.saturating_sub(1).max(1);
    (0..levels).find(|level| (level * 100 / highest) as i64 == rank)
}

fn read_cursor(cursor: &Cursor) -> Result<(Timestamp, Uuid), Error> {
    let (ms, id) = cursor.0.split_once('~').ok_or(Error::NotFound("page"))?;
    let ms: i64 = ms.parse().map_err(|_| Error::NotFound("page"))?;
    Ok((
        shown::instant(ms),
        id.parse().map_err(|_| Error::NotFound("page"))?,
    ))
}
