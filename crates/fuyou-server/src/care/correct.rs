//! Corrections: another content, or none at all. What stood there is kept.

use std::sync::Arc;

use fuyou_kernel::{Date, DayNumber};
use fuyou_pack::record::check_record;
use fuyou_pack::replay::{self, replay};
use uuid::Uuid;

use super::change::RecordChange;
use super::engine::Base;
use super::file::{Enrolled, Kept, Reading};
use super::opening::{Asks, begins_after};
use super::record::Planned;
use super::{
    Acting, Care, Correction, EncounterId, EnrollmentId, EnrollmentState, Error, Prefilled,
    Reasons, Record, RecordShown, Recorded, Shown, Stale, SubjectId, Values, Voiding, draft,
    record, shown, story,
};
use crate::access::Action;

const ATTEMPTS_MAX: usize = 8;

impl Care {
    /// Replaces the content of a record; what stood there is kept.
    ///
    /// # Errors
    /// [`Error::Stale`] when the record is not at `base_version`; see [`Error`].
    pub async fn correct(&self, by: &Acting, correction: Correction) -> Result<Recorded, Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        if correction.why.trim().is_empty() {
            return Err(Error::NoReason);
        }
        for _ in 0..ATTEMPTS_MAX {
            let file = self
                .open_file(by, correction.subject.uuid(), Reading::Everything)
                .await?;
            let (enrolled, kept) = file
                .record(correction.id.uuid())
                .ok_or(Error::NotFound("encounter"))?;
            let mut base = self.base(by, &file, enrolled.head.program).await?;
            let program = base.program();
            if kept.form == program.opens_with && self.must_begin_alive(base.program_ix) {
                base.died_on = self.death_told_beside(by, &file, enrolled.head.id);
            }
            if kept.voided.is_some() {
                return Err(Error::Void(correction.id));
            }
            if !program.form(kept.form).correctable {
                return Err(Error::NotCorrectable(
                    program.form(kept.form).id.to_string(),
                ));
            }
            let read = draft::read(
                program,
                kept.form,
                correction.occurred_on,
                &correction.values,
            );
            let hash =
                draft::content_hash(program.form(kept.form), &read.draft, &correction.reasons);
            let sent_again =
                kept.version == correction.base_version + 1 && kept.content_hash == hash;
            if kept.version != correction.base_version && !sent_again {
                return Err(stale(kept, correction.base_version));
            }
            let mut planned =
                self.plan_correction(by, &base, (enrolled, kept), &correction, hash)?;
            if sent_again {
                planned.recorded.repeated = true;
                planned.recorded.encounter_version = kept.version;
                planned.recorded.enrollment_version = enrolled.head.version;
                return Ok(planned.recorded);
            }
            if self.write_one(planned.writing, by.now).await? {
                let opener = (file.subject, enrolled.head.id);
                let program = enrolled.head.program;
                self.open_if_asked(by, opener, (program, Asks::CORRECTED))
                    .await;
                return Ok(planned.recorded);
            }
        }
        Err(Error::Busy(EnrollmentId::from_uuid(correction.id.uuid())))
    }

    pub(super) fn plan_correction(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (enrolled, kept): (&Enrolled, &Kept),
        correction: &Correction,
        hash: Vec<u8>,
    ) -> Result<Planned, Error> {
        let program = base.program();
        let form = program.form(kept.form);
        let read = draft::read(
            program,
            kept.form,
            correction.occurred_on,
            &correction.values,
        );
        let Some(occurred_on) = read
            .draft
            .occurred_on
            .filter(|_| read.unreadable.is_empty())
        else {
            return Err(record::refused(read.unreadable, None));
        };
        // The form is checked as if the record were made now: the others are what it is compared with.
        let mut others = enrolled.clone();
        others.records.retain(|other| other.id != kept.id);
        let offset = self.settings().utc_offset_minutes;
        let profile = base.file.profile.as_ref();
        let history = others.history(program, &by.actor.tree, profile, offset);
        let outcome = replay(program, &history);
        let today = DayNumber::from(by.today);
        let mut checked = check_record(program, kept.form, &history, &outcome, &read.draft, today);
        if shown::date(occurred_on) != kept.occurred_on {
            let finding = begins_after(base.died_on, shown::date(occurred_on));
            checked.findings.extend(finding);
        }
        let as_record = Record {
            id: correction.id,
            subject: correction.subject,
            enrollment: Some(EnrollmentId::from_uuid(kept.enrollment)),
            program: program.id.to_string(),
            form: form.id.to_string(),
            occurred_on: correction.occurred_on,
            values: Values::Typed(read.draft),
            reasons: correction.reasons.clone(),
            base_version: None,
        };
        record::check_findings(form, &checked, &as_record)?;
        let now = Kept {
            occurred_on: shown::date(occurred_on),
            content_hash: hash,
            reasons: correction.reasons.clone(),
            values: checked.draft.values,
            groups: checked.draft.groups,
            version: kept.version + 1,
            ..kept.clone()
        };
        let before = self.before(by, base, enrolled);
        let mut after = enrolled.clone();
        for record in &mut after.records {
            if record.id == now.id {
                *record = Arc::new(now.clone());
            }
        }
        let change = RecordChange::Rewritten {
            now,
            before: kept.clone(),
            why: correction.why.clone(),
        };
        let why = ("correct", correction.why.clone());
        let mut planned = self.finish(by, base, before, (after, false), vec![change], why);
        planned.recorded.findings = checked.findings;
        Ok(planned)
    }

    /// Declares a record void; it no longer counts. An enrollment without any record left is closed.
    ///
    /// # Errors
    /// [`Error::Stale`] when the record is not at `base_version`; see [`Error`].
    pub async fn void(&self, by: &Acting, voiding: Voiding) -> Result<Recorded, Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        if voiding.why.trim().is_empty() {
            return Err(Error::NoReason);
        }
        for _ in 0..ATTEMPTS_MAX {
            let file = self
                .open_file(by, voiding.subject.uuid(), Reading::Everything)
                .await?;
            let (enrolled, kept) = file
                .record(voiding.id.uuid())
                .ok_or(Error::NotFound("encounter"))?;
            let base = self.base(by, &file, enrolled.head.program).await?;
            let sent_again = kept.version == voiding.base_version + 1
                && kept
                    .voided
                    .as_ref()
                    .is_some_and(|(_, why)| *why == voiding.why);
            if kept.voided.is_some() && !sent_again {
                return Err(Error::Void(voiding.id));
            }
            if kept.version != voiding.base_version && !sent_again {
                return Err(stale(kept, voiding.base_version));
            }
            let mut planned = self.plan_void(by, &base, (enrolled, kept), &voiding.why);
            if sent_again {
                planned.recorded.repeated = true;
                planned.recorded.encounter_version = kept.version;
                planned.recorded.enrollment_version = enrolled.head.version;
                return Ok(planned.recorded);
            }
            if self.write_one(planned.writing, by.now).await? {
                let opener = (file.subject, enrolled.head.id);
                let program = enrolled.head.program;
                self.open_if_asked(by, opener, (program, Asks::CORRECTED))
                    .await;
                return Ok(planned.recorded);
            }
        }
        Err(Error::Busy(EnrollmentId::from_uuid(voiding.id.uuid())))
    }

    /// What declaring a record void changes.
    pub(super) fn plan_void(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (enrolled, kept): (&Enrolled, &Kept),
        why: &str,
    ) -> Planned {
        let before = self.before(by, base, enrolled);
        let mut after = enrolled.clone();
        for record in &mut after.records {
            if record.id == kept.id {
                Arc::make_mut(record).voided = Some((by.now, why.to_owned()));
            }
        }
        if after.records.iter().all(|record| record.voided.is_some()) {
            after.head.held = Some(EnrollmentState::Closed);
            after.head.closed_on = after.head.closed_on.or(Some(by.today));
        }
        let change = RecordChange::Voided {
            before: kept.clone(),
            why: why.to_owned(),
        };
        let told = ("void", why.to_owned());
        self.finish(by, base, before, (after, false), vec![change], told)
    }

    /// One record, to correct it: its values as the actor may see them, and what stood there before.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn stored_record(
        &self,
        by: &Acting,
        subject: SubjectId,
        id: EncounterId,
    ) -> Result<RecordShown, Error> {
        let story = self.story(by, subject).await?;
        let mut records = story
            .enrollments
            .into_iter()
            .flat_map(|enrollment| enrollment.records);
        records
            .find(|record| record.id == id)
            .ok_or(Error::NotFound("encounter"))
    }

    /// What a form starts with for this subject on this day; `form` is the program's id and the form's.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn prefill(
        &self,
        by: &Acting,
        subject: SubjectId,
        enrollment: Option<EnrollmentId>,
        form: (&str, &str),
        occurred_on: Date,
    ) -> Result<Prefilled, Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        let (program_ix, form_ix) = self.form_named(form.0, form.1)?;
        let file = self
            .open_file(by, subject.uuid(), Reading::Program(program_ix))
            .await?;
        let base = self.base(by, &file, program_ix).await?;
        let program = base.program();
        let asked = Record {
            id: EncounterId::from_uuid(Uuid::nil()),
            subject,
            enrollment,
            program: form.0.to_owned(),
            form: form.1.to_owned(),
            occurred_on: Some(occurred_on),
            values: Values::Typed(fuyou_pack::record::Draft::new(program, form_ix)),
            reasons: Reasons::new(),
            base_version: None,
        };
        let (enrolled, opening) = record::choose(&base, &asked, form_ix)?;
        let before = self.before_or_beginning(by, &base, enrolled, (opening, occurred_on));
        record::check_open(program, &before, &asked, form_ix)?;
        let today = DayNumber::from(by.today);
        let day = DayNumber::from(occurred_on);
        let secrecy_max = by.actor.secrecy_max();
        let mut draft = fuyou_pack::record::prefill(
            program,
            form_ix,
            &before.computed.history,
            &before.computed.outcome,
            day,
            today,
        );
        let mut usual = fuyou_pack::record::usual(
            program,
            form_ix,
            (&before.computed.history, &before.computed.outcome),
            &draft,
            today,
        );
        for proposed in [&mut draft.values, &mut usual] {
            for (field, value) in program.form(form_ix).fields.iter().zip(proposed) {
                if shown::value(self.pack(), field, value, secrecy_max) == Shown::Restricted {
                    *value = fuyou_expr::Value::Null;
                }
            }
        }
        Ok(Prefilled {
            last: story::last_values(
                self.pack(),
                program,
                form_ix,
                &before.computed.history.encounters,
                day,
                secrecy_max,
            ),
            last_on: last_of_form(&before.computed.history.encounters, form_ix, day),
            draft,
            usual,
            enrollment: enrolled.map(|enrolled| EnrollmentId::from_uuid(enrolled.head.id)),
            base_version: enrolled.map(|enrolled| enrolled.head.version),
        })
    }
}

fn last_of_form(
    encounters: &[replay::Encounter],
    form: fuyou_pack::model::FormIx,
    until: DayNumber,
) -> Option<Date> {
    let earlier = encounters
        .iter()
        .filter(|encounter| encounter.form == form && encounter.occurred_on <= until);
    earlier
        .map(|encounter| shown::date(encounter.occurred_on))
        .max()
}

fn stale(kept: &Kept, seen: i64) -> Error {
    Error::Stale(Box::new(Stale {
        entity: "encounter",
        id: kept.id,
        seen,
        stored: kept.version,
    }))
}
