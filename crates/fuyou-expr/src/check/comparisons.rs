//! Comparisons and the other questions that have a truth value.

use std::ops::Range;

use super::Checker;
use super::operators::truth;
use super::settle::Draft;
use crate::syntax::{Form, Part};
use crate::tree::{Comparison, Kind, LikePart, LikePattern, Node};
use crate::types::Type;

impl Checker<'_> {
    pub(super) fn compare(
        &mut self,
        op: Comparison,
        left: &Part<'_>,
        right: &Part<'_>,
        span: Range<usize>,
    ) -> Option<Node> {
        if [left, right].iter().any(|side| side.kind == Form::Null) {
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
        if !matches!(op, Comparison::Equal | Comparison::NotEqual)
            && matches!(left.kind, Form::Compare { .. })
        {
            let (zh, en) = (
                "比较不能连写：请写 a < b and b < c，或用 between",
                "comparisons do not chain: write a < b and b < c, or between",
            );
            self.error(span, zh, en);
            return None;
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
    pub(super) fn pair(&mut self, left: &Part<'_>, right: &Part<'_>) -> Option<[Node; 2]> {
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

    pub(super) fn is_null(&mut self, of: &Part<'_>, span: Range<usize>) -> Option<Node> {
        let of = self.node(of)?;
        Some(truth(Kind::IsNull(Box::new(of)), span))
    }

    pub(super) fn is_unknown(&mut self, of: &Part<'_>, span: Range<usize>) -> Option<Node> {
        let of = self.boolean(of)?;
        Some(truth(Kind::IsNull(Box::new(of)), span))
    }

    pub(super) fn is_truth(
        &mut self,
        of: &Part<'_>,
        asked: bool,
        span: Range<usize>,
    ) -> Option<Node> {
        let of = Box::new(self.boolean(of)?);
        Some(truth(Kind::IsTruth { of, truth: asked }, span))
    }

    pub(super) fn distinct(
        &mut self,
        left: &Part<'_>,
        right: &Part<'_>,
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

    pub(super) fn between(
        &mut self,
        of: &Part<'_>,
        low: &Part<'_>,
        high: &Part<'_>,
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

    pub(super) fn in_list(
        &mut self,
        of: &Part<'_>,
        list: &[Part<'_>],
        span: Range<usize>,
    ) -> Option<Node> {
        let parts: Vec<&Part<'_>> = std::iter::once(of).chain(list).collect();
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

    pub(super) fn like(
        &mut self,
        of: &Part<'_>,
        pattern: &Part<'_>,
        span: Range<usize>,
    ) -> Option<Node> {
        let of = self.wanted(of, &Type::Text)?;
        let Some(Draft::Text(text, _)) = self.draft(pattern, None) else {
            self.error(
                pattern.span.clone(),
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
}
