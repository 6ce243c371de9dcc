//! Who acts, and when.

use fuyou_kernel::{Date, Timestamp};

use crate::access::Actor;
use crate::db::Entry;

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
    /// An audit entry of this actor at this moment.
    pub(crate) fn entry(&self, action: &'static str, entity: &'static str) -> Entry {
        Entry {
            at: self.now,
            actor_id: Some(self.actor.id.uuid()),
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
