//! From the replay of an enrollment to the rows that are stored about it. Pure: before and after a change the same
//! function gives two sets of rows, and only the difference is written.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber, Timestamp};
use fuyou_pack::Program;
use fuyou_pack::model::{FormIx, Owner, RuleIx};
use fuyou_pack::replay::{self, Due, History, Outcome, TaskOrigin};
use sm3::{Digest, Sm3};
use uuid::Uuid;

use super::file::Head;
use super::tables::{ProgramTables, to_cell};
use crate::db::Cell;
use crate::referral::Clocks;
use crate::registry::{Level, OrganizationId, Tree};

/// A care relation lasts this many days after its reason has ended.
const RELATION_DAYS: i32 = 365;
/// Milliseconds of a day and of a minute.
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Words that stand in most rows, of which each would be a text of its own otherwise.
struct Often {
    visit: Arc<str>,
    rule: Arc<str>,
    open: Arc<str>,
    done: Arc<str>,
    /// No mark.
    unmarked: Arc<str>,
}

static OFTEN: LazyLock<Often> = LazyLock::new(|| Often {
    visit: "visit".into(),
    rule: "rule".into(),
    open: "open".into(),
    done: "done".into(),
    unmarked: "|".into(),
});

/// What stands around an enrollment: nothing of it is asked of the database here.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub program: &'a Program,
    pub tables: &'a ProgramTables,
    pub tree: &'a Tree,
    /// Minutes that the county's clocks are ahead of UTC.
    pub utc_offset_minutes: i32,
    /// Where the subject lives.
    pub residence: Option<OrganizationId>,
}

/// Everything stored about an enrollment besides its records, by id.
#[derive(Debug, Default)]
pub(super) struct Derived {
    /// The facts row without its key.
    pub facts: Vec<Cell>,
    /// What is open or done. A visit that is not expected has no row: two thirds of a schedule may be such visits.
    pub tasks: BTreeMap<Uuid, Vec<Cell>>,
    pub hits: BTreeMap<Uuid, Vec<Cell>>,
    pub risks: BTreeMap<Uuid, Vec<Cell>>,
    pub relations: BTreeMap<Uuid, Relation>,
    pub referrals: BTreeMap<Uuid, Clocks>,
    /// What each record amounted to.
    pub records: BTreeMap<Uuid, Finding>,
}

/// What a record amounted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub form: FormIx,
    pub visit: Option<Arc<str>>,
    pub risk_after: Option<Arc<str>>,
    pub marks_after: Arc<str>,
    pub derived: Vec<Value>,
}

impl Derived {
    /// What was computed by another version of the pack: only the ids of its tasks, hits and points of the trajectory
    /// are known, so that everything is written and what is no longer there is taken away.
    pub(super) fn unknown([tasks, hits, risks]: &[Vec<Uuid>; 3]) -> Derived {
        let rows = |ids: &[Uuid]| ids.iter().map(|id| (*id, Vec::new())).collect();
        Derived {
            tasks: rows(tasks),
            hits: rows(hits),
            risks: rows(risks),
            ..Derived::default()
        }
    }
}

impl Finding {
    /// What stands in the head of the record.
    pub(super) fn head(&self) -> (Option<&str>, Option<&str>, &str) {
        (
            self.visit.as_deref(),
            self.risk_after.as_deref(),
            &self.marks_after,
        )
    }
}

/// Who may open the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub organization: OrganizationId,
    pub kind: &'static str,
    pub until: Option<Date>,
}

