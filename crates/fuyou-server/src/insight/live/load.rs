//! Loading everything from the facts tables.

use fuyou_cube::PackCube;
use fuyou_expr::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::store::Key;
use super::{Live, LiveError, State, key};
use crate::apart::{apart, beside};

/// How many rows are told in one line of the log.
const TOLD: usize = 100_000;
/// After how many rows it is looked whether they still fit.
const WEIGHED: usize = 10_000;
/// Pages that are read and not yet taken in, for each reader.
const AHEAD: usize = 2;

/// Rows that were read together.
type Rows = Vec<(Key, Vec<Value>)>;

impl Live {
    /// Reads every program page by page and counts it; `None` when it is stopped meanwhile. Rows may be newer than the
    /// point of the feed read before them; following makes up for it.
    pub(super) async fn load(&self) -> Result<Option<State>, LiveError> {
        let mut cube = PackCube::new(&self.0.pack, self.0.threads)?;
        let heads = {
            let mut connection = self.0.db.read().await?;
            crate::insight::store::heads(&mut connection).await?
        };
        self.0.loading.send_replace(0);
        for program in 0..self.0.shapes.len() {
            let mut pages = self.pages(program).await?;
            let id = &*self.0.pack.programs[program].id;
            let (mut told, mut weighed) = (0, 0);
            while let Some(page) = pages.recv().await {
                let page = page?;
                self.0.loading.send_modify(|rows| *rows += page.len());
                for ((subject, id), row) in &page {
                    cube.cube.put(program, key(*subject, *id), Some(row))?;
                }
                let rows = cube.cube.rows(program);
                if rows / WEIGHED > weighed {
                    weighed = rows / WEIGHED;
                    cube.cube.fits(0, self.0.bytes_max)?;
                }
                if rows / TOLD > told {
                    told = rows / TOLD;
                    tracing::info!(program = id, rows, "facts are being loaded");
                }
                if *self.0.is_stopped.borrow() {
                    return Ok(None);
                }
            }
        }
        self.counted(cube, heads).await.map(Some)
    }

    /// The rows of a program as they come, by several readers at once: reading takes longer than taking in.
    async fn pages(
        &self,
        program: usize,
    ) -> Result<mpsc::Receiver<Result<Rows, LiveError>>, LiveError> {
        let readers = self.0.threads.div_ceil(2);
        let parts = {
            let mut connection = self.0.db.read().await?;
            self.0.shapes[program]
                .parts(&mut connection, readers)
                .await?
        };
        let (sender, receiver) = mpsc::channel(AHEAD * parts.len());
        for (after, until) in parts {
            let (live, sender) = (self.clone(), sender.clone());
            beside(async move {
                if let Err(error) = live.read_part(program, (after, until), &sender).await {
                    // Nobody waits for it when loading was given up.
                    let _ = sender.send(Err(error)).await;
                }
            });
        }
        Ok(receiver)
    }

    async fn read_part(
        &self,
        program: usize,
        (mut after, until): (Option<Key>, Option<Key>),
        sender: &mpsc::Sender<Result<Rows, LiveError>>,
    ) -> Result<(), LiveError> {
        let shape = &self.0.shapes[program];
        let mut connection = self.0.db.read().await?;
        loop {
            let page = shape.page(&mut connection, after, until).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(*last);
            if sender.send(Ok(page)).await.is_err() {
                return Ok(());
            }
        }
    }

    /// Makes all cells, on threads of its own.
    pub(super) async fn counted(
        &self,
        mut cube: PackCube,
        read_to: Vec<(i64, i64)>,
    ) -> Result<State, LiveError> {
        let (programs, bytes_max) = (self.0.shapes.len(), self.0.bytes_max);
        let counting = apart(move || {
            for program in 0..programs {
                cube.cube.count_within(program, bytes_max)?;
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
            since: Instant::now(),
        })
    }
}
