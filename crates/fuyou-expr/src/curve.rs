//! Reference curves: tables that say how a measured value stands among others of the same stratum, such as weight among
//! children of one age and sex. The tables are data of a pack; nothing here knows what is measured.
//!
//! Two kinds of tables exist. An `lms` table gives for each x the power L, the median M and the coefficient of variation S
//! of Cole's LMS method; only a z-score comes from it, computed in floating point and rounded to two decimals at once, so
//! that everything after it is exact again. An `sd` table prints the values at −3 to +3 standard deviations; comparing with
//! them is exact.

use std::collections::HashMap;
use std::sync::Arc;

use crate::types::ValueSet;

/// Decimals in which `x`, measured values and printed values are held.
pub const CURVE_SCALE: u8 = 6;
/// One in units of the last decimal of [`CURVE_SCALE`].
const ONE: f64 = 1_000_000.0;
/// Decimals of a z-score.
pub const Z_SCALE: u8 = 2;
/// The greatest z-score, in its last decimal: a table says nothing sensible about what is farther out.
pub const Z_MAX: i64 = 9_999;
/// The standard deviations that an `sd` table prints, from the first column to the last.
pub const SD_COLUMNS: [i64; 7] = [-3, -2, -1, 0, 1, 2, 3];
/// The class of a value below the first column.
pub const BAND_MIN: i64 = -4;
/// The class of a value at or above the last column.
pub const BAND_MAX: i64 = 3;

/// How a table is read at an x between two of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reading {
    /// The row whose x is nearest; of two equally near the later.
    Nearest,
    /// Each column goes straight from row to row.
    Linear,
    /// The last row that x has reached.
    Completed,
}

/// What becomes of z-scores beyond ±3 from an `lms` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tail {
    /// They stay as the formula gives them.
    Plain,
    /// Beyond ±3 one unit is as far as from 2 to 3 standard deviations (WHO Child Growth Standards, Methods and
    /// development, 2006, chapter 7: weight-based indicators).
    Adjusted,
}

/// One row of an `lms` table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LmsRow {
    /// Where on the x axis, in units of the last of [`CURVE_SCALE`] decimals.
    pub x: i64,
    /// Box-Cox power.
    pub l: f64,
    /// Median; above 0.
    pub m: f64,
    /// Coefficient of variation; above 0.
    pub s: f64,
}

/// One row of an `sd` table; all numbers in units of the last of [`CURVE_SCALE`] decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdRow {
    /// Where on the x axis.
    pub x: i64,
    /// The values at [`SD_COLUMNS`], never falling.
    pub at: [i64; 7],
}

/// The tables of a curve, one per code of its strata; a code without rows has no curve.
#[derive(Clone, Debug, PartialEq)]
pub enum Tables {
    /// L, M and S.
    Lms(Vec<Vec<LmsRow>>, Tail),
    /// Printed standard deviations.
    Sd(Vec<Vec<SdRow>>),
}

/// A reference curve.
#[derive(Debug, PartialEq)]
pub struct Curve {
    id: Arc<str>,
    strata: Arc<ValueSet>,
    reading: Reading,
    extended_to: Option<i64>,
    tables: Tables,
}

/// A curve that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurveError {
    /// x does not rise within a stratum.
    #[error("the rows of stratum {0} are not in rising order of x")]
    Order(String),
    /// A median or coefficient that is not above zero, or columns that fall.
    #[error("a row of stratum {0} cannot be: M and S are above 0, and SD columns never fall")]
    Row(String),
    /// Nothing to continue: at least two rows, read linearly.
    #[error("only a curve that is read linearly and has two rows per stratum can be extended")]
    Extension,
}

