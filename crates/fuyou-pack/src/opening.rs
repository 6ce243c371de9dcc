//! What the records of an enrollment open in other programs: a pure function of them, as a replay is.

use std::collections::BTreeMap;
use std::sync::Arc;

use fuyou_expr::{CodeSet, Expr, Rows, SetId, Slot, Type, Value, format_value};
use fuyou_kernel::DayNumber;

use crate::model::{Carried, FieldIx, Opens, Pack, Program};
use crate::record::Draft;
use crate::replay::{Encounter, History, Outcome};
use crate::scope::{FormOuter, OPENER, OpensOuter};

/// What is known of the opener's subject besides the profile: for expressions of `[[opens]]` only.
#[derive(Clone, Debug, Default)]
pub struct Opener {
    /// Her name.
    pub name: Option<Arc<str>>,
    /// Her phone.
    pub phone: Option<Arc<str>>,
}

/// An enrollment that a record opens elsewhere.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Which of [`Program::opens`].
    pub opens: usize,
    /// The position of the record in the history given.
    pub encounter: usize,
    /// What tells the rows of the record apart.
    pub key: String,
    /// Who is followed, when it is somebody new. `None` also while something about a new person is unknown.
    pub person: Option<NewPerson>,
    /// The opening record as far as it is carried over.
    pub draft: Draft,
    /// The fields that are carried, known or not.
    pub carried: Vec<FieldIx>,
}

/// A person who comes to be with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// The name for the time being.
    pub name: String,
    /// The code of the sex as the record has it.
    pub sex: String,
    /// The day of birth.
    pub birth_on: DayNumber,
}

/// What the records of an enrollment open, in the order of the records and rows.
///
/// Rows that open but lack the name, day of birth or sex of a new person come without one: they wait.
/// Of two rows with the same key the first opens.
pub fn openings(
    pack: &Pack,
    program: &Program,
    (history, outcome): (&History, &Outcome),
    opener: &Opener,
) -> Vec<Opening> {
    let mut found: Vec<Opening> = Vec::new();
    for (position, encounter) in history.encounters.iter().enumerate() {
        for (ix, opens) in program.opens.iter().enumerate() {
            if opens.form != encounter.form {
                continue;
            }
            let derived = outcome.encounters.get(position);
            let derived = derived.map_or(&[][..], |outcome| &outcome.derived);
            let rows: Vec<Option<&[Value]>> = match opens.each {
                None => vec![None],
                Some(group) => encounter.groups[group.get()]
                    .iter()
                    .map(|row| Some(&**row))
                    .collect(),
            };
            for (row_position, cells) in rows.into_iter().enumerate() {
                let view = View {
                    opens,
                    encounter,
                    cells,
                    derived,
                    row: &outcome.row,
                    occurred_on: Value::Date(encounter.occurred_on.0),
                    opener: [&opener.name, &opener.phone]
                        .map(|text| text.clone().map_or(Value::Null, Value::Text)),
                };
                if opens.when.as_ref().is_some_and(|when| !when.holds(&view)) {
                    continue;
                }
                let key = match &opens.key {
                    Some(key) => format_value(key.ty(), &key.eval(&view)),
                    None => (row_position + 1).to_string(),
                };
                let twice = |other: &Opening| {
                    (other.opens, other.encounter, &other.key) == (ix, position, &key)
                };
                if found.iter().any(twice) {
                    continue;
                }
                found.push(Opening {
                    opens: ix,
                    encounter: position,
                    key,
                    person: view.person(),
                    draft: view.draft(pack),
                    carried: opens.values.iter().map(|(field, _)| *field).collect(),
                });
            }
        }
    }
    found
}

/// The texts of a draft's carried fields, by field id: for telling whether they are still what they were.
pub fn carried_texts(
    form: &crate::Form,
    draft: &Draft,
    fields: &[FieldIx],
) -> BTreeMap<String, String> {
    let texts = fields.iter().map(|field| {
        let of = &form.fields[field.get()];
        let text = format_value(&of.ty, &draft.values[field.get()]);
        (of.id.to_string(), text)
    });
    texts.collect()
}

/// One record, or one of its rows, as the expressions of what it opens see it.
struct View<'a> {
    opens: &'a Opens,
    encounter: &'a Encounter,
    cells: Option<&'a [Value]>,
    derived: &'a [Value],
    row: &'a [Value],
    opener: [Value; OPENER.len()],
    occurred_on: Value,
}

static NULL: Value = Value::Null;

impl View<'_> {
    fn person(&self) -> Option<NewPerson> {
        let person = self.opens.person.as_ref()?;
        let text = |expr: &Expr| match (expr.ty(), expr.eval(self)) {
            (_, Value::Null) => None,
            (ty @ (Type::Text | Type::Code(_)), value) => Some(format_value(ty, &value)),
            _ => None,
        };
        let Value::Date(birth_on) = person.birth_on.eval(self) else {
            return None;
        };
        Some(NewPerson {
            name: text(&person.name).filter(|name| !name.trim().is_empty())?,
            sex: text(&person.sex)?,
            birth_on: DayNumber(birth_on),
        })
    }

    fn draft(&self, pack: &Pack) -> Draft {
        let target = pack.program(self.opens.program);
        let mut draft = Draft::new(target, self.opens.with);
        let on = match &self.opens.occurred_on {
            None => Value::Date(self.encounter.occurred_on.0),
            Some(on) => on.eval(self),
        };
        if let Value::Date(day) = on {
            draft.occurred_on = Some(DayNumber(day));
        }
        for (field, carried) in &self.opens.values {
            draft.values[field.get()] = match carried {
                Carried::Is(expr) => expr.eval(self),
                Carried::Codes(codes) => {
                    let held = codes.iter().filter(|(_, when)| when.holds(self));
                    let set: CodeSet = held.map(|(code, _)| *code).collect();
                    if set.is_empty() {
                        Value::Null
                    } else {
                        Value::Codes(set)
                    }
                }
            };
        }
        draft
    }
}

impl Rows for View<'_> {
    fn outer(&self, slot: Slot) -> &Value {
        let encounter = self.encounter;
        match self.opens.outer[usize::from(slot.0)] {
            OpensOuter::Cell(field) => self
                .cells
                .and_then(|cells| cells.get(field.get()))
                .unwrap_or(&NULL),
            OpensOuter::Opener(which) => &self.opener[which],
            OpensOuter::Form(FormOuter::Field(field)) => &encounter.values[field.get()],
            OpensOuter::Form(FormOuter::Row(slot)) => {
                self.row.get(usize::from(slot.0)).unwrap_or(&NULL)
            }
            OpensOuter::Form(FormOuter::Derived(derived)) => {
                self.derived.get(derived.get()).unwrap_or(&NULL)
            }
            OpensOuter::Form(FormOuter::OccurredOn) => &self.occurred_on,
            OpensOuter::Form(FormOuter::Today | FormOuter::Previous(_)) => &NULL,
        }
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &NULL
    }
}
