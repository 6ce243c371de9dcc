//! Doing what a record opens: one transaction of the opened subject for each link.

use fuyou_pack::model::{ProgramIx, Travel};
use fuyou_pack::opening::{NewPerson, Opening};
use uuid::Uuid;

use super::carry::{opening_record, standing_record};
use super::model::{CarriedOver, Ids, Link, LinkState, person_texts};
use super::newcomer::{followed, newcomer_row, profile_of, registration, stored_of};
use super::plan::{Looked, Step};
use super::write::Pending;
use crate::care::change::Writing;
use crate::care::derive::derived_id;
use crate::care::engine::Base;
use crate::care::file::{self, Enrolled, File, Head, Kept, Reading};
use crate::care::{
    Acting, Care, EnrollmentChange, EnrollmentId, EnrollmentState, Error, SubjectId,
};
use crate::keys::Keyring;
use crate::registry::{Person, PersonId, PersonRow, Profile, person_known};

/// How often the links of an enrollment are looked at again: others were faster, or one thing follows from another.
pub(super) const ROUNDS_MAX: usize = 16;

/// What came of a step.
pub(super) enum Came {
    /// Somebody else was faster, or this was only the first half: look again.
    Again,
    /// This is to be written.
    Write(Box<Pending>),
}

impl Came {
    fn write(link: Link, looked: &Looked, what: (Option<PersonRow>, Option<Writing>)) -> Came {
        Came::Write(Box::new(Pending::new(link, looked, what)))
    }
}

/// The opened subject as it stands.
struct Target {
    file: File,
    /// Who it is; `None` when she is to be registered now, or is no person.
    person: Option<Person>,
}

impl Care {
    /// Brings what the records of an enrollment open up to what they say, as the engine on behalf of who recorded them.
    /// Says how many links changed. Nothing happens when all is as it should be.
    ///
    /// # Errors
    /// When the store fails; whoever follows the change feed tries again.
    pub(crate) async fn open_linked(
        &self,
        by: &Acting,
        opener: (Uuid, Uuid),
    ) -> Result<u64, Error> {
        let Some(keys) = self.keys() else {
            return Ok(0);
        };
        let by = Acting::system(by.actor.tree.clone(), by.now, by.today);
        let mut changed = 0;
        for _ in 0..ROUNDS_MAX {
            let Some(looked) = self.look_at_opener(&by, keys, opener).await? else {
                return Ok(changed);
            };
            let steps = looked.steps(self);
            let mut again = false;
            for step in steps {
                match self.take_step(&by, keys, &looked, step).await? {
                    None => {}
                    Some(Came::Again) => again = true,
                    Some(Came::Write(pending)) => {
                        again |= pending.is_first_half;
                        match self.write_pending(&by, vec![*pending]).await? {
                            true => changed += 1,
                            false => again = true,
                        }
                    }
                }
            }
            if !again {
                let head = &looked.enrolled.head;
                self.opened().note(head.id, head.version);
                return Ok(changed);
            }
        }
        Err(Error::Busy(EnrollmentId::from_uuid(opener.1)))
    }

    /// What a step writes, or whether to look again.
    pub(super) async fn take_step(
        &self,
        by: &Acting,
        keys: &Keyring,
        looked: &Looked,
        step: Step<'_>,
    ) -> Result<Option<Came>, Error> {
        match step {
            Step::Follow(ids, opening, link) => {
                self.follow_opening(by, keys, looked, (ids, opening, link))
                    .await
            }
            Step::Withdraw(link) => self.withdraw(by, keys, looked, link).await,
        }
    }