impl Curve {
    /// A curve. `extended_to` continues the last two rows on a straight line up to, and without, that x.
    ///
    /// # Errors
    /// When rows do not rise, a row is impossible, or there is nothing to extend.
    pub fn new(
        id: impl Into<Arc<str>>,
        strata: Arc<ValueSet>,
        reading: Reading,
        extended_to: Option<i64>,
        tables: Tables,
    ) -> Result<Arc<Curve>, CurveError> {
        let name = |code: usize| strata.codes()[code].to_string();
        let mut shortest = usize::MAX;
        match &tables {
            Tables::Lms(all, _) => {
                for (code, rows) in all.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
                    rises(rows.iter().map(|row| row.x))
                        .ok_or_else(|| CurveError::Order(name(code)))?;
                    let good = |row: &LmsRow| row.m > 0.0 && row.s > 0.0 && row.l.is_finite();
                    if !rows.iter().all(good) {
                        return Err(CurveError::Row(name(code)));
                    }
                    shortest = shortest.min(rows.len());
                }
            }
            Tables::Sd(all) => {
                for (code, rows) in all.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
                    rises(rows.iter().map(|row| row.x))
                        .ok_or_else(|| CurveError::Order(name(code)))?;
                    if !rows.iter().all(|row| row.at.is_sorted()) {
                        return Err(CurveError::Row(name(code)));
                    }
                    shortest = shortest.min(rows.len());
                }
            }
        }
        if extended_to.is_some() && (reading != Reading::Linear || shortest < 2) {
            return Err(CurveError::Extension);
        }
        Ok(Arc::new(Curve {
            id: id.into(),
            strata,
            reading,
            extended_to,
            tables,
        }))
    }

    /// Its id.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The value set whose codes are its strata.
    pub fn strata(&self) -> &Arc<ValueSet> {
        &self.strata
    }

    /// The tables it is made of.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The z-score of `y` at `x` in units of its last decimal ([`Z_SCALE`]), rounded half away from zero; `None` where the
    /// curve says nothing. Of an `sd` curve it goes straight from column to column, and what lies beyond the outermost
    /// column is one hundredth beyond it: the table tells no more.
    pub fn z(&self, stratum: u16, x: i64, y: i64) -> Option<i64> {
        match &self.tables {
            Tables::Lms(tables, tail) => {
                let rows = tables.get(usize::from(stratum))?;
                let place = self.place(rows, |row| row.x, x)?;
                let z = lms_score(&lms_at(rows, place, x), y as f64 / ONE, *tail)?;
                let hundredths = (z * 100.0).round();
                (hundredths.abs() <= Z_MAX as f64).then_some(hundredths as i64)
            }
            Tables::Sd(tables) => {
                let rows = tables.get(usize::from(stratum))?;
                let place = self.place(rows, |row| row.x, x)?;
                Some(sd_score(&sd_at(rows, place, x), y))
            }
        }
    }

    /// The class of `y` at `x` by the columns of an `sd` curve: the greatest k of −3 to 3 such that `y` has reached the
    /// value at k standard deviations, and [`BAND_MIN`] below them all. Lower bounds are included, upper ones are not.
    pub fn band(&self, stratum: u16, x: i64, y: i64) -> Option<i64> {
        let Tables::Sd(tables) = &self.tables else {
            return None;
        };
        let rows = tables.get(usize::from(stratum))?;
        let limits = sd_at(rows, self.place(rows, |row| row.x, x)?, x);
        Some(
            limits
                .reached(y)
                .map_or(BAND_MIN, |column| SD_COLUMNS[column]),
        )
    }

    /// The value at `z` standard deviations at `x`, for drawing a curve and for making up values: in floating point, and
    /// in the unit of the table. Of an `sd` curve it goes straight from column to column and on beyond the outermost
    /// ones; of an `lms` curve beyond ±3 as far as from 2 to 3.
    pub fn value_at(&self, stratum: u16, x: i64, z: f64) -> Option<f64> {
        match &self.tables {
            Tables::Lms(tables, _) => {
                let rows = tables.get(usize::from(stratum))?;
                let row = lms_at(rows, self.place(rows, |row| row.x, x)?, x);
                let (side, beyond) = (z.signum(), z.abs() - 3.0);
                if beyond <= 0.0 {
                    return lms_value(&row, z);
                }
                let (two, three) = (lms_value(&row, 2.0 * side)?, lms_value(&row, 3.0 * side)?);
                Some(three + (three - two) * beyond)
            }
            Tables::Sd(tables) => {
                let rows = tables.get(usize::from(stratum))?;
                let limits = sd_at(rows, self.place(rows, |row| row.x, x)?, x);
                let at = |column: usize| limits.at[column] as f64 / limits.over as f64 / ONE;
                let low = (z.floor().clamp(-3.0, 2.0) + 3.0) as usize;
                let from = at(low);
                Some(from + (at(low + 1) - from) * (z - (low as f64 - 3.0)))
            }
        }
    }

    /// The least and the greatest x of a stratum; `None` without rows.
    pub fn reach(&self, stratum: u16) -> Option<(i64, i64)> {
        let stratum = usize::from(stratum);
        let (first, last) = match &self.tables {
            Tables::Lms(tables, _) => {
                let rows = tables.get(stratum)?;
                (rows.first()?.x, rows.last()?.x)
            }
            Tables::Sd(tables) => {
                let rows = tables.get(stratum)?;
                (rows.first()?.x, rows.last()?.x)
            }
        };
        Some((first, last))
    }

    /// Between which rows x lies, by the curve's reading; `None` outside the table.
    fn place<R>(&self, rows: &[R], of: impl Fn(&R) -> i64, x: i64) -> Option<Place> {
        let last = rows.len().checked_sub(1)?;
        if x < of(&rows[0]) {
            return None;
        }
        let reached = rows.partition_point(|row| of(row) <= x) - 1;
        if of(&rows[reached]) == x {
            return Some(Place::On(reached));
        }
        if reached == last {
            return match self.extended_to {
                Some(end) if x < end => Some(Place::Between(last.checked_sub(1)?, last)),
                _ => None,
            };
        }
        Some(match self.reading {
            Reading::Linear => Place::Between(reached, reached + 1),
            Reading::Completed => Place::On(reached),
            Reading::Nearest => {
                let (before, after) = (x - of(&rows[reached]), of(&rows[reached + 1]) - x);
                Place::On(if before < after { reached } else { reached + 1 })
            }
        })
    }
}

