//! Literals, operators, `case`, `in`, `between`, `like`.

use std::ops::Range;

use sqlparser::ast::{self, BinaryOperator, UnaryOperator};

use super::{Checker, DEPTH_MAX, Draft, is_open, literal, numbers};
use crate::tree::{Arithmetic, Arm, Comparison, Kind, LikePart, LikePattern, Node};
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

    fn compare(
        &mut self,
        op: Comparison,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Range<usize>,
    ) -> Option<Node> {
        for side in [left, right] {
            if let ast::Expr::Value(ast::ValueWithSpan {
                value: ast::Value::Null,
                ..
            }) = side
            {
                let suggestion = if op == Comparison::NotEqual {
                    "is not null"
                } else {
                    "is null"
                };
                let (zh, en) = (
                    "与 null 比较永远得不到真",
                    "a comparison with null is never true",
                );
                self.suggest(span, zh, en, Some(suggestion.to_owned()));
                return None;
            }
        }
        let [left, right] = self.pair(left, right)?;
        if !matches!(op, Comparison::Equal | Comparison::NotEqual) {
            self.must_be_ordered(&left, &span)?;
        }
        Some(truth(
            Kind::Compare {
                op,
                left: Box::new(left),
                right: Box::new(right),
            },
            span,
        ))
    }

    /// Two parts brought to one type.
    pub(super) fn pair(&mut self, left: &ast::Expr, right: &ast::Expr) -> Option<[Node; 2]> {
        self.unify(&[left, right], None)?.try_into().ok()
    }

    pub(super) fn must_be_ordered(&mut self, node: &Node, span: &Range<usize>) -> Option<()> {
        let (zh, en) = match &node.ty {
            Type::Integer | Type::Decimal(_) | Type::Text | Type::Date => return Some(()),
            Type::Code(set) if set.ordered() => return Some(()),
            Type::Code(set) => {
                let name = set.name();
                (
                    format!("值域 {name} 没有大小顺序"),
                    format!("the codes of value set {name} have no order"),
                )
            }
            other @ (Type::Boolean | Type::Codes(_)) => (
                format!("{other} 的值没有大小顺序"),
                format!("values of type {other} have no order"),
            ),
        };
        self.error(span.clone(), zh, en);
        None
    }

    fn is_null(&mut self, of: &ast::Expr, span: Range<usize>) -> Option<Node> {
        let of = self.node(of)?;
        Some(truth(Kind::IsNull(Box::new(of)), span))
    }

    fn is_unknown(&mut self, of: &ast::Expr, span: Range<usize>) -> Option<Node> {
        let of = self.boolean(of)?;
        Some(truth(Kind::IsNull(Box::new(of)), span))
    }

    fn is_truth(&mut self, of: &ast::Expr, asked: bool, span: Range<usize>) -> Option<Node> {
        let of = Box::new(self.boolean(of)?);
        Some(truth(Kind::IsTruth { of, truth: asked }, span))
    }

    fn distinct(
        &mut self,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Range<usize>,
    ) -> Option<Node> {
        let [left, right] = self.pair(left, right)?;
        Some(truth(
            Kind::Distinct {
                left: Box::new(left),
                right: Box::new(right),
            },
            span,
        ))
    }

    fn between(
        &mut self,
        of: &ast::Expr,
        low: &ast::Expr,
        high: &ast::Expr,
        span: Range<usize>,
    ) -> Option<Node> {
        let [of, low, high]: [Node; 3] = self.unify(&[of, low, high], None)?.try_into().ok()?;
        self.must_be_ordered(&of, &span)?;
        Some(truth(
            Kind::Between {
                of: Box::new(of),
                low: Box::new(low),
                high: Box::new(high),
            },
            span,
        ))
    }

    fn in_list(&mut self, of: &ast::Expr, list: &[ast::Expr], span: Range<usize>) -> Option<Node> {
        let parts: Vec<&ast::Expr> = std::iter::once(of).chain(list).collect();
        let mut nodes = self.unify(&parts, None)?.into_iter();
        let of = Box::new(nodes.next()?);
        Some(truth(
            Kind::In {
                of,
                list: nodes.collect(),
            },
            span,
        ))
    }

    fn like(&mut self, of: &ast::Expr, pattern: &ast::Expr, span: Range<usize>) -> Option<Node> {
        let of = self.wanted(of, &Type::Text)?;
        let Some(Draft::Text(text, _)) = self.draft(pattern, None) else {
            self.error(
                self.span(pattern),
                "like 的模式须是文字常量",
                "the pattern of like must be a text literal",
            );
            return None;
        };
        let part = |c| match c {
            '%' => LikePart::Anything,
            '_' => LikePart::One,
            other => LikePart::Exactly(other),
        };
        let pattern = LikePattern {
            parts: text.chars().map(part).collect(),
            text,
        };
        Some(truth(
            Kind::Like {
                of: Box::new(of),
                pattern,
            },
            span,
        ))
    }

    fn case(
        &mut self,
        whole: &ast::Expr,
        operand: Option<&ast::Expr>,
        arms: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
        want: Option<&Type>,
    ) -> Option<Node> {
        let conditions: Vec<Option<Node>> = match operand {
            None => arms
                .iter()
                .map(|arm| self.boolean(&arm.condition))
                .collect(),
            Some(operand) => {
                let compared = arms.iter().map(|arm| (operand, &arm.condition));
                compared
                    .map(|(left, right)| {
                        self.compare(Comparison::Equal, left, right, self.span(right))
                    })
                    .collect()
            }
        };
        let results: Vec<&ast::Expr> = arms
            .iter()
            .map(|arm| &arm.result)
            .chain(otherwise)
            .collect();
        let hint = want.filter(|_| results.iter().all(|result| is_open(result)));
        let mut values = self.unify(&results, hint)?;
        let otherwise = otherwise.and_then(|_| values.pop()).map(Box::new);
        let conditions = conditions.into_iter().collect::<Option<Vec<Node>>>()?;
        let all = values.iter().chain(otherwise.as_deref());
        let bounds = numbers::union(all.map(|value| value.bounds));
        let ty = values.first()?.ty.clone();
        let arms = conditions
            .into_iter()
            .zip(values)
            .map(|(when, then)| Arm { when, then })
            .collect();
        Some(Node {
            kind: Kind::Case { arms, otherwise },
            ty,
            bounds,
            span: self.span(whole),
        })
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
