//! The expressions of fields and checks over one scope.

use std::sync::Arc;

use fuyou_expr::{Expr, Scope, Type};
use fuyou_kernel::Localized;

use super::columns::computed_secrecy;
use super::fields::{RawCheck, RawField, RawGroup, RawLimit, RawRequired};
use super::forms::FormMaker;
use super::names::check_snake;
use crate::model::{At, Check, Field, FieldIx, FieldKind, GroupIx, Requirement, Severity};
use crate::raw::{Reader, Text};

/// What a check's `at` may name.
pub(super) struct Spots<'a> {
    pub form: &'a [RawField<'a>],
    pub groups: &'a [RawGroup<'a>],
    /// The group whose rows are checked: its fields by bare name.
    pub in_group: Option<GroupIx>,
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
pub(super) struct Compiler<'a> {
    pub maker: &'a FormMaker<'a>,
    pub scope: &'a Scope,
}

impl Compiler<'_> {
    pub fn condition(&self, text: Text<'_>) -> Option<Expr> {
        self.typed(text, &Type::Boolean)
    }

    fn typed(&self, text: Text<'_>, ty: &Type) -> Option<Expr> {
        if self.maker.columns.is_poisoned(text.text) {
            return None;
        }
        self.maker.context.parse_as(text, self.scope, ty)
    }

    pub fn fields(&self, raw: Vec<RawField<'_>>) -> Vec<Field> {
        self.fields_of(&raw)
    }

    pub fn fields_of(&self, raw: &[RawField<'_>]) -> Vec<Field> {
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
        if let (Some(usual), Some(_)) = (raw.usual, raw.compute.or(raw.default)) {
            let (zh, en) = (
                "usual 不能与 compute 或 default 同时使用",
                "`usual` excludes `compute` and `default`",
            );
            self.maker.context.report.error(usual.at, zh, en);
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
            usual: raw.usual.and_then(|text| self.typed(text, &ty)),
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

    pub fn check(&self, raw: &RawCheck<'_>, spots: &Spots<'_>) -> Option<Check> {
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
