//! Operators and what stands between them.

use super::{Parsed, Parser};
use crate::complaint::{at, exactly, needed};
use crate::diagnostic::Diagnostic;
use crate::lex::{Keyword, Lexeme};
use crate::limits::NESTING_MAX;
use crate::syntax::{Asked, Form, Logic, Operator, Part};

/// How strongly an operator binds, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    Or,
    And,
    Not,
    Is,
    Compare,
    /// `between`, `in`, `like`.
    Range,
    Concat,
    Sum,
    Product,
    Sign,
}

impl Strength {
    /// What the right operand of an operator that groups to the left must exceed.
    fn next(self) -> Strength {
        match self {
            Strength::Or => Strength::And,
            Strength::And => Strength::Not,
            Strength::Not => Strength::Is,
            Strength::Is => Strength::Compare,
            Strength::Compare => Strength::Range,
            Strength::Range => Strength::Concat,
            Strength::Concat => Strength::Sum,
            Strength::Sum => Strength::Product,
            Strength::Product | Strength::Sign => Strength::Sign,
        }
    }

    /// That of the operator a word or sign is after an operand; `None` when it is none.
    fn of(lexeme: Lexeme) -> Option<Strength> {
        match lexeme {
            Lexeme::Keyword(Keyword::Or) => Some(Strength::Or),
            Lexeme::Keyword(Keyword::And) => Some(Strength::And),
            Lexeme::Keyword(Keyword::Is) => Some(Strength::Is),
            Lexeme::Compare(_) => Some(Strength::Compare),
            Lexeme::Keyword(Keyword::Not | Keyword::Between | Keyword::In | Keyword::Like) => {
                Some(Strength::Range)
            }
            Lexeme::Operator(op) => Some(Strength::of_operator(op)),
            _ => None,
        }
    }

    fn of_operator(op: Operator) -> Strength {
        match op {
            Operator::Concat => Strength::Concat,
            Operator::Add | Operator::Subtract => Strength::Sum,
            Operator::Multiply | Operator::Divide | Operator::Remainder => Strength::Product,
        }
    }
}

