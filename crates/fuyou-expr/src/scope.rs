use std::collections::HashMap;
use std::sync::Arc;

use fuyou_kernel::Secrecy;

use crate::curve::Curves;
use crate::types::Type;

/// Place of a column in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u16);

/// One of the scope's sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u16);

/// What an expression may know of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Type of its values.
    pub ty: Type,
    /// Least and greatest value a numeric column can hold, in units of its last decimal;
    /// [`DEFAULT_RANGE`](crate::DEFAULT_RANGE) when absent. Whoever stores values refuses those outside.
    pub range: Option<(i64, i64)>,
    /// Who may see it; inherited by what is computed from it.
    pub secrecy: Secrecy,
}

impl Column {
    /// An open column without a range.
    pub fn new(ty: Type) -> Column {
        Column {
            ty,
            range: None,
            secrecy: Secrecy::Open,
        }
    }
}

/// The names an expression may use: the columns of the outer row (a form being typed, a row of facts) and the
/// sets of rows that belong to it (encounters, tasks, newborns).
///
/// Outside an aggregate a bare name is a column of the outer row. Inside an aggregate it is first a column of the
/// aggregate's set, then of the outer row; `this.name` always means the outer row.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    outer: Table,
    sets: Vec<Set>,
    default_set: Option<SetId>,
    curves: Option<Arc<Curves>>,
}

#[derive(Clone, Debug)]
struct Set {
    name: String,
    table: Table,
}

#[derive(Clone, Debug, Default)]
struct Table {
    columns: Vec<(String, Column)>,
    slots: HashMap<String, Slot>,
}

impl Table {
    fn add(&mut self, name: &str, column: Column) -> Slot {
        let slot =
            Slot(u16::try_from(self.columns.len()).expect("a row has fewer than 65536 columns"));
        let before = self.slots.insert(name.to_owned(), slot);
        assert!(before.is_none(), "column {name} was declared twice");
        self.columns.push((name.to_owned(), column));
        slot
    }

    fn get(&self, name: &str) -> Option<(Slot, &Column)> {
        let slot = *self.slots.get(name)?;
        Some((slot, &self.columns[usize::from(slot.0)].1))
    }
}

impl Scope {
    /// A scope without any name.
    pub fn new() -> Scope {
        Scope::default()
    }

    /// Declares a column of the outer row. Slots count up from 0 in the order of declaration. The name may have one
    /// qualifier, as in `previous.height_cm`; it then hides a set of that name.
    ///
    /// # Panics
    /// When the name is already taken: the caller checks names, because only it can say where they stand.
    pub fn outer(&mut self, name: &str, column: Column) -> Slot {
        self.outer.add(name, column)
    }

    /// Declares a set of rows.
    ///
    /// # Panics
    /// When the name is already taken.
    pub fn set(&mut self, name: &str) -> SetId {
        assert!(
            self.set_named(name).is_none(),
            "set {name} was declared twice"
        );
        let id = SetId(u16::try_from(self.sets.len()).expect("a scope has fewer than 65536 sets"));
        self.sets.push(Set {
            name: name.to_owned(),
            table: Table::default(),
        });
        id
    }

    /// Declares a column of a set. Slots count up from 0 within each set.
    ///
    /// # Panics
    /// When the name is already taken within the set.
    pub fn member(&mut self, set: SetId, name: &str, column: Column) -> Slot {
        self.sets[usize::from(set.0)].table.add(name, column)
    }

    /// The set that bare names inside an aggregate mean, and that `count(*)` counts.
    pub fn set_default(&mut self, set: SetId) {
        self.default_set = Some(set);
    }

    /// Allows the curve functions, over these curves. Only where expressions are answered over one record: columns and
    /// SQL cannot.
    pub fn set_curves(&mut self, curves: Arc<Curves>) {
        self.curves = Some(curves);
    }

    /// The same names without the curve functions.
    pub fn without_curves(mut self) -> Scope {
        self.curves = None;
        self
    }

    /// The curves that expressions may read; `None` where they may read none.
    pub fn curves(&self) -> Option<&Arc<Curves>> {
        self.curves.as_ref()
    }

    /// The default set, if one was named.
    pub fn default_set(&self) -> Option<SetId> {
        self.default_set
    }

    /// Finds a column as written outside an aggregate: `name`, `this.name` or `set.name`.
    pub fn get(&self, name: &str) -> Option<(Option<SetId>, Slot, &Column)> {
        if let Some((slot, column)) = self.outer_named(name) {
            return Some((None, slot, column));
        }
        match name.split_once('.') {
            None | Some(("this", _)) => {
                let (slot, column) =
                    self.outer_named(name.strip_prefix("this.").unwrap_or(name))?;
                Some((None, slot, column))
            }
            Some((set, name)) => {
                let set = self.set_named(set)?;
                let (slot, column) = self.member_named(set, name)?;
                Some((Some(set), slot, column))
            }
        }
    }

    /// Name of a set.
    pub fn set_name(&self, set: SetId) -> &str {
        &self.sets[usize::from(set.0)].name
    }

    /// Name and description of a column: of the outer row when `set` is `None`.
    pub fn column(&self, set: Option<SetId>, slot: Slot) -> (&str, &Column) {
        let table = set.map_or(&self.outer, |set| &self.sets[usize::from(set.0)].table);
        let (name, column) = &table.columns[usize::from(slot.0)];
        (name, column)
    }

    /// All sets.
    pub fn sets(&self) -> impl Iterator<Item = SetId> + '_ {
        (0..self.sets.len() as u16).map(SetId)
    }

    /// All columns of the outer row (`None`) or of a set, in slot order.
    pub fn columns(&self, set: Option<SetId>) -> impl Iterator<Item = (&str, &Column)> + '_ {
        let table = set.map_or(&self.outer, |set| &self.sets[usize::from(set.0)].table);
        table
            .columns
            .iter()
            .map(|(name, column)| (name.as_str(), column))
    }

    /// A set by name.
    pub fn set_named(&self, name: &str) -> Option<SetId> {
        self.sets
            .iter()
            .position(|set| set.name == name)
            .map(|at| SetId(at as u16))
    }

    pub(crate) fn outer_named(&self, name: &str) -> Option<(Slot, &Column)> {
        self.outer.get(name)
    }

    pub(crate) fn member_named(&self, set: SetId, name: &str) -> Option<(Slot, &Column)> {
        self.sets[usize::from(set.0)].table.get(name)
    }
}
