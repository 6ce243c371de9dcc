//! The expression language from outside: its rules, its complaints, its reference, and that every backend agrees.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod columns;
#[cfg(test)]
mod curves;
#[cfg(test)]
mod database;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod records;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod world;
