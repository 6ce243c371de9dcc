//! The facts of a program as bytes, and facts out of such bytes. Cells are not among them: they are counted anew.
//!
//! Numbers are little-endian; what is counted stands behind its count. Whoever keeps the bytes sees to it that they are
//! those of the same columns.

use std::sync::Arc;

use fuyou_expr::CodeSet;

use crate::column::{Column, Data};
use crate::cube::Cube;
use crate::table::{Key, Table};

/// Bytes that are no facts of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no facts of this program")]
pub struct ImageError;

impl Cube {
    /// The facts of a program as bytes.
    pub fn image(&self, program: usize) -> Vec<u8> {
        let mut out = Vec::new();
        self.table(program).write(&mut out);
        out
    }

    /// Replaces the facts of a program by those in an image of it. Its cells are to be counted afterwards.
    ///
    /// # Errors
    /// When the bytes are cut short or do not fit the columns; nothing is replaced then.
    pub fn restore(&mut self, program: usize, image: &[u8]) -> Result<(), ImageError> {
        let table = Table::out_of(image, self.table(program))?;
        self.replace(program, table);
        Ok(())
    }
}

impl Table {
    fn write(&self, out: &mut Vec<u8>) {
        put(out, self.rows() as u64);
        for key in self.keys() {
            out.push(u8::from(key.is_some()));
            let key = key.unwrap_or(Key::from(0));
            out.extend_from_slice(&key.subject.to_le_bytes());
            out.extend_from_slice(&key.id.to_le_bytes());
        }
        put(out, self.texts().len() as u64);
        for text in self.texts() {
            put(out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        put(out, self.sets().len() as u64);
        for set in self.sets() {
            put(out, u64::from(set.len()));
            set.iter()
                .for_each(|code| out.extend_from_slice(&code.to_le_bytes()));
        }
        for column in self.columns() {
            column.write(out);
        }
    }

    /// A table like `like` with the facts of an image.
    fn out_of(image: &[u8], like: &Table) -> Result<Table, ImageError> {
        let mut image = Bytes(image);
        let rows = image.count(33)?;
        if u32::try_from(rows).is_err() {
            return Err(ImageError);
        }
        let mut keys = Vec::with_capacity(rows);
        for _ in 0..rows {
            let [is_taken] = image.array()?;
            let subject = u128::from_le_bytes(image.array()?);
            let id = u128::from_le_bytes(image.array()?);
            keys.push((is_taken == 1).then_some(Key { subject, id }));
        }
        let mut texts: Vec<Arc<str>> = Vec::new();
        for _ in 0..image.count(8)? {
            let length = image.count(1)?;
            let text = std::str::from_utf8(image.take(length)?).map_err(|_| ImageError)?;
            texts.push(Arc::from(text));
        }
        let mut sets: Vec<CodeSet> = Vec::new();
        for _ in 0..image.count(8)? {
            let count = image.count(2)?;
            let codes: Vec<u16> = image.numbers(count, u16::from_le_bytes)?;
            sets.push(codes.into_iter().collect());
        }
        let handles = (texts.len(), sets.len());
        let columns = like
            .columns()
            .map(|column| Column::read(column, rows, handles, &mut image))
            .collect::<Result<Vec<_>, _>>()?;
        if !image.0.is_empty() {
            return Err(ImageError);
        }
        like.filled(keys, columns, (texts, sets)).ok_or(ImageError)
    }
}

impl Column {
    fn write(&self, out: &mut Vec<u8>) {
        let (data, known) = self.parts();
        known
            .iter()
            .for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
        out.push(kind(data));
        match data {
            Data::Boolean(words) => words
                .iter()
                .for_each(|word| out.extend_from_slice(&word.to_le_bytes())),
            Data::I8(all) => all
                .iter()
                .for_each(|number| out.extend_from_slice(&number.to_le_bytes())),
            Data::I16(all) => all
                .iter()
                .for_each(|number| out.extend_from_slice(&number.to_le_bytes())),
            Data::I32(all) => all
                .iter()
                .for_each(|number| out.extend_from_slice(&number.to_le_bytes())),
            Data::I64(all) => all
                .iter()
                .for_each(|number| out.extend_from_slice(&number.to_le_bytes())),
            Data::Texts(all) | Data::Sets(all) => all
                .iter()
                .for_each(|number| out.extend_from_slice(&number.to_le_bytes())),
        }
    }

    /// A column of the class of `like`; its handles must be below the numbers of texts and sets.
    fn read(
        like: &Column,
        rows: usize,
        (texts, sets): (usize, usize),
        image: &mut Bytes<'_>,
    ) -> Result<Column, ImageError> {
        let words = rows.div_ceil(64);
        let known = image.numbers(words, u64::from_le_bytes)?;
        let [kind] = image.array::<1>()?;
        let data = match kind {
            0 => Data::Boolean(image.numbers(words, u64::from_le_bytes)?),
            1 => Data::I8(image.numbers(rows, i8::from_le_bytes)?),
            2 => Data::I16(image.numbers(rows, i16::from_le_bytes)?),
            3 => Data::I32(image.numbers(rows, i32::from_le_bytes)?),
            4 => Data::I64(image.numbers(rows, i64::from_le_bytes)?),
            5 => Data::Texts(image.numbers(rows, u32::from_le_bytes)?),
            6 => Data::Sets(image.numbers(rows, u32::from_le_bytes)?),
            _ => return Err(ImageError),
        };
        let is_number = |data: &Data| (1..=4).contains(&self::kind(data));
        let (of, to) = (&data, like.parts().0);
        let alike = self::kind(of) == self::kind(to) || is_number(of) && is_number(to);
        let column = Column::of(data, known, rows);
        let within = match column.parts().0 {
            Data::Texts(all) => column.handles_below(all, texts),
            Data::Sets(all) => column.handles_below(all, sets),
            _ => true,
        };
        if alike && within {
            Ok(column)
        } else {
            Err(ImageError)
        }
    }
}

fn kind(data: &Data) -> u8 {
    match data {
        Data::Boolean(_) => 0,
        Data::I8(_) => 1,
        Data::I16(_) => 2,
        Data::I32(_) => 3,
        Data::I64(_) => 4,
        Data::Texts(_) => 5,
        Data::Sets(_) => 6,
    }
}

fn put(out: &mut Vec<u8>, count: u64) {
    out.extend_from_slice(&count.to_le_bytes());
}

/// What of an image is left to read.
struct Bytes<'i>(&'i [u8]);

impl<'i> Bytes<'i> {
    fn take(&mut self, length: usize) -> Result<&'i [u8], ImageError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ImageError)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(ImageError)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// A count of things of at least so many bytes, which must still be there.
    fn count(&mut self, bytes_each: usize) -> Result<usize, ImageError> {
        let count = usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| ImageError)?;
        let fits = count
            .checked_mul(bytes_each)
            .is_some_and(|bytes| bytes <= self.0.len());
        if fits { Ok(count) } else { Err(ImageError) }
    }

    /// So many numbers of N bytes.
    fn numbers<const N: usize, T>(
        &mut self,
        count: usize,
        read: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, ImageError> {
        let bytes = self.take(count.checked_mul(N).ok_or(ImageError)?)?;
        Ok(bytes
            .as_chunks::<N>()
            .0
            .iter()
            .map(|chunk| read(*chunk))
            .collect())
    }
}
