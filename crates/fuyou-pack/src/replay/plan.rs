//! The order of a replay and what must be looked at again when something changed. Made once per program.

use std::collections::HashMap;

use fuyou_expr::{Aggregate, ColumnRef, Expr, Kind, Node, Slot, Value};

use super::bits::Bits;
use super::history::History;
use super::reach::{ColumnKnown, Environment, Known, contributes, known};
use super::shared::Shared;
use crate::model::{FactIx, FormIx, Program, RuleIx};
use crate::scope::{EncounterOuter, FormOuter, Member, NO_FIELD, Step};

/// Something to compute: a step of the program, or an aggregate that its facts share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Step(Step),
    /// An aggregate, by its position in the plan.
    Aggregate(usize),
}

/// A step with what it needs.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub work: Work,
    /// Positions of the steps whose results it reads.
    pub needs: Vec<usize>,
    /// For each form whether a new encounter of it can change the result by itself.
    pub forms: Vec<bool>,
    /// Whether it reads the referrals.
    pub referrals: bool,
    /// Whether rules, and so the story after each encounter, depend on it; the others are computed once at the end.
    pub always: bool,
    /// Whether its value over the rows looked at stays as it is until something it needs changes in one of them: then
    /// a new encounter costs a look at its own rows only.
    pub grows: bool,
}

/// The plan of a program.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub steps: Vec<Planned>,
    /// The different aggregates of all facts. Their values stand in the facts row behind its columns.
    pub aggregates: Vec<Aggregate>,
    /// The facts, with the places of the aggregates' values instead of the aggregates.
    pub facts: Vec<Expr>,
    /// How many columns the facts row has, without those values.
    pub columns: usize,
    /// For each step those of its readers that grow.
    pub growing: Vec<Vec<usize>>,
    /// The rules that decide level, marks or scores.
    pub graders: Bits,
    /// The rules whose tasks end with a condition.
    pub ending: Bits,
    /// The rules whose task a record can do by what it makes true.
    pub finishing: Vec<RuleIx>,
    /// Computes every step after every record, whole: what tests compare with.
    pub eager: bool,
    /// For each rule the rules that replace it.
    pub replaced_by: Vec<Vec<RuleIx>>,
    /// The facts row of an enrollment without records, of a subject of whom nothing is known.
    pub blank: Vec<Value>,
    /// What must be looked at whatever the first record is: the others are then as in `blank`.
    pub at_first: Bits,
    /// What a new encounter of each form can change by itself.
    pub reached: Vec<Bits>,
    /// What reads the result of each step.
    pub readers: Vec<Bits>,
    /// What reads the referrals.
    pub referrals: Bits,
    /// What the story after each encounter depends on.
    pub always: Bits,
    /// What the story and the checks of forms depend on.
    pub checked: Bits,
}

impl Plan {
    /// Makes the plan of a program whose expressions are all parsed.
    pub fn new(program: &Program) -> Self {
        let shared = Shared::of(program);
        let maker = Maker::new(program, &shared);
        let mut steps: Vec<Planned> = shared
            .work
            .iter()
            .map(|work| maker.planned(*work))
            .collect();
        for position in within(&steps, story_starts(program, &maker, &steps)) {
            steps[position].always = true;
        }
        let checked = within(&steps, check_starts(program, &maker, &steps));
        let rules = program.rules.len();
        let mut replaced_by = vec![Vec::new(); rules];
        let (mut graders, mut ending) = (Bits::none(rules), Bits::none(rules));
        let mut finishing = Vec::new();
        for (position, rule) in program.rules.iter().enumerate() {
            if rule.risk.is_some() || rule.mark.is_some() || !rule.points.is_empty() {
                graders.set(position);
            }
            if rule.task.as_ref().is_some_and(|task| task.until.is_some()) {
                ending.set(position);
            }
            if rule
                .task
                .as_ref()
                .is_some_and(|task| task.done_if.is_some())
            {
                finishing.push(RuleIx::new(position));
            }
            for replaced in &rule.replaces {
                replaced_by[replaced.get()].push(RuleIx::new(position));
            }
        }
        let mut plan = Self {
            steps,
            replaced_by,
            graders,
            ending,
            finishing,
            aggregates: shared.aggregates,
            facts: shared.facts,
            columns: shared.columns,
            ..Self::default()
        };
        plan.index(program.forms.len());
        plan.checked = Bits::none(plan.steps.len());
        for position in checked {
            plan.checked.set(position);
        }
        plan
    }

