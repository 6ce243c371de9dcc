//! The replay itself: the encounters one after the other, each time computing what can have changed.

use fuyou_expr::{CodeSet, Rows as _, Value};

use super::bits::Bits;
use super::history::{Encounter, History};
use super::outcome::{EncounterOutcome, Outcome};
use super::plan::Work;
use super::tasks::{self, HitClock};
use super::views::{EncounterView, FactsView, GroupRow, ReferralRow, RowView, TaskRow};
use super::{clock, referrals, visits};
use crate::model::{DerivedIx, FactIx, Form, Program, RuleIx};
use crate::scope::{Step, VISIT_SLOT};

/// The state of a replay.
pub(super) struct Run<'a> {
    pub program: &'a Program,
    pub history: &'a History,
    /// The encounters in replay order, with their positions in the history given.
    pub encounters: Vec<(&'a Encounter, &'a Form)>,
    pub given: Vec<usize>,
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

impl<'a> Run<'a> {
    pub fn new(program: &'a Program, history: &'a History) -> Self {
        let mut given: Vec<usize> = (0..history.encounters.len()).collect();
        given.sort_by_key(|position| {
            let encounter = &history.encounters[*position];
            (
                encounter.occurred_on,
                encounter.recorded_at_ms,
                encounter.id,
            )
        });
        Self::over(program, history, given)
    }

    fn over(program: &'a Program, history: &'a History, given: Vec<usize>) -> Self {
        let encounters: Vec<(&Encounter, &Form)> = given
            .iter()
            .map(|position| &history.encounters[*position])
            .map(|e| (e, program.form(e.form)))
            .collect();
        let layout = &program.layout;
        let mut run = Self {
            row: program.plan.blank.clone(),
            kept: Vec::with_capacity(encounters.len()),
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
            filled: vec![None; encounters.len()],
            outcomes: Vec::with_capacity(encounters.len()),
            tasks: Vec::new(),
            visible: 0,
            program,
            history,
            encounters,
            given,
        };
        run.start_row();
        run
    }

    /// Fills what is known of the enrollment whatever was recorded.
    fn start_row(&mut self) {
        let person = &self.history.person;
        let plan = &self.program.plan;
        self.row
            .resize(plan.columns + plan.aggregates.len(), Value::Null);
        let known = [
            &person.birth_on,
            &person.sex,
            &person.household,
            &person.population,
            &person.residence,
        ];
        for (slot, value) in known.into_iter().enumerate() {
            self.row[slot] = value.clone();
        }
        self.row[5] = self
            .history
            .opened_on
            .map_or(Value::Null, |on| Value::Date(on.0));
        self.row[6] = self.history.org.clone().map_or(Value::Null, Value::Text);
        for slot in &self.program.layout.scores {
            self.row[usize::from(slot.0)] = Value::Number(0);
        }
        if let Some((level, marks)) = self.program.layout.risk {
            self.row[usize::from(level.0)] = Value::Null;
            self.row[usize::from(marks.0)] = Value::Codes(CodeSet::default());
        }
    }

    /// A run over no encounter yet; of the history only what surrounds them is read.
    pub fn empty(program: &'a Program, around: &'a History) -> Self {
        Self::over(program, around, Vec::new())
    }

    /// What is so before the first encounter.
    pub fn begin(&mut self) {
        self.see_referrals(true);
        self.pass(true);
    }

    /// The facts row.
    pub fn columns(&self) -> &[Value] {
        &self.row[..self.program.plan.columns]
    }

    /// Whether an encounter comes after all that were added.
    pub fn comes_next(&self, encounter: &Encounter) -> bool {
        let key = |encounter: &Encounter| {
            (
                encounter.occurred_on,
                encounter.recorded_at_ms,
                encounter.id,
            )
        };
        self.encounters
            .last()
            .is_none_or(|(last, _)| key(last) < key(encounter))
    }

    /// Adds an encounter that comes next, and computes the whole row.
    pub fn add(&mut self, encounter: &'a Encounter, given: usize) {
        self.encounters
            .push((encounter, self.program.form(encounter.form)));
        self.given.push(given);
        self.filled.push(None);
        self.admit(self.encounters.len() - 1);
        self.pass(true);
    }

