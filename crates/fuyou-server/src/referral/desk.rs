//! The referral desk: what comes in, what went out, what is late.

use std::collections::HashMap;

use fuyou_kernel::Date;
use fuyou_pack::Pack;
use uuid::Uuid;

use super::store::{self, ReferralRow};
use super::{DeskFilter, DeskPage, ReferralId, ReferralShown, Side, SideCount, Slip, Urgency};
use crate::access::Action;
use crate::care::{Acting, Care, Cursor, EnrollmentId, Error, SubjectId};
use crate::registry::OrganizationId;

/// Lines of one page at most.
const LINES_MAX: u32 = 200;

/// The referral desk of the actor's subtree, the most urgent first. Seven statements.
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
    by.actor.require_anywhere(Action::ManageReferral)?;
    let place = by
        .actor
        .tree
        .get(by.actor.organization)
        .ok_or(Error::NotFound("organization"))?;
    let at = (place.path.as_str(), by.today);
    let limit = limit.clamp(1, LINES_MAX);
    let mut reader = care.db().read().await?;
    let mut page = DeskPage {
        side: Side::default(),
        rows: Vec::new(),
        counts: [SideCount::default(); Side::ALL.len()],
        next: None,
        urgent: HashMap::new(),
    };
    for (position, side) in Side::ALL.into_iter().enumerate() {
        page.counts[position] = store::counts(&mut reader, at, side).await?;
    }
    // Who receives nothing sees first what was sent.
    let [incoming, ..] = page.counts;
    page.side = filter.side.unwrap_or(match incoming.running {
        0 => Side::Outgoing,
        _ => Side::Incoming,
    });
    let after = after.map(read_cursor).transpose()?;
    let mut rows = store::page(&mut reader, at, (page.side, filter.span), after, limit + 1).await?;
    let urgent = store::urgent(&mut reader, at, page.side).await?;
    page.urgent = urgent
        .into_iter()
        .filter_map(|(id, word)| Some((ReferralId::from_uuid(id), Urgency::of(&word)?)))
        .collect();
    drop(reader);
    if rows.len() > limit as usize {
        rows.truncate(limit as usize);
        page.next = rows.last().map(|row| {
            let by = row.next_by.map_or(store::FAR, |date| date.0);
            Cursor(format!("{by}~{}", row.id))
        });
    }
    let mut entry = by.entry("read", "referral");
    entry.detail = serde_json::json!({ "lines": rows.len() }).to_string();
    care.db().note(entry).await?;
    page.rows = rows
        .iter()
        .filter_map(|row| shown(care.pack(), row))
        .collect();
    Ok(page)
}

/// How many referrals to the actor's subtree are running. One statement.
///
/// # Errors
/// See [`Error`].
pub async fn incoming(care: &Care, by: &Acting) -> Result<SideCount, Error> {
    by.actor.require_anywhere(Action::ManageReferral)?;
    let place = by
        .actor
        .tree
        .get(by.actor.organization)
        .ok_or(Error::NotFound("organization"))?;
    let mut reader = care.db().read().await?;
    Ok(store::counts(&mut reader, (place.path.as_str(), by.today), Side::Incoming).await?)
}

/// The slip of a referral that the actor may open; none when it was sent without. One statement besides the record's.
///
/// # Errors
/// See [`Error`].
pub async fn slip(
    care: &Care,
    by: &Acting,
    subject: SubjectId,
    id: ReferralId,
) -> Result<(ReferralShown, Option<Slip>), Error> {
    let story = care.story(by, subject).await?;
    let shown = story
        .enrollments
        .into_iter()
        .flat_map(|enrollment| enrollment.referrals)
        .find(|referral| referral.id == id)
        .ok_or(Error::NotFound("referral"))?;
    let mut reader = care.db().read().await?;
    let slip = store::slip_of(&mut reader, subject.uuid(), id.uuid()).await?;
    Ok((shown, slip))
}

fn read_cursor(cursor: &Cursor) -> Result<(Date, Uuid), Error> {
    let (date, id) = cursor.0.split_once('~').ok_or(Error::NotFound("page"))?;
    Ok((
        date.parse().map_err(|_| Error::NotFound("page"))?,
        id.parse().map_err(|_| Error::NotFound("page"))?,
    ))
}

/// A referral for a reader; none when the pack no longer has its program or kind.
pub(crate) fn shown(pack: &Pack, row: &ReferralRow) -> Option<ReferralShown> {
    let program = pack.program_ix(&row.program)?;
    Some(ReferralShown {
        id: ReferralId::from_uuid(row.id),
        subject: SubjectId::from_uuid(row.subject_id),
        enrollment: EnrollmentId::from_uuid(row.enrollment_id),
        program,
        kind: pack.program(program).referral_ix(&row.kind)?,
        from: OrganizationId::from_uuid(row.from_org_id),
        to: OrganizationId::from_uuid(row.to_org_id),
        state: row.state()?,
        version: row.version,
        sent_at: row.sent_at.0,
        reason: row.reason.clone(),
        arrive_by: row.arrive_by.map(|date| date.0),
        arrived_on: row.arrived_on.map(|date| date.0),
        feedback_by: row.feedback_by.map(|date| date.0),
        feedback_on: row.feedback_on.map(|date| date.0),
        feedback: row.feedback.clone(),
        follow_up_by: row.follow_up_by.map(|date| date.0),
        follow_up: row.follow_up.clone(),
        remark: row.remark.clone(),
        escalates_to: row.escalated_org_id.map(OrganizationId::from_uuid),
        next_by: row.next_by.map(|date| date.0),
    })
}
