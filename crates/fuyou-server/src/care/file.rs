//! Everything recorded about a subject, as it is read before something is added or shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber, Timestamp};
use fuyou_pack::model::{FormIx, ProgramIx, SubjectKind};
use fuyou_pack::replay::{self, Completion, History};
use fuyou_pack::{Pack, Program};
use uuid::Uuid;

use super::memory::Memory;
use super::store::RecordRow;
use super::tables::Tables;
use super::{EnrollmentState, Error, Reasons, store};
use crate::db::Connection;
use crate::referral::ReferralRow;
use crate::registry::{OrganizationId, PersonId, Profile, Standing, Tree};

/// The rows of the groups of a record.
pub(super) type GroupRows = Vec<Vec<Vec<Value>>>;

/// The head of an enrollment.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub subject: Uuid,
    pub id: Uuid,
    pub program: ProgramIx,
    pub organization: OrganizationId,
    pub opened_on: Date,
    pub closed_on: Option<Date>,
    pub state: EnrollmentState,
    /// What a person decided about its state against what the facts say.
    pub held: Option<EnrollmentState>,
    /// Why it was withdrawn, when it was: it has no facts, risk or tasks then.
    pub withdrawn: Option<String>,
    /// The day of the subject's death, as another of her enrollments tells it.
    pub died_on: Option<Date>,
    pub pack_version: String,
    pub version: i64,
    pub created_at: Timestamp,
}

impl Head {
    /// The day on which something other than its records ended it: a person, or the subject's death. A person who holds
    /// it open decides against both.
    pub(super) fn ended_on(&self) -> Option<Date> {
        match self.held {
            Some(EnrollmentState::Closed) => self.closed_on,
            Some(EnrollmentState::Open) => None,
            None => self.died_on,
        }
    }
}

/// A record as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub id: Uuid,
    pub enrollment: Uuid,
    pub form: FormIx,
    pub form_id: Arc<str>,
    pub occurred_on: Date,
    pub recorded_at: Timestamp,
    pub recorded_org: OrganizationId,
    pub recorded_by: Option<Uuid>,
    pub version: i64,
    pub sent_hash: Vec<u8>,
    pub content_hash: Vec<u8>,
    pub voided: Option<(Timestamp, String)>,
    pub reasons: Reasons,
    pub values: Vec<Value>,
    pub groups: GroupRows,
    pub derived: Vec<Value>,
}

/// One enrollment with its records.
#[derive(Clone, Debug)]
pub(super) struct Enrolled {
    pub head: Head,
    /// All records, voided ones too, in the order of their ids.
    pub records: Vec<Arc<Kept>>,
    pub completions: Vec<Completion>,
    pub referrals: Vec<ReferralRow>,
}

/// Everything recorded about a subject.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub subject: Uuid,
    pub profile: Option<Profile>,
    /// The record that everything stands under, when this one was merged into another.
    pub merged_into: Option<PersonId>,
    pub enrollments: Vec<Enrolled>,
    /// The heads of enrollments whose records were not read.
    pub elsewhere: Vec<Head>,
}

/// Of which programs the records are read.
#[derive(Clone, Copy)]
pub(super) enum Reading {
    Program(ProgramIx),
    Enrollment(Uuid),
    /// The programs that know of deaths.
    TellingOfDeath,
    Everything,
}

impl Reading {
    fn wants(self, pack: &Pack, head: &Head) -> bool {
        match self {
            Reading::Program(wanted) => wanted == head.program,
            Reading::Enrollment(wanted) => wanted == head.id,
            Reading::TellingOfDeath => pack.program(head.program).died_on.is_some(),
            Reading::Everything => true,
        }
    }

    /// The heads of what is read, and of what is not.
    fn divide(self, pack: &Pack, heads: Vec<Head>) -> (Vec<Head>, Vec<Head>) {
        heads.into_iter().partition(|head| self.wants(pack, head))
    }
}

impl File {
    pub(super) fn enrolled(&self, id: Uuid) -> Option<&Enrolled> {
        self.enrollments
            .iter()
            .find(|enrolled| enrolled.head.id == id)
    }

    fn enrolled_mut(&mut self, id: Uuid) -> Option<&mut Enrolled> {
        self.enrollments
            .iter_mut()
            .find(|enrolled| enrolled.head.id == id)
    }

    pub(super) fn record(&self, id: Uuid) -> Option<(&Enrolled, &Kept)> {
        self.enrollments.iter().find_map(|enrolled| {
            let kept = enrolled.records.iter().find(|kept| kept.id == id)?;
            Some((enrolled, &**kept))
        })
    }

    /// What the subject is. Staff members are followed by nothing yet.
    pub(super) fn kind(&self) -> SubjectKind {
        match self.profile {
            Some(_) => SubjectKind::Person,
            None => SubjectKind::Organization,
        }
    }

    /// Where a person lives.
    pub(super) fn residence(&self) -> Option<OrganizationId> {
        self.profile.as_ref().and_then(|profile| profile.residence)
    }