/// An id that anybody computes again from the same parts.
pub(super) fn derived_id(parts: &[&[u8]]) -> Uuid {
    let mut gathered = Vec::with_capacity(128);
    for part in parts {
        gathered.extend_from_slice(&(part.len() as u64).to_be_bytes());
        gathered.extend_from_slice(part);
    }
    let digest = Sm3::digest(&gathered);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The id of a task of an enrollment, by its key.
pub(super) fn task_id(enrollment: Uuid, key: &str) -> Uuid {
    derived_id(&[b"task", enrollment.as_bytes(), key.as_bytes()])
}

/// The rows that an enrollment amounts to.
pub(super) fn derive(
    at: Surroundings<'_>,
    head: &Head,
    history: &History,
    outcome: &Outcome,
) -> Derived {
    let ids: Vec<Uuid> = history
        .encounters
        .iter()
        .map(|encounter| Uuid::from_u128(encounter.id))
        .collect();
    let mut derived = Derived {
        relations: relations(at, head, history),
        ..Derived::default()
    };
    // What was withdrawn counts nowhere and asks for nothing; its records and who may read them stay.
    if head.withdrawn.is_none() {
        derived.facts = facts(at, head, outcome);
        derived.tasks = tasks(at, head, history, outcome, &ids);
        derived.hits = hits(at, head, outcome, &ids);
        derived.risks = risks(at, head, history, outcome, &ids);
    }
    for ((encounter, outcome), id) in history.encounters.iter().zip(&outcome.encounters).zip(&ids) {
        let finding = Finding {
            form: encounter.form,
            visit: outcome
                .visit
                .map(|visit| at.program.visits[visit.get()].id.clone()),
            risk_after: level_word(at.program, outcome.level),
            marks_after: marks_word(at.program, &outcome.marks),
            derived: outcome.derived.clone(),
        };
        derived.records.insert(*id, finding);
    }
    for (referral, outcome) in history.referrals.iter().zip(&outcome.referrals) {
        derived.referrals.insert(
            Uuid::from_u128(referral.id),
            Clocks::of(referral.state, outcome),
        );
    }
    derived
}

fn facts(at: Surroundings<'_>, head: &Head, outcome: &Outcome) -> Vec<Cell> {
    at.tables
        .facts
        .columns
        .iter()
        .zip(&at.tables.fact_slots)
        .map(|(column, slot)| match slot {
            Some(slot) => to_cell(column, outcome.value(*slot)),
            // A person may have closed what the facts leave open.
            None => Cell::Date(head.closed_on),
        })
        .collect()
}

/// The first instant of a day where the county's clocks are.
pub(super) fn start_of(day: DayNumber, utc_offset_minutes: i32) -> i64 {
    i64::from(day.0) * DAY_MS - i64::from(utc_offset_minutes) * MINUTE_MS
}

fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

fn day(number: DayNumber) -> Cell {
    Cell::Date(Date::try_from(number).ok())
}

fn tasks(
    at: Surroundings<'_>,
    head: &Head,
    history: &History,
    outcome: &Outcome,
    ids: &[Uuid],
) -> BTreeMap<Uuid, Vec<Cell>> {
    let highest = at
        .program
        .risk
        .as_ref()
        .map_or(1, |scale| scale.levels.len().saturating_sub(1).max(1));
    let rank = outcome
        .level
        .map_or(-1, |level| (level * 100 / highest) as i64);
    let risk = (rank, marks_word(at.program, &outcome.marks));
    outcome
        .tasks
        .iter()
        .filter_map(|task| task_row(at, head, history, (outcome, &risk, ids), task))
        .collect()
}

/// The row of a task that is open or done, with its id.
fn task_row(
    at: Surroundings<'_>,
    head: &Head,
    history: &History,
    (outcome, (rank, marks), ids): (&Outcome, &(i64, Arc<str>), &[Uuid]),
    task: &replay::Task,
) -> Option<(Uuid, Vec<Cell>)> {
    let (state, done_on, done_by, on_time) = match task.state {
        replay::TaskState::Open => (&OFTEN.open, Cell::Date(None), None, None),
        replay::TaskState::Done { on, by, on_time } => {
            (&OFTEN.done, day(on), by.map(|by| ids[by]), Some(on_time))
        }
        replay::TaskState::Cancelled => return None,
    };
    let id = task_id(head.id, &task.key);
    let form = at.program.form_of(task.origin);
    let (origin, item, recorder) = match task.origin {
        TaskOrigin::Visit(visit) => {
            let visit = &at.program.visits[visit.get()];
            (&OFTEN.visit, visit.id.clone(), None)
        }
        TaskOrigin::Rule {
            rule, started_ms, ..
        } => {
            let recorder = recorder(history, outcome, rule, started_ms);
            (&OFTEN.rule, at.program.rule(rule).id.clone(), recorder)
        }
    };
    let owner = owner(at, head, task.owner, recorder.as_deref());
    let (due_on, due_at, overdue_ms) = match task.due {
        Due::On(on) => (
            day(on),
            None,
            start_of(DayNumber(on.0 + 1), history.utc_offset_minutes),
        ),
        Due::At(ms) => (Cell::Date(None), Some(instant(ms)), ms),
    };
    let is_open = task.state == replay::TaskState::Open;
    let sees = |level: Owner| {
        let earliest = task
            .escalations
            .iter()
            .filter(|(_, to)| *to == level)
            .map(|(at, _)| *at)
            .min();
        Cell::Instant(earliest.filter(|_| is_open).map(instant))
    };
    let helps = task.escalations.iter().any(|(_, to)| *to == Owner::Village);
    let village = helps.then(|| self::owner(at, head, Owner::Village, None));
    let row = vec![
        Cell::id(head.subject),
        Cell::id(id),
        Cell::id(head.id),
        Cell::text(at.program.id.clone()),
        Cell::text(&*task.key),
        Cell::text(origin.clone()),
        Cell::text(item),
        Cell::Text(form.map(|form| at.program.form(form).id.clone())),
        Cell::id(owner.uuid()),
        day(task.from),
        due_on,
        Cell::Instant(due_at),
        Cell::at(instant(overdue_ms)),
        Cell::text(state.clone()),
        done_on,
        Cell::Id(done_by),
        Cell::Bool(on_time),
        // Only what is open is sorted by risk: a closed task keeps no rank, so that it is not written again.
        Cell::int(if is_open { *rank } else { -1 }),
        Cell::text(if is_open { marks } else { &OFTEN.unmarked }.clone()),
        Cell::Id(village.filter(|_| is_open).map(OrganizationId::uuid)),
        sees(Owner::Village),
        sees(Owner::Township),
        sees(Owner::County),
        sees(Owner::City),
        sees(Owner::Province),
        task.lapses_on.map_or(Cell::Date(None), day),
    ];
    Some((id, row))
}

/// Where the record was recorded that made a rule true. The clock of a repetition starts with what was done last; the
/// recorder is that of the rule's own start.
pub(super) fn recorder(
    history: &History,
    outcome: &Outcome,
    rule: RuleIx,
    started_ms: i64,
) -> Option<Arc<str>> {
    let hits = outcome
        .hits
        .iter()
        .filter(|hit| hit.rule == rule && hit.since_ms <= started_ms);
    let by = hits.max_by_key(|hit| hit.since_ms)?.by;
    history.encounters[by].recorded_org.clone()
}

/// Which organization an owner means for this enrollment; the nearest one there is when the level is missing, and the
/// responsible one when it is closed.
pub(super) fn owner(
    at: Surroundings<'_>,
    head: &Head,
    owner: Owner,
    recorder: Option<&str>,
) -> OrganizationId {
    let level = match owner {
        Owner::Responsible => return head.organization,
        Owner::Recorder => {
            let organization = recorder
                .and_then(|code| at.tree.by_code(code))
                .filter(|organization| organization.closed_on.is_none());
            return organization.map_or(head.organization, |organization| organization.id);
        }
        Owner::Village => {
            // A township centre is responsible for women of many villages: hers is where she lives.
            let home = at
                .residence
                .filter(|home| at.tree.contains(head.organization, *home));
            let from = home.unwrap_or(head.organization);
            return at
                .tree
                .at_level(from, Level::Village)
                .filter(|village| village.closed_on.is_none())
                .map_or(head.organization, |village| village.id);
        }
        Owner::Township => Level::Township,
        Owner::County => Level::County,
        Owner::City => Level::City,
        Owner::Province => Level::Province,
    };
    area(at.tree, head.organization, level)
}

/// The organization of a level above this one, the uppermost when several of the level stand above each other (a county
/// and its hospital); itself when there is none.
pub(crate) fn area(tree: &Tree, id: OrganizationId, level: Level) -> OrganizationId {
    let above = tree.ancestors(id);
    above
        .into_iter()
        .find(|organization| organization.level == level)
        .map_or(id, |found| found.id)
}

fn hits(
    at: Surroundings<'_>,
    head: &Head,
    outcome: &Outcome,
    ids: &[Uuid],
) -> BTreeMap<Uuid, Vec<Cell>> {
    outcome
        .hits
        .iter()
        .map(|hit| {
            let rule = &at.program.rule(hit.rule).id;
            let id = derived_id(&[
                b"hit",
                head.id.as_bytes(),
                rule.as_bytes(),
                &hit.since_ms.to_be_bytes(),
            ]);
            let row = vec![
                Cell::id(head.subject),
                Cell::id(id),
                Cell::id(head.id),
                Cell::text(at.program.id.clone()),
                Cell::text(rule.clone()),
                Cell::at(instant(hit.since_ms)),
                Cell::Instant(hit.until_ms.map(instant)),
                Cell::id(ids[hit.by]),
                Cell::Bool(Some(hit.replaced)),
            ];
            (id, row)
        })
        .collect()
}

fn risks(
    at: Surroundings<'_>,
    head: &Head,
    history: &History,
    outcome: &Outcome,
    ids: &[Uuid],
) -> BTreeMap<Uuid, Vec<Cell>> {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|at| {
        (
            history.encounters[*at].recorded_at_ms,
            history.encounters[*at].id,
        )
    });
    let mut rows = BTreeMap::new();
    let mut last = (None, Vec::new(), vec![0; at.program.scores.len()]);
    for index in order {
        let after = &outcome.encounters[index];
        let now = (after.level, after.marks.clone(), after.scores.clone());
        if now == last {
            continue;
        }
        let scores: Vec<String> = now.2.iter().map(ToString::to_string).collect();
        let row = vec![
            Cell::id(head.subject),
            Cell::id(ids[index]),
            Cell::id(head.id),
            Cell::at(instant(history.encounters[index].recorded_at_ms)),
            Cell::Text(level_word(at.program, now.0)),
            Cell::Text(Some(marks_word(at.program, &now.1))),
            Cell::text(scores.join(",")),
        ];
        rows.insert(ids[index], row);
        last = now;
    }
    rows
}

