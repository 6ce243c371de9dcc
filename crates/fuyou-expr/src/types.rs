use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Static type of an expression. `NULL` is a value of every type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// True, false or unknown.
    Boolean,
    /// A whole number.
    Integer,
    /// An exact number with this many decimals (1 to [`SCALE_MAX`](crate::SCALE_MAX)), held as a scaled integer.
    Decimal(u8),
    /// Any text.
    Text,
    /// One code of a value set.
    Code(Arc<ValueSet>),
    /// Any number of codes of a value set, each once.
    Codes(Arc<ValueSet>),
    /// A civil date.
    Date,
}

impl Type {
    /// The numeric type of so many decimals: `Integer` for none.
    pub fn number(scale: u8) -> Type {
        if scale == 0 {
            Type::Integer
        } else {
            Type::Decimal(scale)
        }
    }

    /// Decimals of a numeric type.
    pub fn scale(&self) -> Option<u8> {
        match self {
            Type::Integer => Some(0),
            Type::Decimal(scale) => Some(*scale),
            Type::Boolean | Type::Text | Type::Code(_) | Type::Codes(_) | Type::Date => None,
        }
    }

    /// The value set of a code or of codes.
    pub fn value_set(&self) -> Option<&Arc<ValueSet>> {
        match self {
            Type::Code(set) | Type::Codes(set) => Some(set),
            Type::Boolean | Type::Integer | Type::Decimal(_) | Type::Text | Type::Date => None,
        }
    }
}

/// As packs and messages write it: `decimal(1)`, `code(risk)`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Boolean => f.write_str("boolean"),
            Type::Integer => f.write_str("integer"),
            Type::Decimal(scale) => write!(f, "decimal({scale})"),
            Type::Text => f.write_str("text"),
            Type::Code(set) => write!(f, "code({})", set.name()),
            Type::Codes(set) => write!(f, "codes({})", set.name()),
            Type::Date => f.write_str("date"),
        }
    }
}

/// The codes a field may take, in their order.
#[derive(Debug, PartialEq, Eq)]
pub struct ValueSet {
    name: Arc<str>,
    codes: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u16>,
    ordered: bool,
}

/// A value set that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueSetError {
    /// Empty, or with a character that the stored form needs for itself.
    #[error(
        "`{code}` in value set {set} is not a code: it must not be empty nor contain `|`, quotes or control characters"
    )]
    Code {
        /// Name of the value set.
        set: String,
        /// The offending code.
        code: String,
    },
    /// Listed twice.
    #[error("code `{code}` stands twice in value set {set}")]
    Twice {
        /// Name of the value set.
        set: String,
        /// The repeated code.
        code: String,
    },
    /// More codes than an index can count.
    #[error("value set {0} has more than 65535 codes")]
    TooMany(String),
}

impl ValueSet {
    /// A value set of these codes. When `ordered`, `<` and `max` compare codes by their place in the list.
    ///
    /// # Errors
    /// For a code that is empty, repeated, or contains `|`, a quote or a control character.
    pub fn new<C: Into<Arc<str>>>(
        name: impl Into<Arc<str>>,
        codes: impl IntoIterator<Item = C>,
        ordered: bool,
    ) -> Result<Arc<ValueSet>, ValueSetError> {
        let name = name.into();
        let codes: Vec<Arc<str>> = codes.into_iter().map(Into::into).collect();
        let mut index = HashMap::with_capacity(codes.len());
        for (at, code) in codes.iter().enumerate() {
            if code.is_empty()
                || code
                    .chars()
                    .any(|c| c.is_control() || matches!(c, '|' | '\'' | '"'))
            {
                return Err(ValueSetError::Code {
                    set: name.to_string(),
                    code: code.to_string(),
                });
            }
            let at = u16::try_from(at).map_err(|_| ValueSetError::TooMany(name.to_string()))?;
            if index.insert(Arc::clone(code), at).is_some() {
                return Err(ValueSetError::Twice {
                    set: name.to_string(),
                    code: code.to_string(),
                });
            }
        }
        Ok(Arc::new(ValueSet {
            name,
            codes,
            index,
            ordered,
        }))
    }

    /// Its name, unique in a pack.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All codes in order.
    pub fn codes(&self) -> &[Arc<str>] {
        &self.codes
    }

    /// Whether codes may be compared by rank.
    pub fn ordered(&self) -> bool {
        self.ordered
    }

    /// Place of a code in the list.
    pub fn index(&self, code: &str) -> Option<u16> {
        self.index.get(code).copied()
    }

    /// The code at a place.
    pub fn code(&self, index: u16) -> Option<&Arc<str>> {
        self.codes.get(usize::from(index))
    }
}
