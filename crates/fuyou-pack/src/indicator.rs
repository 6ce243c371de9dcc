//! Measures and indicators over one facts row, and as SQL over the facts table.

use std::sync::Arc;

use fuyou_expr::{Dialect, Value};
use fuyou_kernel::DayNumber;

use crate::model::{Indicator, Measure, Pack, Program};

/// What one enrollment adds to a measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// How much.
    pub value: i64,
    /// The day that decides the period; `None`: in no period.
    pub on: Option<DayNumber>,
    /// The organization code that decides the place.
    pub org: Option<Arc<str>>,
}

/// What an enrollment adds to a measure of its program; `None` when the condition does not hold or it adds nothing.
pub fn contribution(measure: &Measure, row: &[Value]) -> Option<Contribution> {
    let _ = (measure, row);
    None
}

/// Where an enrollment stands with an indicator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it adds to the numerator.
    pub numerator: Option<Contribution>,
    /// What it adds to the denominator.
    pub denominator: Option<Contribution>,
    /// Whether it could still be counted if somebody acted.
    pub gap: bool,
}

/// Where an enrollment of `program` stands with an indicator; a measure of another program adds nothing.
pub fn standing(pack: &Pack, indicator: &Indicator, program: &Program, row: &[Value]) -> Standing {
    let _ = (pack, indicator, program, row);
    Standing::default()
}

/// A measure as building blocks of an SQL query over the facts table of its program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureSql {
    /// A condition; `None`: every row counts.
    pub filter: Option<String>,
    /// What a row adds (an expression that yields an integer or NULL; `1` for counts).
    pub value: String,
    /// The date that decides the period.
    pub on: String,
    /// The organization code that decides the place.
    pub org: String,
}

/// Prints a measure for a database. `column` says how a column of the facts row (by its name in expressions: a fact id,
/// `risk`, `org`, `person.birth_on` …) is written in the query.
pub fn measure_sql(
    program: &Program,
    measure: &Measure,
    dialect: Dialect,
    column: &dyn Fn(&str) -> String,
) -> MeasureSql {
    let _ = (program, measure, dialect, column);
    MeasureSql {
        filter: None,
        value: "1".into(),
        on: String::new(),
        org: String::new(),
    }
}

/// Prints any expression of the facts row (a gap, a list's condition) for a database; `today` is a column name, too.
pub fn row_sql(
    program: &Program,
    expr: &fuyou_expr::Expr,
    dialect: Dialect,
    column: &dyn Fn(&str) -> String,
) -> String {
    let _ = (program, expr, dialect, column);
    String::new()
}
