//! The names that a program's expressions may use, gathered before any expression is read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use fuyou_expr::{Column, Curves, Scope, SetId, Slot, Type, ValueSet};
use fuyou_kernel::Secrecy;

use super::fields::{RawField, RawForm, RawGroup};
use super::names::{Names, mentions};
use super::values::ValueSets;
use crate::model::SubjectKind;
use crate::raw::{Report, Text};
use crate::replay::ReferralState;
use crate::scope::{EncounterOuter, GroupSet, Member, TASK_STATES, subject_columns};

/// More people than live anywhere; bounds what is computed from a population.
const POPULATION_MAX: i64 = 10_000_000_000;

/// Value sets that the engine makes for one program.
pub(crate) struct EngineSets {
    pub form: Arc<ValueSet>,
    pub visit: Arc<ValueSet>,
    pub rule: Arc<ValueSet>,
    pub referral: Arc<ValueSet>,
    pub task_state: Arc<ValueSet>,
    pub referral_state: Arc<ValueSet>,
    /// Levels and marks.
    pub risk: Option<(Arc<ValueSet>, Arc<ValueSet>)>,
}

/// A value set made by the engine; repeated or impossible codes were reported where they stand and are left out.
pub(crate) fn engine_set(name: &str, codes: &[String], ordered: bool) -> Arc<ValueSet> {
    let mut seen = HashSet::new();
    let good = codes.iter().filter(|code| {
        let bad = |c: char| c.is_control() || matches!(c, '|' | '\'' | '"');
        !code.is_empty() && !code.chars().any(bad) && seen.insert(code.as_str())
    });
    ValueSet::new(name, good.map(String::as_str), ordered)
        .expect("empty, repeated and impossible codes were left out")
}

impl EngineSets {
    pub fn new(
        forms: &[String],
        visits: &[String],
        rules: &[String],
        referrals: &[String],
    ) -> Self {
        let words = |list: &[&str]| {
            list.iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        Self {
            form: engine_set("form", forms, false),
            visit: engine_set("visit", visits, false),
            rule: engine_set("rule", rules, false),
            referral: engine_set("referral", referrals, false),
            task_state: engine_set("task_state", &words(&TASK_STATES), false),
            referral_state: engine_set(
                "referral_state",
                &words(&ReferralState::ALL.map(ReferralState::word)),
                false,
            ),
            risk: None,
        }
    }
}

/// The scopes of a program while facts and derived columns are added to them.
pub(crate) struct Columns {
    pub names: Names,
    /// Names that could not be read: what mentions them is not checked further, or one error would make many.
    pub poison: HashSet<String>,
    pub row: Scope,
    pub facts: Scope,
    pub encounter_scope: Scope,
    pub encounter_outer: Vec<EncounterOuter>,
    pub risk: Option<(Slot, Slot)>,
    pub scores: Vec<Slot>,
    pub members: Vec<Member>,
    pub kept: usize,
    pub risk_after: Option<usize>,
    pub scores_after: usize,
    pub encounter: SetId,
    pub task: SetId,
    pub referral: SetId,
    pub groups: Vec<GroupSet>,
    pub sets: EngineSets,
}

impl Columns {
    /// Starts with what every program of a subject has; `scores` and a risk scale were read before.
    pub fn new(
        subject: SubjectKind,
        sets: EngineSets,
        values: &ValueSets,
        names: Names,
        scores: &[Arc<str>],
    ) -> Self {
        let mut facts = Scope::new();
        let (encounter, task, referral) = (
            facts.set("encounter"),
            facts.set("task"),
            facts.set("referral"),
        );
        facts.set_default(encounter);
        let mut columns = Self {
            names,
            poison: HashSet::new(),
            row: Scope::new(),
            facts,
            encounter_scope: Scope::new(),
            encounter_outer: Vec::new(),
            risk: None,
            scores: Vec::new(),
            members: Vec::new(),
            kept: 0,
            risk_after: None,
            scores_after: 0,
            encounter,
            task,
            referral,
            groups: Vec::new(),
            sets,
        };
        columns.add_subject(subject, values);
        columns.add_engine_columns(scores);
        columns
    }

