//! The order of a replay and what must be looked at again when something changed. Made once per program.

use std::collections::HashMap;

use fuyou_expr::{Aggregate, ColumnRef, Expr, Kind, Node, Slot, Value};

use super::bits::Bits;
use super::history::History;
use super::reach::{ColumnKnown, Environment, Known, contributes, known};
use crate::model::{FormIx, Program, RuleIx};
use crate::scope::{EncounterOuter, Member, NO_FIELD, Step};

/// A step with what it needs.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub step: Step,
    /// Positions of the steps whose results it reads.
    pub needs: Vec<usize>,
    /// For each form whether a new encounter of it can change the result by itself.
    pub forms: Vec<bool>,
    /// Whether it reads the referrals.
    pub referrals: bool,
    /// Whether rules, and so the story after each encounter, depend on it; the others are computed once at the end.
    pub always: bool,
}

/// The plan of a program.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub steps: Vec<Planned>,
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
}

impl Plan {
    /// Makes the plan of a program whose expressions are all parsed.
    pub fn new(program: &Program) -> Self {
        let maker = Maker::new(program);
        let mut steps: Vec<Planned> = program
            .layout
            .steps
            .iter()
            .map(|step| maker.planned(*step))
            .collect();
        mark_always(program, &maker, &mut steps);
        let mut replaced_by = vec![Vec::new(); program.rules.len()];
        for (position, rule) in program.rules.iter().enumerate() {
            for replaced in &rule.replaces {
                replaced_by[replaced.get()].push(RuleIx::new(position));
            }
        }
        let mut plan = Self {
            steps,
            replaced_by,
            ..Self::default()
        };
        plan.index(program.forms.len());
        plan
    }

    /// Turns the steps' own lists round: from what changed to what must be looked at.
    fn index(&mut self, forms: usize) {
        let len = self.steps.len();
        self.at_first = Bits::all(len);
        self.reached = vec![Bits::none(len); forms];
        self.readers = vec![Bits::none(len); len];
        (self.referrals, self.always) = (Bits::none(len), Bits::none(len));
        for (position, planned) in self.steps.iter().enumerate() {
            for need in &planned.needs {
                self.readers[*need].set(position);
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
        let risk = program
            .layout
            .steps
            .iter()
            .position(|step| *step == Step::Risk);
        let steps = program.layout.steps.iter().zip(&program.plan.steps);
        let starts_blank = steps.map(|(step, planned)| {
            let reads_subject = |expr: &Expr| {
                expr.columns()
                    .any(|column| column.set.is_none() && usize::from(column.slot.0) < known_before)
            };
            let graded = planned.needs.iter().any(|need| Some(*need) == risk);
            match step {
                Step::Fact(ix) => {
                    !graded && !planned.referrals && !reads_subject(&program.fact(*ix).is)
                }
                Step::Rule(ix) => {
                    !graded && !rules[ix.get()] && !reads_subject(&program.rule(*ix).when)
                }
                Step::Derived(_) | Step::Visits | Step::Risk | Step::Tasks => false,
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
        for planned in &mut self.steps {
            planned.forms.fill(true);
            planned.always = true;
        }
        self.index(self.reached.len());
    }
}

struct Maker<'a> {
    program: &'a Program,
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
    fn new(program: &'a Program) -> Self {
        let layout = &program.layout;
        let position: HashMap<Step, usize> = layout
            .steps
            .iter()
            .enumerate()
            .map(|(position, step)| (*step, position))
            .collect();
        let risk = position.get(&Step::Risk).copied();
        let mut row = vec![None; layout.row.columns(None).count()];
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

    fn planned(&self, step: Step) -> Planned {
        let program = self.program;
        let all = vec![true; program.forms.len()];
        let none = vec![false; program.forms.len()];
        let mut planned = Planned {
            step,
            needs: Vec::new(),
            forms: none,
            referrals: false,
            always: false,
        };
        match step {
            Step::Derived(ix) => {
                self.encounter_needs(&program.derived[ix.get()].is, &mut planned);
                planned.forms = all;
            }
            Step::Fact(ix) => {
                let is = &program.fact(ix).is;
                self.facts_needs(is, &mut planned);
                for form in 0..program.forms.len() {
                    planned.forms[form] = self.reaches(is.root(), FormIx::new(form));
                }
            }
            Step::Rule(ix) => self.row_needs(&program.rule(ix).when, &mut planned),
            Step::Visits => {
                for visit in &program.visits {
                    self.row_needs(&visit.anchor, &mut planned);
                    if let Some(counts_if) = &visit.counts_if {
                        self.encounter_needs(counts_if, &mut planned);
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
                    self.row_needs(condition, &mut planned);
                }
                // Each encounter keeps the risk after it.
                planned.forms = all;
            }
            Step::Tasks => planned.forms = all,
        }
        // Rules that read the risk come after it: only those that decide it are needed.
        planned.needs.retain(|need| *need < self.position[&step]);
        planned.needs.sort_unstable();
        planned.needs.dedup();
        planned
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

    fn facts_needs(&self, expr: &Expr, planned: &mut Planned) {
        let layout = &self.program.layout;
        for column in expr.columns() {
            match column.set {
                None => self.row_need(column.slot, planned),
                Some(set) if set == layout.encounter => self.member_need(column.slot, planned),
                Some(_) => {}
            }
        }
        for aggregate in aggregates(expr.root()) {
            if aggregate.set == layout.task {
                planned.needs.extend(self.position.get(&Step::Tasks));
            }
            planned.referrals |= aggregate.set == layout.referral;
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

    /// Whether a new encounter of a form can change the value of a fact by itself.
    fn reaches(&self, root: &Node, form: FormIx) -> bool {
        let layout = &self.program.layout;
        aggregates(root).into_iter().any(|aggregate| {
            if aggregate.set == layout.encounter {
                contributes(aggregate, &FactsEnvironment { maker: self, form })
            } else if aggregate.set == layout.task || aggregate.set == layout.referral {
                false
            } else {
                let group = usize::from(aggregate.set.0) - 3;
                self.program
                    .form(form)
                    .groups
                    .iter()
                    .any(|own| own.set == group)
            }
        })
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

/// Marks what the story after each encounter depends on: all rules, and what tasks of rules end with.
fn mark_always(program: &Program, maker: &Maker<'_>, steps: &mut [Planned]) {
    let mut pending: Vec<usize> = Vec::new();
    for (position, planned) in steps.iter().enumerate() {
        if matches!(planned.step, Step::Rule(_) | Step::Risk) {
            pending.push(position);
        }
    }
    let untils = program
        .rules
        .iter()
        .filter_map(|rule| rule.task.as_ref()?.until.as_ref());
    for until in untils {
        pending.extend(
            until
                .columns()
                .filter_map(|column| maker.row[usize::from(column.slot.0)]),
        );
    }
    while let Some(position) = pending.pop() {
        if !steps[position].always {
            steps[position].always = true;
            pending.extend(steps[position].needs.iter().copied());
            if steps[position].step == Step::Tasks {
                pending.extend(0..position);
            }
        }
    }
}
