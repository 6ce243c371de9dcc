//! Recording: check, replay, write the difference; again when somebody else was faster.

use std::sync::Arc;

use fuyou_kernel::{Date, DayNumber, Secrecy, Timestamp};
use fuyou_pack::Program;
use fuyou_pack::model::{FormIx, Severity};
use fuyou_pack::record::{Checked, Finding, check_record};
use fuyou_pack::replay::{self, replay};
use uuid::Uuid;

use super::change::{RecordChange, Writing};
use super::derive::Derived;
use super::engine::Base;
use super::file::{Enrolled, File, Head, Kept, Reading};
use super::memory::{Around, Computed};
use super::opening::{Asks, begins_after};
use super::settle::Before;
use super::{
    Acting, Care, EncounterId, EnrollmentId, EnrollmentState, Error, Preview, Record, Recorded,
    Refusal, Stale, draft, shown,
};
use crate::access::Action;
use crate::registry::OrganizationId;

/// How often a change is computed anew when others were faster.
const ATTEMPTS_MAX: usize = 8;

/// What a change would write and answer.
pub(super) struct Planned {
    pub writing: Writing,
    pub recorded: Recorded,
    /// The enrollment with the change, at the version that it had before.
    pub after: Enrolled,
}

/// A draft that was read and checked, with the enrollment that it belongs to.
struct Examined<'a> {
    read: draft::Read,
    /// None when it opens one.
    enrolled: Option<&'a Enrolled>,
    before: Before,
    checked: Checked,
}

/// Where and when something was recorded.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub at: Timestamp,
    pub today: Date,
    pub organization: OrganizationId,
    pub by: Option<Uuid>,
}

impl Origin {
    pub(super) fn of(by: &Acting) -> Origin {
        Origin {
            // Both databases keep milliseconds; the replay must see what will be read back.
            at: shown::instant(by.now.as_millisecond()),
            today: by.today,
            organization: by.actor.organization,
            by: Some(by.actor.id.uuid()),
        }
    }
}

impl Care {
    /// Stores a filled form and everything that follows from it. The form that opens a program opens the enrollment.
    ///
    /// # Errors
    /// [`Error::Refused`] with the findings, [`Error::IdTaken`], [`Error::Stale`], [`Error::StillOpen`] …
    pub async fn record(&self, by: &Acting, record: Record) -> Result<Recorded, Error> {
        let recorded = self.record_at_once(by, record).await?;
        self.openings_are_over().await;
        Ok(recorded)
    }

