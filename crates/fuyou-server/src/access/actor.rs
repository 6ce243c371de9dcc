//! The user behind a request.

use std::sync::Arc;

use fuyou_kernel::{Id, Secrecy, kinds};

use super::{Action, Role};
use crate::registry::{OrganizationId, Tree};

/// Id of a user.
pub type UserId = Id<kinds::User>;

/// The actor may not do this there. Shown as "not found", so that nobody learns what exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not allowed: {0:?}")]
pub struct Denied(pub Action);

/// The user behind a request, with the tree in which the user's place is looked up.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The user.
    pub id: UserId,
    /// The login.
    pub login: String,
    /// The name shown in the top bar.
    pub name: String,
    /// What the user is.
    pub role: Role,
    /// Where the user works; the user sees this organization and all below.
    pub organization: OrganizationId,
    /// The tree of organizations.
    pub tree: Arc<Tree>,
}

impl Actor {
    /// Whether the role allows this somewhere. For menus; a record is guarded by [`Actor::require`].
    pub fn may(&self, action: Action) -> bool {
        self.role.may(action)
    }

    /// Refuses unless the role allows `action` and `organization` is in the user's subtree.
    pub fn require(&self, action: Action, organization: OrganizationId) -> Result<(), Denied> {
        if self.may(action) && self.sees(organization) {
            Ok(())
        } else {
            Err(Denied(action))
        }
    }

    /// Refuses unless the role allows `action`, wherever it is.
    pub fn require_anywhere(&self, action: Action) -> Result<(), Denied> {
        if self.may(action) {
            Ok(())
        } else {
            Err(Denied(action))
        }
    }

    /// Whether the organization is in the user's subtree.
    pub fn sees(&self, organization: OrganizationId) -> bool {
        self.tree.contains(self.organization, organization)
    }

    /// The most secret values this user may see.
    pub fn secrecy_max(&self) -> Secrecy {
        self.role.secrecy_max()
    }
}
