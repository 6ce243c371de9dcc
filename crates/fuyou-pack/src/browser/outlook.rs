//! What a record of this form can change of the facts and rules that make up the risk, as steps for the browser.

use std::cell::Cell;
use std::collections::BTreeSet;

use fuyou_expr::{Aggregate, AggregateFunction, ColumnRef, Expr, Json, Node, Slot};
use fuyou_kernel::Secrecy;

use super::Maker;
use super::names::{AddedNames, AmongNames, EncounterNames, RowNames, SETS_BEFORE_GROUPS};
use super::places::Key;
use crate::Program;
use crate::model::{Rule, RuleIx};
use crate::replay::Work;
use crate::scope::{EncounterOuter, Layout, Step};

/// The steps, and the rules among them.
pub(super) struct Outlook {
    steps: Vec<usize>,
    /// Whether each step of the plan can give something else once the record is there.
    changed: Vec<bool>,
    pub rules: Vec<RuleIx>,
    /// Why some of what the record can change is not among the steps, so that the server is asked as well.
    pub lacks: Option<&'static str>,
}

/// Whether a rule can be seen in what a record leads to.
pub(super) fn is_told(rule: &Rule) -> bool {
    rule.risk.is_some() || rule.mark.is_some() || !rule.points.is_empty() || rule.alert.is_some()
}

fn position(program: &Program, wanted: Work) -> Option<usize> {
    let mut steps = program.plan.steps.iter();
    steps.position(|planned| planned.work == wanted)
}

/// The step that fills a slot of the facts row or of the aggregates behind it.
fn filler(program: &Program, slot: Slot) -> Option<usize> {
    let layout = &program.layout;
    let find = |wanted: Work| position(program, wanted);
    let risk = layout.risk.iter().flat_map(|(level, marks)| [level, marks]);
    if risk.chain(&layout.scores).any(|known| *known == slot) {
        return find(Work::Step(Step::Risk));
    }
    if let Some(aggregate) = usize::from(slot.0).checked_sub(program.plan.columns) {
        return find(Work::Aggregate(aggregate));
    }
    let fact = program.facts.iter().position(|fact| fact.slot == slot)?;
    find(Work::Step(Step::Fact(crate::model::FactIx::new(fact))))
}

impl Outlook {
    /// The steps, or why the browser cannot take them.
    pub fn of(maker: &Maker<'_>) -> Result<Outlook, &'static str> {
        let program = maker.program;
        let planned = &program.plan.steps;
        let mut changed: Vec<bool> = planned
            .iter()
            .map(|step| step.forms[maker.form_ix.get()])
            .collect();
        for at in 0..planned.len() {
            changed[at] |= planned[at].needs.iter().any(|need| changed[*need]);
        }
        let mut needed: Vec<bool> = planned
            .iter()
            .map(|step| match step.work {
                Work::Step(Step::Risk) => true,
                Work::Step(Step::Rule(ix)) => is_told(program.rule(ix)),
                Work::Step(_) | Work::Aggregate(_) => false,
            })
            .collect();
        for at in (0..planned.len()).rev() {
            if needed[at] && changed[at] {
                // A rule that replaces another is looked at even when it says nothing itself.
                if let Work::Step(Step::Rule(ix)) = planned[at].work {
                    for other in &program.plan.replaced_by[ix.get()] {
                        if let Some(other) = position(program, Work::Step(Step::Rule(*other))) {
                            needed[other] = true;
                        }
                    }
                }
                planned[at]
                    .needs
                    .iter()
                    .for_each(|need| needed[*need] = true);
            }
        }
        // Replacing rules may stand behind the rules that they replace.
        for at in (0..planned.len()).rev() {
            if needed[at] && changed[at] {
                planned[at]
                    .needs
                    .iter()
                    .for_each(|need| needed[*need] = true);
            }
        }
        let steps: Vec<usize> = (0..planned.len())
            .filter(|at| needed[*at] && changed[*at])
            .collect();
        // What reads a curve stays with the server, and what reads that; secrecy is inherited already.
        let mut lacks = None;
        let mut beyond = vec![false; planned.len()];
        let mut open = Vec::new();
        for at in steps {
            let is_risk = planned[at].work == Work::Step(Step::Risk);
            beyond[at] = reads_curve(program, planned[at].work)
                || (!is_risk && planned[at].needs.iter().any(|need| beyond[*need]));
            if beyond[at] {
                lacks = Some("it depends on a reference curve");
            } else if !maker.sees(step_secrecy(program, planned[at].work)) {
                lacks = Some("a rule reads what the reader may not see");
            } else {
                open.push(at);
            }
        }
        let mut outlook = Outlook {
            rules: open
                .iter()
                .filter_map(|at| match planned[*at].work {
                    Work::Step(Step::Rule(ix)) => Some(ix),
                    Work::Step(_) | Work::Aggregate(_) => None,
                })
                .collect(),
            lacks,
            steps: open,
            changed,
        };
        let assessed = outlook.assessed(program);
        if assessed.is_some_and(|when| !maker.sees(when.secrecy())) {
            outlook.lacks = Some("a rule reads what the reader may not see");
        }
        outlook.check(maker)?;
        Ok(outlook)
    }

    fn check(&self, maker: &Maker<'_>) -> Result<(), &'static str> {
        let program = maker.program;
        for at in &self.steps {
            let planned = &program.plan.steps[*at];
            match planned.work {
                Work::Step(Step::Visits) => return Err("it depends on which visit this is"),
                Work::Step(Step::Tasks) => return Err("it depends on tasks"),
                Work::Aggregate(_) if !planned.grows => {
                    return Err("it depends on tasks or referrals");
                }
                Work::Step(_) | Work::Aggregate(_) => {}
            }
        }
        // What is asked for while printing shows whether something only a replay knows is needed.
        let unknown = Cell::new(false);
        self.put_steps(maker, &unknown, &mut Json::new());
        if unknown.get() {
            return Err("it depends on what is known only when it is recorded");
        }
        Ok(())
    }

    /// The condition of being assessed, when this record can change it; otherwise the standing says whether it holds.
    fn assessed<'p>(&self, program: &'p Program) -> Option<&'p Expr> {
        let when = program.risk.as_ref()?.assessed_when.as_ref()?;
        let mut columns = when.columns();
        columns
            .any(|column| self.is_changed(program, column.slot))
            .then_some(when)
    }

