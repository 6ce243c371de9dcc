//! The work of one piece of a file: parse, check, replay. No database.

use fuyou_kernel::{Id, Localized, Timestamp};
use fuyou_pack::Pack;
use fuyou_pack::model::ProgramIx;
use fuyou_pack::replay::ReferralState;
use serde::Deserialize;
use uuid::Uuid;

use super::block::{NumberedLine, SubjectLines};
use super::lines::{self, DoneLine, EnrollmentLine, Head, PersonLine, RecordLine, ReferralLine};
use crate::care::{
    Acting, BulkEnrollment, BulkLine, BulkWriting, Care, Known, Reasons, Refused, area,
};
use crate::db::{DbDate, DbInstant};
use crate::keys::Keyring;
use crate::referral::ReferralRow;
use crate::registry::{
    Household, Identity, IdentityType, Level, OrganizationId, PersonId, PersonRow, PersonSex,
    Profile, person_row,
};

/// What one subject's lines write.
#[derive(Default)]
pub(super) struct Prepared {
    pub subject: Uuid,
    pub person: Option<PersonRow>,
    pub writings: Vec<BulkWriting>,
    pub refused: Vec<Refused>,
}

/// What the work needs besides the lines.
pub(super) struct Desk<'a> {
    pub care: &'a Care,
    pub keys: &'a Keyring,
    pub by: &'a Acting,
}

/// Prepares one subject. `known` is what is stored of it.
pub(super) fn prepare(desk: &Desk<'_>, known: Known, subject: &SubjectLines) -> Prepared {
    let mut prepared = Prepared {
        subject: known.subject(),
        ..Prepared::default()
    };
    let mut known = known;
    let mut newcomer = None;
    let mut enrollments: Vec<BulkEnrollment> = Vec::new();
    for line in &subject.lines {
        let who = (&mut known, &mut newcomer);
        if let Err(why) = take(desk, who, &mut enrollments, &mut prepared, line) {
            prepared.refused.push(Refused {
                line: line.number,
                why,
            });
        }
    }
    if known.is_nobody() {
        for (line, _) in enrollments
            .drain(..)
            .flat_map(|enrollment| enrollment.lines)
        {
            let why = Localized::new(
                "没有这个人:人员行缺失或被拒收",
                "There is no such person: her line is missing or was refused",
            );
            prepared.refused.push(Refused { line, why });
        }
    }
    let who = (&known, newcomer.as_ref());
    let plan = |enrollment: BulkEnrollment| {
        let lines = enrollment.lines.iter().map(|(line, _)| *line).collect();
        (lines, desk.care.plan_bulk(desk.by, who, enrollment))
    };
    let mut planned: Vec<_> = enrollments.into_iter().map(plan).collect();
    desk.care.refuse_after_death(desk.by, &known, &mut planned);
    prepared.writings = planned.into_iter().map(|(_, writing)| writing).collect();
    prepared
}

fn take(
    desk: &Desk<'_>,
    (known, newcomer): (&mut Known, &mut Option<Identity>),
    enrollments: &mut Vec<BulkEnrollment>,
    prepared: &mut Prepared,
    line: &NumberedLine,
) -> Result<(), Localized> {
    let head: Head<'_> = read(line)?;
    match &*head.kind {
        "person" => {
            let (row, profile, identity) = person(desk, read(line)?)?;
            if !known.is_person() {
                *known = Known::new(prepared.subject, Some(profile));
                *newcomer = Some(identity);
            }
            prepared.person = Some(row);
        }
        "enrollment" => {
            let line: EnrollmentLine = read(line)?;
            let program = desk
                .care
                .pack()
                .program_ix(&line.program)
                .filter(|ix| desk.care.pack().program(*ix).subject == known.kind())
                .ok_or_else(|| no("program", &line.program))?;
            let organization = organization(desk, &line.org)?;
            enrollments.push(BulkEnrollment {
                id: line.id,
                program,
                organization,
                lines: Vec::new(),
            });
        }
        "record" => {
            let number = line.number;
            let line: RecordLine<'_> = read(line)?;
            let recorded_org = organization(desk, &line.org)?;
            let enrollment = find(known, enrollments, line.enrollment)?;
            let program = desk.care.pack().program(enrollment.program);
            let form = program
                .form_ix(&line.form)
                .ok_or_else(|| no("form", &line.form))?;
            let reasons: Reasons = line
                .reason
                .iter()
                .map(|why| ("*".to_owned(), why.clone()))
                .collect();
            let record = BulkLine::Record {
                id: line.id,
                form,
                draft: lines::draft(program, form, &line)?,
                reasons,
                recorded_at: whole(line.recorded_at),
                organization: recorded_org,
            };
            enrollment.lines.push((number, record));
        }
        "referral" => {
            let number = line.number;
            let line: ReferralLine = read(line)?;
            let (from, to) = (
                organization(desk, &line.from)?,
                organization(desk, &line.to)?,
            );
            let enrollment = find(known, enrollments, line.enrollment)?;
            let row = referral(desk, prepared.subject, enrollment.program, line, (from, to))?;
            enrollment
                .lines
                .push((number, BulkLine::Referral(Box::new(row))));
        }
        "task_done" => {
            let number = line.number;
            let line: DoneLine = read(line)?;
            let enrollment = find(known, enrollments, line.enrollment)?;
            enrollment.lines.push((
                number,
                BulkLine::Done {
                    key: line.key,
                    at: whole(line.at),
                },
            ));
        }
        other => return Err(no("kind", other)),
    }
    Ok(())
}

