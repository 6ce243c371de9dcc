use std::sync::Arc;

use fuyou_kernel::Secrecy;

use crate::diagnostic::Diagnostic;
use crate::row::Rows;
use crate::scope::Scope;
use crate::sql::{Dialect, SqlNames};
use crate::tree::{Bounds, ColumnRef, Node};
use crate::types::Type;
use crate::value::Value;

/// A checked expression. Immutable and cheap to clone.
#[derive(Clone, Debug)]
pub struct Expr {
    text: Arc<str>,
    root: Arc<Node>,
    columns: Arc<[ColumnRef]>,
    secrecy: Secrecy,
}

/// Parses and checks an expression over the names of a scope.
///
/// # Errors
/// Everything that is wrong with the text, in its order.
pub fn parse(text: &str, scope: &Scope) -> Result<Expr, Vec<Diagnostic>> {
    let _ = (text, scope);
    Err(Vec::new())
}

/// As [`parse`], and the result must be of the given type: an integer becomes a decimal, a text literal a code.
///
/// # Errors
/// Everything that is wrong with the text, in its order.
pub fn parse_as(text: &str, scope: &Scope, ty: &Type) -> Result<Expr, Vec<Diagnostic>> {
    let _ = (text, scope, ty);
    Err(Vec::new())
}

impl Expr {
    /// Type of its value.
    pub fn ty(&self) -> &Type {
        &self.root.ty
    }

    /// For numbers: its value lies within. The range of a fact's or computed field's column.
    pub fn range(&self) -> Option<Bounds> {
        self.root.bounds
    }

    /// The most secret of the columns it reads.
    pub fn secrecy(&self) -> Secrecy {
        self.secrecy
    }

    /// The columns it reads, each once, in rising order.
    pub fn columns(&self) -> impl Iterator<Item = ColumnRef> + '_ {
        self.columns.iter().copied()
    }

    /// The typed tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The text it was parsed from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its value over these rows. Pure and total.
    pub fn eval<R: Rows + ?Sized>(&self, rows: &R) -> Value {
        let _ = rows;
        Value::Null
    }

    /// Whether its value is true: neither false nor `NULL`. For conditions.
    pub fn holds<R: Rows + ?Sized>(&self, rows: &R) -> bool {
        self.eval(rows) == Value::Boolean(true)
    }

    /// The same expression as text of an SQL database.
    pub fn to_sql(&self, dialect: Dialect, names: &dyn SqlNames) -> String {
        let _ = (dialect, names);
        String::new()
    }
}
