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

impl<R: Rows> LimitReader<'_, R> {
    /// The limits; `None` when the condition also says other things, or nothing about the field.
    pub fn limits(&self, condition: &Expr) -> Option<Limits> {
        let mut limits = Limits::default();
        self.read(condition, condition.root(), &mut limits)?;
        (limits.low.is_some() || limits.high.is_some()).then_some(limits)
    }

    fn read(&self, condition: &Expr, node: &Node, limits: &mut Limits) -> Option<()> {
        match &node.kind {
            Kind::And(all) => all
                .iter()
                .try_for_each(|part| self.read(condition, part, limits)),
            Kind::Between { of, low, high } if self.is_field(of) => {
                raise(limits, self.value(condition, low)?);
                lower(limits, self.value(condition, high)?);
                Some(())
            }
            Kind::Compare { op, left, right } => {
                let (op, other) = if self.is_field(left) {
                    (*op, right)
                } else if self.is_field(right) {
                    (turned(*op), left)
                } else {
                    return None;
                };
                let bound = self.value(condition, other)?;
                match op {
                    Comparison::GreaterOrEqual => raise(limits, bound),
                    Comparison::Greater => raise(limits, bound.checked_add(1)?),
                    Comparison::LessOrEqual => lower(limits, bound),
                    Comparison::Less => lower(limits, bound.checked_sub(1)?),
                    Comparison::Equal | Comparison::NotEqual => return None,
                }
                Some(())
            }
            _ => None,
        }
    }

    fn is_field(&self, node: &Node) -> bool {
        matches!(node.kind, Kind::Column(column) if column.set.is_none() && (self.is_own)(column.slot))
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
