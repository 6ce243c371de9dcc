//! How cases write the places of a form and the windows of tasks.

use fuyou_kernel::{Date, DayNumber};

use crate::model::{At, Form};
use crate::replay::{Due, Task, TaskOrigin};

/// A place in a form as cases write it: `occurred_on`, a field, a group, or `group.field`.
pub(super) fn spot(form: &Form, at: At) -> String {
    match at {
        At::OccurredOn => "occurred_on".to_owned(),
        At::Field(field) => form.fields[field.get()].id.to_string(),
        At::Group(group) => form.groups[group.get()].id.to_string(),
        At::Cell(group, _, field) => {
            let group = &form.groups[group.get()];
            format!("{}.{}", group.id, group.fields[field.get()].id)
        }
    }
}

/// `2026-04-16..2026-05-13` for a window, the last day or instant for a deadline.
pub(super) fn window_of(task: &Task) -> String {
    let date = |day: DayNumber| {
        Date::try_from(day)
            .map(|date| date.to_string())
            .unwrap_or_default()
    };
    match (task.origin, task.due) {
        (TaskOrigin::Visit(_), Due::On(to)) => format!("{}..{}", date(task.from), date(to)),
        (_, Due::On(on)) => date(on),
        (_, Due::At(at)) => {
            // Cases keep clocks at UTC+8.
            let local = at + 8 * 3_600_000;
            let day = DayNumber(i32::try_from(local.div_euclid(86_400_000)).unwrap_or(0));
            let minutes = local.rem_euclid(86_400_000) / 60_000;
            format!("{}T{:02}:{:02}", date(day), minutes / 60, minutes % 60)
        }
    }
}
