//! Derived columns and facts: ordered by what they mention, then typed one after the other.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_expr::{Column, Type, parse};
use fuyou_kernel::{Localized, Secrecy};

use super::columns::Columns;
use super::names::{check_snake, mentions};
use super::order::Graph;
use super::{Context, Sources, read_cited};
use crate::model::{Derived, DerivedIx, Fact, FactIx, ItemKind, RuleIx};
use crate::raw::{At, Item, NodeKind, Reader, Table, Text};
use crate::scope::Step;

/// What was read.
pub(crate) struct Computed {
    pub derived: Vec<Derived>,
    pub facts: Vec<Fact>,
    /// The kept place of each derived column.
    pub derived_kept: Vec<usize>,
    pub steps: Vec<Step>,
}

struct RawColumn<'a> {
    item: &'a Item,
    title: Localized,
    unit: Option<String>,
    is: Option<Text<'a>>,
    is_searched: bool,
    is_told_today: bool,
    cited: crate::model::Cited,
}

/// Reads derived columns and facts and puts them into the scopes.
pub(crate) fn computed(
    context: &Context<'_>,
    sources: &Sources<'_>,
    program: &str,
    columns: &mut Columns,
    scores: &[Arc<str>],
) -> Computed {
    let read = |kind| {
        context
            .items
            .of(kind, program)
            .map(|item| read_column(context, sources, item, kind))
            .collect::<Vec<RawColumn<'_>>>()
    };
    let (derived, facts) = (read(ItemKind::Derived), read(ItemKind::Fact));
    for (list, kind) in [(&derived, "derived column"), (&facts, "fact")] {
        for column in list {
            check_snake(context.report, &column.item.id, column.item.id_at);
            if !columns
                .names
                .take(context.report, &column.item.id, kind, column.item.id_at)
            {
                columns.poison.insert(column.item.id.clone());
            }
        }
    }
    let nodes = Nodes {
        context,
        program,
        derived: &derived,
        facts: &facts,
        scores,
        rules: context.items.of(ItemKind::Rule, program).collect(),
    };
    let (order, circles) = nodes.graph().sort();
    for circle in circles {
        nodes.report_circle(&circle);
    }
    let steps: Vec<Step> = order.iter().map(|node| nodes.step(*node)).collect();
    let mut made = Making {
        columns,
        derived: Vec::new(),
        facts: Vec::new(),
    };
    made.derived.resize_with(derived.len(), || None);
    made.facts.resize_with(facts.len(), || None);
    for step in &steps {
        match step {
            Step::Derived(ix) => made.derive(context, *ix, &derived[ix.get()]),
            Step::Fact(ix) => made.fact(context, *ix, &facts[ix.get()]),
            Step::Visits | Step::Rule(_) | Step::Risk | Step::Tasks => {}
        }
    }
    for (column, found) in derived.iter().zip(made.derived.iter().map(Option::is_some)) {
        if !found {
            made.columns.poison.insert(column.item.id.clone());
        }
    }
    for (column, found) in facts.iter().zip(made.facts.iter().map(Option::is_some)) {
        if !found {
            made.columns.poison.insert(column.item.id.clone());
        }
    }
    let (derived, derived_kept) = made.derived.into_iter().flatten().unzip();
    Computed {
        derived,
        facts: made.facts.into_iter().flatten().collect(),
        derived_kept,
        steps,
    }
}

fn read_column<'a>(
    context: &Context<'a>,
    sources: &Sources<'_>,
    item: &'a Item,
    kind: ItemKind,
) -> RawColumn<'a> {
    let reader = Reader::new(&item.table, context.report);
    let title = reader
        .localized("title")
        .unwrap_or_else(|| Localized::new(item.id.as_str(), item.id.as_str()));
    let unit = reader.text("unit").map(|unit| unit.text.to_owned());
    let is = reader.need_text("is");
    let is_searched = kind == ItemKind::Fact && reader.boolean("searched").unwrap_or(false);
    let is_told_today = kind == ItemKind::Derived && reader.boolean("today").unwrap_or(false);
    let cited = read_cited(&reader, sources);
    reader.finish();
    RawColumn {
        item,
        title,
        unit,
        is,
        is_searched,
        is_told_today,
        cited,
    }
}

struct Making<'a> {
    columns: &'a mut Columns,
    derived: Vec<Option<(Derived, usize)>>,
    facts: Vec<Option<Fact>>,
}

