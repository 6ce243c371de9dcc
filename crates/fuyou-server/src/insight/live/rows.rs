//! The persons behind a cell, out of memory.

use std::collections::HashSet;

use fuyou_cube::{Adding, FoundRow, MeasureSpec, RowKey, RowsAsked, RowsBy, RowsOrder};
use fuyou_kernel::{Date, DayNumber, Id, Period};
use fuyou_pack::Pack;
use fuyou_pack::model::{Direction, MeasureIx, StratumIx};
use uuid::Uuid;

use super::{Live, State};
use crate::insight::order::{Cursor, Key, Order, OrderBy};
use crate::insight::persons::{Asked, Line};

impl Live {
    /// A page of lines and how many all pages have; `None` when the store must be asked.
    pub(in crate::insight) fn list(
        &self,
        asked: &Asked<'_>,
        (period, layer): (Period, Option<(StratumIx, Option<usize>)>),
        codes: &[String],
        (order, (after, limit)): (Order, (Option<&Cursor>, usize)),
    ) -> Option<(Vec<Line>, i64)> {
        let codes: HashSet<&str> = codes.iter().map(String::as_str).collect();
        let pack = &*self.0.pack;
        let by = match order.by {
            OrderBy::Place => RowsBy::Place,
            OrderBy::Day => RowsBy::Day,
            OrderBy::Adds => RowsBy::Adds,
            OrderBy::Name | OrderBy::Residence => return None,
        };
        let key = |key| match key {
            &Key::Adds(adds) => Some(RowKey::Number(adds)),
            &Key::Day(on) => Some(RowKey::Number(i64::from(DayNumber::from(on).0))),
            Key::Place(code) => Some(RowKey::Place(code)),
            Key::Person(_) => None,
        };
        let after = match after {
            Some(after) => Some((key(&after.key)?, after.enrollment.uuid().as_u128())),
            None => None,
        };
        let of = |measure: MeasureIx| MeasureSpec::from(pack.measure(measure));
        let dated_by = |measure: MeasureIx| Some(&pack.measure(measure).dated_by);
        let (placed_as, spec, dates, other) = match *asked {
            // Parts with dates of their own are the store's to put together.
            Asked::Adding { to, not_to }
                if [Some(to), not_to]
                    .into_iter()
                    .flatten()
                    .any(|side| !pack.measure(side).also.is_empty()) =>
            {
                return None;
            }
            Asked::Adding { to, not_to } => {
                let other = not_to.map(|other| (of(other), dated_by(other)));
                (to, of(to), dated_by(to), other)
            }
            Asked::Fulfilling {
                condition,
                placed_as,
            } => {
                let spec = MeasureSpec {
                    filter: Some(condition.clone()),
                    sum: None,
                };
                (placed_as, spec, None, None)
            }
        };
        let day = |date: Date| i64::from(DayNumber::from(date).0);
        let adding = |(measure, dated_by)| Adding { measure, dated_by };
        let rows = RowsAsked {
            placed_by: &pack.measure(placed_as).placed_by,
            codes: &codes,
            days: day(period.start())..=day(period.end()),
            of: adding((&spec, dates)),
            without: other
                .as_ref()
                .map(|(measure, dated_by)| adding((measure, *dated_by))),
            within: layer.map(|(stratum, layer)| (&pack.stratum(stratum).is, layer)),
            order: match order.direction {
                Direction::Ascending => RowsOrder::Up(by),
                Direction::Descending => RowsOrder::Down(by),
            },
            after,
            limit,
        };
        self.look(|state| state.list(pack, placed_as, &rows))?
    }
}

impl State {
    fn list(
        &self,
        pack: &Pack,
        placed_as: MeasureIx,
        rows: &RowsAsked<'_>,
    ) -> Option<(Vec<Line>, i64)> {
        let program = pack.measure(placed_as).program.get();
        // Every expression here is one that the cube was made of.
        let found = self.cube.cube.rows_behind(program, rows).ok()?;
        Some((found.rows.into_iter().map(line).collect(), found.total))
    }
}

fn line(row: FoundRow) -> Line {
    let date = |on: i64| Date::try_from(DayNumber(i32::try_from(on).ok()?)).ok();
    Line {
        subject: Id::from_uuid(Uuid::from_u128(row.subject)),
        enrollment: Id::from_uuid(Uuid::from_u128(row.id)),
        place: Some(row.place.to_string()),
        on: row.on.and_then(date),
        adds: row.adds,
    }
}
