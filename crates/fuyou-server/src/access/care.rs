//! Which person's record opens for whom.

use std::collections::HashSet;

use fuyou_kernel::{Date, Timestamp};
use uuid::Uuid;

use super::{Action, Actor, Denied, store};
use crate::db::{Connection, Error};
use crate::http::Cx;
use crate::registry::OrganizationId;

/// Fewest characters of a reason for opening a record without a care relation.
pub const GLASS_REASON_CHARACTERS_MIN: usize = 10;
/// Subjects of a list that are asked about together.
const LIST_MAX: usize = 500;
/// How long such an opening lasts, in milliseconds: a day.
const GLASS_MS: i64 = 24 * 3_600_000;
/// After every opening: the first day of the year 3000.
const END_OF_TIMES: Timestamp = Timestamp::constant(32_503_680_000, 0);

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

/// Of the subjects of a list, with where each lives, those whose records are open to the actor: the answer of [`opens`]
/// for all of them. At most two statements for every [`LIST_MAX`] subjects.
pub async fn open_among(
    cx: &Cx,
    connection: &mut Connection,
    subjects: &[(Uuid, OrganizationId)],
) -> Result<HashSet<Uuid>, Error> {
    open_among_to(&cx.actor, (cx.now, cx.today), connection, subjects).await
}

/// As [`open_among`], for an actor at a moment without a request.
pub async fn open_among_to(
    actor: &Actor,
    (now, today): (Timestamp, Date),
    connection: &mut Connection,
    subjects: &[(Uuid, OrganizationId)],
) -> Result<HashSet<Uuid>, Error> {
    let mut open = HashSet::new();
    if !actor.may(Action::ReadPerson) {
        return Ok(open);
    }
    for some in subjects.chunks(LIST_MAX) {
        let (near, far): (Vec<_>, Vec<_>) = some
            .iter()
            .partition(|(_, residence)| actor.sees(*residence));
        open.extend(near.iter().map(|(subject, _)| *subject));
        let mut closed: Vec<Uuid> = far.iter().map(|(subject, _)| *subject).collect();
        if closed.is_empty() {
            continue;
        }
        let caring = store::caring_for(connection, &closed, today).await?;
        let ours = caring.into_iter().filter(|(_, by)| actor.sees(*by));
        open.extend(ours.map(|(subject, _)| subject));
        closed.retain(|subject| !open.contains(subject));
        if !closed.is_empty() && actor.may(Action::BreakGlass) {
            let glass = store::glass_open_among(connection, &closed, (actor.id, now));
            open.extend(glass.await?);
        }
    }
    Ok(open)
}

/// A record that was opened without a care relation, for whoever answers for it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Login and name of the user.
    pub user: (String, String),
    /// Where the user works.
    pub user_organization: OrganizationId,
    /// Whose record; none when she lives outside of the reader's area.
    pub person: Option<(Uuid, String)>,
    /// Where she lives.
    pub residence: OrganizationId,
    /// Why.
    pub reason: String,
    /// Where this one stands in the list.
    pub place: OpenedPlace,
}

/// A place in the list of opened records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedPlace(pub Timestamp, pub Uuid);

/// Openings on a page.
const OPENED_PAGE: usize = 50;

/// Records that users of the actor's area opened without a care relation, and those of persons who live there, the
/// newest first, and where the next page begins.
pub async fn opened(
    cx: &Cx,
    before: Option<OpenedPlace>,
) -> Result<Result<(Vec<Opened>, Option<OpenedPlace>), Denied>, Error> {
    let own = cx.actor.organization;
    if let Err(denied) = cx.actor.require(Action::ReviewGlass, own) {
        return Ok(Err(denied));
    }
    let Some(top) = cx.actor.tree.get(own) else {
        return Ok(Ok((Vec::new(), None)));
    };
    let before = before.map_or((Timestamp::MAX, Uuid::max()), |place| (place.0, place.1));
    // The databases keep milliseconds, and not the end of all times.
    let before = (before.0.min(END_OF_TIMES), before.1);
    let mut reader = cx.db.read().await?;
    let limit = i64::try_from(OPENED_PAGE + 1).unwrap_or(i64::MAX);
    let rows = store::opened_glass(&mut reader, &top.path, before, limit).await?;
    let more = rows.len() > OPENED_PAGE;
    let openings = rows.into_iter().take(OPENED_PAGE).map(|row| {
        let residence = OrganizationId::from_uuid(row.residence_org_id);
        let is_ours = cx.actor.sees(residence);
        Opened {
            at: row.opened_at.0,
            until: row.until_at.0,
            user: (row.login, row.user_name),
            user_organization: OrganizationId::from_uuid(row.user_org_id),
            person: is_ours.then_some((row.subject_id, row.person_name)),
            residence,
            reason: row.reason,
            place: OpenedPlace(row.opened_at.0, row.id),
        }
    });
    let openings: Vec<Opened> = openings.collect();
    let next = openings.last().map(|last| last.place).filter(|_| more);
    Ok(Ok((openings, next)))
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
