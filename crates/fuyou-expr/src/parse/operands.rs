//! What operators stand between: literals, names, calls, `case`, and anything in parentheses.

use super::operators::Strength;
use super::{Parsed, Parser};
use crate::complaint::{self, EXPRESSION, at, exactly, expected, needed};
use crate::diagnostic::Diagnostic;
use crate::lex::{Keyword, Lexeme};
use crate::syntax::{Call, CaseArm, Form, Name, Operator, Part, undoubled};

impl<'t> Parser<'t> {
    pub(super) fn operand(&mut self) -> Parsed<'t> {
        let (place, written) = (self.place(), self.written());
        let start = place.start;
        let lexeme = self.peek();
        let kind = match lexeme {
            Lexeme::Number => Form::Number(written),
            Lexeme::Text => Form::Text(undoubled(&written[1..written.len() - 1], '\'')),
            Lexeme::Keyword(Keyword::Null) => Form::Null,
            Lexeme::Keyword(Keyword::True) => Form::Truth(true),
            Lexeme::Keyword(Keyword::False) => Form::Truth(false),
            Lexeme::Open => return self.nested(),
            Lexeme::Word | Lexeme::Quoted => return self.named(),
            Lexeme::Keyword(Keyword::Case) => return self.case(),
            Lexeme::Keyword(Keyword::Not) => {
                self.position += 1;
                let of = self.boxed(Strength::Not)?;
                return Ok(self.part(start, Form::Not(of)));
            }
            Lexeme::Operator(op @ (Operator::Add | Operator::Subtract)) => {
                self.position += 1;
                let of = self.boxed(Strength::Sign)?;
                let sign = if op == Operator::Add {
                    Form::Plus
                } else {
                    Form::Minus
                };
                return Ok(self.part(start, sign(of)));
            }
            _ => return Err(expected(self.text, place, EXPRESSION)),
        };
        self.position += 1;
        Ok(self.part(start, kind))
    }

    fn nested(&mut self) -> Parsed<'t> {
        let start = self.place().start;
        self.position += 1;
        self.no_query()?;
        let inner = self.boxed(Strength::Or)?;
        if self.peek() == Lexeme::Comma {
            return Err(at(
                self.place(),
                "逗号只能用在函数的参数和 in 后面的括号里",
                "a comma stands only between the arguments of a function and in the list after `in`",
            ));
        }
        self.need(Lexeme::Close, exactly(")"))?;
        Ok(self.part(start, Form::Nested(inner)))
    }

    /// Refuses `(select …`.
    pub(super) fn no_query(&self) -> Result<(), Diagnostic> {
        let name_follows = matches!(
            self.second(),
            Lexeme::Word
                | Lexeme::Number
                | Lexeme::Keyword(Keyword::Distinct)
                | Lexeme::Operator(Operator::Multiply)
        );
        let query = self.peek() == Lexeme::Word
            && self.written().eq_ignore_ascii_case("select")
            && name_follows;
        if query {
            return Err(complaint::no_query(self.place()));
        }
        Ok(())
    }

    fn case(&mut self) -> Parsed<'t> {
        let start = self.place().start;
        self.position += 1;
        let bare = self.peek() == Lexeme::Keyword(Keyword::When);
        let operand = if bare {
            None
        } else {
            Some(self.boxed(Strength::Or)?)
        };
        let mut arms = Vec::new();
        while arms.is_empty() || self.peek() == Lexeme::Keyword(Keyword::When) {
            self.need(Lexeme::Keyword(Keyword::When), exactly("when"))?;
            let condition = self.expression(Strength::Or)?;
            self.need(Lexeme::Keyword(Keyword::Then), exactly("then"))?;
            let result = self.expression(Strength::Or)?;
            arms.push(CaseArm { condition, result });
        }
        let otherwise = if self.word(Keyword::Else) {
            Some(self.boxed(Strength::Or)?)
        } else {
            None
        };
        let rest = if otherwise.is_some() {
            exactly("end")
        } else {
            needed("end、when 或 else", "end, when or else")
        };
        self.need(Lexeme::Keyword(Keyword::End), rest)?;
        let kind = Form::Case {
            operand,
            arms,
            otherwise,
        };
        Ok(self.part(start, kind))
    }

    /// A column, a call, or `date '…'`.
    fn named(&mut self) -> Parsed<'t> {
        let start = self.place().start;
        let name = self.name();
        if !name.quoted && self.peek() == Lexeme::Text && name.text.eq_ignore_ascii_case("date") {
            let (place, written) = (self.place(), self.written());
            self.position += 1;
            let date = Form::Date(undoubled(&written[1..written.len() - 1], '\''));
            return Ok(self.part(place.start, date));
        }
        if self.peek() == Lexeme::Open {
            return self.call(name, start);
        }
        let mut parts = vec![name];
        while self.take(Lexeme::Dot) {
            match self.peek() {
                Lexeme::Word | Lexeme::Quoted | Lexeme::Keyword(_) => parts.push(self.name()),
                Lexeme::Operator(Operator::Multiply) => {
                    return Err(Diagnostic {
                        suggestion: Some("*".to_owned()),
                        ..at(
                            start..self.place().end,
                            "* 只能单独写在 count 里",
                            "`*` stands only by itself, in count",
                        )
                    });
                }
                _ => return Err(self.missing(needed("列名", "the name of a column"))),
            }
        }
        if self.peek() == Lexeme::Open {
            let place = self.since(start);
            let written = &self.text[place.clone()];
            return Err(at(
                place,
                &format!("没有名为 {written} 的函数"),
                &format!("there is no function {written}"),
            ));
        }
        Ok(self.part(start, Form::Name(parts)))
    }

    /// The name that is next.
    fn name(&mut self) -> Name<'t> {
        let (quoted, written) = (self.peek() == Lexeme::Quoted, self.written());
        self.position += 1;
        let text = if quoted {
            &written[1..written.len() - 1]
        } else {
            written
        };
        Name { text, quoted }
    }

    fn call(&mut self, name: Name<'t>, start: usize) -> Parsed<'t> {
        let name_span = self.since(start);
        if let Some(foreign) = complaint::foreign_call(name.text, name_span.clone())
            && !name.quoted
        {
            return Err(foreign);
        }
        self.position += 1;
        self.no_query()?;
        let distinct = self.word(Keyword::Distinct);
        let mut arguments = Vec::new();
        if distinct || self.peek() != Lexeme::Close {
            arguments.push(self.argument()?);
            while self.take(Lexeme::Comma) {
                arguments.push(self.argument()?);
            }
        }
        self.need(Lexeme::Close, needed(", 或 )", ", or )"))?;
        let span = self.since(start);
        let filter = if self.filter_follows() {
            self.position += 2;
            self.need(Lexeme::Keyword(Keyword::Where), exactly("where"))?;
            let filter = self.boxed(Strength::Or)?;
            self.need(Lexeme::Close, exactly(")"))?;
            Some(filter)
        } else {
            None
        };
        let kind = Form::Call(Call {
            name,
            name_span,
            distinct,
            arguments,
            filter,
        });
        Ok(Part { kind, span })
    }

    fn argument(&mut self) -> Result<Option<Part<'t>>, Diagnostic> {
        let star = self.peek() == Lexeme::Operator(Operator::Multiply)
            && matches!(self.second(), Lexeme::Close | Lexeme::Comma);
        if star {
            self.position += 1;
            return Ok(None);
        }
        self.expression(Strength::Or).map(Some)
    }

    /// `filter (`; elsewhere `filter` is a name.
    fn filter_follows(&self) -> bool {
        self.peek() == Lexeme::Word
            && self.written().eq_ignore_ascii_case("filter")
            && self.second() == Lexeme::Open
    }
}
