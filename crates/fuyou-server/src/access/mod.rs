//! Access: users, sessions, roles, and which records open for whom.
//!
//! Invariants:
//! - a password is stored as argon2id, a session token as its hash, and neither is ever logged;
//! - an unknown login, a wrong password and a locked login get the same answer after the same work;
//! - a person's record opens by residence, by care relation, or with a reason that is written down ([`opens`]).

mod actor;
mod care;
mod glass_web;
mod password;
mod role;
mod session;
mod store;
mod user_web;
mod users;
mod users_web;
mod web;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod user_tests;

pub use actor::{Actor, Denied, UserId};
pub use care::{
    GLASS_REASON_CHARACTERS_MIN, Opened, OpenedPlace, Opening, break_glass, open_among,
    open_among_to, opened, opens, opens_to,
};
pub(crate) use password::Passwords;
pub use password::{PasswordCost, PasswordError};
pub use role::{Action, Role};
pub use session::{Session, authenticate, choose_language, log_in, log_out};
pub(crate) use users::names_at_work;
pub use users::{
    Change, NewUser, Standing, User, UserError, UserFilter, change_password, change_user,
    create_user, list, managed, reset_password, set_state, user_with_login,
};
pub(crate) use web::routes;
