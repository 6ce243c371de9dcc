//! Following the change feed: what a process that recorded did not come to, and what came in bulk.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use fuyou_pack::model::{FormIx, Opens, ProgramIx};
use uuid::Uuid;

use super::perform::Came;
use super::plan::Step;
use super::store;
use super::write::Pending;
use crate::apart::beside;
use crate::care::{Acting, Care, Error};
use crate::http::App;
use crate::registry::present_tree;

/// The name under which the position in the change feed is kept.
const READER: &str = "links";
/// Changes looked through at once: what is repeated at most after the process was killed.
const PIECE: i64 = 2_000;
/// Enrollments looked at side by side, so that their commits share syncs.
const AT_ONCE: usize = 64;

/// How often the change feed is looked at.
const POLL: Duration = Duration::from_secs(1);
/// How long is waited after the store failed.
const RETRY: Duration = Duration::from_secs(15);

/// What a change of an enrollment may ask for elsewhere.
#[derive(Clone, Copy, Debug)]
pub(in crate::care) struct Asks {
    /// A record of this form came; none when a record of any form was corrected.
    pub form: Option<FormIx>,
    /// What is known of the subject's death may be otherwise.
    pub tells_death: bool,
}

impl Asks {
    /// A record was corrected or declared void: anything may be otherwise.
    pub(in crate::care) const CORRECTED: Asks = Asks {
        form: None,
        tells_death: true,
    };
}

/// How far catching up has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// Changes read.
    pub read: u64,
    /// Changes there were when it began.
    pub all: u64,
    /// Enrollments looked at.
    pub looked_at: u64,
    /// Links that changed.
    pub changed: u64,
}