    /// As [`Care::record`], answered when the record is stored: what it opens for others is opened meanwhile, and whoever
    /// reads a story next waits for that.
    ///
    /// # Errors
    /// As [`Care::record`].
    pub async fn record_at_once(&self, by: &Acting, record: Record) -> Result<Recorded, Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        let (program, form) = self.form_named(&record.program, &record.form)?;
        for _ in 0..ATTEMPTS_MAX {
            let desk = self.desk().await?;
            let file = self
                .open_file(by, record.subject.uuid(), Reading::Program(program))
                .await?;
            if let Some((enrolled, kept)) = file.record(record.id.uuid()) {
                return self.answer_again(by, &file, enrolled, kept, &record, form);
            }
            let base = self.base_of_record(by, &file, (program, &record)).await?;
            let planned = self.plan(by, &base, (&record, form), Origin::of(by))?;
            let Planned {
                writing,
                recorded,
                after,
            } = planned;
            let computed = writing.after.clone();
            let death = |computed: &Computed| base.program().death(&computed.outcome);
            let asks = Asks {
                form: Some(form),
                tells_death: death(&writing.before) != death(&computed),
            };
            drop(desk);
            if self.write_one(writing, by.now).await? {
                self.remember(
                    after,
                    recorded.enrollment_version,
                    base.around(by),
                    computed,
                );
                let opener = (record.subject.uuid(), recorded.enrollment.uuid());
                self.open_beside(by, opener, (program, asks)).await;
                return Ok(recorded);
            }
        }
        Err(Error::Busy(record.enrollment.unwrap_or_else(|| {
            EnrollmentId::from_uuid(record.id.uuid())
        })))
    }

    /// Keeps an enrollment as it was stored just now, for the next record about it.
    fn remember(&self, mut after: Enrolled, version: i64, around: Around, computed: Arc<Computed>) {
        // Where referrals wait, their clocks may have been set with this record.
        if !after.referrals.is_empty() {
            return;
        }
        after.head.version = version;
        for record in &mut after.records {
            if let Some(finding) = computed.derived.records.get(&record.id)
                && record.derived != finding.derived
            {
                Arc::make_mut(record).derived.clone_from(&finding.derived);
            }
        }
        // Read back, they stand in the order of their ids.
        after.records.sort_by_key(|kept| kept.id);
        self.memory().keep(&after);
        self.memory().keep_computed(&after.head, around, computed);
    }

    /// What [`Care::record`] would answer; nothing is written.
    ///
    /// # Errors
    /// See [`Error`]; a draft that would be refused is no error here.
    pub async fn preview(&self, by: &Acting, record: &Record) -> Result<Preview, Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        let (program, form) = self.form_named(&record.program, &record.form)?;
        let file = self
            .open_file(by, record.subject.uuid(), Reading::Program(program))
            .await?;
        let base = self.base_of_record(by, &file, (program, record)).await?;
        let origin = Origin::of(by);
        let examined = self.examine(by, &base, (record, form), origin.today)?;
        let unreadable = examined.read.unreadable.clone();
        let checked = examined.checked.clone();
        let unanswered = draft::unanswered(
            base.program().form(form),
            &checked.findings,
            &record.reasons,
        );
        // Risk is shown as soon as what it reads is there, however much is still to be filled in.
        let is_missing = |finding: &Finding| &*finding.kind == "required";
        let planned = self.conclude(by, &base, (record, form), origin, examined, is_missing);
        let outcome = match planned {
            Ok(planned) => Some(Box::new(planned.recorded)),
            Err(Error::Refused(_)) => None,
            Err(other) => return Err(other),
        };
        Ok(Preview {
            checked,
            unreadable,
            unanswered,
            outcome,
        })
    }

    /// The answer to a record that is stored already: the same again, or a conflict.
    fn answer_again(
        &self,
        by: &Acting,
        file: &File,
        enrolled: &Enrolled,
        kept: &Kept,
        record: &Record,
        form: FormIx,
    ) -> Result<Recorded, Error> {
        let program = self.pack().program(enrolled.head.program);
        let read = draft::read(program, form, record.occurred_on, &record.values);
        let hash = draft::content_hash(program.form(form), &read.draft, &record.reasons);
        let same_enrollment = record
            .enrollment
            .is_none_or(|id| id.uuid() == enrolled.head.id);
        if kept.form != form || kept.sent_hash != hash || !same_enrollment {
            return Err(Error::IdTaken(kept.id));
        }
        let surroundings =
            self.surroundings(enrolled.head.program, &by.actor.tree, file.residence());
        let history = enrolled.history(
            program,
            &by.actor.tree,
            file.profile.as_ref(),
            surroundings.utc_offset_minutes,
        );
        let outcome = replay(program, &history);
        let computed = Computed {
            history,
            outcome,
            derived: Derived::default(),
            pause: None,
        };
        let now = Seen {
            head: &enrolled.head,
            computed: &computed,
        };
        let mut recorded = recorded(
            surroundings,
            (None, now),
            (kept.id, kept.version),
            by.actor.secrecy_max(),
        );
        recorded.enrollment_version = enrolled.head.version;
        recorded.repeated = true;
        // What was new when it was stored is not new now.
        recorded.alerts.clear();
        recorded.tasks_opened.clear();
        Ok(recorded)
    }

    /// Checks a record against what is there and computes what it changes. Pure.
    pub(super) fn plan(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (record, form_ix): (&Record, FormIx),
        origin: Origin,
    ) -> Result<Planned, Error> {
        let examined = self.examine(by, base, (record, form_ix), origin.today)?;
        self.conclude(by, base, (record, form_ix), origin, examined, |_| false)
    }

    /// Reads a draft and checks it against what is there.
    fn examine<'a>(
        &self,
        by: &Acting,
        base: &Base<'a>,
        (record, form): (&Record, FormIx),
        today: Date,
    ) -> Result<Examined<'a>, Error> {
        let program = base.program();
        let read = draft::read(program, form, record.occurred_on, &record.values);
        let (enrolled, opening) = choose(base, record, form)?;
        if let (Some(enrolled), Some(seen), Some(on)) = (enrolled, record.base_version, read.day())
        {
            same_visit_twice(enrolled, record, (form, shown::date(on)), seen)?;
        }
        let on = read.draft.occurred_on.map_or(today, shown::date);
        let before = self.before_or_beginning(by, base, enrolled, (opening, on));
        check_open(program, &before, record, form)?;
        let mut checked = check_record(
            program,
            form,
            &before.computed.history,
            &before.computed.outcome,
            &read.draft,
            DayNumber::from(today),
        );
        if enrolled.is_none() {
            checked.findings.extend(begins_after(base.died_on, on));
        }
        Ok(Examined {
            read,
            enrolled,
            before,
            checked,
        })
    }

    /// What storing an examined draft changes, as if some findings did not stand against it.
    fn conclude(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (record, form_ix): (&Record, FormIx),
        origin: Origin,
        examined: Examined<'_>,
        is_forgiven: impl Fn(&Finding) -> bool,
    ) -> Result<Planned, Error> {
        let form = base.program().form(form_ix);
        let Some(occurred_on) = examined.read.day() else {
            return Err(refused(examined.read.unreadable, None));
        };
        let Examined {
            read,
            enrolled,
            before,
            checked,
        } = examined;
        if checked.findings.iter().any(&is_forgiven) {
            let mut rest = checked.clone();
            rest.findings.retain(|finding| !is_forgiven(finding));
            check_findings(form, &rest, record)?;
        } else {
            check_findings(form, &checked, record)?;
        }
        let hash = draft::content_hash(form, &read.draft, &record.reasons);
        let kept = Arc::new(Kept {
            id: record.id.uuid(),
            enrollment: before.head.id,
            form: form_ix,
            form_id: form.id.clone(),
            occurred_on: shown::date(occurred_on),
            recorded_at: origin.at,
            recorded_org: origin.organization,
            recorded_by: origin.by,
            version: 1,
            sent_hash: hash.clone(),
            content_hash: hash,
            voided: None,
            reasons: record.reasons.clone(),
            values: checked.draft.values,
            groups: checked.draft.groups,
            derived: Vec::new(),
        });
        let findings = checked.findings;
        let mut after = enrolled
            .cloned()
            .unwrap_or_else(|| Enrolled::new(before.head.clone()));
        after.records.push(kept.clone());
        let is_new = enrolled.is_none();
        let mut planned = self.finish(
            by,
            base,
            before,
            (after, is_new),
            vec![RecordChange::New(kept)],
            ("record", String::new()),
        );
        planned.recorded.findings = findings;
        Ok(planned)
    }

    /// Replays an enrollment after a change and puts together what is written and answered.
    pub(super) fn finish(
        &self,
        by: &Acting,
        base: &Base<'_>,
        before: Before,
        (after, is_new): (Enrolled, bool),
        records: Vec<RecordChange>,
        why: (&'static str, String),
    ) -> Planned {
        let head = before.head.clone();
        let (writing, after) = self.settle(by, base, before, (after, is_new), records, why);
        let was = Seen {
            head: &head,
            computed: &writing.before,
        };
        let now = Seen {
            head: &after.head,
            computed: &writing.after,
        };
        let changed = writing.changed();
        let changed = changed.unwrap_or((after.head.id, after.head.version));
        let secrecy_max = by.actor.secrecy_max();
        let mut recorded = recorded(base.surroundings, (Some(was), now), changed, secrecy_max);
        recorded.enrollment_version = if is_new { 1 } else { after.head.version + 1 };
        Planned {
            writing,
            recorded,
            after,
        }
    }
}

