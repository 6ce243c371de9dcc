//! The links of a subject as a reader may see them.

use std::collections::{BTreeMap, HashMap, HashSet};

use fuyou_expr::Value;
use fuyou_kernel::{Date, Localized, Secrecy};
use fuyou_pack::model::{FactIx, FormIx, Opens, ProgramIx};
use uuid::Uuid;

use super::model::{Link, LinkState};
use super::store;
use crate::access::open_among_to;
use crate::care::{Acting, Care, Error, SubjectId, store as care_store};
use crate::db::Connection;
use crate::keys::Keyring;
use crate::registry::{Alike, Person, perhaps_the_same, persons_known};

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

/// A link that is told, with what the pack says about it.
struct Told<'a> {
    link: &'a Link,
    opens: &'a Opens,
    end: OtherEnd,
    other: Uuid,
}

/// What is known of the ends of links, asked once for all of them.
struct Ends {
    persons: HashMap<Uuid, Person>,
    /// Whose record is open to the reader.
    open: HashSet<Uuid>,
    perhaps: HashMap<Uuid, Vec<Alike>>,
    /// Whom an opener opened besides.
    opened_by: HashSet<(Uuid, Uuid)>,
    /// What is told of enrollments.
    facts: HashMap<Uuid, Vec<(ProgramIx, FactIx, Value)>>,
    closed: HashSet<Uuid>,
}

impl Told<'_> {
    fn facts(&self) -> &[FactIx] {
        match self.end {
            OtherEnd::Opener => &self.opens.shows.of,
            OtherEnd::Opened => &self.opens.shows.to,
        }
    }

    /// The enrollment of the other subject that something is told of, and its program.
    fn enrollment(&self, care: &Care) -> Option<(ProgramIx, Uuid)> {
        match self.end {
            OtherEnd::Opener => {
                let program = care.pack().program_ix(&self.link.program)?;
                Some((program, self.link.opener_enrollment))
            }
            OtherEnd::Opened => Some((self.opens.program, self.link.enrollment?)),
        }
    }
}

impl Ends {
    /// The other subject, when the reader may know.
    fn other(&self, told: &Told<'_>) -> Option<&Person> {
        let person = self.persons.get(&told.other)?;
        self.open.contains(&told.other).then_some(person)
    }

    /// Who was opened, as far as it matters whether she was registered twice.
    fn opened(&self, told: &Told<'_>) -> Option<&Person> {
        match told.end {
            OtherEnd::Opened => self.other(told),
            OtherEnd::Opener => self.persons.get(&told.link.subject),
        }
    }

    fn perhaps(&self, told: &Told<'_>) -> Vec<OtherShown> {
        let Some(opened) = self.opened(told) else {
            return Vec::new();
        };
        let alike = self.perhaps.get(&opened.id.uuid()).into_iter().flatten();
        let wanted = alike.filter(|alike| {
            let id = alike.id.uuid();
            self.open.contains(&id) && !self.opened_by.contains(&(id, told.link.other))
        });
        let shown = wanted.map(|alike| OtherShown {
            id: SubjectId::from_uuid(alike.id.uuid()),
            name: alike.name.clone(),
            birth_on: opened.identity.birth_on,
        });
        shown.collect()
    }
}

