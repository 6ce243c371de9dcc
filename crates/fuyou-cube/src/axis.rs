//! An axis: the measures of a program that are dated and placed alike.

use fuyou_expr::columns::{Plan, Wanted};
use fuyou_expr::{Expr, Value};
use fuyou_kernel::{Date, DayNumber};

use crate::cells::{Cells, Group};
use crate::cube::CubeError;
use crate::projection::Projection;
use crate::table::{FactsRow, Table};

/// What is counted.
#[derive(Clone, Debug)]
pub struct MeasureSpec {
    /// Which rows count; all when `None`.
    pub filter: Option<Expr>,
    /// What a row adds, `NULL` nothing; one when `None`.
    pub sum: Option<Expr>,
}

/// Measures that share what decides month and place.
#[derive(Clone, Debug)]
pub struct AxisSpec {
    /// The date that decides the month; a row without one counts nowhere. `None`: there are no months.
    pub dated_by: Option<Expr>,
    /// The organization code that decides the place; a row without one has a group of its own.
    pub placed_by: Expr,
    /// What is counted.
    pub measures: Vec<MeasureSpec>,
}

/// What a scan reads of a measure: outputs of the axis's plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    /// The output that filters.
    pub filter: Option<usize>,
    /// Which of [`Axis::sums`] is added.
    pub sum: Option<usize>,
}

/// One axis with its cells.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub spec: AxisSpec,
    /// Place and date of the rows.
    pub order: Plan,
    /// Filters and sums.
    pub plan: Plan,
    pub reads: Vec<Read>,
    /// The different outputs that are summed.
    pub sums: Vec<usize>,
    pub projection: Option<Projection>,
    pub cells: Cells,
}

impl Axis {
    pub(crate) fn new(spec: AxisSpec) -> Result<Axis, CubeError> {
        let mut order = vec![Wanted::Value(&spec.placed_by)];
        order.extend(spec.dated_by.as_ref().map(Wanted::Value));
        let order = Plan::compile(&order)?;
        let filters = spec
            .measures
            .iter()
            .filter_map(|measure| measure.filter.as_ref());
        let sums = spec
            .measures
            .iter()
            .filter_map(|measure| measure.sum.as_ref());
        let wanted: Vec<Wanted<'_>> = filters
            .map(Wanted::Holds)
            .chain(sums.map(Wanted::Value))
            .collect();
        let plan = Plan::compile(&wanted)?;
        let filters = spec
            .measures
            .iter()
            .filter(|measure| measure.filter.is_some())
            .count();
        let (mut next_filter, mut next_sum) = (0, filters);
        let mut different: Vec<usize> = Vec::new();
        let mut reads = Vec::with_capacity(spec.measures.len());
        for measure in &spec.measures {
            let filter = measure.filter.as_ref().map(|_| next_filter);
            next_filter += usize::from(filter.is_some());
            let sum = measure.sum.as_ref().map(|_| {
                let known = different.iter().position(|sum| plan.same(*sum, next_sum));
                known.unwrap_or_else(|| {
                    different.push(next_sum);
                    different.len() - 1
                })
            });
            next_sum += usize::from(sum.is_some());
            reads.push(Read { filter, sum });
        }
        Ok(Axis {
            cells: Cells::new(spec.measures.len(), &Projection::default()),
            spec,
            order,
            plan,
            reads,
            sums: different,
            projection: None,
        })
    }

    /// The group of a row; `None` when it has no date.
    pub(crate) fn group(&self, row: &FactsRow, table: &mut Table) -> Option<Group> {
        let month = match &self.spec.dated_by {
            None => 0,
            Some(dated_by) => match dated_by.eval(row) {
                Value::Date(days) => month(i64::from(days))?,
                _ => return None,
            },
        };
        let place = match self.spec.placed_by.eval(row) {
            Value::Text(code) => Some(table.text_number(&code)),
            _ => None,
        };
        Some(Group { place, month })
    }

    /// What a row adds to each measure.
    pub(crate) fn adds(&self, row: &FactsRow) -> Vec<i64> {
        let adds = |measure: &MeasureSpec| {
            if measure
                .filter
                .as_ref()
                .is_some_and(|filter| !filter.holds(row))
            {
                return 0;
            }
            match measure.sum.as_ref().map(|sum| sum.eval(row)) {
                None => 1,
                Some(Value::Number(number)) => number,
                Some(_) => 0,
            }
        };
        self.spec.measures.iter().map(adds).collect()
    }
}

/// The month of a day number, numbered `year * 12 + month - 1`.
pub(crate) fn month(days: i64) -> Option<i32> {
    let date = Date::try_from(DayNumber(i32::try_from(days).ok()?)).ok()?;
    Some(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
}
