//! What stands against a draft.

use std::sync::Arc;

use fuyou_expr::{Expr, Rows, Scope, Slot, Type, Value};
use fuyou_kernel::{Localized, Secrecy};

use super::Finding;
use super::desk::Desk;
use super::limits::LimitReader;
use super::messages;
use crate::model::{At, Check, Field, FieldIx, FieldKind, Form, GroupIx, Severity};
use crate::scope::{FormOuter, GroupOuter};

/// What the expressions of a field see, and which of it is the field itself.
struct Sight<'a, R: Rows> {
    rows: &'a R,
    scope: &'a Scope,
    is_own: &'a dyn Fn(Slot) -> bool,
}

impl Finding {
    /// The key under which a reason for it is given: its kind, and the field beside which it is shown
    /// (`soft:weight_kg`, `soft:newborn.2.weight_g`, `systolic_above_diastolic`).
    pub fn key(&self, form: &Form) -> String {
        let place = self.at.first().map(|at| match *at {
            At::OccurredOn => "occurred_on".to_owned(),
            At::Field(field) => form.fields[field.get()].id.to_string(),
            At::Group(group) => form.groups[group.get()].id.to_string(),
            At::Cell(group, row, field) => {
                let group = &form.groups[group.get()];
                format!("{}.{}.{}", group.id, row + 1, group.fields[field.get()].id)
            }
        });
        match (&*self.kind, place) {
            (
                kind @ ("type" | "hard" | "soft" | "required" | "exclusive" | "rows"),
                Some(place),
            ) => {
                format!("{kind}:{place}")
            }
            (check, _) => check.to_owned(),
        }
    }
}

/// Everything wrong or unusual, in the order of the form.
pub(super) fn findings(desk: &Desk<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    occurred_on(desk, &mut found);
    for (position, field) in desk.form.fields.iter().enumerate() {
        if desk.shown[position] {
            let at = At::Field(FieldIx::new(position));
            let own = |slot: Slot| {
                desk.form.outer.get(usize::from(slot.0))
                    == Some(&FormOuter::Field(FieldIx::new(position)))
            };
            let sight = Sight {
                rows: &desk.rows(),
                scope: &desk.form.scope,
                is_own: &own,
            };
            field_findings(field, &desk.draft.values[position], at, &sight, &mut found);
        }
    }
    for (position, group) in desk.form.groups.iter().enumerate() {
        if !desk.shown_groups[position] {
            continue;
        }
        let ix = GroupIx::new(position);
        let rows = &desk.draft.groups[position];
        if rows.len() < usize::from(group.min) || rows.len() > usize::from(group.max) {
            let message = messages::rows(group, &rows.len().to_string());
            found.push(finding(At::Group(ix), Severity::Refuse, "rows", message));
        }
        for (row, values) in rows.iter().enumerate() {
            let view = desk.group_rows(position, row);
            for (field_position, field) in group.fields.iter().enumerate() {
                if desk.is_cell_shown(position, row, field.show_if.as_ref()) {
                    let field_ix = FieldIx::new(field_position);
                    let own = |slot: Slot| {
                        group.outer.get(usize::from(slot.0)) == Some(&GroupOuter::Own(field_ix))
                    };
                    let sight = Sight {
                        rows: &view,
                        scope: &group.scope,
                        is_own: &own,
                    };
                    let at = At::Cell(ix, row, field_ix);
                    field_findings(field, &values[field_position], at, &sight, &mut found);
                }
            }
            for check in &group.checks {
                let in_row = |at: &At| match at {
                    At::Cell(group, _, field) => At::Cell(*group, row, *field),
                    other => *other,
                };
                let at = check.at.iter().map(in_row).collect();
                check_findings(desk, check, at, &view, &mut found);
            }
        }
    }
    for check in &desk.form.checks {
        check_findings(desk, check, check.at.clone(), &desk.rows(), &mut found);
    }
    drop_moot(&mut found);
    found
}

/// A value that is refused need not be confirmed as well.
fn drop_moot(found: &mut Vec<Finding>) {
    let refused: Vec<At> = found
        .iter()
        .filter(|finding| finding.severity == Severity::Refuse)
        .flat_map(|finding| finding.at.iter().copied())
        .collect();
    found.retain(|finding| {
        finding.severity == Severity::Refuse || !finding.at.iter().any(|at| refused.contains(at))
    });
}

fn finding(at: At, severity: Severity, kind: &str, message: Localized) -> Finding {
    Finding {
        at: vec![at],
        severity,
        kind: kind.into(),
        message,
    }
}

fn occurred_on(desk: &Desk<'_>, found: &mut Vec<Finding>) {
    let mut add = |severity, kind: &str, message| {
        found.push(finding(At::OccurredOn, severity, kind, message));
    };
    let Some(on) = desk.draft.occurred_on else {
        add(Severity::Refuse, "required", messages::no_day());
        return;
    };
    if on > desk.today {
        add(Severity::Refuse, "future", messages::future_day());
    }
    if fails(desk.form.occurred_hard.as_ref(), &desk.rows()) {
        let label = desk.form.occurred_label.clone();
        let label = label.unwrap_or_else(messages::day_label);
        let limits = desk.form.occurred_hard.as_ref().and_then(|hard| {
            let is_own = |slot: Slot| {
                desk.form.outer.get(usize::from(slot.0)) == Some(&FormOuter::OccurredOn)
            };
            let reader = LimitReader {
                scope: &desk.form.scope,
                rows: &desk.rows(),
                is_own: &is_own,
                secrecy_max: Secrecy::Open,
            };
            reader.limits(hard)
        });
        let message = messages::broken_limit(&label, &Type::Date, limits, &Value::Date(on.0));
        let message = message.unwrap_or_else(|| messages::day_contradicts(&label));
        add(Severity::Refuse, "hard", message);
    } else if fails(desk.form.occurred_soft.as_ref(), &desk.rows()) {
        add(Severity::Confirm, "soft", messages::unusual_day());
    }
}

