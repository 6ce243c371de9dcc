//! Rows for expressions: an enrollment as the facts see it, and one encounter.

use fuyou_expr::{Rows, SetId, Slot, Value};

use super::history::Encounter;
use crate::model::Form;
use crate::scope::{EncounterOuter, Layout, Member, NO_FIELD};

static NULL: Value = Value::Null;

/// Values of a set's rows that are computed, not recorded.
pub(crate) type TaskRow = [Value; 7];
pub(crate) type ReferralRow = [Value; 6];

/// A row of a group: encounter (in replay order), group of its form, row of the group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupRow {
    pub encounter: u32,
    pub group: u16,
    pub row: u32,
}

/// The enrollment after some of its encounters, for facts.
pub(crate) struct FactsView<'a> {
    pub layout: &'a Layout,
    pub row: &'a [Value],
    pub encounters: &'a [(&'a Encounter, &'a Form)],
    pub kept: &'a [Vec<Value>],
    pub groups: &'a [Vec<GroupRow>],
    pub tasks: &'a [TaskRow],
    pub referrals: &'a [ReferralRow],
}

impl Rows for FactsView<'_> {
    fn outer(&self, slot: Slot) -> &Value {
        &self.row[usize::from(slot.0)]
    }

    fn len(&self, set: SetId) -> usize {
        if set == self.layout.encounter {
            self.encounters.len()
        } else if set == self.layout.task {
            self.tasks.len()
        } else if set == self.layout.referral {
            self.referrals.len()
        } else {
            self.groups[group_of(set)].len()
        }
    }

    fn member(&self, set: SetId, row: usize, slot: Slot) -> &Value {
        let slot = usize::from(slot.0);
        if set == self.layout.encounter {
            let (encounter, form) = self.encounters[row];
            return match self.layout.members[slot] {
                Member::Kept(place) => &self.kept[row][place],
                Member::Field => at(&encounter.values, form.by_slot[slot]),
            };
        }
        if set == self.layout.task {
            return &self.tasks[row][slot];
        }
        if set == self.layout.referral {
            return &self.referrals[row][slot];
        }
        let place = self.groups[group_of(set)][row];
        let (encounter, form) = self.encounters[place.encounter as usize];
        let group = usize::from(place.group);
        at(
            &encounter.groups[group][place.row as usize],
            form.groups[group].by_slot[slot],
        )
    }
}

/// The sets of the facts scope are encounter, task, referral, then the groups.
fn group_of(set: SetId) -> usize {
    usize::from(set.0) - 3
}

fn at(values: &[Value], field: u16) -> &Value {
    if field == NO_FIELD {
        &NULL
    } else {
        values.get(usize::from(field)).unwrap_or(&NULL)
    }
}

/// One encounter, for derived columns and for what can fill a visit.
pub(crate) struct EncounterView<'a> {
    pub layout: &'a Layout,
    pub row: &'a [Value],
    pub form: &'a Form,
    pub kept: &'a [Value],
    pub values: &'a [Value],
    pub groups: &'a [Vec<Vec<Value>>],
}

impl EncounterView<'_> {
    fn group(&self, set: SetId) -> Option<usize> {
        self.form
            .groups
            .iter()
            .position(|group| group.set == usize::from(set.0))
    }
}

impl Rows for EncounterView<'_> {
    fn outer(&self, slot: Slot) -> &Value {
        match self.layout.encounter_outer[usize::from(slot.0)] {
            EncounterOuter::Row(slot) => &self.row[usize::from(slot.0)],
            EncounterOuter::Member(slot) => match self.layout.members[usize::from(slot.0)] {
                Member::Kept(place) => self.kept.get(place).unwrap_or(&NULL),
                Member::Field => at(self.values, self.form.by_slot[usize::from(slot.0)]),
            },
        }
    }

    fn len(&self, set: SetId) -> usize {
        self.group(set)
            .and_then(|group| self.groups.get(group))
            .map_or(0, Vec::len)
    }

    fn member(&self, set: SetId, row: usize, slot: Slot) -> &Value {
        let Some(group) = self.group(set) else {
            return &NULL;
        };
        at(
            &self.groups[group][row],
            self.form.groups[group].by_slot[usize::from(slot.0)],
        )
    }
}

/// Rows of the facts row alone: rules, visits, measures, lists.
pub(crate) struct RowView<'a>(pub &'a [Value]);

impl Rows for RowView<'_> {
    fn outer(&self, slot: Slot) -> &Value {
        self.0.get(usize::from(slot.0)).unwrap_or(&NULL)
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &NULL
    }
}
