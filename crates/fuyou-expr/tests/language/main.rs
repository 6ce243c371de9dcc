//! The expression language from outside: its rules, its complaints, its reference, and that every backend agrees.

mod agreement;
mod database;
mod diagnostics;
mod generate;
mod reference;
mod rules;
mod world;
