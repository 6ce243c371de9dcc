//! What the person at the desk reads when something stands against a record. The browser says the same: it gets these
//! texts with its own limits and labels in them.

use fuyou_expr::{Type, Value, format_value};
use fuyou_kernel::Localized;

use super::limits::Limits;
use crate::model::{Code, Field, Group};

/// A group has too few or too many rows.
pub(crate) fn rows(group: &Group, count: &str) -> Localized {
    let (title, min, max) = (&group.title, group.min, group.max);
    Localized::new(
        format!("{}应有 {min} 到 {max} 行,现有 {count} 行", title.zh),
        format!(
            "{}: {min} to {max} rows are expected, there are {count}",
            title.en
        ),
    )
}

/// No day of service.
pub(crate) fn no_day() -> Localized {
    Localized::new("请填写服务日期", "the day of service must be filled")
}

/// A day of service that has not come.
pub(crate) fn future_day() -> Localized {
    Localized::new(
        "服务日期不能晚于今天",
        "the day of service is in the future",
    )
}

/// How the day of service is called when the form does not say.
pub(crate) fn day_label() -> Localized {
    Localized::new("服务日期", "The day of service")
}

/// A day of service that its form does not allow.
pub(crate) fn day_contradicts(label: &Localized) -> Localized {
    Localized::new(
        format!("{}与已有记录矛盾", label.zh),
        format!("{} contradicts what is recorded", label.en),
    )
}

/// A day of service that needs a reason.
pub(crate) fn unusual_day() -> Localized {
    Localized::new(
        "服务日期不寻常,请核对并说明理由",
        "the day of service is unusual: check it and give a reason",
    )
}

/// A code that stands alone is chosen with others.
pub(crate) fn exclusive(label: &Localized, alone: &Code) -> Localized {
    Localized::new(
        format!("{}:「{}」不能与其他选项同选", label.zh, alone.title.zh),
        format!("{}: `{}` excludes the others", label.en, alone.title.en),
    )
}

/// A value outside the hard range.
pub(crate) fn outside_hard(field: &Field, range: (i64, i64)) -> Localized {
    let (low, high, unit) = bounds(field, range);
    let label = &field.label;
    Localized::new(
        format!("{}应在 {low} 到 {high}{unit} 之间", label.zh),
        format!("{} must be between {low} and {high}{unit}", label.en),
    )
}

/// A value outside the soft range.
pub(crate) fn outside_soft(field: &Field, range: (i64, i64)) -> Localized {
    let (low, high, unit) = bounds(field, range);
    let label = &field.label;
    Localized::new(
        format!(
            "{}通常在 {low} 到 {high}{unit} 之间,请核对并说明理由",
            label.zh
        ),
        format!(
            "{} is usually between {low} and {high}{unit}: check it and give a reason",
            label.en
        ),
    )
}

/// A value that its condition does not allow.
pub(crate) fn contradicts(label: &Localized) -> Localized {
    Localized::new(
        format!("{}与其他内容矛盾", label.zh),
        format!("{} contradicts the other values", label.en),
    )
}

/// A value that needs a reason.
pub(crate) fn unusual(label: &Localized) -> Localized {
    Localized::new(
        format!("{}不寻常,请核对并说明理由", label.zh),
        format!("{} is unusual: check it and give a reason", label.en),
    )
}

/// A value that expressions could not rely on.
pub(crate) fn beyond_storage(label: &Localized) -> Localized {
    Localized::new(
        format!("{}超出可记录的范围", label.zh),
        format!("{} is beyond what can be recorded", label.en),
    )
}

/// Between two limits, both printed.
pub(crate) fn between(label: &Localized, low: &str, high: &str) -> Localized {
    Localized::new(
        format!("{}应在 {low} 到 {high} 之间", label.zh),
        format!("{} must be between {low} and {high}", label.en),
    )
}

/// Not below, or not before, a limit.
pub(crate) fn not_below(label: &Localized, ty: &Type, low: &str) -> Localized {
    let (zh, en) = match ty {
        Type::Date => ("早于", "before"),
        _ => ("小于", "below"),
    };
    Localized::new(
        format!("{}不能{zh} {low}", label.zh),
        format!("{} must not be {en} {low}", label.en),
    )
}

/// Not above, or not after, a limit.
pub(crate) fn not_above(label: &Localized, ty: &Type, high: &str) -> Localized {
    let (zh, en) = match ty {
        Type::Date => ("晚于", "after"),
        _ => ("大于", "above"),
    };
    Localized::new(
        format!("{}不能{zh} {high}", label.zh),
        format!("{} must not be {en} {high}", label.en),
    )
}

/// A refusal that names the limits which a value breaks; `None` when it lies within them, so that something else is wrong.
pub(super) fn broken_limit(
    label: &Localized,
    ty: &Type,
    limits: Option<Limits>,
    value: &Value,
) -> Option<Localized> {
    let (number, stored): (i64, fn(i64) -> Value) = match value {
        Value::Number(number) => (*number, Value::Number),
        Value::Date(day) => (i64::from(*day), |day| {
            i32::try_from(day).map_or(Value::Null, Value::Date)
        }),
        _ => return None,
    };
    let limits = limits?;
    let breaks =
        limits.low.is_some_and(|low| number < low) || limits.high.is_some_and(|high| number > high);
    let print = |bound: i64| format_value(ty, &stored(bound));
    let message = match (limits.low, limits.high) {
        (Some(low), Some(high)) if low <= high => between(label, &print(low), &print(high)),
        (Some(low), None) => not_below(label, ty, &print(low)),
        (None, Some(high)) => not_above(label, ty, &print(high)),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    breaks.then_some(message)
}

fn bounds(field: &Field, (low, high): (i64, i64)) -> (String, String, String) {
    let print = |number| format_value(&field.ty, &Value::Number(number));
    let unit = field.unit.as_ref().map(|unit| format!(" {unit}"));
    (print(low), print(high), unit.unwrap_or_default())
}
