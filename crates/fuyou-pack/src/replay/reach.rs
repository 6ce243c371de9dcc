//! What a new encounter of a form can change: fields that its form does not have are NULL in it, and most aggregates
//! pass over such rows. Knowing this beforehand, a replay computes only what can have changed.

use fuyou_expr::{Aggregate, AggregateFunction, ColumnRef, Comparison, Kind, Node, Value};

/// What can be said of a node's value without the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Null,
    True,
    False,
    /// False or NULL.
    NotTrue,
    Anything,
}

/// What can be said of a column: [`Known::Null`], or for the column `form` the code of the form.
pub(crate) enum ColumnKnown {
    Null,
    Code(u16),
    Anything,
}

/// What is known of columns in a row of one form.
pub(crate) trait Environment {
    fn column(&self, column: ColumnRef) -> ColumnKnown;
}

/// Whether a row can change the value of an aggregate over its set.
pub(crate) fn contributes(aggregate: &Aggregate, environment: &dyn Environment) -> bool {
    if let Some(filter) = &aggregate.filter
        && matches!(
            known(filter, environment),
            Known::Null | Known::False | Known::NotTrue
        )
    {
        return false;
    }
    let of = aggregate
        .of
        .as_ref()
        .map_or(Known::Anything, |of| known(of, environment));
    match aggregate.function {
        AggregateFunction::Count
        | AggregateFunction::CountDistinct
        | AggregateFunction::Sum
        | AggregateFunction::Min
        | AggregateFunction::Max
        | AggregateFunction::First
        | AggregateFunction::Last => of != Known::Null,
        AggregateFunction::Any => of != Known::False,
        AggregateFunction::Every => of != Known::True,
    }
}

/// What can be said of a node's value.
pub(crate) fn known(node: &Node, environment: &dyn Environment) -> Known {
    let of = |node: &Node| known(node, environment);
    match &node.kind {
        Kind::Literal(value) => match value {
            Value::Null => Known::Null,
            Value::Boolean(true) => Known::True,
            Value::Boolean(false) => Known::False,
            _ => Known::Anything,
        },
        Kind::Column(column) => match environment.column(*column) {
            ColumnKnown::Null => Known::Null,
            ColumnKnown::Code(_) | ColumnKnown::Anything => Known::Anything,
        },
        Kind::Not(operand) => match of(operand) {
            Known::True => Known::False,
            Known::False => Known::True,
            Known::Null => Known::Null,
            Known::NotTrue | Known::Anything => Known::Anything,
        },
        Kind::And(operands) => and(operands.iter().map(of)),
        Kind::Or(operands) => or(operands.iter().map(of)),
        Kind::Compare { op, left, right } => compare(*op, left, right, environment),
        Kind::In { of: operand, list } => contains(operand, list, environment),
        Kind::IsNull(operand) if of(operand) == Known::Null => Known::True,
        Kind::IsTruth { of: operand, truth } => match (of(operand), truth) {
            (Known::Null, _) | (Known::False | Known::NotTrue, true) | (Known::True, false) => {
                Known::False
            }
            (Known::True, true) | (Known::False, false) => Known::True,
            (Known::NotTrue | Known::Anything, _) => Known::Anything,
        },
        Kind::Coalesce(operands) if operands.iter().all(|operand| of(operand) == Known::Null) => {
            Known::Null
        }
        Kind::Case { arms, otherwise } => {
            let dead =
                |when: &Node| matches!(of(when), Known::Null | Known::False | Known::NotTrue);
            let rest = otherwise.as_ref().map_or(Known::Null, |node| of(node));
            let mut values = arms
                .iter()
                .filter(|arm| !dead(&arm.when))
                .map(|arm| of(&arm.then));
            if values.all(|value| value == rest) {
                rest
            } else {
                Known::Anything
            }
        }
        Kind::NullIf { of: operand, .. } => strict([of(operand)]),
        Kind::Between { of: operand, .. } => strict([of(operand)]),
        Kind::Arithmetic { left, right, .. } | Kind::Divide { left, right, .. } => {
            strict([of(left), of(right)])
        }
        Kind::Extreme { of: operands, .. } | Kind::Concat(operands) => {
            strict(operands.iter().map(of))
        }
        Kind::Negate(operand)
        | Kind::Absolute(operand)
        | Kind::Length(operand)
        | Kind::Size(operand)
        | Kind::Rescale { of: operand, .. }
        | Kind::Round { of: operand, .. }
        | Kind::Like { of: operand, .. }
        | Kind::DatePart { of: operand, .. }
        | Kind::Has { of: operand, .. } => strict([of(operand)]),
        Kind::DaysBetween { from, to } | Kind::Completed { from, to, .. } => {
            strict([of(from), of(to)])
        }
        Kind::AddDays { date, days } => strict([of(date), of(days)]),
        Kind::AddMonths { date, months } => strict([of(date), of(months)]),
        Kind::Curve { stratum, x, y, .. } => strict([of(stratum), of(x), of(y)]),
        Kind::IsNull(_) | Kind::Coalesce(_) | Kind::Distinct { .. } | Kind::Aggregate(_) => {
            Known::Anything
        }
    }
}

/// NULL when an operand is.
fn strict(operands: impl IntoIterator<Item = Known>) -> Known {
    if operands.into_iter().any(|operand| operand == Known::Null) {
        Known::Null
    } else {
        Known::Anything
    }
}

fn and(operands: impl Iterator<Item = Known>) -> Known {
    operands.fold(Known::True, |sum, operand| match (sum, operand) {
        (Known::False, _) | (_, Known::False) => Known::False,
        (Known::True, other) => other,
        (other, Known::True) => other,
        (Known::Null, Known::Null) => Known::Null,
        (Known::Anything, Known::Anything) => Known::Anything,
        _ => Known::NotTrue,
    })
}

fn or(operands: impl Iterator<Item = Known>) -> Known {
    operands.fold(Known::False, |sum, operand| match (sum, operand) {
        (Known::True, _) | (_, Known::True) => Known::True,
        (Known::False, other) => other,
        (other, Known::False) => other,
        (Known::Null, Known::Null) => Known::Null,
        (Known::Null | Known::NotTrue, Known::Null | Known::NotTrue) => Known::NotTrue,
        _ => Known::Anything,
    })
}

/// The code that a node is known to be: a literal, or the column `form`.
fn code(node: &Node, environment: &dyn Environment) -> Option<u16> {
    match &node.kind {
        Kind::Literal(Value::Code(code)) => Some(*code),
        Kind::Column(column) => match environment.column(*column) {
            ColumnKnown::Code(code) => Some(code),
            ColumnKnown::Null | ColumnKnown::Anything => None,
        },
        _ => None,
    }
}

fn compare(op: Comparison, left: &Node, right: &Node, environment: &dyn Environment) -> Known {
    let truth = |truth: bool| if truth { Known::True } else { Known::False };
    match (op, code(left, environment), code(right, environment)) {
        (Comparison::Equal, Some(left), Some(right)) => truth(left == right),
        (Comparison::NotEqual, Some(left), Some(right)) => truth(left != right),
        _ => strict([known(left, environment), known(right, environment)]),
    }
}

fn contains(operand: &Node, list: &[Node], environment: &dyn Environment) -> Known {
    if let Some(own) = code(operand, environment) {
        let codes: Vec<Option<u16>> = list.iter().map(|node| code(node, environment)).collect();
        if codes.contains(&Some(own)) {
            return Known::True;
        }
        if codes.iter().all(Option::is_some) {
            return Known::False;
        }
    }
    strict([known(operand, environment)])
}
