//! Functions of dates.

use std::ops::Range;

use super::{Checker, numbers};
use crate::limits::{DATE_MAX, DATE_MIN};
use crate::syntax::Part;
use crate::tree::{DatePart, Kind, Node, SpanUnit};
use crate::types::Type;

/// Days between the first and the last date of the language.
const DAYS: i64 = DATE_MAX as i64 - DATE_MIN as i64;
const YEARS: i64 = 300;

impl Checker<'_> {
    pub(super) fn days_between(&mut self, from: Node, to: Node) -> Node {
        let span = from.span.start.min(to.span.start)..from.span.end.max(to.span.end);
        integer(
            Kind::DaysBetween {
                from: Box::new(from),
                to: Box::new(to),
            },
            (-DAYS, DAYS),
            span,
        )
    }

    pub(super) fn completed(
        &mut self,
        unit: SpanUnit,
        args: &[&Part<'_>],
        span: Range<usize>,
    ) -> Option<Node> {
        let from = self.wanted(args[0], &Type::Date);
        let to = self.wanted(args[1], &Type::Date)?;
        let most = match unit {
            SpanUnit::Weeks => DAYS / 7,
            SpanUnit::Months => YEARS * 12,
            SpanUnit::Years => YEARS,
        };
        Some(integer(
            Kind::Completed {
                unit,
                from: Box::new(from?),
                to: Box::new(to),
            },
            (-most, most),
            span,
        ))
    }

    pub(super) fn date_part(
        &mut self,
        part: DatePart,
        of: &Part<'_>,
        span: Range<usize>,
    ) -> Option<Node> {
        let of = Box::new(self.wanted(of, &Type::Date)?);
        let range = match part {
            DatePart::Year => (1900, 2199),
            DatePart::Month => (1, 12),
            DatePart::Day => (1, 31),
        };
        Some(integer(Kind::DatePart { part, of }, range, span))
    }

    pub(super) fn add_months(&mut self, args: &[&Part<'_>], span: Range<usize>) -> Option<Node> {
        let date = self.wanted(args[0], &Type::Date);
        let months = self.wanted(args[1], &Type::Integer)?;
        let kind = Kind::AddMonths {
            date: Box::new(date?),
            months: Box::new(months),
        };
        Some(Node {
            kind,
            ty: Type::Date,
            bounds: None,
            span,
        })
    }
}

pub(super) fn integer(kind: Kind, (min, max): (i64, i64), span: Range<usize>) -> Node {
    Node {
        kind,
        ty: Type::Integer,
        bounds: Some(numbers::bounds(min, max)),
        span,
    }
}