    /// Runs everything.
    pub fn outcome(mut self) -> Outcome {
        let count = self.encounters.len();
        for position in 0..count {
            self.admit(position);
            self.pass(position + 1 == count);
            self.keep_story(position);
        }
        if count == 0 {
            self.see_referrals(true);
            self.pass(true);
        }
        self.finish()
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
        self.kept.push(kept);
        for (group, definition) in form.groups.iter().enumerate() {
            let rows = encounter.groups.get(group).map_or(0, Vec::len);
            let place = |row: usize| GroupRow {
                encounter: u32::try_from(position)
                    .expect("an enrollment has fewer than 2^32 encounters"),
                group: u16::try_from(group).expect("a form has fewer than 65,536 groups"),
                row: u32::try_from(row).expect("a group has fewer than 2^32 rows"),
            };
            self.groups[definition.set].extend((0..rows).map(place));
        }
        self.visible = position + 1;
        self.dirty
            .add(&self.program.plan.reached[encounter.form.get()]);
        self.see_referrals(self.visible == self.encounters.len());
    }

    /// Referrals are seen from the day they were sent; with the last encounter all of them are.
    fn see_referrals(&mut self, all: bool) {
        let now = self
            .visible
            .checked_sub(1)
            .map(|last| self.encounters[last].0.occurred_on);
        let rows = referrals::rows(self.program, self.history, if all { None } else { now });
        if rows != self.referral_rows {
            self.dirty.add(&self.program.plan.referrals);
            self.referral_rows = rows;
        }
    }

    /// One pass over the steps: what the story needs, or everything at the end.
    fn pass(&mut self, last: bool) {
        let plan = &self.program.plan;
        let within = if last { None } else { Some(&plan.always) };
        let mut position = 0;
        while let Some(step) = self.dirty.next(position, within) {
            self.dirty.clear(step);
            if let Some(from) = self.compute(step) {
                self.dirty.add(&plan.readers[step]);
                for reader in &plan.growing[step] {
                    self.covered[*reader] = self.covered[*reader].min(from);
                }
            }
            position = step + 1;
        }
        if !last {
            self.stop_tasks();
        }
    }

    /// Computes a step; returns the first encounter for which its result changed, which is 0 for all that is not of an
    /// encounter.
    fn compute(&mut self, position: usize) -> Option<usize> {
        let planned = &self.program.plan.steps[position];
        let from = if planned.grows {
            self.covered[position]
        } else {
            0
        };
        let anywhere = |changed: bool| changed.then_some(0);
        match planned.work {
            Work::Aggregate(ix) => {
                let (changed, covered) = self.aggregate(ix, from, &planned.forms);
                self.covered[position] = covered;
                anywhere(changed)
            }
            Work::Step(Step::Derived(ix)) => {
                self.covered[position] = self.visible;
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
        let count = self.encounters.len();
        for position in 0..count {
            self.admit(position);
            self.pass(position + 1 == count);
        }
        if count == 0 {
            self.begin();
        }
        self.row
    }

    /// The facts row and the truth of the rules of an enrollment without records.
    pub fn blank(mut self) -> (Vec<Value>, Vec<bool>) {
        self.pass(true);
        (self.row, self.running.iter().map(Option::is_some).collect())
    }

    fn facts_view(&self) -> FactsView<'_> {
        FactsView {
            layout: &self.program.layout,
            row: &self.row,
            encounters: &self.encounters[..self.visible],
            kept: &self.kept,
            groups: &self.groups,
            tasks: &self.task_rows,
            referrals: &self.referral_rows,
        }
    }

    pub fn encounter_view(&self, position: usize) -> EncounterView<'_> {
        let (encounter, form) = self.encounters[position];
        EncounterView {
            layout: &self.program.layout,
            row: &self.row,
            form,
            kept: &self.kept[position],
            values: &encounter.values,
            groups: &encounter.groups,
        }
    }

