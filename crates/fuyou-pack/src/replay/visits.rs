//! Which encounter fills which visit.

use fuyou_expr::Value;
use fuyou_kernel::{DayNumber, Span};

use super::clock;
use super::run::Run;
use super::views::RowView;
use crate::model::Visit;

/// First and last day of a visit's window over a facts row; `None` while its anchor is unknown.
pub(crate) fn window(visit: &Visit, row: &[Value]) -> Option<(DayNumber, DayNumber)> {
    let Value::Date(anchor) = visit.anchor.eval(&RowView(row)) else {
        return None;
    };
    let anchor = DayNumber(anchor);
    let to = edge(anchor, visit.to, visit.shift)?;
    let last = if visit.to_excluded {
        DayNumber(to.0.checked_sub(1)?)
    } else {
        to
    };
    Some((edge(anchor, visit.from, visit.shift)?, last))
}

/// A day a span after the anchor, moved on by the repetitions before this one. Months are added up before they are
/// applied, so that the third month after 30 November is 28 February, not what a month after a clamped day would be.
fn edge(anchor: DayNumber, span: Span, shift: Option<(Span, u16)>) -> Option<DayNumber> {
    let Some((every, number)) = shift else {
        return clock::after(anchor, span);
    };
    let number = i32::from(number);
    match (span, every) {
        (Span::Days(days), Span::Days(every)) => clock::after(
            anchor,
            Span::Days(days.checked_add(every.checked_mul(number)?)?),
        ),
        (Span::Months(months), Span::Months(every)) => clock::after(
            anchor,
            Span::Months(months.checked_add(every.checked_mul(number)?)?),
        ),
        (Span::Days(_) | Span::Hours(_), Span::Months(every)) => clock::after(
            clock::after(anchor, Span::Months(every.checked_mul(number)?))?,
            span,
        ),
        (Span::Months(_) | Span::Hours(_), Span::Days(every)) => clock::after(
            clock::after(anchor, Span::Days(every.checked_mul(number)?))?,
            span,
        ),
        (_, Span::Hours(_)) => None,
    }
}

/// Each encounter takes the first free visit of its form whose window holds its day.
pub(super) fn assign(run: &Run<'_>) -> Vec<Option<usize>> {
    let visits = &run.program.visits;
    let windows: Vec<Option<(DayNumber, DayNumber)>> =
        visits.iter().map(|visit| window(visit, &run.row)).collect();
    let mut taken = vec![false; visits.len()];
    let mut filled = vec![None; run.visible];
    for (position, (encounter, _)) in run.encounters[..run.visible].iter().enumerate() {
        filled[position] = (0..visits.len()).find(|visit| {
            let definition = &visits[*visit];
            let holds = windows[*visit].is_some_and(|(from, to)| {
                from <= encounter.occurred_on && encounter.occurred_on <= to
            });
            !taken[*visit]
                && holds
                && definition.form == encounter.form
                && definition
                    .counts_if
                    .as_ref()
                    .is_none_or(|counts| counts.holds(&run.encounter_view(position)))
        });
        if let Some(visit) = filled[position] {
            taken[visit] = true;
        }
    }
    filled
}
