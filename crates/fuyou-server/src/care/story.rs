//! Everything about a subject's care on one screen.

use std::collections::HashMap;

use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber, Secrecy};
use fuyou_pack::model::{FactIx, FormIx, ProgramIx, Severity};
use fuyou_pack::record::{Draft, check_record};
use fuyou_pack::replay::{self, History, Outcome, replay};
use fuyou_pack::trend::BandPoint;
use fuyou_pack::{Pack, Program};
use uuid::Uuid;

use super::file::{Enrolled, File, Kept, Reading};
use super::store::EarlierRow;
use super::{
    Acting, Care, EarlierVersion, EncounterId, EnrollmentId, EnrollmentState, EnrollmentStory,
    Error, RecordShown, RiskPoint, Shown, Story, SubjectId, draft, shown, store,
};
use crate::access::{Action, UserId};
use crate::referral;

/// A band is drawn with so many days between two points.
const BAND_STEP_DAYS: usize = 7;

impl Care {
    /// Everything about a subject's care that the actor may see. The number of statements does not depend on how much
    /// there is. The reading is audited.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn story(&self, by: &Acting, subject: SubjectId) -> Result<Story, Error> {
        by.actor.require_anywhere(Action::ReadPerson)?;
        self.openings_are_over().await;
        let file = self
            .open_file(by, subject.uuid(), Reading::Everything)
            .await?;
        let mut earlier: HashMap<Uuid, Vec<EarlierRow>> = HashMap::new();
        let mut reader = self.db().glance().await?;
        for row in store::earlier(&mut reader, subject.uuid()).await? {
            earlier.entry(row.encounter_id).or_default().push(row);
        }
        drop(reader);
        let mut entry = by.entry("read", "care");
        entry.subject_id = Some(subject.uuid());
        self.db().note(entry).await?;
        let mut enrollments: Vec<EnrollmentStory> = file
            .enrollments
            .iter()
            .map(|enrolled| self.enrollment_story(by, &file, enrolled, &mut earlier))
            .collect();
        enrollments.sort_by_key(|story| {
            (
                story.state == EnrollmentState::Closed,
                std::cmp::Reverse((story.opened_on, story.id)),
            )
        });
        let died_on = enrollments.iter().filter_map(|story| story.died_on).min();
        let (openable, before_death) = self.offered(by, &file, died_on);
        Ok(Story {
            enrollments,
            openable,
            died_on,
            before_death,
        })
    }

    /// The programs that can begin now, and of who is dead those that may have begun before.
    fn offered(
        &self,
        by: &Acting,
        file: &File,
        died_on: Option<Date>,
    ) -> (Vec<ProgramIx>, Vec<ProgramIx>) {
        let Some(died_on) = died_on else {
            return (self.openable(by, file, by.today), Vec::new());
        };
        let after = |ix: &ProgramIx| self.pack().program(*ix).after_death;
        let mut openable = self.openable(by, file, by.today);
        openable.retain(after);
        let mut before = self.openable(by, file, died_on);
        before.retain(|ix| {
            let mut heads = file.enrollments.iter().map(|enrolled| &enrolled.head);
            let is_in = heads.any(|head| head.program == *ix && head.withdrawn.is_none());
            !after(ix) && !is_in
        });
        (openable, before)
    }

    /// An empty record says nothing but the day: what a check of it refuses lies in the subject, not in what is typed.
    fn openable(&self, by: &Acting, file: &File, on: Date) -> Vec<ProgramIx> {
        let today = DayNumber::from(by.today);
        let refused = |program: &Program| {
            let offset = self.settings().utc_offset_minutes;
            let here = (by.actor.organization, on);
            let history = file.untold(program, &by.actor.tree, here, offset);
            let outcome = replay(program, &history);
            let form = program.opens_with;
            let draft = Draft {
                occurred_on: Some(DayNumber::from(on)),
                ..Draft::new(program, form)
            };
            let checked = check_record(program, form, &history, &outcome, &draft, today);
            checked.findings.iter().any(|finding| {
                let checks = &program.form(form).checks;
                finding.severity == Severity::Refuse
                    && checks.iter().any(|check| check.id == finding.kind)
            })
        };
        let programs = self.pack().programs.iter().enumerate();
        programs
            .filter(|(_, program)| program.subject == file.kind() && !refused(program))
            .map(|(at, _)| ProgramIx::new(at))
            .collect()
    }

    fn enrollment_story(
        &self,
        by: &Acting,
        file: &File,
        enrolled: &Enrolled,
        earlier: &mut HashMap<Uuid, Vec<EarlierRow>>,
    ) -> EnrollmentStory {
        let head = &enrolled.head;
        let at = self.surroundings(head.program, &by.actor.tree, file.residence());
        let program = at.program;
        let secrecy_max = by.actor.secrecy_max();
        let history = enrolled.history(
            program,
            &by.actor.tree,
            file.profile.as_ref(),
            at.utc_offset_minutes,
        );
        let outcome = replay(program, &history);
        let positions: HashMap<u128, usize> = history
            .encounters
            .iter()
            .enumerate()
            .map(|(position, encounter)| (encounter.id, position))
            .collect();
        let mut records: Vec<RecordShown> = enrolled
            .records
            .iter()
            .map(|kept| {
                let found = positions
                    .get(&kept.id.as_u128())
                    .map(|position| &outcome.encounters[*position]);
                let earlier = earlier.remove(&kept.id).unwrap_or_default();
                record_shown(self.pack(), program, (kept, found, earlier), secrecy_max)
            })
            .collect();
        records.sort_by_key(|record| (record.occurred_on, record.recorded_at, record.id));
        let mut rules: Vec<_> = outcome
            .hits
            .iter()
            .map(|hit| shown::rule(program, hit, secrecy_max))
            .collect();
        rules.sort_by_key(|rule| (rule.until.is_some(), std::cmp::Reverse(rule.since)));
        let mut tasks: Vec<_> = outcome
            .tasks
            .iter()
            .map(|task| shown::task(at, head, (&history, &outcome), task, secrecy_max))
            .collect();
        tasks.sort_by_key(|task| (task.from, task.id));
        let facts = program.facts.iter().enumerate().map(|(position, fact)| {
            let value = outcome.value(fact.slot);
            (
                FactIx::new(position),
                shown::secret_value(value, fact.secrecy, secrecy_max),
            )
        });
        EnrollmentStory {
            id: EnrollmentId::from_uuid(head.id),
            program: head.program,
            organization: head.organization,
            opened_on: head.opened_on,
            closed_on: head.closed_on,
            state: head.state,
            died_on: match head.withdrawn {
                None => program.death(&outcome).map(shown::date),
                Some(_) => None,
            },
            version: head.version,
            risk: shown::risk_now(program, &outcome, secrecy_max),
            today: today_shown(by, program, (&history, &outcome), head.state),
            facts: facts.collect(),
            strata: program
                .charts
                .iter()
                .map(|chart| chart.stratum_of(&outcome))
                .collect(),
            bands: bands(program, &outcome, &records, secrecy_max),
            records,
            trajectory: trajectory(program, &history, &outcome, secrecy_max),
            rules,
            tasks,
            referrals: enrolled
                .referrals
                .iter()
                .rev()
                .filter_map(|row| referral::shown(self.pack(), row))
                .collect(),
        }
    }
}

