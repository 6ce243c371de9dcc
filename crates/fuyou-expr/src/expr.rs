use std::collections::BTreeSet;
use std::sync::Arc;

use fuyou_kernel::Secrecy;

use crate::check::Checker;
use crate::diagnostic::Diagnostic;
use crate::parse::read;
use crate::row::{self, Rows};
use crate::scope::Scope;
use crate::sql::{self, Dialect, NotSql, SqlNames};
use crate::tree::{Bounds, ColumnRef, Kind, Node};
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
    checked(text, scope, None)
}

/// As [`parse`], and the result must be of the given type: an integer becomes a decimal, a text literal a code.
///
/// # Errors
/// Everything that is wrong with the text, in its order.
pub fn parse_as(text: &str, scope: &Scope, ty: &Type) -> Result<Expr, Vec<Diagnostic>> {
    checked(text, scope, Some(ty))
}

fn checked(text: &str, scope: &Scope, want: Option<&Type>) -> Result<Expr, Vec<Diagnostic>> {
    let parsed = read(text).map_err(|error| vec![error])?;
    let mut checker = Checker::new(scope);
    let root = checker.root(&parsed, want);
    let mut errors = checker.errors;
    match root {
        Some(root) if errors.is_empty() => Ok(Expr::new(text, root, scope)),
        _ => {
            errors.sort_by_key(|error| (error.start, error.end));
            errors.dedup();
            assert!(
                !errors.is_empty(),
                "the checker refused an expression without saying why"
            );
            Err(errors)
        }
    }
}

impl Expr {
    fn new(text: &str, root: Node, scope: &Scope) -> Expr {
        let mut columns = BTreeSet::new();
        root.visit(&mut |node| {
            if let Kind::Column(column) = node.kind {
                columns.insert(column);
            }
        });
        let secrecy = columns
            .iter()
            .map(|column| scope.column(column.set, column.slot).1.secrecy)
            .max();
        let columns = columns.into_iter().collect();
        Expr {
            text: Arc::from(text),
            root: Arc::new(root),
            columns,
            secrecy: secrecy.unwrap_or_default(),
        }
    }

    pub(crate) fn with_root(&self, root: Arc<Node>) -> Expr {
        Expr {
            root,
            ..self.clone()
        }
    }

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

    /// Whether it reads a reference curve, whose tables stand in the pack only.
    pub fn reads_curve(&self) -> bool {
        self.root().reads_curve()
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
        row::value(&self.root, rows)
    }

    /// Whether its value is true: neither false nor `NULL`. For conditions.
    pub fn holds<R: Rows + ?Sized>(&self, rows: &R) -> bool {
        row::is_true(&self.root, rows)
    }

    /// The same expression as text of an SQL database.
    ///
    /// # Errors
    /// When it reads a reference curve: a database has none.
    pub fn to_sql(&self, dialect: Dialect, names: &dyn SqlNames) -> Result<String, NotSql> {
        sql::print(&self.root, dialect, names).ok_or_else(|| NotSql(self.text.to_string()))
    }
}
