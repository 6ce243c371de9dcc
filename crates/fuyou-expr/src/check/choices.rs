//! `case`, in both forms.

use std::ops::Range;

use super::settle::is_open;
use super::{Checker, numbers};
use crate::syntax::{CaseArm, Part};
use crate::tree::{Arm, Comparison, Kind, Node};
use crate::types::Type;

impl Checker<'_> {
    pub(super) fn case(
        &mut self,
        span: Range<usize>,
        operand: Option<&Part<'_>>,
        arms: &[CaseArm<'_>],
        otherwise: Option<&Part<'_>>,
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
                        self.compare(Comparison::Equal, left, right, right.span.clone())
                    })
                    .collect()
            }
        };
        let results: Vec<&Part<'_>> = arms
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
            span,
        })
    }
}
