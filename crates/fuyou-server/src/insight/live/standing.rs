//! What the keeper of an installation asks of the figures in memory.

use super::Live;

/// How the figures in memory stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Enrollments held.
    pub rows: usize,
    /// Bytes that they take.
    pub bytes: usize,
    /// Lines of the change feed that were taken in.
    pub read_to: i64,
}

impl Live {
    /// How they stand; `None` while they are loaded.
    pub fn standing(&self) -> Option<Standing> {
        let programs = self.0.shapes.len();
        self.look(|state| Standing {
            rows: (0..programs)
                .map(|program| state.cube.cube.rows(program))
                .sum(),
            bytes: state.cube.cube.memory().total(),
            read_to: state.read_to.values().sum(),
        })
    }

    /// Forgets what is held and loads it anew from the store, which answers meanwhile.
    pub fn load_again(&self) {
        tracing::info!("figures in memory are loaded anew on demand");
        self.replace(None);
        self.0.anew.notify_one();
    }
}