impl Making<'_> {
    fn derive(&mut self, context: &Context<'_>, ix: DerivedIx, column: &RawColumn<'_>) {
        let Some(is) = column.is.filter(|is| !self.columns.is_poisoned(is.text)) else {
            return;
        };
        if self.columns.poison.contains(&column.item.id) {
            return;
        }
        match parse(is.text, &self.columns.encounter_scope) {
            Ok(is) => {
                let range = is.range().map(|bounds| (bounds.min, bounds.max));
                let made = Column {
                    ty: is.ty().clone(),
                    range,
                    secrecy: is.secrecy(),
                };
                let kept = self.columns.add_kept(&column.item.id, made);
                let id = column.item.id.as_str().into();
                self.derived[ix.get()] = Some((
                    Derived {
                        id,
                        title: column.title.clone(),
                        is,
                        is_told_today: column.is_told_today,
                    },
                    kept,
                ));
            }
            Err(found) => {
                context.report.expression(is.at, found);
                self.columns.poison.insert(column.item.id.clone());
            }
        }
    }

    fn fact(&mut self, context: &Context<'_>, ix: FactIx, column: &RawColumn<'_>) {
        let Some(is) = column.is.filter(|is| !self.columns.is_poisoned(is.text)) else {
            return;
        };
        if self.columns.poison.contains(&column.item.id) {
            return;
        }
        match parse(is.text, &self.columns.facts) {
            Ok(is) => {
                let range = is.range().map(|bounds| (bounds.min, bounds.max));
                let (ty, secrecy) = (is.ty().clone(), is.secrecy());
                if column.is_searched && (ty != Type::Text || secrecy > Secrecy::Open) {
                    context.report.error(
                        column.item.id_at,
                        "能被查找的事实必须是公开的文本",
                        "a fact that people search by is text, and open",
                    );
                }
                let slot = self.columns.add_row(
                    &column.item.id,
                    Column {
                        ty: ty.clone(),
                        range,
                        secrecy,
                    },
                );
                self.facts[ix.get()] = Some(Fact {
                    id: column.item.id.as_str().into(),
                    title: column.title.clone(),
                    unit: column.unit.clone(),
                    is,
                    ty,
                    secrecy,
                    slot,
                    is_searched: column.is_searched,
                    cited: column.cited.clone(),
                });
            }
            Err(found) => {
                context.report.expression(is.at, found);
                self.columns.poison.insert(column.item.id.clone());
            }
        }
    }
}

/// The nodes of a program's dependency graph: derived columns, facts, rules, then visits, risk, tasks.
struct Nodes<'a> {
    context: &'a Context<'a>,
    program: &'a str,
    derived: &'a [RawColumn<'a>],
    facts: &'a [RawColumn<'a>],
    scores: &'a [Arc<str>],
    rules: Vec<&'a Item>,
}

