use std::fmt;
use std::sync::Arc;

use fuyou_kernel::{Language, Localized};

/// One thing that is wrong with a pack, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as its path was given.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong and what was expected.
    pub message: Localized,
    /// What was probably meant, as it would be written.
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// One line for a terminal: `file:line:column: message`.
    pub fn render(&self, language: Language) -> String {
        let place = format!("{}:{}:{}", self.file, self.line, self.column);
        let message = self.message.get(language);
        match (&self.suggestion, language) {
            (None, _) => format!("{place}: {message}"),
            (Some(suggestion), Language::Zh) => format!("{place}: {message};是否想写 {suggestion}"),
            (Some(suggestion), Language::En) => {
                format!("{place}: {message}; did you mean {suggestion}")
            }
        }
    }
}

/// Both languages, Chinese first.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        match &self.suggestion {
            Some(suggestion) => write!(f, " (→ {suggestion})"),
            None => Ok(()),
        }
    }
}

/// A pack that was refused: everything that is wrong with it, in the order of files and lines.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the pack has {} errors, the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
pub struct PackErrors(pub Vec<Diagnostic>);