    /// Adds what is known of the subject. A value set of the pack types it: `sex`, but `organization_kind`.
    fn add_subject(&mut self, subject: SubjectKind, values: &ValueSets) {
        let (of, attributes) = subject_columns(subject);
        let of_organization = subject == SubjectKind::Organization;
        for attribute in attributes {
            let set = if of_organization {
                values.get(&format!("organization_{attribute}"))
            } else {
                values.get(attribute)
            };
            let column = match (attribute, set) {
                ("birth_on", _) => Column::new(Type::Date),
                ("population", _) if of_organization => Column {
                    range: Some((0, POPULATION_MAX)),
                    ..Column::new(Type::Integer)
                },
                (_, Some(set)) => Column::new(Type::Code(Arc::clone(&set.set))),
                (_, None) => Column::new(Type::Text),
            };
            self.add_row(&format!("{of}.{attribute}"), column);
        }
    }

    fn add_engine_columns(&mut self, scores: &[Arc<str>]) {
        self.add_row("opened_on", Column::new(Type::Date));
        self.add_row("org", Column::new(Type::Text));
        let code = |set: &Arc<ValueSet>| Column::new(Type::Code(Arc::clone(set)));
        let (form, visit) = (code(&self.sets.form), code(&self.sets.visit));
        self.add_kept("form", form);
        self.add_kept("visit", visit.clone());
        self.add_kept("occurred_on", Column::new(Type::Date));
        self.add_kept("recorded_on", Column::new(Type::Date));
        self.add_kept("recorded_org", Column::new(Type::Text));
        if let Some((level, marks)) = self.sets.risk.clone() {
            let level = Column::new(Type::Code(level));
            let marks = Column::new(Type::Codes(marks));
            self.risk = Some((
                self.add_row("risk", level.clone()),
                self.add_row("marks", marks.clone()),
            ));
            self.risk_after = Some(self.kept);
            self.add_kept("risk_after", level);
            self.add_kept("marks_after", marks);
        }
        self.scores_after = self.kept;
        let points = Column {
            ty: Type::Integer,
            range: Some((-1_000_000, 1_000_000)),
            secrecy: Secrecy::Open,
        };
        for score in scores {
            let slot = self.add_row(score, points.clone());
            self.scores.push(slot);
            self.add_kept(&format!("{score}_after"), points.clone());
        }
        let (rule, state) = (code(&self.sets.rule), code(&self.sets.task_state));
        let (kind, referral_state) = (code(&self.sets.referral), code(&self.sets.referral_state));
        let (boolean, date) = (Column::new(Type::Boolean), Column::new(Type::Date));
        let task = [
            rule,
            visit,
            state,
            boolean.clone(),
            date.clone(),
            date.clone(),
            date.clone(),
        ];
        for (name, column) in crate::scope::TASK.iter().zip(task) {
            self.facts.member(self.task, name, column);
        }
        let referral = [
            kind,
            referral_state,
            date.clone(),
            date.clone(),
            date,
            boolean,
        ];
        for (name, column) in crate::scope::REFERRAL.iter().zip(referral) {
            self.facts.member(self.referral, name, column);
        }
    }

    /// Allows the curve functions wherever an expression is answered over one record.
    pub fn allow_curves(&mut self, curves: &Arc<Curves>) {
        for scope in [&mut self.row, &mut self.facts, &mut self.encounter_scope] {
            scope.set_curves(Arc::clone(curves));
        }
    }

    /// Adds a column of the facts row.
    pub fn add_row(&mut self, name: &str, column: Column) -> Slot {
        let slot = self.row.outer(name, column.clone());
        self.facts.outer(name, column.clone());
        self.encounter_scope.outer(name, column);
        self.encounter_outer.push(EncounterOuter::Row(slot));
        slot
    }

    /// Adds a member of the set `encounter` that each encounter keeps beside its fields; returns its place there.
    pub fn add_kept(&mut self, name: &str, column: Column) -> usize {
        let place = self.kept;
        self.kept += 1;
        self.add_member(name, column, Member::Kept(place));
        place
    }

    fn add_member(&mut self, name: &str, column: Column, member: Member) {
        let slot = self.facts.member(self.encounter, name, column.clone());
        self.encounter_scope.outer(name, column);
        self.encounter_outer.push(EncounterOuter::Member(slot));
        self.members.push(member);
    }