/// Reads a line, or says what is wrong with it.
fn read<'a, T: Deserialize<'a>>(line: &'a NumberedLine) -> Result<T, Localized> {
    serde_json::from_slice(&line.bytes).map_err(|err| {
        Localized::new(
            format!("这一行读不懂:{err}"),
            format!("the line cannot be read: {err}"),
        )
    })
}

fn no(what: &str, text: &str) -> Localized {
    Localized::new(
        format!("没有 {what} “{text}”"),
        format!("there is no {what} `{text}`"),
    )
}

/// Both databases keep milliseconds.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn organization(desk: &Desk<'_>, code: &str) -> Result<OrganizationId, Localized> {
    desk.by
        .actor
        .tree
        .by_code(code)
        .map(|found| found.id)
        .ok_or_else(|| no("organization", code))
}

fn find<'a>(
    known: &Known,
    enrollments: &'a mut Vec<BulkEnrollment>,
    id: Uuid,
) -> Result<&'a mut BulkEnrollment, Localized> {
    if let Some(at) = enrollments
        .iter()
        .position(|enrollment| enrollment.id == id)
    {
        return Ok(&mut enrollments[at]);
    }
    let (program, organization) = known.program_of(id).ok_or_else(|| {
        Localized::new(
            "没有这份档案:建册行缺失或被拒收",
            "There is no such enrollment: its line is missing or was refused",
        )
    })?;
    enrollments.push(BulkEnrollment {
        id,
        program,
        organization,
        lines: Vec::new(),
    });
    let last = enrollments.len() - 1;
    Ok(&mut enrollments[last])
}

fn person(desk: &Desk<'_>, line: PersonLine) -> Result<(PersonRow, Profile, Identity), Localized> {
    let residence = organization(desk, &line.residence)?;
    let sex: PersonSex = match line.sex.as_deref() {
        None => PersonSex::Unknown,
        Some(word) => word.parse().map_err(|_| no("sex", word))?,
    };
    let phone =
        match line.phone.as_deref().filter(|phone| !phone.is_empty()) {
            None => None,
            Some(text) => Some(text.parse().map_err(|err| {
                Localized::new(format!("电话有误:{err}"), format!("phone: {err}"))
            })?),
        };
    let id_no = line.id_no.as_deref().and_then(crate::registry::secret);
    let identity = Identity {
        name: line.name,
        sex,
        birth_on: line.birth_on,
        id_type: if id_no.is_some() {
            IdentityType::IdentityCard
        } else {
            IdentityType::None
        },
        id_no,
        phone,
        residence,
        address: line.address,
        residence_since: None,
        household: Household::Unknown,
        household_region: None,
        ethnicity: None,
    };
    identity.check(desk.by.today).map_err(|err| {
        let fields: Vec<&str> = err.0.iter().map(|problem| problem.field).collect();
        let fields = fields.join(", ");
        Localized::new(
            format!("身份信息有误:{fields}"),
            format!("identity is wrong: {fields}"),
        )
    })?;
    let id: PersonId = Id::from_uuid(line.id);
    let known = (line.household.as_deref(), line.population.as_deref());
    let row = person_row(desk.keys, id, &identity, known, desk.by.now);
    let profile = Profile {
        birth_on: identity.birth_on,
        sex: sex.word().to_owned(),
        residence: Some(residence),
        household: line.household.unwrap_or_default(),
        population: line.population.unwrap_or_default(),
    };
    Ok((row, profile, identity))
}

fn referral(
    desk: &Desk<'_>,
    subject: Uuid,
    program: ProgramIx,
    line: ReferralLine,
    (from, to): (OrganizationId, OrganizationId),
) -> Result<ReferralRow, Localized> {
    let pack: &Pack = desk.care.pack();
    let program = pack.program(program);
    let kind = program
        .referral_ix(&line.kind)
        .ok_or_else(|| no("referral", &line.kind))?;
    let day = |at: Timestamp| DbDate(desk.care.date_of(at));
    let state = match (line.arrived_at, line.feedback_at, line.followed_up_at) {
        (_, _, Some(_)) => ReferralState::Closed,
        (_, Some(_), None) => ReferralState::Feedback,
        (Some(_), None, None) => ReferralState::Arrived,
        (None, None, None) => ReferralState::Sent,
    };
    let escalate_to = program.referrals[kind.get()].escalate_to;
    let escalated = escalate_to.and_then(|owner| {
        Level::ALL
            .into_iter()
            .find(|level| level.word() == owner.word())
    });
    Ok(ReferralRow {
        id: line.id,
        enrollment_id: line.enrollment,
        subject_id: subject,
        program: program.id.to_string(),
        kind: line.kind,
        from_org_id: from.uuid(),
        to_org_id: to.uuid(),
        escalated_org_id: escalated.map(|level| area(&desk.by.actor.tree, from, level).uuid()),
        state: state.word().to_owned(),
        version: 1,
        sent_at: DbInstant(whole(line.sent_at)),
        sent_by: None,
        reason: line.reason.unwrap_or_default(),
        sent_on: day(line.sent_at),
        arrive_by: None,
        arrived_on: line.arrived_at.or(line.feedback_at).map(day),
        feedback_by: None,
        feedback_on: line.feedback_at.map(day),
        feedback: line.feedback,
        follow_up_by: None,
        follow_up: line.follow_up,
        remark: None,
        next_by: None,
    })
}
