//! A replay that goes on when one more record comes, instead of beginning anew.

use super::run::{Run, State, order};
use super::{History, Outcome};
use crate::model::Program;

/// A replay that was kept.
#[derive(Clone, Debug)]
pub struct Pause {
    state: State,
    /// The encounters that it has seen, in the order of a replay, by their positions in the history given.
    seen: Vec<usize>,
}

/// As [`super::replay`]; the replay is kept, so that it can go on.
pub fn replay_and_pause(program: &Program, history: &History) -> (Outcome, Pause) {
    pause(Run::new(program, history))
}

/// As [`replay_and_pause`], going on from the replay of `before` if that is possible: if nothing changed but that
/// encounters came, all of them after those that it had seen.
pub fn replay_on(
    program: &Program,
    (before, paused): (&History, &Pause),
    history: &History,
) -> (Outcome, Pause) {
    let given = order(history);
    let is_next = !paused.seen.is_empty()
        && before.surrounds_as(history)
        && paused.seen.len() < given.len()
        && std::iter::zip(&paused.seen, &given)
            .all(|(seen, at)| before.encounters[*seen] == history.encounters[*at]);
    if is_next {
        pause(Run::resumed(program, history, given, paused.state.clone()))
    } else {
        replay_and_pause(program, history)
    }
}

fn pause(mut run: Run<'_>) -> (Outcome, Pause) {
    let count = run.encounters.len();
    // What the last encounter sees of referrals is not what it will have seen when another one comes after it, and what
    // is true without any is not what the first one will find.
    let (ends, whole) = match (count, run.history.referrals.is_empty()) {
        (0, _) => (0, false),
        (_, true) => (count, true),
        (_, false) => (count - 1, false),
    };
    let seen = run.given[..ends].to_vec();
    if whole {
        run.look_on(count);
        let outcome = run.finish();
        run.leave_last();
        let state = run.into_state();
        return (outcome, Pause { state, seen });
    }
    // A run that has gone further already began with another last encounter: it is looked at again as one of many.
    run.look_on(ends);
    let state = run.state().clone();
    (run.outcome(), Pause { state, seen })
}