fn rises(mut all: impl Iterator<Item = i64>) -> Option<()> {
    let mut before = all.next()?;
    for x in all {
        if x <= before {
            return None;
        }
        before = x;
    }
    Some(())
}

/// Where a table is read.
#[derive(Clone, Copy)]
enum Place {
    /// At a row.
    On(usize),
    /// On the line through two rows.
    Between(usize, usize),
}

fn lms_at(rows: &[LmsRow], place: Place, x: i64) -> LmsRow {
    match place {
        Place::On(row) => rows[row],
        Place::Between(a, b) => {
            let (a, b) = (rows[a], rows[b]);
            let part = (x - a.x) as f64 / (b.x - a.x) as f64;
            let between = |a: f64, b: f64| a + (b - a) * part;
            LmsRow {
                x,
                l: between(a.l, b.l),
                m: between(a.m, b.m),
                s: between(a.s, b.s),
            }
        }
    }
}

/// Below this L is zero: the tables print at most four decimals.
const L_ZERO: f64 = 1e-9;

/// The z-score of `y` by the LMS method.
fn lms_score(row: &LmsRow, y: f64, tail: Tail) -> Option<f64> {
    if y <= 0.0 {
        return None;
    }
    let LmsRow { l, m, s, .. } = *row;
    let z = if l.abs() < L_ZERO {
        libm::log(y / m) / s
    } else if l == 1.0 {
        // Symmetric curves need no power, and ties fall where the decimals say.
        (y - m) / (m * s)
    } else {
        // As ((y/m)^l - 1) / (l s), without losing digits when l is small.
        libm::expm1(l * libm::log(y / m)) / (l * s)
    };
    if tail == Tail::Plain || z.abs() <= 3.0 {
        return Some(z);
    }
    let side = z.signum();
    let (two, three) = (lms_value(row, 2.0 * side)?, lms_value(row, 3.0 * side)?);
    Some(side * (3.0 + (y - three) / (three - two)))
}

/// The value at k standard deviations.
fn lms_value(row: &LmsRow, k: f64) -> Option<f64> {
    let LmsRow { l, m, s, .. } = *row;
    if l.abs() < L_ZERO {
        return Some(m * libm::exp(s * k));
    }
    let base = 1.0 + l * s * k;
    (base > 0.0).then(|| m * libm::pow(base, 1.0 / l))
}

/// The seven limits at one x as fractions of one denominator, so that comparing with them is exact.
struct Limits {
    over: i128,
    at: [i128; 7],
}

fn sd_at(rows: &[SdRow], place: Place, x: i64) -> Limits {
    match place {
        Place::On(row) => Limits {
            over: 1,
            at: rows[row].at.map(i128::from),
        },
        Place::Between(a, b) => {
            let (a, b) = (&rows[a], &rows[b]);
            let wide = |number: i64| i128::from(number);
            let over = wide(b.x) - wide(a.x);
            let (from_a, to_b) = (wide(x) - wide(a.x), wide(b.x) - wide(x));
            let mut at = [0; 7];
            for (column, value) in at.iter_mut().enumerate() {
                *value = wide(a.at[column]) * to_b + wide(b.at[column]) * from_a;
            }
            Limits { over, at }
        }
    }
}

impl Limits {
    /// The last column that `y` has reached.
    fn reached(&self, y: i64) -> Option<usize> {
        let y = i128::from(y) * self.over;
        self.at.iter().rposition(|limit| y >= *limit)
    }
}

fn sd_score(limits: &Limits, y: i64) -> i64 {
    let outermost = SD_COLUMNS.map(|sd| sd * 100);
    let Some(column) = limits.reached(y) else {
        return outermost[0] - 1;
    };
    let y = i128::from(y) * limits.over;
    let (low, Some(high)) = (limits.at[column], limits.at.get(column + 1)) else {
        let beyond = i64::from(y > limits.at[column]);
        return outermost[column] + beyond;
    };
    // Reached this column but not the next: they differ.
    let width = high - low;
    let hundredths = i128::from(outermost[column]) * width + 100 * (y - low);
    i64::try_from(crate::row::half_away(hundredths, width)).unwrap_or(outermost[column])
}

/// The curves that a scope knows, by id.
#[derive(Clone, Debug, Default)]
pub struct Curves(HashMap<Arc<str>, Arc<Curve>>);

impl Curves {
    /// Adds a curve; `false` when its id is taken.
    pub fn add(&mut self, curve: Arc<Curve>) -> bool {
        let id = Arc::clone(curve.id());
        if self.0.contains_key(&id) {
            return false;
        }
        self.0.insert(id, curve);
        true
    }

    /// The curve with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Curve>> {
        self.0.get(id)
    }

    /// The ids, in no order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|id| &**id)
    }
}

/// A curve in a typed tree; two are equal when they are the same curve, so that trees compare quickly.
#[derive(Clone, Debug)]
pub struct CurveRef(pub Arc<Curve>);

impl PartialEq for CurveRef {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
