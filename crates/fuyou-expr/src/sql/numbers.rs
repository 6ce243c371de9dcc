//! Arithmetic on scaled integers. The checker has made sure that every intermediate result fits 64 bits, and the
//! bounds of the operands tell which signs need no care.

use super::Printer;
use crate::tree::{Arithmetic, Bounds, Kind, Node, Rounding};

impl Printer<'_> {
    pub(super) fn number(&self, node: &Node) -> String {
        match &node.kind {
            Kind::Arithmetic { op, left, right } => {
                let (left, right) = (self.sql(left), self.sql(right));
                match op {
                    Arithmetic::Add => format!("({left} + {right})"),
                    Arithmetic::Subtract => format!("({left} - {right})"),
                    Arithmetic::Multiply => format!("({left} * {right})"),
                    Arithmetic::Remainder => format!("({left} % nullif({right}, 0))"),
                }
            }
            Kind::Negate(of) => format!("(- {})", self.sql(of)),
            Kind::Absolute(of) => format!("abs({})", self.sql(of)),
            Kind::Rescale { of, digits } => format!("({} * {})", self.sql(of), power(*digits)),
            Kind::Round {
                of,
                digits,
                rounding,
            } => self.round(of, *digits, *rounding),
            Kind::Divide { left, right, shift } => self.divide(left, right, *shift),
            _ => self.sql(node),
        }
    }

    /// Integer division drops what is left over, towards zero; what is added first turns that into the wanted rounding.
    fn round(&self, of: &Node, digits: u8, rounding: Rounding) -> String {
        let unit = power(digits);
        let (sql, sign) = (self.sql(of), Sign::of(of.bounds));
        let added = match (rounding, sign) {
            (Rounding::HalfAway, Sign::Positive) => format!("{}", unit / 2),
            (Rounding::HalfAway, _) => format!(
                "(case when {sql} < 0 then {} else {} end)",
                -(unit / 2),
                unit / 2
            ),
            (Rounding::Floor, Sign::Positive) => "0".to_owned(),
            (Rounding::Floor, _) => format!("(case when {sql} < 0 then {} else 0 end)", 1 - unit),
            (Rounding::Ceiling, Sign::Negative) => "0".to_owned(),
            (Rounding::Ceiling, _) => format!("(case when {sql} > 0 then {} else 0 end)", unit - 1),
        };
        format!("(({sql} + {added}) / {unit})")
    }

    /// `(2 × dividend ± divisor) / (2 × divisor)`, with the sign that leads away from zero.
    fn divide(&self, left: &Node, right: &Node, shift: i8) -> String {
        let scaled = |node: &Node, by: i8| match by {
            ..=0 => self.sql(node),
            by => format!("({} * {})", self.sql(node), power(by.unsigned_abs())),
        };
        let (dividend, divisor) = (scaled(left, shift), scaled(right, shift.saturating_neg()));
        let away = match (Sign::of(left.bounds), Sign::of(right.bounds)) {
            (Sign::Positive, Sign::Positive) | (Sign::Negative, Sign::Negative) => divisor.clone(),
            (Sign::Positive, Sign::Negative) | (Sign::Negative, Sign::Positive) => {
                format!("(- {divisor})")
            }
            (_, Sign::Positive) => {
                format!("(case when {dividend} < 0 then - {divisor} else {divisor} end)")
            }
            (_, _) => format!(
                "(case when ({dividend} < 0) = ({divisor} < 0) then {divisor} else - {divisor} end)"
            ),
        };
        format!("((2 * {dividend} + {away}) / nullif(2 * {divisor}, 0))")
    }
}

/// What is known of the sign of a number.
enum Sign {
    /// Zero or more.
    Positive,
    /// Zero or less.
    Negative,
    Either,
}

impl Sign {
    fn of(bounds: Option<Bounds>) -> Sign {
        match bounds {
            Some(Bounds { min: 0.., .. }) => Sign::Positive,
            Some(Bounds { max: ..=0, .. }) => Sign::Negative,
            _ => Sign::Either,
        }
    }
}

fn power(digits: u8) -> i64 {
    10i64.saturating_pow(u32::from(digits))
}
