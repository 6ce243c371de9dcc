//! What the desk is promised, on both databases, with the packs of the repository.

mod bad_input;
mod bare;
mod conditions;
mod kill;
mod missed;
mod next_pack;
mod recording;
mod replaying;
mod secrecy;
mod together;
