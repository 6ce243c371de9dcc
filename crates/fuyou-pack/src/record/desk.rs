//! A draft with everything its form's expressions can see.

use std::borrow::Cow;

use fuyou_expr::{Expr, Rows, SetId, Slot, Value};
use fuyou_kernel::DayNumber;

use super::{Cell, Checked, Draft, Finding};
use crate::model::{At, Field, FieldKind, Form, FormIx, Group, Program, Requirement};
use crate::replay::{EncounterView, History, Outcome, replay};
use crate::scope::{FormOuter, GroupOuter, Member, NO_FIELD};

static NULL: Value = Value::Null;

/// Passes after which computing, hiding and emptying must have come to rest; what swings longer stays as it is.
const PASSES_MAX: usize = 8;

pub(super) struct Desk<'a> {
    pub program: &'a Program,
    pub form: &'a Form,
    pub today: DayNumber,
    pub draft: Draft,
    pub shown: Vec<bool>,
    pub shown_groups: Vec<bool>,
    outer: Vec<Value>,
    row: &'a [Value],
    kept: Vec<Value>,
}

/// The facts row of an outcome, which is replayed when it has none.
pub(super) fn row_of<'a>(
    program: &Program,
    history: &History,
    outcome: &'a Outcome,
) -> Cow<'a, [Value]> {
    if outcome.row.is_empty() {
        replay(program, history).row.into()
    } else {
        outcome.row.as_slice().into()
    }
}

impl<'a> Desk<'a> {
    pub fn new(
        program: &'a Program,
        form_ix: FormIx,
        history: &History,
        row: &'a [Value],
        draft: &Draft,
        today: DayNumber,
    ) -> Self {
        let form = program.form(form_ix);
        let mut draft = draft.clone();
        draft.values.resize(form.fields.len(), Value::Null);
        draft.groups.resize(form.groups.len(), Vec::new());
        for (group, rows) in form.groups.iter().zip(&mut draft.groups) {
            for row in rows {
                row.resize(group.fields.len(), Value::Null);
            }
        }
        let mut kept = vec![Value::Null; program.layout.kept];
        let day = |day: Option<DayNumber>| day.map_or(Value::Null, |day| Value::Date(day.0));
        kept[0] = Value::Code(u16::try_from(form_ix.get()).expect("form indexes are 16 bits"));
        kept[2] = day(draft.occurred_on);
        kept[3] = Value::Date(today.0);
        let mut desk = Self {
            program,
            form,
            today,
            shown: vec![true; form.fields.len()],
            shown_groups: vec![true; form.groups.len()],
            outer: vec![Value::Null; form.outer.len()],
            draft,
            row,
            kept,
        };
        desk.fill_outer(history);
        desk
    }

    /// Fills the outer columns that expressions read and that the draft cannot change.
    fn fill_outer(&mut self, history: &History) {
        let previous = Previous {
            program: self.program,
            row: Cow::Borrowed(self.row),
            before: earlier(history, self.draft.occurred_on),
        };
        let mut outer = std::mem::take(&mut self.outer);
        for slot in &self.form.reads {
            let place = usize::from(slot.0);
            outer[place] = match self.form.outer[place] {
                FormOuter::OccurredOn => self.kept[2].clone(),
                FormOuter::Today => Value::Date(self.today.0),
                FormOuter::Row(slot) => self.row[usize::from(slot.0)].clone(),
                FormOuter::Previous(member) => previous.value(member),
                FormOuter::Field(_) | FormOuter::Derived(_) => continue,
            };
        }
        self.outer = outer;
    }

    /// Computes, hides and empties until nothing changes.
    pub fn settle(&mut self) {
        for _ in 0..PASSES_MAX {
            let before = (
                self.draft.values.clone(),
                self.draft.groups.clone(),
                self.shown.clone(),
                self.shown_groups.clone(),
            );
            self.pass();
            let same = before.0 == self.draft.values
                && before.1 == self.draft.groups
                && before.2 == self.shown
                && before.3 == self.shown_groups;
            if same {
                break;
            }
        }
    }

    fn pass(&mut self) {
        self.refresh();
        for ix in &self.form.compute_order {
            if let FieldKind::Computed(compute) = &self.form.fields[ix.get()].kind {
                self.draft.values[ix.get()] = compute.eval(&self.rows());
                self.refresh_fields();
            }
        }
        self.refresh();
        let sections: Vec<bool> = self
            .form
            .sections
            .iter()
            .map(|section| self.is_shown(section.show_if.as_ref()))
            .collect();
        let in_section = |section: Option<usize>| section.is_none_or(|section| sections[section]);
        for (position, field) in self.form.fields.iter().enumerate() {
            let shown = in_section(field.section) && self.is_shown(field.show_if.as_ref());
            self.shown[position] = shown;
            if !shown {
                self.draft.values[position] = Value::Null;
            }
        }
        for (position, group) in self.form.groups.iter().enumerate() {
            let shown = in_section(group.section) && self.is_shown(group.show_if.as_ref());
            self.shown_groups[position] = shown;
            if !shown {
                self.draft.groups[position].clear();
            }
            self.settle_rows(position, group);
        }
        self.refresh();
    }

