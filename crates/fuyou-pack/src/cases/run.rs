//! Runs cases as the server would: records are checked, computed fields filled, then the history is replayed.

use fuyou_expr::format_value;
use fuyou_kernel::{Date, DayNumber, Localized};

use super::CaseReport;
use super::coverage::{Covered, diagnostic};
use super::curves::run_examples;
use super::expect::{Expect, Place, Wanted};
use super::read::Case;
use super::words::{spot, window_of};
use crate::diagnostic::Diagnostic;
use crate::indicator::standing;
use crate::model::{IndicatorEntry, MeasureIx, Pack, Program, RuleIx, Severity, Stratum};
use crate::record::{Checked, Draft, check_record};
use crate::replay::{History, Outcome, Task, TaskOrigin, TaskState, replay};

/// The records of a history are checked as if typed this many days after the service.
const TYPED_AFTER_DAYS: i32 = 365;

/// Runs the golden cases of a pack.
pub fn run_cases(pack: &Pack) -> CaseReport {
    let mut report = CaseReport::default();
    let mut covered = Covered::default();
    for case in &pack.cases.list {
        report.ran += 1;
        let program = pack.program(case.program);
        let mut runner = Runner {
            pack,
            program,
            case,
            failures: Vec::new(),
            covered: &mut covered,
        };
        runner.run();
        report.failures.append(&mut runner.failures);
    }
    report.uncovered = covered.missing(pack);
    run_examples(pack, &mut report);
    report
}

struct Runner<'a> {
    pack: &'a Pack,
    program: &'a Program,
    case: &'a Case,
    failures: Vec<Diagnostic>,
    covered: &'a mut Covered,
}