    /// Adds the fields and groups of all forms.
    pub fn add_forms(&mut self, report: &Report, forms: &[RawForm<'_>]) {
        let mut merged: Vec<(&str, Column)> = Vec::new();
        let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
        for form in forms {
            let secrecy = computed_secrecy(&form.fields);
            let mut own = HashSet::new();
            for field in &form.fields {
                if !own.insert(field.id.text) {
                    twice(report, "field", field.id);
                    continue;
                }
                let Some(mut column) = field.column() else {
                    self.poison.insert(field.id.text.to_owned());
                    continue;
                };
                column.secrecy = secrecy[field.id.text];
                match by_id.get(field.id.text) {
                    Some(position) => agree(report, field, &mut merged[*position].1, &column),
                    None if self.names.take(report, field.id.text, "field", field.id.at) => {
                        by_id.insert(field.id.text, merged.len());
                        merged.push((field.id.text, column));
                    }
                    None => {}
                }
            }
        }
        for (id, column) in merged {
            self.add_member(id, column, Member::Field);
        }
        self.add_groups(report, forms);
    }

    fn add_groups(&mut self, report: &Report, forms: &[RawForm<'_>]) {
        let mut merged: Vec<(&str, Vec<(&str, Column)>)> = Vec::new();
        for form in forms {
            let mut own = HashSet::new();
            for group in &form.groups {
                if !own.insert(group.id.text) {
                    twice(report, "group", group.id);
                    continue;
                }
                let known = merged.iter().position(|(id, _)| *id == group.id.text);
                let position = match known {
                    Some(position) => position,
                    None if self.names.take(report, group.id.text, "group", group.id.at) => {
                        merged.push((group.id.text, Vec::new()));
                        merged.len() - 1
                    }
                    None => continue,
                };
                add_group_fields(report, group, &mut merged[position].1);
            }
        }
        for (name, members) in merged {
            let (set, inside) = (self.facts.set(name), self.encounter_scope.set(name));
            if self.groups.is_empty() {
                self.encounter_scope.set_default(inside);
            }
            let mut columns = Vec::new();
            for (member, column) in members {
                self.facts.member(set, member, column.clone());
                self.encounter_scope.member(inside, member, column);
                columns.push(Arc::from(member));
            }
            self.groups.push(GroupSet {
                name: name.into(),
                columns,
            });
        }
    }

    /// Whether a text mentions a name that could not be read.
    pub fn is_poisoned(&self, text: &str) -> bool {
        !self.poison.is_empty()
            && mentions(text).iter().any(|name| {
                self.poison.contains(name)
                    || name
                        .split_once('.')
                        .is_some_and(|(set, name)| set == "previous" && self.poison.contains(name))
            })
    }
}

fn twice(report: &Report, what: &str, id: Text<'_>) {
    report.error(
        id.at,
        format!("{what} {} 重复", id.text),
        format!("{what} `{}` stands twice", id.text),
    );
}

/// Two forms share a field id only with the same type; the column holds what either may hold.
fn agree(report: &Report, field: &RawField<'_>, known: &mut Column, own: &Column) {
    if known.ty != own.ty {
        report.error(
            field.id.at,
            format!(
                "字段 {} 在另一表单里的类型是 {},这里是 {}",
                field.id.text, known.ty, own.ty
            ),
            format!(
                "field `{}` is of type {} in another form, here it is {}",
                field.id.text, known.ty, own.ty
            ),
        );
        return;
    }
    known.range = match (known.range, own.range) {
        (Some((low, high)), Some((own_low, own_high))) => {
            Some((low.min(own_low), high.max(own_high)))
        }
        _ => None,
    };
    known.secrecy = known.secrecy.max(own.secrecy);
}

fn add_group_fields<'a>(
    report: &Report,
    group: &RawGroup<'a>,
    members: &mut Vec<(&'a str, Column)>,
) {
    let secrecy = computed_secrecy(&group.fields);
    let mut own = HashSet::new();
    for field in &group.fields {
        if !own.insert(field.id.text) {
            twice(report, "field", field.id);
            continue;
        }
        let Some(mut column) = field.column() else {
            continue;
        };
        column.secrecy = secrecy[field.id.text];
        match members.iter_mut().find(|(id, _)| *id == field.id.text) {
            Some((_, known)) => agree(report, field, known, &column),
            None => members.push((field.id.text, column)),
        }
    }
}

/// The secrecy of each field: a computed one inherits that of the fields it mentions.
pub(crate) fn computed_secrecy<'a>(fields: &[RawField<'a>]) -> HashMap<&'a str, Secrecy> {
    let mut levels: HashMap<&str, Secrecy> = fields
        .iter()
        .map(|field| (field.id.text, field.secrecy))
        .collect();
    loop {
        let mut changed = false;
        for field in fields {
            let Some(compute) = field.compute else {
                continue;
            };
            let inherited = mentions(compute.text)
                .iter()
                .filter_map(|name| levels.get(name.as_str()).copied())
                .max();
            let own = levels.get(field.id.text).copied().unwrap_or_default();
            if let Some(inherited) = inherited.filter(|inherited| *inherited > own) {
                levels.insert(field.id.text, inherited);
                changed = true;
            }
        }
        if !changed {
            return levels;
        }
    }
}