    /// Turns the steps' own lists round: from what changed to what must be looked at.
    fn index(&mut self, forms: usize) {
        let len = self.steps.len();
        self.at_first = Bits::all(len);
        self.reached = vec![Bits::none(len); forms];
        self.readers = vec![Bits::none(len); len];
        self.growing = vec![Vec::new(); len];
        (self.referrals, self.always) = (Bits::none(len), Bits::none(len));
        for (position, planned) in self.steps.iter().enumerate() {
            for need in &planned.needs {
                self.readers[*need].set(position);
                if planned.grows {
                    self.growing[*need].push(position);
                }
            }
            for (form, reached) in planned.forms.iter().enumerate() {
                if *reached {
                    self.reached[form].set(position);
                }
            }
            if planned.referrals {
                self.referrals.set(position);
            }
            if planned.always {
                self.always.set(position);
            }
        }
    }

    /// Looks what every enrollment begins with. Most facts say nothing and most rules are not true before the first
    /// record; a replay need not find that out each time.
    pub fn see_blank(program: &mut Program) {
        let nothing = History::default();
        let (row, rules) = super::run::Run::new(program, &nothing).blank();
        let known_before = 7;
        // The risk of nothing may differ from the risk before anything was looked at.
        let plan = &program.plan;
        let risk = plan
            .steps
            .iter()
            .position(|planned| planned.work == Work::Step(Step::Risk));
        let starts_blank = plan.steps.iter().map(|planned| {
            let reads_subject = |expr: &Expr| {
                expr.columns()
                    .any(|column| column.set.is_none() && usize::from(column.slot.0) < known_before)
            };
            let graded = planned.needs.iter().any(|need| Some(*need) == risk);
            match planned.work {
                // Over no rows an aggregate is the same whatever else it reads.
                Work::Aggregate(_) => !planned.referrals,
                Work::Step(Step::Fact(ix)) => {
                    !graded && !planned.referrals && !reads_subject(&program.fact(ix).is)
                }
                Work::Step(Step::Rule(ix)) => {
                    !graded && !rules[ix.get()] && !reads_subject(&program.rule(ix).when)
                }
                Work::Step(Step::Derived(_) | Step::Visits | Step::Risk | Step::Tasks) => false,
            }
        });
        let starts_blank: Vec<bool> = starts_blank.collect();
        let mut at_first = Bits::none(starts_blank.len());
        for position in (0..starts_blank.len()).filter(|position| !starts_blank[*position]) {
            at_first.set(position);
        }
        program.plan.at_first = at_first;
        program.plan.blank = row;
    }

    /// Computes every step after every record: what tests compare with.
    #[cfg(test)]
    pub fn make_eager(&mut self) {
        self.blank.clear();
        self.eager = true;
        for planned in &mut self.steps {
            planned.forms.fill(true);
            planned.always = true;
            planned.grows = false;
        }
        self.index(self.reached.len());
    }
}

struct Maker<'a> {
    program: &'a Program,
    shared: &'a Shared,
    /// Position of each step.
    position: HashMap<Step, usize>,
    /// The step that fills each slot of the facts row, if any.
    row: Vec<Option<usize>>,
    /// The step that fills each kept value of an encounter, if any.
    kept: Vec<Option<usize>>,
    /// For each derived column and form whether it is NULL in every encounter of the form.
    null: Vec<Vec<bool>>,
}