    /// Opens what a record opens, or brings it up to date. `None` when there was nothing to do after all.
    async fn follow_opening(
        &self,
        by: &Acting,
        keys: &Keyring,
        looked: &Looked,
        (ids, opening, stored): (&Ids, &Opening, Option<&Link>),
    ) -> Result<Option<Came>, Error> {
        let opens = looked.opens(self, opening);
        let subject = match (stored, &opens.person) {
            (Some(link), _) => link.subject,
            (None, Some(_)) => ids.person,
            (None, None) => looked.file.subject,
        };
        let target = self.target(keys, subject).await?;
        let mut link = stored
            .cloned()
            .unwrap_or_else(|| new_link(self, looked, (ids, opening), target.file.subject));
        // Who was merged meanwhile is followed under the record that stayed; the link moved with her.
        if link.subject != target.file.subject {
            return Ok(Some(Came::Again));
        }
        if let Some(new) = &opening.person {
            let told = person_texts(new);
            match &target.person {
                Some(person) => {
                    let identity = followed(looked, opens, (person, &link), &told);
                    for (name, text) in &told {
                        link.carried
                            .put(link.id, name, (text, &stored_of(&identity, name)));
                    }
                    link.lived = looked.file.residence();
                    if identity != person.identity {
                        self.correct_person(by, keys, (person, &identity), link)
                            .await?;
                        return Ok(Some(Came::Again));
                    }
                }
                None => {
                    let what = (ids, opening, new);
                    let pending = self.open_newcomer(by, keys, looked, what, link)?;
                    return Ok(pending.map(|pending| Came::Write(Box::new(pending))));
                }
            }
        }
        let base = self.base(by, &target.file, opens.program).await?;
        if opens.joins {
            let joined = self.join(by, &base, looked, (ids, opening), &mut link)?;
            let Some(writing) = joined else {
                return Ok(None);
            };
            link.with_org = looked.enrolled.head.organization;
            let same = stored.is_some_and(|stored| is_same(stored, &link));
            if writing.is_none() && same {
                return Ok(None);
            }
            return Ok(Some(Came::write(link, looked, (None, writing))));
        }
        let there = link
            .enrollment
            .and_then(|id| target.file.enrolled(id))
            .or_else(|| target.file.enrolled(ids.enrollment))
            .or_else(|| self.adopted(&target.file, opens.program));
        let writing = match there {
            None => self.plan_first(by, &base, looked, (ids, opening), &mut link)?,
            Some(enrolled) if enrolled.head.withdrawn.is_some() => {
                if link.state != LinkState::Withdrawn {
                    return Ok(None);
                }
                let writing = self.plan_return(by, &base, enrolled);
                link.state = LinkState::Open;
                // What changed meanwhile is carried over in the next round.
                let mut pending = Pending::new(link, looked, (None, Some(writing)));
                pending.is_first_half = true;
                return Ok(Some(Came::Write(Box::new(pending))));
            }
            Some(enrolled) => {
                let travels = opens.travels.contains(&Travel::Move);
                let to = looked.enrolled.head.organization;
                let went = travels && link.with_org != to;
                if went
                    && enrolled.head.organization == link.with_org
                    && enrolled.head.state == EnrollmentState::Open
                {
                    let change = EnrollmentChange {
                        id: EnrollmentId::from_uuid(enrolled.head.id),
                        subject: SubjectId::from_uuid(target.file.subject),
                        base_version: None,
                        why: "随关联档案迁移 · moved with the linked record".to_owned(),
                    };
                    self.move_enrollment(by, change, to).await?;
                    return Ok(Some(Came::Again));
                }
                let form = self.pack().program(opens.program).opens_with;
                match opening_record(enrolled, link.encounter, form) {
                    Some(kept) => {
                        self.plan_carry(by, &base, (enrolled, opening), (kept, &mut link))?
                    }
                    None => {
                        link.enrollment = Some(enrolled.head.id);
                        link.state = LinkState::Open;
                        None
                    }
                }
            }
        };
        link.with_org = looked.enrolled.head.organization;
        let same = stored.is_some_and(|stored| is_same(stored, &link));
        if writing.is_none() && same {
            return Ok(None);
        }
        Ok(Some(Came::write(link, looked, (None, writing))))
    }

