//! Referral: hand-overs between organizations, with clocks, acceptance and feedback.
//!
//! A referral belongs to an enrollment, and facts read it: every step replays the enrollment in the same transaction.

mod model;

pub use model::{
    DeskFilter, DeskPage, ReferralId, ReferralShown, ReferralState, Sending, Side, Step,
};

use crate::care::{Acting, Care, Cursor, Error, SubjectId};

/// Sends a subject to another organization.
///
/// # Errors
/// See [`Error`].
pub async fn send(care: &Care, by: &Acting, sending: Sending) -> Result<ReferralShown, Error> {
    let _ = (care, by, sending);
    Err(Error::NotFound("referral"))
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
    let _ = (care, by, subject, id, step, base_version);
    Err(Error::NotFound("referral"))
}

/// The referral desk of the actor's organization.
///
/// # Errors
/// See [`Error`].
pub async fn desk(
    care: &Care,
    by: &Acting,
    filter: &DeskFilter,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<DeskPage, Error> {
    let _ = (care, by, filter, after, limit);
    Err(Error::NotFound("referral"))
}
