//! How the figures in memory stand, for those who run the server.

use std::time::Duration;

use fuyou_cube::Memory;

use super::{Live, TooLarge};

/// What is in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing can be asked yet; so many enrollments were read.
    Loading {
        /// Enrollments of all programs.
        enrollments: usize,
    },
    /// They need more memory than they may take: nothing is held, the store answers every question.
    TooLarge(TooLarge),
    /// Memory answers.
    Held {
        /// Enrollments of all programs.
        enrollments: usize,
        /// Bytes by part.
        memory: Memory,
        /// How many changes of the store are included, over all lanes.
        changes: i64,
        /// How long ago it was loaded; it has followed the feed since.
        since: Duration,
    },
}

impl Live {
    /// How it stands at this moment.
    pub fn standing(&self) -> Standing {
        let programs = self.0.shapes.len();
        let held = self.look(|state| Standing::Held {
            enrollments: (0..programs).map(|at| state.cube.cube.rows(at)).sum(),
            memory: state.cube.cube.memory(),
            changes: state.read_to.values().sum(),
            since: state.since.elapsed(),
        });
        held.unwrap_or_else(|| match self.refused() {
            Some(refused) => Standing::TooLarge(refused),
            None => Standing::Loading {
                enrollments: *self.0.loading.borrow(),
            },
        })
    }

    /// Forgets what is held and loads it anew from the store, which answers meanwhile.
    pub fn load_again(&self) {
        tracing::info!("figures in memory are loaded anew on demand");
        self.tell_refused(None);
        self.replace(None);
        self.0.anew.notify_one();
    }
}
