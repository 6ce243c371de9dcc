//! The expressions of forms, once all names are known.

use std::sync::Arc;

use fuyou_expr::{Column, Expr, Scope, Slot, Type};
use fuyou_kernel::Localized;

use super::columns::{Columns, computed_secrecy};
use super::fields::{RawCheck, RawField, RawForm, RawGroup, RawLimit, RawRequired};
use super::names::{check_snake, mentions};
use super::order::Graph;
use super::{Context, values::ValueSets};
use crate::model::{
    At, Check, Derived, Field, FieldIx, FieldKind, Form, Group, GroupIx, Requirement, Severity,
};
use crate::raw::{Reader, Text};
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

struct FormMaker<'a> {
    context: &'a Context<'a>,
    columns: &'a Columns,
    derived: &'a [Derived],
    values: &'a ValueSets,
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

    /// The scope of a form and what each of its outer columns is.
    fn scope(&self, raw: &RawForm<'_>) -> (Scope, Vec<FormOuter>) {
        let mut scope = Scope::new();
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
        let (mut scope, mut outer) = (Scope::new(), Vec::new());
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

/// What a check's `at` may name.
struct Spots<'a> {
    form: &'a [RawField<'a>],
    groups: &'a [RawGroup<'a>],
    /// The group whose rows are checked: its fields by bare name.
    in_group: Option<GroupIx>,
}

impl Spots<'_> {
    /// A field of the checked row is [`At::Cell`] of row 0: the row is known only when a record is checked.
    fn find(&self, name: &str) -> Option<At> {
        let cell = |group: usize, field: &str| {
            let found = self.groups[group]
                .fields
                .iter()
                .position(|known| known.id.text == field)?;
            Some(At::Cell(GroupIx::new(group), 0, FieldIx::new(found)))
        };
        if name == "occurred_on" {
            return Some(At::OccurredOn);
        }
        if let Some(own) = self.in_group.and_then(|group| cell(group.get(), name)) {
            return Some(own);
        }
        if let Some((group, field)) = name.split_once('.') {
            let group = self
                .groups
                .iter()
                .position(|known| known.id.text == group)?;
            return match self.in_group {
                Some(own) if own.get() == group => cell(group, field),
                Some(_) | None => cell(group, field).map(|_| At::Group(GroupIx::new(group))),
            };
        }
        let field = self
            .form
            .iter()
            .position(|field| field.id.text == name)
            .map(|at| At::Field(FieldIx::new(at)));
        field.or_else(|| {
            self.groups
                .iter()
                .position(|group| group.id.text == name)
                .map(|at| At::Group(GroupIx::new(at)))
        })
    }

    fn names(&self) -> Vec<&str> {
        self.form
            .iter()
            .map(|field| field.id.text)
            .chain(self.groups.iter().map(|group| group.id.text))
            .collect()
    }
}

/// Parses expressions over one scope.
struct Compiler<'a> {
    maker: &'a FormMaker<'a>,
    scope: &'a Scope,
}

impl Compiler<'_> {
    fn condition(&self, text: Text<'_>) -> Option<Expr> {
        self.typed(text, &Type::Boolean)
    }

    fn typed(&self, text: Text<'_>, ty: &Type) -> Option<Expr> {
        if self.maker.columns.is_poisoned(text.text) {
            return None;
        }
        self.maker.context.parse_as(text, self.scope, ty)
    }

    fn fields(&self, raw: Vec<RawField<'_>>) -> Vec<Field> {
        self.fields_of(&raw)
    }

    fn fields_of(&self, raw: &[RawField<'_>]) -> Vec<Field> {
        let secrecy = computed_secrecy(raw);
        raw.iter()
            .filter_map(|field| {
                let level = secrecy.get(field.id.text).copied().unwrap_or_default();
                self.field(field, level)
            })
            .collect()
    }

    fn field(&self, raw: &RawField<'_>, secrecy: fuyou_kernel::Secrecy) -> Option<Field> {
        let (input, ty) = (raw.input.clone()?, raw.ty.clone()?);
        let (hard_range, hard) = self.limit(&raw.hard);
        let (soft_range, soft) = self.limit(&raw.soft);
        let required = match &raw.required {
            RawRequired::Never => None,
            RawRequired::Always => Some(Requirement::Always),
            RawRequired::When(text) => self.condition(*text).map(Requirement::When),
        };
        let computed = raw.compute.and_then(|text| self.typed(text, &ty));
        let secrecy = computed
            .as_ref()
            .map_or(secrecy, |expr| secrecy.max(expr.secrecy()));
        if let (Some(compute), Some(_)) = (raw.compute, raw.default) {
            let (zh, en) = (
                "compute 与 default 不能同时使用",
                "`compute` and `default` exclude each other",
            );
            self.maker.context.report.error(compute.at, zh, en);
        }
        let codes = match &input {
            crate::model::InputType::Code(id) | crate::model::InputType::Codes(id) => {
                self.maker.values.get(&**id).map(Arc::clone)
            }
            _ => None,
        };
        Some(Field {
            id: raw.id.text.into(),
            label: raw.label.clone(),
            section: raw.section,
            input,
            unit: raw.unit.clone(),
            hint: raw.hint.clone(),
            secrecy,
            kind: computed.map_or(FieldKind::Typed, FieldKind::Computed),
            required,
            show_if: raw.show_if.and_then(|text| self.condition(text)),
            hard_range,
            soft_range,
            hard,
            soft,
            default: raw.default.and_then(|text| self.typed(text, &ty)),
            cited: raw.cited.clone(),
            codes,
            ty,
        })
    }

    fn limit(&self, raw: &RawLimit<'_>) -> (Option<(i64, i64)>, Option<Expr>) {
        match raw {
            RawLimit::None => (None, None),
            RawLimit::Range(low, high) => (Some((*low, *high)), None),
            RawLimit::Condition(text) => (None, self.condition(*text)),
        }
    }

    fn check(&self, raw: &RawCheck<'_>, spots: &Spots<'_>) -> Option<Check> {
        let report = self.maker.context.report;
        let reader = Reader::new(raw.table, report);
        let id = reader.need_text("id");
        if let Some(id) = id {
            check_snake(report, id.text, id.at);
        }
        let that = reader
            .need_text("that")
            .and_then(|text| self.condition(text));
        let words = [("refuse", Severity::Refuse), ("confirm", Severity::Confirm)];
        let severity = reader.word("severity", &words).unwrap_or(Severity::Refuse);
        let message = reader.need_localized("message");
        let mut at = Vec::new();
        for name in reader.texts("at") {
            match spots.find(name.text) {
                Some(spot) => at.push(spot),
                None => {
                    let known = crate::raw::nearest(name.text, spots.names()).map(str::to_owned);
                    let text = name.text;
                    let message = Localized::new(
                        format!("表单里没有字段「{text}」"),
                        format!("the form has no field `{text}`"),
                    );
                    report.error_with(name.at, message, known);
                }
            }
        }
        reader.node("source");
        reader.node("certainty");
        reader.finish();
        Some(Check {
            id: id?.text.into(),
            that: that?,
            severity,
            message,
            at,
        })
    }
}
