//! Who acts, and when.

use std::sync::Arc;

use fuyou_kernel::{Date, Id, Timestamp};
use uuid::Uuid;

use crate::access::{Actor, Role};
use crate::db::Entry;
use crate::http::Cx;
use crate::registry::Tree;

/// Who acts, and when: what every use case of care and referral is told first.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Who.
    pub actor: Actor,
    /// When the request came.
    pub now: Timestamp,
    /// The civil date of `now` where the installation stands.
    pub today: Date,
}

impl Acting {
    /// The machine itself, for commands: everything a county worker may do, everywhere.
    pub fn system(tree: Arc<Tree>, now: Timestamp, today: Date) -> Self {
        let root = tree.all().first().map(|organization| organization.id);
        let actor = Actor {
            id: Id::from_uuid(Uuid::nil()),
            login: "system".to_owned(),
            name: "system".to_owned(),
            role: Role::CountyWorker,
            organization: root.unwrap_or_else(|| Id::from_uuid(Uuid::nil())),
            tree,
        };
        Acting { actor, now, today }
    }

    /// An audit entry of this actor at this moment.
    pub(crate) fn entry(&self, action: &'static str, entity: &'static str) -> Entry {
        Entry {
            at: self.now,
            actor_id: Some(self.actor.id.uuid()).filter(|id| !id.is_nil()),
            actor_login: self.actor.login.clone(),
            org_id: Some(self.actor.organization.uuid()),
            action: action.into(),
            entity: entity.into(),
            entity_id: None,
            subject_id: None,
            detail: "{}".to_owned(),
        }
    }
}

impl From<&Cx> for Acting {
    fn from(cx: &Cx) -> Self {
        Acting {
            actor: cx.actor.clone(),
            now: cx.now,
            today: cx.today,
        }
    }
}