/// The level in storage.
pub(super) fn level_word(program: &Program, level: Option<usize>) -> Option<Arc<str>> {
    let scale = program.risk.as_ref()?;
    Some(scale.levels[level?].id.clone())
}

/// Marks in storage: `|a|b|`, none is `|`.
pub(super) fn marks_word(program: &Program, marks: &[usize]) -> Arc<str> {
    let Some(scale) = program.risk.as_ref().filter(|_| !marks.is_empty()) else {
        return OFTEN.unmarked.clone();
    };
    marks
        .iter()
        .fold("|".to_owned(), |text, mark| {
            text + &scale.marks[*mark].id + "|"
        })
        .into()
}

fn relations(at: Surroundings<'_>, head: &Head, history: &History) -> BTreeMap<Uuid, Relation> {
    let mut relations = BTreeMap::new();
    let later = |date: Date| {
        let number = DayNumber::from(date).0 + RELATION_DAYS;
        Date::try_from(DayNumber(number)).ok()
    };
    let id = derived_id(&[
        b"enrollment",
        head.id.as_bytes(),
        head.organization.uuid().as_bytes(),
    ]);
    let until = head.closed_on.and_then(later);
    relations.insert(
        id,
        Relation {
            organization: head.organization,
            kind: "enrollment",
            until,
        },
    );
    for encounter in &history.encounters {
        let code = encounter.recorded_org.as_deref();
        let Some(organization) = code.and_then(|code| at.tree.by_code(code)) else {
            continue;
        };
        let recorded =
            instant(encounter.recorded_at_ms + i64::from(history.utc_offset_minutes) * MINUTE_MS);
        let recorded = DayNumber(
            i32::try_from(recorded.as_millisecond().div_euclid(DAY_MS)).unwrap_or_default(),
        );
        let until = Date::try_from(DayNumber(recorded.0 + RELATION_DAYS)).ok();
        let id = derived_id(&[
            b"encounter",
            head.id.as_bytes(),
            organization.id.uuid().as_bytes(),
        ]);
        let relation = Relation {
            organization: organization.id,
            kind: "encounter",
            until,
        };
        let known = relations.entry(id).or_insert_with(|| relation.clone());
        known.until = known.until.max(relation.until);
    }
    relations
}
