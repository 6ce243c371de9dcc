//! Loading everything from the facts tables.

use fuyou_cube::PackCube;

use super::{Live, LiveError, State, key};

impl Live {
    /// Reads every program page by page and counts it; `None` when it is stopped meanwhile. Rows may be newer than the
    /// point of the feed read before them; following makes up for it.
    pub(super) async fn load(&self) -> Result<Option<State>, LiveError> {
        let mut cube = PackCube::new(&self.0.pack, self.0.threads)?;
        let mut connection = self.0.db.read().await?;
        let heads = crate::insight::store::heads(&mut connection).await?;
        let programs = self.0.pack.programs.iter().zip(&self.0.shapes);
        for (at, (program, shape)) in programs.enumerate() {
            let mut after = None;
            loop {
                let page = shape.page(&mut connection, after).await?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                for ((subject, id), row) in &page {
                    cube.cube.put(at, key(*subject, *id), Some(row))?;
                }
                let rows = cube.cube.rows(at);
                if rows.is_multiple_of(100_000) {
                    tracing::info!(program = &*program.id, rows, "facts are being loaded");
                }
                if *self.0.is_stopped.borrow() {
                    return Ok(None);
                }
            }
        }
        drop(connection);
        self.counted(cube, heads).await.map(Some)
    }

    /// Makes all cells, on threads of its own.
    pub(super) async fn counted(
        &self,
        mut cube: PackCube,
        read_to: Vec<(i64, i64)>,
    ) -> Result<State, LiveError> {
        let programs = self.0.shapes.len();
        let counting = tokio::task::spawn_blocking(move || {
            for program in 0..programs {
                cube.cube.count(program)?;
                cube.cube.forget_projections();
            }
            Ok::<_, LiveError>(cube)
        });
        let cube = counting.await.map_err(|_| LiveError::CutOff)??;
        let rows: usize = (0..programs).map(|program| cube.cube.rows(program)).sum();
        let bytes = cube.cube.memory().total();
        tracing::info!(rows, bytes, "figures are in memory");
        Ok(State {
            cube,
            read_to: read_to.into_iter().collect(),
            saved_at: None,
        })
    }
}
