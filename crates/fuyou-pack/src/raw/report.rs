use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use fuyou_kernel::Localized;

use super::{At, Text, nearest};
use crate::diagnostic::Diagnostic;
use crate::model::Place;

/// A file with its text.
#[derive(Debug)]
pub(crate) struct FileText {
    /// As named in messages.
    pub path: Arc<str>,
    /// The pack that it belongs to.
    pub layer: Arc<str>,
    pub text: String,
    /// Where each line begins; found when first asked for.
    lines: OnceLock<Vec<usize>>,
}

impl FileText {
    pub fn new(path: Arc<str>, layer: Arc<str>, text: String) -> Self {
        Self {
            path,
            layer,
            text,
            lines: OnceLock::new(),
        }
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let after = self
                .text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(at, _)| at + 1);
            std::iter::once(0).chain(after).collect()
        })
    }
}

/// Collects everything that is wrong while reading goes on, in several threads at once.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub files: Vec<FileText>,
    found: Mutex<Vec<(At, Diagnostic)>>,
}

impl Report {
    pub fn error(&self, at: At, zh: impl Into<String>, en: impl Into<String>) {
        self.error_with(at, Localized::new(zh, en), None);
    }

    pub fn error_with(&self, at: At, message: Localized, suggestion: Option<String>) {
        let diagnostic = self.diagnostic(at, message, suggestion);
        self.found().push((at, diagnostic));
    }

    /// A name that nothing has, with the nearest of those that are known. `what` says what it should name, Chinese and
    /// English.
    pub fn unknown<'k>(
        &self,
        name: Text<'_>,
        known: impl IntoIterator<Item = &'k str>,
        (zh, en): (&str, &str),
    ) {
        let message = Localized::new(
            format!("没有{zh}「{}」", name.text),
            format!("there is no {en} `{}`", name.text),
        );
        let suggestion = nearest(name.text, known).map(str::to_owned);
        self.error_with(name.at, message, suggestion);
    }

    /// The position of a name among those that are known, or [`Report::unknown`].
    pub fn position<'k>(
        &self,
        name: Text<'_>,
        known: impl Iterator<Item = &'k str> + Clone,
        what: (&str, &str),
    ) -> Option<usize> {
        let found = known.clone().position(|known| known == name.text);
        if found.is_none() {
            self.unknown(name, known, what);
        }
        found
    }

    /// A diagnostic for a place, not yet counted as an error.
    pub fn diagnostic(&self, at: At, message: Localized, suggestion: Option<String>) -> Diagnostic {
        let place = self.place(at);
        Diagnostic {
            file: place.file,
            line: place.line,
            column: place.column,
            message,
            suggestion,
        }
    }

    /// Errors of an expression that stands in a TOML string.
    pub fn expression(&self, at: At, found: Vec<fuyou_expr::Diagnostic>) {
        for one in found {
            let inside = self.inside(at, one.start, one.end);
            self.error_with(inside, one.message, one.suggestion);
        }
    }

    pub fn place(&self, at: At) -> Place {
        let file = &self.files[at.file as usize];
        let start = (at.start as usize).min(file.text.len());
        let line = file.lines().partition_point(|line| *line <= start);
        let line_start = file.lines()[line - 1];
        let column = 1 + String::from_utf8_lossy(&file.text.as_bytes()[line_start..start])
            .chars()
            .count();
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            pack: Arc::clone(&file.layer),
            file: Arc::clone(&file.path),
            line: number(line),
            column: number(column),
        }
    }

    pub fn is_clean(&self) -> bool {
        self.found().is_empty()
    }

    /// All that was found, in the order of files and places, each once.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut found = self
            .found
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        found.sort_by_key(|(at, _)| (at.file, at.start));
        let mut diagnostics: Vec<Diagnostic> = Vec::with_capacity(found.len());
        for (_, diagnostic) in found {
            if diagnostics.last() != Some(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
        diagnostics
    }

    fn found(&self) -> MutexGuard<'_, Vec<(At, Diagnostic)>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of the file that hold bytes `start..end` of the string written at `at`.
    fn inside(&self, at: At, start: usize, end: usize) -> At {
        let raw = &self.files[at.file as usize].text[at.start as usize..at.end as usize];
        let offset =
            |inner: usize| at.start + u32::try_from(source_offset(raw, inner)).unwrap_or(0);
        let start = offset(start);
        At {
            file: at.file,
            start,
            end: offset(end).max(start + 1),
        }
    }
}

/// Where byte `inner` of a TOML string's value stands in the string as written, quotes included.
fn source_offset(raw: &str, inner: usize) -> usize {
    let (open, basic) = if raw.starts_with("\"\"\"") {
        (3, true)
    } else if raw.starts_with("'''") {
        (3, false)
    } else {
        (1, raw.starts_with('"'))
    };
    let mut position = open.min(raw.len());
    if open == 3 {
        // A line end straight after the opening quotes is not part of the value.
        let rest = &raw[position..];
        position += if rest.starts_with("\r\n") {
            2
        } else {
            usize::from(rest.starts_with('\n'))
        };
    }
    if !basic {
        return (position + inner).min(raw.len());
    }
    let mut value = 0;
    while value < inner {
        let Some(next) = raw[position..].chars().next() else {
            break;
        };
        if next != '\\' {
            position += next.len_utf8();
            value += next.len_utf8();
            continue;
        }
        let (written, meant) = escape(&raw[position..]);
        position += written;
        value += meant;
    }
    position.min(raw.len())
}

/// Bytes of an escape as written and of what it means.
fn escape(rest: &str) -> (usize, usize) {
    let hex = |digits: usize| {
        let code = rest
            .get(2..2 + digits)
            .and_then(|text| u32::from_str_radix(text, 16).ok());
        (
            2 + digits,
            code.and_then(char::from_u32).map_or(1, char::len_utf8),
        )
    };
    match rest.as_bytes().get(1) {
        Some(b'x') => hex(2),
        Some(b'u') => hex(4),
        Some(b'U') => hex(8),
        Some(b'\n' | b'\r' | b' ' | b'\t') => {
            let blank = rest[1..]
                .bytes()
                .take_while(u8::is_ascii_whitespace)
                .count();
            (1 + blank, 0)
        }
        _ => (2.min(rest.len()), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_inside_strings() {
        let check = |raw: &str, inner: usize, expected: &str| {
            assert_eq!(
                &raw[source_offset(raw, inner)..],
                expected,
                "{raw} at {inner}"
            );
        };
        check("'ab c'", 3, "c'");
        check("\"ab c\"", 3, "c\"");
        check("\"a\\\"b c\"", 3, " c\"");
        check("\"\\u4e2d x\"", 4, "x\"");
        check("\"\"\"\na\nb\"\"\"", 2, "b\"\"\"");
        check("'''\na\nb'''", 2, "b'''");
        check("\"\"\"a \\\n   b\"\"\"", 2, "\\\n   b\"\"\"");
        check("\"\"\"a \\\n   bc\"\"\"", 3, "c\"\"\"");
    }
}
