//! The band of a trend: what is recommended, day by day, for this subject.

use fuyou_expr::{Rows, SetId, Slot, Value};
use fuyou_kernel::{DayNumber, Secrecy};

use crate::model::Trend;
use crate::replay::Outcome;

/// The band on one day; `None` on a side without limit, or where the limit is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandPoint {
    /// The day.
    pub on: DayNumber,
    /// From here, scaled as the trend's fields.
    pub low: Option<i64>,
    /// To here, scaled as the trend's fields.
    pub high: Option<i64>,
}

impl Trend {
    /// Who may see the band: inherited from what it reads.
    pub fn band_secrecy(&self) -> Secrecy {
        let limits = [&self.low, &self.high].into_iter().flatten();
        limits
            .map(|limit| limit.secrecy())
            .max()
            .unwrap_or_default()
    }

    /// The band on these days; days of which nothing is known are left out.
    pub fn band(&self, outcome: &Outcome, days: impl Iterator<Item = DayNumber>) -> Vec<BandPoint> {
        let points = days.map(|on| {
            let row = DayRow {
                row: &outcome.row,
                on: Value::Date(on.0),
            };
            let limit = |expr: &Option<fuyou_expr::Expr>| match expr.as_ref()?.eval(&row) {
                Value::Number(number) => Some(number),
                _ => None,
            };
            BandPoint {
                on,
                low: limit(&self.low),
                high: limit(&self.high),
            }
        });
        points
            .filter(|point| point.low.is_some() || point.high.is_some())
            .collect()
    }
}

/// The facts row, and after it the day drawn, which expressions call today.
struct DayRow<'a> {
    row: &'a [Value],
    on: Value,
}

impl Rows for DayRow<'_> {
    fn outer(&self, slot: Slot) -> &Value {
        self.row.get(usize::from(slot.0)).unwrap_or(&self.on)
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &Value::Null
    }
}