/// Whether a condition is false: neither true nor NULL.
fn fails<R: Rows>(condition: Option<&Expr>, rows: &R) -> bool {
    condition.is_some_and(|condition| condition.eval(rows) == Value::Boolean(false))
}

/// A check of which every place is hidden is passed over: nobody could put right what it finds.
fn check_findings<R: Rows>(
    desk: &Desk<'_>,
    check: &Check,
    at: Vec<At>,
    rows: &R,
    found: &mut Vec<Finding>,
) {
    let has_place = at.is_empty() || at.iter().any(|at| desk.is_place_shown(*at));
    if has_place && fails(Some(&check.that), rows) {
        found.push(Finding {
            at,
            severity: check.severity,
            kind: Arc::clone(&check.id),
            message: check.message.clone(),
        });
    }
}

fn field_findings<R: Rows>(
    field: &Field,
    value: &Value,
    at: At,
    sight: &Sight<'_, R>,
    found: &mut Vec<Finding>,
) {
    let (label, rows) = (&field.label, sight.rows);
    if value.is_null() {
        let typed = matches!(field.kind, FieldKind::Typed);
        if typed && Desk::is_required(field.required.as_ref(), rows) {
            let message = Localized::new(
                format!("请填写{}", label.zh),
                format!("{} must be filled", label.en),
            );
            found.push(finding(at, Severity::Refuse, "required", message));
        }
        return;
    }
    if !fits(&field.ty, value) {
        let message = Localized::new(
            format!("{}的值不合类型", label.zh),
            format!("{}: the value is of another type", label.en),
        );
        found.push(finding(at, Severity::Refuse, "type", message));
        return;
    }
    if let (Value::Codes(codes), Some(set)) = (value, &field.codes)
        && let Some(alone) = codes
            .iter()
            .filter_map(|code| set.codes.get(usize::from(code)))
            .find(|code| code.exclusive)
        && codes.len() > 1
    {
        let message = messages::exclusive(label, alone);
        found.push(finding(at, Severity::Refuse, "exclusive", message));
    }
    if let Some(message) = beyond_storage(field, value) {
        found.push(finding(at, Severity::Refuse, "hard", message));
        return;
    }
    found.extend(limit_finding(field, value, at, sight));
}

/// What a value's own limits say; the hard ones first.
fn limit_finding<R: Rows>(
    field: &Field,
    value: &Value,
    at: At,
    sight: &Sight<'_, R>,
) -> Option<Finding> {
    let (label, rows) = (&field.label, sight.rows);
    let outside = |range: Option<(i64, i64)>| match value {
        Value::Number(number) => range.filter(|(low, high)| number < low || number > high),
        _ => None,
    };
    let (severity, kind, message) = if let Some(range) = outside(field.hard_range) {
        let message = messages::outside_hard(field, range);
        (Severity::Refuse, "hard", message)
    } else if fails(field.hard.as_ref(), rows) {
        let limits = field.hard.as_ref().and_then(|hard| {
            let reader = LimitReader {
                scope: sight.scope,
                rows,
                is_own: sight.is_own,
                secrecy_max: field.secrecy,
            };
            reader.limits(hard)
        });
        let message = messages::broken_limit(label, &field.ty, limits, value)
            .unwrap_or_else(|| messages::contradicts(label));
        (Severity::Refuse, "hard", message)
    } else if let Some(range) = outside(field.soft_range) {
        let message = messages::outside_soft(field, range);
        (Severity::Confirm, "soft", message)
    } else if fails(field.soft.as_ref(), rows) {
        (Severity::Confirm, "soft", messages::unusual(label))
    } else {
        return None;
    };
    Some(finding(at, severity, kind, message))
}

/// What expressions rely on for every stored value: numbers within the language's default range, dates within its calendar.
fn beyond_storage(field: &Field, value: &Value) -> Option<Localized> {
    let (low, high) = fuyou_expr::DEFAULT_RANGE;
    let calendar = fuyou_expr::DATE_MIN..=fuyou_expr::DATE_MAX;
    let beyond = match value {
        Value::Number(number) => field.hard_range.is_none() && !(low..=high).contains(number),
        Value::Date(day) => !calendar.contains(day),
        _ => false,
    };
    beyond.then(|| messages::beyond_storage(&field.label))
}

/// Whether a value is of a type.
fn fits(ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (_, Value::Null)
        | (Type::Boolean, Value::Boolean(_))
        | (Type::Integer | Type::Decimal(_), Value::Number(_))
        | (Type::Text, Value::Text(_))
        | (Type::Date, Value::Date(_)) => true,
        (Type::Code(set), Value::Code(code)) => set.code(*code).is_some(),
        (Type::Codes(set), Value::Codes(codes)) => {
            codes.iter().all(|code| set.code(code).is_some())
        }
        _ => false,
    }
}