    fn is_changed(&self, program: &Program, slot: Slot) -> bool {
        filler(program, slot).is_some_and(|step| self.changed[step] && self.steps.contains(&step))
    }

    fn put_steps(&self, maker: &Maker<'_>, unknown: &Cell<bool>, json: &mut Json) {
        let program = maker.program;
        let changed = |slot: Slot| self.is_changed(program, slot);
        let risk = position(program, Work::Step(Step::Risk));
        let encounter = |at: usize| EncounterNames {
            maker,
            changed: Some(&changed),
            after_risk: risk.is_some_and(|risk| risk < at),
            unknown,
        };

        let row = RowNames {
            maker,
            changed: &changed,
        };
        json.array(|json| {
            for at in &self.steps {
                json.array(|json| match program.plan.steps[*at].work {
                    Work::Aggregate(ix) => {
                        let names = AddedNames(encounter(*at));
                        let aggregate = &program.plan.aggregates[ix];
                        if self.needs_all(program, aggregate) {
                            self.put_whole(maker, ix, &names, json);
                        } else {
                            self.put_further(maker, ix, &names, json);
                        }
                        self.put_fragile(maker, aggregate, json);
                    }
                    Work::Step(Step::Derived(ix)) => {
                        put_value(maker, Key::DerivedAfter(ix), json);
                        let is = &program.derived[ix.get()].is;
                        is.root().put(&encounter(*at), json);
                    }
                    Work::Step(Step::Fact(ix)) => {
                        put_value(maker, Key::RowAfter(program.fact(ix).slot), json);
                        program.plan.facts[ix.get()].root().put(&row, json);
                    }
                    Work::Step(Step::Rule(ix)) => {
                        json.text("?");
                        json.place(maker.places.of(Key::Rule(ix)));
                        program.rule(ix).when.root().put(&row, json);
                    }
                    Work::Step(Step::Risk) => json.text("risk"),
                    Work::Step(Step::Visits | Step::Tasks) => json.null(),
                });
            }
        });
    }

    /// Whether what earlier records add can change with this one, so that the browser needs them: the aggregate compares
    /// them with something this record changes, or counts what is different.
    fn needs_all(&self, program: &Program, aggregate: &Aggregate) -> bool {
        let own =
            |column: &ColumnRef| column.set.is_none() && self.is_changed(program, column.slot);
        aggregate.set == program.layout.encounter
            && (aggregate.function == AggregateFunction::CountDistinct
                || aggregate.columns().iter().any(own))
    }

    /// `["*", place, function, own, argument, filter, fragile]`: an aggregate over the earlier records that the standing
    /// brings, and this one, whose columns are `own`.
    fn put_whole(&self, maker: &Maker<'_>, ix: usize, names: &AddedNames<'_>, json: &mut Json) {
        let aggregate = &maker.program.plan.aggregates[ix];
        json.text("*");
        json.place(maker.places.of(Key::AggregateAfter(ix)));
        json.text(aggregate.function.browser_word());
        let among = AmongNames(names);
        let mut body = Json::new();
        for part in [&aggregate.of, &aggregate.filter] {
            match part {
                Some(part) => part.put(&among, &mut body),
                None => body.truth(true),
            }
        }
        json.array(|json| {
            for slot in maker.places.members() {
                names.0.member(slot, json);
            }
        });
        json.made(&body.into_text());
    }

