//! Many enrollments at once: the same checks and the same replay as at the desk, planned outside of lanes, written with
//! statements of many rows.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber, Localized, Timestamp};
use fuyou_pack::Program;
use fuyou_pack::model::{FormIx, ProgramIx, SubjectKind};
use fuyou_pack::record::{Draft, check_after};
use fuyou_pack::replay::{Completion, Replaying, Room, replay};
use uuid::Uuid;

use super::change::{RecordChange, Rows, Writing, Written, write_rows};
use super::derive::{Relation, derived_id};
use super::engine::{Base, ComputedOtherwise};
use super::file::{self, Enrolled, File, Kept, Reading};
use super::opening::{Pending, PendingRows, begins_after};
use super::record::{check_findings, refused};
use super::work_list::completion_row;
use super::{
    Acting, Care, EncounterId, EnrollmentId, Error, Reasons, Record, SubjectId, Values, draft,
    shown, store,
};
use crate::db::Tx;
use crate::referral::{ReferralChange, ReferralRow};
use crate::registry::{Identity, OrganizationId, Profile};

/// What is known of a subject before its lines are taken in.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    file: File,
    /// Enrollments that were computed otherwise than they would be now.
    otherwise: Vec<ComputedOtherwise>,
    /// What the subject is, or would be.
    kind: SubjectKind,
}

impl Known {
    /// A subject of whom nothing is recorded yet.
    pub(crate) fn new(subject: Uuid, profile: Option<Profile>) -> Known {
        Known::of(File {
            subject,
            profile,
            ..File::default()
        })
    }

    fn of(file: File) -> Known {
        Known {
            file,
            otherwise: Vec::new(),
            kind: SubjectKind::Person,
        }
    }

    /// The same, of an organization of the tree.
    pub(crate) fn organization(self) -> Known {
        Known {
            kind: SubjectKind::Organization,
            ..self
        }
    }

    /// What the subject is, or would be.
    pub(crate) fn kind(&self) -> SubjectKind {
        self.kind
    }

    /// Whether there is neither a person nor an organization of this id.
    pub(crate) fn is_nobody(&self) -> bool {
        !self.is_person() && self.kind == SubjectKind::Person
    }

    /// Who: another id than that of the lines when the record was merged since they were written.
    pub(crate) fn subject(&self) -> Uuid {
        self.file.subject
    }

    /// Whether there is a person of this id.
    pub(crate) fn is_person(&self) -> bool {
        self.file.profile.is_some()
    }

    /// The program of an enrollment that is stored.
    pub(crate) fn program_of(&self, enrollment: Uuid) -> Option<(ProgramIx, OrganizationId)> {
        self.file
            .enrolled(enrollment)
            .map(|enrolled| (enrolled.head.program, enrolled.head.organization))
    }
}

/// One line about an enrollment.
pub(crate) enum BulkLine {
    /// A filled form.
    Record {
        id: Uuid,
        form: FormIx,
        draft: Draft,
        reasons: Reasons,
        recorded_at: Timestamp,
        organization: OrganizationId,
    },
    /// A hand-over as far as it has gone.
    Referral(Box<ReferralRow>),
    /// A task marked done.
    Done { key: String, at: Timestamp },
}

/// All lines about one enrollment, with their numbers in the file.
pub(crate) struct BulkEnrollment {
    pub id: Uuid,
    pub program: ProgramIx,
    pub organization: OrganizationId,
    pub lines: Vec<(u64, BulkLine)>,
}

/// A line that is not taken in, and why.
#[derive(Debug)]
pub(crate) struct Refused {
    pub line: u64,
    pub why: Localized,
}

/// What the lines about one enrollment write.
#[derive(Default)]
pub(crate) struct BulkWriting {
    writing: Option<Writing>,
    pub encounters: u64,
    pub referrals: u64,
    pub completions: u64,
    pub repeated: u64,
    pub is_new: bool,
    pub refused: Vec<Refused>,
    /// What the records open.
    opened: Vec<Pending>,
    /// Whether that is all they open.
    is_all_opened: bool,
}

/// The rows of what the lines about many enrollments write.
#[derive(Default)]
pub(crate) struct BulkRows {
    rows: Rows,
    opened: PendingRows,
}

impl BulkRows {
    /// These rows, then those of others.
    pub(crate) fn append(&mut self, other: BulkRows) {
        self.rows.append(other.rows);
        self.opened.append(other.opened);
    }
}

impl BulkWriting {
    /// Leaves what the records open to whoever follows the change feed.
    pub(crate) fn open_later(&mut self) {
        (self.opened, self.is_all_opened) = (Vec::new(), false);
    }
}

