//! The links of a subject as a reader may see them.

use fuyou_expr::Value;
use fuyou_kernel::{Date, Localized, Secrecy};
use fuyou_pack::model::{FactIx, FormIx, Opens, ProgramIx};
use fuyou_pack::replay::replay;
use uuid::Uuid;

use super::model::{Link, LinkState};
use super::store;
use crate::access::opens_to;
use crate::care::file::{self, Reading};
use crate::care::{Acting, Care, EnrollmentState, Error, SubjectId};
use crate::registry::{PersonId, Profile, Standing, perhaps_the_same, person_known, standing};

/// Which end of a link the other subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherEnd {
    /// The record of the other one opened this one's enrollment.
    Opener,
    /// A record of this one opened the other's enrollment.
    Opened,
}

/// A link as a reader may see it.
#[derive(Clone, Debug)]
pub struct LinkShown {
    /// Which end the other subject is.
    pub end: OtherEnd,
    /// What the other subject is to this one.
    pub relation: Option<Localized>,
    /// How far it is.
    pub state: LinkState,
    /// The program that was opened.
    pub program: ProgramIx,
    /// The form that was filled in there.
    pub form: FormIx,
    /// What the pack wants told of the other end, of what the reader may see: facts of that program and their values.
    pub told: Vec<(ProgramIx, FactIx, Value)>,
    /// Whether the opened enrollment is closed, where what it tells is shown.
    pub is_closed: bool,
    /// The other subject, for who may open the record.
    pub other: Option<OtherShown>,
    /// The fields of the opening record that say something else than the opener, because a person changed them; only on
    /// the side of the opened one, and only those that the reader may see.
    pub differs: Vec<Localized>,
    /// Whether the opening form has still to be filled in by hand.
    pub is_wanting: bool,
    /// Who was opened, for who may open the record.
    pub opened: Option<SubjectId>,
    /// Others who were born on the same day, are reached by the same phone and were not opened by the same subject:
    /// perhaps the opened one was registered twice. Only those whose record is open to the reader.
    pub perhaps: Vec<OtherShown>,
}

/// The other subject of a link.
#[derive(Clone, Debug)]
pub struct OtherShown {
    /// Who.
    pub id: SubjectId,
    /// Her name.
    pub name: String,
    /// Her day of birth.
    pub birth_on: Date,
}

