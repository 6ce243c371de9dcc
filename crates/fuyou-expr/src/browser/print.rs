//! The tree as text.

use super::{BrowserNames, Json};
use crate::tree::{
    Aggregate, AggregateFunction, Arithmetic, DatePart, Extreme, Kind, LikePart, Need, Node,
    Rounding, SpanUnit,
};
use crate::value::Value;

pub(super) struct Printer<'a> {
    pub names: &'a dyn BrowserNames,
}

impl Printer<'_> {
    pub fn node(&self, node: &Node, json: &mut Json) {
        match &node.kind {
            Kind::Literal(Value::Codes(codes)) => json.array(|json| {
                json.text("codes");
                codes.iter().for_each(|code| json.place(usize::from(code)));
            }),
            Kind::Literal(value) => value.put(json),
            Kind::Column(column) => self.names.column(*column, json),
            Kind::Aggregate(aggregate) => self.aggregate(aggregate, json),
            // Its tables stay in the pack: whoever prints for a browser asks first whether a curve is read.
            Kind::Curve { .. } => json.null(),
            kind => json.array(|json| {
                json.text(word(kind));
                for child in node.children() {
                    self.node(child, json);
                }
                constants(kind, json);
            }),
        }
    }

    fn aggregate(&self, aggregate: &Aggregate, json: &mut Json) {
        json.array(|json| {
            json.text("rows");
            json.text(aggregate.function.browser_word());
            match self.names.set(aggregate.set) {
                Some(set) => json.place(set),
                None => json.null(),
            }
            match &aggregate.of {
                Some(of) => self.node(of, json),
                None => json.truth(true),
            }
            if let Some(filter) = &aggregate.filter {
                self.node(filter, json);
            }
        });
    }
}

impl AggregateFunction {
    /// What the browser's evaluator calls it.
    pub fn browser_word(self) -> &'static str {
        match self {
            AggregateFunction::Count => "count",
            AggregateFunction::CountDistinct => "different",
            AggregateFunction::Sum => "sum",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::First => "first",
            AggregateFunction::Last => "last",
            AggregateFunction::Any => "any",
            AggregateFunction::Every => "every",
        }
    }
}

/// The word a node begins with; its operands follow in their order, then [`constants`].
fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Literal(_) | Kind::Column(_) | Kind::Aggregate(_) | Kind::Curve { .. } => {
            unreachable!("literals, columns, aggregates and curves are printed apart")
        }
        Kind::Not(_) => "not",
        Kind::And(_) => "and",
        Kind::Or(_) => "or",
        Kind::Compare { op, .. } => op.sign(),
        Kind::Distinct { .. } => "distinct",
        Kind::IsNull(_) => "null",
        Kind::IsTruth { truth: true, .. } => "true",
        Kind::IsTruth { truth: false, .. } => "false",
        Kind::Between { .. } => "between",
        Kind::In { .. } => "in",
        Kind::Like { .. } => "like",
        Kind::Case { .. } => "case",
        Kind::Coalesce(_) => "coalesce",
        Kind::NullIf { .. } => "nullif",
        Kind::Extreme { which, .. } => match which {
            Extreme::Least => "least",
            Extreme::Greatest => "greatest",
        },
        Kind::Arithmetic { op, .. } => match op {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Remainder => "%",
        },
        Kind::Negate(_) => "negate",
        Kind::Absolute(_) => "abs",
        Kind::Divide { .. } => "/",
        Kind::Rescale { .. } => "rescale",
        Kind::Round { rounding, .. } => match rounding {
            Rounding::HalfAway => "round",
            Rounding::Floor => "floor",
            Rounding::Ceiling => "ceil",
        },
        Kind::Length(_) => "length",
        Kind::Concat(_) => "||",
        Kind::DaysBetween { .. } => "days",
        Kind::AddDays { .. } => "add_days",
        Kind::AddMonths { .. } => "add_months",
        Kind::Completed { unit, .. } => match unit {
            SpanUnit::Weeks => "weeks",
            SpanUnit::Months => "months",
            SpanUnit::Years => "years",
        },
        Kind::DatePart { part, .. } => match part {
            DatePart::Year => "year",
            DatePart::Month => "month",
            DatePart::Day => "day",
        },
        Kind::Has { need, .. } => match need {
            Need::Any => "has_any",
            Need::All => "has_all",
        },
        Kind::Size(_) => "size",
    }
}

/// What stands behind the operands of a node.
fn constants(kind: &Kind, json: &mut Json) {
    match kind {
        Kind::Divide { shift, .. } => json.number(i64::from(*shift)),
        Kind::Rescale { digits, .. } | Kind::Round { digits, .. } => {
            json.number(i64::from(*digits));
        }
        Kind::Has { codes, .. } => codes.iter().for_each(|code| json.place(usize::from(*code))),
        Kind::Like { pattern, .. } => pattern.parts.iter().for_each(|part| match part {
            LikePart::Anything => json.place(0),
            LikePart::One => json.place(1),
            LikePart::Exactly(c) => json.text(c.encode_utf8(&mut [0; 4])),
        }),
        _ => {}
    }
}
