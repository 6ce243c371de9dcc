//! Following the change feed.

use std::collections::{BTreeMap, HashMap};

use fuyou_cube as cube;
use fuyou_expr::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::store::{self, Key};
use super::{Live, LiveError, POLL, RETRY, SAVE, State, UNTIL_ASKED, key};
use crate::db::Connection;

/// What the feed says since some point: where it stands now, and what each enrollment that it names is by now.
struct News {
    heads: BTreeMap<i64, i64>,
    /// By program; without facts when the program has no such enrollment.
    rows: Vec<(usize, cube::Key, Option<Vec<Value>>)>,
}

impl Live {
    /// Loads, then follows until it is stopped.
    pub(super) async fn keep(self) {
        let mut stopped = self.0.is_stopped.subscribe();
        let stop = async { drop(stopped.wait_for(|stopped| *stopped).await) };
        tokio::pin!(stop);
        let mut saved = Instant::now();
        if let Some(state) = self.restored().await {
            self.tell_refused(None);
            self.replace(Some(state));
        }
        while !*self.0.is_stopped.borrow() {
            let pause = match self.look(|_| ()) {
                Some(()) => {
                    let _turn = self.0.turn.lock().await;
                    if let Err(error) = self.take_in().await {
                        self.give_up(&error);
                        continue;
                    }
                    if saved.elapsed() >= SAVE {
                        self.save().await;
                        saved = Instant::now();
                    }
                    POLL
                }
                None if self.refused().is_some() => UNTIL_ASKED,
                None => match self.load().await {
                    Ok(Some(state)) => {
                        self.tell_refused(None);
                        self.replace(Some(state));
                        self.save().await;
                        continue;
                    }
                    Ok(None) => return,
                    Err(error) if self.refuse(&error) => UNTIL_ASKED,
                    Err(error) => {
                        tracing::error!(reason = %error, "figures are not in memory; the store answers");
                        RETRY
                    }
                },
            };
            tokio::select! {
                () = &mut stop => {}
                () = self.0.anew.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes in what the feed says by now. The caller has the turn.
    ///
    /// # Errors
    /// When the store fails, the feed has a gap or a sum leaves 64 bits; what is held is then of no use.
    pub(super) async fn take_in(&self) -> Result<(), LiveError> {
        let Some(from) = self.look(|state| state.read_to.clone()) else {
            return Ok(());
        };
        let mut connection = self.0.db.read().await?;
        store::begin_moment(&mut connection, self.0.db.dialect()).await?;
        let news = self.news(&mut connection, &from).await;
        store::end_moment(&mut connection).await?;
        let Some(news) = news? else { return Ok(()) };
        let bytes_max = self.0.bytes_max;
        let taken = self.change(|state| {
            state.take(news)?;
            Ok(state.cube.cube.fits(0, bytes_max)?)
        });
        taken.unwrap_or(Ok(()))
    }

    async fn news(
        &self,
        connection: &mut Connection,
        from: &BTreeMap<i64, i64>,
    ) -> Result<Option<News>, LiveError> {
        let heads: BTreeMap<i64, i64> = crate::insight::store::heads(connection)
            .await?
            .into_iter()
            .collect();
        if heads == *from {
            return Ok(None);
        }
        // An enrollment goes from one person to another when they are merged: it is the same one, wherever it is.
        let mut named: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for (lane, head) in &heads {
            let after = from.get(lane).copied().unwrap_or(0);
            if after == *head {
                continue;
            }
            let (changed, found) = store::changed(connection, (*lane, after, *head)).await?;
            if found != head - after {
                return Err(LiveError::Gap {
                    lane: *lane,
                    after,
                    expected: head - after,
                    found,
                });
            }
            for (subject, id) in changed {
                named.entry(id).or_default().push(subject);
            }
        }
        let keys: Vec<Key> = named
            .iter()
            .flat_map(|(id, subjects)| subjects.iter().map(|subject| (*subject, *id)))
            .collect();
        let mut rows = Vec::new();
        for (program, shape) in self.0.shapes.iter().enumerate() {
            let found = shape.named(connection, &keys).await?;
            let by_id = found
                .into_iter()
                .map(|((subject, id), row)| (id, (subject, row)));
            let mut found: HashMap<Uuid, (Uuid, Vec<Value>)> = by_id.collect();
            rows.extend(named.keys().map(|id| match found.remove(id) {
                Some((subject, row)) => (program, key(subject, *id), Some(row)),
                None => (program, cube::Key::from(id.as_u128()), None),
            }));
        }
        Ok(Some(News { heads, rows }))
    }
}

impl State {
    fn take(&mut self, news: News) -> Result<(), LiveError> {
        for (program, key, row) in news.rows {
            self.cube.cube.put(program, key, row.as_deref())?;
        }
        self.read_to = news.heads;
        Ok(())
    }
}
