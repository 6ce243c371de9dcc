//! The facts of one program: one row for each enrollment, one column for each fact that some figure reads.

use std::collections::HashMap;
use std::sync::Arc;

use fuyou_expr::columns::{BLOCK, ColumnUse, ColumnView};
use fuyou_expr::{CodeSet, Rows, SetId, Slot, Type, Value};

use crate::column::{Column, Datum};
use crate::interner::Interner;

/// A row of facts with values where some figure reads them, `NULL` elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct FactsRow(pub Vec<Value>);

impl Rows for FactsRow {
    fn outer(&self, slot: Slot) -> &Value {
        self.0.get(usize::from(slot.0)).unwrap_or(&Value::Null)
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &Value::Null
    }
}

/// An enrollment and whom it is about. The enrollment is the same one when it goes to another subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whom it is about.
    pub subject: u128,
    /// The enrollment.
    pub id: u128,
}

impl From<u128> for Key {
    /// An enrollment that is about nobody in particular.
    fn from(id: u128) -> Self {
        Key { subject: 0, id }
    }
}

/// The columns, and which enrollment has which row.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    slots: Vec<(Slot, Type)>,
    columns: Vec<Column>,
    texts: Interner<Arc<str>>,
    sets: Interner<CodeSet>,
    rows_by_id: HashMap<u128, u32>,
    /// The enrollment of each row.
    keys: Vec<Option<Key>>,
    /// Rows of enrollments that were removed, for the next that comes.
    free: Vec<u32>,
    /// All rows, free ones too.
    rows: usize,
}

impl Table {
    pub(crate) fn new(slots: Vec<(Slot, Type)>) -> Table {
        Table {
            columns: slots.iter().map(|(_, ty)| Column::new(ty)).collect(),
            slots,
            texts: Interner::default(),
            sets: Interner::default(),
            rows_by_id: HashMap::new(),
            keys: Vec::new(),
            free: Vec::new(),
            rows: 0,
        }
    }

    /// How many enrollments it holds.
    pub(crate) fn len(&self) -> usize {
        self.rows_by_id.len()
    }

    /// All rows, also those of nobody.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// All rows in so many parts of whole blocks; parts without rows are left out.
    pub(crate) fn ranges(&self, parts: usize) -> Vec<std::ops::Range<usize>> {
        let blocks = self.rows.div_ceil(BLOCK);
        let length = blocks.div_ceil(parts.max(1)).max(1) * BLOCK;
        let begins = (0..self.rows).step_by(length);
        begins
            .map(|first| first..self.rows.min(first + length))
            .collect()
    }

    /// The row of an enrollment.
    pub(crate) fn find(&self, id: u128) -> Option<u32> {
        self.rows_by_id.get(&id).copied()
    }

    /// The rows of all enrollments, as one bit each.
    pub(crate) fn live(&self) -> Vec<bool> {
        let mut live = vec![true; self.rows];
        for row in &self.free {
            live[*row as usize] = false;
        }
        live
    }

