//! Creating, changing, moving and ending.

use fuyou_kernel::{Date, Id, Phone};

use super::store::{self, Kept};
use super::{NAME_CHARACTERS_MAX, Particulars, Post, Staff, StaffError, StaffId};
use crate::access::{Action, UserId, user_with_login};
use crate::db::{Change, Connection, Error, Operation, Tx};
use crate::http::Cx;
use crate::keys::Keyring;
use crate::registry::{OrganizationId, spelled};

/// Creates a staff member at a place from a day on, with an id made by the client. Sent twice, she is created once.
pub async fn create_staff(
    cx: &Cx,
    id: StaffId,
    said: &Particulars,
    (organization, from_on): (OrganizationId, Date),
) -> Result<(), StaffError> {
    let user = checked(cx, id, said).await?;
    takes_in(cx, organization)?;
    let mut tx = cx.db.begin(None).await?;
    if let Some(there) = store::load(&mut tx, &cx.keys, id).await? {
        let same = there.said == *said && there.from_on == from_on;
        return if same {
            Ok(())
        } else {
            Err(StaffError::IdTaken)
        };
    }
    let kept = Kept::of(&cx.keys, id, said, user);
    let post = Post {
        organization,
        from_on,
        until_on: None,
    };
    store::insert(&mut tx, id, &kept, &post, cx.now).await?;
    store::insert_post(&mut tx, id, cx.new_id(), &post).await?;
    finish(cx, tx, id, "create_staff", Operation::Insert).await
}

/// Changes what is said about a staff member.
pub async fn change_staff(
    cx: &Cx,
    id: StaffId,
    version: i64,
    said: &Particulars,
) -> Result<(), StaffError> {
    let user = checked(cx, id, said).await?;
    let mut tx = cx.db.begin(None).await?;
    let before = kept_by(cx, &mut tx, id).await?;
    if before.said == *said {
        return Ok(());
    }
    let kept = Kept::of(&cx.keys, id, said, user);
    if !store::update(&mut tx, (id, version), &kept, cx.now).await? {
        return Err(StaffError::Stale);
    }
    finish(cx, tx, id, "change_staff", Operation::Update).await
}

/// Takes up work at another place from a day on; where she was before stays in her history. Somebody who had ended
/// begins again this way.
pub async fn move_staff(
    cx: &Cx,
    id: StaffId,
    version: i64,
    (organization, from_on): (OrganizationId, Date),
) -> Result<(), StaffError> {
    takes_in(cx, organization)?;
    let mut tx = cx.db.begin(None).await?;
    let before = kept_by(cx, &mut tx, id).await?;
    if before.organization == organization && before.until_on.is_none() {
        return Ok(());
    }
    let posts = store::posts(&mut tx, id).await?;
    let last = posts.first();
    let free_from = last.map(|post| post.until_on.unwrap_or(post.from_on));
    if let Some(day) = free_from.filter(|day| from_on <= *day) {
        return Err(StaffError::Before(day));
    }
    if last.is_some_and(|post| post.until_on.is_none()) {
        let day_before = from_on.yesterday().unwrap_or(from_on);
        store::end_post(&mut tx, id, day_before).await?;
    }
    let post = Post {
        organization,
        from_on,
        until_on: None,
    };
    store::insert_post(&mut tx, id, cx.new_id(), &post).await?;
    let now = (organization, None);
    if !store::place(&mut tx, (id, version), now, cx.now).await? {
        return Err(StaffError::Stale);
    }
    finish(cx, tx, id, "move_staff", Operation::Update).await
}

/// Ends a staff member's work after a day.
pub async fn end_staff(
    cx: &Cx,
    id: StaffId,
    version: i64,
    until_on: Date,
) -> Result<(), StaffError> {
    let mut tx = cx.db.begin(None).await?;
    let before = kept_by(cx, &mut tx, id).await?;
    if before.until_on == Some(until_on) {
        return Ok(());
    }
    let posts = store::posts(&mut tx, id).await?;
    if let Some(post) = posts.first().filter(|post| until_on < post.from_on) {
        return Err(StaffError::Before(post.from_on));
    }
    store::end_post(&mut tx, id, until_on).await?;
    let now = (before.organization, Some(until_on));
    if !store::place(&mut tx, (id, version), now, cx.now).await? {
        return Err(StaffError::Stale);
    }
    finish(cx, tx, id, "end_staff", Operation::Update).await
}

