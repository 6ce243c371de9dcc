//! Keeping the tree of organizations: create, change, move, close. Nothing is ever deleted.
//!
//! The code of an organization is how files and facts know it, and never changes.

use std::sync::Arc;

use fuyou_kernel::Date;

use super::handover::settle;
use super::organizations_store::{self as store, GoingOn};
use super::{Level, Organization, OrganizationId, OrganizationKind, Tree};
use crate::access::{Action, Denied};
use crate::care::{self, Acting, Care};
use crate::db::{Change, Error, Operation, Tx, hold_every_lane};
use crate::http::Cx;

/// Most characters of a code and of a name; catches typing errors only.
const CODE_CHARACTERS_MAX: usize = 40;
const NAME_CHARACTERS_MAX: usize = 80;

/// What is said about an organization. What stands only for a new one is left alone when it changes.
#[derive(Debug, Clone)]
pub struct NewPlace {
    /// Official code, for a new one.
    pub code: String,
    /// Official name.
    pub name: String,
    /// Level, for a new one.
    pub level: Level,
    /// What it is.
    pub kind: OrganizationKind,
    /// Licensed for midwifery.
    pub has_midwifery_licence: bool,
    /// Rescue centre for critical pregnant women or newborns.
    pub is_rescue_centre: bool,
    /// Grade of a hospital.
    pub hospital_grade: Option<String>,
    /// Permanent residents of its area.
    pub population: Option<i64>,
}

/// What still goes on at an organization that shall be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// Organizations directly below that are open.
    pub below: i64,
    /// Open enrollments it is responsible for.
    pub enrollments: i64,
    /// Users who may log in.
    pub users: i64,
    /// Staff members who work there.
    pub staff: i64,
    /// Referrals on their way to it.
    pub referrals: i64,
}

