use std::fmt;
use std::str::FromStr;

/// How closely a value is kept. Ordered: what is computed from several values is as secret as the most secret of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Secrecy {
    /// Seen by everyone who may see the record.
    #[default]
    Open,
    /// Seen by those who care for the person; left out of lists, slips and messages.
    Sensitive,
    /// HIV, hepatitis and syphilis findings: a separate permission.
    Infection,
}

impl Secrecy {
    /// The word used in packs, in storage and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Secrecy::Open => "open",
            Secrecy::Sensitive => "sensitive",
            Secrecy::Infection => "infection",
        }
    }
}

impl fmt::Display for Secrecy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The text is none of the secrecy levels.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a secrecy level: open, sensitive or infection")]
pub struct SecrecyError(String);

impl FromStr for Secrecy {
    type Err = SecrecyError;

    fn from_str(text: &str) -> Result<Self, SecrecyError> {
        [Secrecy::Open, Secrecy::Sensitive, Secrecy::Infection]
            .into_iter()
            .find(|level| level.word() == text)
            .ok_or_else(|| SecrecyError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(Secrecy::Open < Secrecy::Sensitive && Secrecy::Sensitive < Secrecy::Infection);
        for level in [Secrecy::Open, Secrecy::Sensitive, Secrecy::Infection] {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!(
            "secret".parse::<Secrecy>().unwrap_err().to_string(),
            "`secret` is not a secrecy level: open, sensitive or infection"
        );
    }
}