    /// `["+", place, before, function, rows, argument, filter, fragile]`: an aggregate taken one record further.
    fn put_further(&self, maker: &Maker<'_>, ix: usize, names: &AddedNames<'_>, json: &mut Json) {
        let program = maker.program;
        let aggregate = &program.plan.aggregates[ix];
        json.text("+");
        json.place(maker.places.of(Key::AggregateAfter(ix)));
        json.place(maker.places.of(Key::Aggregate(ix)));
        json.text(aggregate.function.browser_word());
        // The rows that are added: this record, the rows of one of its groups, or none.
        if aggregate.set == program.layout.encounter {
            json.truth(true);
        } else {
            let group = usize::from(aggregate.set.0) - SETS_BEFORE_GROUPS;
            let groups = &maker.form.groups;
            match groups.iter().position(|own| own.set == group) {
                Some(group) => json.place(group),
                None => json.truth(false),
            }
        }
        match &aggregate.of {
            Some(of) => of.put(names, json),
            None => json.truth(true),
        }
        match &aggregate.filter {
            Some(filter) => filter.put(names, json),
            None => json.truth(true),
        }
    }

    /// Pairs of places: as long as both hold the same, what earlier records add to the aggregate is what it was.
    fn put_fragile(&self, maker: &Maker<'_>, aggregate: &Aggregate, json: &mut Json) {
        let program = maker.program;
        let mut fragile = BTreeSet::new();
        let needs_all = self.needs_all(program, aggregate);
        for column in aggregate.columns() {
            match column.set {
                None if needs_all => {}
                None => {
                    fragile.insert(column.slot);
                }
                Some(set) if set == program.layout.encounter => {
                    earlier_rows(program, column.slot, &mut fragile);
                }
                Some(_) => {}
            }
        }
        json.array(|json| {
            for slot in fragile {
                if self.is_changed(program, slot) {
                    json.array(|json| {
                        json.place(maker.places.of(Key::RowAfter(slot)));
                        json.place(maker.places.of(Key::Row(slot)));
                    });
                }
            }
        });
    }
}

fn put_value(maker: &Maker<'_>, key: Key, json: &mut Json) {
    json.text("=");
    json.place(maker.places.of(key));
}

/// The columns of the facts row that a member of the set `encounter` depends on in an earlier record.
fn earlier_rows(program: &Program, member: Slot, found: &mut BTreeSet<Slot>) {
    let layout: &Layout = &program.layout;
    let Some(ix) = layout.derived_of(member) else {
        return;
    };
    let outer = |expr: &Expr| -> Vec<EncounterOuter> {
        let columns = expr.columns().filter(|column| column.set.is_none());
        columns
            .map(|column| layout.encounter_outer[usize::from(column.slot.0)])
            .collect()
    };
    for column in outer(&program.derived[ix.get()].is) {
        match column {
            EncounterOuter::Row(slot) => {
                found.insert(slot);
            }
            // Derived columns never read themselves, not in a ring either.
            EncounterOuter::Member(slot) => earlier_rows(program, slot, found),
        }
    }
}

fn reads_curve(program: &Program, work: Work) -> bool {
    match work {
        Work::Step(Step::Derived(ix)) => program.derived[ix.get()].is.reads_curve(),
        Work::Step(Step::Fact(ix)) => program.plan.facts[ix.get()].reads_curve(),
        Work::Step(Step::Rule(ix)) => program.rule(ix).when.reads_curve(),
        Work::Step(Step::Risk | Step::Visits | Step::Tasks) => false,
        Work::Aggregate(ix) => {
            let aggregate = &program.plan.aggregates[ix];
            let mut parts = aggregate.of.iter().chain(&aggregate.filter);
            parts.any(Node::reads_curve)
        }
    }
}

/// Who may see what a step computes: inherited from what it reads.
fn step_secrecy(program: &Program, work: Work) -> Secrecy {
    match work {
        Work::Step(Step::Derived(ix)) => program.derived[ix.get()].is.secrecy(),
        Work::Step(Step::Fact(ix)) => program.fact(ix).secrecy,
        Work::Step(Step::Rule(ix)) => program.rule(ix).secrecy,
        Work::Step(Step::Risk | Step::Visits | Step::Tasks) => Secrecy::Open,
        Work::Aggregate(ix) => {
            let columns = program.plan.aggregates[ix].columns();
            let secrecy = |column: &ColumnRef| {
                let scope = &program.facts_scope;
                scope.column(column.set, column.slot).1.secrecy
            };
            columns.iter().map(secrecy).max().unwrap_or_default()
        }
    }
}

