//! A made-up county: places, staff, people and everything recorded about them, as lines of the import format.
//!
//! The life course is data: a scenario (`simulate.toml` beside a program) says what happens to a subject, this engine
//! only draws. The same seed gives the same bytes, in whatever order and on however many threads the subjects are made.
//! Nothing made here can be taken for a real person or place: see `docs/reference/simulate.md`.

mod chance;
mod compile;
mod county;
mod course;
mod generator;
mod line;
mod names;
#[cfg(test)]
mod opened_tests;
mod person;
mod plan;
mod raw;
mod record;
mod referral;
mod run;
mod scenario;
#[cfg(test)]
mod tests;

use std::ops::AddAssign;

use fuyou_kernel::Date;

pub use run::{simulate, simulate_opened};
pub use scenario::{Given, Intended, Scenario, Source};

/// What is to be made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much.
    pub size: Size,
    /// How many years before `today`.
    pub years: u32,
    /// The day up to which things have happened (nothing on the day itself).
    pub today: Date,
    /// Another seed, another county.
    pub seed: u64,
    /// How many threads make subjects; no influence on what is made.
    pub threads: usize,
    /// Which lines are written.
    pub extent: Extent,
}

/// How large a county is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// By inhabitants.
    Population(u64),
    /// By subjects; there are as many inhabitants as bring them about. Subjects who are never enrolled count.
    Subjects(u64),
}

/// Which lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Places, staff, persons, enrollments, records, referrals.
    Everything,
    /// Enrollments with their records and referrals.
    RecordsOnly,
}

/// How many lines of each kind were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Organizations and staff.
    pub places: u64,
    /// Persons.
    pub persons: u64,
    /// Enrollments.
    pub enrollments: u64,
    /// Records.
    pub records: u64,
    /// Referrals.
    pub referrals: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.places += other.places;
        self.persons += other.persons;
        self.enrollments += other.enrollments;
        self.records += other.records;
        self.referrals += other.referrals;
    }
}

/// Why nothing, or not everything, was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not TOML, or a key that nobody reads.
    #[error("the {file} file of the scenario cannot be read: {message}")]
    Toml {
        /// Which of the files.
        file: &'static str,
        /// What and where.
        message: String,
    },
    /// The scenario does not fit the pack; all problems, each with its place.
    #[error("the scenario does not fit the pack:\n{}", .0.join("\n"))]
    Scenario(Vec<String>),
    /// So few people or days that no subject comes to be.
    #[error("nothing comes to be in so small a county or so short a time")]
    Nothing,
}

impl Error {
    fn toml(file: &'static str, error: &toml::de::Error) -> Self {
        Self::Toml {
            file,
            message: error.to_string(),
        }
    }
}
