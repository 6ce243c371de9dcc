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

/// Values in 8 bits as long as all fit, then in 16, 32 and 64: reading and writing them is most of what a scan of small
/// groups costs, and most of what the figures of many places take.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
}

/// Does the same with the values whatever their width.
macro_rules! of_any_width {
    ($values:expr, $all:ident => $does:expr) => {
        match $values {
            $crate::cells::Values::I8($all) => $does,
            $crate::cells::Values::I16($all) => $does,
            $crate::cells::Values::I32($all) => $does,
            $crate::cells::Values::I64($all) => $does,
        }
    };
}
pub(crate) use of_any_width;

impl Default for Values {
    fn default() -> Self {
        Values::I8(Vec::new())
    }
}

impl Values {
    /// So many zeros, as narrow as the greatest count allows.
    fn zeros(length: usize, count_max: u32) -> Values {
        if i8::try_from(count_max).is_ok() {
            Values::I8(vec![0; length])
        } else if i16::try_from(count_max).is_ok() {
            Values::I16(vec![0; length])
        } else if i32::try_from(count_max).is_ok() {
            Values::I32(vec![0; length])
        } else {
            Values::I64(vec![0; length])
        }
    }

    /// The same in the next width; `None` beyond the last.
    fn wider(&self) -> Option<Values> {
        Some(match self {
            Values::I8(all) => Values::I16(all.iter().map(|value| i16::from(*value)).collect()),
            Values::I16(all) => Values::I32(all.iter().map(|value| i32::from(*value)).collect()),
            Values::I32(all) => Values::I64(all.iter().map(|value| i64::from(*value)).collect()),
            Values::I64(_) => return None,
        })
    }

    /// Adds to a value unless the sum does not fit.
    fn add(&mut self, at: usize, adds: i64) -> bool {
        of_any_width!(self, all => {
            let (sum, overflows) = all[at].plus(adds);
            if !overflows {
                all[at] = sum;
            }
            !overflows
        })
    }

    fn bytes(&self) -> usize {
        of_any_width!(self, all => all.capacity() * all.first().map_or(1, size_of_val))
    }
}

/// A value in some width.
pub(crate) trait Cell: Copy + Default + Send {
    /// The value.
    fn number(self) -> i64;

    /// The sum, and whether it does not fit.
    fn plus(self, adds: i64) -> (Self, bool);

    /// The sum of numbers of less than 31 bits, and whether it does not fit.
    fn plus_few(self, adds: i32) -> (Self, bool);

    /// A count that is known to fit.
    fn of_count(count: u32) -> Self;
}

macro_rules! cell {
    ($($width:ty)*) => {$(
        impl Cell for $width {
            #[inline(always)]
            fn number(self) -> i64 {
                self as i64
            }

            #[inline(always)]
            fn plus(self, adds: i64) -> (Self, bool) {
                let (sum, overflows) = self.number().overflowing_add(adds);
                let narrow = sum as $width;
                (narrow, overflows || narrow.number() != sum)
            }

            #[inline(always)]
            fn plus_few(self, adds: i32) -> (Self, bool) {
                self.plus(i64::from(adds))
            }

            #[inline(always)]
            fn of_count(count: u32) -> Self {
                count as $width
            }
        }
    )*};
}

cell!(i8 i16 i32 i64);

impl Cells {
    /// The groups of a projection with how many rows they have, and zero for every measure.
    pub(crate) fn new(measures: usize, projection: &Projection) -> Cells {
        let keys = projection.groups.clone();
        let places = (0u32..).zip(&keys).map(|(at, key)| (*key, at)).collect();
        let ends = projection.bounds.windows(2);
        Cells {
            measures,
            values: Values::zeros(
                keys.len().div_ceil(CHUNK) * CHUNK * measures,
                count_max(projection),
            ),
            rows: ends.map(|ends| i64::from(ends[1] - ends[0])).collect(),
            keys,
            places,
        }
    }

    /// Bytes that the cells of a projection take, unless a sum needs more room than a count.
    pub(crate) fn bytes_of(measures: usize, projection: &Projection) -> usize {
        let width = Values::zeros(1, count_max(projection)).bytes();
        let groups = projection.groups.len();
        groups.div_ceil(CHUNK) * CHUNK * measures * width + groups * 48
    }

    /// The values, to be written.
    pub(crate) fn values_mut(&mut self) -> &mut Values {
        &mut self.values
    }

    /// How many values a chunk of groups has.
    pub(crate) fn chunk_length(&self) -> usize {
        CHUNK * self.measures.max(1)
    }

    /// Has the next width from now on; false when there is none.
    pub(crate) fn widen(&mut self) -> bool {
        let wider = self.values.wider();
        let is_there = wider.is_some();
        self.values = wider.unwrap_or(std::mem::take(&mut self.values));
        is_there
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
            while !self.values.add(cell, adds) {
                if !self.widen() {
                    return Err(CubeError::Overflow);
                }
            }
        }
        Ok(())
    }

    fn grow(&mut self, group: Group) -> usize {
        let at = self.keys.len();
        if at.is_multiple_of(CHUNK) {
            let more = CHUNK * self.measures;
            of_any_width!(&mut self.values, all => all.resize(all.len() + more, 0));
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
        of_any_width!(&self.values, all => all[at].number())
    }

    /// Bytes of cells and groups.
    pub(crate) fn bytes(&self) -> usize {
        self.values.bytes() + self.rows.capacity() * 8 + self.keys.capacity() * 40
    }
}

/// The rows of the largest group.
fn count_max(projection: &Projection) -> u32 {
    let ends = projection.bounds.windows(2);
    ends.map(|ends| ends[1] - ends[0]).max().unwrap_or(0)
}
