//! A replay that grows record by record, for checking each record against what stood before it.

use std::cell::OnceCell;

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
    outcome: Outcome,
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
            outcome: Outcome::default(),
        };
        replaying.again();
        replaying
    }

    /// The records so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The facts row of what they amount to; nothing else of an outcome.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What [`super::replay`] says of `history`, where these are its records; none where what surrounds them has changed.
    pub fn finish(mut self, history: &History) -> Option<Outcome> {
        let own = &self.history.encounters;
        let alike = *own == history.encounters && self.start.surrounds_as(history);
        // What a record saw of referrals depends on whether it is the last one.
        (alike && !own.is_empty() && history.referrals.is_empty()).then(|| self.run.finish())
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
            self.run.columns().clone_into(&mut self.outcome.row);
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
            self.run.begin();
        }
        for (position, encounter) in order {
            self.run.add(encounter, position);
        }
        self.run.columns().clone_into(&mut self.outcome.row);
    }
}
