//! The clocks of hand-overs.

use fuyou_expr::Value;
use fuyou_kernel::DayNumber;

use super::clock;
use super::history::{History, Referral, ReferralState};
use super::outcome::ReferralOutcome;
use super::run::code;
use super::views::ReferralRow;
use crate::model::Program;

/// The clocks of all referrals, in the order of the history.
pub(super) fn clocks(program: &Program, history: &History) -> Vec<ReferralOutcome> {
    history
        .referrals
        .iter()
        .map(|referral| clocks_of(program, referral))
        .collect()
}

fn clocks_of(program: &Program, referral: &Referral) -> ReferralOutcome {
    let kind = &program.referrals[referral.kind.get()];
    let after = |day: Option<DayNumber>, span: Option<fuyou_kernel::Span>| match (day?, span?) {
        // Clocks of hours shorter than a day end on the day itself: referrals are kept by days.
        (day, fuyou_kernel::Span::Hours(hours)) => {
            clock::after(day, fuyou_kernel::Span::Days((hours + 23) / 24))
        }
        (day, span) => clock::after(day, span),
    };
    let arrive_by = after(referral.sent_on, kind.arrive_within);
    ReferralOutcome {
        arrive_by,
        feedback_by: after(referral.arrived_on, kind.feedback_within),
        follow_up_by: after(referral.sent_on, kind.follow_up_within),
        on_time: referral
            .arrived_on
            .zip(arrive_by)
            .map(|(arrived, by)| arrived <= by),
    }
}

/// The set `referral` as facts see it, in the order sent; only those sent by a day when one is given.
pub(super) fn rows(
    program: &Program,
    history: &History,
    by: Option<DayNumber>,
) -> Vec<ReferralRow> {
    let mut seen: Vec<&Referral> = history
        .referrals
        .iter()
        .filter(|referral| by.is_none_or(|by| referral.sent_on.is_some_and(|sent| sent <= by)))
        .collect();
    seen.sort_by_key(|referral| (referral.sent_on, referral.id));
    let day = |day: Option<DayNumber>| day.map_or(Value::Null, |day| Value::Date(day.0));
    let rows = seen.into_iter().map(|referral| {
        let state = ReferralState::ALL
            .iter()
            .position(|state| *state == referral.state)
            .unwrap_or(0);
        [
            Value::Code(code(referral.kind.get())),
            Value::Code(code(state)),
            day(referral.sent_on),
            day(referral.arrived_on),
            day(referral.feedback_on),
            clocks_of(program, referral)
                .on_time
                .map_or(Value::Null, Value::Boolean),
        ]
    });
    rows.collect()
}
