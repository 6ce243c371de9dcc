//! What a job is.

use std::str::FromStr;

use fuyou_kernel::{Id, Localized, Timestamp};
use uuid::Uuid;

use crate::access::{Action, Actor, UserId};
use crate::http::Cx;

/// A job is known by its id.
pub enum JobKind {}
impl fuyou_kernel::Kind for JobKind {
    const WORD: &'static str = "job";
}

/// Id of a job.
pub type JobId = Id<JobKind>;

/// A job that has not said anything for so long was cut off: its process ended, or lost the database.
const SILENCE_MAX_MS: i64 = 60_000;
pub(super) const DAY_MS: i64 = 86_400_000;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of records is imported.
    Import,
    /// The chains of the audit trail are walked.
    VerifyAudit,
    /// The golden cases of the pack are run.
    TestPack,
    /// The figures in memory are loaded anew.
    LoadFigures,
    /// Everything sealed is sealed with a new key.
    RotateKeys,
    /// The database is copied into a file.
    Backup,
    /// A list is written into a file.
    Export,
    /// The annual summary is written.
    Summary,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::Import,
        Kind::VerifyAudit,
        Kind::TestPack,
        Kind::LoadFigures,
        Kind::RotateKeys,
        Kind::Backup,
        Kind::Export,
        Kind::Summary,
    ];

    /// The word in storage and texts.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Import => "import",
            Kind::VerifyAudit => "verify_audit",
            Kind::TestPack => "test_pack",
            Kind::LoadFigures => "load_figures",
            Kind::RotateKeys => "rotate_keys",
            Kind::Backup => "backup",
            Kind::Export => "export",
            Kind::Summary => "summary",
        }
    }

    /// The right that such work needs.
    pub fn right(self) -> Action {
        match self {
            Kind::Import => Action::ImportData,
            Kind::VerifyAudit => Action::ReadAudit,
            Kind::TestPack => Action::ReadPacks,
            Kind::LoadFigures | Kind::RotateKeys | Kind::Backup => Action::ManageSystem,
            Kind::Export => Action::ExportData,
            Kind::Summary => Action::ReadIndicators,
        }
    }

    /// Whether an actor can have such jobs on the page of jobs.
    pub(super) fn may_be_seen(self, actor: &Actor) -> bool {
        self.makes_file() || actor.may(self.right())
    }

    /// Whether it makes a file for who asks: its place is where that is asked for, and it is not kept for long.
    pub(super) fn makes_file(self) -> bool {
        matches!(self, Kind::Export | Kind::Summary)
    }

    /// Days for which what such work leaves is kept.
    pub(super) fn days_kept(self) -> i64 {
        if self.makes_file() { 7 } else { 30 }
    }

    /// Whether everybody with the right sees such jobs of others; an import is its owner's affair.
    pub(super) fn is_shared(self) -> bool {
        matches!(self, Kind::VerifyAudit | Kind::TestPack)
    }

    /// Where a form is sent to start such work, or to go on with it where it stopped. A copy is made by the command line.
    pub(super) fn starts_at(self, job: &Job) -> Option<String> {
        match self {
            Kind::Import => Some(format!("/imports/{}/resumed", job.id)),
            Kind::Export | Kind::Summary => Some(job.place.clone()),
            Kind::VerifyAudit => Some("/audit/verified".to_owned()),
            Kind::TestPack => Some("/packs/tested".to_owned()),
            Kind::LoadFigures => Some("/system/figures".to_owned()),
            Kind::RotateKeys => Some("/system/keys".to_owned()),
            Kind::Backup => None,
        }
    }

    /// Whether work that was stopped goes on where it was; otherwise it begins anew.
    pub(super) fn goes_on(self) -> bool {
        matches!(self, Kind::Import | Kind::VerifyAudit | Kind::RotateKeys)
    }
}

impl FromStr for Kind {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let found = Kind::ALL.into_iter().find(|kind| kind.word() == text);
        found.ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its work goes on.
    Running,
    /// It was asked to stop.
    Stopping,
    /// It stopped when it was asked to.
    Stopped,
    /// It reached its end.
    Done,
    /// It could not go on.
    Failed,
    /// It was running and has been silent since; never stored.
    CutOff,
}

impl State {
    /// Every state.
    pub const ALL: [State; 6] = [
        State::Running,
        State::Stopping,
        State::Stopped,
        State::Done,
        State::Failed,
        State::CutOff,
    ];

    /// The word in storage and texts.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Stopping => "stopping",
            State::Stopped => "stopped",
            State::Done => "done",
            State::Failed => "failed",
            State::CutOff => "cut_off",
        }
    }

    /// Whether work goes on.
    pub fn is_alive(self) -> bool {
        matches!(self, State::Running | State::Stopping)
    }
}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let found = State::ALL.into_iter().find(|state| state.word() == text);
        found.ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// A stored word of a job is not one of ours.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no word of a job")]