impl<'a> Maker<'a> {
    fn new(program: &'a Program, shared: &'a Shared) -> Self {
        let layout = &program.layout;
        let work = shared.work.iter().enumerate();
        let steps = work.filter_map(|(position, work)| match work {
            Work::Step(step) => Some((*step, position)),
            Work::Aggregate(_) => None,
        });
        let position: HashMap<Step, usize> = steps.collect();
        let risk = position.get(&Step::Risk).copied();
        let mut row = vec![None; shared.columns + shared.aggregates.len()];
        for slot in layout
            .risk
            .iter()
            .flat_map(|(level, marks)| [level, marks])
            .chain(&layout.scores)
        {
            row[usize::from(slot.0)] = risk;
        }
        for (step, at) in &position {
            if let Step::Fact(ix) = step {
                row[usize::from(program.fact(*ix).slot.0)] = Some(*at);
            }
        }
        for (at, work) in shared.work.iter().enumerate() {
            if let Work::Aggregate(position) = work {
                row[shared.columns + position] = Some(at);
            }
        }
        let mut kept = vec![None; layout.kept];
        kept[crate::scope::VISIT_SLOT] = position.get(&Step::Visits).copied();
        for place in layout
            .risk_after
            .iter()
            .flat_map(|place| [*place, place + 1])
        {
            kept[place] = risk;
        }
        for place in 0..layout.scores.len() {
            kept[layout.scores_after + place] = risk;
        }
        for (step, at) in &position {
            if let Step::Derived(ix) = step {
                kept[layout.derived[ix.get()]] = Some(*at);
            }
        }
        let mut maker = Self {
            program,
            shared,
            position,
            row,
            kept,
            null: vec![Vec::new(); program.derived.len()],
        };
        for step in &layout.steps {
            if let Step::Derived(ix) = step {
                let forms = (0..program.forms.len()).map(FormIx::new);
                let null = forms.map(|form| {
                    let environment = EncounterEnvironment {
                        maker: &maker,
                        form,
                    };
                    known(program.derived[ix.get()].is.root(), &environment) == Known::Null
                });
                maker.null[ix.get()] = null.collect();
            }
        }
        maker
    }

    fn planned(&self, work: Work) -> Planned {
        let mut planned = Planned {
            work,
            needs: Vec::new(),
            forms: vec![false; self.program.forms.len()],
            referrals: false,
            always: false,
            grows: false,
        };
        let own = match work {
            Work::Step(step) => {
                self.step_needs(step, &mut planned);
                self.position[&step]
            }
            Work::Aggregate(position) => {
                self.aggregate_needs(&self.shared.aggregates[position], &mut planned);
                self.row[self.shared.columns + position].unwrap_or_default()
            }
        };
        // What it reads and is computed later changes without a word: then it must be looked at whole each time.
        planned.grows &= planned.needs.iter().all(|need| *need < own);
        // Rules that read the risk come after it: only those that decide it are needed.
        planned.needs.retain(|need| *need < own);
        planned.needs.sort_unstable();
        planned.needs.dedup();
        planned
    }

    fn step_needs(&self, step: Step, planned: &mut Planned) {
        let program = self.program;
        let all = || vec![true; program.forms.len()];
        match step {
            Step::Derived(ix) => {
                self.encounter_needs(&program.derived[ix.get()].is, planned);
                planned.forms = all();
                planned.grows = true;
            }
            Step::Fact(ix) => self.fact_needs(ix, planned),
            Step::Rule(ix) => self.row_needs(&program.rule(ix).when, planned),
            Step::Visits => {
                for visit in &program.visits {
                    self.row_needs(&visit.anchor, planned);
                    if let Some(counts_if) = &visit.counts_if {
                        self.encounter_needs(counts_if, planned);
                    }
                    planned.forms[visit.form.get()] = true;
                }
            }
            Step::Risk => {
                let rules = (0..program.rules.len())
                    .filter_map(|rule| self.position.get(&Step::Rule(RuleIx::new(rule))));
                planned.needs.extend(rules);
                let condition = program
                    .risk
                    .as_ref()
                    .and_then(|scale| scale.assessed_when.as_ref());
                if let Some(condition) = condition {
                    self.row_needs(condition, planned);
                }
                // Each encounter keeps the risk after it.
                planned.forms = all();
            }
            Step::Tasks => planned.forms = all(),
        }
    }

