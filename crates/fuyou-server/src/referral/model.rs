//! What a hand-over is.

use std::collections::HashMap;

use fuyou_kernel::{Date, Id, Timestamp, kinds};
use fuyou_pack::model::{ProgramIx, ReferralIx};
pub use fuyou_pack::replay::ReferralState;

use super::{Slip, Urgency};
use crate::care::{EnrollmentId, SubjectId};
use crate::registry::OrganizationId;

/// Id of a referral.
pub type ReferralId = Id<kinds::Referral>;

/// A new hand-over.
#[derive(Clone, Debug)]
pub struct Sending {
    /// Made by the client.
    pub id: ReferralId,
    /// Whom it is about.
    pub subject: SubjectId,
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The kind, by the pack's id.
    pub kind: String,
    /// The organization that shall take the subject. It may open the record from now on.
    pub to: OrganizationId,
    /// Why, in the sender's words.
    pub reason: String,
    /// What goes along.
    pub slip: Slip,
}

/// What happens to a hand-over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The receiver will take the subject.
    Accept,
    /// The receiver will not.
    Decline {
        /// Why.
        reason: String,
    },
    /// The subject is there.
    Arrive {
        /// On which day.
        on: Date,
    },
    /// The subject did not come.
    NotArrived {
        /// What is known of it.
        note: String,
    },
    /// The receiver tells what was found and done.
    Feedback {
        /// What.
        note: String,
        /// On which day.
        on: Date,
    },
    /// The sender has asked the subject.
    FollowUp {
        /// What came of it.
        note: String,
    },
    /// Nothing is left to do.
    Close,
    /// The sender withdraws it.
    Cancel {
        /// Why.
        reason: String,
    },
}

/// A referral as this reader may see it.
#[derive(Clone, Debug)]
pub struct ReferralShown {
    /// The referral.
    pub id: ReferralId,
    /// Whom it is about; names come from the registry.
    pub subject: SubjectId,
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The program.
    pub program: ProgramIx,
    /// The kind.
    pub kind: ReferralIx,
    /// From.
    pub from: OrganizationId,
    /// To.
    pub to: OrganizationId,
    /// How far it is.
    pub state: ReferralState,
    /// Its version.
    pub version: i64,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Why it was sent.
    pub reason: String,
    /// The last day to arrive.
    pub arrive_by: Option<Date>,
    /// The day of arrival.
    pub arrived_on: Option<Date>,
    /// The last day for feedback.
    pub feedback_by: Option<Date>,
    /// The day of feedback.
    pub feedback_on: Option<Date>,
    /// What was found and done.
    pub feedback: Option<String>,
    /// The last day for the sender's own asking.
    pub follow_up_by: Option<Date>,
    /// What came of the asking.
    pub follow_up: Option<String>,
    /// Why it was declined, cancelled, or what is known of a subject who did not come.
    pub remark: Option<String>,
    /// To whom it is shown when it is late.
    pub escalates_to: Option<OrganizationId>,
    /// The next clock that runs out: the last day of what must happen next; `None` when nothing must.
    pub next_by: Option<Date>,
}

/// Which side of the referral desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Sent to the actor's subtree.
    #[default]
    Incoming,
    /// Sent from the actor's subtree.
    Outgoing,
    /// The subject is there, and nobody has answered yet: to whom she was sent, and who sent her, both see it.
    Unanswered,
    /// Late, and shown to the actor because of it.
    Escalated,
}

impl Side {
    /// All of them, in the order of the desk.
    pub const ALL: [Side; 4] = [
        Side::Incoming,
        Side::Outgoing,
        Side::Unanswered,
        Side::Escalated,
    ];
}

/// Which referrals.
#[derive(Clone, Debug, Default)]
pub struct DeskFilter {
    /// Which side; none for the incoming ones, or, where nothing comes in, the outgoing ones.
    pub side: Option<Side>,
    /// Which of them.
    pub span: Span,
}

/// Which referrals of a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// Something must still happen, and it is not late by more than [`LATE_DAYS_MAX`].
    #[default]
    Running,
    /// Late by more than that: somebody has to find out what became of her.
    Older,
    /// Every referral.
    All,
}

/// Days late after which a referral no longer stands among the day's work.
pub const LATE_DAYS_MAX: i32 = 30;

/// How many referrals of a side are running.
#[derive(Clone, Copy, Debug, Default)]
pub struct SideCount {
    /// Something must still happen, and it is not late by more than [`LATE_DAYS_MAX`].
    pub running: i64,
    /// How many of those are late.
    pub late: i64,
    /// Late by more than that.
    pub older: i64,
}

/// One page of the referral desk, the most urgent first.
#[derive(Clone, Debug)]
pub struct DeskPage {
    /// The side.
    pub side: Side,
    /// The referrals.
    pub rows: Vec<ReferralShown>,
    /// How many there are on each side, in the order of [`Side::ALL`].
    pub counts: [SideCount; Side::ALL.len()],
    /// Those of them that cannot wait.
    pub urgent: HashMap<ReferralId, Urgency>,
    /// Where the next page begins.
    pub next: Option<crate::care::Cursor>,
}
