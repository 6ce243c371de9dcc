//! The engine: a pack installed in a database, and what its use cases share.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use fuyou_kernel::{Date, Timestamp};
use fuyou_pack::model::{FormIx, ProgramIx};
use fuyou_pack::{Pack, Program};
use tokio::sync::{RwLock, Semaphore, SemaphorePermit};
use uuid::Uuid;

use super::derive::Surroundings;
use super::file::{File, Reading};
use super::group::Waiting;
use super::hints::Sheets;
use super::memory::{Around, Memory};
use super::opening::Opened;
use super::tables::{self, Tables};
use super::{Acting, Error, InstallError, file, store};
use crate::access::{Action, Denied, opens_to};
use crate::db::Db;
use crate::keys::Keyring;
use crate::registry::{OrganizationId, Standing, Tree, standing};

/// What differs between installations.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Minutes that the county's clocks are ahead of UTC: days and instants meet in it. China: 480.
    pub utc_offset_minutes: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            utc_offset_minutes: 480,
        }
    }
}

/// A pack installed in a database. Cheap to clone.
#[derive(Clone)]
pub struct Care(Arc<Inner>);

struct Inner {
    db: Db,
    pack: Arc<Pack>,
    pack_stamp: String,
    tables: Tables,
    settings: Settings,
    waiting: Waiting,
    memory: Memory,
    sheets: Sheets,
    /// The last change of the tree of organizations that somebody came with.
    tree_stamp: AtomicI64,
    /// Held by each opening that is under way.
    openings: Arc<RwLock<()>>,
    /// Places for those who compute what a record leads to.
    desks: Semaphore,
    /// What this process has opened, until the change feed comes to it.
    opened: Opened,
    /// For registering whom a record opens; without them that waits for a process that has them.
    keys: OnceLock<Keyring>,
}

/// An enrollment computed otherwise: ids of its tasks, hits, points of the trajectory.
pub(super) type ComputedOtherwise = (Uuid, [Vec<Uuid>; 3]);

/// A subject's file with what stands around it.
pub(super) struct Base<'a> {
    pub file: &'a File,
    pub program_ix: ProgramIx,
    pub surroundings: Surroundings<'a>,
    /// Enrollments computed by another version of the pack, or under another tree.
    pub computed_otherwise: Vec<ComputedOtherwise>,
    /// The day of the subject's death, where it was asked for: nothing that must not follow it begins later.
    pub died_on: Option<Date>,
}

impl<'a> Base<'a> {
    /// What the computation of an enrollment depends on besides its records.
    pub(super) fn around(&self, by: &Acting) -> Around {
        Around {
            profile: self.file.profile.clone(),
            tree: by.actor.tree.clone(),
        }
    }

    pub(super) fn program(&self) -> &'a Program {
        self.surroundings.program
    }
}

impl Care {
    /// Creates or widens the tables of the pack and their readable views, and notes the pack's version.
    ///
    /// # Errors
    /// [`InstallError::ColumnChanged`] when a stored column has another type than the pack says now.
    pub async fn install(
        db: Db,
        pack: Arc<Pack>,
        settings: Settings,
        now: Timestamp,
    ) -> Result<Care, InstallError> {
        let tables = Tables::of(&pack).map_err(InstallError::Name)?;
        tables::install(&db, &pack, &tables, now).await?;
        Ok(Care(Arc::new(Inner {
            waiting: Waiting::new(&db),
            memory: Memory::default(),
            sheets: Sheets::default(),
            tree_stamp: AtomicI64::new(0),
            openings: Arc::default(),
            desks: Semaphore::new(db.at_once()),
            opened: Opened::default(),
            keys: OnceLock::new(),
            db,
            pack_stamp: tables::stamp(&pack),
            pack,
            tables,
            settings,
        })))
    }

