//! Numbers: scales are aligned and bounds computed here, so that nothing can overflow when it is evaluated.

use std::ops::Range;

use super::Checker;
use super::settle::literal;
use crate::limits::{DIVISION_SCALE, SCALE_MAX};
use crate::row::half_away;
use crate::syntax::Part;
use crate::tree::{Arithmetic, Bounds, Kind, Node, Rounding};
use crate::types::Type;
use crate::value::{Value, format_number, parse_number};

pub(super) fn bounds(min: i64, max: i64) -> Bounds {
    Bounds {
        min: min.min(max),
        max: max.max(min),
    }
}

/// Bounds of a constant; `NULL` computes as zero would.
pub(super) fn exact(value: &Value) -> Option<Bounds> {
    match value {
        Value::Number(number) => Some(bounds(*number, *number)),
        Value::Null => Some(bounds(0, 0)),
        _ => None,
    }
}

fn wide(node: &Node) -> (i128, i128) {
    let bounds = node.bounds.unwrap_or(Bounds {
        min: i64::MIN,
        max: i64::MAX,
    });
    (i128::from(bounds.min), i128::from(bounds.max))
}

/// Least and greatest of some candidates.
fn hull(candidates: impl IntoIterator<Item = i128>) -> (i128, i128) {
    let start = (i128::MAX, i128::MIN);
    candidates.into_iter().fold(start, |(min, max), candidate| {
        (min.min(candidate), max.max(candidate))
    })
}

/// Bounds that hold for each of the nodes.
pub(super) fn union(nodes: impl IntoIterator<Item = Option<Bounds>>) -> Option<Bounds> {
    let both = |a: Bounds, b: Bounds| bounds(a.min.min(b.min), a.max.max(b.max));
    nodes
        .into_iter()
        .reduce(|a, b| Some(both(a?, b?)))
        .flatten()
}

fn power(digits: u32) -> i128 {
    10i128.checked_pow(digits).unwrap_or(i128::MAX)
}

