//! Aggregates: one set each, never one inside another.

use std::ops::Range;

use super::{Checker, numbers};
use crate::limits::SET_ROWS_MAX;
use crate::syntax::Part;
use crate::tree::{Aggregate, AggregateFunction, Kind, Node};

impl Checker<'_> {
    pub(super) fn aggregate(
        &mut self,
        name: &str,
        arguments: &[Option<&Part<'_>>],
        distinct: bool,
        filter: Option<&Part<'_>>,
        span: Range<usize>,
    ) -> Option<Node> {
        let argument = arguments.first().copied().flatten();
        let function = match (name, argument, distinct) {
            ("count", None, false) | ("count", Some(_), false) => AggregateFunction::Count,
            ("count", Some(_), true) => AggregateFunction::CountDistinct,
            (_, _, true) | (_, None, _) => {
                let zh = "只有 count 可用 * 或 distinct";
                self.error(span, zh, "only count takes * or distinct");
                return None;
            }
            ("sum", ..) => AggregateFunction::Sum,
            ("min", ..) => AggregateFunction::Min,
            ("max", ..) => AggregateFunction::Max,
            ("first", ..) => AggregateFunction::First,
            ("last", ..) => AggregateFunction::Last,
            ("any", ..) => AggregateFunction::Any,
            ("every", ..) => AggregateFunction::Every,
            _ => return self.foreign(span),
        };
        if self.within.is_some() {
            let (zh, en) = (
                "聚合里面不能再用聚合",
                "an aggregate cannot stand inside another",
            );
            self.error(span, zh, en);
            return None;
        }
        let parts: Vec<&Part<'_>> = argument.into_iter().chain(filter).collect();
        let set = self.set_of(&parts, span.clone())?;
        self.within = Some(set);
        let truth = matches!(function, AggregateFunction::Any | AggregateFunction::Every);
        let of = argument.map(|argument| {
            if truth {
                self.boolean(argument)
            } else {
                self.node(argument)
            }
        });
        let filter = filter.map(|filter| self.boolean(filter));
        self.within = None;
        let of = match of {
            None => None,
            Some(of) => Some(of?),
        };
        let filter = match filter {
            None => None,
            Some(filter) => Some(filter?),
        };
        self.aggregate_node(
            Aggregate {
                function,
                set,
                of,
                filter,
            },
            span,
        )
    }

    fn aggregate_node(&mut self, aggregate: Aggregate, span: Range<usize>) -> Option<Node> {
        let count = |kind| super::dates::integer(kind, (0, SET_ROWS_MAX), span.clone());
        let of = match (&aggregate.of, aggregate.function) {
            (_, AggregateFunction::Count | AggregateFunction::CountDistinct) | (None, _) => {
                return Some(count(Kind::Aggregate(Box::new(aggregate))));
            }
            (Some(of), _) => of,
        };
        let (ty, limits) = (of.ty.clone(), of.bounds);
        match aggregate.function {
            AggregateFunction::Sum => {
                let (Some(scale), Some(limits)) = (ty.scale(), limits) else {
                    let (zh, en) = (
                        format!("sum 需要数，而它是 {ty}"),
                        format!("sum needs a number, and this is {ty}"),
                    );
                    self.error(of.span.clone(), zh, en);
                    return None;
                };
                let rows = i128::from(SET_ROWS_MAX);
                let range = (
                    i128::from(limits.min.min(0)) * rows,
                    i128::from(limits.max.max(0)) * rows,
                );
                return self.number(Kind::Aggregate(Box::new(aggregate)), scale, range, span);
            }
            AggregateFunction::Min | AggregateFunction::Max => {
                let of = of.clone();
                self.must_be_ordered(&of, &of.span)?;
            }
            AggregateFunction::First
            | AggregateFunction::Last
            | AggregateFunction::Any
            | AggregateFunction::Every => {}
            AggregateFunction::Count | AggregateFunction::CountDistinct => {}
        }
        let bounds = limits.map(|b| numbers::bounds(b.min, b.max));
        Some(Node {
            kind: Kind::Aggregate(Box::new(aggregate)),
            ty,
            bounds,
            span,
        })
    }
}
