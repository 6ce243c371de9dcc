//! The server: one folder per capability.

pub mod planning;
