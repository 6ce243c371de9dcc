//! The expressions of forms, once all names are known.

use std::sync::Arc;

use fuyou_expr::{Column, Expr, Scope, Slot, Type};

use super::columns::{Columns, computed_secrecy};
use super::compile::{Compiler, Spots};
use super::fields::{RawField, RawForm, RawGroup};
use super::names::mentions;
use super::order::Graph;
use super::{Context, values::ValueSets};
use crate::model::{Derived, FieldIx, Form, Group, GroupIx};
use crate::scope::{FormOuter, GroupOuter, Member, NO_FIELD};

/// Compiles the forms of a program.
pub(crate) fn forms(
    context: &Context<'_>,
    columns: &Columns,
    derived: &[Derived],
    values: &ValueSets,
    raw: Vec<RawForm<'_>>,
) -> Vec<Form> {
    raw.into_iter()
        .map(|form| {
            FormMaker {
                context,
                columns,
                derived,
                values,
            }
            .form(form)
        })
        .collect()
}

/// What forms are compiled against.
pub(super) struct FormMaker<'a> {
    pub context: &'a Context<'a>,
    pub columns: &'a Columns,
    derived: &'a [Derived],
    pub values: &'a ValueSets,
}

impl FormMaker<'_> {
    fn form(&self, mut raw: RawForm<'_>) -> Form {
        dedup(&mut raw.fields);
        for group in &mut raw.groups {
            dedup(&mut group.fields);
        }
        let (scope, outer) = self.scope(&raw);
        let compiler = Compiler {
            maker: self,
            scope: &scope,
        };
        let mut sections = Vec::new();
        for (mut section, show_if) in std::mem::take(&mut raw.sections) {
            section.show_if = show_if.and_then(|text| compiler.condition(text));
            sections.push(section);
        }
        let occurred = raw.occurred.as_ref();
        let (occurred_hard, occurred_soft) = (
            occurred
                .and_then(|occurred| occurred.hard)
                .and_then(|text| compiler.condition(text)),
            occurred
                .and_then(|occurred| occurred.soft)
                .and_then(|text| compiler.condition(text)),
        );
        let spots = Spots {
            form: &raw.fields,
            groups: &raw.groups,
            in_group: None,
        };
        let checks = raw
            .checks
            .iter()
            .filter_map(|check| compiler.check(check, &spots))
            .collect();
        let groups = raw
            .groups
            .iter()
            .filter_map(|group| self.group(group, &raw, (&scope, &outer)))
            .collect();
        let by_slot = self.by_slot(&raw.fields);
        let compute_order = self.compute_order(&raw.fields);
        let mut form = Form {
            id: raw.item.id.as_str().into(),
            title: raw.title,
            shown_as: raw.shown_as,
            correctable: raw.correctable,
            occurred_label: raw
                .occurred
                .as_ref()
                .and_then(|occurred| occurred.label.clone()),
            occurred_hard,
            occurred_soft,
            sections,
            fields: compiler.fields(raw.fields),
            groups,
            checks,
            cited: raw.cited,
            outer,
            reads: Vec::new(),
            by_slot,
            compute_order,
            scope,
        };
        form.reads = reads(&form);
        form
    }

    /// A scope without names that knows the curves.
    fn blank_scope(&self) -> Scope {
        let mut scope = Scope::new();
        if let Some(curves) = self.columns.row.curves() {
            scope.set_curves(Arc::clone(curves));
        }
        scope
    }

    /// The scope of a form and what each of its outer columns is.
    fn scope(&self, raw: &RawForm<'_>) -> (Scope, Vec<FormOuter>) {
        let mut scope = self.blank_scope();
        let mut outer = Vec::new();
        let secrecy = computed_secrecy(&raw.fields);
        for (position, field) in raw.fields.iter().enumerate() {
            let Some(mut column) = field.column() else {
                continue;
            };
            column.secrecy = secrecy[field.id.text];
            scope.outer(field.id.text, column);
            outer.push(FormOuter::Field(FieldIx::new(position)));
        }
        let mut add = |scope: &mut Scope, name: &str, column: Column, what: FormOuter| {
            if scope.get(name).is_none() {
                scope.outer(name, column);
                outer.push(what);
            }
        };
        add(
            &mut scope,
            "occurred_on",
            Column::new(Type::Date),
            FormOuter::OccurredOn,
        );
        add(
            &mut scope,
            "today",
            Column::new(Type::Date),
            FormOuter::Today,
        );
        for (position, (name, column)) in self.columns.row.columns(None).enumerate() {
            add(
                &mut scope,
                name,
                column.clone(),
                FormOuter::Row(slot(position)),
            );
        }
        let encounter = Some(self.columns.encounter);
        for (position, (name, column)) in self.columns.facts.columns(encounter).enumerate() {
            let member = self.columns.members[position];
            if let Some(ix) = self.derived.iter().position(|derived| &*derived.id == name) {
                add(
                    &mut scope,
                    name,
                    column.clone(),
                    FormOuter::Derived(crate::model::DerivedIx::new(ix)),
                );
            } else if member != Member::Field && name != "occurred_on" {
                continue;
            }
            add(
                &mut scope,
                &format!("previous.{name}"),
                column.clone(),
                FormOuter::Previous(slot(position)),
            );
        }
        for (position, group) in raw.groups.iter().enumerate() {
            let set = scope.set(group.id.text);
            if position == 0 {
                scope.set_default(set);
            }
            let secrecy = computed_secrecy(&group.fields);
            for field in &group.fields {
                let Some(mut column) = field.column() else {
                    continue;
                };
                column.secrecy = secrecy[field.id.text];
                scope.member(set, field.id.text, column);
            }
        }
        (scope, outer)
    }

    fn by_slot(&self, fields: &[RawField<'_>]) -> Vec<u16> {
        let encounter = Some(self.columns.encounter);
        let places = self
            .columns
            .facts
            .columns(encounter)
            .zip(&self.columns.members)
            .map(|((name, _), member)| {
                let found = fields
                    .iter()
                    .position(|field| field.id.text == name)
                    .filter(|_| *member == Member::Field);
                found
                    .and_then(|position| u16::try_from(position).ok())
                    .unwrap_or(NO_FIELD)
            });
        places.collect()
    }

    fn compute_order(&self, fields: &[RawField<'_>]) -> Vec<FieldIx> {
        let mut graph = Graph::new(fields.len());
        for (position, field) in fields.iter().enumerate() {
            let Some(compute) = field.compute else {
                continue;
            };
            for name in mentions(compute.text) {
                graph.needs[position].extend(fields.iter().position(|other| other.id.text == name));
            }
        }
        let (order, circles) = graph.sort();
        for circle in circles {
            let mut members: Vec<&str> = circle
                .iter()
                .map(|member| fields[*member].id.text)
                .collect();
            members.push(members[0]);
            let members = members.join(" → ");
            self.context.report.error(
                fields[circle[0]].id.at,
                format!("循环依赖:{members}"),
                format!("these need each other in a circle: {members}"),
            );
        }
        order
            .into_iter()
            .filter(|position| fields[*position].compute.is_some())
            .map(FieldIx::new)
            .collect()
    }

    fn group(
        &self,
        raw: &RawGroup<'_>,
        form: &RawForm<'_>,
        above: (&Scope, &[FormOuter]),
    ) -> Option<Group> {
        let set = self
            .columns
            .groups
            .iter()
            .position(|known| &*known.name == raw.id.text)?;
        let (mut scope, mut outer) = (self.blank_scope(), Vec::new());
        let secrecy = computed_secrecy(&raw.fields);
        for (position, field) in raw.fields.iter().enumerate() {
            let Some(mut column) = field.column() else {
                continue;
            };
            column.secrecy = secrecy[field.id.text];
            scope.outer(field.id.text, column.clone());
            scope.outer(&format!("{}.{}", raw.id.text, field.id.text), column);
            outer.extend([GroupOuter::Own(FieldIx::new(position)); 2]);
        }
        for (position, (name, column)) in above.0.columns(None).enumerate() {
            if scope.get(name).is_none() {
                scope.outer(name, column.clone());
                outer.push(GroupOuter::Form(slot(position)));
            }
        }
        let compiler = Compiler {
            maker: self,
            scope: &scope,
        };
        let above_compiler = Compiler {
            maker: self,
            scope: above.0,
        };
        let own = form
            .groups
            .iter()
            .position(|group| group.id.text == raw.id.text)
            .map(GroupIx::new);
        let spots = Spots {
            form: &form.fields,
            groups: &form.groups,
            in_group: own,
        };
        let columns = &self.columns.groups[set].columns;
        let by_slot = columns.iter().map(|name| {
            let found = raw.fields.iter().position(|field| field.id.text == &**name);
            found
                .and_then(|position| u16::try_from(position).ok())
                .unwrap_or(NO_FIELD)
        });
        Some(Group {
            id: raw.id.text.into(),
            title: raw.title.clone(),
            section: raw.section,
            min: raw.min,
            max: raw.max,
            show_if: raw.show_if.and_then(|text| above_compiler.condition(text)),
            checks: raw
                .checks
                .iter()
                .filter_map(|check| compiler.check(check, &spots))
                .collect(),
            by_slot: by_slot.collect(),
            compute_order: self.compute_order(&raw.fields),
            fields: compiler.fields_of(&raw.fields),
            outer,
            set,
            scope,
        })
    }
}

/// The outer columns of a form's scope that its expressions read, also from within its groups.
fn reads(form: &Form) -> Vec<Slot> {
    let own = form
        .expressions()
        .into_iter()
        .flat_map(Expr::columns)
        .filter(|column| column.set.is_none());
    let mut reads: Vec<Slot> = own.map(|column| column.slot).collect();
    for group in &form.groups {
        let columns = group
            .expressions()
            .into_iter()
            .flat_map(Expr::columns)
            .filter(|column| column.set.is_none());
        reads.extend(columns.filter_map(
            |column| match group.outer.get(usize::from(column.slot.0)) {
                Some(GroupOuter::Form(slot)) => Some(*slot),
                Some(GroupOuter::Own(_)) | None => None,
            },
        ));
    }
    reads.sort_unstable();
    reads.dedup();
    reads
}

fn slot(position: usize) -> Slot {
    Slot(u16::try_from(position).expect("scopes hold fewer than 65,536 columns"))
}

/// Leaves out second fields of one id: they were reported.
fn dedup(fields: &mut Vec<RawField<'_>>) {
    let mut seen = std::collections::HashSet::new();
    fields.retain(|field| seen.insert(field.id.text));
}
