//! Measures and indicators over one facts row, and as SQL over the facts table.

use std::sync::Arc;

use fuyou_expr::{Dialect, Expr, Scope, SetId, Slot, SqlNames, Value};
use fuyou_kernel::DayNumber;

use crate::model::{Indicator, IndicatorEntry, Measure, MeasureIx, Pack, Program, Sum};
use crate::replay::RowView;

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
    let view = RowView(row);
    if measure
        .filter
        .as_ref()
        .is_some_and(|filter| !filter.holds(&view))
    {
        return None;
    }
    let value = match &measure.sum {
        Sum::Count => 1,
        Sum::Of(sum) => match sum.eval(&view) {
            Value::Number(number) if number != 0 => number,
            _ => return None,
        },
    };
    let on = match measure.dated_by.eval(&view) {
        Value::Date(day) => Some(DayNumber(day)),
        _ => None,
    };
    let org = match measure.placed_by.eval(&view) {
        Value::Text(org) => Some(org),
        _ => None,
    };
    Some(Contribution { value, on, org })
}

/// What an enrollment adds to a measure and to those counted with it, one by one: each has its own day.
pub fn contributions(
    pack: &Pack,
    measure: MeasureIx,
    row: &[Value],
) -> impl Iterator<Item = Contribution> {
    pack.parts(measure)
        .filter_map(|part| contribution(pack.measure(part), row))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Where an enrollment stands with an indicator: of measures counted together, with the first to which it adds something.
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
    let IndicatorEntry::Computed {
        numerator,
        denominator,
    } = indicator.entry
    else {
        return Standing::default();
    };
    let own = |measure: MeasureIx| pack.program(pack.measure(measure).program).id == program.id;
    let of = |measure: MeasureIx| {
        let own = own(measure).then(|| contributions(pack, measure, row));
        own.into_iter().flatten().next()
    };
    Standing {
        numerator: of(numerator),
        denominator: denominator.and_then(of),
        gap: indicator
            .gap_and_place()
            .is_some_and(|(gap, placed_as)| own(placed_as) && gap.holds(&RowView(row))),
    }
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
    let print = |expr: &Expr| row_sql(program, expr, dialect, column);
    MeasureSql {
        filter: measure.filter.as_ref().map(print),
        value: match &measure.sum {
            Sum::Count => "1".to_owned(),
            Sum::Of(sum) => print(sum),
        },
        on: print(&measure.dated_by),
        org: print(&measure.placed_by),
    }
}

/// Prints any expression of the facts row (a gap, a list's condition) for a database; `today` is a column name, too.
pub fn row_sql(
    program: &Program,
    expr: &Expr,
    dialect: Dialect,
    column: &dyn Fn(&str) -> String,
) -> String {
    expr.to_sql(
        dialect,
        &RowNames {
            scope: &program.list_scope,
            column,
        },
    )
    .expect("measures, gaps and lists are read over scopes without curves")
}

/// The names of the facts row; it has no sets.
struct RowNames<'a> {
    scope: &'a Scope,
    column: &'a dyn Fn(&str) -> String,
}

impl SqlNames for RowNames<'_> {
    fn column(&self, set: Option<SetId>, slot: Slot) -> String {
        debug_assert!(set.is_none(), "expressions of the facts row read no sets");
        (self.column)(self.scope.column(None, slot).0)
    }

    fn order(&self, _: SetId) -> String {
        String::new()
    }

    fn rows(&self, _: SetId) -> Option<String> {
        None
    }
}
