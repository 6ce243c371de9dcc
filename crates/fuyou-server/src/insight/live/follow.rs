//! Loading, and following the change feed.

use std::collections::{BTreeMap, HashSet};

use fuyou_cube::PackCube;
use fuyou_pack::Pack;

use super::store::{self, Key, Shape};
use super::{Live, LiveError, State};
use crate::db::{Connection, Db};

/// How often the feed is read before the store is asked instead: changes keep coming in meanwhile.
const ROUNDS: usize = 4;

impl Live {
    pub(super) async fn catch_up(&self, db: &Db, state: &mut State) -> Result<bool, LiveError> {
        let mut connection = db.read().await?;
        match self.take_in(&mut connection, state).await {
            Err(error @ (LiveError::Gap { .. } | LiveError::Cube(_))) => {
                tracing::warn!(reason = %error, "figures in memory are loaded anew");
                drop(connection);
                let cube = PackCube::new(&self.pack, self.threads)?;
                *state = loaded(db, &self.pack, &self.shapes, cube).await?;
                let mut connection = db.read().await?;
                self.take_in(&mut connection, state).await
            }
            other => other,
        }
    }

    /// Reads the feed until it stands where it stood before reading: then every row read is of that point.
    async fn take_in(
        &self,
        connection: &mut Connection,
        state: &mut State,
    ) -> Result<bool, LiveError> {
        for _ in 0..ROUNDS {
            let heads: BTreeMap<i64, i64> = store::heads(connection).await?.into_iter().collect();
            if heads == state.read_to {
                return Ok(true);
            }
            let mut keys: HashSet<Key> = HashSet::new();
            for (lane, head) in &heads {
                let after = state.read_to.get(lane).copied().unwrap_or(0);
                let (changed, found) = store::changed(connection, (*lane, after, *head)).await?;
                if found != head - after {
                    return Err(LiveError::Gap {
                        lane: *lane,
                        after,
                        expected: head - after,
                        found,
                    });
                }
                keys.extend(changed);
            }
            let keys: Vec<Key> = keys.into_iter().collect();
            for (program, shape) in self.shapes.iter().enumerate() {
                let mut rows: BTreeMap<Key, Vec<fuyou_expr::Value>> =
                    shape.named(connection, &keys).await?.into_iter().collect();
                for key in &keys {
                    let row = rows.remove(key);
                    state
                        .cube
                        .cube
                        .put(program, key.1.as_u128(), row.as_deref())?;
                }
            }
            state.read_to = heads;
        }
        Ok(false)
    }
}

/// Reads every program page by page. Rows may be newer than the heads read before them; following makes up for it.
pub(super) async fn loaded(
    db: &Db,
    pack: &Pack,
    shapes: &[Shape],
    mut cube: PackCube,
) -> Result<State, LiveError> {
    let mut connection = db.read().await?;
    let read_to = store::heads(&mut connection).await?.into_iter().collect();
    for (at, (program, shape)) in pack.programs.iter().zip(shapes).enumerate() {
        let mut after = None;
        loop {
            let page = shape.page(&mut connection, after).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for ((_, id), row) in &page {
                cube.cube.put(at, id.as_u128(), Some(row))?;
            }
            tracing::info!(
                program = &*program.id,
                rows = cube.cube.rows(at),
                "facts are loaded"
            );
        }
        cube.cube.count(at)?;
    }
    cube.cube.forget_projections();
    tracing::info!(bytes = cube.cube.memory().total(), "figures are in memory");
    Ok(State { cube, read_to })
}
