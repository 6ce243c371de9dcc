//! The front: `sqlparser` reads the text, with a dialect of our own that switches its many extensions off.

use std::ops::Range;

use fuyou_kernel::Localized;
use sqlparser::ast;
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use crate::diagnostic::Diagnostic;

/// Longest expression, in bytes, and most words: deeper trees could exhaust the stack.
const TEXT_MAX: usize = 16 * 1024;
const WORDS_MAX: usize = 4_000;

/// Plain SQL expressions: the words of the standard, `filter` on aggregates, names in any script.
#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '"'
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    /// The words that are left as keywords are never names, so that an error inside `case` is reported where it is.
    fn is_reserved_for_identifier(&self, _: Keyword) -> bool {
        true
    }
}

/// The words of the language. All other words that SQL reserves are names here: a form may have a column `position`.
const KEYWORDS: &[Keyword] = &[
    Keyword::AND,
    Keyword::BETWEEN,
    Keyword::CASE,
    Keyword::DISTINCT,
    Keyword::ELSE,
    Keyword::END,
    Keyword::FALSE,
    Keyword::FROM,
    Keyword::IN,
    Keyword::IS,
    Keyword::LIKE,
    Keyword::NOT,
    Keyword::NULL,
    Keyword::OR,
    Keyword::THEN,
    Keyword::TRUE,
    Keyword::UNKNOWN,
    Keyword::WHEN,
    Keyword::WHERE,
];

/// Takes the meaning from every word that is not of this language; `date` and `filter` keep theirs where it is meant.
fn plain_words(tokens: &mut [TokenWithSpan]) {
    for at in 0..tokens.len() {
        let (before, after) = tokens.split_at_mut(at + 1);
        let next = after
            .iter()
            .map(|next| &next.token)
            .find(|next| !matches!(next, Token::Whitespace(_)));
        if let Some(TokenWithSpan {
            token: Token::Word(word),
            ..
        }) = before.last_mut()
        {
            let meant = match word.keyword {
                Keyword::DATE => matches!(next, Some(Token::SingleQuotedString(_))),
                Keyword::FILTER => matches!(next, Some(Token::LParen)),
                keyword => KEYWORDS.contains(&keyword),
            };
            if !meant {
                word.keyword = Keyword::NoKeyword;
            }
        }
    }
}

/// Reads one expression; anything after it is an error.
pub(crate) fn read(text: &str) -> Result<ast::Expr, Diagnostic> {
    let places = Places::new(text);
    let whole = |zh: &str, en: &str| diagnostic(0..text.len(), zh, en);
    if text.trim().is_empty() {
        return Err(whole("表达式是空的", "the expression is empty"));
    }
    if text.len() > TEXT_MAX {
        return Err(whole(
            "表达式太长，超过 16 KiB",
            "the expression is longer than 16 KiB",
        ));
    }
    let tokens = Tokenizer::new(&Plain, text).tokenize_with_location();
    let mut tokens = tokens.map_err(|error| places.syntax_error(&error.to_string()))?;
    plain_words(&mut tokens);
    let words = tokens
        .iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_)))
        .count();
    if words > WORDS_MAX {
        return Err(whole(
            "表达式太长，超过 4000 个词",
            "the expression has more than 4000 words",
        ));
    }
    let mut parser = Parser::new(&Plain).with_tokens_with_locations(tokens);
    let expr = parser.parse_expr().map_err(|error| match error {
        ParserError::RecursionLimitExceeded => {
            whole("括号嵌套太深", "the expression is nested too deeply")
        }
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            places.syntax_error(&message)
        }
    })?;
    let next = parser.peek_token();
    if next.token == Token::EOF {
        return Ok(expr);
    }
    let word = next.token.to_string();
    Err(diagnostic(
        places.range(next.span).unwrap_or(text.len()..text.len()),
        &format!("表达式到此已经完整，多出了 {word}"),
        &format!("the expression is complete before `{word}`"),
    ))
}

fn diagnostic(at: Range<usize>, zh: &str, en: &str) -> Diagnostic {
    Diagnostic {
        start: at.start,
        end: at.end,
        message: Localized::new(zh, en),
        suggestion: None,
    }
}

/// Where the parser's lines and columns lie in the text.
pub(crate) struct Places<'t> {
    text: &'t str,
    /// Byte offset of every character, by line.
    lines: Vec<Vec<usize>>,
}

impl<'t> Places<'t> {
    pub(crate) fn new(text: &'t str) -> Places<'t> {
        let mut lines = vec![Vec::new()];
        for (at, c) in text.char_indices() {
            if let Some(line) = lines.last_mut() {
                line.push(at);
            }
            if c == '\n' {
                lines.push(Vec::new());
            }
        }
        // One past the end, so that a span may end there.
        if let Some(line) = lines.last_mut() {
            line.push(text.len());
        }
        Places { text, lines }
    }

    fn offset(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let line = self.lines.get(line)?;
        line.get(column).or(line.last()).copied()
    }

    /// Bytes of a span; `None` for the empty span that stands for "unknown".
    pub(crate) fn range(&self, span: Span) -> Option<Range<usize>> {
        let (start, end) = (self.offset(span.start)?, self.offset(span.end)?);
        Some(start..end.max(start))
    }

    /// From the start of a call to the parenthesis that closes its arguments; the parser's own span leaves that out.
    pub(crate) fn call(&self, name: Range<usize>) -> Range<usize> {
        let (mut depth, mut quoted) = (0usize, false);
        for (at, byte) in self.text.bytes().enumerate().skip(name.end) {
            match byte {
                b'\'' => quoted = !quoted,
                b'(' if !quoted => depth += 1,
                b')' if !quoted => depth = depth.saturating_sub(1),
                _ => continue,
            }
            if byte == b')' && depth == 0 && !quoted {
                return name.start..at + 1;
            }
        }
        name
    }

    /// The parser's own complaint: `Expected: X, found: Y at Line: 1, Column: 7`.
    fn syntax_error(&self, message: &str) -> Diagnostic {
        let text = self.text;
        let (what, place) = message.split_once(" at Line: ").unwrap_or((message, ""));
        let location = place.split_once(", Column: ").and_then(|(line, column)| {
            Some(Location {
                line: line.parse().ok()?,
                column: column.trim().parse().ok()?,
            })
        });
        let start = location
            .and_then(|location| self.offset(location))
            .unwrap_or(text.len());
        let word = text[start..]
            .chars()
            .take_while(|c| !c.is_whitespace())
            .map(char::len_utf8)
            .sum::<usize>();
        let what = what.trim_start_matches("sql parser error: ");
        let (zh, en) = match what
            .strip_prefix("Expected: ")
            .and_then(|rest| rest.split_once(", found: "))
        {
            Some((expected, "EOF")) => (
                format!("表达式在此中断，缺少 {expected}"),
                format!("the expression ends here, but needs {expected}"),
            ),
            Some((expected, found)) => (
                format!("此处应为 {expected}，而不是 {found}"),
                format!("expected {expected}, found `{found}`"),
            ),
            None => (format!("语法错误：{what}"), format!("syntax error: {what}")),
        };
        diagnostic(start..start + word, &zh, &en)
    }
}