/// A staff member with her posts, the last first.
pub(super) async fn open(cx: &Cx, id: StaffId) -> Result<(Staff, Vec<Post>), StaffError> {
    let mut reader = cx.db.read().await?;
    let staff = kept_by(cx, &mut reader, id).await?;
    let posts = store::posts(&mut reader, id).await?;
    Ok((staff, posts))
}

async fn kept_by(cx: &Cx, connection: &mut Connection, id: StaffId) -> Result<Staff, StaffError> {
    cx.actor.require_anywhere(Action::ManageStaff)?;
    let staff = store::load(connection, &cx.keys, id)
        .await?
        .ok_or(StaffError::NotFound)?;
    cx.actor.require(Action::ManageStaff, staff.organization)?;
    Ok(staff)
}

/// Checks the words and finds the user.
async fn checked(cx: &Cx, id: StaffId, said: &Particulars) -> Result<Option<UserId>, StaffError> {
    let short = |text: &str| text.chars().count() <= NAME_CHARACTERS_MAX;
    if said.name.trim().is_empty() || !short(&said.name) || !short(&said.title) {
        return Err(StaffError::Name);
    }
    if said.login.is_empty() {
        return Ok(None);
    }
    let user = user_with_login(cx, &said.login)
        .await?
        .ok_or(StaffError::NoUser)?;
    let mut reader = cx.db.read().await?;
    match store::of_user(&mut reader, user).await? {
        Some(other) if other != id => Err(StaffError::UserTaken),
        _ => Ok(Some(user)),
    }
}

fn takes_in(cx: &Cx, organization: OrganizationId) -> Result<(), StaffError> {
    cx.actor.require(Action::ManageStaff, organization)?;
    let place = cx.actor.tree.get(organization);
    if place.is_some_and(|place| place.closed_on.is_some()) {
        return Err(StaffError::Closed);
    }
    Ok(())
}

async fn finish(
    cx: &Cx,
    mut tx: Tx,
    id: StaffId,
    action: &'static str,
    operation: Operation,
) -> Result<(), StaffError> {
    tx.changed(Change {
        subject_id: Some(id.uuid()),
        entity: "staff",
        entity_id: id.uuid(),
        operation,
        at: cx.now,
    });
    tx.audit(cx.entry(action, "staff").about(id.uuid(), id.uuid()));
    tx.commit().await?;
    Ok(())
}

impl Kept {
    /// What is stored of the particulars: spelled and sealed.
    pub(super) fn of(
        keys: &Keyring,
        id: StaffId,
        said: &Particulars,
        user: Option<UserId>,
    ) -> Kept {
        let (pinyin, initials) = spelled(&said.name);
        let phone = said.phone.as_ref().map(Phone::reveal);
        Kept {
            name: said.name.trim().to_owned(),
            pinyin,
            initials,
            profession: said.profession.word(),
            title: said.title.trim().to_owned(),
            // Read before sealing: if a rotation comes between, the row is done once more, never missed.
            key_version: i64::from(keys.current_version()),
            phone_sealed: phone.map(|phone| keys.seal(&store::phone_place(id), phone)),
            user: user.map(Id::uuid),
        }
    }
}

/// Seals at most `batch` phones of staff under the current key version. Gives back how many, and how many are left.
pub(in crate::registry) async fn rekey(
    tx: &mut Tx,
    keys: &Keyring,
    batch: i64,
) -> Result<(i64, i64), Error> {
    let current = i64::from(keys.current_version());
    let mut done = 0;
    for (id, sealed) in store::sealed_before(tx, current, batch).await? {
        let id: StaffId = Id::from_uuid(id);
        let place = store::phone_place(id);
        let opened = sealed
            .map(|sealed| keys.open_sealed(&place, &sealed))
            .transpose()
            .map_err(|err| Error::Corrupt(format!("staff {id}: {err}")))?;
        let sealed = opened.map(|phone| keys.seal(&place, &phone));
        store::reseal(tx, id, sealed, current).await?;
        done += 1;
    }
    Ok((done, store::count_sealed_before(tx, current).await?))
}