/// Why the tree was not changed. Nothing is stored then.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Not allowed there, or not there.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such organization.
    #[error("there is no such organization")]
    NotFound,
    /// Code or name is empty, too long, or has a slash.
    #[error("a code and a name are needed, without slashes and not too long")]
    Words,
    /// An organization has this code.
    #[error("the code {0:?} is taken")]
    CodeTaken(String),
    /// A parent of a lower level.
    #[error("an organization cannot stand below one of a lower level")]
    Level,
    /// Under itself.
    #[error("an organization cannot stand below itself")]
    Cycle,
    /// Under one that is closed, or it is closed itself.
    #[error("the organization is closed")]
    Closed,
    /// Somebody else changed it meanwhile.
    #[error("somebody else has changed this organization")]
    Stale,
    /// Something still goes on there.
    #[error("something still goes on there: {0:?}")]
    Busy(Remaining),
    /// A reason is needed.
    #[error("a reason is needed")]
    NoReason,
    /// What is recorded there, or about it, could not be computed again.
    #[error("what is recorded about the organization could not be computed again")]
    Care(#[from] Box<care::Error>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Creates an organization under a parent, with an id made by the client. Sent twice, it is created once.
pub async fn create_place(
    cx: &Cx,
    id: OrganizationId,
    parent: OrganizationId,
    new: &NewPlace,
) -> Result<(), PlaceError> {
    words(new)?;
    let mut tx = cx.db.begin(None).await?;
    let tree = Now::read(cx, &mut tx).await?;
    let parent = tree.open_to(cx, parent)?;
    if let Some(there) = tree.get(id) {
        let same = there.code == new.code && there.parent_id == Some(parent.id);
        return if same {
            Ok(())
        } else {
            Err(PlaceError::CodeTaken(new.code.clone()))
        };
    }
    if tree.0.iter().any(|other| other.code == new.code) {
        return Err(PlaceError::CodeTaken(new.code.clone()));
    }
    if new.level < parent.level {
        return Err(PlaceError::Level);
    }
    let organization = Organization {
        id,
        parent_id: Some(parent.id),
        code: new.code.clone(),
        level: new.level,
        path: format!("{}{}/", parent.path, new.code),
        closed_on: None,
        ahead_off: false,
        ..described(new, parent)
    };
    store::save(&mut tx, &organization, cx.now).await?;
    let detail = serde_json::json!({ "code": new.code, "parent": parent.code });
    finish(
        cx,
        tx,
        id,
        ("create_organization", Operation::Insert),
        detail,
    )
    .await
}

/// Changes the name and what else is said about an organization.
pub async fn change_place(
    cx: &Cx,
    id: OrganizationId,
    version: i64,
    new: &NewPlace,
) -> Result<(), PlaceError> {
    words(new)?;
    let mut tx = cx.db.begin(None).await?;
    let tree = Now::read(cx, &mut tx).await?;
    let before = tree.kept_by(cx, id)?;
    let after = described(new, before);
    if after == *before {
        return Ok(());
    }
    is_as_seen(&mut tx, id, version).await?;
    store::save(&mut tx, &after, cx.now).await?;
    refresh(cx, &mut tx, id).await?;
    let detail = serde_json::json!({ "code": before.code, "from": before.name, "to": after.name });
    finish(
        cx,
        tx,
        id,
        ("change_organization", Operation::Update),
        detail,
    )
    .await?;
    settle(cx).await
}

/// Puts an organization, and with it all below it, under another parent. Who is responsible for whom does not change:
/// open enrollments stay with the organization that they are at. Their tasks are computed anew, so that those of the
/// county, or of whoever stands above, go to the new one.
pub async fn move_place(
    cx: &Cx,
    id: OrganizationId,
    version: i64,
    parent: OrganizationId,
) -> Result<(), PlaceError> {
    let mut tx = cx.db.begin(None).await?;
    hold_every_lane(&mut tx).await?;
    let tree = Now::read(cx, &mut tx).await?;
    let organization = tree.below_own(cx, id)?;
    let parent = tree.open_to(cx, parent)?;
    if organization.parent_id == Some(parent.id) {
        return Ok(());
    }
    if parent.path.starts_with(&organization.path) {
        return Err(PlaceError::Cycle);
    }
    if organization.level < parent.level {
        return Err(PlaceError::Level);
    }
    is_as_seen(&mut tx, id, version).await?;
    Care::unsettle(&mut tx, &cx.into(), organization)
        .await
        .map_err(Box::new)?;
    let path = format!("{}{}/", parent.path, organization.code);
    let from = organization
        .parent_id
        .and_then(|parent| tree.get(parent))
        .map(|parent| parent.code.clone());
    store::move_subtree(&mut tx, organization, (parent.id, &path), cx.now).await?;
    refresh(cx, &mut tx, id).await?;
    let detail = serde_json::json!({ "code": organization.code, "from": from, "to": parent.code });
    finish(cx, tx, id, ("move_organization", Operation::Update), detail).await?;
    settle(cx).await
}

/// Closes an organization from a day on. Refuses while something still goes on there.
pub async fn close_place(
    cx: &Cx,
    id: OrganizationId,
    version: i64,
    on: Date,
) -> Result<(), PlaceError> {
    let mut tx = cx.db.begin(None).await?;
    hold_every_lane(&mut tx).await?;
    let tree = Now::read(cx, &mut tx).await?;
    let organization = tree.below_own(cx, id)?;
    if organization.closed_on.is_some() {
        return Ok(());
    }
    is_as_seen(&mut tx, id, version).await?;
    let GoingOn {
        enrollments,
        users,
        staff,
        referrals,
        residents: _,
    } = store::going_on(&mut tx, id).await?;
    let is_below = |other: &&Organization| other.parent_id == Some(id) && other.closed_on.is_none();
    let remaining = Remaining {
        below: i64::try_from(tree.0.iter().filter(is_below).count()).unwrap_or(i64::MAX),
        enrollments,
        users,
        staff,
        referrals,
    };
    if remaining.below + enrollments + users + staff + referrals > 0 {
        return Err(PlaceError::Busy(remaining));
    }
    Care::unsettle(&mut tx, &cx.into(), organization)
        .await
        .map_err(Box::new)?;
    store::set_closed(&mut tx, id, Some(on), cx.now).await?;
    let detail = serde_json::json!({ "code": organization.code, "on": on.to_string() });
    finish(
        cx,
        tx,
        id,
        ("close_organization", Operation::Update),
        detail,
    )
    .await?;
    settle(cx).await
}

/// Opens a closed organization again.
pub async fn reopen_place(cx: &Cx, id: OrganizationId, version: i64) -> Result<(), PlaceError> {
    let mut tx = cx.db.begin(None).await?;
    hold_every_lane(&mut tx).await?;
    let tree = Now::read(cx, &mut tx).await?;
    let organization = tree.below_own(cx, id)?;
    if organization.closed_on.is_none() {
        return Ok(());
    }
    if let Some(parent) = organization.parent_id {
        tree.open_to(cx, parent)?;
    }
    is_as_seen(&mut tx, id, version).await?;
    Care::unsettle(&mut tx, &cx.into(), organization)
        .await
        .map_err(Box::new)?;
    store::set_closed(&mut tx, id, None, cx.now).await?;
    let detail = serde_json::json!({ "code": organization.code });
    finish(
        cx,
        tx,
        id,
        ("reopen_organization", Operation::Update),
        detail,
    )
    .await?;
    settle(cx).await
}

/// Whether work is taken along where there is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ahead {
    /// Whoever works there may, unless an organization above says otherwise.
    Allowed,
    /// Nobody of this organization and of those below it does; what devices have is dropped at their next contact.
    Off,
}

/// Says whether the people of an organization, and of all below it, may take work along. Saying so again changes nothing.
pub async fn set_ahead(
    cx: &Cx,
    id: OrganizationId,
    version: i64,
    ahead: Ahead,
) -> Result<(), PlaceError> {
    let mut tx = cx.db.begin(None).await?;
    let tree = Now::read(cx, &mut tx).await?;
    let organization = tree.kept_by(cx, id)?;
    let is_off = ahead == Ahead::Off;
    if organization.ahead_off == is_off {
        return Ok(());
    }
    is_as_seen(&mut tx, id, version).await?;
    store::set_ahead_off(&mut tx, id, is_off, cx.now).await?;
    let detail = serde_json::json!({ "code": organization.code });
    let action = match ahead {
        Ahead::Allowed => "allow_ahead",
        Ahead::Off => "forbid_ahead",
    };
    finish(cx, tx, id, (action, Operation::Update), detail).await
}

