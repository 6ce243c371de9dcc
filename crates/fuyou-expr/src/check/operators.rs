//! Literals and operators: which node an operator becomes.

use std::ops::Range;

use super::Checker;
use super::settle::{Draft, literal};
use crate::limits::DEPTH_MAX;
use crate::syntax::{Asked, Form, Logic, Operator, Part};
use crate::tree::{Arithmetic, Kind, Node};
use crate::types::Type;
use crate::value::Value;

impl Checker<'_> {
    /// A part whose type may be open; `want` says what an open one should be.
    pub(super) fn draft(&mut self, part: &Part<'_>, want: Option<&Type>) -> Option<Draft> {
        if self.depth >= DEPTH_MAX {
            self.error(
                part.span.clone(),
                "表达式嵌套太深",
                "the expression is nested too deeply",
            );
            return None;
        }
        self.depth += 1;
        let span = part.span.clone();
        let draft = match &part.kind {
            // What stands in parentheses is underlined with them.
            Form::Nested(inner) => match self.draft(inner, want) {
                Some(Draft::Node(node)) => Some(Draft::Node(Node { span, ..node })),
                open => open,
            },
            Form::Null => Some(Draft::Null(span)),
            Form::Text(text) => Some(Draft::Text(text.clone().into_owned(), span)),
            Form::Number(text) => self.number_literal(text, span).map(Draft::Node),
            Form::Truth(truth) => Some(Draft::Node(literal(
                Type::Boolean,
                Value::Boolean(*truth),
                span,
            ))),
            Form::Case {
                operand,
                arms,
                otherwise,
            } => self
                .case(span, operand.as_deref(), arms, otherwise.as_deref(), want)
                .map(Draft::Node),
            Form::Call(call) => self.call(call, span, want).map(Draft::Node),
            _ => self.operator(part).map(Draft::Node),
        };
        self.depth -= 1;
        draft
    }

    fn operator(&mut self, part: &Part<'_>) -> Option<Node> {
        let span = part.span.clone();
        match &part.kind {
            Form::Name(names) => self.column(names, span),
            Form::Date(text) => {
                self.settle(Draft::Text(text.clone().into_owned(), span), &Type::Date)
            }
            Form::Not(of) => self.boolean(of).map(not),
            Form::Plus(of) => self.numeric(of),
            Form::Minus(of) => {
                let of = self.numeric(of)?;
                self.negate(of, span)
            }
            Form::Logic { op, operands } => self.logic(*op, operands, span),
            Form::Chain { first, steps } => self.steps(first, steps, &span),
            Form::Compare { op, left, right } => self.compare(*op, left, right, span),
            Form::Is { of, negated, asked } => {
                let node = match asked {
                    Asked::Null => self.is_null(of, span)?,
                    Asked::Unknown => self.is_unknown(of, span)?,
                    Asked::True => self.is_truth(of, true, span)?,
                    Asked::False => self.is_truth(of, false, span)?,
                };
                Some(negated_if(*negated, node))
            }
            Form::Distinct {
                left,
                right,
                negated,
            } => {
                let node = self.distinct(left, right, span)?;
                Some(negated_if(*negated, node))
            }
            Form::Between {
                of,
                low,
                high,
                negated,
            } => {
                let node = self.between(of, low, high, span)?;
                Some(negated_if(*negated, node))
            }
            Form::In { of, list, negated } => {
                let node = self.in_list(of, list, span)?;
                Some(negated_if(*negated, node))
            }
            Form::Like {
                of,
                pattern,
                negated,
            } => {
                let node = self.like(of, pattern, span)?;
                Some(negated_if(*negated, node))
            }
            Form::Null | Form::Truth(_) | Form::Number(_) | Form::Text(_) | Form::Nested(_) => {
                unreachable!("drafted by itself")
            }
            Form::Case { .. } | Form::Call(_) => unreachable!("drafted by itself"),
        }
    }

    /// Says that something is SQL, perhaps, but not of this language.
    pub(super) fn foreign<T>(&mut self, span: Range<usize>) -> Option<T> {
        self.error(
            span,
            "表达式语言里没有这种写法",
            "this is not part of the expression language",
        );
        None
    }

    /// `and` or `or`: one node for all operands, however many.
    fn logic(&mut self, op: Logic, parts: &[Part<'_>], span: Range<usize>) -> Option<Node> {
        let nodes: Vec<Option<Node>> = parts.iter().map(|part| self.boolean(part)).collect();
        let nodes = nodes.into_iter().collect::<Option<Vec<Node>>>()?;
        let kind = match op {
            Logic::And => Kind::And(nodes),
            Logic::Or => Kind::Or(nodes),
        };
        Some(truth(kind, span))
    }

    /// A chain of `+ -`, of `* / %` or of `||`, from left to right, without recursing into its length.
    pub(super) fn steps(
        &mut self,
        first: &Part<'_>,
        steps: &[(Operator, Part<'_>)],
        span: &Range<usize>,
    ) -> Option<Node> {
        if self.depth + steps.len() > DEPTH_MAX {
            self.error(
                span.clone(),
                "表达式里连写的运算太多",
                "the expression chains too many operators",
            );
            return None;
        }
        self.depth += steps.len();
        let mut left = self.node(first);
        for (op, right) in steps {
            let right = self.node(right);
            left = match (left, right) {
                (Some(left), Some(right)) => self.step(*op, left, right),
                _ => None,
            };
            self.depth -= 1;
        }
        left
    }

    fn step(&mut self, op: Operator, left: Node, right: Node) -> Option<Node> {
        let numbers = left.ty.scale().is_some() && right.ty.scale().is_some();
        let integers = left.ty == Type::Integer && right.ty == Type::Integer;
        match op {
            Operator::Add if numbers => self.arithmetic(Arithmetic::Add, left, right),
            Operator::Subtract if numbers => self.arithmetic(Arithmetic::Subtract, left, right),
            Operator::Multiply if numbers => self.arithmetic(Arithmetic::Multiply, left, right),
            Operator::Remainder if integers => self.arithmetic(Arithmetic::Remainder, left, right),
            Operator::Divide if numbers => self.divide(left, right, None),
            Operator::Add if left.ty == Type::Date && right.ty == Type::Integer => {
                Some(add_days(left, right))
            }
            Operator::Add if left.ty == Type::Integer && right.ty == Type::Date => {
                let span = left.span.start..right.span.end;
                Some(Node {
                    span,
                    ..add_days(right, left)
                })
            }
            Operator::Subtract if left.ty == Type::Date && right.ty == Type::Integer => {
                let span = right.span.clone();
                let back = self.negate(right, span)?;
                Some(add_days(left, back))
            }
            Operator::Subtract if left.ty == Type::Date && right.ty == Type::Date => {
                Some(self.days_between(right, left))
            }
            Operator::Concat if left.ty == Type::Text && right.ty == Type::Text => {
                Some(concat(left, right))
            }
            _ => {
                let span = left.span.start..right.span.end;
                let (op, a, b) = (op.sign(), &left.ty, &right.ty);
                let (zh, en) = (
                    format!("`{op}` 不能用于 {a} 和 {b}"),
                    format!("`{op}` cannot be applied to {a} and {b}"),
                );
                self.error(span, zh, en);
                None
            }
        }
    }
}

fn negated_if(negated: bool, node: Node) -> Node {
    if negated { not(node) } else { node }
}

pub(super) fn truth(kind: Kind, span: Range<usize>) -> Node {
    Node {
        kind,
        ty: Type::Boolean,
        bounds: None,
        span,
    }
}

pub(super) fn not(of: Node) -> Node {
    let span = of.span.clone();
    truth(Kind::Not(Box::new(of)), span)
}

fn add_days(date: Node, days: Node) -> Node {
    let span = date.span.start..days.span.end;
    Node {
        kind: Kind::AddDays {
            date: Box::new(date),
            days: Box::new(days),
        },
        ty: Type::Date,
        bounds: None,
        span,
    }
}

fn concat(left: Node, right: Node) -> Node {
    let span = left.span.start..right.span.end;
    let mut parts = match left.kind {
        Kind::Concat(parts) => parts,
        _ => vec![left],
    };
    parts.push(right);
    Node {
        kind: Kind::Concat(parts),
        ty: Type::Text,
        bounds: None,
        span,
    }
}
