//! Columns as a plan reads them: borrowed from whoever stores them.

use std::sync::Arc;

use crate::value::CodeSet;

/// Numbers, dates (day numbers) or codes (places in their value set), in a width that holds them all.
/// Where the value is unknown stands anything.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'c> {
    /// -128 to 127.
    I8(&'c [i8]),
    /// -32,768 to 32,767.
    I16(&'c [i16]),
    /// 32 bits.
    I32(&'c [i32]),
    /// 64 bits.
    I64(&'c [i64]),
}

impl<'c> Numbers<'c> {
    /// The numbers of some rows.
    pub fn rows(self, first: usize, rows: usize) -> Numbers<'c> {
        let range = first..first + rows;
        match self {
            Numbers::I8(all) => Numbers::I8(&all[range]),
            Numbers::I16(all) => Numbers::I16(&all[range]),
            Numbers::I32(all) => Numbers::I32(&all[range]),
            Numbers::I64(all) => Numbers::I64(&all[range]),
        }
    }

    /// The number of one row.
    pub fn at(self, row: usize) -> i64 {
        match self {
            Numbers::I8(all) => i64::from(all[row]),
            Numbers::I16(all) => i64::from(all[row]),
            Numbers::I32(all) => i64::from(all[row]),
            Numbers::I64(all) => all[row],
        }
    }
}

/// The values of a column, by the class of its type.
#[derive(Clone, Copy, Debug)]
pub enum Values<'c> {
    /// One bit a row, 64 rows a word, the first row in the lowest bit; no bit where the value is unknown.
    Boolean(&'c [u64]),
    /// Numbers, dates and codes.
    Numbers(Numbers<'c>),
    /// Places in [`Batch::texts`].
    Texts(&'c [u32]),
    /// Places in [`Batch::sets`].
    Sets(&'c [u32]),
}

/// One column.
#[derive(Clone, Copy, Debug)]
pub struct ColumnView<'c> {
    /// Its values. May be empty when the plan asks only whether they are known ([`super::ColumnUse::values`]).
    pub values: Values<'c>,
    /// Where they are known, one bit a row; `None`: everywhere.
    pub known: Option<&'c [u64]>,
}

/// The rows that a plan is run over: at most [`super::BLOCK`] of the rows of some columns.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'c> {
    /// The columns in the order of [`super::Plan::columns`].
    pub columns: &'c [ColumnView<'c>],
    /// The texts that text columns number.
    pub texts: &'c [Arc<str>],
    /// The sets of codes that columns of such sets number.
    pub sets: &'c [CodeSet],
    /// The first row, a multiple of 64.
    pub first: usize,
    /// How many rows.
    pub rows: usize,
}
