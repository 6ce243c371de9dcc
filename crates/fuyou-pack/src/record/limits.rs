//! What a condition allows its own field, as an earliest and a latest value: a refusal that names them can be acted on.

use fuyou_expr::{Comparison, Expr, Kind, Node, Rows, Scope, Slot, Type, Value};
use fuyou_kernel::Secrecy;

/// The values that a condition allows, both ends included; an end that it leaves open is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    pub low: Option<i64>,
    pub high: Option<i64>,
}

/// Reads the limits of dates and numbers out of comparisons with the field that are joined by `and`.
pub(super) struct LimitReader<'a, R: Rows> {
    pub scope: &'a Scope,
    pub rows: &'a R,
    /// Whether an outer column is the field itself.
    pub is_own: &'a dyn Fn(Slot) -> bool,
    /// Limits are told to whoever types the field: what is more secret than the field stays untold.
    pub secrecy_max: Secrecy,
}

/// One end of what a condition allows its own field.
pub(crate) struct Limit<'e> {
    /// Whether it is the earliest or least value; otherwise it is the latest or greatest.
    pub is_low: bool,
    /// Added to the value of the node: 1 after `>`, -1 before `<`.
    pub offset: i64,
    /// What is evaluated.
    pub node: &'e Node,
}

/// The ends that a condition gives its own field; `None` when the condition also says other things, or nothing about
/// the field.
pub(crate) fn limits_of<'e>(
    condition: &'e Expr,
    is_own: &dyn Fn(Slot) -> bool,
) -> Option<Vec<Limit<'e>>> {
    let mut limits = Vec::new();
    read(condition.root(), is_own, &mut limits)?;
    (!limits.is_empty()).then_some(limits)
}

fn read<'e>(
    node: &'e Node,
    is_own: &dyn Fn(Slot) -> bool,
    limits: &mut Vec<Limit<'e>>,
) -> Option<()> {
    let is_field = |node: &Node| matches!(node.kind, Kind::Column(column) if column.set.is_none() && is_own(column.slot));
    let mut add = |is_low, offset, node| {
        limits.push(Limit {
            is_low,
            offset,
            node,
        });
        Some(())
    };
    match &node.kind {
        Kind::And(all) => all.iter().try_for_each(|part| read(part, is_own, limits)),
        Kind::Between { of, low, high } if is_field(of) => {
            add(true, 0, low)?;
            add(false, 0, high)
        }
        Kind::Compare { op, left, right } => {
            let (op, other) = if is_field(left) {
                (*op, right)
            } else if is_field(right) {
                (turned(*op), left)
            } else {
                return None;
            };
            match op {
                Comparison::GreaterOrEqual => add(true, 0, other),
                Comparison::Greater => add(true, 1, other),
                Comparison::LessOrEqual => add(false, 0, other),
                Comparison::Less => add(false, -1, other),
                Comparison::Equal | Comparison::NotEqual => None,
            }
        }
        _ => None,
    }
}

impl<R: Rows> LimitReader<'_, R> {
    /// The limits; `None` when the condition also says other things, or nothing about the field.
    pub fn limits(&self, condition: &Expr) -> Option<Limits> {
        let mut limits = Limits::default();
        for limit in limits_of(condition, self.is_own)? {
            let bound = self
                .value(condition, limit.node)?
                .checked_add(limit.offset)?;
            if limit.is_low {
                raise(&mut limits, bound);
            } else {
                lower(&mut limits, bound);
            }
        }
        Some(limits)
    }

    /// The value of the other side of a comparison: its text was checked as part of the condition.
    fn value(&self, condition: &Expr, node: &Node) -> Option<i64> {
        let text = condition.text().get(node.span.clone())?;
        let expr = fuyou_expr::parse_as(text, self.scope, &node.ty).ok()?;
        if expr.secrecy() > self.secrecy_max {
            return None;
        }
        match (expr.ty(), expr.eval(self.rows)) {
            (Type::Date, Value::Date(day)) => Some(i64::from(day)),
            (Type::Integer | Type::Decimal(_), Value::Number(number)) => Some(number),
            _ => None,
        }
    }
}

fn raise(limits: &mut Limits, bound: i64) {
    limits.low = Some(limits.low.map_or(bound, |low| low.max(bound)));
}

fn lower(limits: &mut Limits, bound: i64) {
    limits.high = Some(limits.high.map_or(bound, |high| high.min(bound)));
}

/// The comparison with its sides changed.
fn turned(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal | Comparison::NotEqual => op,
    }
}
