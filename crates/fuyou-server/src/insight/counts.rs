//! Counts by organization and month, as the store or memory tells them, and who takes them in.

use std::ops::RangeInclusive;

use fuyou_cube::Cube;

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

    /// Takes in the cells of an axis of the cube.
    fn add_axis(&mut self, axis: &AxisCells<'_, Self::Place>) {
        let AxisCells {
            cube, at, months, ..
        } = axis;
        cube.each_group(*at, months.clone(), |group, rows, value| {
            let place = match group.place {
                Some(number) => axis.places[number as usize],
                None => axis.without,
            };
            let Some(place) = place else { return };
            let values = axis.measures.iter();
            let values = values.map(|(position, measure)| (*position, value(*measure)));
            self.add(place, MonthNumber(group.month), rows, values);
        });
    }
}

/// Cells of measures that are dated and placed alike.
pub(super) struct AxisCells<'c, P> {
    /// The cube.
    pub(super) cube: &'c Cube,
    /// Program and axis.
    pub(super) at: (usize, usize),
    /// Which months.
    pub(super) months: RangeInclusive<i32>,
    /// By number of the text; `None` for codes that were not asked for.
    pub(super) places: &'c [Option<P>],
    /// The same for rows without a place.
    pub(super) without: Option<P>,
    /// Position among the measures asked for, and measure of the axis.
    pub(super) measures: &'c [(usize, usize)],
}
