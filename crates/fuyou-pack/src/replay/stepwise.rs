//! A replay that grows record by record, for checking each record against what stood before it.

use std::cell::OnceCell;

use fuyou_expr::Value;

use super::run::{Run, place};
use super::{Encounter, History, Outcome};
use crate::model::Program;

/// Room for the records of a stepwise replay, made before it begins.
pub struct Room(Vec<OnceCell<Encounter>>);

impl Room {
    /// Room for the records of `history` and `more` others.
    pub fn new(history: &History, more: usize) -> Self {
        let filled = history.encounters.iter().cloned().map(OnceCell::from);
        Self(filled.chain((0..more).map(|_| OnceCell::new())).collect())
    }
}

/// An enrollment that is being recorded, with its facts so far.
///
/// Records that come in the order of a replay cost one step each; one that comes late costs a replay of all before it.
pub struct Replaying<'a> {
    program: &'a Program,
    start: &'a History,
    room: &'a Room,
    run: Run<'a>,
    history: History,
}

impl<'a> Replaying<'a> {
    /// Begins with what is there; `room` was made for it.
    pub fn new(program: &'a Program, start: &'a History, room: &'a Room) -> Self {
        let mut replaying = Self {
            program,
            start,
            room,
            run: Run::empty(program, start),
            history: start.clone(),
        };
        replaying.again();
        replaying
    }

    /// The records so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The facts row of what they amount to, as far as the checks of forms read it.
    pub fn row(&self) -> &[Value] {
        self.run.columns()
    }

    /// The records with what [`super::replay`] says of them; none where `around`, what surrounds them now, has changed.
    pub fn finish(self, around: &History) -> Option<(History, Outcome)> {
        let is_empty = self.history.encounters.is_empty();
        // What a record saw of referrals depends on whether it is the last one.
        let is_whole = !is_empty && around.referrals.is_empty() && self.start.surrounds_as(around);
        is_whole.then(|| (self.history, self.run.end()))
    }

    /// Adds a record. There must be room for it.
    ///
    /// # Panics
    /// When there is no room.
    pub fn push(&mut self, encounter: Encounter) {
        let position = self.history.encounters.len();
        let encounter = self.room.0[position].get_or_init(|| encounter);
        self.history.encounters.push(encounter.clone());
        // What is true before the first record has no clock that a record started.
        if position > 0 && self.run.comes_next(encounter) {
            self.run.add(encounter, position);
        } else {
            self.again();
        }
    }

    /// Replays everything from the beginning.
    fn again(&mut self) {
        let count = self.history.encounters.len();
        let mut order: Vec<(usize, &'a Encounter)> = self.room.0[..count]
            .iter()
            .enumerate()
            .filter_map(|(position, cell)| Some((position, cell.get()?)))
            .collect();
        order.sort_by_key(|(_, encounter)| place(encounter));
        self.run = Run::empty(self.program, self.start);
        if order.is_empty() {
            self.run.begin_checks();
        }
        for (position, encounter) in order {
            self.run.add(encounter, position);
        }
    }
}
