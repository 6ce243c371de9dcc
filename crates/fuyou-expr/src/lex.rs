//! From characters to words and signs.

use std::ops::Range;

use crate::complaint::{self, at};
use crate::diagnostic::Diagnostic;
use crate::syntax::Operator;
use crate::tree::Comparison;

/// A word or sign, and its bytes in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub lexeme: Lexeme,
    start: u32,
    end: u32,
}

impl Token {
    pub fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexeme {
    /// A word of the language.
    Keyword(Keyword),
    /// Any other word.
    Word,
    /// `"name"`.
    Quoted,
    Number,
    /// `'text'`.
    Text,
    Open,
    Close,
    Comma,
    Dot,
    Operator(Operator),
    Compare(Comparison),
    /// Nothing more.
    End,
}

/// The words that are never names. Whatever else SQL reserves may be a column: `position`, `value`, `date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    And,
    Between,
    Case,
    Distinct,
    Else,
    End,
    False,
    From,
    In,
    Is,
    Like,
    Not,
    Null,
    Or,
    Then,
    True,
    Unknown,
    When,
    Where,
}

const KEYWORDS: [(&str, Keyword); 19] = [
    ("and", Keyword::And),
    ("between", Keyword::Between),
    ("case", Keyword::Case),
    ("distinct", Keyword::Distinct),
    ("else", Keyword::Else),
    ("end", Keyword::End),
    ("false", Keyword::False),
    ("from", Keyword::From),
    ("in", Keyword::In),
    ("is", Keyword::Is),
    ("like", Keyword::Like),
    ("not", Keyword::Not),
    ("null", Keyword::Null),
    ("or", Keyword::Or),
    ("then", Keyword::Then),
    ("true", Keyword::True),
    ("unknown", Keyword::Unknown),
    ("when", Keyword::When),
    ("where", Keyword::Where),
];

/// The keyword that a word is, in capital or small letters.
fn keyword(word: &str) -> Option<Keyword> {
    if word.len() > 8 {
        return None;
    }
    let found = KEYWORDS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word));
    found.map(|(_, keyword)| *keyword)
}

/// All words and signs of a text, the last one [`Lexeme::End`] directly behind them.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Diagnostic> {
    // More than any expression of a pack has per byte; saves growing.
    let mut tokens = Vec::with_capacity(text.len() / 4 + 2);
    let mut from = 0;
    let mut last = 0;
    while let Some(start) = skip_blanks(text, from)? {
        let (lexeme, end) = next(text, start)?;
        tokens.push(token(lexeme, start..end));
        (from, last) = (end, end);
    }
    tokens.push(token(Lexeme::End, last..last));
    Ok(tokens)
}

fn token(lexeme: Lexeme, range: Range<usize>) -> Token {
    let byte = |at: usize| u32::try_from(at).expect("texts are at most 16 KiB");
    Token {
        lexeme,
        start: byte(range.start),
        end: byte(range.end),
    }
}

/// Start of the next word, past blanks and comments; `None` at the end.
fn skip_blanks(text: &str, mut from: usize) -> Result<Option<usize>, Diagnostic> {
    loop {
        let rest = &text[from..];
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        if first.is_whitespace() {
            from += first.len_utf8();
        } else if rest.starts_with("--") {
            from += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            from = end_of_comment(text, from)?;
        } else {
            return Ok(Some(from));
        }
    }
}

/// Comments between `/*` and `*/` may contain others.
fn end_of_comment(text: &str, start: usize) -> Result<usize, Diagnostic> {
    let bytes = text.as_bytes();
    let (mut depth, mut from) = (1usize, start + 2);
    while depth > 0 {
        match bytes.get(from..from + 2) {
            Some(b"/*") => (depth, from) = (depth + 1, from + 2),
            Some(b"*/") => (depth, from) = (depth - 1, from + 2),
            Some(_) => from += 1,
            None => {
                return Err(at(
                    start..text.len(),
                    "注释没有结束，缺少 */",
                    "this comment has no end; it needs `*/`",
                ));
            }
        }
    }
    Ok(from)
}

