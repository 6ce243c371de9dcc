//! One column, in the narrowest width that its values fit.

use fuyou_expr::Type;
use fuyou_expr::columns::{ColumnUse, ColumnView, Numbers, Values};

/// A value as a column holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Datum {
    Boolean(bool),
    /// Numbers, dates, codes.
    Number(i64),
    /// A text or a set of codes, by number.
    Handle(u32),
}

/// A column of a table or of a projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    data: Data,
    known: Vec<u64>,
    /// Rows where nothing is known.
    unknown: usize,
    rows: usize,
}

/// The values of a column; anything where nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    Boolean(Vec<u64>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    Texts(Vec<u32>),
    Sets(Vec<u32>),
}

impl Column {
    /// An empty column for values of a type.
    pub(crate) fn new(ty: &Type) -> Column {
        let data = match ty {
            Type::Boolean => Data::Boolean(Vec::new()),
            Type::Integer | Type::Decimal(_) | Type::Date | Type::Code(_) => Data::I8(Vec::new()),
            Type::Text => Data::Texts(Vec::new()),
            Type::Codes(_) => Data::Sets(Vec::new()),
        };
        Column {
            data,
            known: Vec::new(),
            unknown: 0,
            rows: 0,
        }
    }

    /// A column of these values.
    pub(crate) fn of(data: Data, known: Vec<u64>, rows: usize) -> Column {
        let ones: usize = known.iter().map(|word| word.count_ones() as usize).sum();
        Column {
            data,
            known,
            unknown: rows.saturating_sub(ones),
            rows,
        }
    }

    /// Values, and where they are known.
    pub(crate) fn parts(&self) -> (&Data, &[u64]) {
        (&self.data, &self.known)
    }

    /// Whether all numbers that stand where something is known are below a bound.
    pub(crate) fn handles_below(&self, all: &[u32], bound: usize) -> bool {
        let known = |row: usize| self.is_known(row);
        let mut numbers = all.iter().enumerate();
        numbers.all(|(row, number)| !known(row) || (*number as usize) < bound)
    }

    /// Adds a row where nothing is known.
    pub(crate) fn push(&mut self) {
        if self.rows.is_multiple_of(64) {
            self.known.push(0);
            if let Data::Boolean(words) = &mut self.data {
                words.push(0);
            }
        }
        match &mut self.data {
            Data::Boolean(_) => {}
            Data::I8(all) => all.push(0),
            Data::I16(all) => all.push(0),
            Data::I32(all) => all.push(0),
            Data::I64(all) => all.push(0),
            Data::Texts(all) | Data::Sets(all) => all.push(0),
        }
        self.rows += 1;
        self.unknown += 1;
    }

    fn is_known(&self, row: usize) -> bool {
        self.known[row / 64] >> (row % 64) & 1 == 1
    }

    /// Replaces a value; `None` is `NULL`.
    pub(crate) fn set(&mut self, row: usize, datum: Option<Datum>) {
        let (word, bit) = (row / 64, 1u64 << (row % 64));
        match (self.is_known(row), datum.is_some()) {
            (true, false) => self.unknown += 1,
            (false, true) => self.unknown -= 1,
            _ => {}
        }
        self.known[word] = self.known[word] & !bit | if datum.is_some() { bit } else { 0 };
        match (&mut self.data, datum) {
            (Data::Boolean(words), datum) => {
                let truth = datum == Some(Datum::Boolean(true));
                words[word] = words[word] & !bit | if truth { bit } else { 0 };
            }
            (Data::Texts(all) | Data::Sets(all), datum) => {
                all[row] = match datum {
                    Some(Datum::Handle(number)) => number,
                    _ => 0,
                };
            }
            (_, Some(Datum::Number(number))) => self.set_number(row, number),
            (_, _) => self.set_number(row, 0),
        }
    }