    /// The facts that it holds.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.slots.iter().map(|(slot, _)| *slot)
    }

    /// The ids of all enrollments.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u128> + '_ {
        self.rows_by_id.keys().copied()
    }

    /// Replaces the row of an enrollment, or adds it; `None` removes it. `values` are the facts by slot.
    pub(crate) fn put(&mut self, key: Key, values: Option<&[Value]>) {
        let id = key.id;
        let Some(values) = values else {
            if let Some(row) = self.rows_by_id.remove(&id) {
                self.keys[row as usize] = None;
                for column in &mut self.columns {
                    column.set(row as usize, None);
                }
                self.free.push(row);
            }
            return;
        };
        let row = match self.find(id) {
            Some(row) => row,
            None => {
                let row = self.free.pop().unwrap_or_else(|| self.grow());
                self.rows_by_id.insert(id, row);
                row
            }
        };
        self.keys[row as usize] = Some(key);
        for (at, (slot, _)) in self.slots.iter().enumerate() {
            let value = values.get(usize::from(slot.0)).unwrap_or(&Value::Null);
            let datum = match value {
                Value::Null => None,
                Value::Boolean(truth) => Some(Datum::Boolean(*truth)),
                Value::Number(number) => Some(Datum::Number(*number)),
                Value::Code(place) => Some(Datum::Number(i64::from(*place))),
                Value::Date(days) => Some(Datum::Number(i64::from(*days))),
                Value::Text(text) => Some(Datum::Handle(self.texts.number(text))),
                Value::Codes(set) => Some(Datum::Handle(self.sets.number(set))),
            };
            self.columns[at].set(row as usize, datum);
        }
    }

    /// The enrollment of each row.
    pub(crate) fn keys(&self) -> &[Option<Key>] {
        &self.keys
    }

    /// All columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// A table of the same facts with this content; `None` when an enrollment or a row stands there twice.
    pub(crate) fn filled(
        &self,
        keys: Vec<Option<Key>>,
        columns: Vec<Column>,
        (texts, sets): (Vec<Arc<str>>, Vec<CodeSet>),
    ) -> Option<Table> {
        let (rows, mut free) = (keys.len(), Vec::new());
        let mut rows_by_id = HashMap::with_capacity(rows);
        for (row, key) in (0u32..).zip(&keys) {
            match key {
                None => free.push(row),
                Some(key) if rows_by_id.insert(key.id, row).is_some() => return None,
                Some(_) => {}
            }
        }
        Some(Table {
            slots: self.slots.clone(),
            columns,
            texts: Interner::of(texts)?,
            sets: Interner::of(sets)?,
            rows_by_id,
            keys,
            free,
            rows,
        })
    }

    fn grow(&mut self) -> u32 {
        self.columns.iter_mut().for_each(Column::push);
        self.keys.push(None);
        self.rows += 1;
        u32::try_from(self.rows - 1).expect("a program has fewer than 2^32 enrollments")
    }

    /// The row as values by slot.
    pub(crate) fn read(&self, row: u32) -> FactsRow {
        let width = self
            .slots
            .iter()
            .map(|(slot, _)| usize::from(slot.0) + 1)
            .max();
        let mut values = vec![Value::Null; width.unwrap_or(0)];
        for ((slot, ty), column) in self.slots.iter().zip(&self.columns) {
            values[usize::from(slot.0)] = match (ty, column.get(row as usize)) {
                (_, None) => Value::Null,
                (_, Some(Datum::Boolean(truth))) => Value::Boolean(truth),
                (Type::Date, Some(Datum::Number(days))) => {
                    i32::try_from(days).map_or(Value::Null, Value::Date)
                }
                (Type::Code(_), Some(Datum::Number(place))) => {
                    u16::try_from(place).map_or(Value::Null, Value::Code)
                }
                (_, Some(Datum::Number(number))) => Value::Number(number),
                (Type::Codes(_), Some(Datum::Handle(number))) => {
                    Value::Codes(self.sets.all()[number as usize].clone())
                }
                (_, Some(Datum::Handle(number))) => {
                    Value::Text(Arc::clone(&self.texts.all()[number as usize]))
                }
            };
        }
        FactsRow(values)
    }

    /// The columns that a plan reads, in its order.
    pub(crate) fn views(&self, used: &[ColumnUse]) -> Vec<ColumnView<'_>> {
        used.iter()
            .map(|used| self.column(used.slot).view())
            .collect()
    }

    /// A column by the slot of its fact.
    pub(crate) fn column(&self, slot: Slot) -> &Column {
        let at = self.slots.iter().position(|(known, _)| *known == slot);
        &self.columns[at.expect("the table has every column that a figure reads")]
    }

    pub(crate) fn texts(&self) -> &[Arc<str>] {
        self.texts.all()
    }

    pub(crate) fn sets(&self) -> &[CodeSet] {
        self.sets.all()
    }

    /// The number of a text that some row holds or held.
    pub(crate) fn find_text(&self, text: &Arc<str>) -> Option<u32> {
        self.texts.find(text)
    }

    /// The number of a text, which is also the number of a place.
    pub(crate) fn text_number(&mut self, text: &Arc<str>) -> u32 {
        self.texts.number(text)
    }

    /// Bytes of the columns.
    pub(crate) fn column_bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }

    /// Bytes of ids and dictionaries.
    pub(crate) fn index_bytes(&self) -> usize {
        self.rows_by_id.capacity() * 21
            + self.keys.capacity() * size_of::<Option<Key>>()
            + self.texts.bytes()
            + self.sets.bytes()
            + self.free.capacity() * 4
    }
}
