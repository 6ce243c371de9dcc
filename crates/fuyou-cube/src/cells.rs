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
    values: Values,
}

/// Values in 32 bits as long as all fit: reading and writing them is most of what a scan of small groups costs.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
}

impl Default for Values {
    fn default() -> Self {
        Values::Narrow(Vec::new())
    }
}

/// A value in some width.
pub(crate) trait Cell: Copy + Default + Send {
    /// The sum, and whether it does not fit.
    fn plus(self, adds: i64) -> (Self, bool);

    /// The sum where it is known to fit.
    fn plus_few(self, adds: i32) -> Self;
}

impl Cell for i32 {
    #[inline(always)]
    fn plus(self, adds: i64) -> (Self, bool) {
        let (sum, overflows) = i64::from(self).overflowing_add(adds);
        let narrow = sum as i32;
        (narrow, overflows || i64::from(narrow) != sum)
    }

    #[inline(always)]
    fn plus_few(self, adds: i32) -> Self {
        self.wrapping_add(adds)
    }
}

impl Cell for i64 {
    #[inline(always)]
    fn plus(self, adds: i64) -> (Self, bool) {
        self.overflowing_add(adds)
    }

    #[inline(always)]
    fn plus_few(self, adds: i32) -> Self {
        self.wrapping_add(i64::from(adds))
    }
}

impl Cells {
    /// The groups of a projection with how many rows they have, and zero for every measure.
    pub(crate) fn new(measures: usize, projection: &Projection) -> Cells {
        let keys = projection.groups.clone();
        let places = (0u32..).zip(&keys).map(|(at, key)| (*key, at)).collect();
        let ends = projection.bounds.windows(2);
        Cells {
            measures,
            values: Values::Narrow(vec![0; keys.len().div_ceil(CHUNK) * CHUNK * measures]),
            rows: ends.map(|ends| i64::from(ends[1] - ends[0])).collect(),
            keys,
            places,
        }
    }

    /// Bytes that the cells of a projection will take.
    pub(crate) fn bytes_of(measures: usize, projection: &Projection) -> usize {
        let groups = projection.groups.len();
        groups.div_ceil(CHUNK) * CHUNK * measures * 4 + groups * 48
    }

    /// The values, to be written.
    pub(crate) fn values_mut(&mut self) -> &mut Values {
        &mut self.values
    }

    /// How many values a chunk of groups has.
    pub(crate) fn chunk_length(&self) -> usize {
        CHUNK * self.measures.max(1)
    }

    /// Has 64 bits for each value from now on.
    pub(crate) fn widen(&mut self) {
        if let Values::Narrow(all) = &self.values {
            self.values = Values::Wide(all.iter().map(|value| i64::from(*value)).collect());
        }
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
            let adds = adds.checked_mul(sign).ok_or(CubeError::Overflow)?;
            if let Values::Narrow(all) = &mut self.values {
                let (sum, overflows) = all[cell].plus(adds);
                if !overflows {
                    all[cell] = sum;
                    continue;
                }
                self.widen();
            }
            if let Values::Wide(all) = &mut self.values {
                all[cell] = all[cell].checked_add(adds).ok_or(CubeError::Overflow)?;
            }
        }
        Ok(())
    }

    fn grow(&mut self, group: Group) -> usize {
        let at = self.keys.len();
        if at.is_multiple_of(CHUNK) {
            let more = CHUNK * self.measures;
            match &mut self.values {
                Values::Narrow(all) => all.resize(all.len() + more, 0),
                Values::Wide(all) => all.resize(all.len() + more, 0),
            }
        }
        self.keys.push(group);
        self.rows.push(0);
        let number = u32::try_from(at).expect("fewer groups than rows");
        self.places.insert(group, number);
        at
    }

    /// How many chunks of groups there are.
    pub(crate) fn chunk_count(&self) -> usize {
        self.keys.len().div_ceil(CHUNK)
    }

    /// All groups with their rows, a chunk at a time.
    pub(crate) fn chunks(
        &self,
    ) -> impl Iterator<Item = impl Iterator<Item = (Group, i64)> + '_> + '_ {
        let all = self.keys.chunks(CHUNK).zip(self.rows.chunks(CHUNK));
        all.map(|(keys, rows)| keys.iter().copied().zip(rows.iter().copied()))
    }

    /// Where the values of a measure begin in a chunk.
    pub(crate) fn run(&self, chunk: usize, measure: usize) -> usize {
        (chunk * self.measures + measure) * CHUNK
    }

    /// The values.
    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    /// The groups that have rows: group, rows, and where its values are found.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (Group, i64, usize)> + '_ {
        let all = self.keys.iter().zip(&self.rows).enumerate();
        all.filter(|(_, (_, rows))| **rows != 0)
            .map(|(at, (key, rows))| (*key, *rows, at))
    }

    /// The value of a measure in a group.
    pub(crate) fn value(&self, group: usize, measure: usize) -> i64 {
        let at = self.at(group, measure);
        match &self.values {
            Values::Narrow(all) => i64::from(all[at]),
            Values::Wide(all) => all[at],
        }
    }

    /// Bytes of cells and groups.
    pub(crate) fn bytes(&self) -> usize {
        let values = match &self.values {
            Values::Narrow(all) => all.capacity() * 4,
            Values::Wide(all) => all.capacity() * 8,
        };
        values + self.rows.capacity() * 8 + self.keys.capacity() * 40
    }
}
