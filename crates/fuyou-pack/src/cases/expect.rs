//! What a case expects.

use fuyou_expr::Value;
use fuyou_kernel::Localized;

use super::values::read_value;
use crate::model::{FactIx, Program, RuleIx, ScoreIx, Stratum};
use crate::raw::{At, Node, NodeKind, Report, Text, nearest};

/// One expectation.
#[derive(Clone, Debug)]
pub(crate) enum Expect {
    /// The level; `None`: unknown.
    Risk(Option<usize>),
    /// Exactly these marks, sorted.
    Marks(Vec<usize>),
    Score(ScoreIx, i64),
    Rule(RuleIx, Wanted),
    Alert(RuleIx, Wanted),
    Fact(FactIx, Value),
    /// The layer of a stratum, by id and code; `None`: unknown.
    Layer(String, Option<usize>),
    /// By the indicator's id: indicators are read after the programs.
    Indicator(String, Place),
    OpenTask(String, Wanted),
    DoneTask(String, Wanted),
    CancelledTask(String, Wanted),
    MissedTask(String, Wanted),
    /// These fields or checks; an empty list means nothing at all.
    Refused(Vec<String>),
    Confirm(Vec<String>),
    Closed(bool),
}

/// Whether something must be there or must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Present,
    Absent,
}

/// Where an enrollment must stand with an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the numerator (and the denominator, if there is one).
    Counted,
    /// In the denominator only.
    NotCounted,
    /// In neither.
    Outside,
    /// In the gap.
    Gap,
    /// Not in the gap.
    NotGap,
}

const KEYS: [&str; 25] = [
    "risk",
    "marks",
    "score",
    "rules",
    "not_rules",
    "alerts",
    "not_alerts",
    "facts",
    "strata",
    "counted",
    "not_counted",
    "outside",
    "gap",
    "not_gap",
    "open_tasks",
    "not_open_tasks",
    "done_tasks",
    "not_done_tasks",
    "cancelled_tasks",
    "not_cancelled_tasks",
    "missed_tasks",
    "not_missed_tasks",
    "refused",
    "confirm",
    "closed",
];

/// Reads one key of `expect`, or one column of a table.
pub(crate) fn read_expectation(
    report: &Report,
    (program, strata): (&Program, &[&Stratum]),
    key: &str,
    at: At,
    node: &Node,
) -> Vec<Expect> {
    use Wanted::{Absent, Present};
    let reader = Expecting {
        report,
        program,
        strata,
    };
    match key {
        "risk" => reader.risk(node),
        "marks" => reader.marks(node),
        "rules" => reader.rules(node, |rule| Expect::Rule(rule, Present)),
        "not_rules" => reader.rules(node, |rule| Expect::Rule(rule, Absent)),
        "alerts" => reader.rules(node, |rule| Expect::Alert(rule, Present)),
        "not_alerts" => reader.rules(node, |rule| Expect::Alert(rule, Absent)),
        "facts" | "score" | "strata" => reader.map(key, node),
        "counted" => reader.indicators(node, Place::Counted),
        "not_counted" => reader.indicators(node, Place::NotCounted),
        "outside" => reader.indicators(node, Place::Outside),
        "gap" => reader.indicators(node, Place::Gap),
        "not_gap" => reader.indicators(node, Place::NotGap),
        "open_tasks" => reader.tasks(node, |task| Expect::OpenTask(task, Present)),
        "not_open_tasks" => reader.tasks(node, |task| Expect::OpenTask(task, Absent)),
        "done_tasks" => reader.tasks(node, |task| Expect::DoneTask(task, Present)),
        "not_done_tasks" => reader.tasks(node, |task| Expect::DoneTask(task, Absent)),
        "cancelled_tasks" => reader.tasks(node, |task| Expect::CancelledTask(task, Present)),
        "not_cancelled_tasks" => reader.tasks(node, |task| Expect::CancelledTask(task, Absent)),
        "missed_tasks" => reader.tasks(node, |task| Expect::MissedTask(task, Present)),
        "not_missed_tasks" => reader.tasks(node, |task| Expect::MissedTask(task, Absent)),
        "refused" => vec![Expect::Refused(owned(&reader.texts(node)))],
        "confirm" => vec![Expect::Confirm(owned(&reader.texts(node)))],
        "closed" => match node.kind {
            NodeKind::Boolean(closed) => vec![Expect::Closed(closed)],
            _ => reader.wrong(node, "true 或 false", "true or false"),
        },
        _ => match key.split_once('.') {
            Some(("facts", name)) => reader.fact(name, at, node),
            Some(("score", name)) => reader.score(name, at, node),
            Some(("strata", name)) => reader.layer(name, at, node),
            _ => {
                let message = Localized::new(
                    format!("不认识的期望「{key}」"),
                    format!("unknown expectation `{key}`"),
                );
                report.error_with(at, message, nearest(key, KEYS).map(str::to_owned));
                Vec::new()
            }
        },
    }
}

fn owned(texts: &[Text<'_>]) -> Vec<String> {
    texts.iter().map(|text| text.text.to_owned()).collect()
}

struct Expecting<'a> {
    report: &'a Report,
    program: &'a Program,
    strata: &'a [&'a Stratum],
}

