//! Which person's record opens for whom.

use fuyou_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::{Action, Actor, Denied, store};
use crate::db::{Connection, Error};
use crate::http::Cx;
use crate::registry::OrganizationId;

/// Fewest characters of a reason for opening a record without a care relation.
pub const GLASS_REASON_CHARACTERS_MIN: usize = 10;
/// How long such an opening lasts, in milliseconds: a day.
const GLASS_MS: i64 = 24 * 3_600_000;

/// By which right a record is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// She lives in the user's area.
    Residence,
    /// An organization of the user's subtree cares for her.
    Care,
    /// The user gave a reason within the last day.
    Glass,
}

/// By which right the record of `subject`, who lives in the area of `residence`, is open to the actor; none if closed.
///
/// At most two statements, and none when she lives in the user's area.
pub async fn opens(
    cx: &Cx,
    connection: &mut Connection,
    subject: Uuid,
    residence: OrganizationId,
) -> Result<Option<Opening>, Error> {
    opens_to(
        &cx.actor,
        (cx.now, cx.today),
        connection,
        subject,
        residence,
    )
    .await
}

/// As [`opens`], for an actor at a moment without a request.
pub async fn opens_to(
    actor: &Actor,
    (now, today): (Timestamp, Date),
    connection: &mut Connection,
    subject: Uuid,
    residence: OrganizationId,
) -> Result<Option<Opening>, Error> {
    if !actor.may(Action::ReadPerson) {
        return Ok(None);
    }
    if actor.sees(residence) {
        return Ok(Some(Opening::Residence));
    }
    let caring = store::caring_organizations(connection, subject, today).await?;
    if caring
        .into_iter()
        .any(|organization| actor.sees(organization))
    {
        return Ok(Some(Opening::Care));
    }
    if actor.may(Action::BreakGlass)
        && store::glass_is_open(connection, subject, actor.id, now).await?
    {
        return Ok(Some(Opening::Glass));
    }
    Ok(None)
}

/// Opens a record for a day without a care relation. The reason stands in the audit trail for the auditor.
///
/// The caller has checked that the reason is long enough ([`GLASS_REASON_CHARACTERS_MIN`]).
pub async fn break_glass(
    cx: &Cx,
    subject: Uuid,
    reason: &str,
) -> Result<Result<(), Denied>, Error> {
    if let Err(denied) = cx.actor.require_anywhere(Action::BreakGlass) {
        return Ok(Err(denied));
    }
    let until = Timestamp::from_millisecond(cx.now.as_millisecond() + GLASS_MS).unwrap_or(cx.now);
    let id = cx.new_id();
    let mut tx = cx.db.begin(Some(subject)).await?;
    store::insert_glass(&mut tx, subject, id, cx.actor.id, reason, (cx.now, until)).await?;
    let detail = serde_json::json!({ "reason": reason }).to_string();
    tx.audit(
        cx.entry("break_glass", "glass")
            .about(subject, id)
            .saying(detail),
    );
    tx.commit().await?;
    Ok(Ok(()))
}
