//! Where the browser keeps values: one list for everything.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fuyou_expr::Slot;

use crate::model::{DerivedIx, RuleIx};

/// What stands at a place behind the form's own fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// The day of service.
    OccurredOn,
    /// The day of typing.
    Today,
    /// The organization that records.
    RecordedOrg,
    /// A column of the facts row before this record.
    Row(Slot),
    /// The last value of a member of the set `encounter` in an earlier encounter.
    Previous(Slot),
    /// An aggregate before this record.
    Aggregate(usize),
    /// A derived column of this record, over the facts before it.
    Derived(DerivedIx),
    /// A derived column of this record, over the facts with it.
    DerivedAfter(DerivedIx),
    /// A column of the facts row with this record.
    RowAfter(Slot),
    /// An aggregate with this record.
    AggregateAfter(usize),
    /// Whether a rule is true with this record; before it is looked at, whether it was.
    Rule(RuleIx),
}

impl Key {
    /// Whether the standing brings the value.
    pub fn is_given(self) -> bool {
        matches!(
            self,
            Key::RecordedOrg | Key::Row(_) | Key::Previous(_) | Key::Aggregate(_)
        )
    }
}

/// The places, given out in the order they are asked for.
#[derive(Debug, Default)]
pub(super) struct Places {
    fields: usize,
    known: Mutex<(Vec<Key>, HashMap<Key, usize>)>,
    /// The members of earlier encounters that the standing brings, by their slots.
    members: Mutex<Vec<Slot>>,
}

impl Places {
    /// Places behind those of the form's fields.
    pub fn behind(fields: usize) -> Places {
        Places {
            fields,
            ..Places::default()
        }
    }

    /// The place of a key.
    pub fn of(&self, key: Key) -> usize {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (keys, places) = &mut *known;
        let fields = self.fields;
        *places.entry(key).or_insert_with(|| {
            keys.push(key);
            fields + keys.len() - 1
        })
    }

    /// Whether something was printed that reads a key.
    pub fn has(&self, key: Key) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.1.contains_key(&key)
    }

    /// The place of a member in the rows of earlier encounters.
    pub fn member(&self, slot: Slot) -> usize {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let known = members.iter().position(|known| *known == slot);
        known.unwrap_or_else(|| {
            members.push(slot);
            members.len() - 1
        })
    }

    /// The members of earlier encounters, in the order of their places.
    pub fn members(&self) -> Vec<Slot> {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.clone()
    }

    /// All keys with their places, in the order of the places.
    pub fn all(&self) -> Vec<(usize, Key)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = known.0.iter().enumerate();
        keys.map(|(at, key)| (self.fields + at, *key)).collect()
    }
}
