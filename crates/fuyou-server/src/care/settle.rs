//! From an enrollment before a change to what is written about it: the replay of what was and of what is.

use std::sync::Arc;

use fuyou_kernel::Date;
use fuyou_pack::model::SubjectKind;
use fuyou_pack::replay::{History, Outcome, Pause, replay, replay_and_pause, replay_on};

use super::change::{HeadChange, RecordChange, Writing};
use super::derive::{Derived, derive};
use super::engine::Base;
use super::file::{Enrolled, File, Head};
use super::memory::Computed;
use super::{Acting, Care, EnrollmentId, EnrollmentState, shown};
use crate::registry::{Level, OrganizationId};

/// An enrollment as it stands before a change.
pub(super) struct Before {
    pub head: Head,
    pub computed: Arc<Computed>,
}

impl Care {
    /// An enrollment as it stands before a change.
    pub(super) fn before(&self, by: &Acting, base: &Base<'_>, enrolled: &Enrolled) -> Before {
        let head = enrolled.head.clone();
        let otherwise = base
            .computed_otherwise
            .iter()
            .find(|(id, _)| *id == head.id);
        let around = base.around(by);
        if otherwise.is_none()
            && let Some(computed) = self.memory().computed(&head, &around)
        {
            return Before { head, computed };
        }
        let program = base.program();
        let history = self.history(by, base, enrolled);
        let (outcome, pause) = replay_and_pause(program, &history);
        let derived = match otherwise {
            Some((_, ids)) => Derived::unknown(ids),
            None => derive(base.surroundings, &head, &history, &outcome),
        };
        let computed = Arc::new(Computed {
            history,
            outcome,
            derived,
            pause: Some(pause),
        });
        if otherwise.is_none() {
            self.memory().keep_computed(&head, around, computed.clone());
        }
        Before { head, computed }
    }

    /// An enrollment that is not there yet, before its first record.
    pub(super) fn beginning(
        &self,
        by: &Acting,
        base: &Base<'_>,
        (opening, on): (EnrollmentId, Date),
        organization: Option<OrganizationId>,
    ) -> Before {
        let program = base.program();
        let tree = &by.actor.tree;
        let organization = organization.unwrap_or_else(|| responsible(by, base.file));
        let offset = self.settings().utc_offset_minutes;
        let history = base.file.untold(program, tree, (organization, on), offset);
        let outcome = replay(program, &history);
        let head = Head {
            subject: base.file.subject,
            id: opening.uuid(),
            program: base.program_ix,
            organization,
            opened_on: on,
            closed_on: None,
            state: EnrollmentState::Open,
            held: None,
            withdrawn: None,
            died_on: None,
            pack_version: self.stamp_under(tree).to_owned(),
            version: 1,
            created_at: shown::instant(by.now.as_millisecond()),
        };
        let computed = Arc::new(Computed {
            history,
            outcome,
            derived: Derived::default(),
            pause: None,
        });
        Before { head, computed }
    }

    /// An enrollment as it stands, or the one that a first record on this day would open.
    pub(super) fn before_or_beginning(
        &self,
        by: &Acting,
        base: &Base<'_>,
        enrolled: Option<&Enrolled>,
        opening: (EnrollmentId, Date),
    ) -> Before {
        match enrolled {
            Some(enrolled) => self.before(by, base, enrolled),
            None => self.beginning(by, base, opening, None),
        }
    }

