//! When the records of a life course are due.

use fuyou_expr::Value;
use fuyou_kernel::{Date, DayNumber, Span};

use super::course::{Due, Subject};
use super::scenario::{RecordPlan, Timing};

impl Subject<'_> {
    pub(super) fn plan(&mut self, plan: usize, record: &RecordPlan, due: &mut Vec<Due>) {
        let setting = self.setting;
        let mut days = Vec::new();
        match &record.timing {
            Timing::On(on) => days.extend(self.date(on)),
            Timing::Visits {
                anchor,
                windows,
                within,
            } => {
                let Some(anchor) = self.date(anchor) else {
                    return;
                };
                for window in windows {
                    let (from, to) = (
                        end(anchor, window.from, window.shift),
                        end(anchor, window.to, window.shift) - i32::from(window.to_excluded),
                    );
                    let at = self.chance.quantile(within);
                    days.push(from + (f64::from(to - from) * at).round() as i32);
                }
            }
            Timing::Every {
                from,
                until,
                days: step,
                times,
            } => {
                let until = until
                    .as_ref()
                    .map_or(Some(setting.today), |until| self.date(until));
                let (Some(mut day), Some(until)) = (self.date(from), until) else {
                    return;
                };
                for _ in 0..*times {
                    if day > until || day > setting.today {
                        break;
                    }
                    days.push(day);
                    match step.draw(&self.known, &mut self.chance, setting.county) {
                        Value::Number(step) => day += i32::try_from(step).unwrap_or(1).max(1),
                        _ => break,
                    }
                }
            }
        }
        for (round, day) in days.into_iter().enumerate() {
            let slip = record
                .slip
                .as_ref()
                .map(|slip| slip.draw(&self.known, &mut self.chance, setting.county));
            let slip = match slip {
                Some(Value::Number(days)) => i32::try_from(days).unwrap_or(0),
                _ => 0,
            };
            due.push(Due {
                day: day + slip,
                plan,
                round: round as i64 + 1,
            });
        }
    }
}

/// An end of a window: the span after the anchor, and the repetition's shift as often as it was added.
fn end(anchor: i32, span: Span, shift: Option<(Span, u16)>) -> i32 {
    let after = |day: i32, span: Span| {
        let date = Date::try_from(DayNumber(day)).ok();
        date.and_then(|date| span.after(date).ok())
            .map_or(day, |date| DayNumber::from(date).0)
    };
    let (step, times) = shift.unwrap_or((Span::Days(0), 0));
    (0..times).fold(after(anchor, span), |day, _| after(day, step))
}
