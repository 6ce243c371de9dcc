//! What is due: from the schedule, and from rules.

use std::collections::HashSet;

use fuyou_expr::{Expr, Value};
use fuyou_kernel::DayNumber;

use super::outcome::{Due, Hit, Task, TaskOrigin, TaskState};
use super::run::{Run, code};
use super::views::{RowView, TaskRow};
use super::{clock, visits};
use crate::model::{Escalation, Owner, RuleIx, RuleTask, VisitIx};

/// The most repetitions of one task: a bound against packs that repeat daily for ever.
const REPETITIONS_MAX: u16 = 500;

/// A rule's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct HitClock {
    pub rule: RuleIx,
    pub since_ms: i64,
    /// Position of the encounter that started it, in replay order.
    pub by: usize,
    pub until_ms: Option<i64>,
    /// Position of the encounter that stopped it.
    pub ended_by: Option<usize>,
    /// When its task's `until` became true.
    pub stopped_ms: Option<i64>,
    /// Position of the encounter that made its task's `done_if` true.
    pub done_by: Option<usize>,
}

impl HitClock {
    pub fn finish(&self, replaced: bool, given: &[usize]) -> Hit {
        Hit {
            rule: self.rule,
            since_ms: self.since_ms,
            by: given.get(self.by).copied().unwrap_or(0),
            until_ms: self.until_ms,
            replaced,
        }
    }
}

/// All tasks, those of the schedule first.
pub(super) fn plan(run: &Run<'_>, filled: &[Option<usize>]) -> Vec<Task> {
    let mut tasks = Vec::new();
    let (closed, closed_on) = run.end_of_care();
    for (position, visit) in run.program.visits.iter().enumerate() {
        let Some((from, to)) = visits::window(visit, &run.row) else {
            continue;
        };
        let by = filled.iter().position(|filled| *filled == Some(position));
        let wanted = visit
            .when
            .as_ref()
            .is_none_or(|when| when.holds(&RowView(&run.row)));
        let lapses = date(run, visit.lapses_on.as_ref());
        // Where a visit can be missed, closing ends it like its own day; elsewhere closing cancels it.
        let (expected, lapses_on) = match lapses {
            Some(day) if closed => (closed_on.is_some(), closed_on.map(|on| on.min(day))),
            lapses => (!closed, lapses),
        };
        // What ends before it is overdue cannot be missed: it was never late.
        let expected = wanted && expected && lapses_on.is_none_or(|lapses| to < lapses);
        let state = match by {
            Some(by) => TaskState::Done {
                on: run.encounters[by].0.occurred_on,
                by: Some(run.given[by]),
                on_time: true,
            },
            None if expected => TaskState::Open,
            None => TaskState::Cancelled,
        };
        let due = Due::On(to);
        tasks.push(Task {
            key: format!("visit:{}", visit.id),
            origin: TaskOrigin::Visit(VisitIx::new(position)),
            owner: visit.owner,
            from,
            due,
            state,
            lapses_on: lapses_on.filter(|_| state == TaskState::Open),
            escalations: escalations(run, due, &visit.escalate),
        });
    }
    let mut keys = HashSet::new();
    for hit in &run.hits {
        if let Some(task) = &run.program.rule(hit.rule).task {
            RuleTasks { run, hit, task }.add(&mut tasks, &mut keys);
        }
    }
    tasks
}

/// The day that an expression over the facts row names.
pub(super) fn date(run: &Run<'_>, expr: Option<&Expr>) -> Option<DayNumber> {
    match expr?.eval(&RowView(&run.row)) {
        Value::Date(day) => Some(DayNumber(day)),
        _ => None,
    }
}

fn escalations(run: &Run<'_>, due: Due, list: &[Escalation]) -> Vec<(i64, Owner)> {
    list.iter()
        .filter_map(|one| Some((clock::escalation(due, one.after, run.history)?, one.to)))
        .collect()
}

/// The tasks of one rule while one of its clocks ran.
struct RuleTasks<'a> {
    run: &'a Run<'a>,
    hit: &'a HitClock,
    task: &'a RuleTask,
}

/// Something that did a task.
#[derive(Clone, Copy)]
struct Deed {
    on: DayNumber,
    at_ms: i64,
    by: Option<usize>,
}

