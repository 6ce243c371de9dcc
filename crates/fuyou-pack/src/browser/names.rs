//! Where the columns of a pack's expressions stand in the browser.

use std::cell::Cell;

use fuyou_expr::{BrowserNames, ColumnRef, Json, SetId, Slot};

use super::Maker;
use super::places::Key;
use crate::model::{FieldIx, Group};
use crate::scope::{EncounterOuter, FormOuter, GroupOuter, Member, NO_FIELD};

fn value(place: usize, json: &mut Json) {
    json.array(|json| {
        json.text("v");
        json.place(place);
    });
}

fn member(place: usize, json: &mut Json) {
    json.array(|json| {
        json.text("m");
        json.place(place);
    });
}

impl Maker<'_> {
    fn key(&self, key: Key, json: &mut Json) {
        value(self.places.of(key), json);
    }

    /// A field of the form: what its reader may not see he does not type, so it is unknown.
    fn field(&self, field: FieldIx, json: &mut Json) {
        if self.sees(self.form.fields[field.get()].secrecy) {
            value(field.get(), json);
        } else {
            json.null();
        }
    }

    /// The group of this form that holds the rows of a set of the program, by the set's position.
    fn group_of(&self, set: usize) -> Option<usize> {
        self.form.groups.iter().position(|group| group.set == set)
    }

    fn group_member(&self, set: usize, slot: Slot, json: &mut Json) {
        let group = self
            .group_of(set)
            .map(|group| self.form.groups[group].by_slot[usize::from(slot.0)]);
        match group {
            Some(field) if field != NO_FIELD => member(usize::from(field), json),
            _ => json.null(),
        }
    }
}

/// The scope of the form.
pub(super) struct FormNames<'a>(pub &'a Maker<'a>);

impl BrowserNames for FormNames<'_> {
    fn column(&self, column: ColumnRef, json: &mut Json) {
        if column.set.is_some() {
            return member(usize::from(column.slot.0), json);
        }
        match self.0.form.outer[usize::from(column.slot.0)] {
            FormOuter::Field(field) => self.0.field(field, json),
            FormOuter::OccurredOn => self.0.key(Key::OccurredOn, json),
            FormOuter::Today => self.0.key(Key::Today, json),
            FormOuter::Row(slot) => self.0.key(Key::Row(slot), json),
            FormOuter::Derived(ix) => self.0.key(Key::Derived(ix), json),
            FormOuter::Previous(slot) => self.0.key(Key::Previous(slot), json),
        }
    }

    fn set(&self, set: SetId) -> Option<usize> {
        Some(usize::from(set.0))
    }
}

/// The scope of a group's rows.
pub(super) struct GroupNames<'a> {
    pub maker: &'a Maker<'a>,
    pub group: &'a Group,
}

impl BrowserNames for GroupNames<'_> {
    fn column(&self, column: ColumnRef, json: &mut Json) {
        let form = FormNames(self.maker);
        if column.set.is_some() {
            return form.column(column, json);
        }
        match self.group.outer[usize::from(column.slot.0)] {
            GroupOuter::Own(field) => json.array(|json| {
                json.text("o");
                json.place(field.get());
            }),
            GroupOuter::Form(slot) => form.column(ColumnRef { set: None, slot }, json),
        }
    }

    fn set(&self, set: SetId) -> Option<usize> {
        Some(usize::from(set.0))
    }
}

/// The scope of an encounter: this record's own columns, over the facts before it or with it.
pub(super) struct EncounterNames<'a> {
    pub maker: &'a Maker<'a>,
    /// For a replay: which columns of the facts row this record can change.
    pub changed: Option<&'a dyn Fn(Slot) -> bool>,
    /// Whether it is read when the risk with this record is known already.
    pub after_risk: bool,
    /// Set when something was asked for that only a whole replay knows.
    pub unknown: &'a Cell<bool>,
}

