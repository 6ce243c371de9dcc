//! The expression language: one meaning from the bedside to the province.
//!
//! [`parse`] turns SQL text into a typed tree once, when a pack is loaded; [`Expr::eval`] answers it over one record,
//! [`Expr::to_sql`] prints it for a database, [`Expr::to_browser`] for a browser. The tree ([`Node`]) is public and
//! immutable, so that other backends can walk it. `NULL` means unknown, as in SQL; evaluation is pure and total.

mod aggregate;
mod browser;
mod check;
pub mod columns;
mod compare;
mod complaint;
mod curve;
mod diagnostic;
mod expr;
mod hoist;
mod lex;
mod limits;
mod parse;
mod row;
mod scope;
mod sql;
mod syntax;
mod tree;
mod types;
mod value;

pub use browser::{BrowserNames, Json};
pub use check::function_names;
pub use curve::{
    CURVE_SCALE, Curve, CurveError, CurveRef, Curves, LmsRow, Reading, SdRow, Tables, Tail,
};
pub use diagnostic::Diagnostic;
pub use expr::{Expr, parse, parse_as};
pub use limits::{DATE_MAX, DATE_MIN, DEFAULT_RANGE, SCALE_MAX, SET_ROWS_MAX};
pub use row::Rows;
pub use scope::{Column, Scope, SetId, Slot};
pub use sql::{Dialect, NotSql, SqlNames};
pub use tree::{
    Aggregate, AggregateFunction, Arithmetic, Arm, Bounds, ColumnRef, Comparison, CurveAnswer,
    DatePart, Extreme, Kind, LikePart, LikePattern, Need, Node, Rounding, SpanUnit,
};
pub use types::{Type, ValueSet, ValueSetError};
pub use value::{CodeSet, Value, ValueError, format_value, parse_value};
