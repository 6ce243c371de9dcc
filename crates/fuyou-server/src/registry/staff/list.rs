//! The list of staff members.

use super::store;
use super::{Profession, Staff, StaffError, StaffId};
use crate::access::Action;
use crate::http::Cx;
use crate::registry::OrganizationId;

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffSort {
    /// By the name in letters.
    Name,
    /// By the place in the tree.
    Organization,
    /// By profession.
    Profession,
    /// By the first day.
    From,
}

/// Who is in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Employment {
    /// Who works now.
    Now,
    /// Who has ended.
    Ended,
    /// Everybody.
    All,
}

/// Which staff members, in which order, after whom.
#[derive(Debug, Clone)]
pub struct StaffFilter {
    /// At this organization or below it; the actor's own when absent.
    pub organization: Option<OrganizationId>,
    /// Of this profession.
    pub profession: Option<Profession>,
    /// The beginning of the name, its pinyin or initials.
    pub q: String,
    /// Working or ended.
    pub employment: Employment,
    /// Sorted by this.
    pub sort: StaffSort,
    /// The other way round.
    pub descending: bool,
    /// After this one.
    pub after: Option<StaffId>,
}

/// A page of a list.
#[derive(Debug)]
pub struct StaffPage {
    /// The staff members.
    pub staff: Vec<Staff>,
    /// After whom the next page begins, if there is one.
    pub next: Option<StaffId>,
}

/// Staff members of the actor's subtree, at most `limit` of them. One statement.
pub async fn list_staff(
    cx: &Cx,
    filter: &StaffFilter,
    limit: usize,
) -> Result<StaffPage, StaffError> {
    let top = filter.organization.unwrap_or(cx.actor.organization);
    cx.actor.require(Action::ManageStaff, top)?;
    let top = cx.actor.tree.get(top).ok_or(StaffError::NotFound)?;
    let mut reader = cx.db.read().await?;
    let asked = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut staff = store::list(&mut reader, &cx.keys, filter, &top.path, asked).await?;
    let more = staff.len() > limit;
    staff.truncate(limit);
    let next = staff.last().filter(|_| more).map(|last| last.id);
    Ok(StaffPage { staff, next })
}
