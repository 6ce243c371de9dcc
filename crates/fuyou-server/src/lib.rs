//! The server: one folder per capability.
//!
//! Start reading at [`db`]: how a write becomes durable decides the shape of everything above it.

pub mod audit;
pub mod db;
pub mod simulate;

#[cfg(test)]
mod testkit;