impl Expecting<'_> {
    fn wrong(&self, node: &Node, zh: &str, en: &str) -> Vec<Expect> {
        self.report
            .error(node.at, format!("这里应为{zh}"), format!("expected {en}"));
        Vec::new()
    }

    fn texts<'n>(&self, node: &'n Node) -> Vec<Text<'n>> {
        let NodeKind::Array(list) = &node.kind else {
            self.wrong(node, "列表", "a list");
            return Vec::new();
        };
        let texts = list.iter().filter_map(|node| match &node.kind {
            NodeKind::Text(text) => Some(Text { text, at: node.at }),
            _ => {
                self.wrong(node, "文本", "a text");
                None
            }
        });
        texts.collect()
    }

    fn unknown(&self, text: Text<'_>, zh: &str, en: &str, known: &[&str]) {
        self.report.unknown(text, known.iter().copied(), (zh, en));
    }

    fn risk(&self, node: &Node) -> Vec<Expect> {
        let NodeKind::Text(text) = &node.kind else {
            return self.wrong(node, "风险等级", "a risk level");
        };
        if text.is_empty() {
            return vec![Expect::Risk(None)];
        }
        let levels: Vec<&str> = self
            .program
            .risk
            .iter()
            .flat_map(|scale| &scale.levels)
            .map(|level| &*level.id)
            .collect();
        match levels.iter().position(|level| level == text) {
            Some(level) => vec![Expect::Risk(Some(level))],
            None => {
                self.unknown(
                    Text { text, at: node.at },
                    "风险等级",
                    "risk level",
                    &levels,
                );
                Vec::new()
            }
        }
    }

    fn marks(&self, node: &Node) -> Vec<Expect> {
        let known: Vec<&str> = self
            .program
            .risk
            .iter()
            .flat_map(|scale| &scale.marks)
            .map(|mark| &*mark.id)
            .collect();
        let mut marks = Vec::new();
        for text in self.texts(node) {
            match known.iter().position(|mark| *mark == text.text) {
                Some(mark) => marks.push(mark),
                None => self.unknown(text, "标记", "mark", &known),
            }
        }
        marks.sort_unstable();
        vec![Expect::Marks(marks)]
    }

    fn rules(&self, node: &Node, make: impl Fn(RuleIx) -> Expect) -> Vec<Expect> {
        let mut found = Vec::new();
        for text in self.texts(node) {
            match self.program.rule_ix(text.text) {
                Some(rule) => found.push(make(rule)),
                None => {
                    let known: Vec<&str> =
                        self.program.rules.iter().map(|rule| &*rule.id).collect();
                    self.unknown(text, "规则", "rule", &known);
                }
            }
        }
        found
    }

    fn indicators(&self, node: &Node, place: Place) -> Vec<Expect> {
        let texts = self.texts(node);
        texts
            .into_iter()
            .map(|text| Expect::Indicator(text.text.to_owned(), place))
            .collect()
    }

    fn tasks(&self, node: &Node, make: impl Fn(String) -> Expect) -> Vec<Expect> {
        let mut found = Vec::new();
        for text in self.texts(node) {
            let name = text.text.split(' ').next().unwrap_or_default();
            let visits = self
                .program
                .visits
                .iter()
                .flat_map(|visit| [&*visit.id, &*visit.base]);
            let rules = self
                .program
                .rules
                .iter()
                .filter(|rule| rule.task.is_some())
                .map(|rule| &*rule.id);
            let known: Vec<&str> = visits.chain(rules).collect();
            if known.contains(&name) {
                found.push(make(text.text.to_owned()));
            } else {
                self.unknown(
                    Text {
                        text: name,
                        at: text.at,
                    },
                    "任务",
                    "task",
                    &known,
                );
            }
        }
        found
    }

    fn map(&self, key: &str, node: &Node) -> Vec<Expect> {
        let NodeKind::Table(table) = &node.kind else {
            return self.wrong(node, "表", "a table");
        };
        let entries = table.entries.iter().flat_map(|(name, node)| match key {
            "facts" => self.fact(&name.name, name.at, node),
            "strata" => self.layer(&name.name, name.at, node),
            _ => self.score(&name.name, name.at, node),
        });
        entries.collect()
    }

    fn fact(&self, name: &str, at: At, node: &Node) -> Vec<Expect> {
        let Some(fact) = self.program.fact_ix(name) else {
            let known: Vec<&str> = self.program.facts.iter().map(|fact| &*fact.id).collect();
            self.unknown(Text { text: name, at }, "事实", "fact", &known);
            return Vec::new();
        };
        let value = read_value(self.report, &self.program.fact(fact).ty, node);
        value
            .map(|value| Expect::Fact(fact, value))
            .into_iter()
            .collect()
    }

    fn layer(&self, name: &str, at: At, node: &Node) -> Vec<Expect> {
        let Some(stratum) = self.strata.iter().find(|stratum| &*stratum.id == name) else {
            let known: Vec<&str> = self.strata.iter().map(|stratum| &*stratum.id).collect();
            self.unknown(Text { text: name, at }, "分层", "stratum", &known);
            return Vec::new();
        };
        let NodeKind::Text(text) = &node.kind else {
            return self.wrong(node, "分层的代码", "a code of the stratum");
        };
        let layer = stratum.layer(text);
        if layer.is_none() && !text.is_empty() {
            let known: Vec<&str> = stratum.layers.iter().map(|layer| &*layer.code).collect();
            self.unknown(Text { text, at: node.at }, "代码", "code", &known);
            return Vec::new();
        }
        vec![Expect::Layer(name.to_owned(), layer)]
    }

    fn score(&self, name: &str, at: At, node: &Node) -> Vec<Expect> {
        let found = self
            .program
            .scores
            .iter()
            .position(|score| &*score.id == name);
        match (found, &node.kind) {
            (Some(score), NodeKind::Integer(points)) => {
                vec![Expect::Score(ScoreIx::new(score), *points)]
            }
            (Some(_), _) => self.wrong(node, "整数", "a whole number"),
            (None, _) => {
                let known: Vec<&str> = self.program.scores.iter().map(|score| &*score.id).collect();
                self.unknown(Text { text: name, at }, "评分", "score", &known);
                Vec::new()
            }
        }
    }
}