    fn row_need(&self, slot: Slot, planned: &mut Planned) {
        planned.needs.extend(self.row[usize::from(slot.0)]);
    }

    fn row_needs(&self, expr: &Expr, planned: &mut Planned) {
        for column in expr.columns() {
            self.row_need(column.slot, planned);
        }
    }

    fn member_need(&self, slot: Slot, planned: &mut Planned) {
        if let Member::Kept(place) = self.program.layout.members[usize::from(slot.0)] {
            planned.needs.extend(self.kept[place]);
        }
    }

    /// A fact reads columns of its row, and the values of its aggregates beside them.
    fn fact_needs(&self, ix: FactIx, planned: &mut Planned) {
        self.shared.facts[ix.get()].root().visit(&mut |node| {
            if let Kind::Column(column) = node.kind {
                self.row_need(column.slot, planned);
            }
        });
        let referral = self.program.layout.referral;
        let is = self.program.fact(ix).is.root();
        planned.referrals = aggregates(is).iter().any(|one| one.set == referral);
    }

    fn aggregate_needs(&self, aggregate: &Aggregate, planned: &mut Planned) {
        let layout = &self.program.layout;
        let mut see = |node: &Node| {
            if let Kind::Column(column) = node.kind {
                match column.set {
                    None => self.row_need(column.slot, planned),
                    Some(set) if set == layout.encounter => self.member_need(column.slot, planned),
                    Some(_) => {}
                }
            }
        };
        for part in aggregate.of.iter().chain(&aggregate.filter) {
            part.visit(&mut see);
        }
        if aggregate.set == layout.task {
            planned.needs.extend(self.position.get(&Step::Tasks));
        }
        planned.referrals = aggregate.set == layout.referral;
        planned.grows = aggregate.set != layout.task && aggregate.set != layout.referral;
        for form in 0..self.program.forms.len() {
            planned.forms[form] = self.reaches(aggregate, FormIx::new(form));
        }
    }

    fn encounter_needs(&self, expr: &Expr, planned: &mut Planned) {
        for column in expr.columns().filter(|column| column.set.is_none()) {
            match self.program.layout.encounter_outer[usize::from(column.slot.0)] {
                EncounterOuter::Row(slot) => self.row_need(slot, planned),
                EncounterOuter::Member(slot) => self.member_need(slot, planned),
            }
        }
    }

    /// Whether a new encounter of a form can change the value of an aggregate by itself.
    fn reaches(&self, aggregate: &Aggregate, form: FormIx) -> bool {
        let layout = &self.program.layout;
        if aggregate.set == layout.encounter {
            contributes(aggregate, &FactsEnvironment { maker: self, form })
        } else if aggregate.set == layout.task || aggregate.set == layout.referral {
            false
        } else {
            let group = usize::from(aggregate.set.0) - 3;
            let groups = &self.program.form(form).groups;
            groups.iter().any(|own| own.set == group)
        }
    }

    fn member_known(&self, slot: Slot, form: FormIx) -> ColumnKnown {
        match self.program.layout.members[usize::from(slot.0)] {
            Member::Field if self.program.form(form).by_slot[usize::from(slot.0)] == NO_FIELD => {
                ColumnKnown::Null
            }
            Member::Kept(0) => {
                u16::try_from(form.get()).map_or(ColumnKnown::Anything, ColumnKnown::Code)
            }
            Member::Kept(place) => {
                let derived = self
                    .program
                    .layout
                    .derived
                    .iter()
                    .position(|kept| *kept == place);
                let null = derived
                    .and_then(|ix| self.null[ix].get(form.get()))
                    .copied()
                    .unwrap_or(false);
                if null {
                    ColumnKnown::Null
                } else {
                    ColumnKnown::Anything
                }
            }
            Member::Field => ColumnKnown::Anything,
        }
    }
}

