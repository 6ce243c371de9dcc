//! The tree of a text as it is written: untyped, borrowing the text, every part with its place.

use std::borrow::Cow;
use std::ops::Range;

use crate::tree::Comparison;

/// One part of an expression.
#[derive(Debug, PartialEq)]
pub(crate) struct Part<'t> {
    pub kind: Form<'t>,
    /// Its bytes in the text, parentheses included; of a call up to the parenthesis that closes its arguments.
    pub span: Range<usize>,
}

/// What is written. Operators of one strength are flat, so that a long chain is not a deep tree.
#[derive(Debug, PartialEq)]
pub(crate) enum Form<'t> {
    Null,
    Truth(bool),
    Number(&'t str),
    Text(Cow<'t, str>),
    /// `date '…'`; the span is that of the quoted text.
    Date(Cow<'t, str>),
    /// A name with its qualifiers.
    Name(Vec<Name<'t>>),
    /// What stands in parentheses.
    Nested(Box<Part<'t>>),
    Not(Box<Part<'t>>),
    Plus(Box<Part<'t>>),
    Minus(Box<Part<'t>>),
    /// Two or more operands.
    Logic {
        op: Logic,
        operands: Vec<Part<'t>>,
    },
    /// From left to right, one step or more, all of one strength.
    Chain {
        first: Box<Part<'t>>,
        steps: Vec<(Operator, Part<'t>)>,
    },
    Compare {
        op: Comparison,
        left: Box<Part<'t>>,
        right: Box<Part<'t>>,
    },
    Is {
        of: Box<Part<'t>>,
        negated: bool,
        asked: Asked,
    },
    Distinct {
        left: Box<Part<'t>>,
        right: Box<Part<'t>>,
        negated: bool,
    },
    Between {
        of: Box<Part<'t>>,
        low: Box<Part<'t>>,
        high: Box<Part<'t>>,
        negated: bool,
    },
    In {
        of: Box<Part<'t>>,
        list: Vec<Part<'t>>,
        negated: bool,
    },
    Like {
        of: Box<Part<'t>>,
        pattern: Box<Part<'t>>,
        negated: bool,
    },
    Case {
        operand: Option<Box<Part<'t>>>,
        arms: Vec<CaseArm<'t>>,
        otherwise: Option<Box<Part<'t>>>,
    },
    Call(Call<'t>),
}

/// `name(arguments) filter (where …)`.
#[derive(Debug, PartialEq)]
pub(crate) struct Call<'t> {
    pub name: Name<'t>,
    pub name_span: Range<usize>,
    pub distinct: bool,
    /// `None` is `*`.
    pub arguments: Vec<Option<Part<'t>>>,
    pub filter: Option<Box<Part<'t>>>,
}

/// `when condition then result`.
#[derive(Debug, PartialEq)]
pub(crate) struct CaseArm<'t> {
    pub condition: Part<'t>,
    pub result: Part<'t>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logic {
    And,
    Or,
}

/// What `is` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Null,
    Unknown,
    True,
    False,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Concat,
}

impl Operator {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
            Operator::Concat => "||",
        }
    }
}

/// A name, or one part of a qualified one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'t> {
    /// As written, without the quotes around it.
    pub text: &'t str,
    pub quoted: bool,
}

impl<'t> Name<'t> {
    /// The name as it is looked up: quoted names as written, others in small letters.
    pub fn folded(&self) -> Cow<'t, str> {
        if self.quoted {
            undoubled(self.text, '"')
        } else if self
            .text
            .bytes()
            .any(|byte| !byte.is_ascii() || byte.is_ascii_uppercase())
        {
            Cow::Owned(self.text.to_lowercase())
        } else {
            Cow::Borrowed(self.text)
        }
    }
}

/// The inside of a quoted text or name, in which the quote itself stands twice.
pub(crate) fn undoubled(inside: &str, quote: char) -> Cow<'_, str> {
    if !inside.contains(quote) {
        return Cow::Borrowed(inside);
    }
    let once = quote.to_string();
    Cow::Owned(inside.replace(&once.repeat(2), &once))
}

impl<'t> Part<'t> {
    /// Without the parentheses around it.
    pub fn bare(&self) -> &Part<'t> {
        match &self.kind {
            Form::Nested(inner) => inner.bare(),
            _ => self,
        }
    }

    /// The parts it is made of, in the order of writing.
    pub fn children(&self) -> Vec<&Part<'t>> {
        match &self.kind {
            Form::Null | Form::Truth(_) | Form::Number(_) | Form::Text(_) | Form::Date(_) => {
                Vec::new()
            }
            Form::Name(_) => Vec::new(),
            Form::Nested(of) | Form::Not(of) | Form::Plus(of) | Form::Minus(of) => vec![of],
            Form::Is { of, .. } => vec![of],
            Form::Logic { operands, .. } => operands.iter().collect(),
            Form::Chain { first, steps } => {
                let rest = steps.iter().map(|(_, part)| part);
                std::iter::once(&**first).chain(rest).collect()
            }
            Form::Compare { left, right, .. } | Form::Distinct { left, right, .. } => {
                vec![left, right]
            }
            Form::Like { of, pattern, .. } => vec![of, pattern],
            Form::Between { of, low, high, .. } => vec![of, low, high],
            Form::In { of, list, .. } => std::iter::once(&**of).chain(list).collect(),
            Form::Case {
                operand,
                arms,
                otherwise,
            } => {
                let arms = arms.iter().flat_map(|arm| [&arm.condition, &arm.result]);
                let operand = operand.as_deref().into_iter();
                operand.chain(arms).chain(otherwise.as_deref()).collect()
            }
            Form::Call(call) => {
                let arguments = call.arguments.iter().flatten();
                arguments.chain(call.filter.as_deref()).collect()
            }
        }
    }
}
