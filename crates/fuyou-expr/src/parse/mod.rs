//! From words to the tree of the text: operators bind as in PostgreSQL.

mod operands;
mod operators;

use std::ops::Range;

use crate::complaint::{self, Needed, at, expected};
use crate::diagnostic::Diagnostic;
use crate::lex::{Keyword, Lexeme, Token, tokens};
use crate::syntax::{Form, Part};
use operators::Strength;

/// Longest expression, in bytes, and most words.
const TEXT_MAX: usize = 16 * 1024;
const WORDS_MAX: usize = 4_000;

type Parsed<'t> = Result<Part<'t>, Diagnostic>;

/// Reads one expression; anything after it is an error.
pub(crate) fn read(text: &str) -> Parsed<'_> {
    let whole = |zh: &str, en: &str| Err(at(0..text.len(), zh, en));
    if text.trim().is_empty() {
        return whole("表达式是空的", "the expression is empty");
    }
    if text.len() > TEXT_MAX {
        return whole(
            "表达式太长，超过 16 KiB",
            "the expression is longer than 16 KiB",
        );
    }
    let tokens = tokens(text)?;
    // The last one stands for the end.
    if tokens.len() > WORDS_MAX + 1 {
        return whole(
            "表达式太长，超过 4000 个词",
            "the expression has more than 4000 words",
        );
    }
    let mut parser = Parser {
        text,
        tokens,
        position: 0,
        depth: 0,
    };
    let part = parser.expression(Strength::Or)?;
    match parser.peek() {
        Lexeme::End => Ok(part),
        Lexeme::Text => Err(parser.text_too_much()),
        _ => Err(complaint::complete(text, parser.place())),
    }
}

struct Parser<'t> {
    text: &'t str,
    /// Never empty: the last is the end.
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn token(&self) -> Token {
        self.tokens[self.position.min(self.tokens.len() - 1)]
    }

    fn peek(&self) -> Lexeme {
        self.token().lexeme
    }

    /// The word or sign after the next one.
    fn second(&self) -> Lexeme {
        let after = self.tokens.get(self.position + 1);
        after.map_or(Lexeme::End, |token| token.lexeme)
    }

    fn place(&self) -> Range<usize> {
        self.token().range()
    }

    fn written(&self) -> &'t str {
        &self.text[self.place()]
    }

    /// Bytes from `start` to the end of the word taken last.
    fn since(&self, start: usize) -> Range<usize> {
        let last = self.tokens[self.position.saturating_sub(1)].range();
        start..last.end
    }

    fn take(&mut self, lexeme: Lexeme) -> bool {
        let there = self.peek() == lexeme;
        self.position += usize::from(there);
        there
    }

    fn word(&mut self, keyword: Keyword) -> bool {
        self.take(Lexeme::Keyword(keyword))
    }

    fn need(&mut self, lexeme: Lexeme, what: Needed) -> Result<(), Diagnostic> {
        if self.take(lexeme) {
            return Ok(());
        }
        Err(self.missing(what))
    }

    fn missing(&self, what: Needed) -> Diagnostic {
        if self.peek() == Lexeme::Text
            && !starts_expression(self.tokens[self.position.saturating_sub(1)].lexeme)
        {
            return self.text_too_much();
        }
        expected(self.text, self.place(), what)
    }

    /// A quoted text where none can be: perhaps a literal of SQL's with a word before it.
    fn text_too_much(&self) -> Diagnostic {
        let before = self.tokens[self.position.saturating_sub(1)].range();
        complaint::foreign_literal(&self.text[before.clone()], before)
            .unwrap_or_else(|| complaint::complete(self.text, self.place()))
    }

    fn part(&self, start: usize, kind: Form<'t>) -> Part<'t> {
        let span = self.since(start);
        Part { kind, span }
    }
}

/// Whether an operand may follow.
fn starts_expression(before: Lexeme) -> bool {
    !matches!(
        before,
        Lexeme::Word
            | Lexeme::Quoted
            | Lexeme::Number
            | Lexeme::Text
            | Lexeme::Close
            | Lexeme::Keyword(Keyword::End)
    )
}
