//! Which organization answers for an enrollment, and who has acted about it.

use std::collections::HashMap;

use fuyou_kernel::{Id, Timestamp};
use uuid::Uuid;

use super::{Acting, Care, EnrollmentId, Error, SubjectId, contacts_store as store};
use crate::access::Action;
use crate::db::Connection;
use crate::registry::OrganizationId;

/// Who answers for an enrollment.
#[derive(Clone, Debug)]
pub struct Responsible {
    /// The organization.
    pub organization: OrganizationId,
    /// Users who recorded something or tried to do one of its open tasks, and when last, the latest first.
    pub acted: Vec<(Uuid, Timestamp)>,
}

impl Care {
    /// Who answers for the enrollments of a list. Three statements for every so many enrollments as a statement may name.
    /// The list has decided who may see its lines.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn responsible(
        &self,
        by: &Acting,
        connection: &mut Connection,
        enrollments: &[(SubjectId, EnrollmentId)],
    ) -> Result<HashMap<EnrollmentId, Responsible>, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        if enrollments.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<(Uuid, Uuid)> = enrollments
            .iter()
            .map(|(subject, enrollment)| (subject.uuid(), enrollment.uuid()))
            .collect();
        let places = store::places(connection, &keys).await?;
        let of_place = |(enrollment, organization): (Uuid, Uuid)| {
            let responsible = Responsible {
                organization: Id::from_uuid(organization),
                acted: Vec::new(),
            };
            (Id::from_uuid(enrollment), responsible)
        };
        let mut found: HashMap<EnrollmentId, Responsible> =
            places.into_iter().map(of_place).collect();
        let mut acts = store::recorders(connection, &keys).await?;
        acts.extend(store::attempters(connection, &keys).await?);
        acts.sort_by_key(|(_, _, at)| std::cmp::Reverse(at.0));
        for (enrollment, user, at) in acts {
            if let Some(responsible) = found.get_mut(&Id::from_uuid(enrollment))
                && responsible.acted.iter().all(|(known, _)| *known != user)
            {
                responsible.acted.push((user, at.0));
            }
        }
        Ok(found)
    }
}
