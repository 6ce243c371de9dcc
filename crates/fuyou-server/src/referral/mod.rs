//! Referral: hand-overs between organizations, with clocks, acceptance and feedback.
//!
//! A referral belongs to an enrollment, and facts read it: every step replays the enrollment in the same transaction.
//! The receiver may open the record from the moment of sending. A late referral is shown to the organization that the
//! pack names, by comparing its next day with today: no background job is needed.

mod desk;
mod file_web;
mod model;
mod slip;
mod slip_web;
mod steps;
mod store;
mod web;

pub(crate) use desk::shown;
pub use desk::{desk, incoming, slip as slip_of};
pub use model::{
    DeskFilter, DeskPage, LATE_DAYS_MAX, ReferralId, ReferralShown, ReferralState, Sending, Side,
    SideCount, Span, Step,
};
pub use slip::{Slip, Urgency};
pub use steps::{send, step};
pub(crate) use store::{Clocks, REFERRALS, ReferralChange, ReferralRow, set_clocks, store_change};
pub(crate) use web::routes;
