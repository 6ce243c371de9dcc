//! What is carried from the opener's record into the opening record, at first and when it changes.

use fuyou_expr::format_value;
use fuyou_kernel::DayNumber;
use fuyou_pack::Form;
use fuyou_pack::model::FormIx;
use fuyou_pack::opening::{Opening, carried_texts};
use fuyou_pack::record::Draft;
use uuid::Uuid;

use super::model::{Ids, Link, LinkState, OCCURRED_ON, day_text, reasons};
use super::plan::Looked;
use crate::care::change::{RecordChange, Writing};
use crate::care::engine::Base;
use crate::care::file::{Enrolled, Head, Kept};
use crate::care::record::Origin;
use crate::care::{
    Acting, Care, Correction, EncounterId, EnrollmentId, Error, Record, SubjectId, Values, draft,
    enrolling,
};

/// Whose a value of an opening record is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// It is what was carried there, and follows the opener.
    Carried,
    /// A person changed it: it stays.
    Changed,
    /// A person wrote it before anything was carried: it stays.
    Own,
}

impl Care {
    /// The record that is carried, the first of an enrollment or one more; none when a person has to fill it in.
    pub(super) fn plan_first(
        &self,
        by: &Acting,
        base: &Base<'_>,
        looked: &Looked,
        (ids, opening): (&Ids, &Opening),
        link: &mut Link,
    ) -> Result<Option<Writing>, Error> {
        let program = base.program();
        let form_ix = looked.opens(self, opening).with;
        let record = Record {
            id: EncounterId::from_uuid(ids.encounter),
            subject: SubjectId::from_uuid(link.subject),
            enrollment: Some(EnrollmentId::from_uuid(ids.enrollment)),
            program: program.id.to_string(),
            form: program.form(form_ix).id.to_string(),
            occurred_on: None,
            values: Values::Typed(opening.draft.clone()),
            reasons: reasons(),
            base_version: None,
        };
        let opener = looked.opener(opening);
        let origin = Origin {
            at: opener.map_or(by.now, |kept| kept.recorded_at),
            today: by.today,
            organization: opener.map_or(by.actor.organization, |kept| kept.recorded_org),
            by: opener.and_then(|kept| kept.recorded_by),
        };
        let planned = match self.plan(by, base, (&record, form_ix), origin) {
            Ok(planned) => planned,
            // A person has to look: what is carried over does not fill the form.
            Err(Error::Refused(_)) => {
                link.state = LinkState::Waiting;
                return Ok(None);
            }
            Err(other) => return Err(other),
        };
        let mut writing = planned.writing;
        if let Some(RecordChange::New(kept)) = writing.records.first() {
            let all = |_: usize| Whose::Carried;
            remember(link, program.form(form_ix), opening, (kept, &all));
            link.encounter = Some(kept.id);
        }
        link.enrollment = Some(writing.head.id);
        link.state = LinkState::Open;
        writing.entry.action = "open_linked".into();
        Ok(Some(writing))
    }

    /// An enrollment that comes back.
    pub(super) fn plan_return(&self, by: &Acting, base: &Base<'_>, enrolled: &Enrolled) -> Writing {
        let head = Head {
            withdrawn: None,
            held: None,
            closed_on: None,
            ..enrolled.head.clone()
        };
        let why = "关联记录更正,恢复档案 · the linked record opens it again";
        self.plan_head(by, base, (enrolled, head), ("reopen", "reopened", why))
    }

    /// A change of the enrollment itself.
    pub(super) fn plan_head(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (enrolled, head): (&Enrolled, Head),
        (action, word, why): (&'static str, &'static str, &str),
    ) -> Writing {
        let before = self.before(by, base, enrolled);
        let was = enrolled.head.clone();
        let after = Enrolled {
            head,
            ..enrolled.clone()
        };
        let told = (action, why.to_owned());
        let planned = self.finish(by, base, before, (after, false), Vec::new(), told);
        let mut writing = planned.writing;
        let states = (
            was.state.word().to_owned(),
            writing.head.state.word().to_owned(),
        );
        writing.enrollment_changes = enrolling::change_row(by, &was, (word, states), why);
        writing
    }

