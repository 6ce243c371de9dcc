//! What has to be done about the links of an enrollment: what its records open, against what stands there.

use fuyou_pack::model::{Opens, ProgramIx, Travel};
use fuyou_pack::opening::{self, Opener, Opening};
use fuyou_pack::replay::{History, Outcome, replay};
use fuyou_pack::{Pack, Program};
use uuid::Uuid;

use super::model::{Ids, Link, LinkState, OCCURRED_ON, day_text, person_texts};
use super::store;
use crate::care::file::{self, Enrolled, File, Kept, Reading};
use crate::care::memory::Around;
use crate::care::{Acting, Care, Error};
use crate::keys::Keyring;
use crate::registry::{Identity, PersonId, person_known};

/// An enrollment whose records open something, as it stands now.
pub(super) struct Looked {
    pub program: ProgramIx,
    pub file: File,
    pub enrolled: Enrolled,
    /// Who the subject is; `None` for what is no person.
    pub person: Option<Identity>,
    pub openings: Vec<(Ids, Opening)>,
    pub links: Vec<Link>,
}

/// Something to be done.
pub(super) enum Step<'a> {
    /// What a record opens is not there, or says something else.
    Follow(&'a Ids, &'a Opening, Option<&'a Link>),
    /// What is there is no longer opened.
    Withdraw(&'a Link),
}

impl Looked {
    pub(super) fn opens<'a>(&self, care: &'a Care, opening: &Opening) -> &'a Opens {
        &care.pack().program(self.program).opens[opening.opens]
    }

    /// The record that opens.
    pub(super) fn opener(&self, opening: &Opening) -> Option<&Kept> {
        let counting = self.enrolled.records.iter();
        let mut counting = counting.filter(|kept| kept.voided.is_none());
        counting.nth(opening.encounter).map(|kept| &**kept)
    }

    /// What has to be done, in the order of the records.
    pub(super) fn steps(&self, care: &Care) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        for (ids, opening) in &self.openings {
            let link = self.links.iter().find(|link| link.id == ids.link);
            let opens = self.opens(care, opening);
            if opens.person.is_some() && opening.person.is_none() && link.is_none() {
                // Nobody can be registered without a name and a day of birth.
                continue;
            }
            if link.is_none_or(|link| self.is_behind(care, (opens, opening), link)) {
                steps.push(Step::Follow(ids, opening, link));
            }
        }
        for link in &self.links {
            let is_opened = self.openings.iter().any(|(ids, _)| ids.link == link.id);
            if !is_opened && link.state != LinkState::Withdrawn {
                steps.push(Step::Withdraw(link));
            }
        }
        steps
    }

    fn is_behind(&self, care: &Care, (opens, opening): (&Opens, &Opening), link: &Link) -> bool {
        // Whether values still differ lies in the opened one's record, too.
        if link.state != LinkState::Open || !link.differs.is_empty() {
            return true;
        }
        let target = care.pack().program(opens.program);
        let form = target.form(opens.with);
        let mut told = opening::carried_texts(form, &opening.draft, &opening.carried);
        told.insert(OCCURRED_ON.to_owned(), day_text(opening));
        if let Some(person) = &opening.person {
            told.extend(person_texts(person));
        }
        let says = |(name, text): (&String, &String)| link.carried.says(link.id, name, text);
        let is_moved =
            link.with_org != self.enrolled.head.organization || link.lived != self.file.residence();
        !told.iter().all(says) || (opens.travels.contains(&Travel::Move) && is_moved)
    }
}

impl Care {
    /// Reads an enrollment, what its records open and what was opened. `None` when it is not there (any more), or opens
    /// nothing.
    pub(super) async fn look_at_opener(
        &self,
        by: &Acting,
        keys: &Keyring,
        (subject, enrollment): (Uuid, Uuid),
    ) -> Result<Option<Looked>, Error> {
        let mut reader = self.db().glance().await?;
        let pack = self.pack();
        let what = (subject, Reading::Enrollment(enrollment));
        let of = (&**pack, self.tables());
        let file = file::read_again(&mut reader, of, self.memory(), what).await?;
        let Some(enrolled) = file.enrolled(enrollment).cloned() else {
            return Ok(None);
        };
        let program_ix = enrolled.head.program;
        let program = pack.program(program_ix);
        if program.opens.is_empty() {
            return Ok(None);
        }
        let person = match file.profile {
            None => None,
            Some(_) => person_known(&mut reader, keys, PersonId::from_uuid(subject)).await?,
        };
        let person = person.map(|person| person.identity);
        let links = store::of_opener(&mut reader, subject, enrollment).await?;
        drop(reader);
        let mut openings = Vec::new();
        if enrolled.head.withdrawn.is_none() {
            let around = Around {
                profile: file.profile.clone(),
                tree: by.actor.tree.clone(),
            };
            let mut open = |history: &History, outcome: &Outcome| {
                openings = openings_of(pack, program, (history, outcome), person.as_ref());
            };
            match self.memory().computed(&enrolled.head, &around) {
                Some(known) => open(&known.history, &known.outcome),
                None => {
                    let offset = self.settings().utc_offset_minutes;
                    let profile = file.profile.as_ref();
                    let history = enrolled.history(program, &by.actor.tree, profile, offset);
                    open(&history, &replay(program, &history));
                }
            }
        }
        Ok(Some(Looked {
            program: program_ix,
            file,
            enrolled,
            person,
            openings,
            links,
        }))
    }
}

/// What the records of an enrollment open, with the ids that everybody gives it.
pub(super) fn openings_of(
    pack: &Pack,
    program: &Program,
    (history, outcome): (&History, &Outcome),
    identity: Option<&Identity>,
) -> Vec<(Ids, Opening)> {
    let opener = Opener {
        name: identity.map(|identity| identity.name.as_str().into()),
        phone: identity
            .and_then(|identity| identity.phone.as_ref())
            .map(|phone| phone.reveal().into()),
    };
    let openings = opening::openings(pack, program, (history, outcome), &opener);
    let with_ids = openings.into_iter().map(|opening| {
        let encounter = Uuid::from_u128(history.encounters[opening.encounter].id);
        let id = &program.opens[opening.opens].id;
        (Ids::of(encounter, id, &opening.key), opening)
    });
    with_ids.collect()
}
