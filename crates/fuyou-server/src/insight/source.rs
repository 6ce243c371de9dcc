//! Where figures come from.

use fuyou_pack::Pack;

use super::{Live, store};
use crate::db::{self, Db};
use crate::http::App;
use crate::registry::Tree;

/// What a figure is asked of: the store, and the figures in memory in front of it where there are any. The answer is
/// the same; memory is asked when it has taken in every change that the store has.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The store.
    pub db: &'a Db,
    /// The pack whose indicators are asked for.
    pub pack: &'a Pack,
    /// The tree along which they are summed.
    pub tree: &'a Tree,
    pub(super) live: Option<&'a Live>,
}

impl<'a> Source<'a> {
    /// The figures of an application.
    pub fn of(app: &'a App, pack: &'a Pack, tree: &'a Tree) -> Self {
        Source {
            live: app.live(),
            ..Source::store(app.db(), pack, tree)
        }
    }

    /// The store alone, for commands that ask once.
    pub fn store(db: &'a Db, pack: &'a Pack, tree: &'a Tree) -> Self {
        Source {
            db,
            pack,
            tree,
            live: None,
        }
    }

    /// The same with these figures in memory.
    #[must_use]
    pub fn with(self, live: &'a Live) -> Self {
        Source {
            live: Some(live),
            ..self
        }
    }

    /// The same without memory unless that stands where the store stands, and how many changes that is.
    ///
    /// No connection is held while memory reads on: it needs one itself.
    pub(super) async fn standing(self) -> Result<(Self, i64), db::Error> {
        let heads = {
            let mut connection = self.db.read().await?;
            store::heads(&mut connection).await?
        };
        let live = Live::standing_at(self.live, &heads).await;
        let changes = heads.iter().map(|(_, head)| head).sum();
        Ok((Source { live, ..self }, changes))
    }
}
