//! What a sound chain is.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use fuyou_kernel::{Timestamp, hex};
use uuid::Uuid;

use crate::db::{Entry, GENESIS, link};

/// Which entries to show. Empty texts and none let everything pass.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Login of the user.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To which table.
    pub entity: String,
    /// About which subject.
    pub subject: Option<Uuid>,
    /// From this instant.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
}

/// A place in the list of all entries: instant (milliseconds), lane, number. Written `1774500000000.0.12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Instant.
    pub at: Timestamp,
    /// Lane.
    pub lane: i64,
    /// Number in the lane.
    pub seq: i64,
}

impl Position {
    /// After every entry.
    pub const END: Position = Position {
        at: Timestamp::constant(32_503_680_000, 0),
        lane: 0,
        seq: 0,
    };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.as_millisecond(), self.lane, self.seq)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let mut parts = text.split('.').map(str::parse::<i64>);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Ok(at)), Some(Ok(lane)), Some(Ok(seq)), None) => {
                let at = Timestamp::from_millisecond(at).map_err(|_| PositionError)?;
                Ok(Position { at, lane, seq })
            }
            _ => Err(PositionError),
        }
    }
}

/// The text is not a place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the audit trail")]
pub struct PositionError;

/// The chains that were walked to their ends without a broken link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many chains.
    pub lanes: i64,
    /// How many entries in all of them.
    pub entries: i64,
}

/// The first broken link of a chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// A number is missing.
    #[error("lane {lane}: entry {expected} is missing, {found} follows")]
    Gap {
        /// The chain.
        lane: i64,
        /// The number that should come.
        expected: i64,
        /// The number that came.
        found: i64,
    },
    /// An entry does not point to the one before it.
    #[error("lane {lane}: entry {seq} does not continue the entry before it")]
    Link {
        /// The chain.
        lane: i64,
        /// The entry.
        seq: i64,
    },
    /// The content of an entry is not what its hash was made of.
    #[error("lane {lane}: entry {seq} was changed after it had been written")]
    Content {
        /// The chain.
        lane: i64,
        /// The entry.
        seq: i64,
    },
    /// The chain ends before or after the place where its lane says it ends.
    #[error("lane {lane}: the chain ends at {found}, the lane says {expected}")]
    End {
        /// The chain.
        lane: i64,
        /// Where it should end.
        expected: i64,
        /// Where it ends.
        found: i64,
    },
}

/// Where a lane says its chain ends.
pub(super) struct Head {
    pub lane: i64,
    pub seq: i64,
    pub hash: Vec<u8>,
}

/// An entry as it stands in the table.
pub(super) struct Stored {
    pub seq: i64,
    pub entry: Entry,
    pub prev_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// A walk along one chain.
pub(super) struct Walk {
    lane: i64,
    seq: i64,
    hash: Vec<u8>,
}

/// How far the chains were found sound: in each lane the number of an entry and its hash. Written `0.12.9f…;1.7.03…`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<i64, (i64, Vec<u8>)>);

impl Places {
    /// How many entries were found sound.
    pub fn entries(&self) -> i64 {
        self.0.values().map(|(seq, _)| seq).sum()
    }

    pub(super) fn note(&mut self, walk: &Walk) {
        self.0.insert(walk.lane, (walk.seq, walk.hash.clone()));
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (lane, (seq, hash))) in self.0.iter().enumerate() {
            let hash = hex(hash);
            write!(f, "{}{lane}.{seq}.{hash}", if at > 0 { ";" } else { "" })?;
        }
        Ok(())
    }
}

impl FromStr for Places {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, PositionError> {
        let place = |part: &str| {
            let mut parts = part.splitn(3, '.');
            let lane = parts.next()?.parse().ok()?;
            let seq = parts.next()?.parse().ok()?;
            let hex = parts.next()?;
            let byte = |at: usize| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok();
            let hash = (0..hex.len() / 2).map(byte).collect::<Option<Vec<u8>>>()?;
            Some((lane, (seq, hash)))
        };
        let parts = text.split(';').filter(|part| !part.is_empty());
        let places = parts.map(place).collect::<Option<_>>();
        places.map(Places).ok_or(PositionError)
    }
}

impl Walk {
    /// A walk that goes on after the place of its lane, or begins at the first entry.
    pub(super) fn from(places: &Places, lane: i64) -> Self {
        let (seq, hash) = places
            .0
            .get(&lane)
            .cloned()
            .unwrap_or_else(|| (0, GENESIS.to_vec()));
        Walk { lane, seq, hash }
    }

    /// The number of the last entry that was sound.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }

    pub(super) fn step(&mut self, stored: &Stored) -> Result<(), Break> {
        let (lane, seq) = (self.lane, stored.seq);
        if seq != self.seq + 1 {
            return Err(Break::Gap {
                lane,
                expected: self.seq + 1,
                found: seq,
            });
        }
        if stored.prev_hash != self.hash {
            return Err(Break::Link { lane, seq });
        }
        if link(&stored.prev_hash, lane, seq, &stored.entry).as_slice() != stored.hash {
            return Err(Break::Content { lane, seq });
        }
        self.seq = seq;
        self.hash.clone_from(&stored.hash);
        Ok(())
    }

    /// A writer may have added entries since the head was read, so the chain may go beyond it, never stop short.
    pub(super) fn end(&self, head: &Head) -> Result<(), Break> {
        let sound = self.seq > head.seq || (self.seq == head.seq && self.hash == head.hash);
        if sound {
            Ok(())
        } else {
            Err(Break::End {
                lane: self.lane,
                expected: head.seq,
                found: self.seq,
            })
        }
    }
}
