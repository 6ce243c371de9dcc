//! The replay itself: the encounters one after the other, each time computing what can have changed.

use fuyou_expr::{CodeSet, Rows as _, Value};
use fuyou_kernel::DayNumber;

use super::bits::Bits;
use super::history::{Encounter, History};
use super::outcome::{EncounterOutcome, Outcome};
use super::plan::Work;
use super::tasks::{self, HitClock};
use super::views::{EncounterView, FactsView, GroupRow, ReferralRow, RowView, TaskRow};
use super::{clock, referrals, visits};
use crate::model::{DerivedIx, FactIx, Form, Program, RuleIx, SubjectKind};
use crate::scope::{SUBJECT_COLUMNS, Step, VISIT_SLOT};

/// A replay over some encounters of a history, in the order of a replay.
pub(super) struct Run<'a> {
    pub program: &'a Program,
    pub history: &'a History,
    /// The encounters in replay order, with their positions in the history given.
    pub encounters: Vec<(&'a Encounter, &'a Form)>,
    pub given: Vec<usize>,
    state: State,
}

/// What a replay has found out so far.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// How many encounters have been looked at.
    pub visible: usize,
    pub row: Vec<Value>,
    pub kept: Vec<Vec<Value>>,
    groups: Vec<Vec<GroupRow>>,
    task_rows: Vec<TaskRow>,
    referral_rows: Vec<ReferralRow>,
    /// The steps that must be looked at; those that the story does not depend on wait until the end.
    dirty: Bits,
    /// For each step that grows how many rows its value covers.
    covered: Vec<usize>,
    /// For each rule the clock that runs, as a position in `hits`.
    running: Vec<Option<usize>>,
    /// The rules whose clock runs.
    live: Bits,
    pub hits: Vec<HitClock>,
    level: Option<usize>,
    marks: Vec<usize>,
    scores: Vec<i64>,
    /// Which visit each encounter fills.
    filled: Vec<Option<usize>>,
    outcomes: Vec<EncounterOutcome>,
    tasks: Vec<super::Task>,
}

impl std::ops::Deref for Run<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl<'a> Run<'a> {
    pub fn new(program: &'a Program, history: &'a History) -> Self {
        Self::over(program, history, order(history))
    }

    /// A run that goes on where another one was.
    pub fn resumed(
        program: &'a Program,
        history: &'a History,
        given: Vec<usize>,
        state: State,
    ) -> Self {
        let mut run = Self::bare(program, history, given, state);
        run.state.filled.resize(run.encounters.len(), None);
        run
    }

    /// What it has found out so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What it has found out so far, for another run to go on with.
    pub fn into_state(self) -> State {
        self.state
    }

    fn bare(program: &'a Program, history: &'a History, given: Vec<usize>, state: State) -> Self {
        let encounters = given
            .iter()
            .map(|position| &history.encounters[*position])
            .map(|e| (e, program.form(e.form)))
            .collect();
        Self {
            program,
            history,
            encounters,
            given,
            state,
        }
    }

    fn over(program: &'a Program, history: &'a History, given: Vec<usize>) -> Self {
        let (layout, count) = (&program.layout, given.len());
        let state = State {
            row: program.plan.blank.clone(),
            kept: Vec::with_capacity(count),
            groups: vec![Vec::new(); layout.groups.len()],
            task_rows: Vec::new(),
            referral_rows: Vec::new(),
            dirty: program.plan.at_first.clone(),
            covered: vec![0; program.plan.steps.len()],
            running: vec![None; program.rules.len()],
            live: Bits::none(program.rules.len()),
            hits: Vec::new(),
            level: None,
            marks: Vec::new(),
            scores: vec![0; program.scores.len()],
            filled: vec![None; count],
            outcomes: Vec::with_capacity(count),
            tasks: Vec::new(),
            visible: 0,
        };
        let mut run = Self::bare(program, history, given, state);
        run.start_row();
        run
    }