impl Care {
    /// What is stored of a subject.
    pub(crate) async fn known(&self, subject: Uuid) -> Result<Known, Error> {
        let mut reader = self.db().glance().await?;
        let file = file::read(
            &mut reader,
            self.pack(),
            self.tables(),
            subject,
            Reading::Everything,
        )
        .await?;
        let mut otherwise = Vec::new();
        for enrolled in &file.enrollments {
            let head = &enrolled.head;
            if head.pack_version != self.pack_stamp() {
                let ids = store::derived_ids(&mut reader, subject, head.id).await?;
                otherwise.push((head.id, ids));
            }
        }
        Ok(Known {
            otherwise,
            ..Known::of(file)
        })
    }

    fn day_of(&self, at: Timestamp) -> DayNumber {
        let ms = at.as_millisecond() + i64::from(self.settings().utc_offset_minutes) * 60_000;
        DayNumber(i32::try_from(ms.div_euclid(86_400_000)).unwrap_or_default())
    }

    /// The day of an instant where the county's clocks are.
    pub(crate) fn date_of(&self, at: Timestamp) -> Date {
        shown::date(self.day_of(at))
    }

    /// Checks the lines about an enrollment one after the other and replays it. Asks nothing of the database. What is
    /// opened by somebody who comes with the same lines is planned with it.
    pub(crate) fn plan_bulk(
        &self,
        by: &Acting,
        (known, newcomer): (&Known, Option<&Identity>),
        lines: BulkEnrollment,
    ) -> BulkWriting {
        let file = &known.file;
        let surroundings = self.surroundings(lines.program, &by.actor.tree, file.residence());
        let base = Base {
            file,
            program_ix: lines.program,
            surroundings,
            computed_otherwise: known.otherwise.clone(),
            died_on: None,
        };
        let mut answer = BulkWriting::default();
        let stored = file.enrolled(lines.id);
        let first_day = lines.lines.iter().find_map(|(_, line)| match line {
            BulkLine::Record { draft, .. } => draft.occurred_on,
            BulkLine::Referral(_) | BulkLine::Done { .. } => None,
        });
        let Some(first_day) =
            first_day.or(stored.map(|stored| DayNumber::from(stored.head.opened_on)))
        else {
            refuse_all(
                &mut answer,
                lines,
                &Localized::new("没有建册记录", "There is no record that opens it"),
            );
            return answer;
        };
        let opening = EnrollmentId::from_uuid(lines.id);
        let organization = Some(lines.organization);
        let before = match stored {
            Some(stored) => self.before(by, &base, stored),
            None => self.beginning(by, &base, (opening, shown::date(first_day)), organization),
        };
        let mut after = stored
            .cloned()
            .unwrap_or_else(|| Enrolled::new(before.head.clone()));
        let room = Room::new(&before.computed.history, lines.lines.len());
        let mut replaying = Replaying::new(base.program(), &before.computed.history, &room);
        let taken = self.take(
            by,
            &base,
            &mut replaying,
            &mut after,
            (lines, stored.is_none()),
            &mut answer,
        );
        if taken.is_empty() {
            return answer;
        }
        let is_new = stored.is_none();
        answer.is_new = is_new;
        let replayed = replaying.finish(&self.around(by, &base, &after));
        let (history, outcome) = replayed.unwrap_or_else(|| {
            let history = self.history(by, &base, &after);
            let outcome = replay(base.program(), &history);
            (history, outcome)
        });
        let (mut writing, after) = self.settle_replayed(
            by,
            &base,
            before,
            (after, is_new),
            taken.records,
            (history, outcome, None),
            ("import", String::new()),
        );
        writing.completions = taken.completions;
        writing.relations = taken.relations;
        writing.referrals = taken.referrals;
        writing.entry.entity = "enrollment".into();
        writing.entry.entity_id = Some(writing.head.id);
        let detail =
            serde_json::json!({ "encounters": answer.encounters, "referrals": answer.referrals });
        writing.entry.detail = detail.to_string();
        if let (Some(person), true) = (newcomer, is_new && !base.program().opens.is_empty()) {
            // What cannot be planned here is told when it is tried again.
            let opened = self.open_in_bulk(by, (file, person), after, &writing.after);
            if let Ok(Some(opened)) = opened {
                (answer.opened, answer.is_all_opened) = (opened, true);
            }
        }
        answer.writing = Some(writing);
        answer
    }