/// An organization with its version and what goes on there, for the page that keeps it.
pub(super) async fn place(
    cx: &Cx,
    id: OrganizationId,
) -> Result<(Organization, i64, GoingOn), PlaceError> {
    let organization = cx.actor.tree.get(id).ok_or(PlaceError::NotFound)?;
    cx.actor.require(Action::ManageOrganizations, id)?;
    let mut reader = cx.db.read().await?;
    let version = store::version(&mut reader, id)
        .await?
        .ok_or(PlaceError::NotFound)?;
    let going_on = store::going_on(&mut reader, id).await?;
    Ok((organization.clone(), version, going_on))
}

/// The tree as it stands in this turn; the one in memory may be older.
pub(super) struct Now(pub(super) Vec<Organization>);

impl Now {
    pub(super) async fn read(cx: &Cx, tx: &mut Tx) -> Result<Now, PlaceError> {
        cx.actor.require_anywhere(Action::ManageOrganizations)?;
        // Counted first: two changes of the tree at once come one after the other.
        store::count_change(tx).await?;
        Ok(Now(store::all(tx).await?))
    }

    fn get(&self, id: OrganizationId) -> Option<&Organization> {
        self.0.iter().find(|organization| organization.id == id)
    }

    /// An organization of the actor's subtree.
    fn kept_by(&self, cx: &Cx, id: OrganizationId) -> Result<&Organization, PlaceError> {
        let own = self
            .get(cx.actor.organization)
            .ok_or(PlaceError::NotFound)?;
        let found = self.get(id).ok_or(PlaceError::NotFound)?;
        if found.path.starts_with(&own.path) {
            Ok(found)
        } else {
            Err(Denied(Action::ManageOrganizations).into())
        }
    }

    /// As [`Now::kept_by`], but not where the actor works: nobody takes away the ground under the own feet.
    fn below_own(&self, cx: &Cx, id: OrganizationId) -> Result<&Organization, PlaceError> {
        if id == cx.actor.organization {
            return Err(Denied(Action::ManageOrganizations).into());
        }
        self.kept_by(cx, id)
    }

    /// An organization of the actor's subtree that takes in something.
    fn open_to(&self, cx: &Cx, id: OrganizationId) -> Result<&Organization, PlaceError> {
        let found = self.kept_by(cx, id)?;
        if found.closed_on.is_some() {
            return Err(PlaceError::Closed);
        }
        Ok(found)
    }
}

fn words(new: &NewPlace) -> Result<(), PlaceError> {
    let fits = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
    let plain = |c: char| c != '/' && !c.is_whitespace() && !c.is_control();
    if fits(&new.code, CODE_CHARACTERS_MAX)
        && new.code.chars().all(plain)
        && fits(&new.name, NAME_CHARACTERS_MAX)
    {
        Ok(())
    } else {
        Err(PlaceError::Words)
    }
}

/// The organization `at` with what is said in `new` about name, kind and equipment.
fn described(new: &NewPlace, at: &Organization) -> Organization {
    Organization {
        name: new.name.trim().to_owned(),
        kind: new.kind,
        has_midwifery_licence: new.has_midwifery_licence,
        is_rescue_centre: new.is_rescue_centre,
        hospital_grade: new.hospital_grade.clone(),
        population: new.population,
        ..at.clone()
    }
}

async fn is_as_seen(tx: &mut Tx, id: OrganizationId, version: i64) -> Result<(), PlaceError> {
    match store::version(tx, id).await? {
        Some(stored) if stored == version => Ok(()),
        Some(_) => Err(PlaceError::Stale),
        None => Err(PlaceError::NotFound),
    }
}

/// What an organization is and where it stands decides facts, rules and tasks of what is recorded about it.
async fn refresh(cx: &Cx, tx: &mut Tx, id: OrganizationId) -> Result<(), PlaceError> {
    let Some(care) = cx.app.care() else {
        return Ok(());
    };
    let mut by = Acting::from(cx);
    // A tree that nobody else knows yet: what is computed under it is marked, and settled after the commit.
    by.actor.tree = Arc::new(Tree::new(store::all(tx).await?));
    let refreshed = care.refresh_in(tx, &by, id.uuid(), None).await;
    refreshed.map_err(Box::new)?;
    Ok(())
}

async fn finish(
    cx: &Cx,
    mut tx: Tx,
    id: OrganizationId,
    (action, operation): (&'static str, Operation),
    detail: serde_json::Value,
) -> Result<(), PlaceError> {
    tx.changed(Change {
        subject_id: Some(id.uuid()),
        entity: "organization",
        entity_id: id.uuid(),
        operation,
        at: cx.now,
    });
    let entry = cx.entry(action, "organization");
    tx.audit(entry.about(id.uuid(), id.uuid()).saying(detail.to_string()));
    tx.commit().await?;
    cx.app.reload_tree().await?;
    Ok(())
}
