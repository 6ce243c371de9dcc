//! What is held in memory, and asking it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use fuyou_cube::{Key, PackCube};
use fuyou_pack::Pack;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::store::Shape;
use super::{LiveError, PATIENCE, SnapshotFile, TooLarge};
use crate::apart::beside;
use crate::db::Db;

/// The figures of one pack in memory. Cheap to clone.
#[derive(Clone)]
pub struct Live(pub(super) Arc<Inner>);

/// What figures may take of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Threads that count.
    pub threads: usize,
    /// Bytes of memory for facts and figures.
    pub bytes_max: usize,
}

pub(super) struct Inner {
    pub(super) db: Db,
    pub(super) pack: Arc<Pack>,
    pub(super) shapes: Vec<Shape>,
    pub(super) threads: usize,
    pub(super) file: Option<SnapshotFile>,
    /// Bytes that all of it may take.
    pub(super) bytes_max: usize,
    /// Set while figures were too large to be held.
    pub(super) refused: Mutex<Option<TooLarge>>,
    /// `None` while loading.
    pub(super) state: RwLock<Option<State>>,
    /// One reads the feed at a time.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Somebody found that all has to be loaded anew.
    pub(super) anew: Notify,
    /// Enrollments read while loading.
    pub(super) loading: watch::Sender<usize>,
    pub(super) is_loaded: watch::Sender<bool>,
    pub(super) is_stopped: watch::Sender<bool>,
    pub(super) keeper: Mutex<Option<JoinHandle<()>>>,
}

pub(super) struct State {
    pub(super) cube: PackCube,
    /// Where the feed of each lane had been read to.
    pub(super) read_to: BTreeMap<i64, i64>,
    /// Where it stood when the snapshot was written.
    pub(super) saved_at: Option<BTreeMap<i64, i64>>,
    /// When it was loaded.
    pub(super) since: Instant,
}

impl State {
    pub(super) fn stands_at(&self, heads: &[(i64, i64)]) -> bool {
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
        let bytes_max = usize::MAX;
        Live::start_within(db, pack, Room { threads, bytes_max }, file)
    }

    /// As [`Live::start`], in so much memory. When figures need more, nothing is held: the store answers every question,
    /// the log and [`Live::standing`] say why, until [`Live::load_again`] is called.
    ///
    /// # Errors
    /// When the pack cannot be counted over columns.
    pub fn start_within(
        db: &Db,
        pack: &Arc<Pack>,
        room: Room,
        file: Option<SnapshotFile>,
    ) -> Result<Live, LiveError> {
        let Room { threads, bytes_max } = room;
        let cube = PackCube::new(pack, threads)?;
        let shape = |(at, program)| Shape::new(program, cube.cube.slots(at));
        let live = Live(Arc::new(Inner {
            db: db.clone(),
            pack: Arc::clone(pack),
            shapes: pack.programs.iter().enumerate().map(shape).collect(),
            threads,
            file,
            bytes_max,
            refused: Mutex::new(None),
            state: RwLock::new(None),
            turn: tokio::sync::Mutex::new(()),
            anew: Notify::new(),
            loading: watch::Sender::new(0),
            is_loaded: watch::Sender::new(false),
            is_stopped: watch::Sender::new(false),
            keeper: Mutex::new(None),
        }));
        let keeper = beside(live.clone().keep());
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
    pub(in crate::insight) async fn standing_at<'a>(
        live: Option<&'a Live>,
        heads: &[(i64, i64)],
    ) -> Option<&'a Live> {
        let live = live?;
        match live.look(|state| state.stands_at(heads))? {
            true => Some(live),
            false => {
                // Of its own, so that a request that is given up leaves no transaction open.
                let reading = beside(live.clone().read_on(heads.to_vec()));
                let outcome = tokio::time::timeout(PATIENCE, reading).await;
                let stands = matches!(outcome, Ok(Ok(())))
                    && live.look(|state| state.stands_at(heads)) == Some(true);
                stands.then_some(live)
            }
        }
    }

    /// Reads on until these heads unless somebody else has; a failure is told once, here.
    pub(super) async fn read_on(self, heads: Vec<(i64, i64)>) {
        let _turn = self.0.turn.lock().await;
        if self.look(|state| state.stands_at(&heads)) != Some(false) {
            return;
        }
        if let Err(error) = self.take_in().await {
            self.give_up(&error);
        }
    }

    /// Forgets what is held and has it loaded anew, unless it has become too large to be held.
    pub(super) fn give_up(&self, error: &LiveError) {
        if !self.refuse(error) {
            tracing::warn!(reason = %error, "figures in memory are loaded anew");
        }
        self.replace(None);
        self.0.anew.notify_one();
    }

    pub(super) fn look<T>(&self, of: impl FnOnce(&State) -> T) -> Option<T> {
        let state = self.0.state.read();
        state
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(of)
    }

    pub(super) fn change<T>(&self, with: impl FnOnce(&mut State) -> T) -> Option<T> {
        let state = self.0.state.write();
        state
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut()
            .map(with)
    }

    pub(super) fn replace(&self, state: Option<State>) {
        self.0.is_loaded.send_replace(state.is_some());
        *self.0.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    pub(super) fn keeper(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        let keeper = self.0.keeper.lock();
        keeper.unwrap_or_else(PoisonError::into_inner)
    }
}

/// An enrollment as the cube knows it.
pub(super) fn key(subject: Uuid, id: Uuid) -> Key {
    Key {
        subject: subject.as_u128(),
        id: id.as_u128(),
    }
}