impl Care {
    /// The links of a subject whose record is open to the actor. Who stands at the other end is told to those only to
    /// whom that record is open, too; a link made by what is secret to the actor is not told at all.
    /// The number of statements does not depend on how many links there are.
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
        let told: Vec<Told> = links
            .iter()
            .filter_map(|link| self.told(link, subject.uuid(), secrecy_max))
            .collect();
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let ends = self.ends(by, &mut reader, keys, &told).await?;
        Ok(told
            .iter()
            .map(|told| self.link_shown(told, &ends, subject, secrecy_max))
            .collect())
    }

    /// A link that the reader is told of. What one's own records tell one another is said where a person has to look
    /// only.
    fn told<'a>(&'a self, link: &'a Link, subject: Uuid, secrecy_max: Secrecy) -> Option<Told<'a>> {
        let opens = self
            .opens_of(link)
            .filter(|opens| opens.secrecy <= secrecy_max)?;
        let is_own = link.subject == link.other;
        if is_own && link.differs.is_empty() && link.state != LinkState::Waiting {
            return None;
        }
        let (end, other) = if link.subject == subject {
            (OtherEnd::Opener, link.other)
        } else {
            (OtherEnd::Opened, link.subject)
        };
        Some(Told {
            link,
            opens,
            end,
            other,
        })
    }

    async fn ends(
        &self,
        by: &Acting,
        connection: &mut Connection,
        keys: &Keyring,
        told: &[Told<'_>],
    ) -> Result<Ends, Error> {
        let mut ids: Vec<Uuid> = told
            .iter()
            .flat_map(|told| [told.other, told.link.subject])
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let persons = persons_known(connection, keys, &ids).await?;
        let moment = (by.now, by.today);
        let standing = persons
            .values()
            .filter(|person| person.merged_into.is_none());
        let lives: Vec<_> = standing
            .map(|person| (person.id.uuid(), person.identity.residence))
            .collect();
        let mut ends = Ends {
            open: open_among_to(&by.actor, moment, connection, &lives).await?,
            persons,
            perhaps: HashMap::new(),
            opened_by: HashSet::new(),
            facts: HashMap::new(),
            closed: HashSet::new(),
        };
        let opened = told.iter().filter_map(|told| ends.opened(told));
        let perhaps = perhaps_the_same(connection, keys, opened).await?;
        let alike: Vec<_> = perhaps
            .values()
            .flatten()
            .map(|alike| (alike.id.uuid(), alike.residence))
            .collect();
        if !alike.is_empty() {
            let mut openers: Vec<Uuid> = told.iter().map(|told| told.link.other).collect();
            openers.sort_unstable();
            openers.dedup();
            ends.opened_by = store::opened_by(connection, &openers).await?;
            ends.open
                .extend(open_among_to(&by.actor, moment, connection, &alike).await?);
        }
        ends.perhaps = perhaps;
        self.facts_of_ends(by, connection, told, &mut ends).await?;
        Ok(ends)
    }

    /// Whether the enrollments at the other ends are closed, and those facts of them that are known and not too secret:
    /// two statements for each program.
    async fn facts_of_ends(
        &self,
        by: &Acting,
        connection: &mut Connection,
        told: &[Told<'_>],
        ends: &mut Ends,
    ) -> Result<(), Error> {
        let mut asked: BTreeMap<usize, (Vec<Uuid>, Vec<FactIx>)> = BTreeMap::new();
        let worth_telling = told
            .iter()
            .filter(|told| ends.other(told).is_some() && !told.facts().is_empty());
        for told in worth_telling {
            if let Some((program, _)) = told.enrollment(self) {
                let (subjects, facts) = asked.entry(program.get()).or_default();
                subjects.push(told.other);
                facts.extend(told.facts());
            }
        }
        for (program_at, (subjects, mut facts)) in asked {
            let program_ix = ProgramIx::new(program_at);
            let (program, table) = (
                self.pack().program(program_ix),
                &self.tables().program(program_ix).facts,
            );
            facts.sort_unstable_by_key(|fact| fact.get());
            facts.dedup();
            let column = |fact: &FactIx| {
                let fact = program.fact(*fact);
                let is_open = fact.secrecy <= by.actor.secrecy_max();
                table
                    .columns
                    .iter()
                    .position(|column| is_open && *column.name == *fact.id)
            };
            let (facts, columns): (Vec<FactIx>, Vec<usize>) = facts
                .iter()
                .filter_map(|fact| Some((*fact, column(fact)?)))
                .unzip();
            let rows = table.values_of(connection, &subjects, &columns).await?;
            for (enrollment, values) in rows {
                let known =
                    std::iter::zip(&facts, values).filter(|(_, value)| *value != Value::Null);
                let known = known.map(|(fact, value)| (program_ix, *fact, value));
                ends.facts.insert(enrollment, known.collect());
            }
            ends.closed
                .extend(care_store::closed_among(connection, &subjects).await?);
        }
        let opened = told.iter().filter(|told| told.end == OtherEnd::Opener);
        let mut own: Vec<Uuid> = opened.map(|told| told.link.subject).collect();
        own.dedup();
        if !own.is_empty() {
            ends.closed
                .extend(care_store::closed_among(connection, &own).await?);
        }
        Ok(())
    }

    fn link_shown(
        &self,
        told: &Told<'_>,
        ends: &Ends,
        subject: SubjectId,
        secrecy_max: Secrecy,
    ) -> LinkShown {
        let Told {
            link,
            opens,
            end,
            other,
        } = told;
        let known = ends.other(told);
        let enrollment = told
            .enrollment(self)
            .filter(|_| known.is_some() && !told.facts().is_empty());
        let facts = enrollment
            .and_then(|(_, id)| ends.facts.get(&id))
            .into_iter()
            .flatten();
        // Facts of another link's telling may stand in the same row.
        let facts = facts.filter(|(_, fact, _)| told.facts().contains(fact));
        let is_closed = match end {
            OtherEnd::Opened => enrollment.is_some_and(|(_, id)| ends.closed.contains(&id)),
            // What was opened is the subject's own.
            OtherEnd::Opener => link.enrollment.is_some_and(|id| ends.closed.contains(&id)),
        };
        let relation = opens.relation.as_ref().map(|relation| match end {
            OtherEnd::Opener => relation.of.title.clone(),
            OtherEnd::Opened => relation.to.title.clone(),
        });
        LinkShown {
            end: *end,
            relation,
            state: link.state,
            program: opens.program,
            form: opens.with,
            told: facts.cloned().collect(),
            is_closed,
            differs: match end {
                OtherEnd::Opener => self.labels(opens, link, secrecy_max),
                OtherEnd::Opened => Vec::new(),
            },
            perhaps: ends.perhaps(told),
            is_wanting: link.state == LinkState::Waiting,
            opened: match end {
                OtherEnd::Opener => Some(subject),
                OtherEnd::Opened => known.map(|_| SubjectId::from_uuid(*other)),
            },
            other: known.map(|person| OtherShown {
                id: SubjectId::from_uuid(*other),
                name: person.identity.name.clone(),
                birth_on: person.identity.birth_on,
            }),
        }
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