/// Follows the change feed of an application until the task is ended; it may end anywhere.
pub async fn keep_links(app: App) {
    let Some(care) = app.care().cloned() else {
        return;
    };
    loop {
        let now = app.now();
        let by = Acting::system(app.tree(), now, app.date_of(now));
        let pause = match care.catch_up_links(&by, &mut |_| {}).await {
            Ok(_) => POLL,
            Err(error) => {
                tracing::error!(reason = %error, "what records open waits");
                RETRY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

impl Care {
    /// As [`Care::open_if_asked`], beside whoever asks.
    pub(in crate::care) async fn open_beside(
        &self,
        by: &Acting,
        opener: (Uuid, Uuid),
        (program, asks): (ProgramIx, Asks),
    ) {
        if !self.is_asked(program, asks) {
            return;
        }
        let under_way = self.openings().clone().read_owned().await;
        let (care, by) = (self.clone(), by.clone());
        beside(async move {
            care.open_if_asked(&by, opener, (program, asks)).await;
            drop(under_way);
        });
    }

    fn is_asked(&self, program: ProgramIx, asks: Asks) -> bool {
        self.opens_with(program, asks) || self.ends_with(program, asks)
    }

    /// Whether a change can open something, or do so otherwise.
    fn opens_with(&self, program: ProgramIx, asks: Asks) -> bool {
        let mut opens = self.pack().program(program).opens.iter();
        opens.any(|opens: &Opens| asks.form.is_none_or(|form| form == opens.form))
    }

    /// Whether a change can end something.
    fn ends_with(&self, program: ProgramIx, asks: Asks) -> bool {
        asks.tells_death && self.tells_death(program)
    }

    /// Waits for what is being opened by now. What begins later is not waited for.
    pub(in crate::care) async fn openings_are_over(&self) {
        drop(self.openings().write().await);
    }

    /// Brings what a change opens or ends up to date at once, so that whoever recorded sees it. When it fails, whoever
    /// follows the change feed does it later.
    pub(in crate::care) async fn open_if_asked(
        &self,
        by: &Acting,
        opener: (Uuid, Uuid),
        (program, asks): (ProgramIx, Asks),
    ) {
        if self.opens_with(program, asks)
            && let Err(error) = Box::pin(self.open_linked(by, opener)).await
        {
            tracing::warn!(reason = %error, "what a record opens is opened later");
        }
        if self.ends_with(program, asks)
            && let Err(error) = Box::pin(self.end_with_death(by, opener.0)).await
        {
            tracing::warn!(reason = %error, "what ends with a death ends later");
        }
    }

    /// Reads the change feed from where this was last read, and does what the records of changed enrollments open.
    /// Repeated after any interruption it does nothing twice.
    ///
    /// # Errors
    /// When the store fails; the position is that of what was done.
    pub async fn catch_up_links(
        &self,
        by: &Acting,
        progress: &mut (dyn FnMut(&Caught) + Send),
    ) -> Result<Caught, Error> {
        let mut caught = Caught::default();
        let (openers, joiners) = (self.forms_that_open(false), self.forms_that_open(true));
        let of_death = self.programs_of_death();
        let nothing = openers.is_empty() && joiners.is_empty() && of_death.0.is_empty();
        if nothing || self.keys().is_none() {
            return Ok(caught);
        }
        let mut reader = self.db().read().await?;
        let positions = store::positions(&mut reader, READER).await?;
        drop(reader);
        if positions.iter().all(|(_, head, after)| head == after) {
            return Ok(caught);
        }
        // Read after the positions: whoever is named up to there is in it.
        let tree = present_tree(self.db(), &by.actor.tree).await?;
        let by = &Acting::system(tree, by.now, by.today);
        let left = positions.iter().map(|(_, head, after)| head - after);
        caught.all = u64::try_from(left.sum::<i64>()).unwrap_or_default();
        for (lane, head, mut after) in positions {
            while after < head {
                let mut reader = self.db().read().await?;
                let found = store::changed(
                    &mut reader,
                    (&openers, &joiners),
                    (lane, after, head),
                    PIECE,
                );
                let mut piece = found.await?;
                let of_death = (&of_death.0[..], &of_death.1[..]);
                let which = (lane, after, piece.end);
                let dead = store::changed_beside_death(&mut reader, of_death, which).await?;
                drop(reader);
                let is_behind = |(_, enrollment, version): &(Uuid, Uuid, i64)| {
                    !self.opened().take(*enrollment, *version)
                };
                piece.changed.retain(is_behind);
                caught.looked_at += piece.changed.len() as u64;
                caught.changed += self.open_all(by, piece.changed).await?;
                for subject in dead {
                    caught.changed += self.end_with_death(by, subject).await?;
                }
                let mut tx = self.db().begin(None).await?;
                store::advance(&mut tx, READER, (lane, piece.end)).await?;
                tx.commit().await?;
                caught.read += u64::try_from(piece.end - after).unwrap_or_default();
                after = piece.end;
                progress(&caught);
            }
        }
        Ok(caught)
    }

    /// The ids of the forms whose records open an enrollment, or go into one that is there.
    fn forms_that_open(&self, joins: bool) -> Vec<&str> {
        let mut forms = Vec::new();
        for program in &self.pack().programs {
            let opens = program.opens.iter().filter(|opens| opens.joins == joins);
            forms.extend(opens.map(|opens| &*program.form(opens.form).id));
        }
        forms
    }

    /// Does what many enrollments open: whoever is new is planned side by side and written together, as in an import.
    async fn open_all(&self, by: &Acting, openers: Vec<(Uuid, Uuid, i64)>) -> Result<u64, Error> {
        let by = Acting::system(by.actor.tree.clone(), by.now, by.today);
        let tasks = openers.into_iter().map(|(subject, enrollment, _)| {
            let opener = (subject, enrollment);
            let (care, by) = (self.clone(), by.clone());
            async move {
                let planned = tokio::spawn(async move { care.plan_new(&by, opener).await });
                planned.await.unwrap_or_else(|error| {
                    let text = format!("opening was given up: {error}");
                    Err(crate::db::Error::NotSaved(text.into()).into())
                })
            }
        });
        let mut groups = stream::iter(tasks)
            .buffer_unordered(2 * AT_ONCE)
            .ready_chunks(AT_ONCE);
        let mut changed = 0;
        while let Some(group) = groups.next().await {
            let mut pending = Vec::new();
            let (mut alone, mut together) = (Vec::new(), Vec::new());
            for planned in group {
                let mut planned: Planned = planned?;
                if planned.is_whole {
                    together.push(planned.opener);
                    pending.append(&mut planned.pending);
                } else {
                    alone.push(planned.opener);
                }
            }
            let count = pending.len() as u64;
            if self.write_pending(&by, pending).await? {
                changed += count;
            } else {
                alone.append(&mut together);
            }
            for opener in alone {
                changed += self.open_linked(&by, opener).await?;
            }
        }
        Ok(changed)
    }

    /// What an enrollment opens, when it is all about subjects of whom nothing is stored yet.
    async fn plan_new(&self, by: &Acting, opener: (Uuid, Uuid)) -> Result<Planned, Error> {
        let mut planned = Planned {
            opener,
            pending: Vec::new(),
            is_whole: true,
        };
        let Some(keys) = self.keys() else {
            return Ok(planned);
        };
        let Some(looked) = self.look_at_opener(by, keys, opener).await? else {
            return Ok(planned);
        };
        for step in looked.steps(self) {
            let is_new = matches!(step, Step::Follow(_, _, None));
            match is_new {
                true => match self.take_step(by, keys, &looked, step).await? {
                    None => {}
                    Some(Came::Write(pending)) if pending.is_new() => {
                        planned.pending.push(*pending)
                    }
                    Some(Came::Write(_) | Came::Again) => planned.is_whole = false,
                },
                false => planned.is_whole = false,
            }
        }
        Ok(planned)
    }
}

/// What an enrollment opens, ready to be written with that of others.
struct Planned {
    opener: (Uuid, Uuid),
    pending: Vec<Pending>,
    /// False: not all of it could be planned; it has to be done by itself.
    is_whole: bool,
}