    /// Registers whom a record opens, of whom nothing is stored yet, with what is opened. `None` when nobody can be
    /// registered.
    pub(super) fn open_newcomer(
        &self,
        by: &Acting,
        keys: &Keyring,
        looked: &Looked,
        (ids, opening, new): (&Ids, &Opening, &NewPerson),
        mut link: Link,
    ) -> Result<Option<Pending>, Error> {
        let Some(identity) = registration(looked, new) else {
            return Ok(None);
        };
        for (name, text) in &person_texts(new) {
            link.carried
                .put(link.id, name, (text, &stored_of(&identity, name)));
        }
        let known = profile_of(looked);
        let file = File {
            subject: link.subject,
            profile: Some(Profile {
                birth_on: identity.birth_on,
                sex: identity.sex.word().to_owned(),
                residence: Some(identity.residence),
                household: known.household,
                population: known.population,
            }),
            ..File::default()
        };
        let program_ix = looked.opens(self, opening).program;
        let base = Base {
            file: &file,
            program_ix,
            surroundings: self.surroundings(program_ix, &by.actor.tree, file.residence()),
            computed_otherwise: Vec::new(),
            died_on: None,
        };
        let writing = self.plan_first(by, &base, looked, (ids, opening), &mut link)?;
        link.with_org = looked.enrolled.head.organization;
        let row = newcomer_row(keys, &link, looked, &identity, by);
        Ok(Some(Pending::new(link, looked, (Some(row), writing))))
    }

    async fn target(&self, keys: &Keyring, subject: Uuid) -> Result<Target, Error> {
        let (pack, tables) = (self.pack(), self.tables());
        let mut reader = self.db().glance().await?;
        let mut file = file::read(&mut reader, pack, tables, subject, Reading::Everything).await?;
        if let Some(survivor) = file.merged_into {
            let survivor = survivor.uuid();
            file = file::read(&mut reader, pack, tables, survivor, Reading::Everything).await?;
        }
        let id = PersonId::from_uuid(file.subject);
        let person = match file.profile {
            Some(_) => person_known(&mut reader, keys, id).await?,
            None => None,
        };
        Ok(Target { file, person })
    }