    /// Carries what the opener says now into a stored opening record.
    pub(super) fn plan_carry(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (enrolled, opening): (&Enrolled, &Opening),
        (kept, link): (&Kept, &mut Link),
    ) -> Result<Option<Writing>, Error> {
        let form = base.program().form(kept.form);
        link.enrollment = Some(enrolled.head.id);
        link.state = LinkState::Open;
        let is_own = link.encounter != Some(kept.id);
        link.encounter = Some(kept.id);
        let told = carried_texts(form, &opening.draft, &opening.carried);
        let mut next = Draft {
            occurred_on: Some(DayNumber::from(kept.occurred_on)),
            values: kept.values.clone(),
            groups: kept.groups.clone(),
        };
        let mut differs = Vec::new();
        let mut whose = Vec::new();
        for field in &opening.carried {
            let of = &form.fields[field.get()];
            let (name, told) = (&*of.id, &told[&*of.id]);
            let stored = format_value(&of.ty, &kept.values[field.get()]);
            let is_new = !link.carried.says(link.id, name, told);
            let is_whose = match (is_own, link.carried.stands(link.id, name, &stored)) {
                (true, _) => Whose::Own,
                (false, true) => Whose::Carried,
                (false, false) => Whose::Changed,
            };
            whose.push(is_whose);
            // What the opener does not know takes nothing away from what a person wrote.
            let is_other = stored != *told && told != "null";
            if is_whose == Whose::Carried {
                next.values[field.get()] = opening.draft.values[field.get()].clone();
            } else if is_other && (is_new || link.differs.iter().any(|known| known == name)) {
                differs.push(name.to_owned());
            }
        }
        let stored_day = DayNumber::from(kept.occurred_on).0.to_string();
        if !is_own && link.carried.stands(link.id, OCCURRED_ON, &stored_day) {
            next.occurred_on = opening.draft.occurred_on.or(next.occurred_on);
        }
        let rewritten = self.plan_rewriting(by, base, (enrolled, kept), next)?;
        let (writing, now) = match rewritten {
            Some((writing, now)) => (Some(writing), now),
            None => (None, kept.clone()),
        };
        for (field, whose) in opening.carried.iter().zip(&mut whose) {
            let of = &form.fields[field.get()];
            let (name, told) = (&*of.id, &told[&*of.id]);
            let stored = format_value(&of.ty, &now.values[field.get()]);
            // The form would refuse it: a person has to look.
            let is_refused = *whose == Whose::Carried
                && writing.is_none()
                && stored != *told
                && !link.carried.says(link.id, name, told);
            if is_refused && told != "null" {
                differs.push(name.to_owned());
            }
        }
        remember(link, form, opening, (&now, &|at| whose[at]));
        link.differs = differs;
        Ok(writing)
    }

    /// The correction of an opening record; none when it changes nothing, or the form refuses it.
    fn plan_rewriting(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (enrolled, kept): (&Enrolled, &Kept),
        next: Draft,
    ) -> Result<Option<(Writing, Kept)>, Error> {
        let form = base.program().form(kept.form);
        let mut given = kept.reasons.clone();
        given.extend(reasons());
        let hash = draft::content_hash(form, &next, &given);
        let correction = Correction {
            id: EncounterId::from_uuid(kept.id),
            subject: SubjectId::from_uuid(base.file.subject),
            occurred_on: None,
            values: Values::Typed(next),
            reasons: given,
            base_version: kept.version,
            why: "随关联记录更正 · follows the linked record".to_owned(),
        };
        let planned = match self.plan_correction(by, base, (enrolled, kept), &correction, hash) {
            Ok(planned) => planned,
            Err(Error::Refused(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        let Some(RecordChange::Rewritten { now, .. }) = planned.writing.records.first() else {
            return Ok(None);
        };
        let now = now.clone();
        let is_same = (&now.values, &now.groups, now.occurred_on)
            == (&kept.values, &kept.groups, kept.occurred_on);
        Ok((!is_same).then_some((planned.writing, now)))
    }
}

/// A record that counts, by its id.
pub(super) fn standing_record(enrolled: &Enrolled, id: Option<Uuid>) -> Option<&Kept> {
    let mut records = enrolled.records.iter().map(|kept| &**kept);
    records.find(|kept| kept.voided.is_none() && Some(kept.id) == id)
}

/// The opening record of an enrollment: the one that was carried, else the first by hand.
pub(super) fn opening_record(
    enrolled: &Enrolled,
    carried: Option<Uuid>,
    form: FormIx,
) -> Option<&Kept> {
    let standing = || {
        let records = enrolled.records.iter().map(|kept| &**kept);
        records.filter(|kept| kept.voided.is_none() && kept.form == form)
    };
    standing()
        .find(|kept| Some(kept.id) == carried)
        .or_else(|| standing().min_by_key(|kept| (kept.occurred_on, kept.recorded_at, kept.id)))
}

/// Remembers what the opener says and what is stored of it, by whose each value is.
fn remember(
    link: &mut Link,
    form: &Form,
    opening: &Opening,
    (kept, whose): (&Kept, &dyn Fn(usize) -> Whose),
) {
    let told = carried_texts(form, &opening.draft, &opening.carried);
    for (at, field) in opening.carried.iter().enumerate() {
        let of = &form.fields[field.get()];
        let (name, told) = (&*of.id, told[&*of.id].as_str());
        let stored = format_value(&of.ty, &kept.values[field.get()]);
        match whose(at) {
            Whose::Carried => link.carried.put(link.id, name, (told, &stored)),
            Whose::Own => link.carried.put(link.id, name, (told, told)),
            Whose::Changed => link.carried.tell(link.id, name, told),
        }
    }
    let (told, stored) = (
        day_text(opening),
        DayNumber::from(kept.occurred_on).0.to_string(),
    );
    if link.carried.stands(link.id, OCCURRED_ON, &stored) || told == stored {
        link.carried.put(link.id, OCCURRED_ON, (&told, &stored));
    } else {
        link.carried.tell(link.id, OCCURRED_ON, &told);
    }
}