    /// Refuses what would begin after the subject's death, as stored records or other lines know it.
    pub(crate) fn refuse_after_death(
        &self,
        by: &Acting,
        known: &Known,
        planned: &mut [(Vec<u64>, BulkWriting)],
    ) {
        let begins = |one: &BulkWriting| {
            let writing = one.writing.as_ref().filter(|_| one.is_new)?;
            let begins = self.must_begin_alive(writing.head.program);
            begins.then_some((writing.head.id, writing.head.opened_on))
        };
        let is_alone = planned.len() + known.file.enrollments.len() < 2;
        if is_alone || !planned.iter().any(|(_, one)| begins(one).is_some()) {
            return;
        }
        let told = |one: &BulkWriting| {
            let writing = one.writing.as_ref()?;
            let program = self.pack().program(writing.head.program);
            let death = program.death(&writing.after.outcome).map(shown::date);
            Some((writing.head.id, death))
        };
        let mut deaths: HashMap<Uuid, Option<Date>> = known
            .file
            .enrollments
            .iter()
            .map(|stored| (stored.head.id, self.death_told(by, &known.file, stored)))
            .collect();
        deaths.extend(planned.iter().filter_map(|(_, one)| told(one)));
        for (lines, one) in planned {
            let Some((id, on)) = begins(one) else {
                continue;
            };
            let others = deaths.iter().filter(|(other, _)| **other != id);
            let died_on = others.filter_map(|(_, death)| *death).min();
            let Some(finding) = begins_after(died_on, on) else {
                continue;
            };
            let refused = std::mem::take(&mut one.refused);
            let is_left = |line: &&u64| !refused.iter().any(|known| known.line == **line);
            let left = lines.iter().filter(is_left).map(|line| Refused {
                line: *line,
                why: finding.message.clone(),
            });
            let left = left.collect();
            *one = BulkWriting {
                refused,
                ..BulkWriting::default()
            };
            one.refused.extend::<Vec<Refused>>(left);
        }
    }

    fn take(
        &self,
        by: &Acting,
        base: &Base<'_>,
        replaying: &mut Replaying<'_>,
        after: &mut Enrolled,
        (lines, is_new): (BulkEnrollment, bool),
        answer: &mut BulkWriting,
    ) -> Taken {
        let program = base.program();
        let mut taken = Taken::default();
        for (number, line) in lines.lines {
            let opens =
                matches!(&line, BulkLine::Record { form, .. } if *form == program.opens_with);
            if is_new && after.records.is_empty() && !opens {
                let form = &program.form(program.opens_with).title;
                let why = Localized::new(
                    format!("尚未建册:先要有“{}”", form.zh),
                    format!("Not enrolled yet: `{}` comes first", form.en),
                );
                answer.refused.push(Refused { line: number, why });
                continue;
            }
            match line {
                BulkLine::Record {
                    id,
                    form,
                    draft,
                    reasons,
                    recorded_at,
                    organization,
                } => {
                    if let Some(stored) = after.records.iter().find(|kept| kept.id == id) {
                        let same = stored.sent_hash
                            == draft::content_hash(program.form(form), &draft, &reasons);
                        match same {
                            true => answer.repeated += 1,
                            false => answer.refused.push(Refused {
                                line: number,
                                why: Error::IdTaken(id).message(),
                            }),
                        }
                        continue;
                    }
                    let today = self.day_of(recorded_at);
                    let before = (replaying.history(), replaying.row());
                    let checked = check_after(program, form, before, &draft, today);
                    let record = as_record(base, (id, lines.id), program, form, reasons);
                    if let Err(error) = check_findings(program.form(form), &checked, &record) {
                        answer.refused.push(Refused {
                            line: number,
                            why: error.message(),
                        });
                        continue;
                    }
                    let Some(occurred_on) = draft.occurred_on else {
                        answer.refused.push(Refused {
                            line: number,
                            why: refused(Vec::new(), None).message(),
                        });
                        continue;
                    };
                    let hash = draft::content_hash(program.form(form), &draft, &record.reasons);
                    let kept = Arc::new(Kept {
                        id,
                        enrollment: lines.id,
                        form,
                        form_id: program.form(form).id.clone(),
                        occurred_on: shown::date(occurred_on),
                        recorded_at,
                        recorded_org: organization,
                        recorded_by: None,
                        version: 1,
                        sent_hash: hash.clone(),
                        content_hash: hash,
                        voided: None,
                        reasons: record.reasons,
                        values: checked.draft.values,
                        groups: checked.draft.groups,
                        derived: Vec::new(),
                    });
                    let code = by
                        .actor
                        .tree
                        .get(organization)
                        .map(|found| found.code.as_str().into());
                    replaying.push(fuyou_pack::replay::Encounter {
                        id: id.as_u128(),
                        form,
                        occurred_on,
                        recorded_at_ms: recorded_at.as_millisecond(),
                        recorded_org: code,
                        values: kept.values.clone(),
                        groups: kept.groups.clone(),
                    });
                    after.records.push(kept.clone());
                    taken.records.push(RecordChange::New(kept));
                    answer.encounters += 1;
                }
                BulkLine::Referral(row) => {
                    if after.referrals.iter().any(|known| known.id == row.id) {
                        answer.repeated += 1;
                        continue;
                    }
                    let until = DayNumber(DayNumber::from(row.sent_on.0).0 + 365);
                    let organization = OrganizationId::from_uuid(row.to_org_id);
                    let relation = Relation {
                        organization,
                        kind: "referral",
                        until: Some(shown::date(until)),
                    };
                    taken
                        .relations
                        .push((derived_id(&[b"referral", row.id.as_bytes()]), relation));
                    after.referrals.push((*row).clone());
                    taken.referrals.push(ReferralChange::Sent(*row));
                    answer.referrals += 1;
                }
                BulkLine::Done { key, at } => {
                    if after.completions.iter().any(|known| known.key == key) {
                        answer.repeated += 1;
                        continue;
                    }
                    taken.completions.extend(completion_row(
                        base.file.subject,
                        lines.id,
                        &key,
                        at,
                        None,
                    ));
                    after.completions.push(Completion {
                        key,
                        at_ms: at.as_millisecond(),
                    });
                    answer.completions += 1;
                }
            }
        }
        taken
    }