    /// Fills what is known of the enrollment whatever was recorded.
    fn start_row(&mut self) {
        let plan = &self.program.plan;
        self.state
            .row
            .resize(plan.columns + plan.aggregates.len(), Value::Null);
        let known = match self.program.subject {
            SubjectKind::Organization => self.history.organization.values(),
            SubjectKind::Person | SubjectKind::Staff => self.history.person.values(),
        };
        for (slot, value) in known.into_iter().enumerate() {
            self.state.row[slot] = value.clone();
        }
        self.state.row[SUBJECT_COLUMNS] = self
            .history
            .opened_on
            .map_or(Value::Null, |on| Value::Date(on.0));
        self.state.row[SUBJECT_COLUMNS + 1] =
            self.history.org.clone().map_or(Value::Null, Value::Text);
        for slot in &self.program.layout.scores {
            self.state.row[usize::from(slot.0)] = Value::Number(0);
        }
        if let Some((level, marks)) = self.program.layout.risk {
            self.state.row[usize::from(level.0)] = Value::Null;
            self.state.row[usize::from(marks.0)] = Value::Codes(CodeSet::default());
        }
    }

    /// A run over no encounter yet; of the history only what surrounds them is read.
    pub fn empty(program: &'a Program, around: &'a History) -> Self {
        Self::over(program, around, Vec::new())
    }

    /// What is so before the first encounter.
    fn begin(&mut self) {
        self.see_referrals(true);
        self.pass(None);
    }

    /// As [`Run::begin`], as far as the checks of forms ask.
    pub fn begin_checks(&mut self) {
        self.see_referrals(true);
        self.pass(Some(&self.program.plan.checked));
    }

    /// The facts row.
    pub fn columns(&self) -> &[Value] {
        &self.state.row[..self.program.plan.columns]
    }

    /// Whether an encounter comes after all that were added.
    pub fn comes_next(&self, encounter: &Encounter) -> bool {
        self.encounters
            .last()
            .is_none_or(|(last, _)| place(last) < place(encounter))
    }

    /// Adds an encounter that comes next, and computes what the story and the checks of forms depend on.
    pub fn add(&mut self, encounter: &'a Encounter, given: usize) {
        self.encounters
            .push((encounter, self.program.form(encounter.form)));
        self.given.push(given);
        self.state.filled.push(None);
        let position = self.encounters.len() - 1;
        self.admit(position);
        self.pass(Some(&self.program.plan.checked));
        self.keep_story(position);
    }

    /// What the encounters that were added amount to.
    pub fn end(mut self) -> Outcome {
        self.pass(None);
        self.finish()
    }

    /// Runs everything that was not looked at yet.
    pub fn outcome(mut self) -> Outcome {
        self.look_on(self.encounters.len());
        if self.encounters.is_empty() {
            self.begin();
        }
        self.finish()
    }

    /// Looks at the next encounters, up to so many.
    pub fn look_on(&mut self, count: usize) {
        for position in self.state.visible..count {
            self.admit(position);
            let is_last = position + 1 == self.encounters.len();
            self.pass((!is_last).then_some(&self.program.plan.always));
            self.keep_story(position);
        }
    }

    /// Makes the last encounter one of many: what is done after each but the last one.
    pub fn leave_last(&mut self) {
        if self.state.visible > 0 {
            self.stop_tasks();
        }
    }