impl<'t> Parser<'t> {
    /// An expression whose operators bind at least as strongly as `least`.
    pub(super) fn expression(&mut self, least: Strength) -> Parsed<'t> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(self.too_deep());
        }
        let mut left = self.operand()?;
        // Operators that put one level around what stands left of them, as `is null is true`.
        let mut around = 0;
        while let Some(strength) = Strength::of(self.peek()).filter(|strength| *strength >= least) {
            around += 1;
            if !matches!(
                strength,
                Strength::Or | Strength::And | Strength::Concat | Strength::Sum | Strength::Product
            ) && self.depth + around > NESTING_MAX
            {
                return Err(self.too_deep());
            }
            left = match strength {
                Strength::Or => self.logic(left, Logic::Or, strength)?,
                Strength::And => self.logic(left, Logic::And, strength)?,
                Strength::Is => self.question(left)?,
                Strength::Compare => self.comparison(left)?,
                Strength::Range => self.range(left)?,
                Strength::Concat | Strength::Sum | Strength::Product => {
                    self.chain(left, strength)?
                }
                Strength::Not | Strength::Sign => {
                    unreachable!("they stand before their operand")
                }
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    pub(super) fn boxed(&mut self, least: Strength) -> Result<Box<Part<'t>>, Diagnostic> {
        self.expression(least).map(Box::new)
    }

    fn too_deep(&self) -> Diagnostic {
        at(
            self.place(),
            "表达式嵌套太深",
            "the expression is nested too deeply",
        )
    }

    /// All that follows with the same connective becomes one part.
    fn logic(&mut self, left: Part<'t>, op: Logic, strength: Strength) -> Parsed<'t> {
        let start = left.span.start;
        let connective = self.peek();
        let mut operands = vec![left];
        while self.take(connective) {
            operands.push(self.expression(strength.next())?);
        }
        Ok(self.part(start, Form::Logic { op, operands }))
    }

    fn chain(&mut self, left: Part<'t>, strength: Strength) -> Parsed<'t> {
        let start = left.span.start;
        let mut steps = Vec::new();
        while let Lexeme::Operator(op) = self.peek()
            && Strength::of_operator(op) == strength
        {
            self.position += 1;
            steps.push((op, self.expression(strength.next())?));
        }
        let first = Box::new(left);
        Ok(self.part(start, Form::Chain { first, steps }))
    }

    fn comparison(&mut self, left: Part<'t>) -> Parsed<'t> {
        let start = left.span.start;
        let Lexeme::Compare(op) = self.peek() else {
            return Err(self.missing(needed("比较符号", "a comparison")));
        };
        self.position += 1;
        let right = self.boxed(Strength::Range)?;
        let left = Box::new(left);
        Ok(self.part(start, Form::Compare { op, left, right }))
    }

    /// `is [not] null`, `is [not] distinct from …` and the like.
    fn question(&mut self, left: Part<'t>) -> Parsed<'t> {
        let start = left.span.start;
        self.need(Lexeme::Keyword(Keyword::Is), exactly("is"))?;
        let negated = self.word(Keyword::Not);
        let of = Box::new(left);
        let asked = match self.peek() {
            Lexeme::Keyword(Keyword::Null) => Asked::Null,
            Lexeme::Keyword(Keyword::Unknown) => Asked::Unknown,
            Lexeme::Keyword(Keyword::True) => Asked::True,
            Lexeme::Keyword(Keyword::False) => Asked::False,
            Lexeme::Keyword(Keyword::Distinct) => {
                self.position += 1;
                self.need(Lexeme::Keyword(Keyword::From), exactly("from"))?;
                let right = self.boxed(Strength::Compare)?;
                let distinct = Form::Distinct {
                    left: of,
                    right,
                    negated,
                };
                return Ok(self.part(start, distinct));
            }
            _ => {
                return Err(self.missing(needed(
                    "null、true、false、unknown 或 distinct from",
                    "null, true, false, unknown or distinct from",
                )));
            }
        };
        self.position += 1;
        Ok(self.part(start, Form::Is { of, negated, asked }))
    }

    /// `[not] between`, `[not] in`, `[not] like`.
    fn range(&mut self, left: Part<'t>) -> Parsed<'t> {
        let start = left.span.start;
        let negated = self.word(Keyword::Not);
        let of = Box::new(left);
        let kind = if self.word(Keyword::Between) {
            let low = self.boxed(Strength::Concat)?;
            self.need(Lexeme::Keyword(Keyword::And), exactly("and"))?;
            let high = self.boxed(Strength::Concat)?;
            Form::Between {
                of,
                low,
                high,
                negated,
            }
        } else if self.word(Keyword::In) {
            let list = self.list()?;
            Form::In { of, list, negated }
        } else if self.word(Keyword::Like) {
            let pattern = self.boxed(Strength::Concat)?;
            Form::Like {
                of,
                pattern,
                negated,
            }
        } else {
            let words = needed("between、in 或 like", "between, in or like");
            return Err(self.missing(words));
        };
        Ok(self.part(start, kind))
    }

    /// `(a, b, …)` after `in`.
    pub(super) fn list(&mut self) -> Result<Vec<Part<'t>>, Diagnostic> {
        self.need(
            Lexeme::Open,
            needed(
                "( 和用逗号隔开的值",
                "( and values with commas between them",
            ),
        )?;
        self.no_query()?;
        let mut list = vec![self.expression(Strength::Or)?];
        while self.take(Lexeme::Comma) {
            list.push(self.expression(Strength::Or)?);
        }
        self.need(Lexeme::Close, needed(", 或 )", ", or )"))?;
        Ok(list)
    }
}
