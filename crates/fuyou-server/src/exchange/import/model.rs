//! The words of bulk import.

use std::path::Path;

/// What is imported.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The file.
    pub file: &'a Path,
    /// What is in it.
    pub format: Format,
    /// Where refused lines go, as CSV: line number, reason in Chinese, reason in English, the line.
    pub rejected: &'a Path,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// Records of one form with a header line; UTF-8 with or without BOM, or GBK.
    Csv {
        /// The program's id.
        program: String,
        /// The form's id.
        form: String,
    },
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that are stored for good.
    pub bytes_done: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Encounters stored.
    pub encounters: u64,
    /// Lines refused.
    pub rejected: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Lines read, those of earlier runs of the same file too.
    pub lines: u64,
    /// Persons stored.
    pub persons: u64,
    /// Enrollments stored.
    pub enrollments: u64,
    /// Encounters stored.
    pub encounters: u64,
    /// Referrals stored.
    pub referrals: u64,
    /// Tasks marked done.
    pub completions: u64,
    /// Lines whose content was stored before.
    pub repeated: u64,
    /// Lines refused.
    pub rejected: u64,
    /// The byte from which this run went on; 0 for a new file.
    pub resumed_from: u64,
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be read.
    #[error("the file could not be read")]
    NotRead(#[from] std::io::Error),
    /// It is no file of this kind.
    #[error("{0}")]
    NotThis(String),
    /// The file changed since an earlier run under the same name.
    #[error("the file has changed since it was begun")]
    Changed,
    /// It was asked to stop; what is stored stays.
    #[error("the import was stopped")]
    Stopped,
    /// The store or the engine failed.
    #[error(transparent)]
    Care(#[from] crate::care::Error),
}
