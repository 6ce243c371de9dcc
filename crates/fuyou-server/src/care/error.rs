//! What can go wrong in care.

use fuyou_expr::Type;
use fuyou_kernel::Localized;
use fuyou_pack::record::{Checked, Finding};

use super::{EncounterId, EnrollmentId};
use crate::access::Denied;
use crate::db;

/// Why something was not stored or not shown. Nothing is written when this is returned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The actor may not do this for this subject. Shown as "not found".
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The subject, enrollment, record, task, list, program or form is not there, or not for this actor.
    #[error("{0} was not found")]
    NotFound(&'static str),
    /// The record has values that are refused, or lacks reasons.
    #[error("the record was refused: {0}")]
    Refused(Box<Refusal>),
    /// The same id was used before for something else.
    #[error("{0} was used before for another content")]
    IdTaken(uuid::Uuid),
    /// Somebody else changed the record or the enrollment since it was read.
    #[error("{0}")]
    Stale(Box<Stale>),
    /// The subject already has an open enrollment in this program, and may have only one.
    #[error("enrollment {0} is still open")]
    StillOpen(EnrollmentId),
    /// The enrollment is closed: reopen it first.
    #[error("enrollment {0} is closed")]
    Closed(EnrollmentId),
    /// There is no enrollment to record into; the form named opens one.
    #[error("there is no enrollment; form {0} opens one")]
    NotEnrolled(String),
    /// The form may not be corrected.
    #[error("records of form {0} cannot be corrected")]
    NotCorrectable(String),
    /// The record was voided before.
    #[error("record {0} is void")]
    Void(EncounterId),
    /// A reason is required and was not given.
    #[error("a reason is required")]
    NoReason,
    /// The step does not follow from the state of the referral or task.
    #[error("it is {state}: {step} does not follow")]
    Step {
        /// The state.
        state: &'static str,
        /// What was tried.
        step: &'static str,
    },
    /// What the database holds is not what the pack says.
    #[error("{column} holds {text:?}, which is not of type {ty}")]
    Stored {
        /// Table and column.
        column: String,
        /// What stands there.
        text: String,
        /// What should.
        ty: String,
    },
    /// The record was merged into another one: everything about her stands there.
    #[error("{from} was merged into {into}")]
    Merged {
        /// The id that was asked for.
        from: uuid::Uuid,
        /// The one that she has now.
        into: uuid::Uuid,
    },
    /// What is asked of a field would read the records of more enrollments than this.
    #[error("the records of more than {0} enrollments would have to be read")]
    TooWide(u32),
    /// Others changed the enrollment again and again while this was tried.
    #[error("enrollment {0} is too busy, try again")]
    Busy(EnrollmentId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl From<sqlx::Error> for Error {
    fn from(err: sqlx::Error) -> Self {
        Error::Store(err.into())
    }
}

impl Error {
    pub(crate) fn stored(column: &str, text: &str, ty: &Type) -> Self {
        Error::Stored {
            column: column.to_owned(),
            text: text.to_owned(),
            ty: ty.to_string(),
        }
    }

    /// What the person at the desk reads.
    pub fn message(&self) -> Localized {
        match self {
            Error::Denied(_) | Error::NotFound(_) => Localized::new("没有找到", "Not found"),
            Error::Refused(refusal) => refusal.message(),
            Error::IdTaken(_) => Localized::new(
                "这个编号已用于另一条内容不同的记录,请重新打开表单",
                "This id was already used for a record with other content; open the form again",
            ),
            Error::Stale(_) => Localized::new(
                "在您填写期间,别人修改了这条记录:请对照两个版本后再保存",
                "Somebody else changed this while you were typing: compare both versions, then save again",
            ),
            Error::StillOpen(_) => Localized::new(
                "该服务对象已有一份未结案的档案,请先结案或在原档案中记录",
                "There is already an open enrollment; record there, or close it first",
            ),
            Error::Closed(_) => Localized::new(
                "档案已结案,请先重新启用",
                "The enrollment is closed; reopen it first",
            ),
            Error::NotEnrolled(_) => {
                Localized::new("尚未建册,请先建册", "Not enrolled yet; book first")
            }
            Error::NotCorrectable(_) => Localized::new(
                "这类记录不能更正,只能作废后重填",
                "Such records cannot be corrected; void it and fill in a new one",
            ),
            Error::Void(_) => Localized::new("这条记录已作废", "This record is void"),
            Error::NoReason => Localized::new("请写明原因", "Please give a reason"),
            Error::Step { .. } => Localized::new(
                "当前状态下不能这样做",
                "This does not follow from the present state",
            ),
            Error::Merged { .. } => Localized::new(
                "这份档案已合并到另一份档案",
                "This record was merged into another one",
            ),
            Error::TooWide(most) => Localized::new(
                format!(
                    "按表单字段筛选或排序要逐份翻看服务记录,一次最多 {most} 份档案,现在的范围超过了:请先选一个下级机构,或用表单字段以外的列缩小范围"
                ),
                format!(
                    "filtering or sorting by a field of a form reads the records one by one, of at most {most} enrollments, and there are more: choose an organization below, or narrow by columns that are no fields of a form"
                ),
            ),
            Error::Busy(_) => Localized::new(
                "这份档案正被多人同时修改,请再试一次",
                "Several people are changing this at once; try again",
            ),
            Error::Stored { .. } | Error::Store(_) => Localized::new(
                "系统出错,没有保存",
                "Something went wrong; nothing was saved",
            ),
        }
    }
}

/// Why a record was refused.
#[derive(Debug)]
pub struct Refusal {
    /// What is wrong, and what lacks a reason.
    pub findings: Vec<Finding>,
    /// The draft checked, to show the form again; `None` when the day of service or a value could not be read.
    pub checked: Option<Checked>,
}

impl Refusal {
    /// All messages in one line per language.
    pub fn message(&self) -> Localized {
        let join = |pick: fn(&Localized) -> &str, separator: &str| {
            self.findings
                .iter()
                .map(|finding| pick(&finding.message))
                .collect::<Vec<_>>()
                .join(separator)
        };
        Localized::new(join(|text| &text.zh, ";"), join(|text| &text.en, "; "))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<&str> = self.findings.iter().map(|finding| &*finding.kind).collect();
        f.write_str(&kinds.join(", "))
    }
}

/// Two people changed the same thing.
#[derive(Debug, Clone)]
pub struct Stale {
    /// What: `enrollment`, `encounter`, `referral`.
    pub entity: &'static str,
    /// Which.
    pub id: uuid::Uuid,
    /// The version that the person at the desk saw.
    pub seen: i64,
    /// The version that stands there now; read it from the story to show both.
    pub stored: i64,
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} {} is at version {}, not {}",
            self.entity, self.id, self.stored, self.seen
        )
    }
}

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A column of a pack table has another type than the pack says now.
    #[error(
        "{table}.{column} is stored as {stored}, the pack says {wanted}: give the field a new id / 字段类型已改变,请换用新的字段标识"
    )]
    ColumnChanged {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The stored type.
        stored: String,
        /// The type that the pack needs.
        wanted: String,
    },
    /// A name of the pack cannot be a name in the database, or two things would share one.
    #[error("{0:?} cannot be the name of a table or column / 不能用作表名或列名")]
    Name(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl From<sqlx::Error> for InstallError {
    fn from(err: sqlx::Error) -> Self {
        InstallError::Store(err.into())
    }
}
