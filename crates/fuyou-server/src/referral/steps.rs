//! Sending a referral and taking it further.

use fuyou_kernel::{DayNumber, Timestamp};
use fuyou_pack::model::Owner;

use super::store::{ReferralChange, ReferralRow};
use super::{ReferralId, ReferralShown, ReferralState, Sending, Step, desk};
use crate::access::{Action, Denied};
use crate::care::{Acting, Care, Error, Stale, SubjectId, area};
use crate::db::{DbDate, DbInstant};
use crate::registry::{Level, OrganizationId};

/// Sends a subject to another organization. Sent twice, it is stored once.
///
/// # Errors
/// See [`Error`].
pub async fn send(care: &Care, by: &Acting, sending: Sending) -> Result<ReferralShown, Error> {
    by.actor.require_anywhere(Action::ManageReferral)?;
    by.actor
        .tree
        .get(sending.to)
        .ok_or(Error::NotFound("organization"))?;
    if sending.reason.trim().is_empty() || !sending.slip.missing().is_empty() {
        return Err(Error::NoReason);
    }
    let row = care
        .change_referral(
            by,
            sending.subject,
            sending.enrollment.uuid(),
            sending.id.uuid(),
            |program, existing| {
                if let Some(there) = existing {
                    let same = there.kind == sending.kind
                        && there.to_org_id == sending.to.uuid()
                        && there.reason == sending.reason;
                    return if same {
                        Ok(None)
                    } else {
                        Err(Error::IdTaken(there.id))
                    };
                }
                let kind = program
                    .referral_ix(&sending.kind)
                    .ok_or(Error::NotFound("referral"))?;
                let escalate_to = program.referrals[kind.get()].escalate_to;
                let row = ReferralRow {
                    id: sending.id.uuid(),
                    enrollment_id: sending.enrollment.uuid(),
                    subject_id: sending.subject.uuid(),
                    program: program.id.to_string(),
                    kind: sending.kind.clone(),
                    from_org_id: by.actor.organization.uuid(),
                    to_org_id: sending.to.uuid(),
                    escalated_org_id: escalate_to.map(|owner| above(by, owner).uuid()),
                    state: ReferralState::Sent.word().to_owned(),
                    version: 1,
                    sent_at: DbInstant(
                        Timestamp::from_millisecond(by.now.as_millisecond()).unwrap_or(by.now),
                    ),
                    sent_by: Some(by.actor.id.uuid()),
                    reason: sending.reason.clone(),
                    sent_on: DbDate(by.today),
                    arrive_by: None,
                    arrived_on: None,
                    feedback_by: None,
                    feedback_on: None,
                    feedback: None,
                    follow_up_by: None,
                    follow_up: None,
                    remark: None,
                    next_by: None,
                };
                let slip = Box::new(sending.slip.clone());
                Ok(Some(ReferralChange::SentWithSlip(row, slip)))
            },
        )
        .await?;
    desk::shown(care.pack(), &row).ok_or(Error::NotFound("referral"))
}

/// The organization that an owner means, seen from the sender.
fn above(by: &Acting, owner: Owner) -> OrganizationId {
    let level = match owner {
        Owner::Responsible | Owner::Recorder => return by.actor.organization,
        Owner::Village => Level::Village,
        Owner::Township => Level::Township,
        Owner::County => Level::County,
        Owner::City => Level::City,
        Owner::Province => Level::Province,
    };
    area(&by.actor.tree, by.actor.organization, level)
}

/// Takes the next step. The same step twice is answered twice.
///
/// # Errors
/// [`Error::Step`] when it does not follow; [`Error::Stale`] when `base_version` is not the stored one.
pub async fn step(
    care: &Care,
    by: &Acting,
    subject: SubjectId,
    id: ReferralId,
    step: Step,
    base_version: Option<i64>,
) -> Result<ReferralShown, Error> {
    by.actor.require_anywhere(Action::ManageReferral)?;
    let row = care
        .change_referral(by, subject, uuid::Uuid::nil(), id.uuid(), |_, existing| {
            let row = existing.ok_or(Error::NotFound("referral"))?;
            let side = if step.is_receivers() {
                row.to_org_id
            } else {
                row.from_org_id
            };
            if !by.actor.sees(OrganizationId::from_uuid(side)) {
                return Err(Error::Denied(Denied(Action::ManageReferral)));
            }
            let next = taken(row, &step)?;
            if same(row, &next) {
                return Ok(None);
            }
            if let Some(seen) = base_version.filter(|seen| *seen != row.version) {
                let stale = Stale {
                    entity: "referral",
                    id: row.id,
                    seen,
                    stored: row.version,
                };
                return Err(Error::Stale(Box::new(stale)));
            }
            Ok(Some(ReferralChange::Stepped(next)))
        })
        .await?;
    desk::shown(care.pack(), &row).ok_or(Error::NotFound("referral"))
}

