//! Figures in memory: the cube of a pack, loaded from the facts tables and kept current from the change feed.
//!
//! - [`Live::start`] loads in the background and then reads the feed twice a second; until it is loaded, and whenever it
//!   fails, the store is asked.
//! - Who asks says where the feed stands. When memory stands behind, it reads on before it answers. So a figure is as
//!   fresh as the last commit of any process, whoever answers it.
//! - The feed and the rows it names are read in one transaction that sees one moment: after it the cells are those of the
//!   store at that moment.

mod counts;
mod follow;
mod held;
mod limit;
mod load;
mod rows;
mod snapshot;
mod standing;
mod store;

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod snapshot_tests;
#[cfg(test)]
mod tests;

use std::time::Duration;

use fuyou_cube::CubeError;

pub use self::held::{Live, Room};
use self::held::{State, key};
pub use self::limit::{TooLarge, was_too_large};
pub use self::snapshot::SnapshotFile;
pub use self::standing::Standing;
use crate::db;

/// How often the feed is read when nobody asks.
const POLL: Duration = Duration::from_millis(500);
/// How long a question waits for memory before it asks the store.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the snapshot is written while figures change.
const SAVE: Duration = Duration::from_secs(600);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(30);
/// How long to wait for somebody to ask, when figures were too large: a year.
const UNTIL_ASKED: Duration = Duration::from_secs(365 * 86_400);

/// Why the figures in memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] db::Error),
    /// The cube cannot hold them.
    #[error(transparent)]
    Cube(#[from] CubeError),
    /// Lines are missing from the feed; what they changed is unknown.
    #[error("the change feed of lane {lane} has {found} lines after {after}, not {expected}")]
    Gap {
        /// The lane.
        lane: i64,
        /// Where we stood.
        after: i64,
        /// Lines there should be.
        expected: i64,
        /// Lines there are.
        found: i64,
    },
    /// Counting ended before it was done.
    #[error("counting was cut off")]
    CutOff,
}
