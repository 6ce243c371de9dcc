//! Functions by name.

use std::ops::Range;

use super::dates::integer;
use super::operators::truth;
use super::settle::Draft;
use super::suggest::nearest;
use super::{Checker, numbers};
use crate::limits::SCALE_MAX;
use crate::syntax::{Call, Form, Operator, Part};
use crate::tree::{CurveAnswer, DatePart, Extreme, Kind, Need, Node, Rounding, SpanUnit};
use crate::types::Type;
use crate::value::Value;

/// Every function, with the least and most arguments it takes.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("abs", 1, 1),
    ("add_months", 2, 2),
    ("any", 1, 1),
    ("ceil", 1, 1),
    ("coalesce", 1, usize::MAX),
    ("count", 1, 1),
    ("curve_band", 4, 4),
    ("curve_z", 4, 4),
    ("day", 1, 1),
    ("every", 1, 1),
    ("first", 1, 1),
    ("floor", 1, 1),
    ("greatest", 1, usize::MAX),
    ("has", 2, 2),
    ("has_all", 2, usize::MAX),
    ("has_any", 2, usize::MAX),
    ("last", 1, 1),
    ("least", 1, usize::MAX),
    ("length", 1, 1),
    ("max", 1, 1),
    ("min", 1, 1),
    ("month", 1, 1),
    ("months_between", 2, 2),
    ("nullif", 2, 2),
    ("round", 1, 2),
    ("size", 1, 1),
    ("sum", 1, 1),
    ("weeks_between", 2, 2),
    ("year", 1, 1),
    ("years_between", 2, 2),
];

/// The names of all functions and aggregates, in order: for completion and for the reference.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