/// An enrollment at one moment.
#[derive(Clone, Copy)]
struct Seen<'a> {
    head: &'a Head,
    computed: &'a Computed,
}

/// The enrollment that a record belongs to, or none and the id of the one that it opens.
pub(super) fn choose<'a>(
    base: &Base<'a>,
    record: &Record,
    form: FormIx,
) -> Result<(Option<&'a Enrolled>, EnrollmentId), Error> {
    let program = base.program();
    let opening = record
        .enrollment
        .unwrap_or_else(|| EnrollmentId::from_uuid(record.id.uuid()));
    let of_program = || {
        base.file
            .enrollments
            .iter()
            .filter(|enrolled| enrolled.head.program == base.program_ix)
    };
    let open = || of_program().find(|enrolled| enrolled.head.state == EnrollmentState::Open);
    if let Some(enrolled) = record
        .enrollment
        .and_then(|id| base.file.enrolled(id.uuid()))
    {
        if enrolled.head.program != base.program_ix {
            return Err(Error::NotFound("enrollment"));
        }
        return Ok((Some(enrolled), opening));
    }
    if form == program.opens_with {
        return match open().filter(|_| program.one_open) {
            Some(other) => Err(Error::StillOpen(EnrollmentId::from_uuid(other.head.id))),
            None => Ok((None, opening)),
        };
    }
    if record.enrollment.is_some() {
        return Err(Error::NotFound("enrollment"));
    }
    let latest = || of_program().max_by_key(|enrolled| (enrolled.head.opened_on, enrolled.head.id));
    match open().or_else(latest) {
        Some(enrolled) => Ok((Some(enrolled), EnrollmentId::from_uuid(enrolled.head.id))),
        None => Err(Error::NotEnrolled(
            program.form(program.opens_with).id.to_string(),
        )),
    }
}

