//! Literals and operators: which node an operator becomes.

use std::ops::Range;

use sqlparser::ast::{self, BinaryOperator, UnaryOperator};

use super::settle::{Draft, literal};
use super::{Checker, DEPTH_MAX};
use crate::tree::{Arithmetic, Comparison, Kind, Node};
use crate::types::Type;
use crate::value::Value;

impl Checker<'_> {
    /// A part whose type may be open; `want` says what an open one should be.
    pub(super) fn draft(&mut self, expr: &ast::Expr, want: Option<&Type>) -> Option<Draft> {
        if self.depth >= DEPTH_MAX {
            self.error(
                self.span(expr),
                "表达式嵌套太深",
                "the expression is nested too deeply",
            );
            return None;
        }
        self.depth += 1;
        let draft = match expr {
            ast::Expr::Nested(inner) => self.draft(inner, want),
            ast::Expr::Value(value) => self.value(value),
            ast::Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self
                .case(
                    expr,
                    operand.as_deref(),
                    conditions,
                    else_result.as_deref(),
                    want,
                )
                .map(Draft::Node),
            ast::Expr::Function(function) => self.call(expr, function, want).map(Draft::Node),
            other => self.operator(other).map(Draft::Node),
        };
        self.depth -= 1;
        draft
    }

    fn value(&mut self, value: &ast::ValueWithSpan) -> Option<Draft> {
        let span = self
            .places
            .range(value.span)
            .unwrap_or_else(|| self.whole.clone());
        match &value.value {
            ast::Value::Null => Some(Draft::Null(span)),
            ast::Value::SingleQuotedString(text) if text.contains('\0') => self.foreign(span),
            ast::Value::SingleQuotedString(text) => Some(Draft::Text(text.clone(), span)),
            ast::Value::Boolean(truth) => Some(Draft::Node(literal(
                Type::Boolean,
                Value::Boolean(*truth),
                span,
            ))),
            ast::Value::Number(text, false) => self.number_literal(text, span).map(Draft::Node),
            _ => self.foreign(span),
        }
    }

    fn operator(&mut self, expr: &ast::Expr) -> Option<Node> {
        use ast::Expr as E;
        let span = self.span(expr);
        match expr {
            E::Identifier(name) => self.column(std::slice::from_ref(name), span),
            E::CompoundIdentifier(parts) => self.column(parts, span),
            E::TypedString(typed) => self.typed_string(typed, span),
            E::UnaryOp { op, expr } => self.unary(*op, expr, span),
            E::BinaryOp { left, op, right } => self.binary(expr, left, op, right),
            E::IsNull(of) => self.is_null(of, span),
            E::IsNotNull(of) => self.is_null(of, span).map(not),
            E::IsUnknown(of) => self.is_unknown(of, span),
            E::IsNotUnknown(of) => self.is_unknown(of, span).map(not),
            E::IsTrue(of) => self.is_truth(of, true, span),
            E::IsNotTrue(of) => self.is_truth(of, true, span).map(not),
            E::IsFalse(of) => self.is_truth(of, false, span),
            E::IsNotFalse(of) => self.is_truth(of, false, span).map(not),
            E::IsDistinctFrom(left, right) => self.distinct(left, right, span),
            E::IsNotDistinctFrom(left, right) => self.distinct(left, right, span).map(not),
            E::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let node = self.between(expr, low, high, span)?;
                Some(if *negated { not(node) } else { node })
            }
            E::InList {
                expr,
                list,
                negated,
            } => {
                let node = self.in_list(expr, list, span)?;
                Some(if *negated { not(node) } else { node })
            }
            E::Like {
                negated,
                any: false,
                expr,
                pattern,
                escape_char: None,
            } => {
                let node = self.like(expr, pattern, span)?;
                Some(if *negated { not(node) } else { node })
            }
            _ => self.foreign(span),
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

    fn typed_string(&mut self, typed: &ast::TypedString, span: Range<usize>) -> Option<Node> {
        let text = match (&typed.data_type, &typed.value.value) {
            (ast::DataType::Date, ast::Value::SingleQuotedString(text)) => text.clone(),
            _ => return self.foreign(span),
        };
        self.settle(Draft::Text(text, span), &Type::Date)
    }

    fn unary(&mut self, op: UnaryOperator, of: &ast::Expr, span: Range<usize>) -> Option<Node> {
        match op {
            UnaryOperator::Not => self.boolean(of).map(not),
            UnaryOperator::Plus => self.numeric(of),
            UnaryOperator::Minus => {
                let of = self.numeric(of)?;
                self.negate(of, span)
            }
            _ => self.foreign(span),
        }
    }

    fn binary(
        &mut self,
        whole: &ast::Expr,
        left: &ast::Expr,
        op: &BinaryOperator,
        right: &ast::Expr,
    ) -> Option<Node> {
        let comparison = match op {
            BinaryOperator::And | BinaryOperator::Or => return self.logic(whole, op),
            BinaryOperator::Eq => Comparison::Equal,
            BinaryOperator::NotEq => Comparison::NotEqual,
            BinaryOperator::Lt => Comparison::Less,
            BinaryOperator::LtEq => Comparison::LessOrEqual,
            BinaryOperator::Gt => Comparison::Greater,
            BinaryOperator::GtEq => Comparison::GreaterOrEqual,
            _ => return self.chain(whole),
        };
        self.compare(comparison, left, right, self.span(whole))
    }

    /// `and` or `or`: one node for all operands, however many.
    fn logic(&mut self, whole: &ast::Expr, op: &BinaryOperator) -> Option<Node> {
        let mut operands = Vec::new();
        let mut pending = vec![whole];
        while let Some(expr) = pending.pop() {
            match expr {
                ast::Expr::BinaryOp {
                    left,
                    op: inner,
                    right,
                } if inner == op => pending.extend([&**right, &**left]),
                other => operands.push(other),
            }
        }
        let nodes: Vec<Option<Node>> = operands
            .into_iter()
            .map(|operand| self.boolean(operand))
            .collect();
        let nodes = nodes.into_iter().collect::<Option<Vec<Node>>>()?;
        let kind = if *op == BinaryOperator::And {
            Kind::And(nodes)
        } else {
            Kind::Or(nodes)
        };
        Some(truth(kind, self.span(whole)))
    }

    /// A chain of `+ - * / % ||` from left to right, without recursing into its length.
    fn chain(&mut self, whole: &ast::Expr) -> Option<Node> {
        let mut steps = Vec::new();
        let mut first = whole;
        while let ast::Expr::BinaryOp { left, op, right } = first {
            if matches!(op, BinaryOperator::And | BinaryOperator::Or) || comparison_like(op) {
                break;
            }
            steps.push((op, &**right));
            first = left;
        }
        if self.depth + steps.len() > DEPTH_MAX {
            self.error(
                self.span(whole),
                "表达式太长",
                "the expression chains too many operators",
            );
            return None;
        }
        self.depth += steps.len();
        let mut left = self.node(first);
        for (op, right) in steps.into_iter().rev() {
            let right = self.node(right);
            left = match (left, right) {
                (Some(left), Some(right)) => self.step(op, left, right),
                _ => None,
            };
            self.depth -= 1;
        }
        left
    }

    fn step(&mut self, op: &BinaryOperator, left: Node, right: Node) -> Option<Node> {
        let numbers = left.ty.scale().is_some() && right.ty.scale().is_some();
        let integers = left.ty == Type::Integer && right.ty == Type::Integer;
        match op {
            BinaryOperator::Plus if numbers => self.arithmetic(Arithmetic::Add, left, right),
            BinaryOperator::Minus if numbers => self.arithmetic(Arithmetic::Subtract, left, right),
            BinaryOperator::Multiply if numbers => {
                self.arithmetic(Arithmetic::Multiply, left, right)
            }
            BinaryOperator::Modulo if integers => {
                self.arithmetic(Arithmetic::Remainder, left, right)
            }
            BinaryOperator::Divide if numbers => self.divide(left, right, None),
            BinaryOperator::Plus if left.ty == Type::Date && right.ty == Type::Integer => {
                Some(add_days(left, right))
            }
            BinaryOperator::Plus if left.ty == Type::Integer && right.ty == Type::Date => {
                let span = left.span.start..right.span.end;
                Some(Node {
                    span,
                    ..add_days(right, left)
                })
            }
            BinaryOperator::Minus if left.ty == Type::Date && right.ty == Type::Integer => {
                let span = right.span.clone();
                let back = self.negate(right, span)?;
                Some(add_days(left, back))
            }
            BinaryOperator::Minus if left.ty == Type::Date && right.ty == Type::Date => {
                Some(self.days_between(right, left))
            }
            BinaryOperator::StringConcat if left.ty == Type::Text && right.ty == Type::Text => {
                Some(concat(left, right))
            }
            _ => {
                let span = left.span.start..right.span.end;
                let (a, b) = (&left.ty, &right.ty);
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

fn comparison_like(op: &BinaryOperator) -> bool {
    use BinaryOperator as B;
    matches!(op, B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq)
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