    /// The rows of what was planned, which nothing has to be asked for.
    pub(crate) fn bulk_rows(&self, by: &Acting, planned: &mut [BulkWriting]) -> BulkRows {
        let writings = planned.iter().filter_map(|one| one.writing.as_ref());
        let timed = writings.map(|writing| (writing, by.now));
        let rows = Rows::of(self.pack(), self.tables(), timed);
        let by = Acting::system(by.actor.tree.clone(), by.now, by.today);
        let mut opened = PendingRows::default();
        for one in planned {
            opened.append(self.pending_rows(&by, &mut one.opened));
        }
        BulkRows { rows, opened }
    }

    /// Writes what was planned, of which these are the rows. False when something was stored meanwhile by somebody else:
    /// plan again.
    pub(crate) async fn write_bulk(
        &self,
        tx: &mut Tx,
        by: &Acting,
        planned: &[BulkWriting],
        rows: BulkRows,
    ) -> Result<bool, Error> {
        let writings: Vec<(&Writing, Timestamp)> = planned
            .iter()
            .filter_map(|planned| Some((planned.writing.as_ref()?, by.now)))
            .collect();
        let of = (&**self.pack(), self.tables());
        if write_rows(tx, of, &writings, rows.rows).await? == Written::Raced {
            return Ok(false);
        }
        let opened: Vec<&Pending> = planned.iter().flat_map(|one| &one.opened).collect();
        let by = Acting::system(by.actor.tree.clone(), by.now, by.today);
        self.write_opened(tx, &by, &opened, rows.opened).await
    }

    /// Notes what was opened with the records, when all is committed.
    pub(crate) fn bulk_is_stored(&self, planned: &[BulkWriting]) {
        let whole = planned.iter().filter(|planned| planned.is_all_opened);
        for writing in whole.filter_map(|planned| planned.writing.as_ref()) {
            self.opened().note(writing.head.id, writing.head.version);
        }
    }
}

/// What the lines about an enrollment add.
#[derive(Default)]
struct Taken {
    records: Vec<RecordChange>,
    referrals: Vec<ReferralChange>,
    relations: Vec<(Uuid, Relation)>,
    completions: Vec<crate::db::Cell>,
}

impl Taken {
    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.referrals.is_empty() && self.completions.is_empty()
    }
}

fn refuse_all(answer: &mut BulkWriting, lines: BulkEnrollment, why: &Localized) {
    let refused = lines.lines.iter().map(|(line, _)| Refused {
        line: *line,
        why: why.clone(),
    });
    answer.refused.extend(refused);
}

/// The record of a line, for the checks that the desk shares.
fn as_record(
    base: &Base<'_>,
    (id, enrollment): (Uuid, Uuid),
    program: &Program,
    form: FormIx,
    reasons: Reasons,
) -> Record {
    Record {
        id: EncounterId::from_uuid(id),
        subject: SubjectId::from_uuid(base.file.subject),
        enrollment: Some(EnrollmentId::from_uuid(enrollment)),
        program: program.id.to_string(),
        form: program.form(form).id.to_string(),
        occurred_on: None,
        values: Values::Typed(Draft {
            occurred_on: None,
            values: Vec::<Value>::new(),
            groups: Vec::new(),
        }),
        reasons,
        base_version: None,
    }
}
