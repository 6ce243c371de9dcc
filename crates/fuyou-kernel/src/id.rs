use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

/// What an id identifies. Implemented by the empty types in [`kinds`]; other crates may add theirs.
pub trait Kind {
    /// The word of the glossary, in snake_case.
    const WORD: &'static str;
}

/// A UUID (version 7 when made here) that knows what it identifies, so that ids of two kinds cannot be confused.
///
/// The client that creates a record creates its id; sending it twice is therefore harmless.
pub struct Id<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// The text is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the id of {article} {word}", article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })]
pub struct IdError {
    text: String,
    word: &'static str,
}

impl<K> Id<K> {
    /// A version 7 UUID of an instant (milliseconds since 1970) and 10 random bytes, both supplied by the caller:
    /// the kernel reads no clock and owns no randomness. Ids sort by their instant.
    pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// Takes over a stored or received UUID of any version.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// The bare UUID, for storage.
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.hyphenated().fmt(f)
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", K::WORD, self.uuid)
    }
}
impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self::from_uuid(uuid)),
            Err(_) => Err(IdError {
                text: text.to_owned(),
                word: K::WORD,
            }),
        }
    }
}

/// The kinds of things that have an id. Empty types: they exist only as the parameter of [`Id`].
pub mod kinds {
    use super::Kind;

    /// A node of the tree of organizations.
    pub enum Organization {}
    impl Kind for Organization {
        const WORD: &'static str = "organization";
    }

    /// A staff member.
    pub enum Staff {}
    impl Kind for Staff {
        const WORD: &'static str = "staff";
    }

    /// Who logs in.
    pub enum User {}
    impl Kind for User {
        const WORD: &'static str = "user";
    }

    /// A person who is or may be served.
    pub enum Person {}
    impl Kind for Person {
        const WORD: &'static str = "person";
    }

    /// One subject in one program.
    pub enum Enrollment {}
    impl Kind for Enrollment {
        const WORD: &'static str = "enrollment";
    }

    /// One filled form on one day.
    pub enum Encounter {}
    impl Kind for Encounter {
        const WORD: &'static str = "encounter";
    }

    /// What is due for a subject.
    pub enum Task {}
    impl Kind for Task {
        const WORD: &'static str = "task";
    }

    /// A hand-over between organizations.
    pub enum Referral {}
    impl Kind for Referral {
        const WORD: &'static str = "referral";
    }

    /// A finding that somebody must see.
    pub enum Alert {}
    impl Kind for Alert {
        const WORD: &'static str = "alert";
    }

    /// An annual plan.
    pub enum Plan {}
    impl Kind for Plan {
        const WORD: &'static str = "plan";
    }

    /// One number of a plan.
    pub enum Target {}
    impl Kind for Target {
        const WORD: &'static str = "target";
    }

    /// One log-in.
    pub enum Session {}
    impl Kind for Session {
        const WORD: &'static str = "session";
    }

    /// One entry of the change feed.
    pub enum Change {}
    impl Kind for Change {
        const WORD: &'static str = "change";
    }

    /// One bulk import.
    pub enum Batch {}
    impl Kind for Batch {
        const WORD: &'static str = "batch";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_instant_and_read_back() {
        let early: Id<kinds::Person> = Id::new(1_767_225_600_000, [255; 10]);
        let late = Id::new(1_767_225_600_001, [0; 10]);
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
        assert_eq!(early.to_string().parse(), Ok(early));
        assert_eq!(format!("{early:?}"), format!("person:{early}"));
    }

    #[test]
    fn a_wrong_id_says_what_was_wanted() {
        let check = |message: String, expected: &str| assert_eq!(message, expected);
        check(
            "17".parse::<Id<kinds::Person>>().unwrap_err().to_string(),
            "`17` is not the id of a person",
        );
        check(
            "".parse::<Id<kinds::Encounter>>().unwrap_err().to_string(),
            "`` is not the id of an encounter",
        );
    }
}