/// The bands of trends from the first record to the last, day by day in steps.
fn bands(
    program: &Program,
    outcome: &Outcome,
    records: &[RecordShown],
    secrecy_max: Secrecy,
) -> Vec<Vec<BandPoint>> {
    let days = || {
        records
            .iter()
            .map(|record| DayNumber::from(record.occurred_on).0)
    };
    let (Some(first), Some(last)) = (days().min(), days().max()) else {
        return vec![Vec::new(); program.trends.len()];
    };
    let steps = || (first..last).step_by(BAND_STEP_DAYS).chain([last]);
    let trends = program.trends.iter();
    trends
        .map(|trend| match trend.band_secrecy() <= secrecy_max {
            true => trend.band(outcome, steps().map(DayNumber)),
            false => Vec::new(),
        })
        .collect()
}

/// What an empty record of today would derive: gestational age and the like.
fn today_shown(
    by: &Acting,
    program: &Program,
    (history, outcome): (&History, &Outcome),
    state: EnrollmentState,
) -> Vec<Shown> {
    if state == EnrollmentState::Closed {
        return Vec::new();
    }
    let today = DayNumber::from(by.today);
    let draft = Draft {
        occurred_on: Some(today),
        ..Draft::new(program, program.opens_with)
    };
    let checked = check_record(program, program.opens_with, history, outcome, &draft, today);
    let derived = program.derived.iter().zip(&checked.derived);
    derived
        .map(|(derived, value)| {
            shown::secret_value(value, derived.is.secrecy(), by.actor.secrecy_max())
        })
        .collect()
}