impl Maker<'_> {
    /// The steps, the rules with their words, and the risk scale.
    pub fn put_outlook(&self, outlook: &Outlook, json: &mut Json) {
        json.object(|json| {
            outlook.put_steps(self, &Cell::new(false), json.key("steps"));
            json.key("rules").array(|json| {
                for ix in &outlook.rules {
                    self.put_rule(outlook, *ix, json);
                }
            });
            self.put_scale(outlook, json);
            // What is computed begins as it was before this record.
            json.key("before").array(|json| {
                for (place, key) in self.places.all() {
                    if let Key::RowAfter(slot) = key {
                        json.array(|json| {
                            json.place(place);
                            json.place(self.places.of(Key::Row(slot)));
                        });
                    }
                }
            });
            json.key("scored").truth(self.sees_scores());
            json.key("partial").truth(outlook.lacks.is_some());
        });
    }

    /// Whether the reader may see what all scores are made of.
    fn sees_scores(&self) -> bool {
        self.program.scores.iter().all(|score| {
            let column = self.program.row_column(&score.id);
            column.is_none_or(|column| self.sees(column.secrecy))
        })
    }

    fn put_rule(&self, outlook: &Outlook, ix: RuleIx, json: &mut Json) {
        let rule = self.program.rule(ix);
        json.object(|json| {
            json.key("at").place(self.places.of(Key::Rule(ix)));
            self.put_effect(rule, json);
            json.key("title");
            self.say(&rule.title, json);
            if let Some(alert) = &rule.alert {
                json.key("alert");
                self.say(alert, json);
            }
            let replaced_by = &self.program.plan.replaced_by[ix.get()];
            let by = || {
                replaced_by
                    .iter()
                    .filter(|other| outlook.rules.contains(other))
            };
            if by().next().is_some() {
                json.key("by").array(|json| {
                    by().for_each(|other| json.place(self.places.of(Key::Rule(*other))))
                });
            }
        });
    }

    /// Level, mark, points and colour of a rule.
    pub fn put_effect(&self, rule: &Rule, json: &mut Json) {
        let scale = self.program.risk.as_ref();
        if let Some(level) = rule.risk {
            json.key("level").place(level);
        }
        if let Some(mark) = rule.mark {
            json.key("mark").place(mark);
        }
        if !rule.points.is_empty() && self.sees_scores() {
            json.key("points").array(|json| {
                for (score, points) in &rule.points {
                    json.array(|json| {
                        json.place(score.get());
                        json.number(i64::from(*points));
                    });
                }
            });
        }
        let level = rule.risk.and_then(|at| scale?.levels.get(at));
        let mark = rule.mark.and_then(|at| scale?.marks.get(at));
        let colour = level
            .map(|level| &level.colour)
            .or(mark.map(|mark| &mark.colour));
        if let Some(colour) = colour {
            json.key("colour").text(colour);
        }
    }

    fn put_scale(&self, outlook: &Outlook, json: &mut Json) {
        let program = self.program;
        let layout = &program.layout;
        let changed = |slot: Slot| outlook.is_changed(program, slot);
        let row = RowNames {
            maker: self,
            changed: &changed,
        };
        if let Some(scale) = &program.risk {
            json.key("levels").array(|json| {
                scale.levels.iter().for_each(|level| {
                    json.array(|json| {
                        json.text(&level.colour);
                        self.say(&level.title, json);
                    });
                });
            });
            json.key("marks").array(|json| {
                scale.marks.iter().for_each(|mark| {
                    json.array(|json| {
                        json.text(&mark.colour);
                        self.say(&mark.title, json);
                    });
                });
            });
            if let Some(when) = outlook
                .assessed(program)
                .filter(|when| self.sees(when.secrecy()))
            {
                json.key("assessed");
                when.root().put(&row, json);
            }
        }
        json.key("scores").array(|json| {
            program
                .scores
                .iter()
                .for_each(|score| self.say(&score.title, json));
        });
        // Where rules that come after the risk read it.
        let place = |slot: Slot, json: &mut Json| {
            let key = Key::RowAfter(slot);
            if self.places.has(key) {
                json.place(self.places.of(key));
            } else {
                json.null();
            }
        };
        json.key("put").array(|json| {
            let risk = layout.risk.iter().flat_map(|(level, marks)| [level, marks]);
            risk.chain(&layout.scores)
                .for_each(|slot| place(*slot, json));
        });
    }
}