    /// What the replay is told of an enrollment in which nothing is recorded yet.
    pub(super) fn untold(
        &self,
        program: &Program,
        tree: &Tree,
        (organization, on): (OrganizationId, Date),
        utc_offset_minutes: i32,
    ) -> History {
        History {
            person: person(program, tree, self.profile.as_ref()),
            organization: organization_known(program, tree, self.subject),
            opened_on: Some(DayNumber::from(on)),
            org: tree
                .get(organization)
                .map(|organization| organization.code.as_str().into()),
            utc_offset_minutes,
            ..History::default()
        }
    }
}

impl Enrolled {
    /// An enrollment without records.
    pub(super) fn new(head: Head) -> Enrolled {
        Enrolled {
            head,
            records: Vec::new(),
            completions: Vec::new(),
            referrals: Vec::new(),
        }
    }

    /// What the replay is told: the records that count.
    pub(super) fn history(
        &self,
        program: &Program,
        tree: &Tree,
        profile: Option<&Profile>,
        offset: i32,
    ) -> History {
        let code = |id: OrganizationId| {
            tree.get(id)
                .map(|organization| organization.code.as_str().into())
        };
        let counting = self.records.iter().filter(|kept| kept.voided.is_none());
        let encounters = counting.map(|kept| replay::Encounter {
            id: kept.id.as_u128(),
            form: kept.form,
            occurred_on: DayNumber::from(kept.occurred_on),
            recorded_at_ms: kept.recorded_at.as_millisecond(),
            recorded_org: code(kept.recorded_org),
            values: kept.values.clone(),
            groups: kept.groups.clone(),
        });
        History {
            encounters: encounters.collect(),
            ..self.around(program, tree, profile, offset)
        }
    }

    /// As [`Enrolled::history`], without the records.
    pub(super) fn around(
        &self,
        program: &Program,
        tree: &Tree,
        profile: Option<&Profile>,
        offset: i32,
    ) -> History {
        let code = |id: OrganizationId| {
            tree.get(id)
                .map(|organization| organization.code.as_str().into())
        };
        History {
            person: person(program, tree, profile),
            organization: organization_known(program, tree, self.head.subject),
            opened_on: Some(DayNumber::from(self.opened_on(program))),
            ended_on: self.head.ended_on().map(DayNumber::from),
            org: code(self.head.organization),
            utc_offset_minutes: offset,
            encounters: Vec::new(),
            completions: self.completions.clone(),
            referrals: self
                .referrals
                .iter()
                .filter_map(|row| row.told(program))
                .collect(),
        }
    }

    /// The day it was opened: that of the first record of the opening form, which may have been corrected.
    pub(super) fn opened_on(&self, program: &Program) -> Date {
        self.records
            .iter()
            .filter(|kept| kept.voided.is_none() && kept.form == program.opens_with)
            .map(|kept| kept.occurred_on)
            .min()
            .unwrap_or(self.head.opened_on)
    }
}

/// What expressions may know of a person. A word that the pack does not know is unknown to expressions.
pub(super) fn person(program: &Program, tree: &Tree, profile: Option<&Profile>) -> replay::Person {
    let Some(profile) = profile else {
        return replay::Person::default();
    };
    let value =
        |attribute: &str, text: &str| program.person_value(attribute, text).unwrap_or_default();
    let residence = profile.residence.and_then(|id| tree.get(id));
    replay::Person {
        birth_on: Value::date(profile.birth_on),
        sex: value("sex", &profile.sex),
        household: value("household", &profile.household),
        population: value("population", &profile.population),
        residence: residence.map_or(Value::Null, |organization| {
            value("residence", &organization.code)
        }),
    }
}

/// What expressions may know of the organization that a program follows.
fn organization_known(program: &Program, tree: &Tree, subject: Uuid) -> replay::Organization {
    let follows = program.subject == SubjectKind::Organization;
    let found = tree
        .get(OrganizationId::from_uuid(subject))
        .filter(|_| follows);
    let Some(found) = found else {
        return replay::Organization::default();
    };
    let value = |attribute: &str, text: &str| {
        program
            .organization_value(attribute, text)
            .unwrap_or_default()
    };
    let above = found.parent_id.and_then(|parent| tree.get(parent));
    let population = found.population.map(|count| count.to_string());
    replay::Organization {
        code: value("code", &found.code),
        kind: value("kind", found.kind.word()),
        level: value("level", found.level.word()),
        parent: value("parent", above.map_or("", |above| &above.code)),
        population: value("population", population.as_deref().unwrap_or_default()),
    }
}

/// Who she is, or under whom her records stand.
fn stands(standing: Standing) -> (Option<Profile>, Option<PersonId>) {
    match standing {
        Standing::Nobody => (None, None),
        Standing::Person(profile) => (Some(profile), None),
        Standing::Merged(survivor) => (None, Some(survivor)),
    }
}