    /// Replays an enrollment after a change: what is written, and the enrollment as it is then.
    pub(super) fn settle(
        &self,
        by: &Acting,
        base: &Base<'_>,
        before: Before,
        (after, is_new): (Enrolled, bool),
        records: Vec<RecordChange>,
        why: (&'static str, String),
    ) -> (Writing, Enrolled) {
        let program = base.program();
        let history = self.history(by, base, &after);
        let replayed = match &before.computed.pause {
            Some(pause) => replay_on(program, (&before.computed.history, pause), &history),
            None => replay_and_pause(program, &history),
        };
        let (outcome, pause) = replayed;
        self.settle_replayed(
            by,
            base,
            before,
            (after, is_new),
            records,
            (history, outcome, Some(pause)),
            why,
        )
    }

    /// What the replay is told of an enrollment.
    pub(super) fn history(&self, by: &Acting, base: &Base<'_>, enrolled: &Enrolled) -> History {
        let offset = self.settings().utc_offset_minutes;
        let profile = base.file.profile.as_ref();
        enrolled.history(base.program(), &by.actor.tree, profile, offset)
    }

    /// What stands around the records of an enrollment, without them.
    pub(super) fn around(&self, by: &Acting, base: &Base<'_>, enrolled: &Enrolled) -> History {
        let offset = self.settings().utc_offset_minutes;
        let profile = base.file.profile.as_ref();
        enrolled.around(base.program(), &by.actor.tree, profile, offset)
    }

    /// As [`Care::settle`], when the enrollment after the change was replayed already.
    #[expect(
        clippy::too_many_arguments,
        reason = "the change, and what it amounts to"
    )]
    pub(super) fn settle_replayed(
        &self,
        by: &Acting,
        base: &Base<'_>,
        before: Before,
        (mut after, is_new): (Enrolled, bool),
        records: Vec<RecordChange>,
        (history, outcome, pause): (History, Outcome, Option<Pause>),
        (action, why): (&'static str, String),
    ) -> (Writing, Enrolled) {
        let program = base.program();
        after.head = settled(after.head.clone(), after.opened_on(program), &outcome);
        after.head.pack_version = self.stamp_under(&by.actor.tree).to_owned();
        let derived = derive(base.surroundings, &after.head, &history, &outcome);
        let head_change = if is_new {
            HeadChange::New
        } else {
            HeadChange::Advanced
        };
        let mut writing = Writing {
            head: after.head.clone(),
            head_change,
            records,
            before: before.computed,
            after: Arc::new(Computed {
                history,
                outcome,
                derived,
                pause,
            }),
            relations: Vec::new(),
            completions: Vec::new(),
            enrollment_changes: Vec::new(),
            referrals: Vec::new(),
            entry: by.entry(action, "enrollment"),
        };
        writing.entry.entity_id = Some(after.head.id);
        if let Some((id, _)) = writing.changed() {
            writing.entry.entity = "encounter".into();
            writing.entry.entity_id = Some(id);
        }
        writing.entry.subject_id = Some(after.head.subject);
        if !why.is_empty() {
            writing.entry.detail = serde_json::json!({ "why": why }).to_string();
        }
        (writing, after)
    }
}

/// Whether it is open follows from the facts, unless a person decided otherwise.
pub(super) fn settled(head: Head, opened_on: Date, outcome: &Outcome) -> Head {
    let by_facts = if outcome.closed {
        EnrollmentState::Closed
    } else {
        EnrollmentState::Open
    };
    let state = head.held.unwrap_or(by_facts);
    let closed_on = match (state, head.held) {
        (EnrollmentState::Open, _) => None,
        (EnrollmentState::Closed, Some(_)) => head.closed_on,
        (EnrollmentState::Closed, None) => outcome
            .closed_on
            .map(shown::date)
            .or(head.closed_on)
            .or(Some(opened_on)),
    };
    Head {
        opened_on,
        state,
        closed_on,
        ..head
    }
}

/// Who is responsible for a new enrollment: the township she lives in, else whoever opens it. An organization is
/// responsible for its own.
fn responsible(by: &Acting, file: &File) -> OrganizationId {
    let tree = &by.actor.tree;
    if file.kind() == SubjectKind::Organization {
        return OrganizationId::from_uuid(file.subject);
    }
    let Some(residence) = file.residence().filter(|id| tree.get(*id).is_some()) else {
        return by.actor.organization;
    };
    tree.at_level(residence, Level::Township)
        .map_or(residence, |township| township.id)
}