impl RuleTasks<'_> {
    fn add(&self, tasks: &mut Vec<Task>, keys: &mut HashSet<String>) {
        let (run, hit) = (self.run, self.hit);
        let rule = &run.program.rule(hit.rule).id;
        // Two clocks of a rule can start with records of the same instant: the second gets a key of its own.
        let mut since = format!("{}", hit.since_ms);
        while keys.contains(&format!("rule:{rule}@{since}#1")) {
            since.push('+');
        }
        let stop = match (hit.until_ms, hit.stopped_ms) {
            (Some(until), Some(stopped)) => Some(until.min(stopped)),
            (until, stopped) => until.or(stopped),
        };
        let is_ended = run.history.ended_on.is_some();
        let cancelled = stop.is_some() || is_ended || run.is_replaced(hit.rule);
        let lapses_on = date(run, self.task.lapses_on.as_ref());
        let mut from = clock::day(hit.since_ms, run.history);
        let mut due = clock::due(hit.since_ms, self.task.within, run.history);
        let mut next = 0;
        for number in 1..=REPETITIONS_MAX {
            let Some(this_due) = due else { return };
            let key = format!("rule:{rule}@{since}#{number}");
            let deed = self.deed(&key, &mut next, stop);
            // A repetition that would fall due when everything has lapsed is not begun.
            let ended = lapses_on.is_some_and(|on| on <= clock::due_day(this_due, run.history));
            let cancelled = cancelled || ended;
            if deed.is_none() && number > 1 && cancelled {
                return;
            }
            let state = match deed {
                Some(deed) => TaskState::Done {
                    on: deed.on,
                    by: deed.by,
                    on_time: in_time(deed, this_due),
                },
                None if cancelled => TaskState::Cancelled,
                None => TaskState::Open,
            };
            keys.insert(key.clone());
            tasks.push(Task {
                key,
                origin: TaskOrigin::Rule {
                    rule: hit.rule,
                    started_ms: hit.since_ms,
                    number,
                },
                owner: self.task.to,
                from,
                due: this_due,
                state,
                lapses_on: lapses_on.filter(|_| state == TaskState::Open),
                escalations: escalations(run, this_due, &self.task.escalate),
            });
            let (Some(deed), Some(every)) = (deed, self.task.every) else {
                return;
            };
            from = deed.on;
            due = clock::after(deed.on, every).map(Due::On);
        }
    }

    /// The next encounter of the task's form that does it, or the hand that marked it done. `next` is the position,
    /// in replay order, from which encounters are still free.
    fn deed(&self, key: &str, next: &mut usize, stop: Option<i64>) -> Option<Deed> {
        let (run, hit) = (self.run, self.hit);
        let trigger = run
            .encounters
            .get(hit.by)
            .map(|(encounter, _)| encounter.occurred_on);
        let by_hand = run
            .history
            .completions
            .iter()
            .find(|completion| completion.key == key)
            .map(|completion| Deed {
                on: clock::day(completion.at_ms, run.history),
                at_ms: completion.at_ms,
                by: None,
            });
        let found = self.task.form.and_then(|form| {
            (*next..run.visible).find(|position| {
                let (encounter, _) = run.encounters[*position];
                encounter.form == form
                    && *position != hit.by
                    && encounter.recorded_at_ms >= hit.since_ms
                    && trigger.is_none_or(|trigger| encounter.occurred_on >= trigger)
                    && stop.is_none_or(|stop| encounter.recorded_at_ms <= stop)
                    && self
                        .task
                        .counts_if
                        .as_ref()
                        .is_none_or(|counts| counts.holds(&run.encounter_view(*position)))
            })
        });
        let by_form = found.map(|position| {
            let (encounter, _) = run.encounters[position];
            Deed {
                on: encounter.occurred_on,
                at_ms: encounter.recorded_at_ms,
                by: Some(run.given[position]),
            }
        });
        let deed = match (by_form, by_hand) {
            (Some(form), Some(hand)) if hand.at_ms < form.at_ms => Some(hand),
            (Some(form), _) => {
                *next = found.map_or(*next, |position| position + 1);
                Some(form)
            }
            (None, hand) => hand,
        };
        let by_fact = self.fulfilled();
        match (deed, by_fact) {
            (Some(deed), Some(fact)) if fact.at_ms < deed.at_ms => Some(fact),
            (deed, fact) => deed.or(fact),
        }
    }

    /// The record that did it by what it made true, whatever its form.
    fn fulfilled(&self) -> Option<Deed> {
        let position = self.hit.done_by?;
        let (encounter, _) = self.run.encounters[position];
        Some(Deed {
            on: encounter.occurred_on,
            at_ms: encounter.recorded_at_ms,
            by: Some(self.run.given[position]),
        })
    }
}

fn in_time(deed: Deed, due: Due) -> bool {
    match due {
        Due::On(on) => deed.on <= on,
        Due::At(at) => deed.at_ms <= at,
    }
}

/// The set `task` as facts see it: a task is missed for them once a record of the day on which it lapsed, or of a later
/// one, is there. Facts know no other today.
pub(super) fn rows(run: &Run<'_>, tasks: &[Task]) -> Vec<TaskRow> {
    let last = run.encounters[..run.visible]
        .iter()
        .map(|(encounter, _)| encounter.occurred_on)
        .max();
    let rows = tasks.iter().map(|task| {
        let (rule, visit, started) = match task.origin {
            TaskOrigin::Visit(visit) => (Value::Null, Value::Code(code(visit.get())), task.from),
            TaskOrigin::Rule {
                rule, started_ms, ..
            } => (
                Value::Code(code(rule.get())),
                Value::Null,
                clock::day(started_ms, run.history),
            ),
        };
        let (state, on_time, done_on) = match task.state {
            TaskState::Open if last.is_some_and(|last| task.is_missed(last)) => {
                (3, Value::Boolean(false), Value::Null)
            }
            TaskState::Open => (0, Value::Null, Value::Null),
            TaskState::Done { on, on_time, .. } => (1, Value::Boolean(on_time), Value::Date(on.0)),
            TaskState::Cancelled => (2, Value::Null, Value::Null),
        };
        let due = clock::due_day(task.due, run.history);
        [
            rule,
            visit,
            Value::Code(state),
            on_time,
            Value::Date(due.0),
            done_on,
            Value::Date(started.0),
        ]
    });
    rows.collect()
}