impl EncounterNames<'_> {
    fn row(&self, slot: Slot, json: &mut Json) {
        match self.changed {
            Some(changed) if changed(slot) => self.maker.key(Key::RowAfter(slot), json),
            _ => self.maker.key(Key::Row(slot), json),
        }
    }

    /// The column of the facts row that an encounter keeps as the risk after it.
    fn risk_after(&self, place: usize) -> Option<Slot> {
        let layout = &self.maker.program.layout;
        if let (Some(first), Some((level, marks))) = (layout.risk_after, layout.risk) {
            if place == first {
                return Some(level);
            }
            if place == first + 1 {
                return Some(marks);
            }
        }
        let score = place.checked_sub(layout.scores_after)?;
        layout.scores.get(score).copied()
    }

    pub fn member(&self, slot: Slot, json: &mut Json) {
        let maker = self.maker;
        let layout = &maker.program.layout;
        let slot = usize::from(slot.0);
        let place = match layout.members[slot] {
            Member::Field => {
                return match maker.form.by_slot[slot] {
                    NO_FIELD => json.null(),
                    field => maker.field(FieldIx::new(usize::from(field)), json),
                };
            }
            Member::Kept(place) => place,
        };
        let derived = layout.derived.iter().position(|kept| *kept == place);
        match (place, derived) {
            (0, _) => json.place(maker.form_ix.get()),
            (2, _) => maker.key(Key::OccurredOn, json),
            (3, _) => maker.key(Key::Today, json),
            (4, _) if self.changed.is_some() => maker.key(Key::RecordedOrg, json),
            (_, Some(ix)) => {
                let ix = crate::model::DerivedIx::new(ix);
                let key = match self.changed {
                    Some(_) => Key::DerivedAfter(ix),
                    None => Key::Derived(ix),
                };
                maker.key(key, json);
            }
            (place, None) => match self.risk_after(place).filter(|_| self.changed.is_some()) {
                Some(slot) if self.after_risk => maker.key(Key::RowAfter(slot), json),
                // Which visit it fills is known when it is recorded.
                _ => {
                    if self.changed.is_some() {
                        self.unknown.set(true);
                    }
                    json.null();
                }
            },
        }
    }
}

impl BrowserNames for EncounterNames<'_> {
    fn column(&self, column: ColumnRef, json: &mut Json) {
        match column.set {
            Some(set) => self
                .maker
                .group_member(usize::from(set.0), column.slot, json),
            None => match self.maker.program.layout.encounter_outer[usize::from(column.slot.0)] {
                EncounterOuter::Row(slot) => self.row(slot, json),
                EncounterOuter::Member(slot) => self.member(slot, json),
            },
        }
    }

    fn set(&self, set: SetId) -> Option<usize> {
        self.maker.group_of(usize::from(set.0))
    }
}

/// The facts scope inside an aggregate, for the rows that this record adds.
pub(super) struct AddedNames<'a>(pub EncounterNames<'a>);

/// The sets of the facts scope are encounter, task, referral, then the groups.
pub(super) const SETS_BEFORE_GROUPS: usize = 3;

impl BrowserNames for AddedNames<'_> {
    fn column(&self, column: ColumnRef, json: &mut Json) {
        let maker = self.0.maker;
        match column.set {
            None => self.0.row(column.slot, json),
            Some(set) if set == maker.program.layout.encounter => self.0.member(column.slot, json),
            Some(set) => {
                maker.group_member(usize::from(set.0) - SETS_BEFORE_GROUPS, column.slot, json)
            }
        }
    }

    fn set(&self, set: SetId) -> Option<usize> {
        usize::from(set.0)
            .checked_sub(SETS_BEFORE_GROUPS)
            .and_then(|set| self.0.maker.group_of(set))
    }
}

/// The facts scope inside an aggregate over all encounters, for each of them.
pub(super) struct AmongNames<'a>(pub &'a AddedNames<'a>);

impl BrowserNames for AmongNames<'_> {
    fn column(&self, column: ColumnRef, json: &mut Json) {
        if column.set.is_some() {
            member(self.0.0.maker.places.member(column.slot), json);
        } else {
            self.0.column(column, json);
        }
    }

    fn set(&self, _: SetId) -> Option<usize> {
        None
    }
}

/// The facts row, with the aggregates behind its columns.
pub(super) struct RowNames<'a> {
    pub maker: &'a Maker<'a>,
    pub changed: &'a dyn Fn(Slot) -> bool,
}

impl BrowserNames for RowNames<'_> {
    fn column(&self, column: ColumnRef, json: &mut Json) {
        let (slot, columns) = (column.slot, self.maker.program.plan.columns);
        let aggregate = usize::from(slot.0).checked_sub(columns);
        let key = match (aggregate, (self.changed)(slot)) {
            (Some(ix), true) => Key::AggregateAfter(ix),
            (Some(ix), false) => Key::Aggregate(ix),
            (None, true) => Key::RowAfter(slot),
            (None, false) => Key::Row(slot),
        };
        self.maker.key(key, json);
    }

    fn set(&self, _: SetId) -> Option<usize> {
        None
    }
}
