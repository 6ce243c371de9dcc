//! Figures in memory: the cube of a pack, loaded from the facts tables and kept current from the change feed.
//!
//! An answer is given only when the cube has taken in every change that the store has; otherwise the caller asks the
//! store itself. So a figure is as fresh as the last commit, whoever answers it.

mod counts;
mod follow;
mod store;

use std::collections::BTreeMap;
use std::sync::Arc;

use fuyou_cube::{CubeError, PackCube};
use fuyou_pack::Pack;
use tokio::sync::Mutex;

use self::follow::loaded;
use self::store::Shape;
use crate::db::{self, Db};

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
}

/// The figures of one pack in memory. Cheap to share.
pub struct Live {
    pack: Arc<Pack>,
    shapes: Vec<Shape>,
    threads: usize,
    state: Mutex<State>,
}

struct State {
    cube: PackCube,
    /// Where the feed of each lane had been read to.
    read_to: BTreeMap<i64, i64>,
}

impl Live {
    /// Loads the facts of every program and counts them.
    ///
    /// # Errors
    /// When the store fails or the pack cannot be counted over columns.
    pub async fn load(db: &Db, pack: &Arc<Pack>, threads: usize) -> Result<Live, LiveError> {
        let cube = PackCube::new(pack, threads)?;
        let shape = |(at, program)| Shape::new(program, cube.cube.slots(at));
        let shapes: Vec<Shape> = pack.programs.iter().enumerate().map(shape).collect();
        let state = loaded(db, pack, &shapes, cube).await?;
        Ok(Live {
            pack: Arc::clone(pack),
            shapes,
            threads,
            state: Mutex::new(state),
        })
    }

    /// Takes in what has changed. False when changes come in faster than they can be read. A gap in the feed is
    /// answered by loading everything anew.
    ///
    /// # Errors
    /// When the store fails or a sum leaves 64 bits.
    pub async fn follow(&self, db: &Db) -> Result<bool, LiveError> {
        let mut state = self.state.lock().await;
        self.catch_up(db, &mut state).await
    }
}
