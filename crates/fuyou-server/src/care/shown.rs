//! What a reader may see: values, rules and tasks with respect for secrecy.

use fuyou_expr::{Type, Value};
use fuyou_kernel::{Date, DayNumber, Secrecy, Timestamp};
use fuyou_pack::model::{Field, ReferralIx};
use fuyou_pack::replay::{self, History, Hit, Outcome, ReferralState, TaskOrigin};
use fuyou_pack::{Pack, Program};
use uuid::Uuid;

use super::derive::{self, Surroundings};
use super::file::Head;
use super::{Cause, EncounterId, Progress, Risk, RuleShown, Shown, TaskId, TaskShown, restricted};

/// An instant of the replay.
pub(super) fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// A value of a field: above the reader's secrecy it does not leave.
pub(super) fn value(pack: &Pack, field: &Field, value: &Value, secrecy_max: Secrecy) -> Shown {
    if field.secrecy > secrecy_max || code_secrecy(pack, &field.ty, value) > secrecy_max {
        Shown::Restricted
    } else {
        Shown::Value(value.clone())
    }
}

/// The most secret of the codes that a value holds: a code may be more secret than its field.
fn code_secrecy(pack: &Pack, ty: &Type, value: &Value) -> Secrecy {
    let Some(set) = ty.value_set().and_then(|set| pack.value_set(set.name())) else {
        return Secrecy::Open;
    };
    let of = |index: u16| {
        set.codes
            .get(usize::from(index))
            .map_or(Secrecy::Open, |code| code.secrecy)
    };
    match value {
        Value::Code(index) => of(*index),
        Value::Codes(codes) => codes.iter().map(of).max().unwrap_or_default(),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) | Value::Date(_) => {
            Secrecy::Open
        }
    }
}

/// A value with a secrecy of its own: a fact, a derived column.
pub(super) fn secret_value(found: &Value, secrecy: Secrecy, secrecy_max: Secrecy) -> Shown {
    if secrecy > secrecy_max {
        Shown::Restricted
    } else {
        Shown::Value(found.clone())
    }
}

/// The risk after a record, or now.
pub(super) fn risk(
    program: &Program,
    (level, marks, scores): (Option<usize>, &[usize], &[i64]),
    secrecy_max: Secrecy,
) -> Risk {
    let score_is_open = |id: &str| {
        program
            .row_column(id)
            .is_none_or(|column| column.secrecy <= secrecy_max)
    };
    let open = program.scores.iter().all(|score| score_is_open(&score.id));
    Risk {
        level,
        marks: marks.to_vec(),
        scores: if open { scores.to_vec() } else { Vec::new() },
    }
}

/// The risk now.
pub(super) fn risk_now(program: &Program, outcome: &Outcome, secrecy_max: Secrecy) -> Risk {
    risk(
        program,
        (outcome.level, &outcome.marks, &outcome.scores),
        secrecy_max,
    )
}

/// A rule that is or was true.
pub(super) fn rule(program: &Program, hit: &Hit, secrecy_max: Secrecy) -> RuleShown {
    let rule = program.rule(hit.rule);
    let open = rule.secrecy <= secrecy_max;
    let instead = || rule.shown_as.clone().unwrap_or_else(restricted);
    RuleShown {
        rule: open.then_some(hit.rule),
        title: if open { rule.title.clone() } else { instead() },
        level: rule.risk,
        mark: rule.mark,
        alert: rule
            .alert
            .as_ref()
            .map(|alert| if open { alert.clone() } else { instead() }),
        since: instant(hit.since_ms),
        until: hit.until_ms.map(instant),
        replaced: hit.replaced,
    }
}

/// A task of the replay.
pub(super) fn task(
    at: Surroundings<'_>,
    head: &Head,
    (history, outcome): (&History, &Outcome),
    task: &replay::Task,
    secrecy_max: Secrecy,
) -> TaskShown {
    let (cause, title, form, recorder) = match task.origin {
        TaskOrigin::Visit(ix) => {
            let visit = &at.program.visits[ix.get()];
            (
                Cause::Visit(ix),
                visit.title_for(secrecy_max).clone(),
                Some(visit.form),
                None,
            )
        }
        TaskOrigin::Rule {
            rule: ix,
            started_ms,
            ..
        } => {
            let rule = at.program.rule(ix);
            let open = rule.secrecy <= secrecy_max;
            let title = rule
                .task
                .as_ref()
                .map_or(&rule.title, |task| &task.title)
                .clone();
            let recorder = derive::recorder(history, outcome, ix, started_ms);
            let form = rule.task.as_ref().and_then(|task| task.form);
            match open {
                true => (Cause::Rule(ix), title, form, recorder),
                // The form may say what it is about: whoever may not see the rule does not fill it in.
                false => (
                    Cause::Restricted,
                    rule.shown_as.clone().unwrap_or_else(restricted),
                    None,
                    recorder,
                ),
            }
        }
    };
    let progress = match task.state {
        replay::TaskState::Open => Progress::Open,
        replay::TaskState::Cancelled => Progress::Cancelled,
        replay::TaskState::Done { on, by, on_time } => Progress::Done {
            on: date(on),
            by: by.map(|by| EncounterId::from_uuid(Uuid::from_u128(history.encounters[by].id))),
            on_time,
        },
    };
    TaskShown {
        id: TaskId::from_uuid(derive::task_id(head.id, &task.key)),
        cause,
        title,
        form,
        owner: derive::owner(at, head, task.owner, recorder.as_deref()),
        from: date(task.from),
        due: task.due,
        progress,
        lapses_on: task.lapses_on.map(date),
    }
}

/// A day of the replay; all of them come from days that were stored.
pub(super) fn date(day: DayNumber) -> Date {
    Date::try_from(day).unwrap_or(if day.0 < 0 { Date::MIN } else { Date::MAX })
}

/// Kinds of referral that true rules suggest and that are not under way.
pub(super) fn suggested(
    program: &Program,
    history: &History,
    outcome: &Outcome,
    secrecy_max: Secrecy,
) -> Vec<ReferralIx> {
    let under_way = |kind: ReferralIx| {
        history.referrals.iter().any(|referral| {
            let ended = matches!(
                referral.state,
                ReferralState::Closed | ReferralState::Declined | ReferralState::Cancelled
            );
            referral.kind == kind && !ended
        })
    };
    let mut kinds: Vec<ReferralIx> = Vec::new();
    for hit in outcome
        .hits
        .iter()
        .filter(|hit| hit.until_ms.is_none() && !hit.replaced)
    {
        let rule = program.rule(hit.rule);
        if let Some(kind) = rule.refer.filter(|_| rule.secrecy <= secrecy_max)
            && !under_way(kind)
            && !kinds.contains(&kind)
        {
            kinds.push(kind);
        }
    }
    kinds
}