    fn settle_rows(&mut self, position: usize, group: &Group) {
        for row in 0..self.draft.groups[position].len() {
            for ix in &group.compute_order {
                if let FieldKind::Computed(compute) = &group.fields[ix.get()].kind {
                    let value = compute.eval(&self.group_rows(position, row));
                    self.draft.groups[position][row][ix.get()] = value;
                }
            }
            for (ix, field) in group.fields.iter().enumerate() {
                if !self.is_cell_shown(position, row, field.show_if.as_ref()) {
                    self.draft.groups[position][row][ix] = Value::Null;
                }
            }
        }
    }

    /// Fills defaults into what is shown, empty and typed.
    pub fn fill_defaults(&mut self) {
        for (position, field) in self.form.fields.iter().enumerate() {
            let Some(default) = &field.default else {
                continue;
            };
            if self.shown[position] && self.draft.values[position].is_null() {
                self.draft.values[position] = default.eval(&self.rows());
                self.refresh_fields();
            }
        }
    }

    /// What is usual where something is shown and empty. One may follow from another.
    pub fn usual(&mut self) -> Vec<Value> {
        let mut found = vec![Value::Null; self.form.fields.len()];
        for (position, field) in self.form.fields.iter().enumerate() {
            if let Some(usual) = &field.usual
                && self.shown[position]
                && self.draft.values[position].is_null()
            {
                found[position] = usual.eval(&self.rows());
                self.draft.values[position] = found[position].clone();
                self.refresh_fields();
            }
        }
        found
    }

    fn is_shown(&self, show_if: Option<&Expr>) -> bool {
        show_if.is_none_or(|show_if| show_if.holds(&self.rows()))
    }

    /// Whether a field of a group's row is shown.
    pub fn is_cell_shown(&self, group: usize, row: usize, show_if: Option<&Expr>) -> bool {
        show_if.is_none_or(|show_if| show_if.holds(&self.group_rows(group, row)))
    }

    /// Whether a place of the form is shown, so that something can be said there.
    pub fn is_place_shown(&self, at: At) -> bool {
        match at {
            At::OccurredOn => true,
            At::Field(field) => self.shown[field.get()],
            At::Group(group) => self.shown_groups[group.get()],
            At::Cell(group, row, field) => {
                let show_if = &self.form.groups[group.get()].fields[field.get()].show_if;
                self.shown_groups[group.get()]
                    && self.is_cell_shown(group.get(), row, show_if.as_ref())
            }
        }
    }

    /// What the fields of a group's row are at the moment.
    fn cells(&self, position: usize, row: usize) -> Vec<Cell> {
        let view = self.group_rows(position, row);
        let cell = |field: &Field| {
            if !self.is_cell_shown(position, row, field.show_if.as_ref()) {
                Cell::Hidden
            } else if Self::is_required(field.required.as_ref(), &view) {
                Cell::Required
            } else {
                Cell::Optional
            }
        };
        let fields = &self.form.groups[position].fields;
        fields.iter().map(cell).collect()
    }

    /// Whether a shown field must be filled.
    pub fn is_required<R: Rows>(required: Option<&Requirement>, rows: &R) -> bool {
        match required {
            None => false,
            Some(Requirement::Always) => true,
            Some(Requirement::When(when)) => when.holds(rows),
        }
    }

    /// Brings derived columns and the outer columns up to the draft.
    fn refresh(&mut self) {
        let mut kept = std::mem::take(&mut self.kept);
        let own = (&*self.draft.values, &*self.draft.groups);
        derive(self.program, self.row, self.form, own, &mut kept);
        self.kept = kept;
        self.refresh_fields();
    }

    fn refresh_fields(&mut self) {
        for slot in &self.form.reads {
            let place = usize::from(slot.0);
            match self.form.outer[place] {
                FormOuter::Field(ix) => self.outer[place] = self.draft.values[ix.get()].clone(),
                FormOuter::Derived(ix) => {
                    self.outer[place] = self.kept[self.program.layout.derived[ix.get()]].clone();
                }
                FormOuter::OccurredOn
                | FormOuter::Today
                | FormOuter::Row(_)
                | FormOuter::Previous(_) => {}
            }
        }
    }