pub struct UnknownState(String);

/// Which jobs are looked for.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only those that were stored in this state.
    pub state: Option<State>,
}

/// A job to be started.
#[derive(Clone, Debug)]
pub struct New {
    /// What is done.
    pub kind: Kind,
    /// What it is done to, such as the name of a file; may be empty.
    pub name: String,
    /// Of the jobs with the same text here only one runs at a time.
    pub same: String,
    /// Where the work goes on; empty when it begins.
    pub place: String,
    /// Who starts it: id, login, organization.
    pub by: By,
}

impl New {
    /// A job that makes a file for who asks: `name` is the file's, `address` is where it was asked for.
    pub fn file(cx: &Cx, kind: Kind, name: String, address: &str) -> New {
        New {
            kind,
            name,
            same: format!("{}{address}", rights(&cx.actor)),
            place: address.to_owned(),
            by: By {
                user: Some(cx.actor.id),
                login: cx.actor.login.clone(),
                organization: Some(cx.actor.organization.uuid()),
            },
        }
    }
}

/// By whose rights a file is made: somebody who works elsewhere or as something else since does not get it.
pub(super) fn rights(actor: &Actor) -> String {
    format!("{} {} {} ", actor.id, actor.organization, actor.role.word())
}

/// Who starts a job; the command line has a login only.
#[derive(Clone, Debug)]
pub struct By {
    /// The user.
    pub user: Option<UserId>,
    /// The login.
    pub login: String,
    /// Where the user works.
    pub organization: Option<Uuid>,
}

/// How work ended.
#[derive(Clone, Debug)]
pub enum Ended {
    /// It reached its end, with these counts: key of the text (`job-figure-…`) and number.
    Done(Vec<(&'static str, i64)>),
    /// It reached its end and found something wrong.
    Found(Vec<(&'static str, i64)>, Localized),
    /// It stopped because it was asked to.
    Stopped(Vec<(&'static str, i64)>),
    /// It could not go on.
    Failed(Localized),
}

/// A job as it stands.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is done.
    pub kind: Kind,
    /// What it is done to.
    pub name: String,
    /// How it stands, as it was stored; [`Job::state_at`] knows whether it was cut off.
    pub stored: State,
    /// How far it is, in parts of `total`.
    pub done: i64,
    /// All there is to do; 0 while nobody knows.
    pub total: i64,
    /// Of the jobs with the same text here only one runs at a time; of one that makes a file it begins with whose rights
    /// the file was made by.
    pub same: String,
    /// Where it would go on.
    pub place: String,
    /// Counts: key of the text and number.
    pub figures: Vec<(String, i64)>,
    /// What was found wrong, or why it could not go on.
    pub problem: Option<Localized>,
    /// Who started it.
    pub started_by: Option<UserId>,
    /// The login of who started it.
    pub login: String,
    /// When.
    pub begun_at: Timestamp,
    /// When it said last how far it is.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Job {
    /// How it stands at an instant.
    pub fn state_at(&self, now: Timestamp) -> State {
        let silent = now.as_millisecond() - self.updated_at.as_millisecond() > SILENCE_MAX_MS;
        if self.stored.is_alive() && silent {
            State::CutOff
        } else {
            self.stored
        }
    }

    /// Until when what it left is kept.
    pub fn kept_until(&self) -> Option<Timestamp> {
        let from = self.ended_at.unwrap_or(self.begun_at).as_millisecond();
        Timestamp::from_millisecond(from + self.kind.days_kept() * DAY_MS).ok()
    }

    /// A count by the key of its text.
    pub fn figure(&self, key: &str) -> Option<i64> {
        let found = self.figures.iter().find(|(known, _)| known == key);
        found.map(|(_, count)| *count)
    }
}

/// Where a page of jobs ends: when its last one was begun, and which that is, because several may begin at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// To the millisecond.
    pub begun_at: Timestamp,
    /// The job.
    pub id: JobId,
}

impl Place {
    /// As it stands in an address.
    pub(super) fn text(&self) -> String {
        format!(
            "{}-{}",
            self.begun_at.as_millisecond(),
            self.id.uuid().simple()
        )
    }

    /// From an address.
    pub(super) fn of(text: &str) -> Option<Place> {
        let (begun, id) = text.split_once('-')?;
        Some(Place {
            begun_at: Timestamp::from_millisecond(begun.parse().ok()?).ok()?,
            id: Id::from_uuid(Uuid::try_parse(id).ok()?),
        })
    }
}
