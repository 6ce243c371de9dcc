//! Counts by organization and month, as the store or memory tells them.

use std::sync::Arc;

use fuyou_pack::model::{IndicatorIx, MeasureIx};

use super::months::MonthNumber;

/// What each organization has in each month, for some measures.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// The measures, in the order in which groups count them.
    pub(super) measures: Vec<MeasureIx>,
    /// Organization codes; `None` when the record names none.
    pub(super) places: Vec<Option<Arc<str>>>,
    /// One for each place, month and way of dating.
    pub(super) groups: Vec<Counted>,
    /// The values of all groups, one after the other.
    values: Vec<i64>,
}

/// What one organization has in one month, for the measures that are dated alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    /// Position among [`Counts::places`].
    pub(super) place: u32,
    /// The month.
    pub(super) month: MonthNumber,
    /// How many enrollments these are.
    pub(super) rows: i64,
    /// Position of the first measure among [`Counts::measures`].
    pub(super) first: usize,
    /// Where its values stand.
    at: usize,
    /// How many values it has.
    width: usize,
}

impl Counts {
    /// Adds a group with the values of the measures from `first` on.
    pub(super) fn push(
        &mut self,
        (place, month, rows): (u32, MonthNumber, i64),
        first: usize,
        values: impl Iterator<Item = i64>,
    ) {
        let at = self.values.len();
        self.values.extend(values);
        self.groups.push(Counted {
            place,
            month,
            rows,
            first,
            at,
            width: self.values.len() - at,
        });
    }

    /// The values of a group.
    pub(super) fn values(&self, group: &Counted) -> &[i64] {
        &self.values[group.at..group.at + group.width]
    }
}

/// How many enrollments of an organization fulfil each of some gap conditions.
#[derive(Debug)]
pub(super) struct GapCount {
    /// Organization code; `None` when the record names none.
    pub(super) place: Option<Arc<str>>,
    /// One count for each indicator of the group.
    pub(super) counts: Vec<(IndicatorIx, i64)>,
}
