//! Types that depend on their neighbours: a literal becomes a code beside a code, an integer a decimal beside one.

use std::ops::Range;

use super::{Checker, numbers, span_of};
use crate::syntax::{Form, Part};
use crate::tree::{Kind, Node};
use crate::types::Type;
use crate::value::{Value, parse_value};

/// A checked part whose type may still depend on its neighbours.
pub(super) enum Draft {
    Node(Node),
    /// `null`: takes any type.
    Null(Range<usize>),
    /// A text literal: becomes a code or a date beside one.
    Text(String, Range<usize>),
}
impl Checker<'_> {
    /// A part of whatever type it has by itself.
    pub(super) fn node(&mut self, expr: &Part<'_>) -> Option<Node> {
        match self.draft(expr, None)? {
            Draft::Node(node) => Some(node),
            Draft::Text(text, span) => Some(literal(Type::Text, Value::text(&text), span)),
            Draft::Null(span) => {
                self.error(span, "单独的 null 没有类型", "null has no type by itself");
                None
            }
        }
    }

    /// A part that must be of a type.
    pub(super) fn wanted(&mut self, expr: &Part<'_>, want: &Type) -> Option<Node> {
        let draft = self.draft(expr, Some(want))?;
        self.settle(draft, want)
    }

    pub(super) fn boolean(&mut self, expr: &Part<'_>) -> Option<Node> {
        self.wanted(expr, &Type::Boolean)
    }

    /// Parts that must have one type: the type of the first that has one, with the most decimals among numbers.
    pub(super) fn unify(&mut self, exprs: &[&Part<'_>], want: Option<&Type>) -> Option<Vec<Node>> {
        // Parts whose type is open are checked last, when their neighbours have told what they should be.
        let mut order: Vec<usize> = (0..exprs.len()).collect();
        order.sort_by_key(|at| is_open(exprs[*at]));
        let mut drafts: Vec<Option<Draft>> = exprs.iter().map(|_| None).collect();
        let mut common: Option<Type> = None;
        let mut failed = false;
        for at in order {
            let hint = common.as_ref().or(want).cloned();
            let draft = self.draft(exprs[at], hint.as_ref());
            if let Some(Draft::Node(node)) = &draft {
                common = Some(match common {
                    Some(known) => wider(&known, &node.ty).unwrap_or(known),
                    None => node.ty.clone(),
                });
            }
            failed |= draft.is_none();
            drafts[at] = draft;
        }
        let all_null = drafts
            .iter()
            .flatten()
            .all(|draft| matches!(draft, Draft::Null(_)));
        let common = match (common, want) {
            (Some(common), _) => common,
            (None, Some(want)) => want.clone(),
            (None, None) if all_null && !failed => {
                self.error(
                    span_of(exprs),
                    "这里只有 null，无法确定类型",
                    "there is nothing but null here, so it has no type",
                );
                return None;
            }
            (None, None) => Type::Text,
        };
        let nodes: Vec<Option<Node>> = drafts
            .into_iter()
            .map(|draft| self.settle(draft?, &common))
            .collect();
        nodes.into_iter().collect()
    }

    /// Gives a draft the wanted type, or says why it cannot have it.
    pub(super) fn settle(&mut self, draft: Draft, want: &Type) -> Option<Node> {
        match draft {
            Draft::Null(span) => Some(literal(want.clone(), Value::Null, span)),
            Draft::Text(text, span) => self.settle_text(&text, span, want),
            Draft::Node(node) if node.ty == *want => Some(node),
            Draft::Node(node) => match (node.ty.scale(), want.scale()) {
                (Some(has), Some(wants)) if has < wants => self.rescale(node, wants),
                _ => {
                    self.mismatch(&node, want);
                    None
                }
            },
        }
    }

    fn settle_text(&mut self, text: &str, span: Range<usize>, want: &Type) -> Option<Node> {
        match want {
            Type::Text | Type::Code(_) | Type::Codes(_) | Type::Date => {
                match parse_value(want, text) {
                    Ok(value) => Some(literal(want.clone(), value, span)),
                    Err(_) => {
                        self.bad_literal(text, span, want);
                        None
                    }
                }
            }
            Type::Boolean | Type::Integer | Type::Decimal(_) => {
                let node = literal(Type::Text, Value::text(text), span);
                self.mismatch(&node, want);
                None
            }
        }
    }

    pub(super) fn mismatch(&mut self, node: &Node, want: &Type) {
        let has = &node.ty;
        let (zh, en) = (
            format!("此处需要 {want}，而它是 {has}"),
            format!("this is {has}, but {want} is needed"),
        );
        self.error(node.span.clone(), zh, en);
    }
}

/// Whether the type of a part depends on its neighbours: literals, `null`, and choices among such.
pub(super) fn is_open(part: &Part<'_>) -> bool {
    match &part.kind {
        Form::Nested(inner) => is_open(inner),
        Form::Null | Form::Text(_) => true,
        Form::Case {
            arms, otherwise, ..
        } => arms
            .iter()
            .map(|arm| &arm.result)
            .chain(otherwise.as_deref())
            .all(is_open),
        _ => false,
    }
}

/// The type that can hold both.
fn wider(a: &Type, b: &Type) -> Option<Type> {
    match (a.scale(), b.scale()) {
        (Some(x), Some(y)) => Some(Type::number(x.max(y))),
        _ => (a == b).then(|| a.clone()),
    }
}

pub(super) fn literal(ty: Type, value: Value, span: Range<usize>) -> Node {
    let bounds = ty.scale().and_then(|_| numbers::exact(&value));
    Node {
        kind: Kind::Literal(value),
        ty,
        bounds,
        span,
    }
}