fn trajectory(
    program: &Program,
    history: &History,
    outcome: &Outcome,
    secrecy_max: Secrecy,
) -> Vec<RiskPoint> {
    let mut order: Vec<usize> = (0..history.encounters.len()).collect();
    order.sort_by_key(|at| {
        (
            history.encounters[*at].recorded_at_ms,
            history.encounters[*at].id,
        )
    });
    let mut points: Vec<RiskPoint> = Vec::new();
    for at in order {
        let after = &outcome.encounters[at];
        let risk = shown::risk(
            program,
            (after.level, &after.marks, &after.scores),
            secrecy_max,
        );
        if points.last().map(|point| &point.risk) != Some(&risk) {
            points.push(RiskPoint {
                at: shown::instant(history.encounters[at].recorded_at_ms),
                by: EncounterId::from_uuid(Uuid::from_u128(history.encounters[at].id)),
                risk,
            });
        }
    }
    points
}

fn record_shown(
    pack: &Pack,
    program: &Program,
    (kept, found, earlier): (&Kept, Option<&replay::EncounterOutcome>, Vec<EarlierRow>),
    secrecy_max: Secrecy,
) -> RecordShown {
    let form = program.form(kept.form);
    let row = |fields: &[fuyou_pack::model::Field], values: &[Value]| -> Vec<Shown> {
        fields
            .iter()
            .zip(values)
            .map(|(field, value)| shown::value(pack, field, value, secrecy_max))
            .collect()
    };
    let groups = form.groups.iter().zip(&kept.groups);
    let derived = found.map_or(&kept.derived, |found| &found.derived);
    // A reason is free text beside a value; whoever may not see every field may not see what is said about them.
    let reasons = if form.secrecy() <= secrecy_max {
        kept.reasons.clone()
    } else {
        Default::default()
    };
    RecordShown {
        id: EncounterId::from_uuid(kept.id),
        form: kept.form,
        occurred_on: kept.occurred_on,
        recorded_at: kept.recorded_at,
        recorded_org: kept.recorded_org,
        recorded_by: kept.recorded_by.map(UserId::from_uuid),
        version: kept.version,
        voided: kept.voided.clone(),
        visit: found.and_then(|found| found.visit),
        level_after: found.and_then(|found| found.level),
        values: row(&form.fields, &kept.values),
        groups: groups
            .map(|(group, rows)| {
                rows.iter()
                    .map(|values| row(&group.fields, values))
                    .collect()
            })
            .collect(),
        derived: program
            .derived
            .iter()
            .zip(derived)
            .map(|(derived, value)| shown::secret_value(value, derived.is.secrecy(), secrecy_max))
            .collect(),
        reasons,
        earlier: earlier
            .into_iter()
            .map(|row_before| EarlierVersion {
                version: row_before.version,
                changed_at: row_before.changed_at.0,
                changed_by: row_before.changed_by_login,
                why: row_before.why,
                occurred_on: row_before.occurred_on.0,
                values: row(
                    &form.fields,
                    &draft::content_values(form, &row_before.content),
                ),
            })
            .collect(),
    }
}

/// The last value of each field of a form up to a day, from any form of the program that has the field.
pub(super) fn last_values(
    pack: &Pack,
    program: &Program,
    form: FormIx,
    encounters: &[replay::Encounter],
    until: DayNumber,
    secrecy_max: Secrecy,
) -> Vec<Shown> {
    let mut earlier: Vec<_> = encounters
        .iter()
        .filter(|encounter| encounter.occurred_on <= until)
        .collect();
    earlier.sort_by_key(|encounter| {
        std::cmp::Reverse((
            encounter.occurred_on,
            encounter.recorded_at_ms,
            encounter.id,
        ))
    });
    let fields = &program.form(form).fields;
    fields
        .iter()
        .map(|field| {
            let last = earlier.iter().find_map(|encounter| {
                let ix = program.form(encounter.form).field(&field.id)?;
                Some(&encounter.values[ix.get()]).filter(|value| !value.is_null())
            });
            last.map_or(Shown::Value(Value::Null), |value| {
                shown::value(pack, field, value, secrecy_max)
            })
        })
        .collect()
}
