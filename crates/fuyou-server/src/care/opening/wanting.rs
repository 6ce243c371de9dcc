//! Links that a person has to look at: an opening form that could not be filled, values that a person changed and the
//! opener tells otherwise, and what somebody recorded by hand of who, as the opener tells now, was never brought in.

use fuyou_kernel::Localized;
use fuyou_pack::model::{FormIx, ProgramIx};
use uuid::Uuid;

use super::model::LinkState;
use super::store;
use crate::access::{Action, opens_to};
use crate::care::{Acting, Care, EnrollmentId, Error, SubjectId};
use crate::registry::{Standing, standing};

/// As many are listed and counted at most.
pub(crate) const WANTING_MAX: i64 = 200;

/// A link that a person has to look at.
#[derive(Clone, Debug)]
pub struct Wanting {
    /// The link.
    pub id: Uuid,
    /// Who was opened.
    pub subject: SubjectId,
    /// Whose record opened.
    pub opener: SubjectId,
    /// The program that was opened.
    pub program: ProgramIx,
    /// The form that was filled in there, or has to be.
    pub form: FormIx,
    /// The labels of the fields that differ, as far as the reader may know them; none: the form is to be filled in.
    pub differs: Vec<Localized>,
    /// What stands although the link was withdrawn: an enrollment that no record opened and that counts. `program` is its
    /// program then. It is over when its records are declared void, the opener is corrected, or the withdrawn enrollment
    /// is opened again by hand.
    pub contradicted: Option<EnrollmentId>,
}

impl Care {
    /// The links below the actor's place that a person has to look at, the oldest first; [`WANTING_MAX`] of each kind at
    /// most. Two statements.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn links_wanting(&self, by: &Acting) -> Result<Vec<Wanting>, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        let place = by.actor.tree.get(by.actor.organization);
        let place = place.ok_or(Error::NotFound("organization"))?;
        let mut reader = self.db().glance().await?;
        let links = store::wanting(&mut reader, &place.path, WANTING_MAX).await?;
        let living = self.programs_of_the_living();
        let below = (&*place.path, WANTING_MAX);
        let contradicted = store::contradicted(&mut reader, &living, below).await?;
        drop(reader);
        let secrecy_max = by.actor.secrecy_max();
        let mut wanting = Vec::new();
        for link in links {
            let Some(opens) = self.opens_of(&link) else {
                continue;
            };
            let differs = self.labels(opens, &link, secrecy_max);
            let is_waiting = link.state == LinkState::Waiting;
            if opens.secrecy > secrecy_max || (differs.is_empty() && !is_waiting) {
                continue;
            }
            wanting.push(Wanting {
                id: link.id,
                subject: SubjectId::from_uuid(link.subject),
                opener: SubjectId::from_uuid(link.other),
                program: opens.program,
                form: opens.with,
                differs,
                contradicted: None,
            });
        }
        for (link, enrollment, program) in contradicted {
            let opens = self.opens_of(&link);
            let opens = opens.filter(|opens| opens.person.is_some());
            let (Some(opens), Some(program)) = (opens, self.pack().program_ix(&program)) else {
                continue;
            };
            if opens.secrecy > secrecy_max {
                continue;
            }
            wanting.push(Wanting {
                id: link.id,
                subject: SubjectId::from_uuid(link.subject),
                opener: SubjectId::from_uuid(link.other),
                program,
                form: self.pack().program(program).opens_with,
                differs: Vec::new(),
                contradicted: Some(EnrollmentId::from_uuid(enrollment)),
            });
        }
        Ok(wanting)
    }

    /// Says that the values which differ are right as they stand on both sides. They are asked for again only when the
    /// opener tells something new. Said twice, it is said once.
    ///
    /// # Errors
    /// [`Error::NotFound`] also when the record is not open to the actor.
    pub async fn link_checked(
        &self,
        by: &Acting,
        subject: SubjectId,
        id: Uuid,
    ) -> Result<(), Error> {
        by.actor.require_anywhere(Action::RecordCare)?;
        let mut reader = self.db().read().await?;
        let Standing::Person(profile) = standing(&mut reader, subject.uuid()).await? else {
            return Err(Error::NotFound("link"));
        };
        let residence = profile.residence.ok_or(Error::NotFound("link"))?;
        let moment = (by.now, by.today);
        opens_to(&by.actor, moment, &mut reader, subject.uuid(), residence)
            .await?
            .ok_or(Error::NotFound("link"))?;
        let links = store::of_subject(&mut reader, subject.uuid()).await?;
        drop(reader);
        let link = links.into_iter().find(|link| link.id == id);
        let mut link = link.ok_or(Error::NotFound("link"))?;
        let opens = self.opens_of(&link).ok_or(Error::NotFound("link"))?;
        let secrecy_max = by.actor.secrecy_max();
        let seen = self.labels(opens, &link, secrecy_max).len();
        if link.differs.is_empty() {
            return Ok(());
        }
        // Who may not see all of what differs cannot say that it is right.
        if link.subject != subject.uuid() || seen != link.differs.len() {
            return Err(Error::NotFound("link"));
        }
        let fields = std::mem::take(&mut link.differs);
        let mut tx = self.db().begin(Some(link.subject)).await?;
        let mut entry = by.entry("link", "link");
        (entry.entity_id, entry.subject_id) = (Some(link.id), Some(link.subject));
        entry.detail = serde_json::json!({ "checked": fields }).to_string();
        tx.audit(entry);
        if store::save(&mut tx, store::link_row(&link, by.now).into()).await? != 1 {
            let enrollment = link.enrollment.unwrap_or(link.id);
            return Err(Error::Busy(EnrollmentId::from_uuid(enrollment)));
        }
        tx.commit().await?;
        Ok(())
    }
}
