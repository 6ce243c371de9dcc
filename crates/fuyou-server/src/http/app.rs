//! What the whole server shares.

use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use fuyou_kernel::{Date, Id, TimeZone, Timestamp};
use fuyou_pack::Pack;

use crate::access::{PasswordCost, PasswordError, Passwords};
use crate::care::Care;
use crate::db::{Db, Error};
use crate::insight::Live;
use crate::keys::Keyring;
use crate::registry::{Tree, load_tree};

/// Where now comes from: the system's clock in the binary, a fixed one in tests.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What differs between installations.
#[derive(Clone)]
pub struct Options {
    /// Name shown in the top bar, such as that of the county.
    pub county_name: String,
    /// Session cookies only over HTTPS.
    pub secure_cookies: bool,
    /// Where `today` is.
    pub time_zone: TimeZone,
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
    /// Now.
    pub clock: Clock,
}

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    db: Db,
    keys: Keyring,
    options: Options,
    passwords: Passwords,
    tree: RwLock<Arc<Tree>>,
    pack: OnceLock<Arc<Pack>>,
    care: OnceLock<Care>,
    live: OnceLock<Live>,
}

/// Why the application does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The tree of organizations could not be read.
    #[error("the organizations could not be read")]
    Tree(#[from] Error),
    /// Hashing does not work with the configured cost.
    #[error("passwords cannot be hashed at the configured cost")]
    Passwords(#[from] PasswordError),
}

impl App {
    /// Puts the application together and reads the tree of organizations.
    pub async fn new(db: Db, keys: Keyring, options: Options) -> Result<Self, StartError> {
        let tree = load_tree(&db).await?;
        let passwords = Passwords::new(options.password_cost)?;
        Ok(App(Arc::new(Inner {
            db,
            keys,
            options,
            passwords,
            tree: RwLock::new(Arc::new(tree)),
            pack: OnceLock::new(),
            care: OnceLock::new(),
            live: OnceLock::new(),
        })))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// The keys.
    pub fn keys(&self) -> &Keyring {
        &self.0.keys
    }

    /// What differs between installations.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Puts the pack in, once, before the first request. A second pack is ignored: a new one needs a restart.
    #[must_use]
    pub fn with_pack(self, pack: Arc<Pack>) -> Self {
        let _ = self.0.pack.set(pack);
        self
    }

    /// The pack; none before one was put in.
    pub fn pack(&self) -> Option<&Arc<Pack>> {
        self.0.pack.get()
    }

    /// Puts in the engine that a pack was installed with, once, before the first request; its pack with it.
    #[must_use]
    pub fn with_care(self, care: Care) -> Self {
        let app = self.with_pack(care.pack().clone());
        care.know_keys(app.keys().clone());
        let _ = app.0.care.set(care);
        app
    }

    /// The engine of care; none before a pack was installed.
    pub fn care(&self) -> Option<&Care> {
        self.0.care.get()
    }

    /// Puts in the figures in memory, once, before the first request.
    #[must_use]
    pub fn with_live(self, live: Live) -> Self {
        let _ = self.0.live.set(live);
        self
    }

    /// The figures in memory; none in commands that ask once.
    pub fn live(&self) -> Option<&Live> {
        self.0.live.get()
    }

    /// The tree of organizations as last read.
    pub fn tree(&self) -> Arc<Tree> {
        self.0
            .tree
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads the tree again after a change.
    pub async fn reload_tree(&self) -> Result<(), Error> {
        let tree = Arc::new(load_tree(self.db()).await?);
        *self.0.tree.write().unwrap_or_else(PoisonError::into_inner) = tree;
        Ok(())
    }

    /// The tree of a change of which the store tells; read again when another process has changed it.
    pub(crate) async fn tree_at(&self, stamp: i64) -> Result<Arc<Tree>, Error> {
        if self.tree().stamp() != stamp {
            self.reload_tree().await?;
        }
        Ok(self.tree())
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        (self.0.options.clock)()
    }

    /// The civil date of `at` where the installation stands.
    pub fn date_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.0.options.time_zone.clone()).date()
    }

    /// A fresh id that sorts by time.
    pub fn new_id<K>(&self) -> Id<K> {
        let unix_ms = u64::try_from(self.now().as_millisecond()).unwrap_or_default();
        Id::new(unix_ms, rand::random())
    }
}
