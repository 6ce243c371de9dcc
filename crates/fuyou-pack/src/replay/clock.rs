//! Days and instants: they meet in the county's own offset from UTC.

use fuyou_kernel::{Date, DayNumber, Span};

use super::history::History;
use super::outcome::Due;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

fn offset_ms(history: &History) -> i64 {
    i64::from(history.utc_offset_minutes) * 60_000
}

/// The day on which an instant falls.
pub(crate) fn day(at_ms: i64, history: &History) -> DayNumber {
    let day = (at_ms + offset_ms(history)).div_euclid(DAY_MS);
    DayNumber(i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }))
}

/// The first instant after a day.
fn end_of(day: DayNumber, history: &History) -> i64 {
    (i64::from(day.0) + 1) * DAY_MS - offset_ms(history)
}

/// The day a span after another; `None` for hours and outside the calendar.
pub(crate) fn after(day: DayNumber, span: Span) -> Option<DayNumber> {
    let date = Date::try_from(day).ok()?;
    span.after(date).ok().map(DayNumber::from)
}

/// When something is due that counts from an instant: hours from the instant, the rest in days.
pub(crate) fn due(from_ms: i64, span: Span, history: &History) -> Option<Due> {
    match span {
        Span::Hours(hours) => Some(Due::At(from_ms + i64::from(hours) * HOUR_MS)),
        span => after(day(from_ms, history), span).map(Due::On),
    }
}

/// The instant a span after something was due.
pub(crate) fn escalation(due: Due, span: Span, history: &History) -> Option<i64> {
    match (due, span) {
        (Due::At(at), Span::Hours(hours)) => Some(at + i64::from(hours) * HOUR_MS),
        (Due::On(on), Span::Hours(hours)) => Some(end_of(on, history) + i64::from(hours) * HOUR_MS),
        (Due::On(on), span) => after(on, span).map(|on| end_of(on, history)),
        (Due::At(at), span) => {
            let today = day(at, history);
            let days = i64::from(after(today, span)?.0) - i64::from(today.0);
            Some(at + days * DAY_MS)
        }
    }
}

/// The day on which something is due.
pub(crate) fn due_day(due: Due, history: &History) -> DayNumber {
    match due {
        Due::On(on) => on,
        Due::At(at) => day(at, history),
    }
}