    /// Takes the next encounter in.
    fn admit(&mut self, position: usize) {
        let (encounter, form) = self.encounters[position];
        let layout = &self.program.layout;
        let mut kept = vec![Value::Null; layout.kept];
        kept[0] =
            Value::Code(u16::try_from(encounter.form.get()).expect("form indexes are 16 bits"));
        kept[2] = Value::Date(encounter.occurred_on.0);
        kept[3] = Value::Date(clock::day(encounter.recorded_at_ms, self.history).0);
        kept[4] = encounter
            .recorded_org
            .clone()
            .map_or(Value::Null, Value::Text);
        self.state.kept.push(kept);
        for (group, definition) in form.groups.iter().enumerate() {
            let rows = encounter.groups.get(group).map_or(0, Vec::len);
            let place = |row: usize| GroupRow {
                encounter: u32::try_from(position)
                    .expect("an enrollment has fewer than 2^32 encounters"),
                group: u16::try_from(group).expect("a form has fewer than 65,536 groups"),
                row: u32::try_from(row).expect("a group has fewer than 2^32 rows"),
            };
            self.state.groups[definition.set].extend((0..rows).map(place));
        }
        self.state.visible = position + 1;
        self.state
            .dirty
            .add(&self.program.plan.reached[encounter.form.get()]);
        self.see_referrals(self.state.visible == self.encounters.len());
    }

    /// Referrals are seen from the day they were sent; with the last encounter all of them are.
    fn see_referrals(&mut self, all: bool) {
        let now = self
            .visible
            .checked_sub(1)
            .map(|last| self.encounters[last].0.occurred_on);
        let rows = referrals::rows(self.program, self.history, if all { None } else { now });
        if rows != self.state.referral_rows {
            self.state.dirty.add(&self.program.plan.referrals);
            self.state.referral_rows = rows;
        }
    }

    /// One pass over the steps: over some, among them all that the story needs, or over everything at the end.
    fn pass(&mut self, within: Option<&Bits>) {
        let plan = &self.program.plan;
        let mut position = 0;
        while let Some(step) = self.state.dirty.next(position, within) {
            self.state.dirty.clear(step);
            if let Some(from) = self.compute(step) {
                self.state.dirty.add(&plan.readers[step]);
                for reader in &plan.growing[step] {
                    self.state.covered[*reader] = self.state.covered[*reader].min(from);
                }
            }
            position = step + 1;
        }
        if within.is_some() {
            self.stop_tasks();
        }
    }

    /// Computes a step; returns the first encounter for which its result changed, which is 0 for all that is not of an
    /// encounter.
    fn compute(&mut self, position: usize) -> Option<usize> {
        let planned = &self.program.plan.steps[position];
        let from = if planned.grows {
            self.state.covered[position]
        } else {
            0
        };
        let anywhere = |changed: bool| changed.then_some(0);
        match planned.work {
            Work::Aggregate(ix) => {
                let (changed, covered) = self.aggregate(ix, from, &planned.forms);
                self.state.covered[position] = covered;
                anywhere(changed)
            }
            Work::Step(Step::Derived(ix)) => {
                self.state.covered[position] = self.state.visible;
                self.derive(ix, from)
            }
            Work::Step(Step::Fact(ix)) => anywhere(self.fact(ix)),
            Work::Step(Step::Visits) => self.assign_visits(),
            Work::Step(Step::Rule(ix)) => anywhere(self.rule(ix)),
            Work::Step(Step::Risk) => anywhere(self.grade()),
            Work::Step(Step::Tasks) => anywhere(self.plan_tasks()),
        }
    }

    /// The facts row after all records, with the values of the aggregates behind its columns.
    pub fn values(mut self) -> Vec<Value> {
        self.look_on(self.encounters.len());
        if self.encounters.is_empty() {
            self.begin();
        }
        self.state.row
    }

    /// The facts row and the truth of the rules of an enrollment without records.
    pub fn blank(mut self) -> (Vec<Value>, Vec<bool>) {
        self.pass(None);
        (
            self.state.row,
            self.state.running.iter().map(Option::is_some).collect(),
        )
    }