/// Refuses what is told of the time after an enrollment's end, unless an open task of it asks for just that: whoever is
/// told to do something must be able to.
pub(super) fn check_open(
    program: &Program,
    before: &Before,
    record: &Record,
    form: FormIx,
) -> Result<(), Error> {
    let head = &before.head;
    if head.withdrawn.is_some() {
        return Err(Error::Closed(EnrollmentId::from_uuid(head.id)));
    }
    let (Some(on), Some(end)) = (record.occurred_on, head.closed_on) else {
        return Ok(());
    };
    // What happened before the end may be told later.
    let after_end = head.state == EnrollmentState::Closed && end < on;
    if record.enrollment.is_none() || !after_end {
        return Ok(());
    }
    let mut tasks = before.computed.outcome.tasks.iter();
    let is_asked = tasks.any(|task| {
        task.state == replay::TaskState::Open
            && !task.is_missed(DayNumber::from(on))
            && program.form_of(task.origin) == Some(form)
    });
    // A person who closed it against the facts has decided about its tasks, too.
    if is_asked && head.held.is_none() {
        return Ok(());
    }
    Err(Error::Closed(EnrollmentId::from_uuid(head.id)))
}

/// Two people at two desks filled in the same visit: the second one is shown the first.
fn same_visit_twice(
    enrolled: &Enrolled,
    record: &Record,
    what: (FormIx, Date),
    seen: i64,
) -> Result<(), Error> {
    if seen == enrolled.head.version {
        return Ok(());
    }
    let same = |kept: &&Arc<Kept>| kept.voided.is_none() && (kept.form, kept.occurred_on) == what;
    match enrolled.records.iter().find(same) {
        Some(kept) if kept.id != record.id.uuid() => Err(Error::Stale(Box::new(Stale {
            entity: "encounter",
            id: kept.id,
            seen,
            stored: enrolled.head.version,
        }))),
        _ => Ok(()),
    }
}

/// Refuses what is refused and what lacks a reason.
pub(super) fn check_findings(
    form: &fuyou_pack::Form,
    checked: &Checked,
    record: &Record,
) -> Result<(), Error> {
    let refusals = checked
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Refuse);
    let mut against: Vec<Finding> = refusals.cloned().collect();
    against.extend(draft::unanswered(form, &checked.findings, &record.reasons));
    if against.is_empty() {
        Ok(())
    } else {
        Err(refused(against, Some(checked.clone())))
    }
}

pub(super) fn refused(findings: Vec<Finding>, checked: Option<Checked>) -> Error {
    Error::Refused(Box::new(Refusal { findings, checked }))
}

/// What a change led to, as this reader may see it.
fn recorded(
    at: super::derive::Surroundings<'_>,
    (was, now): (Option<Seen<'_>>, Seen<'_>),
    (encounter, encounter_version): (Uuid, i64),
    secrecy_max: Secrecy,
) -> Recorded {
    let program = at.program;
    let true_rules = now
        .computed
        .outcome
        .hits
        .iter()
        .filter(|hit| hit.until_ms.is_none());
    let alerted_before = |rule| {
        was.is_some_and(|was| {
            was.computed
                .outcome
                .alerts(program)
                .any(|hit| hit.rule == rule)
        })
    };
    let shown_task = |task| {
        shown::task(
            at,
            now.head,
            (&now.computed.history, &now.computed.outcome),
            task,
            secrecy_max,
        )
    };
    let task_before = |key: &str| {
        was.and_then(|was| {
            was.computed
                .outcome
                .tasks
                .iter()
                .find(|task| task.key == key)
        })
    };
    let is_done = |task: &replay::Task| matches!(task.state, replay::TaskState::Done { .. });
    let is_new = |task: &&replay::Task| {
        task.state == replay::TaskState::Open && task_before(&task.key).is_none()
    };
    let newly_done =
        |task: &&replay::Task| is_done(task) && !task_before(&task.key).is_some_and(is_done);
    Recorded {
        enrollment: EnrollmentId::from_uuid(now.head.id),
        enrollment_version: now.head.version,
        encounter: EncounterId::from_uuid(encounter),
        encounter_version,
        findings: Vec::new(),
        risk_before: was.map_or_else(Default::default, |was| {
            shown::risk_now(program, &was.computed.outcome, secrecy_max)
        }),
        risk_after: shown::risk_now(program, &now.computed.outcome, secrecy_max),
        rules: true_rules
            .map(|hit| shown::rule(program, hit, secrecy_max))
            .collect(),
        alerts: now
            .computed
            .outcome
            .alerts(program)
            .filter(|hit| !alerted_before(hit.rule))
            .map(|hit| shown::rule(program, hit, secrecy_max))
            .collect(),
        tasks_opened: now
            .computed
            .outcome
            .tasks
            .iter()
            .filter(is_new)
            .map(shown_task)
            .collect(),
        tasks_done: now
            .computed
            .outcome
            .tasks
            .iter()
            .filter(newly_done)
            .map(shown_task)
            .collect(),
        suggested: shown::suggested(
            program,
            &now.computed.history,
            &now.computed.outcome,
            secrecy_max,
        ),
        closed: now.head.state == EnrollmentState::Closed
            && was.is_some_and(|was| was.head.state == EnrollmentState::Open),
        repeated: false,
    }
}
