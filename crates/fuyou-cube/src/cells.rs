//! The cells of an axis: for each organization and month the value of each measure, and how many rows there are.

use std::collections::HashMap;

use crate::cube::CubeError;
use crate::projection::Projection;

/// Groups whose cells lie together, measure by measure; also the unit of work of a scan.
pub(crate) const CHUNK: usize = 64;

/// An organization and a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Number of the organization code among the texts of the program; `None` when the row names none.
    pub place: Option<u32>,
    /// `year * 12 + month - 1`; 0 on an axis without dates.
    pub month: i32,
}

/// Values by group and measure. Groups that lost their last row stay, and count as absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    measures: usize,
    keys: Vec<Group>,
    places: HashMap<Group, u32>,
    rows: Vec<i64>,
    /// In chunks of groups: within a chunk one run of `CHUNK` values for each measure.
    values: Vec<i64>,
}

impl Cells {
    /// The groups of a projection with how many rows they have, and zero for every measure.
    pub(crate) fn new(measures: usize, projection: &Projection) -> Cells {
        let keys = projection.groups.clone();
        let places = (0u32..).zip(&keys).map(|(at, key)| (*key, at)).collect();
        let ends = projection.bounds.windows(2);
        Cells {
            measures,
            values: vec![0; keys.len().div_ceil(CHUNK) * CHUNK * measures],
            rows: ends.map(|ends| i64::from(ends[1] - ends[0])).collect(),
            keys,
            places,
        }
    }

    /// The values, one slice for each chunk of groups.
    pub(crate) fn chunks_mut(&mut self) -> impl Iterator<Item = &mut [i64]> {
        self.values.chunks_mut(CHUNK * self.measures.max(1))
    }

    fn at(&self, group: usize, measure: usize) -> usize {
        (group / CHUNK * self.measures + measure) * CHUNK + group % CHUNK
    }

    /// Adds one row to (`sign` 1) or takes it from (-1) its group.
    ///
    /// # Errors
    /// When a sum leaves 64 bits.
    pub(crate) fn add(&mut self, group: Group, adds: &[i64], sign: i64) -> Result<(), CubeError> {
        let at = match self.places.get(&group) {
            Some(at) => *at as usize,
            None => self.grow(group),
        };
        self.rows[at] += sign;
        for (measure, adds) in adds.iter().enumerate() {
            let cell = self.at(at, measure);
            let added = adds
                .checked_mul(sign)
                .and_then(|adds| self.values[cell].checked_add(adds));
            self.values[cell] = added.ok_or(CubeError::Overflow)?;
        }
        Ok(())
    }

    fn grow(&mut self, group: Group) -> usize {
        let at = self.keys.len();
        if at.is_multiple_of(CHUNK) {
            self.values
                .resize(self.values.len() + CHUNK * self.measures, 0);
        }
        self.keys.push(group);
        self.rows.push(0);
        let number = u32::try_from(at).expect("fewer groups than rows");
        self.places.insert(group, number);
        at
    }

    /// The groups that have rows: group, rows, and where its values are found.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (Group, i64, usize)> + '_ {
        let all = self.keys.iter().zip(&self.rows).enumerate();
        all.filter(|(_, (_, rows))| **rows != 0)
            .map(|(at, (key, rows))| (*key, *rows, at))
    }

    /// The value of a measure in a group.
    pub(crate) fn value(&self, group: usize, measure: usize) -> i64 {
        self.values[self.at(group, measure)]
    }

    /// Bytes of cells and groups.
    pub(crate) fn bytes(&self) -> usize {
        self.values.capacity() * 8 + self.rows.capacity() * 8 + self.keys.capacity() * 40
    }
}
