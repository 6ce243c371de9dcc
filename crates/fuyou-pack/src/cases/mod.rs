//! Golden cases: written with clinicians, run for every pack.

mod coverage;
mod curves;
mod expect;
mod filled;
mod read;
mod run;
mod values;
mod words;

pub(crate) use read::{Cases, read_cases};
pub use run::run_cases;

use crate::diagnostic::Diagnostic;
use crate::model::{Pack, Program};
use crate::replay::History;

/// The histories of all golden cases with their programs: examples of real use, for timing and for property tests.
pub fn histories(pack: &Pack) -> impl Iterator<Item = (&Program, &History)> {
    pack.cases
        .list
        .iter()
        .map(|case| (pack.program(case.program), &case.history))
}

/// The records that the golden cases try, each with the history that it would be added to and the day on which it is tried.
#[cfg(test)]
pub(crate) fn tried(
    pack: &Pack,
) -> impl Iterator<
    Item = (
        &Program,
        &History,
        &(crate::model::FormIx, crate::record::Draft),
        fuyou_kernel::DayNumber,
    ),
> {
    pack.cases.list.iter().filter_map(|case| {
        let record = case.record.as_ref()?;
        let today = case.today.or(record.1.occurred_on)?;
        Some((pack.program(case.program), &case.history, record, today))
    })
}

/// What running all golden cases of a pack gave.
#[derive(Clone, Debug, Default)]
pub struct CaseReport {
    /// How many cases ran (a row of a table is one).
    pub ran: usize,
    /// What was expected and what came instead, at the case's place.
    pub failures: Vec<Diagnostic>,
    /// Rules and indicators that lack a case in or a case out, at the rule's or indicator's place.
    pub uncovered: Vec<Diagnostic>,
    /// The published examples of each curve: its id, how many come out as published, how many there are.
    pub examples: Vec<(String, usize, usize)>,
}

impl CaseReport {
    /// Whether all cases passed and nothing lacks a case.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty() && self.uncovered.is_empty()
    }
}