impl Checker<'_> {
    pub(super) fn number_literal(&mut self, text: &str, span: Range<usize>) -> Option<Node> {
        match parse_number(text) {
            Some((number, scale)) if scale <= SCALE_MAX => {
                Some(literal(Type::number(scale), Value::Number(number), span))
            }
            _ => {
                let zh = format!("{text} 不是可用的数：整数，或最多 {SCALE_MAX} 位小数，不用指数");
                let en = format!(
                    "{text} is not a usable number: digits with at most {SCALE_MAX} decimals, no exponent"
                );
                self.error(span, zh, en);
                None
            }
        }
    }

    /// A numeric node whose values lie within `min` and `max`, or the complaint that they may overflow.
    pub(super) fn number(
        &mut self,
        kind: Kind,
        scale: u8,
        range: (i128, i128),
        span: Range<usize>,
    ) -> Option<Node> {
        let (min, max) = range;
        self.fits(min.unsigned_abs().max(max.unsigned_abs()), scale, &span)?;
        let limits = Bounds {
            min: i64::try_from(min).ok()?,
            max: i64::try_from(max).ok()?,
        };
        Some(Node {
            kind,
            ty: Type::number(scale),
            bounds: Some(limits),
            span,
        })
    }

    /// Refuses a magnitude that 64 bits cannot hold.
    fn fits(&mut self, magnitude: u128, scale: u8, span: &Range<usize>) -> Option<()> {
        if magnitude <= i64::MAX as u128 && scale <= SCALE_MAX {
            return Some(());
        }
        let (zh, en) = if scale > SCALE_MAX {
            let zh = format!("结果会有 {scale} 位小数，最多 {SCALE_MAX} 位；请先用 round");
            (
                zh,
                format!(
                    "the result would have {scale} decimals, at most {SCALE_MAX} are kept; use round"
                ),
            )
        } else {
            let reach = magnitude / power(u32::from(scale)) as u128;
            let zh = format!("可能溢出：结果可达 {reach}（{scale} 位小数）；请给列规定取值范围");
            (
                zh,
                format!(
                    "may overflow: the result can reach {reach} with {scale} decimals; give the columns a range"
                ),
            )
        };
        self.error(span.clone(), zh, en);
        None
    }

    /// The same number with more decimals.
    pub(super) fn rescale(&mut self, node: Node, scale: u8) -> Option<Node> {
        let digits = scale.checked_sub(node.ty.scale()?)?;
        if digits == 0 {
            return Some(node);
        }
        let (min, max) = wide(&node);
        let factor = power(u32::from(digits));
        let span = node.span.clone();
        let range = (min.saturating_mul(factor), max.saturating_mul(factor));
        let kind = match &node.kind {
            // A constant is rescaled once and for all; the check below refuses it when it does not fit.
            Kind::Literal(Value::Number(number)) => Kind::Literal(Value::Number(
                number.saturating_mul(i64::try_from(factor).ok()?),
            )),
            Kind::Literal(value) => Kind::Literal(value.clone()),
            _ => Kind::Rescale {
                of: Box::new(node),
                digits,
            },
        };
        self.number(kind, scale, range, span)
    }

    pub(super) fn arithmetic(&mut self, op: Arithmetic, left: Node, right: Node) -> Option<Node> {
        let span = left.span.start..right.span.end;
        let (a, b) = (left.ty.scale()?, right.ty.scale()?);
        let (left, right, scale) = match op {
            Arithmetic::Multiply => (left, right, a + b),
            Arithmetic::Remainder => (left, right, 0),
            Arithmetic::Add | Arithmetic::Subtract => {
                let scale = a.max(b);
                (
                    self.rescale(left, scale)?,
                    self.rescale(right, scale)?,
                    scale,
                )
            }
        };
        let ((a, b), (c, d)) = (wide(&left), wide(&right));
        let range = match op {
            Arithmetic::Add => (a + c, b + d),
            Arithmetic::Subtract => (a - d, b - c),
            Arithmetic::Multiply => hull([a * c, a * d, b * c, b * d]),
            Arithmetic::Remainder => {
                let greatest = (c.abs().max(d.abs()) - 1).max(0);
                (
                    if a < 0 { a.max(-greatest) } else { 0 },
                    if b > 0 { b.min(greatest) } else { 0 },
                )
            }
        };
        self.number(
            Kind::Arithmetic {
                op,
                left: Box::new(left),
                right: Box::new(right),
            },
            scale,
            range,
            span,
        )
    }

    /// `left / right` rounded once to `scale` decimals.
    pub(super) fn divide(&mut self, left: Node, right: Node, scale: Option<u8>) -> Option<Node> {
        let scale = scale.unwrap_or(DIVISION_SCALE);
        let span = left.span.start..right.span.end;
        let shift = i8::try_from(
            i16::from(scale) + i16::from(right.ty.scale()?) - i16::from(left.ty.scale()?),
        )
        .ok()?;
        let ((a, b), (c, d)) = (wide(&left), wide(&right));
        let (up, down) = (
            power(shift.max(0).unsigned_abs().into()),
            power(shift.min(0).unsigned_abs().into()),
        );
        // Saturated products are far beyond 64 bits, so the checks below refuse them.
        let (a, b) = (a.saturating_mul(up), b.saturating_mul(up));
        let (c, d) = (c.saturating_mul(down), d.saturating_mul(down));
        self.fits(up.max(down).unsigned_abs(), scale, &span)?;
        // Databases round by computing (2 × dividend ± divisor) / (2 × divisor) in 64 bits.
        let dividend = a.unsigned_abs().max(b.unsigned_abs());
        let divisor = c.unsigned_abs().max(d.unsigned_abs());
        self.fits(
            dividend.saturating_mul(2).saturating_add(divisor),
            scale,
            &span,
        )?;
        self.fits(divisor.saturating_mul(2), scale, &span)?;
        // The quotient is largest over the divisors nearest to zero; zero itself yields NULL.
        let near_zero = [
            c,
            d,
            if c <= 1 && d >= 1 { 1 } else { c },
            if c <= -1 && d >= -1 { -1 } else { d },
        ];
        let divisors = near_zero.into_iter().filter(|divisor| *divisor != 0);
        let quotients =
            divisors.flat_map(|divisor| [a, b].map(|dividend| half_away(dividend, divisor)));
        let (min, max) = hull(quotients.chain([0]));
        self.number(
            Kind::Divide {
                left: Box::new(left),
                right: Box::new(right),
                shift,
            },
            scale,
            (min, max),
            span,
        )
    }

    /// The number with the wanted decimals, added exactly or dropped by rounding.
    pub(super) fn round(&mut self, of: Node, scale: u8, rounding: Rounding) -> Option<Node> {
        let has = of.ty.scale()?;
        if has <= scale {
            return self.rescale(of, scale);
        }
        let digits = has - scale;
        let unit = power(u32::from(digits));
        let (min, max) = wide(&of);
        let span = of.span.clone();
        // Databases add up to one unit before they divide.
        self.fits(
            min.unsigned_abs().max(max.unsigned_abs()) + unit as u128,
            has,
            &span,
        )?;
        let dropped = |number: i128| match rounding {
            Rounding::HalfAway => half_away(number, unit),
            Rounding::Floor => number.div_euclid(unit),
            Rounding::Ceiling => -(-number).div_euclid(unit),
        };
        let kind = Kind::Round {
            of: Box::new(of),
            digits,
            rounding,
        };
        self.number(kind, scale, (dropped(min), dropped(max)), span)
    }

    pub(super) fn negate(&mut self, of: Node, span: Range<usize>) -> Option<Node> {
        let (min, max) = wide(&of);
        let scale = of.ty.scale()?;
        let kind = match of.kind {
            Kind::Literal(Value::Number(number)) => Kind::Literal(Value::Number(-number)),
            _ => Kind::Negate(Box::new(of)),
        };
        self.number(kind, scale, (-max, -min), span)
    }

    pub(super) fn absolute(&mut self, of: Node, span: Range<usize>) -> Option<Node> {
        let (min, max) = wide(&of);
        let least = if min <= 0 && max >= 0 {
            0
        } else {
            min.abs().min(max.abs())
        };
        let scale = of.ty.scale()?;
        self.number(
            Kind::Absolute(Box::new(of)),
            scale,
            (least, min.abs().max(max.abs())),
            span,
        )
    }

    /// A part that must be a number.
    pub(super) fn numeric(&mut self, part: &Part<'_>) -> Option<Node> {
        let node = self.node(part)?;
        self.must_be_number(node)
    }

    pub(super) fn must_be_number(&mut self, node: Node) -> Option<Node> {
        if node.ty.scale().is_none() {
            let (zh, en) = (
                format!("此处需要数，而它是 {}", node.ty),
                format!("this is {}, but a number is needed", node.ty),
            );
            self.error(node.span, zh, en);
            return None;
        }
        Some(node)
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}..{}",
            format_number(self.min, 0),
            format_number(self.max, 0)
        )
    }
}