    /// Computes a derived column of the encounters at and after `from`; returns the first whose value changed.
    fn derive(&mut self, ix: DerivedIx, from: usize) -> Option<usize> {
        let place = self.program.layout.derived[ix.get()];
        let is = &self.program.derived[ix.get()].is;
        let mut changed = None;
        for position in from..self.visible {
            let value = is.eval(&self.encounter_view(position));
            if self.kept[position][place] != value {
                changed = changed.or(Some(position));
                self.kept[position][place] = value;
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
        let value = aggregate.extend(&self.row[slot], &view, from, &worth);
        let changed = self.row[slot] != value;
        if changed {
            self.row[slot] = value;
        }
        (changed, covered)
    }

    fn fact(&mut self, ix: FactIx) -> bool {
        let fact = self.program.fact(ix);
        let value = if self.program.plan.eager {
            fact.is.eval(&self.facts_view())
        } else {
            self.program.plan.facts[ix.get()].eval(&RowView(&self.row))
        };
        let slot = usize::from(fact.slot.0);
        let changed = self.row[slot] != value;
        if changed {
            self.row[slot] = value;
        }
        changed
    }

    /// Returns the first encounter whose visit changed.
    fn assign_visits(&mut self) -> Option<usize> {
        let filled = visits::assign(self);
        let mut changed = None;
        for (position, visit) in filled.iter().enumerate() {
            let value = visit.map_or(Value::Null, |visit| Value::Code(code(visit)));
            if self.kept[position][VISIT_SLOT] != value {
                changed = changed.or(Some(position));
                self.kept[position][VISIT_SLOT] = value;
            }
        }
        self.filled[..filled.len()].copy_from_slice(&filled);
        changed
    }

    /// Looks at a rule: starts its clock, or stops it.
    fn rule(&mut self, ix: RuleIx) -> bool {
        let holds = self.program.rule(ix).when.holds(&RowView(&self.row));
        match (self.running[ix.get()], holds, self.visible.checked_sub(1)) {
            (None, true, newest) => {
                let at = newest.map_or(0, |newest| self.encounters[newest].0.recorded_at_ms);
                self.running[ix.get()] = Some(self.hits.len());
                self.live.set(ix.get());
                self.hits.push(HitClock {
                    rule: ix,
                    since_ms: at,
                    by: newest.unwrap_or(0),
                    until_ms: None,
                    stopped_ms: None,
                });
                true
            }
            (Some(hit), false, Some(newest)) => {
                // A late record of an early day can stand before the one that started the clock.
                let at = self.encounters[newest]
                    .0
                    .recorded_at_ms
                    .max(self.hits[hit].since_ms);
                self.hits[hit].until_ms = Some(at);
                self.running[ix.get()] = None;
                self.live.clear(ix.get());
                true
            }
            _ => false,
        }
    }

    /// Whether another true rule replaces this one.
    pub fn is_replaced(&self, rule: RuleIx) -> bool {
        self.program.plan.replaced_by[rule.get()]
            .iter()
            .any(|other| self.running[other.get()].is_some())
    }

    /// Level, marks and scores of all rules that count.
    fn grade(&mut self) -> bool {
        let mut level = None;
        let mut marks: Vec<usize> = Vec::new();
        let mut scores = vec![0i64; self.scores.len()];
        for position in self.live.iter(Some(&self.program.plan.graders)) {
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
                .is_none_or(|when| when.holds(&RowView(&self.row)));
            level = assessed.then_some(0);
        }
        let changed = (level, &marks, &scores) != (self.level, &self.marks, &self.scores);
        if changed {
            (self.level, self.marks, self.scores) = (level, marks, scores);
            self.write_risk();
        }
        self.keep_risk();
        changed
    }

    /// Puts the risk into the facts row.
    fn write_risk(&mut self) {
        let layout = &self.program.layout;
        if let Some((level_slot, marks_slot)) = layout.risk {
            self.row[usize::from(level_slot.0)] = self
                .level
                .map_or(Value::Null, |level| Value::Code(code(level)));
            let marks: CodeSet = self.marks.iter().map(|mark| code(*mark)).collect();
            self.row[usize::from(marks_slot.0)] = Value::Codes(marks);
        }
        for (slot, score) in layout.scores.iter().zip(&self.scores) {
            self.row[usize::from(slot.0)] = Value::Number(*score);
        }
    }

    /// The newest encounter keeps the risk after it.
    fn keep_risk(&mut self) {
        let layout = &self.program.layout;
        let Some(kept) = self.kept.last_mut() else {
            return;
        };
        if let (Some(place), Some((level, marks))) = (layout.risk_after, layout.risk) {
            kept[place] = self.row[usize::from(level.0)].clone();
            kept[place + 1] = self.row[usize::from(marks.0)].clone();
        }
        for (place, score) in self.scores.iter().enumerate() {
            kept[layout.scores_after + place] = Value::Number(*score);
        }
    }

    fn plan_tasks(&mut self) -> bool {
        self.stop_tasks();
        let tasks = tasks::plan(self, &self.filled[..self.visible]);
        let rows = tasks::rows(self, &tasks);
        let changed = rows != self.task_rows;
        self.task_rows = rows;
        self.tasks = tasks;
        changed
    }

    /// Tasks of rules end for good when their `until` becomes true.
    fn stop_tasks(&mut self) {
        let Some(newest) = self.visible.checked_sub(1) else {
            return;
        };
        let at = self.encounters[newest].0.recorded_at_ms;
        let live = self.live.iter(Some(&self.program.plan.ending));
        for running in live.filter_map(|rule| self.running[rule]) {
            let hit = &self.hits[running];
            let until = self
                .program
                .rule(hit.rule)
                .task
                .as_ref()
                .and_then(|task| task.until.as_ref());
            if hit.stopped_ms.is_none()
                && until.is_some_and(|until| until.holds(&RowView(&self.row)))
            {
                let since = hit.since_ms;
                self.hits[running].stopped_ms = Some(at.max(since));
            }
        }
    }

    fn keep_story(&mut self, position: usize) {
        debug_assert_eq!(position, self.outcomes.len());
        self.outcomes.push(EncounterOutcome {
            visit: None,
            derived: Vec::new(),
            level: self.level,
            marks: self.marks.clone(),
            scores: self.scores.clone(),
            rules: self.live.iter(None).map(RuleIx::new).collect(),
        });
    }

    fn finish(mut self) -> Outcome {
        let layout = &self.program.layout;
        let closed = self
            .program
            .closed_when
            .as_ref()
            .is_some_and(|when| when.holds(&RowView(&self.row)));
        // What aggregates keep beside the row is not of it.
        self.row.truncate(self.program.plan.columns);
        let closed_on = match self
            .program
            .closed_on
            .as_ref()
            .map(|on| on.eval(&RowView(&self.row)))
        {
            Some(Value::Date(day)) if closed => Some(fuyou_kernel::DayNumber(day)),
            _ => None,
        };
        let hits = self
            .hits
            .iter()
            .map(|hit| hit.finish(self.is_replaced(hit.rule), &self.given))
            .collect();
        let mut encounters = vec![EncounterOutcome::default(); self.outcomes.len()];
        for (position, mut outcome) in std::mem::take(&mut self.outcomes).into_iter().enumerate() {
            outcome.visit = self.filled[position].map(crate::model::VisitIx::new);
            let derived = layout
                .derived
                .iter()
                .map(|place| std::mem::take(&mut self.kept[position][*place]));
            outcome.derived = derived.collect();
            encounters[self.given[position]] = outcome;
        }
        Outcome {
            encounters,
            level: self.level,
            marks: self.marks,
            scores: self.scores,
            hits,
            tasks: self.tasks,
            referrals: referrals::clocks(self.program, self.history),
            closed,
            closed_on,
            row: self.row,
        }
    }
}

/// A position as the code of a value set made by the engine.
pub(super) fn code(position: usize) -> u16 {
    u16::try_from(position).expect("value sets have fewer than 65,536 codes")
}