    /// The pack.
    pub fn pack(&self) -> &Arc<Pack> {
        &self.0.pack
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// What differs between installations.
    pub fn settings(&self) -> Settings {
        self.0.settings
    }

    /// The layers of the pack with their versions: what an enrollment was computed with.
    pub(super) fn pack_stamp(&self) -> &str {
        &self.0.pack_stamp
    }

    /// As [`Care::pack_stamp`], or nothing when the tree is not the last one: who came before it changed does not know
    /// whose tasks they are now, and what he computes is marked to be computed again.
    pub(super) fn stamp_under(&self, tree: &Tree) -> &str {
        let known = self.0.tree_stamp.fetch_max(tree.stamp(), Ordering::AcqRel);
        if tree.stamp() < known {
            return "";
        }
        self.pack_stamp()
    }

    /// Gives the engine the keys with which persons are registered whom a record opens. Only the first ones count.
    pub fn know_keys(&self, keys: Keyring) {
        let _ = self.0.keys.set(keys);
    }

    pub(super) fn keys(&self) -> Option<&Keyring> {
        self.0.keys.get()
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub(super) fn sheets(&self) -> &Sheets {
        &self.0.sheets
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.0.waiting
    }

    pub(super) fn opened(&self) -> &Opened {
        &self.0.opened
    }

    pub(super) fn openings(&self) -> &Arc<RwLock<()>> {
        &self.0.openings
    }

    /// Waits for a place where it may be computed what a record leads to.
    ///
    /// There is one less than processors. Whoever came first is next: without this line each thread of the server has one
    /// of its own, some are longer than others, and who already has an answer waits behind others who have only begun.
    pub(super) async fn desk(&self) -> Result<SemaphorePermit<'_>, Error> {
        let closed = |_| crate::db::Error::LaneUnavailable("the desks are closed".into());
        Ok(self.0.desks.acquire().await.map_err(closed)?)
    }

    pub(super) fn tables(&self) -> &Tables {
        &self.0.tables
    }

    pub(super) fn form_named(
        &self,
        program: &str,
        form: &str,
    ) -> Result<(ProgramIx, FormIx), Error> {
        let ix = self
            .pack()
            .program_ix(program)
            .ok_or(Error::NotFound("program"))?;
        let form = self
            .pack()
            .program(ix)
            .form_ix(form)
            .ok_or(Error::NotFound("form"))?;
        Ok((ix, form))
    }

    pub(super) fn surroundings<'a>(
        &'a self,
        program: ProgramIx,
        tree: &'a Tree,
        residence: Option<OrganizationId>,
    ) -> Surroundings<'a> {
        Surroundings {
            program: self.pack().program(program),
            tables: self.tables().program(program),
            tree,
            utc_offset_minutes: self.settings().utc_offset_minutes,
            residence,
        }
    }

    /// Reads a subject's file for an actor to whom it is open.
    pub(super) async fn open_file(
        &self,
        by: &Acting,
        subject: Uuid,
        reading: Reading,
    ) -> Result<File, Error> {
        let mut reader = self.db().glance().await?;
        let file = file::read_again(
            &mut reader,
            (self.pack(), self.tables()),
            self.memory(),
            (subject, reading),
        )
        .await?;
        if let Some(survivor) = file.merged_into {
            let Standing::Person(profile) = standing(&mut reader, survivor.uuid()).await? else {
                return Err(Error::NotFound("person"));
            };
            let residence = profile.residence.ok_or(Error::NotFound("person"))?;
            let moment = (by.now, by.today);
            // Whoever may not see her does not learn that there was a merge.
            opens_to(&by.actor, moment, &mut reader, survivor.uuid(), residence)
                .await?
                .ok_or(Denied(Action::ReadPerson))?;
            return Err(Error::Merged {
                from: subject,
                into: survivor.uuid(),
            });
        }
        match file.residence() {
            Some(residence) => {
                opens_to(
                    &by.actor,
                    (by.now, by.today),
                    &mut reader,
                    subject,
                    residence,
                )
                .await?
                .ok_or(Denied(Action::ReadPerson))?;
            }
            // Not a person: an organization, which those see who work there or above.
            None => by
                .actor
                .require(Action::ReadPerson, OrganizationId::from_uuid(subject))?,
        }
        if let Reading::Program(program) = reading
            && self.pack().program(program).subject != file.kind()
        {
            return Err(Error::NotFound("program"));
        }
        Ok(file)
    }

    /// A file with what stands around it. Asks the database only about enrollments of an earlier version of the pack.
    pub(super) async fn base<'a>(
        &'a self,
        by: &'a Acting,
        file: &'a File,
        program_ix: ProgramIx,
    ) -> Result<Base<'a>, Error> {
        let mut computed_otherwise = Vec::new();
        for enrolled in &file.enrollments {
            let head = &enrolled.head;
            if head.program == program_ix && head.pack_version != self.pack_stamp() {
                let mut reader = self.db().glance().await?;
                computed_otherwise.push((
                    head.id,
                    store::derived_ids(&mut reader, file.subject, head.id).await?,
                ));
            }
        }
        let surroundings = self.surroundings(program_ix, &by.actor.tree, file.residence());
        Ok(Base {
            file,
            program_ix,
            surroundings,
            computed_otherwise,
            died_on: None,
        })
    }
}