impl Care {
    /// The links of a subject whose record is open to the actor. Who stands at the other end is told to those only to
    /// whom that record is open, too; a link made by what is secret to the actor is not told at all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn links(&self, by: &Acting, subject: SubjectId) -> Result<Vec<LinkShown>, Error> {
        let Some(keys) = self.keys() else {
            return Ok(Vec::new());
        };
        let mut reader = self.db().glance().await?;
        let links = store::of_subject(&mut reader, subject.uuid()).await?;
        let secrecy_max = by.actor.secrecy_max();
        let mut shown = Vec::new();
        for link in &links {
            let Some(opens) = self.opens_of(link) else {
                continue;
            };
            if opens.secrecy > secrecy_max {
                continue;
            }
            // What one's own records tell one another is said where a person has to look only.
            let is_own = link.subject == link.other;
            if is_own && link.differs.is_empty() && link.state != LinkState::Waiting {
                continue;
            }
            let (end, other) = if link.subject == subject.uuid() {
                (OtherEnd::Opener, link.other)
            } else {
                (OtherEnd::Opened, link.subject)
            };
            let mut told = None;
            if let Standing::Person(Profile {
                residence: Some(residence),
                ..
            }) = standing(&mut reader, other).await?
            {
                let moment = (by.now, by.today);
                let open = opens_to(&by.actor, moment, &mut reader, other, residence).await?;
                if open.is_some() {
                    let id = PersonId::from_uuid(other);
                    told = person_known(&mut reader, keys, id).await?;
                }
            }
            let opened = match end {
                OtherEnd::Opened => told.clone(),
                OtherEnd::Opener => {
                    let id = PersonId::from_uuid(link.subject);
                    person_known(&mut reader, keys, id).await?
                }
            };
            let mut perhaps = Vec::new();
            let same = match &opened {
                Some(person) => perhaps_the_same(&mut reader, keys, person).await?,
                None => Vec::new(),
            };
            for (id, name, residence) in same {
                let siblings = store::of_subject(&mut reader, link.other).await?;
                let is_sibling = siblings.iter().any(|other| other.subject == id.uuid());
                let moment = (by.now, by.today);
                let open = opens_to(&by.actor, moment, &mut reader, id.uuid(), residence).await?;
                if let (false, Some(_), Some(person)) = (is_sibling, open, &opened) {
                    perhaps.push(OtherShown {
                        id: SubjectId::from_uuid(id.uuid()),
                        name,
                        birth_on: person.identity.birth_on,
                    });
                }
            }
            let facts = match end {
                OtherEnd::Opener => &opens.shows.of,
                OtherEnd::Opened => &opens.shows.to,
            };
            let facts_of = match (end, &told) {
                // What was withdrawn is no longer said to have been.
                _ if facts.is_empty() || link.state == LinkState::Withdrawn => None,
                (_, None) => None,
                (OtherEnd::Opener, Some(_)) => Some(link.opener_enrollment),
                (OtherEnd::Opened, Some(_)) => link.enrollment,
            };
            let (is_closed, told_facts) = match facts_of {
                Some(enrollment) => self.told(by, (other, enrollment), facts).await?,
                None => (false, Vec::new()),
            };
            let is_closed = match (end, link.enrollment) {
                (OtherEnd::Opened, _) => is_closed,
                // What was opened is the subject's own.
                (OtherEnd::Opener, Some(own)) => {
                    store::is_closed(&mut reader, link.subject, own).await?
                }
                (OtherEnd::Opener, None) => false,
            };
            let relation = opens.relation.as_ref().map(|relation| match end {
                OtherEnd::Opener => relation.of.title.clone(),
                OtherEnd::Opened => relation.to.title.clone(),
            });
            shown.push(LinkShown {
                end,
                relation,
                state: link.state,
                program: opens.program,
                form: opens.with,
                told: told_facts,
                is_closed,
                differs: match end {
                    OtherEnd::Opener => self.labels(opens, link, secrecy_max),
                    OtherEnd::Opened => Vec::new(),
                },
                perhaps,
                is_wanting: link.state == LinkState::Waiting,
                opened: match end {
                    OtherEnd::Opener => Some(subject),
                    OtherEnd::Opened => told.as_ref().map(|_| SubjectId::from_uuid(other)),
                },
                other: told.map(|person| OtherShown {
                    id: SubjectId::from_uuid(other),
                    name: person.identity.name,
                    birth_on: person.identity.birth_on,
                }),
            });
        }
        Ok(shown)
    }

    /// Whether an enrollment is closed, and facts of it that are known and not too secret, as they are computed now.
    async fn told(
        &self,
        by: &Acting,
        (subject, enrollment): (Uuid, Uuid),
        facts: &[FactIx],
    ) -> Result<(bool, Vec<(ProgramIx, FactIx, Value)>), Error> {
        let (pack, tables) = (self.pack(), self.tables());
        let mut reader = self.db().glance().await?;
        let file = file::read(&mut reader, pack, tables, subject, Reading::Everything).await?;
        drop(reader);
        let Some(enrolled) = file.enrolled(enrollment) else {
            return Ok((false, Vec::new()));
        };
        let program = pack.program(enrolled.head.program);
        let base = self.base(by, &file, enrolled.head.program).await?;
        let outcome = replay(program, &self.history(by, &base, enrolled));
        let mut told = Vec::new();
        for fact in facts {
            let of = program.fact(*fact);
            let value = outcome.fact(program, *fact);
            if of.secrecy <= by.actor.secrecy_max() && *value != Value::Null {
                told.push((enrolled.head.program, *fact, value.clone()));
            }
        }
        Ok((enrolled.head.state == EnrollmentState::Closed, told))
    }

    pub(super) fn opens_of(&self, link: &Link) -> Option<&Opens> {
        let program = self.pack().program(self.pack().program_ix(&link.program)?);
        program.opens.iter().find(|opens| *opens.id == *link.opens)
    }

    pub(super) fn labels(
        &self,
        opens: &Opens,
        link: &Link,
        secrecy_max: Secrecy,
    ) -> Vec<Localized> {
        let target = self.pack().program(opens.program);
        let form = target.form(opens.with);
        let fields = link.differs.iter().filter_map(|id| form.field(id));
        fields
            .map(|field| &form.fields[field.get()])
            .filter(|field| field.secrecy <= secrecy_max)
            .map(|field| field.label.clone())
            .collect()
    }
}