    /// Stores a number, after widening the column when it does not fit.
    fn set_number(&mut self, row: usize, number: i64) {
        loop {
            let stored = match &mut self.data {
                Data::I8(all) => i8::try_from(number).map(|number| all[row] = number).is_ok(),
                Data::I16(all) => i16::try_from(number)
                    .map(|number| all[row] = number)
                    .is_ok(),
                Data::I32(all) => i32::try_from(number)
                    .map(|number| all[row] = number)
                    .is_ok(),
                Data::I64(all) => {
                    all[row] = number;
                    true
                }
                Data::Boolean(_) | Data::Texts(_) | Data::Sets(_) => true,
            };
            if stored {
                return;
            }
            self.data = match &self.data {
                Data::I8(all) => Data::I16(all.iter().map(|n| i16::from(*n)).collect()),
                Data::I16(all) => Data::I32(all.iter().map(|n| i32::from(*n)).collect()),
                Data::I32(all) => Data::I64(all.iter().map(|n| i64::from(*n)).collect()),
                other => other.clone(),
            };
        }
    }

    /// The value of a row.
    pub(crate) fn get(&self, row: usize) -> Option<Datum> {
        if !self.is_known(row) {
            return None;
        }
        Some(match &self.data {
            Data::Boolean(words) => Datum::Boolean(words[row / 64] >> (row % 64) & 1 == 1),
            Data::I8(all) => Datum::Number(i64::from(all[row])),
            Data::I16(all) => Datum::Number(i64::from(all[row])),
            Data::I32(all) => Datum::Number(i64::from(all[row])),
            Data::I64(all) => Datum::Number(all[row]),
            Data::Texts(all) | Data::Sets(all) => Datum::Handle(all[row]),
        })
    }

    /// These rows in this order; only the parts that are used.
    pub(crate) fn gather(&self, order: &[u32], used: ColumnUse) -> Column {
        let known = if self.unknown == 0 || !used.known {
            Vec::new()
        } else {
            gather_bits(&self.known, order)
        };
        let ones: usize = known.iter().map(|word| word.count_ones() as usize).sum();
        let unknown = if known.is_empty() {
            0
        } else {
            order.len() - ones
        };
        let order = if used.values { order } else { &[] };
        let data = match &self.data {
            Data::Boolean(words) => Data::Boolean(gather_bits(words, order)),
            Data::I8(all) => Data::I8(gather(all, order)),
            Data::I16(all) => Data::I16(gather(all, order)),
            Data::I32(all) => Data::I32(gather(all, order)),
            Data::I64(all) => Data::I64(gather(all, order)),
            Data::Texts(all) => Data::Texts(gather(all, order)),
            Data::Sets(all) => Data::Sets(gather(all, order)),
        };
        Column {
            data,
            known,
            unknown,
            rows: order.len(),
        }
    }

    /// As a plan reads it.
    pub(crate) fn view(&self) -> ColumnView<'_> {
        ColumnView {
            values: match &self.data {
                Data::Boolean(words) => Values::Boolean(words),
                Data::I8(all) => Values::Numbers(Numbers::I8(all)),
                Data::I16(all) => Values::Numbers(Numbers::I16(all)),
                Data::I32(all) => Values::Numbers(Numbers::I32(all)),
                Data::I64(all) => Values::Numbers(Numbers::I64(all)),
                Data::Texts(all) => Values::Texts(all),
                Data::Sets(all) => Values::Sets(all),
            },
            known: (self.unknown > 0).then_some(&self.known),
        }
    }

    /// Bytes of its values, without spare room.
    pub(crate) fn bytes(&self) -> usize {
        let values = match &self.data {
            Data::Boolean(words) => words.len() * 8,
            Data::I8(all) => all.len(),
            Data::I16(all) => all.len() * 2,
            Data::I32(all) => all.len() * 4,
            Data::I64(all) => all.len() * 8,
            Data::Texts(all) | Data::Sets(all) => all.len() * 4,
        };
        values + self.known.len() * 8
    }
}

fn gather<T: Copy>(all: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|row| all[*row as usize]).collect()
}

fn gather_bits(words: &[u64], order: &[u32]) -> Vec<u64> {
    let bit = |row: u32| words[row as usize / 64] >> (row % 64) & 1;
    let word = |rows: &[u32]| {
        rows.iter()
            .enumerate()
            .fold(0, |word, (at, row)| word | bit(*row) << at)
    };
    order.chunks(64).map(word).collect()
}
