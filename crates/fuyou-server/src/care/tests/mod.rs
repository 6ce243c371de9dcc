//! What the desk is promised, on both databases, with the packs of the repository.

pub(super) mod county;
mod recording;
mod replaying;
mod secrecy;
