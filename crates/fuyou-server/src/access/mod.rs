//! Access: users, roles and what they may do.

mod actor;
mod role;

pub use actor::{Actor, Denied, UserId};
pub use role::{Action, Role};