/// As [`read`], but what is remembered of enrollments that have the same version still is not read.
pub(super) async fn read_again(
    connection: &mut Connection,
    (pack, tables): (&Pack, &Tables),
    memory: &Memory,
    (subject, reading): (Uuid, Reading),
) -> Result<File, Error> {
    let (standing, heads) = store::versions_of(connection, pack, subject).await?;
    let (wanted, elsewhere) = reading.divide(pack, heads);
    let remembered = wanted.into_iter().map(|head| {
        let enrolled = memory.enrolled(&head)?;
        Some(Enrolled {
            head,
            ..Enrolled::clone(&enrolled)
        })
    });
    if let Some(enrollments) = remembered.collect() {
        let (profile, merged_into) = stands(standing);
        return Ok(File {
            subject,
            profile,
            merged_into,
            enrollments,
            elsewhere,
        });
    }
    let file = read(connection, pack, tables, subject, reading).await?;
    file.enrollments
        .iter()
        .for_each(|enrolled| memory.keep(enrolled));
    Ok(file)
}

/// How often a file is read that was made part of another one meanwhile.
const READINGS_MAX: usize = 3;

/// Reads a subject's file. The number of statements depends on the pack, not on how much there is.
pub(super) async fn read(
    connection: &mut Connection,
    pack: &Pack,
    tables: &Tables,
    subject: Uuid,
    reading: Reading,
) -> Result<File, Error> {
    let mut attempts = 1;
    loop {
        let file = read_once(connection, pack, tables, subject, reading).await;
        match file {
            // The head of a record was there and its content is not: when she was merged in between, the next look says
            // so.
            Err(Error::NotFound(CONTENT)) if attempts < READINGS_MAX => attempts += 1,
            outcome => return outcome,
        }
    }
}

/// What is not there when a record has a head and no content.
const CONTENT: &str = "encounter";

async fn read_once(
    connection: &mut Connection,
    pack: &Pack,
    tables: &Tables,
    subject: Uuid,
    reading: Reading,
) -> Result<File, Error> {
    let heads = store::heads(connection, pack, subject).await?;
    let (profile, merged_into) = stands(heads.standing);
    let (wanted, elsewhere) = reading.divide(pack, heads.enrollments);
    let mut file = File {
        subject,
        profile,
        merged_into,
        enrollments: wanted.into_iter().map(Enrolled::new).collect(),
        elsewhere,
    };
    if file.enrollments.is_empty() {
        return Ok(file);
    }
    read_records(connection, pack, tables, heads.records, &mut file).await?;
    for (enrollment, completion) in heads.completions {
        if let Some(enrolled) = file.enrolled_mut(enrollment) {
            enrolled.completions.push(completion);
        }
    }
    for row in heads.referrals {
        if let Some(enrolled) = file.enrolled_mut(row.enrollment_id) {
            enrolled.referrals.push(row);
        }
    }
    Ok(file)
}

async fn read_records(
    connection: &mut Connection,
    pack: &Pack,
    tables: &Tables,
    rows: Vec<RecordRow>,
    file: &mut File,
) -> Result<(), Error> {
    let mut by_form: BTreeMap<(usize, usize), Vec<(usize, Kept)>> = BTreeMap::new();
    for row in rows {
        let Some(at) = file
            .enrollments
            .iter()
            .position(|enrolled| enrolled.head.id == row.enrollment_id)
        else {
            continue;
        };
        let program = file.enrollments[at].head.program;
        let form = pack
            .program(program)
            .form_ix(&row.form)
            .ok_or(Error::NotFound("form"))?;
        by_form
            .entry((program.get(), form.get()))
            .or_default()
            .push((at, row.kept(form)?));
    }
    let programs: BTreeSet<usize> = by_form.keys().map(|(program, _)| *program).collect();
    for program_at in programs {
        let program_ix = ProgramIx::new(program_at);
        let program = pack.program(program_ix);
        let mut contents = tables
            .program(program_ix)
            .contents(connection, file.subject, |form| {
                by_form.contains_key(&(program_at, form.get()))
            })
            .await?;
        let of_program = by_form
            .iter_mut()
            .filter(|((program, _), _)| *program == program_at);
        for ((_, form_at), records) in of_program {
            let fields = program.form(FormIx::new(*form_at)).fields.len();
            let (rows, groups) = &mut contents[*form_at];
            for (at, mut kept) in records.drain(..) {
                let row = rows
                    .remove(&kept.id)
                    .and_then(|mut rows| rows.pop())
                    .ok_or(Error::NotFound(CONTENT))?;
                kept.values = row;
                kept.derived = kept.values.split_off(fields);
                kept.groups = groups
                    .iter_mut()
                    .map(|rows| rows.remove(&kept.id).unwrap_or_default())
                    .collect();
                file.enrollments[at].records.push(Arc::new(kept));
            }
        }
    }
    for enrolled in &mut file.enrollments {
        enrolled.records.sort_by_key(|kept| kept.id);
    }
    Ok(())
}