const AGGREGATES: &[&str] = &[
    "any", "count", "every", "first", "last", "max", "min", "sum",
];

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        call: &Call<'_>,
        span: Range<usize>,
        want: Option<&Type>,
    ) -> Option<Node> {
        let name = call.name.folded();
        let arguments: Vec<Option<&Part<'_>>> = call.arguments.iter().map(Option::as_ref).collect();
        self.known(&name, arguments.len(), call.name_span.clone())?;
        if AGGREGATES.contains(&&*name) {
            let filter = call.filter.as_deref();
            return self.aggregate(&name, &arguments, call.distinct, filter, span);
        }
        if call.distinct || call.filter.is_some() {
            let (zh, en) = (
                format!("{name} 不是聚合"),
                format!("{name} is not an aggregate"),
            );
            self.error(
                call.name_span.clone(),
                format!("{zh}，不能用 filter 或 distinct"),
                format!("{en}; it takes no filter or distinct"),
            );
            return None;
        }
        let Some(arguments) = arguments.into_iter().collect::<Option<Vec<_>>>() else {
            return self.foreign(span);
        };
        self.scalar(&name, &arguments, span, want)
    }

    fn known(&mut self, name: &str, count: usize, span: Range<usize>) -> Option<()> {
        let Some((_, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            let suggestion =
                nearest(name, FUNCTIONS.iter().map(|(known, ..)| *known)).map(str::to_owned);
            let (zh, en) = (
                format!("没有名为 {name} 的函数"),
                format!("there is no function {name}"),
            );
            self.suggest(span, zh, en, suggestion);
            return None;
        };
        if (*least..=*most).contains(&count) {
            return Some(());
        }
        let suggestion = match name {
            "min" => Some("least".to_owned()),
            "max" => Some("greatest".to_owned()),
            "has" if count > 2 => Some("has_any".to_owned()),
            _ => None,
        };
        let needed = match (least, most) {
            (least, most) if least == most => least.to_string(),
            (least, &usize::MAX) => format!("{least}+"),
            (least, most) => format!("{least}–{most}"),
        };
        let zh = format!("{name} 需要 {needed} 个参数，而不是 {count} 个");
        let noun = if needed == "1" {
            "argument"
        } else {
            "arguments"
        };
        let en = format!("{name} takes {needed} {noun}, not {count}");
        self.suggest(span, zh, en, suggestion);
        None
    }

    fn scalar(
        &mut self,
        name: &str,
        args: &[&Part<'_>],
        span: Range<usize>,
        want: Option<&Type>,
    ) -> Option<Node> {
        match name {
            "abs" => {
                let of = self.numeric(args[0])?;
                self.absolute(of, span)
            }
            "round" => self.call_round(args, span),
            "floor" => self.drop_decimals(args[0], Rounding::Floor),
            "ceil" => self.drop_decimals(args[0], Rounding::Ceiling),
            "coalesce" => {
                let nodes = self.unify(args, want)?;
                let bounds = numbers::union(nodes.iter().map(|node| node.bounds));
                Some(Node {
                    ty: nodes.first()?.ty.clone(),
                    bounds,
                    kind: Kind::Coalesce(nodes),
                    span,
                })
            }
            "nullif" => {
                let [of, equal_to] = self.pair(args[0], args[1])?;
                let (ty, bounds) = (of.ty.clone(), of.bounds);
                Some(Node {
                    kind: Kind::NullIf {
                        of: Box::new(of),
                        equal_to: Box::new(equal_to),
                    },
                    ty,
                    bounds,
                    span,
                })
            }
            "least" => self.extreme(Extreme::Least, args, span),
            "greatest" => self.extreme(Extreme::Greatest, args, span),
            "length" => {
                let of = Box::new(self.wanted(args[0], &Type::Text)?);
                Some(integer(Kind::Length(of), (0, i64::from(i32::MAX)), span))
            }
            "size" => {
                let of = Box::new(self.codes(args[0])?);
                let most = of.ty.value_set().map_or(0, |set| set.codes().len());
                Some(integer(Kind::Size(of), (0, most as i64), span))
            }
            "has" | "has_any" => self.has(Need::Any, args, span),
            "has_all" => self.has(Need::All, args, span),
            "add_months" => self.add_months(args, span),
            "weeks_between" => self.completed(SpanUnit::Weeks, args, span),
            "months_between" => self.completed(SpanUnit::Months, args, span),
            "years_between" => self.completed(SpanUnit::Years, args, span),
            "year" => self.date_part(DatePart::Year, args[0], span),
            "month" => self.date_part(DatePart::Month, args[0], span),
            "day" => self.date_part(DatePart::Day, args[0], span),
            "curve_z" => self.curve(CurveAnswer::Z, args, span),
            "curve_band" => self.curve(CurveAnswer::Band, args, span),
            _ => self.foreign(span),
        }
    }

    fn drop_decimals(&mut self, of: &Part<'_>, rounding: Rounding) -> Option<Node> {
        let of = self.numeric(of)?;
        self.round(of, 0, rounding)
    }

    /// `round(x)`, `round(x, k)`; `round(a / b, k)` rounds the quotient once.
    fn call_round(&mut self, args: &[&Part<'_>], span: Range<usize>) -> Option<Node> {
        let scale = match args.get(1) {
            None => 0,
            Some(places) => self.decimals(places)?,
        };
        // A chain ends with the step that is done last.
        if let Form::Chain { first, steps } = &args[0].bare().kind
            && let Some(((Operator::Divide, right), before)) = steps.split_last()
        {
            let left = self.steps(first, before, &args[0].span);
            let left = left.and_then(|left| self.must_be_number(left));
            let right = self.numeric(right)?;
            let node = self.divide(left?, right, Some(scale))?;
            return Some(Node { span, ..node });
        }
        let of = self.numeric(args[0])?;
        let node = self.round(of, scale, Rounding::HalfAway)?;
        Some(Node { span, ..node })
    }

    fn decimals(&mut self, expr: &Part<'_>) -> Option<u8> {
        if let Some(Draft::Node(Node {
            kind: Kind::Literal(Value::Number(number)),
            ty: Type::Integer,
            ..
        })) = self.draft(expr, None)
            && let Ok(number) = u8::try_from(number)
            && number <= SCALE_MAX
        {
            return Some(number);
        }
        let zh = format!("小数位数须是 0 到 {SCALE_MAX} 的整数常量");
        self.error(
            expr.span.clone(),
            zh,
            format!("the number of decimals must be a literal from 0 to {SCALE_MAX}"),
        );
        None
    }

    fn extreme(&mut self, which: Extreme, args: &[&Part<'_>], span: Range<usize>) -> Option<Node> {
        let of = self.unify(args, None)?;
        self.must_be_ordered(of.first()?, &span)?;
        let all: Option<Vec<_>> = of.iter().map(|node| node.bounds).collect();
        let bounds = all.and_then(|all| {
            let (mins, maxes) = (all.iter().map(|b| b.min), all.iter().map(|b| b.max));
            Some(match which {
                Extreme::Least => numbers::bounds(mins.min()?, maxes.min()?),
                Extreme::Greatest => numbers::bounds(mins.max()?, maxes.max()?),
            })
        });
        Some(Node {
            ty: of.first()?.ty.clone(),
            bounds,
            kind: Kind::Extreme { which, of },
            span,
        })
    }

    fn codes(&mut self, expr: &Part<'_>) -> Option<Node> {
        let node = self.node(expr)?;
        if matches!(node.ty, Type::Codes(_)) {
            return Some(node);
        }
        let (zh, en) = (
            format!("此处需要多选的代码，而它是 {}", node.ty),
            format!("this is {}, but codes are needed", node.ty),
        );
        let suggestion = matches!(node.ty, Type::Code(_)).then(|| "in (…)".to_owned());
        self.suggest(node.span, zh, en, suggestion);
        None
    }

    fn has(&mut self, need: Need, args: &[&Part<'_>], span: Range<usize>) -> Option<Node> {
        let of = self.codes(args[0])?;
        let one = Type::Code(of.ty.value_set()?.clone());
        let mut codes = Vec::new();
        let mut failed = false;
        for arg in &args[1..] {
            match self.wanted(arg, &one).map(|node| node.kind) {
                Some(Kind::Literal(Value::Code(code))) => codes.push(code),
                Some(_) => {
                    self.error(
                        arg.span.clone(),
                        "此处须是代码常量",
                        "this must be a literal code",
                    );
                    failed = true;
                }
                None => failed = true,
            }
        }
        codes.sort_unstable();
        codes.dedup();
        (!failed).then(|| {
            truth(
                Kind::Has {
                    of: Box::new(of),
                    need,
                    codes,
                },
                span,
            )
        })
    }
}