impl Nodes<'_> {
    fn rule_start(&self) -> usize {
        self.derived.len() + self.facts.len()
    }

    fn step(&self, node: usize) -> Step {
        let rules = self.rules.len();
        match node {
            node if node < self.derived.len() => Step::Derived(DerivedIx::new(node)),
            node if node < self.rule_start() => Step::Fact(FactIx::new(node - self.derived.len())),
            node if node < self.rule_start() + rules => {
                Step::Rule(RuleIx::new(node - self.rule_start()))
            }
            node => [Step::Visits, Step::Risk, Step::Tasks][node - self.rule_start() - rules],
        }
    }

    fn graph(&self) -> Graph {
        let rules = &self.rules;
        let visits = self.rule_start() + rules.len();
        let (risk, tasks) = (visits + 1, visits + 2);
        let mut graph = Graph::new(visits + 3);
        let mut names: HashMap<&str, usize> = HashMap::new();
        for (position, column) in self.derived.iter().chain(self.facts).enumerate() {
            names.insert(&column.item.id, position);
        }
        names.extend([
            ("visit", visits),
            ("risk", risk),
            ("marks", risk),
            ("risk_after", risk),
            ("marks_after", risk),
        ]);
        let scores: Vec<String> = self
            .scores
            .iter()
            .map(|score| format!("{score}_after"))
            .collect();
        for (score, after) in self.scores.iter().zip(&scores) {
            names.extend([(&**score, risk), (after.as_str(), risk)]);
        }
        let needs = |text: &str| needs_of(text, &names, tasks);
        for (position, column) in self.derived.iter().chain(self.facts).enumerate() {
            graph.needs[position] = column.is.map(|is| needs(is.text)).unwrap_or_default();
        }
        let text = |table: &Table, key: &str| table.text(key).map(&needs).unwrap_or_default();
        for item in self.context.items.of(ItemKind::Visit, self.program) {
            for key in ["anchor", "counts_if"] {
                graph.needs[visits].extend(text(&item.table, key));
            }
            graph.needs[tasks].extend(text(&item.table, "when"));
            graph.needs[tasks].extend(text(&item.table, "lapses_on"));
        }
        graph.needs[tasks].push(visits);
        // What is due ends when the enrollment does.
        let head = self
            .context
            .items
            .one(ItemKind::Program, self.program, self.program);
        for key in ["closed_when", "closed_on"] {
            graph.needs[tasks].extend(head.map(|item| text(&item.table, key)).unwrap_or_default());
        }
        for item in self.context.items.of(ItemKind::Risk, self.program) {
            graph.needs[risk].extend(text(&item.table, "assessed_when"));
        }
        for (position, item) in rules.iter().enumerate() {
            let node = self.rule_start() + position;
            graph.needs[node] = text(&item.table, "when");
            if ["risk", "mark", "points"]
                .iter()
                .any(|key| item.table.get(key).is_some())
            {
                graph.needs[risk].push(node);
            }
            if replaces_risk(item, rules) {
                graph.needs[risk].push(node);
            }
            if let Some(NodeKind::Table(task)) = item.table.get("task").map(|node| &node.kind) {
                graph.needs[tasks].push(node);
                graph.needs[tasks].extend(text(task, "until"));
                graph.needs[tasks].extend(text(task, "done_if"));
                graph.needs[tasks].extend(text(task, "lapses_on"));
                graph.needs[tasks].extend(text(task, "counts_if"));
            }
        }
        graph
    }

    fn report_circle(&self, circle: &[usize]) {
        let name = |node: usize| match self.step(node) {
            Step::Derived(ix) => self.derived[ix.get()].item.id.clone(),
            Step::Fact(ix) => self.facts[ix.get()].item.id.clone(),
            Step::Rule(ix) => self
                .rules
                .get(ix.get())
                .map(|item| format!("rule {}", item.id))
                .unwrap_or_default(),
            Step::Visits => "visit".to_owned(),
            Step::Risk => "risk".to_owned(),
            Step::Tasks => "task".to_owned(),
        };
        let place = |node: usize| match self.step(node) {
            Step::Derived(ix) => Some(self.derived[ix.get()].item.id_at),
            Step::Fact(ix) => Some(self.facts[ix.get()].item.id_at),
            Step::Rule(ix) => self.rules.get(ix.get()).map(|item| item.id_at),
            Step::Visits | Step::Risk | Step::Tasks => None,
        };
        let mut members: Vec<String> = circle.iter().map(|node| name(*node)).collect();
        members.push(members[0].clone());
        let members = members.join(" → ");
        let at = circle.iter().find_map(|node| place(*node)).unwrap_or(At {
            file: 0,
            start: 0,
            end: 1,
        });
        self.context.report.error(
            at,
            format!("循环依赖:{members}"),
            format!("these need each other in a circle: {members}"),
        );
    }
}

/// Whether a rule replaces one that sets risk.
fn replaces_risk(item: &Item, rules: &[&Item]) -> bool {
    let Some(NodeKind::Array(list)) = item.table.get("replaces").map(|node| &node.kind) else {
        return false;
    };
    list.iter().any(|node| {
        let NodeKind::Text(id) = &node.kind else {
            return false;
        };
        rules.iter().any(|rule| {
            rule.id == *id
                && ["risk", "mark", "points"]
                    .iter()
                    .any(|key| rule.table.get(key).is_some())
        })
    })
}

fn needs_of(text: &str, names: &HashMap<&str, usize>, tasks: usize) -> Vec<usize> {
    let mut needs: Vec<usize> = mentions(text)
        .iter()
        .filter_map(|name| match name.split_once('.') {
            Some(("task", _)) => Some(tasks),
            Some(("encounter", name)) => names.get(name).copied(),
            Some(_) => None,
            None => names.get(name.as_str()).copied(),
        })
        .collect();
    needs.sort_unstable();
    needs.dedup();
    needs
}
