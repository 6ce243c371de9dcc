//! Counts by organization and month, as the store or memory tells them, and who takes them in.

use std::sync::Arc;

use fuyou_pack::model::IndicatorIx;

use super::months::MonthNumber;

/// Takes in what organizations have in months. Places are looked up once each and then known by what that gave.
pub(super) trait Counting {
    /// What is known of a place.
    type Place: Copy;

    /// Looks up an organization code; `None` when records name none.
    fn place(&mut self, code: Option<&str>) -> Self::Place;

    /// So many enrollments of a place in a month, and the values of some measures by their position among those asked for.
    fn add(
        &mut self,
        place: Self::Place,
        month: MonthNumber,
        rows: i64,
        values: impl Iterator<Item = (usize, i64)>,
    );
}

/// How many enrollments of an organization fulfil each of some gap conditions.
#[derive(Debug)]
pub(super) struct GapCount {
    /// Organization code; `None` when the record names none.
    pub(super) place: Option<Arc<str>>,
    /// One count for each indicator of the group.
    pub(super) counts: Vec<(IndicatorIx, i64)>,
}
