//! Printing as SQL. Every piece of text is closed (a name, a call or in parentheses), so pieces combine freely.

mod aggregates;
mod dates;
mod numbers;
mod scalars;

use crate::scope::{SetId, Slot};
use crate::tree::Node;

/// The databases that expressions can be printed for.
///
/// Both hold decimals as scaled integers (SQLite `integer`, PostgreSQL `bigint`), codes as text, several codes as
/// `|a|b|`. SQLite holds dates as ISO text and booleans as 0 and 1, PostgreSQL as `date` and `boolean`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite 3.46 or later.
    Sqlite,
    /// PostgreSQL 14 or later.
    Postgres,
}

/// How columns and sets are called in the statement that an expression is printed into.
pub trait SqlNames {
    /// The SQL of a column, for example `e."ga_weeks"`.
    fn column(&self, set: Option<SetId>, slot: Slot) -> String;

    /// What a set is ordered by, for example `e.occurred_on, e.id`; needed by `first` and `last`.
    fn order(&self, set: SetId) -> String;

    /// Where the rows of a set come from, for example `encounter e where e.enrollment_id = f.id`. Each aggregate then
    /// prints as a subquery. `None` prints a plain aggregate, for a statement that itself selects from the set and is
    /// an aggregate statement by its `group by` or another aggregate: SQLite drops `count(*)` from `0 and count(*)`,
    /// and with it what made the statement one.
    fn rows(&self, set: SetId) -> Option<String>;
}

/// An expression that no database can answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` reads a reference curve; databases have none, a fact keeps the result")]
pub struct NotSql(pub String);

/// The expression as SQL; `None` when it reads a reference curve.
pub(crate) fn print(root: &Node, dialect: Dialect, names: &dyn SqlNames) -> Option<String> {
    (!root.reads_curve()).then(|| Printer { dialect, names }.sql(root))
}

struct Printer<'a> {
    dialect: Dialect,
    names: &'a dyn SqlNames,
}

impl Printer<'_> {
    fn is_postgres(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    fn list<'n>(&self, nodes: impl IntoIterator<Item = &'n Node>, between: &str) -> String {
        nodes
            .into_iter()
            .map(|node| self.sql(node))
            .collect::<Vec<_>>()
            .join(between)
    }
}

/// A text literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
