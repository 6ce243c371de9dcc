//! Test support: the same scenario on both databases.
//!
//! SQLite always runs, in a temporary file. PostgreSQL runs when `FUYOU_TEST_POSTGRES` holds the address of a server
//! on which databases may be created (`postgres://postgres@127.0.0.1:5432/postgres`); each scenario gets a fresh one.

mod app;
pub(crate) mod county;
mod database;
mod log;
mod sample;

pub(crate) use app::{Answer, PASSWORD, TestApp, by_test, on_each_database, says, words};
pub(crate) use database::{TempDir, each_database, two_processes};
pub(crate) use log::Log;
pub(crate) use sample::{Enrolled, population, sample_pack, sample_pack_with, store_facts};