    pub fn rows(&self) -> DraftRows<'_> {
        DraftRows {
            desk: self,
            cell: None,
        }
    }

    pub fn group_rows(&self, group: usize, row: usize) -> DraftRows<'_> {
        DraftRows {
            desk: self,
            cell: Some((group, row)),
        }
    }

    pub fn checked(self, findings: Vec<Finding>) -> Checked {
        let required = self.form.fields.iter().zip(&self.shown);
        let required = required.map(|(field, shown)| {
            *shown && Self::is_required(field.required.as_ref(), &self.rows())
        });
        let required = required.collect();
        let groups = self.draft.groups.iter().enumerate();
        let cells = groups
            .map(|(group, rows)| (0..rows.len()).map(|row| self.cells(group, row)).collect())
            .collect();
        let derived = self
            .program
            .layout
            .derived
            .iter()
            .map(|place| self.kept[*place].clone())
            .collect();
        Checked {
            findings,
            required,
            cells,
            derived,
            draft: self.draft,
            shown: self.shown,
            shown_groups: self.shown_groups,
        }
    }
}

/// Earlier encounters, for what a form reads of them.
pub(crate) struct Previous<'a> {
    program: &'a Program,
    row: Cow<'a, [Value]>,
    before: Vec<&'a crate::replay::Encounter>,
}

impl<'a> Previous<'a> {
    /// The encounters up to a day, over the facts as they stand now.
    pub fn new(
        program: &'a Program,
        history: &'a History,
        outcome: &'a Outcome,
        on: DayNumber,
    ) -> Previous<'a> {
        Previous {
            program,
            row: row_of(program, history, outcome),
            before: earlier(history, Some(on)),
        }
    }

    /// The last value of a column in an earlier encounter; NULLs are passed over.
    pub fn value(&self, member: Slot) -> Value {
        let slot = usize::from(member.0);
        let found = self.before.iter().rev().find_map(|encounter| {
            let form = self.program.form(encounter.form);
            let value = match self.program.layout.members[slot] {
                Member::Field if form.by_slot[slot] == NO_FIELD => return None,
                Member::Field => encounter
                    .values
                    .get(usize::from(form.by_slot[slot]))?
                    .clone(),
                Member::Kept(2) => Value::Date(encounter.occurred_on.0),
                Member::Kept(place) => self.derived_of(encounter, place)?,
            };
            (!value.is_null()).then_some(value)
        });
        found.unwrap_or(Value::Null)
    }

    /// A derived column of an earlier encounter, over the facts as they stand now.
    fn derived_of(&self, encounter: &crate::replay::Encounter, place: usize) -> Option<Value> {
        let mut kept = vec![Value::Null; self.program.layout.kept];
        kept[0] = Value::Code(u16::try_from(encounter.form.get()).ok()?);
        kept[2] = Value::Date(encounter.occurred_on.0);
        let form = self.program.form(encounter.form);
        let own = (&*encounter.values, &*encounter.groups);
        derive(self.program, &self.row, form, own, &mut kept);
        kept.get(place).cloned()
    }
}

/// The derived columns of one encounter.
fn derive(
    program: &Program,
    row: &[Value],
    form: &Form,
    (values, groups): (&[Value], &[Vec<Vec<Value>>]),
    kept: &mut [Value],
) {
    let layout = &program.layout;
    for step in &layout.steps {
        let crate::scope::Step::Derived(ix) = step else {
            continue;
        };
        let view = EncounterView {
            layout,
            row,
            form,
            kept,
            values,
            groups,
        };
        let value = program.derived[ix.get()].is.eval(&view);
        kept[layout.derived[ix.get()]] = value;
    }
}

/// The encounters before a day's record, in order.
fn earlier(history: &History, on: Option<DayNumber>) -> Vec<&crate::replay::Encounter> {
    let mut before: Vec<&crate::replay::Encounter> = history
        .encounters
        .iter()
        .filter(|encounter| on.is_none_or(|on| encounter.occurred_on <= on))
        .collect();
    before.sort_by_key(|encounter| {
        (
            encounter.occurred_on,
            encounter.recorded_at_ms,
            encounter.id,
        )
    });
    before
}

/// What expressions of a form, or of a row of one of its groups, are evaluated over.
pub(super) struct DraftRows<'a> {
    desk: &'a Desk<'a>,
    cell: Option<(usize, usize)>,
}

impl Rows for DraftRows<'_> {
    fn outer(&self, slot: Slot) -> &Value {
        let Some((group, row)) = self.cell else {
            return &self.desk.outer[usize::from(slot.0)];
        };
        match self.desk.form.groups[group].outer[usize::from(slot.0)] {
            GroupOuter::Own(ix) => &self.desk.draft.groups[group][row][ix.get()],
            GroupOuter::Form(slot) => &self.desk.outer[usize::from(slot.0)],
        }
    }

    fn len(&self, set: SetId) -> usize {
        self.desk
            .draft
            .groups
            .get(usize::from(set.0))
            .map_or(0, Vec::len)
    }

    fn member(&self, set: SetId, row: usize, slot: Slot) -> &Value {
        self.desk.draft.groups[usize::from(set.0)][row]
            .get(usize::from(slot.0))
            .unwrap_or(&NULL)
    }
}
