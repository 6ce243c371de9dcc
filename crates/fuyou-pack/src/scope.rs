//! Where the values of a program stand in the scopes of its expressions.

use std::sync::Arc;

use fuyou_expr::{Scope, SetId, Slot, Type, Value, ValueError, parse_value};

use crate::model::RowColumn;

/// Slots of a program's scopes, by meaning.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// The facts row: person, opened_on, org, risk, marks, scores, facts. Same slots in the facts, row and list scopes.
    pub row: Scope,
    /// The groups by name, with the names of their columns.
    pub groups: Vec<(Arc<str>, SetId)>,
    /// Slot of `today` in the list scope.
    pub today: Option<Slot>,
}

impl Layout {
    pub(crate) fn row_column(&self, name: &str) -> Option<RowColumn<'_>> {
        self.row_columns().find(|column| column.name == name)
    }

    pub(crate) fn person_value(&self, attribute: &str, text: &str) -> Result<Value, ValueError> {
        match self.row_column(&format!("person.{attribute}")) {
            Some(_) if text.is_empty() => Ok(Value::Null),
            Some(column) => parse_value(column.ty, text),
            None => parse_value(&Type::Boolean, attribute),
        }
    }

    pub(crate) fn row_columns(&self) -> impl Iterator<Item = RowColumn<'_>> {
        self.row
            .columns(None)
            .enumerate()
            .map(|(position, (name, column))| RowColumn {
                name,
                slot: Slot(u16::try_from(position).expect("slots are 16 bits")),
                ty: &column.ty,
                secrecy: column.secrecy,
            })
    }
}
