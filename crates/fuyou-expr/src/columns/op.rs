//! The nodes of a plan. Fewer kinds than the language has: the rest is expressed by these.

use std::sync::Arc;

use crate::tree::{Arithmetic, Comparison, DatePart, LikePattern, Need, Rounding, SpanUnit};
use crate::types::Type;
use crate::value::{CodeSet, Value};

/// Place of a node in its plan; operands stand before what reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub u32);

impl NodeId {
    pub(super) fn get(self) -> usize {
        self.0 as usize
    }
}

/// How the values of a node are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Boolean,
    /// Numbers, dates, codes.
    Number,
    Text,
    Sets,
}

impl Class {
    pub(super) fn of(ty: &Type) -> Class {
        match ty {
            Type::Boolean => Class::Boolean,
            Type::Integer | Type::Decimal(_) | Type::Date | Type::Code(_) => Class::Number,
            Type::Text => Class::Text,
            Type::Codes(_) => Class::Sets,
        }
    }
}

/// A constant other than `NULL`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Constant {
    Boolean(bool),
    Number(i64),
    Text(Arc<str>),
    Sets(CodeSet),
}

impl Constant {
    pub(super) fn of(value: &Value) -> Option<Constant> {
        match value {
            Value::Null => None,
            Value::Boolean(truth) => Some(Constant::Boolean(*truth)),
            Value::Number(number) => Some(Constant::Number(*number)),
            Value::Date(days) => Some(Constant::Number(i64::from(*days))),
            Value::Code(place) => Some(Constant::Number(i64::from(*place))),
            Value::Text(text) => Some(Constant::Text(Arc::clone(text))),
            Value::Codes(codes) => Some(Constant::Sets(codes.clone())),
        }
    }
}

/// A number made of one other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum One {
    Negate,
    Absolute,
    Rescale(u8),
    Round(u8, Rounding),
    Part(DatePart),
}

/// A number made of two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Two {
    Arithmetic(Arithmetic),
    /// With the power of ten of the tree's node.
    Divide(i8),
    /// From the first to the second.
    DaysBetween,
    AddDays,
    AddMonths,
    Completed(SpanUnit),
}

/// What a node computes. As in the tree, a node is `NULL` where an operand is, unless said otherwise there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// A constant, `NULL` when absent.
    Constant(Class, Option<Constant>),
    /// A column, by its place in the plan's list.
    Column(Class, u32),
    Not(NodeId),
    And(Box<[NodeId]>),
    Or(Box<[NodeId]>),
    IsNull(NodeId),
    IsTruth(NodeId, bool),
    /// A number beside a constant.
    CompareConstant(Comparison, NodeId, i64),
    /// Two nodes of any one class.
    Compare(Comparison, NodeId, NodeId),
    Case {
        class: Class,
        arms: Box<[(NodeId, NodeId)]>,
        otherwise: Option<NodeId>,
    },
    One(One, NodeId),
    Two(Two, NodeId, NodeId),
    Like(NodeId, LikePattern),
    Has(NodeId, Need, Box<[u16]>),
    Length(NodeId),
    Size(NodeId),
    Concat(Box<[NodeId]>),
}

impl Op {
    /// How its values are held.
    pub(super) fn class(&self) -> Class {
        match self {
            Op::Constant(class, _) | Op::Column(class, _) | Op::Case { class, .. } => *class,
            Op::Not(_) | Op::And(_) | Op::Or(_) | Op::IsNull(_) | Op::IsTruth(..) => Class::Boolean,
            Op::CompareConstant(..) | Op::Compare(..) | Op::Like(..) | Op::Has(..) => {
                Class::Boolean
            }
            Op::One(..) | Op::Two(..) | Op::Length(_) | Op::Size(_) => Class::Number,
            Op::Concat(_) => Class::Text,
        }
    }

    /// Its operands.
    pub(super) fn operands(&self) -> Vec<NodeId> {
        match self {
            Op::Constant(..) | Op::Column(..) => Vec::new(),
            Op::Not(of) | Op::IsNull(of) | Op::IsTruth(of, _) | Op::One(_, of) => vec![*of],
            Op::CompareConstant(_, of, _) | Op::Like(of, _) | Op::Has(of, ..) => vec![*of],
            Op::Length(of) | Op::Size(of) => vec![*of],
            Op::And(all) | Op::Or(all) | Op::Concat(all) => all.to_vec(),
            Op::Compare(_, left, right) | Op::Two(_, left, right) => vec![*left, *right],
            Op::Case {
                arms, otherwise, ..
            } => {
                let arms = arms.iter().flat_map(|(when, then)| [*when, *then]);
                arms.chain(*otherwise).collect()
            }
        }
    }
}
