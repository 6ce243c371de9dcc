//! The server: one folder per capability.
//!
//! Start reading at [`db`]: how a write becomes durable decides the shape of everything above it.

pub mod access;
mod apart;
pub mod audit;
pub mod care;
pub mod db;
pub mod exchange;
pub mod http;
pub mod insight;
pub mod jobs;
pub mod keys;
pub mod packs;
pub mod planning;
pub mod referral;
pub mod registry;
pub mod simulate;
pub mod system;
pub mod texts;
pub mod ui;

#[cfg(test)]
mod testkit;