impl Step {
    /// Whether the receiver takes this step; the others are the sender's.
    fn is_receivers(&self) -> bool {
        match self {
            Step::Accept
            | Step::Decline { .. }
            | Step::Arrive { .. }
            | Step::NotArrived { .. }
            | Step::Feedback { .. } => true,
            Step::FollowUp { .. } | Step::Close | Step::Cancel { .. } => false,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Step::Accept => "accept",
            Step::Decline { .. } => "decline",
            Step::Arrive { .. } => "arrive",
            Step::NotArrived { .. } => "not_arrived",
            Step::Feedback { .. } => "feedback",
            Step::FollowUp { .. } => "follow_up",
            Step::Close => "close",
            Step::Cancel { .. } => "cancel",
        }
    }

    /// The states from which the step follows; a step taken twice stays where it is.
    fn follows(&self) -> &'static [ReferralState] {
        use ReferralState as S;
        match self {
            Step::Accept => &[S::Sent, S::Accepted],
            Step::Decline { .. } => &[S::Sent, S::Accepted, S::Declined],
            Step::Arrive { .. } => &[S::Sent, S::Accepted, S::Arrived],
            Step::NotArrived { .. } => &[S::Sent, S::Accepted],
            Step::Feedback { .. } => &[S::Arrived, S::Feedback],
            Step::FollowUp { .. } => &[
                S::Sent,
                S::Accepted,
                S::Declined,
                S::Arrived,
                S::Feedback,
                S::Closed,
            ],
            Step::Close => &[S::Feedback, S::Declined, S::Closed],
            Step::Cancel { .. } => &[S::Sent, S::Accepted, S::Cancelled],
        }
    }
}

fn taken(row: &ReferralRow, step: &Step) -> Result<ReferralRow, Error> {
    let state = row.state().ok_or(Error::NotFound("referral"))?;
    if !step.follows().contains(&state) {
        return Err(Error::Step {
            state: state.word(),
            step: step.word(),
        });
    }
    let mut next = row.clone();
    let mut become_state = |state: ReferralState| next.state = state.word().to_owned();
    match step {
        Step::Accept => become_state(ReferralState::Accepted),
        Step::Decline { reason } => {
            become_state(ReferralState::Declined);
            next.remark = Some(given(reason)?);
        }
        Step::Arrive { on } => {
            become_state(ReferralState::Arrived);
            next.arrived_on = Some(DbDate(*on));
        }
        Step::NotArrived { note } => next.remark = Some(given(note)?),
        Step::Feedback { note, on } => {
            become_state(ReferralState::Feedback);
            next.feedback = Some(given(note)?);
            next.feedback_on = Some(DbDate(*on));
        }
        Step::FollowUp { note } => {
            // Asked after the feedback: nothing is left to do.
            if state == ReferralState::Feedback {
                become_state(ReferralState::Closed);
            }
            next.follow_up = Some(given(note)?);
        }
        Step::Close => become_state(ReferralState::Closed),
        Step::Cancel { reason } => {
            become_state(ReferralState::Cancelled);
            next.remark = Some(given(reason)?);
        }
    }
    let too_early = |on: Option<DbDate>| {
        on.is_some_and(|on| DayNumber::from(on.0) < DayNumber::from(row.sent_on.0))
    };
    if too_early(next.arrived_on) || too_early(next.feedback_on) {
        return Err(Error::Step {
            state: state.word(),
            step: step.word(),
        });
    }
    Ok(next)
}

fn given(text: &str) -> Result<String, Error> {
    if text.trim().is_empty() {
        Err(Error::NoReason)
    } else {
        Ok(text.to_owned())
    }
}

fn same(row: &ReferralRow, next: &ReferralRow) -> bool {
    let content = |row: &ReferralRow| {
        (
            row.state.clone(),
            (row.arrived_on, row.feedback_on),
            (
                row.feedback.clone(),
                row.follow_up.clone(),
                row.remark.clone(),
            ),
        )
    };
    content(row) == content(next)
}
