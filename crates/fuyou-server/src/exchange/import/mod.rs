//! Bulk import: NDJSON lines (see `docs/concepts/storage.md`) or a CSV of one form, through the same rules as the desk.
//!
//! Lines are grouped by subject, checked and replayed in parallel, and written batch by batch. A file can be sent again
//! or go on after a crash: what is stored is not stored twice, because every line carries the id of what it tells.

mod block;
mod csv_file;
mod lines;
mod model;
mod places;
mod prepare;
mod rejected;
mod run;
mod store;
mod web;

#[cfg(test)]
mod tests;

pub(crate) use web::routes;

pub use model::{Error, Format, Job, Progress, Report};

use std::ops::ControlFlow;

use crate::care::{Acting, Care};
use crate::keys::Keyring;

/// Imports a file to its end. `progress` is called a few times per second.
///
/// # Errors
/// Only when the import cannot go on: bad lines are counted, and written to `rejected` with their numbers and reasons.
pub async fn import_file(
    care: &Care,
    keys: &Keyring,
    by: &Acting,
    job: &Job<'_>,
    mut progress: impl FnMut(&Progress) + Send,
) -> Result<Report, Error> {
    let goes_on = |now: &Progress| {
        progress(now);
        ControlFlow::Continue(())
    };
    import_until(care, keys, by, job, goes_on).await
}

/// As [`import_file`], but stops after what is stored when it is told to; the same file goes on there.
///
/// # Errors
/// [`Error::Stopped`] when it stopped.
pub async fn import_until(
    care: &Care,
    keys: &Keyring,
    by: &Acting,
    job: &Job<'_>,
    mut goes_on: impl FnMut(&Progress) -> ControlFlow<()> + Send,
) -> Result<Report, Error> {
    match &job.format {
        Format::Ndjson => run::run(care, keys, by, job, &mut goes_on).await,
        Format::Csv { program, form } => {
            csv_file::run(care, keys, by, (job, program, form), &mut goes_on).await
        }
    }
}