    fn facts_view(&self) -> FactsView<'_> {
        FactsView {
            layout: &self.program.layout,
            row: &self.state.row,
            encounters: &self.encounters[..self.state.visible],
            kept: &self.state.kept,
            groups: &self.state.groups,
            tasks: &self.state.task_rows,
            referrals: &self.state.referral_rows,
        }
    }

    pub fn encounter_view(&self, position: usize) -> EncounterView<'_> {
        let (encounter, form) = self.encounters[position];
        EncounterView {
            layout: &self.program.layout,
            row: &self.state.row,
            form,
            kept: &self.state.kept[position],
            values: &encounter.values,
            groups: &encounter.groups,
        }
    }

    /// Computes a derived column of the encounters at and after `from`; returns the first whose value changed.
    fn derive(&mut self, ix: DerivedIx, from: usize) -> Option<usize> {
        let place = self.program.layout.derived[ix.get()];
        let is = &self.program.derived[ix.get()].is;
        let mut changed = None;
        for position in from..self.state.visible {
            let value = is.eval(&self.encounter_view(position));
            if self.state.kept[position][place] != value {
                changed = changed.or(Some(position));
                self.state.kept[position][place] = value;
            }
        }
        changed
    }

    /// Takes the rows at and after `from` into the value of an aggregate; returns whether it changed, and how many
    /// rows it covers now. Encounters of other than `forms` add nothing to it.
    fn aggregate(&mut self, ix: usize, from: usize, forms: &[bool]) -> (bool, usize) {
        let plan = &self.program.plan;
        let (aggregate, slot) = (&plan.aggregates[ix], plan.columns + ix);
        let view = self.facts_view();
        let covered = view.len(aggregate.set);
        let of_encounters = aggregate.set == self.program.layout.encounter;
        let worth = |row: usize| !of_encounters || forms[self.encounters[row].0.form.get()];
        let value = aggregate.extend(&self.state.row[slot], &view, from, &worth);
        let changed = self.state.row[slot] != value;
        if changed {
            self.state.row[slot] = value;
        }
        (changed, covered)
    }

    fn fact(&mut self, ix: FactIx) -> bool {
        let fact = self.program.fact(ix);
        let value = if self.program.plan.eager {
            fact.is.eval(&self.facts_view())
        } else {
            self.program.plan.facts[ix.get()].eval(&RowView(&self.state.row))
        };
        let slot = usize::from(fact.slot.0);
        let changed = self.state.row[slot] != value;
        if changed {
            self.state.row[slot] = value;
        }
        changed
    }

    /// Returns the first encounter whose visit changed.
    fn assign_visits(&mut self) -> Option<usize> {
        let filled = visits::assign(self);
        let mut changed = None;
        for (position, visit) in filled.iter().enumerate() {
            let value = visit.map_or(Value::Null, |visit| Value::Code(code(visit)));
            if self.state.kept[position][VISIT_SLOT] != value {
                changed = changed.or(Some(position));
                self.state.kept[position][VISIT_SLOT] = value;
            }
        }
        self.state.filled[..filled.len()].copy_from_slice(&filled);
        changed
    }

    /// Looks at a rule: starts its clock, or stops it.
    fn rule(&mut self, ix: RuleIx) -> bool {
        let holds = self.program.rule(ix).when.holds(&RowView(&self.state.row));
        match (
            self.state.running[ix.get()],
            holds,
            self.state.visible.checked_sub(1),
        ) {
            (None, true, newest) => {
                let at = newest.map_or(0, |newest| self.encounters[newest].0.recorded_at_ms);
                self.state.running[ix.get()] = Some(self.state.hits.len());
                self.state.live.set(ix.get());
                self.state.hits.push(HitClock {
                    rule: ix,
                    since_ms: at,
                    by: newest.unwrap_or(0),
                    until_ms: None,
                    ended_by: None,
                    stopped_ms: None,
                    done_by: None,
                });
                true
            }
            (Some(hit), false, Some(newest)) => {
                // A late record of an early day can stand before the one that started the clock.
                let at = self.encounters[newest]
                    .0
                    .recorded_at_ms
                    .max(self.state.hits[hit].since_ms);
                self.state.hits[hit].until_ms = Some(at);
                self.state.hits[hit].ended_by = Some(newest);
                self.state.running[ix.get()] = None;
                self.state.live.clear(ix.get());
                true
            }
            _ => false,
        }
    }

    /// Whether another true rule replaces this one.
    pub fn is_replaced(&self, rule: RuleIx) -> bool {
        self.program.plan.replaced_by[rule.get()]
            .iter()
            .any(|other| self.state.running[other.get()].is_some())
    }

    /// Level, marks and scores of all rules that count.
    fn grade(&mut self) -> bool {
        let mut level = None;
        let mut marks: Vec<usize> = Vec::new();
        let mut scores = vec![0i64; self.state.scores.len()];
        for position in self.state.live.iter(Some(&self.program.plan.graders)) {
            let rule = &self.program.rules[position];
            if self.is_replaced(RuleIx::new(position)) {
                continue;
            }
            level = level.max(rule.risk);
            marks.extend(rule.mark.filter(|mark| !marks.contains(mark)));
            for (score, points) in &rule.points {
                scores[score.get()] += i64::from(*points);
            }
        }
        marks.sort_unstable();
        if let (None, Some(scale)) = (level, &self.program.risk) {
            let assessed = scale
                .assessed_when
                .as_ref()
                .is_none_or(|when| when.holds(&RowView(&self.state.row)));
            level = assessed.then_some(0);
        }
        let changed =
            (level, &marks, &scores) != (self.state.level, &self.state.marks, &self.state.scores);
        if changed {
            (self.state.level, self.state.marks, self.state.scores) = (level, marks, scores);
            self.write_risk();
        }
        self.keep_risk();
        changed
    }

    /// Puts the risk into the facts row.
    fn write_risk(&mut self) {
        let layout = &self.program.layout;
        if let Some((level_slot, marks_slot)) = layout.risk {
            self.state.row[usize::from(level_slot.0)] = self
                .level
                .map_or(Value::Null, |level| Value::Code(code(level)));
            let marks: CodeSet = self.state.marks.iter().map(|mark| code(*mark)).collect();
            self.state.row[usize::from(marks_slot.0)] = Value::Codes(marks);
        }
        for (slot, score) in layout.scores.iter().zip(&self.state.scores) {
            self.state.row[usize::from(slot.0)] = Value::Number(*score);
        }
    }

    /// The newest encounter keeps the risk after it.
    fn keep_risk(&mut self) {
        let layout = &self.program.layout;
        let Some(kept) = self.state.kept.last_mut() else {
            return;
        };
        if let (Some(place), Some((level, marks))) = (layout.risk_after, layout.risk) {
            kept[place] = self.state.row[usize::from(level.0)].clone();
            kept[place + 1] = self.state.row[usize::from(marks.0)].clone();
        }
        for (place, score) in self.state.scores.iter().enumerate() {
            kept[layout.scores_after + place] = Value::Number(*score);
        }
    }

    fn plan_tasks(&mut self) -> bool {
        self.stop_tasks();
        let tasks = tasks::plan(self, &self.state.filled[..self.state.visible]);
        let rows = tasks::rows(self, &tasks);
        let changed = rows != self.state.task_rows;
        self.state.task_rows = rows;
        self.state.tasks = tasks;
        changed
    }

    /// Whether the enrollment is over, and the day of its end: the earlier of what its facts say and of what ended it from
    /// outside.
    pub fn end_of_care(&self) -> (bool, Option<DayNumber>) {
        let closed = self
            .program
            .closed_when
            .as_ref()
            .is_some_and(|when| when.holds(&RowView(&self.state.row)));
        let on = tasks::date(self, self.program.closed_on.as_ref());
        match self.history.ended_on {
            None => (closed, on),
            Some(ended) => {
                let by_facts = on.filter(|_| closed);
                (true, Some(by_facts.map_or(ended, |on| on.min(ended))))
            }
        }
    }

    /// Tasks of rules are done by the record that makes their `done_if` true, also when it stops the rule.
    fn finish_tasks(&mut self, newest: usize) {
        for rule in &self.program.plan.finishing {
            let running = self.state.running[rule.get()].or_else(|| {
                let ended = |hit: &HitClock| hit.rule == *rule && hit.ended_by == Some(newest);
                self.state.hits.iter().rposition(ended)
            });
            let Some(at) = running.filter(|at| self.state.hits[*at].done_by.is_none()) else {
                continue;
            };
            let task = self.program.rule(*rule).task.as_ref();
            let done_if = task.and_then(|task| task.done_if.as_ref());
            if done_if.is_some_and(|done| done.holds(&RowView(&self.state.row))) {
                self.state.hits[at].done_by = Some(newest);
            }
        }
    }

    /// Tasks of rules end for good when their `until` becomes true.
    fn stop_tasks(&mut self) {
        let Some(newest) = self.state.visible.checked_sub(1) else {
            return;
        };
        self.finish_tasks(newest);
        let at = self.encounters[newest].0.recorded_at_ms;
        let live = self.state.live.iter(Some(&self.program.plan.ending));
        for running in live.filter_map(|rule| self.state.running[rule]) {
            let hit = &self.state.hits[running];
            let until = self
                .program
                .rule(hit.rule)
                .task
                .as_ref()
                .and_then(|task| task.until.as_ref());
            if hit.stopped_ms.is_none()
                && until.is_some_and(|until| until.holds(&RowView(&self.state.row)))
            {
                let since = hit.since_ms;
                self.state.hits[running].stopped_ms = Some(at.max(since));
            }
        }
    }

    fn keep_story(&mut self, position: usize) {
        debug_assert_eq!(position, self.state.outcomes.len());
        self.state.outcomes.push(EncounterOutcome {
            visit: None,
            derived: Vec::new(),
            level: self.state.level,
            marks: self.state.marks.clone(),
            scores: self.state.scores.clone(),
            rules: self.state.live.iter(None).map(RuleIx::new).collect(),
        });
    }

    /// What the encounters amount to. The run can go on afterwards: its tasks, which are given away, are computed anew
    /// with every encounter.
    pub fn finish(&mut self) -> Outcome {
        let layout = &self.program.layout;
        let (closed, closed_on) = self.end_of_care();
        let closed_on = closed_on.filter(|_| closed);
        let hits = self
            .hits
            .iter()
            .map(|hit| hit.finish(self.is_replaced(hit.rule), &self.given))
            .collect();
        let mut encounters = vec![EncounterOutcome::default(); self.state.outcomes.len()];
        for (position, story) in self.state.outcomes.iter().enumerate() {
            let derived = layout
                .derived
                .iter()
                .map(|place| self.state.kept[position][*place].clone());
            encounters[self.given[position]] = EncounterOutcome {
                visit: self.state.filled[position].map(crate::model::VisitIx::new),
                derived: derived.collect(),
                ..story.clone()
            };
        }
        Outcome {
            encounters,
            level: self.state.level,
            marks: self.state.marks.clone(),
            scores: self.state.scores.clone(),
            hits,
            tasks: std::mem::take(&mut self.state.tasks),
            referrals: referrals::clocks(self.program, self.history),
            closed,
            closed_on,
            // What aggregates keep beside the row is not of it.
            row: self.columns().to_vec(),
        }
    }
}

/// Where an encounter stands in a replay.
pub(super) fn place(encounter: &Encounter) -> (DayNumber, i64, u128) {
    (
        encounter.occurred_on,
        encounter.recorded_at_ms,
        encounter.id,
    )
}

/// The positions of a history's encounters, in the order of a replay.
pub(super) fn order(history: &History) -> Vec<usize> {
    let mut given: Vec<usize> = (0..history.encounters.len()).collect();
    given.sort_by_key(|position| place(&history.encounters[*position]));
    given
}

/// A position as the code of a value set made by the engine.
pub(super) fn code(position: usize) -> u16 {
    u16::try_from(position).expect("value sets have fewer than 65,536 codes")
}