/// A row of the set `encounter` of one form.
struct FactsEnvironment<'a> {
    maker: &'a Maker<'a>,
    form: FormIx,
}

impl Environment for FactsEnvironment<'_> {
    fn column(&self, column: ColumnRef) -> ColumnKnown {
        match column.set {
            Some(set) if set == self.maker.program.layout.encounter => {
                self.maker.member_known(column.slot, self.form)
            }
            _ => ColumnKnown::Anything,
        }
    }
}

/// The outer row of the encounter scope in an encounter of one form.
struct EncounterEnvironment<'a> {
    maker: &'a Maker<'a>,
    form: FormIx,
}

impl Environment for EncounterEnvironment<'_> {
    fn column(&self, column: ColumnRef) -> ColumnKnown {
        match (
            column.set,
            self.maker
                .program
                .layout
                .encounter_outer
                .get(usize::from(column.slot.0)),
        ) {
            (None, Some(EncounterOuter::Member(slot))) => self.maker.member_known(*slot, self.form),
            _ => ColumnKnown::Anything,
        }
    }
}

/// All aggregates of a tree.
fn aggregates(root: &Node) -> Vec<&Aggregate> {
    let mut found = Vec::new();
    root.visit(&mut |node| {
        if let Kind::Aggregate(aggregate) = &node.kind {
            found.push(&**aggregate);
        }
    });
    found
}

/// What the story after each encounter begins with: all rules, and what tasks of rules end with.
fn story_starts(program: &Program, maker: &Maker<'_>, steps: &[Planned]) -> Vec<usize> {
    let is_told = |work: Work| matches!(work, Work::Step(Step::Rule(_) | Step::Risk));
    let mut starts: Vec<usize> = (0..steps.len())
        .filter(|position| is_told(steps[*position].work))
        .collect();
    let tasks = program.rules.iter().filter_map(|rule| rule.task.as_ref());
    for until in tasks.flat_map(|task| task.until.iter().chain(&task.done_if)) {
        starts.extend(
            until
                .columns()
                .filter_map(|column| maker.row[usize::from(column.slot.0)]),
        );
    }
    starts
}

/// What the checks of forms begin with, besides the story: the facts that forms and derived columns read.
fn check_starts(program: &Program, maker: &Maker<'_>, steps: &[Planned]) -> Vec<usize> {
    let told = (0..steps.len()).filter(|position| steps[*position].always);
    let of_forms = program.forms.iter().flat_map(|form| {
        let read = form.reads.iter();
        read.filter_map(|slot| match form.outer[usize::from(slot.0)] {
            FormOuter::Row(slot) => Some(slot),
            _ => None,
        })
    });
    let of_derived = program.derived.iter().flat_map(|derived| {
        let columns = derived.is.columns().filter(|column| column.set.is_none());
        columns.filter_map(|column| {
            match program.layout.encounter_outer[usize::from(column.slot.0)] {
                EncounterOuter::Row(slot) => Some(slot),
                EncounterOuter::Member(_) => None,
            }
        })
    });
    let read = of_forms.chain(of_derived);
    told.chain(read.filter_map(|slot| maker.row[usize::from(slot.0)]))
        .collect()
}

/// The steps from which these are reached: they, and what they need.
fn within(steps: &[Planned], mut pending: Vec<usize>) -> Vec<usize> {
    let mut is_in = vec![false; steps.len()];
    while let Some(position) = pending.pop() {
        if !std::mem::replace(&mut is_in[position], true) {
            pending.extend(steps[position].needs.iter().copied());
            if steps[position].work == Work::Step(Step::Tasks) {
                pending.extend(0..position);
            }
        }
    }
    (0..steps.len())
        .filter(|position| is_in[*position])
        .collect()
}