/// The word or sign at `start`, and where it ends.
fn next(text: &str, start: usize) -> Result<(Lexeme, usize), Diagnostic> {
    let rest = &text[start..];
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied();
    let one = |lexeme| Ok((lexeme, start + 1));
    let two = |lexeme| Ok((lexeme, start + 2));
    match (bytes[0], second) {
        (b'0'..=b'9', _) => Ok((Lexeme::Number, start + number(bytes))),
        (b'.', Some(b'0'..=b'9')) => Ok((Lexeme::Number, start + number(bytes))),
        (b'\'', _) => Ok((Lexeme::Text, start + quoted(text, start, '\'')?)),
        (b'"', _) => Ok((Lexeme::Quoted, start + quoted(text, start, '"')?)),
        (b'|', Some(b'|')) => two(Lexeme::Operator(Operator::Concat)),
        (b'!', Some(b'=')) | (b'<', Some(b'>')) => two(Lexeme::Compare(Comparison::NotEqual)),
        (b'=', Some(b'=' | b'>' | b'<')) => Err(complaint::foreign_sign(text, start)),
        (b'<', Some(b'=')) if bytes.get(2) == Some(&b'>') => {
            Err(complaint::foreign_sign(text, start))
        }
        (b'<', Some(b'=')) => two(Lexeme::Compare(Comparison::LessOrEqual)),
        (b'>', Some(b'=')) => two(Lexeme::Compare(Comparison::GreaterOrEqual)),
        (b'<', Some(b'<')) | (b'>', Some(b'>')) | (b'-', Some(b'>')) => {
            Err(complaint::foreign_sign(text, start))
        }
        (b'<', _) => one(Lexeme::Compare(Comparison::Less)),
        (b'>', _) => one(Lexeme::Compare(Comparison::Greater)),
        (b'=', _) => one(Lexeme::Compare(Comparison::Equal)),
        (b'(', _) => one(Lexeme::Open),
        (b')', _) => one(Lexeme::Close),
        (b',', _) => one(Lexeme::Comma),
        (b'.', _) => one(Lexeme::Dot),
        (b'+', _) => one(Lexeme::Operator(Operator::Add)),
        (b'-', _) => one(Lexeme::Operator(Operator::Subtract)),
        (b'*', _) => one(Lexeme::Operator(Operator::Multiply)),
        (b'/', _) => one(Lexeme::Operator(Operator::Divide)),
        (b'%', _) => one(Lexeme::Operator(Operator::Remainder)),
        _ => match word(rest) {
            0 => Err(complaint::foreign_sign(text, start)),
            length => {
                let lexeme = keyword(&rest[..length]).map_or(Lexeme::Word, Lexeme::Keyword);
                Ok((lexeme, start + length))
            }
        },
    }
}

/// Length of the name at the start of `rest`: letters and digits of any script and `_`, no digit first.
fn word(rest: &str) -> usize {
    let first = |c: char| c.is_alphabetic() || c == '_';
    if !rest.chars().next().is_some_and(first) {
        return 0;
    }
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len())
}

/// Length of the number at the start; whether it is one of the language is for the checker to say.
fn number(bytes: &[u8]) -> usize {
    let digits = |from: usize| {
        let rest = bytes.iter().skip(from);
        from + rest.take_while(|byte| byte.is_ascii_digit()).count()
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = end + 1 + sign;
        if bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
            end = digits(exponent);
        }
    }
    end
}

/// Length of a quoted text or name, in which the quote stands twice for itself.
fn quoted(text: &str, start: usize, quote: char) -> Result<usize, Diagnostic> {
    let rest = &text[start..];
    let mut end = 1;
    while let Some(found) = rest[end..].find(quote) {
        end += found + 1;
        if !rest[end..].starts_with(quote) {
            if let Some(nul) = rest[..end].find('\0') {
                let place = start + nul;
                return Err(at(
                    place..place + 1,
                    "文字里不能有 NUL 字符",
                    "a text cannot contain the character NUL",
                ));
            }
            return Ok(end);
        }
        end += 1;
    }
    let (zh, en) = if quote == '"' {
        (
            "名称缺少右双引号 \"",
            "this name has no closing double quote",
        )
    } else {
        ("文字缺少右引号 '", "this text has no closing quote")
    };
    Err(at(start..text.len(), zh, en))
}
