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
mod load;
mod rows;
mod snapshot;
mod store;

#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod snapshot_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use fuyou_cube::{CubeError, Key, PackCube};
use fuyou_pack::Pack;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use self::snapshot::SnapshotFile;
use self::store::Shape;
use crate::db::{self, Db};

/// An enrollment as the cube knows it.
fn key(subject: Uuid, id: Uuid) -> Key {
    Key {
        subject: subject.as_u128(),
        id: id.as_u128(),
    }
}

/// How often the feed is read when nobody asks.
const POLL: Duration = Duration::from_millis(500);
/// How long a question waits for memory before it asks the store.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the snapshot is written while figures change.
const SAVE: Duration = Duration::from_secs(600);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(30);

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

/// The figures of one pack in memory. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    db: Db,
    pack: Arc<Pack>,
    shapes: Vec<Shape>,
    threads: usize,
    file: Option<SnapshotFile>,
    /// `None` while loading.
    state: RwLock<Option<State>>,
    /// One reads the feed at a time.
    turn: tokio::sync::Mutex<()>,
    /// Somebody found that all has to be loaded anew.
    anew: Notify,
    is_loaded: watch::Sender<bool>,
    is_stopped: watch::Sender<bool>,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

struct State {
    cube: PackCube,
    /// Where the feed of each lane had been read to.
    read_to: BTreeMap<i64, i64>,
    /// Where it stood when the snapshot was written.
    saved_at: Option<BTreeMap<i64, i64>>,
}

impl State {
    fn stands_at(&self, heads: &[(i64, i64)]) -> bool {
        let reached =
            |(lane, head): &(i64, i64)| *head <= self.read_to.get(lane).copied().unwrap_or(0);
        heads.iter().all(reached)
    }
}

impl Live {
    /// Begins to load the facts of every program, from a snapshot if there is one that fits, and keeps them current
    /// until [`Live::stop`].
    ///
    /// # Errors
    /// When the pack cannot be counted over columns.
    pub fn start(
        db: &Db,
        pack: &Arc<Pack>,
        threads: usize,
        file: Option<SnapshotFile>,
    ) -> Result<Live, LiveError> {
        let cube = PackCube::new(pack, threads)?;
        let shape = |(at, program)| Shape::new(program, cube.cube.slots(at));
        let live = Live(Arc::new(Inner {
            db: db.clone(),
            pack: Arc::clone(pack),
            shapes: pack.programs.iter().enumerate().map(shape).collect(),
            threads,
            file,
            state: RwLock::new(None),
            turn: tokio::sync::Mutex::new(()),
            anew: Notify::new(),
            is_loaded: watch::Sender::new(false),
            is_stopped: watch::Sender::new(false),
            keeper: Mutex::new(None),
        }));
        let keeper = tokio::spawn(live.clone().keep());
        *live.keeper() = Some(keeper);
        Ok(live)
    }

    /// Waits until memory answers.
    pub async fn loaded(&self) {
        let mut loaded = self.0.is_loaded.subscribe();
        // The sender lives in what this borrows.
        let _ = loaded.wait_for(|loaded| *loaded).await;
    }

    /// Whether memory answers by now.
    pub fn is_loaded(&self) -> bool {
        *self.0.is_loaded.borrow()
    }

    /// Ends following and writes the snapshot. Questions are then answered by the store.
    pub async fn stop(&self) {
        self.0.is_stopped.send_replace(true);
        let keeper = self.keeper().take();
        if let Some(keeper) = keeper
            && let Err(error) = keeper.await
        {
            tracing::warn!(%error, "the keeper of the figures in memory ended early");
        }
        self.save().await;
        self.replace(None);
    }

    /// These figures if they stand where the feed stands, after reading on if need be; `None` when the store must be asked.
    pub(super) async fn standing_at<'a>(
        live: Option<&'a Live>,
        heads: &[(i64, i64)],
    ) -> Option<&'a Live> {
        let live = live?;
        match live.look(|state| state.stands_at(heads))? {
            true => Some(live),
            false => {
                // Of its own, so that a request that is given up leaves no transaction open.
                let reading = tokio::spawn(live.clone().read_on(heads.to_vec()));
                let outcome = tokio::time::timeout(PATIENCE, reading).await;
                let stands = matches!(outcome, Ok(Ok(())))
                    && live.look(|state| state.stands_at(heads)) == Some(true);
                stands.then_some(live)
            }
        }
    }

    /// Reads on until these heads unless somebody else has; a failure is told once, here.
    async fn read_on(self, heads: Vec<(i64, i64)>) {
        let _turn = self.0.turn.lock().await;
        if self.look(|state| state.stands_at(&heads)) != Some(false) {
            return;
        }
        if let Err(error) = self.take_in().await {
            self.give_up(&error);
        }
    }

    /// Forgets what is held and has it loaded anew.
    fn give_up(&self, error: &LiveError) {
        tracing::warn!(reason = %error, "figures in memory are loaded anew");
        self.replace(None);
        self.0.anew.notify_one();
    }

    fn look<T>(&self, of: impl FnOnce(&State) -> T) -> Option<T> {
        let state = self.0.state.read();
        state
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(of)
    }

    fn change<T>(&self, with: impl FnOnce(&mut State) -> T) -> Option<T> {
        let state = self.0.state.write();
        state
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
            .map(with)
    }

    fn replace(&self, state: Option<State>) {
        self.0.is_loaded.send_replace(state.is_some());
        *self.0.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn keeper(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        let keeper = self.0.keeper.lock();
        keeper.unwrap_or_else(PoisonError::into_inner)
    }
}