impl Runner<'_> {
    fn fail(&mut self, zh: impl AsRef<str>, en: impl AsRef<str>) {
        let message = Localized::new(
            format!("用例 {}:{}", self.case.id, zh.as_ref()),
            format!("case {}: {}", self.case.id, en.as_ref()),
        );
        self.failures.push(diagnostic(&self.case.place, message));
    }

    fn run(&mut self) {
        let history = self.recorded();
        let outcome = replay(self.program, &history);
        let checked = self.case.record.as_ref().map(|(form, draft)| {
            let today = self
                .case
                .today
                .or(draft.occurred_on)
                .unwrap_or(DayNumber(0));
            check_record(self.program, *form, &history, &outcome, draft, today)
        });
        // Without a day of its own a case stands on that of its last record.
        let last = history.encounters.iter().map(|one| one.occurred_on).max();
        let tried = self.case.record.as_ref();
        let tried = tried.and_then(|(_, draft)| draft.occurred_on);
        let today = self.case.today.or(tried).or(last).unwrap_or(DayNumber(0));
        for expect in &self.case.expect {
            self.check(expect, (&outcome, today), checked.as_ref());
        }
    }

    /// The case's history with computed fields filled as the server fills them.
    fn recorded(&mut self) -> History {
        let mut history = History {
            encounters: Vec::new(),
            ..self.case.history.clone()
        };
        for encounter in &self.case.history.encounters {
            let mut encounter = encounter.clone();
            let before = replay(self.program, &history);
            let draft = Draft {
                occurred_on: Some(encounter.occurred_on),
                values: encounter.values.clone(),
                groups: encounter.groups.clone(),
            };
            // A case does not say when its records were typed; what is refused on any later day is what matters.
            let today = DayNumber(encounter.occurred_on.0 + TYPED_AFTER_DAYS);
            let checked = check_record(
                self.program,
                encounter.form,
                &history,
                &before,
                &draft,
                today,
            );
            let form = self.program.form(encounter.form);
            for finding in checked
                .findings
                .iter()
                .filter(|finding| finding.severity == Severity::Refuse)
            {
                // Cases leave out what they do not need; all else that a form refuses cannot have been recorded.
                if !matches!(&*finding.kind, "required" | "rows") {
                    let (kind, id) = (&finding.kind, &form.id);
                    self.fail(
                        format!("病例史里的 {id} 会被拒收({kind}:{})", finding.message.zh),
                        format!(
                            "the history's `{id}` would be refused ({kind}: {})",
                            finding.message.en
                        ),
                    );
                }
            }
            encounter.values = checked.draft.values;
            encounter.groups = checked.draft.groups;
            history.encounters.push(encounter);
        }
        history
    }

    fn check(
        &mut self,
        expect: &Expect,
        (outcome, today): (&Outcome, DayNumber),
        checked: Option<&Checked>,
    ) {
        match expect {
            Expect::Risk(level) => self.risk(*level, outcome.level),
            Expect::Marks(marks) => {
                if *marks != outcome.marks {
                    let name = |marks: &[usize]| {
                        let scale = self.program.risk.as_ref();
                        let names = marks
                            .iter()
                            .filter_map(|mark| Some(&*scale?.marks.get(*mark)?.id));
                        names.collect::<Vec<_>>().join(", ")
                    };
                    let (wanted, got) = (name(marks), name(&outcome.marks));
                    self.differs("marks", &wanted, &got);
                }
            }
            Expect::Score(score, points) => {
                let got = outcome.scores[score.get()];
                if got != *points {
                    let id = self.program.scores[score.get()].id.clone();
                    self.differs(&id, &points.to_string(), &got.to_string());
                }
            }
            Expect::Rule(rule, wanted) => self.rule(*rule, *wanted, outcome),
            Expect::Alert(rule, wanted) => {
                let raised = outcome.alerts(self.program).any(|hit| hit.rule == *rule);
                if raised != (*wanted == Wanted::Present) {
                    let id = self.program.rule(*rule).id.clone();
                    let (zh, en) = if raised {
                        ("不应预警", "raises an alert, should not")
                    } else {
                        ("应预警", "raises no alert")
                    };
                    self.fail(format!("{id} {zh}"), format!("`{id}` {en}"));
                }
            }
            Expect::Fact(fact, value) => {
                let got = outcome.fact(self.program, *fact);
                if got != value {
                    let definition = self.program.fact(*fact);
                    let (wanted, got) = (
                        format_value(&definition.ty, value),
                        format_value(&definition.ty, got),
                    );
                    self.differs(&definition.id.clone(), &wanted, &got);
                }
            }
            Expect::Layer(id, layer) => self.layer(id, *layer, outcome),
            Expect::Indicator(id, place) => self.indicator(id, *place, outcome),
            Expect::OpenTask(text, wanted) => {
                let is_open = |task: &Task| task.state == TaskState::Open && !task.is_missed(today);
                self.task(text, *wanted, outcome, ("open", &is_open));
            }
            Expect::MissedTask(text, wanted) => {
                let is_missed = |task: &Task| task.is_missed(today);
                self.task(text, *wanted, outcome, ("missed", &is_missed));
            }
            Expect::DoneTask(text, wanted) => {
                let is_done = |task: &Task| matches!(task.state, TaskState::Done { .. });
                self.task(text, *wanted, outcome, ("done", &is_done));
            }
            Expect::CancelledTask(text, wanted) => {
                let is_cancelled = |task: &Task| task.state == TaskState::Cancelled;
                self.task(text, *wanted, outcome, ("cancelled", &is_cancelled));
            }
            Expect::Refused(names) => self.findings(names, Severity::Refuse, checked),
            Expect::Confirm(names) => self.findings(names, Severity::Confirm, checked),
            Expect::Closed(closed) => {
                if outcome.closed != *closed {
                    self.differs("closed", &closed.to_string(), &outcome.closed.to_string());
                }
            }
        }
    }

    fn differs(&mut self, what: &str, wanted: &str, got: &str) {
        self.fail(
            format!("{what} 应为 {wanted},实为 {got}"),
            format!("{what} should be {wanted}, is {got}"),
        );
    }

    fn risk(&mut self, wanted: Option<usize>, got: Option<usize>) {
        if wanted == got {
            return;
        }
        let name = |level: Option<usize>| match (level, &self.program.risk) {
            (Some(level), Some(scale)) => scale.levels[level].id.to_string(),
            (None, _) | (_, None) => "unknown".to_owned(),
        };
        let (wanted, got) = (name(wanted), name(got));
        self.differs("risk", &wanted, &got);
    }

    fn rule(&mut self, rule: RuleIx, wanted: Wanted, outcome: &Outcome) {
        let mut hits = outcome
            .hits
            .iter()
            .filter(|hit| hit.rule == rule && hit.until_ms.is_none());
        let holds = hits.any(|hit| !hit.replaced);
        let expected = wanted == Wanted::Present;
        if holds == expected {
            let program = self.case.program.get();
            self.covered.rules.insert((program, rule, expected));
            return;
        }
        let definition = self.program.rule(rule);
        let (id, when) = (definition.id.clone(), definition.when.text().to_owned());
        let (zh, en) = if holds {
            ("不应成立", "should not be true")
        } else {
            ("应成立", "should be true")
        };
        self.fail(
            format!("规则 {id} {zh}:{when}"),
            format!("rule `{id}` {en}: {when}"),
        );
    }

    fn layer(&mut self, id: &str, wanted: Option<usize>, outcome: &Outcome) {
        let mut strata = self.pack.strata.iter();
        let of_program =
            |stratum: &&Stratum| &*stratum.id == id && stratum.program == self.case.program;
        let Some(stratum) = strata.find(of_program) else {
            return;
        };
        let got = stratum.layer_of(&outcome.row);
        if got == wanted {
            let program = self.case.program.get();
            self.covered.layers.insert((program, id.to_owned(), got));
            return;
        }
        let code = |layer: Option<usize>| match layer {
            Some(layer) => stratum.layers[layer].code.to_string(),
            None => "unknown".to_owned(),
        };
        let (wanted, got) = (code(wanted), code(got));
        self.differs(id, &wanted, &got);
    }

    fn indicator(&mut self, id: &str, place: Place, outcome: &Outcome) {
        let Some(ix) = self.pack.indicator_ix(id) else {
            self.fail(
                format!("没有指标 {id}"),
                format!("there is no indicator `{id}`"),
            );
            return;
        };
        let indicator = self.pack.indicator(ix);
        let found = standing(self.pack, indicator, self.program, &outcome.row);
        // What another program is counted by is no matter of this case.
        let own = |measure: MeasureIx| {
            self.pack.program(self.pack.measure(measure).program).id == self.program.id
        };
        let alone = matches!(
            indicator.entry,
            IndicatorEntry::Computed { denominator, .. } if !denominator.is_some_and(own)
        );
        let within = alone || found.denominator.is_some();
        let good = match place {
            Place::Counted => found.numerator.is_some() && within,
            Place::NotCounted => found.numerator.is_none() && within,
            Place::Outside => found.numerator.is_none() && found.denominator.is_none(),
            Place::Gap => found.gap,
            Place::NotGap => !found.gap,
        };
        if good {
            match place {
                Place::Counted => self.covered.indicators.insert((id.to_owned(), true)),
                Place::NotCounted | Place::Outside => {
                    self.covered.indicators.insert((id.to_owned(), false))
                }
                Place::Gap | Place::NotGap => false,
            };
            return;
        }
        let value =
            |side: Option<crate::indicator::Contribution>| side.map_or(0, |side| side.value);
        let got = format!(
            "numerator {}, denominator {}, gap {}",
            value(found.numerator),
            value(found.denominator),
            found.gap
        );
        self.fail(
            format!("指标 {id} 应为 {place:?},实为 {got}"),
            format!("indicator `{id}` should be {place:?}, is {got}"),
        );
    }

    fn task(
        &mut self,
        text: &str,
        wanted: Wanted,
        outcome: &Outcome,
        (word, stands): (&str, &dyn Fn(&Task) -> bool),
    ) {
        let (name, window) = text.split_once(' ').unwrap_or((text, ""));
        let of_name: Vec<&Task> = outcome
            .tasks
            .iter()
            .filter(|task| self.is_named(task, name))
            .collect();
        let found = of_name
            .iter()
            .any(|task| stands(task) && (window.is_empty() || window_of(task) == window));
        if found == (wanted == Wanted::Present) {
            return;
        }
        let all: Vec<String> = of_name
            .iter()
            .map(|task| {
                let lapses = task.lapses_on.and_then(|on| Date::try_from(on).ok());
                let lapses = lapses.map_or_else(String::new, |on| format!(" until {on}"));
                format!("{} {} {:?}{lapses}", task.key, window_of(task), task.state)
            })
            .collect();
        let all = if all.is_empty() {
            "none".to_owned()
        } else {
            all.join("; ")
        };
        let (zh, en) = if found {
            ("不应", "should not be")
        } else {
            ("应", "should be")
        };
        self.fail(
            format!("任务 {text} {zh}为 {word};现有 {all}"),
            format!("task `{text}` {en} {word}; there is {all}"),
        );
    }

    fn is_named(&self, task: &Task, name: &str) -> bool {
        match task.origin {
            TaskOrigin::Visit(visit) => {
                let visit = &self.program.visits[visit.get()];
                &*visit.id == name || &*visit.base == name
            }
            TaskOrigin::Rule { rule, .. } => &*self.program.rule(rule).id == name,
        }
    }

    fn findings(&mut self, names: &[String], severity: Severity, checked: Option<&Checked>) {
        let (Some(checked), Some((form, _))) = (checked, &self.case.record) else {
            self.fail("没有 record 可检查", "there is no `record` to check");
            return;
        };
        let form = self.program.form(*form);
        let of = checked
            .findings
            .iter()
            .filter(|finding| finding.severity == severity);
        let found: Vec<(String, Vec<String>)> = of
            .map(|finding| {
                (
                    finding.kind.to_string(),
                    finding.at.iter().map(|at| spot(form, *at)).collect(),
                )
            })
            .collect();
        let word = if severity == Severity::Refuse {
            "refused"
        } else {
            "confirm"
        };
        let print = |(kind, at): &(String, Vec<String>)| format!("{} ({kind})", at.join(", "));
        let all = found.iter().map(print).collect::<Vec<_>>().join("; ");
        for name in names {
            if !found
                .iter()
                .any(|(kind, at)| kind == name || at.contains(name))
            {
                self.fail(
                    format!("{word} 应含 {name};现有 {all}"),
                    format!("{word} should hold {name}; there is {all}"),
                );
            }
        }
        // What a record leaves out is no matter of a case that asks whether what it says is taken.
        let unexpected = found
            .iter()
            .filter(|(kind, _)| !matches!(kind.as_str(), "required" | "rows"))
            .map(print);
        let unexpected = unexpected.collect::<Vec<_>>().join("; ");
        if names.is_empty() && !unexpected.is_empty() {
            self.fail(
                format!("{word} 应为空;现有 {unexpected}"),
                format!("{word} should be empty; there is {unexpected}"),
            );
        }
    }
}