    /// An enrollment that somebody opened by hand before, and that is the one meant.
    fn adopted<'f>(&self, file: &'f File, program: ProgramIx) -> Option<&'f Enrolled> {
        let one_open = self.pack().program(program).one_open;
        file.enrollments.iter().find(|enrolled| {
            let head = &enrolled.head;
            one_open && head.program == program && head.state == EnrollmentState::Open
        })
    }

    /// What is written about a record that goes into an enrollment which is there: nothing (the inner `None`) when it
    /// stands as it should. `None` when there is no enrollment that it could go into.
    fn join(
        &self,
        by: &Acting,
        base: &Base<'_>,
        looked: &Looked,
        (ids, opening): (&Ids, &Opening),
        link: &mut Link,
    ) -> Result<Option<Option<Writing>>, Error> {
        let known = link.enrollment.and_then(|id| base.file.enrolled(id));
        let known = known.filter(|enrolled| enrolled.head.withdrawn.is_none());
        let Some(enrolled) = known.or_else(|| joined(base.file, base.program_ix)) else {
            return Ok(None);
        };
        if let Some(kept) = standing_record(enrolled, link.encounter) {
            return self
                .plan_carry(by, base, (enrolled, opening), (kept, link))
                .map(Some);
        }
        // A record that was declared void stays so: it comes back under another id, the same for whoever does it.
        let mut ids = *ids;
        ids.enrollment = enrolled.head.id;
        let is_taken = |kept: &std::sync::Arc<Kept>| kept.id == ids.encounter;
        if enrolled.records.iter().any(is_taken) {
            let version = link.version.to_be_bytes();
            ids.encounter = derived_id(&[b"linked again", ids.encounter.as_bytes(), &version]);
        }
        link.carried = CarriedOver::default();
        self.plan_first(by, base, looked, (&ids, opening), link)
            .map(Some)
    }

    /// Withdraws what is no longer opened: its records stay, it counts nowhere and asks for nothing. A record that went
    /// into an enrollment of its own right is declared void there.
    async fn withdraw(
        &self,
        by: &Acting,
        keys: &Keyring,
        looked: &Looked,
        stored: &Link,
    ) -> Result<Option<Came>, Error> {
        let target = self.target(keys, stored.subject).await?;
        if target.file.subject != stored.subject {
            return Ok(Some(Came::Again));
        }
        let mut link = stored.clone();
        link.state = LinkState::Withdrawn;
        let enrolled = link.enrollment.and_then(|id| target.file.enrolled(id));
        let joins = self.opens_of(&link).is_some_and(|opens| opens.joins);
        if joins {
            let record = enrolled.and_then(|enrolled| {
                let kept = standing_record(enrolled, link.encounter)?;
                Some((enrolled, kept))
            });
            let writing = match record {
                None => None,
                Some((enrolled, kept)) => {
                    let why = "关联记录不再符合,作废 · the linked record no longer tells it";
                    let base = self.base(by, &target.file, enrolled.head.program).await?;
                    let planned = self.plan_void(by, &base, (enrolled, kept), why);
                    Some(planned.writing)
                }
            };
            return Ok(Some(Came::write(link, looked, (None, writing))));
        }
        let writing = match enrolled.filter(|enrolled| enrolled.head.withdrawn.is_none()) {
            None => None,
            Some(enrolled) => {
                let why = "关联记录不再符合,撤销建册 · the linked record no longer opens it";
                let head = Head {
                    held: Some(EnrollmentState::Closed),
                    closed_on: Some(by.today),
                    withdrawn: Some(why.to_owned()),
                    ..enrolled.head.clone()
                };
                let base = self.base(by, &target.file, enrolled.head.program).await?;
                Some(self.plan_head(by, &base, (enrolled, head), ("withdraw", "closed", why)))
            }
        };
        Ok(Some(Came::write(link, looked, (None, writing))))
    }
}

/// The link that an opening makes.
pub(super) fn new_link(
    care: &Care,
    looked: &Looked,
    (ids, opening): (&Ids, &Opening),
    subject: Uuid,
) -> Link {
    let program = care.pack().program(looked.program);
    Link {
        subject,
        id: ids.link,
        other: looked.file.subject,
        program: program.id.to_string(),
        opens: program.opens[opening.opens].id.to_string(),
        key: opening.key.clone(),
        opener_enrollment: looked.enrolled.head.id,
        opener_encounter: looked
            .opener(opening)
            .map_or_else(Uuid::nil, |kept| kept.id),
        enrollment: None,
        encounter: None,
        state: LinkState::Waiting,
        carried: CarriedOver::default(),
        differs: Vec::new(),
        with_org: looked.enrolled.head.organization,
        lived: looked.file.residence(),
        version: 0,
    }
}

/// The enrollment that a record goes into which opens none: the open one, else the last.
fn joined(file: &File, program: ProgramIx) -> Option<&Enrolled> {
    let of_program = file
        .enrollments
        .iter()
        .filter(|enrolled| enrolled.head.program == program && enrolled.head.withdrawn.is_none());
    of_program.max_by_key(|enrolled| {
        let head = &enrolled.head;
        let is_open = head.state == EnrollmentState::Open;
        (is_open, head.opened_on, head.id)
    })
}

fn is_same(one: &Link, other: &Link) -> bool {
    let of = |link: &Link| {
        (
            link.enrollment,
            link.encounter,
            link.state,
            link.carried.clone(),
            link.differs.clone(),
            link.with_org,
            link.lived,
        )
    };
    of(one) == of(other)
}
