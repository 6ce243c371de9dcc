//! The server: one folder per capability.
//!
//! Start reading at [`db`]: how a write becomes durable decides the shape of everything above it.

pub mod access;
pub mod audit;
pub mod db;
pub mod http;
pub mod keys;
pub mod planning;
pub mod registry;
pub mod texts;
pub mod ui;

#[cfg(test)]
mod testkit;
