//! The typed tree. Every node knows its static type, so that a backend never has to ask a value what it is.

use std::ops::Range;

use crate::curve::CurveRef;
use crate::scope::{SetId, Slot};
use crate::types::Type;
use crate::value::Value;

/// One node of a checked expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it computes.
    pub kind: Kind,
    /// Type of what it yields.
    pub ty: Type,
    /// For numbers: what it yields lies within, in units of the last decimal.
    pub bounds: Option<Bounds>,
    /// Bytes of the source text it was written as.
    pub span: Range<usize>,
}

/// The operands of a kind that is borrowed one way or the other.
macro_rules! operands {
    ($self:ident, $iter:ident, $as_deref:ident $(, $mut:tt)?) => {
        match &$($mut)? $self.kind {
            Kind::Literal(_) | Kind::Column(_) => Vec::new(),
            Kind::Not(of) | Kind::IsNull(of) | Kind::Negate(of) | Kind::Absolute(of) => vec![of],
            Kind::Length(of) | Kind::Size(of) => vec![of],
            Kind::IsTruth { of, .. } | Kind::Like { of, .. } | Kind::Rescale { of, .. } => vec![of],
            Kind::Round { of, .. } | Kind::DatePart { of, .. } | Kind::Has { of, .. } => vec![of],
            Kind::And(all) | Kind::Or(all) | Kind::Coalesce(all) | Kind::Concat(all) => {
                all.$iter().collect()
            }
            Kind::Extreme { of, .. } => of.$iter().collect(),
            Kind::Compare { left, right, .. } | Kind::Distinct { left, right } => vec![left, right],
            Kind::Arithmetic { left, right, .. } | Kind::Divide { left, right, .. } => {
                vec![left, right]
            }
            Kind::NullIf { of, equal_to } => vec![of, equal_to],
            Kind::DaysBetween { from, to } | Kind::Completed { from, to, .. } => vec![from, to],
            Kind::AddDays { date, days: count }
            | Kind::AddMonths {
                date,
                months: count,
            } => vec![date, count],
            Kind::Between { of, low, high } => vec![of, low, high],
            Kind::Curve { stratum, x, y, .. } => vec![stratum, x, y],
            Kind::In { of, list } => std::iter::once(&$($mut)? **of).chain(list).collect(),
            Kind::Case { arms, otherwise } => {
                let arms = arms
                    .$iter()
                    .flat_map(|arm| [&$($mut)? arm.when, &$($mut)? arm.then]);
                arms.chain(otherwise.$as_deref()).collect()
            }
            Kind::Aggregate(aggregate) => {
                let of = aggregate.of.$iter();
                of.chain(&$($mut)? aggregate.filter).collect()
            }
        }
    };
}

impl Node {
    /// Calls `see` for this node and everything below it, operands first to last after their operator.
    pub fn visit<'n>(&'n self, see: &mut dyn FnMut(&'n Node)) {
        see(self);
        for child in self.children() {
            child.visit(see);
        }
    }

    /// Whether it or anything below it reads a reference curve.
    pub fn reads_curve(&self) -> bool {
        matches!(self.kind, Kind::Curve { .. })
            || self.children().into_iter().any(Node::reads_curve)
    }

    /// The operands, in the order of writing; of an aggregate its argument and its filter.
    pub fn children(&self) -> Vec<&Node> {
        operands!(self, iter, as_deref)
    }

    /// The operands, as [`children`](Node::children) gives them.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut Node> {
        operands!(self, iter_mut, as_deref_mut, mut)
    }
}

/// Least and greatest number a node can yield, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Least.
    pub min: i64,
    /// Greatest.
    pub max: i64,
}

/// A column of the outer row (`set` is `None`) or of the current row of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnRef {
    /// The set, or the outer row.
    pub set: Option<SetId>,
    /// The column.
    pub slot: Slot,
}

/// What a node computes. Unless a variant says otherwise, it yields `NULL` when an operand is `NULL`.
///
/// The checker has already made implicit things explicit: both sides of a comparison, all branches of a `case` and
/// all arguments of `coalesce` have the same type (the same scale, the same value set), and nothing can overflow.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A constant, possibly `NULL`.
    Literal(Value),
    /// A column.
    Column(ColumnRef),
    /// True for false and the reverse.
    Not(Box<Node>),
    /// False when any operand is false, else `NULL` when any is `NULL`, else true. Two operands or more.
    And(Vec<Node>),
    /// True when any operand is true, else `NULL` when any is `NULL`, else false. Two operands or more.
    Or(Vec<Node>),
    /// A comparison. Codes compare by their place in the value set (other than `=` and `<>` only when it is
    /// ordered), texts by their bytes.
    Compare {
        /// Which.
        op: Comparison,
        /// Left operand.
        left: Box<Node>,
        /// Right operand, of the same type.
        right: Box<Node>,
    },
    /// `is distinct from`: as `<>`, but two `NULL`s are not distinct and `NULL` is distinct from all else; never `NULL`.
    Distinct {
        /// Left operand.
        left: Box<Node>,
        /// Right operand, of the same type.
        right: Box<Node>,
    },
    /// `is null`; never `NULL`. Also `is unknown`.
    IsNull(Box<Node>),
    /// `is true` or `is false`; never `NULL`.
    IsTruth {
        /// A boolean.
        of: Box<Node>,
        /// Which truth is asked for.
        truth: bool,
    },
    /// `low <= of and of <= high`, three-valued.
    Between {
        /// What is compared.
        of: Box<Node>,
        /// Lower bound, included.
        low: Box<Node>,
        /// Upper bound, included.
        high: Box<Node>,
    },
    /// True when equal to one of the list, else `NULL` when `of` or one of the list is `NULL`, else false.
    In {
        /// What is compared.
        of: Box<Node>,
        /// At least one node of the same type.
        list: Vec<Node>,
    },
    /// Whether a text matches a constant pattern, ASCII letters in either case.
    Like {
        /// A text.
        of: Box<Node>,
        /// The pattern.
        pattern: LikePattern,
    },
    /// The value of the first arm whose condition is true (not `NULL`), else `otherwise`, else `NULL`.
    Case {
        /// Conditions and values.
        arms: Vec<Arm>,
        /// Value when no condition is true.
        otherwise: Option<Box<Node>>,
    },
    /// The first operand that is not `NULL`.
    Coalesce(Vec<Node>),
    /// `NULL` when both are equal, else `of` (also when `equal_to` is `NULL`).
    NullIf {
        /// The value.
        of: Box<Node>,
        /// What makes it unknown.
        equal_to: Box<Node>,
    },
    /// The least or greatest of its operands; `NULL` when any is `NULL`: unknown stays unknown.
    Extreme {
        /// Which.
        which: Extreme,
        /// One node or more: numbers, dates, texts or ordered codes.
        of: Vec<Node>,
    },
    /// Arithmetic on scaled integers: scales are equal for `+ -`, add up for `*`, and are zero for `%`
    /// (sign of the dividend, `NULL` for a zero divisor).
    Arithmetic {
        /// Which.
        op: Arithmetic,
        /// Left operand.
        left: Box<Node>,
        /// Right operand.
        right: Box<Node>,
    },
    /// The number with the opposite sign.
    Negate(Box<Node>),
    /// The number without its sign.
    Absolute(Box<Node>),
    /// `left × 10^shift / right` on the scaled integers, rounded once, half away from zero; `NULL` when `right` is 0.
    /// A negative shift multiplies `right` instead.
    Divide {
        /// Dividend.
        left: Box<Node>,
        /// Divisor.
        right: Box<Node>,
        /// Power of ten that brings the quotient to the scale of this node.
        shift: i8,
    },
    /// The same number with `digits` more decimals: the scaled integer times `10^digits`.
    Rescale {
        /// A number.
        of: Box<Node>,
        /// One or more.
        digits: u8,
    },
    /// The number with `digits` fewer decimals: the scaled integer divided by `10^digits`.
    Round {
        /// A number.
        of: Box<Node>,
        /// One or more.
        digits: u8,
        /// How.
        rounding: Rounding,
    },
    /// Characters (Unicode scalar values) of a text.
    Length(Box<Node>),
    /// The texts one after the other.
    Concat(Vec<Node>),
    /// Days from one date to another.
    DaysBetween {
        /// Earlier date when the result is positive.
        from: Box<Node>,
        /// Later date when the result is positive.
        to: Box<Node>,
    },
    /// A date some days later; `NULL` outside [`DATE_MIN`](crate::DATE_MIN) to [`DATE_MAX`](crate::DATE_MAX).
    AddDays {
        /// The date.
        date: Box<Node>,
        /// Days, an integer.
        days: Box<Node>,
    },
    /// A date some calendar months later, clamped to the month's end; `NULL` outside the date limits.
    AddMonths {
        /// The date.
        date: Box<Node>,
        /// Months, an integer.
        months: Box<Node>,
    },
    /// Completed weeks, months or years between two dates, by the kernel's rules.
    Completed {
        /// What is counted.
        unit: SpanUnit,
        /// Start.
        from: Box<Node>,
        /// End; earlier than the start makes the count negative.
        to: Box<Node>,
    },
    /// Year, month or day of a date.
    DatePart {
        /// Which.
        part: DatePart,
        /// The date.
        of: Box<Node>,
    },
    /// Whether any or all of the listed codes are in a set of codes.
    Has {
        /// Codes.
        of: Box<Node>,
        /// How many of the list are needed.
        need: Need,
        /// Places in the value set, at least one.
        codes: Vec<u16>,
    },
    /// How many codes a set of codes has.
    Size(Box<Node>),
    /// How `y` stands on a reference curve at `x`; `NULL` also where the curve says nothing. `x` and `y` have
    /// [`CURVE_SCALE`](crate::CURVE_SCALE) decimals. Answered over one record only: columns and SQL refuse it.
    Curve {
        /// The curve.
        curve: CurveRef,
        /// What is asked.
        answer: CurveAnswer,
        /// A code of the curve's strata.
        stratum: Box<Node>,
        /// A number.
        x: Box<Node>,
        /// A number.
        y: Box<Node>,
    },
    /// A value over the rows of a set.
    Aggregate(Box<Aggregate>),
}

/// An aggregate. Its argument and filter may read columns of `set` (its current row) and of the outer row.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// What is computed.
    pub function: AggregateFunction,
    /// The set whose rows it ranges over.
    pub set: SetId,
    /// The argument; `None` for `count(*)` only.
    pub of: Option<Node>,
    /// Only rows for which this is true (not `NULL`) count.
    pub filter: Option<Node>,
}

impl Aggregate {
    /// The columns that its argument and its filter read, in the order of writing.
    pub fn columns(&self) -> Vec<ColumnRef> {
        let mut columns = Vec::new();
        for part in self.of.iter().chain(&self.filter) {
            part.visit(&mut |node| {
                if let Kind::Column(column) = node.kind {
                    columns.push(column);
                }
            });
        }
        columns
    }
}

/// What an aggregate computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunction {
    /// Rows, or rows whose argument is not `NULL`; never `NULL`.
    Count,
    /// Different arguments that are not `NULL`; never `NULL`.
    CountDistinct,
    /// Sum of the arguments that are not `NULL`; `NULL` when there is none.
    Sum,
    /// Least argument that is not `NULL`; `NULL` when there is none.
    Min,
    /// Greatest argument that is not `NULL`; `NULL` when there is none.
    Max,
    /// First argument, in the set's order, that is not `NULL`; `NULL` when there is none.
    First,
    /// Last argument, in the set's order, that is not `NULL`; `NULL` when there is none.
    Last,
    /// Three-valued `or` over the rows; false over no rows.
    Any,
    /// Three-valued `and` over the rows; true over no rows.
    Every,
}

/// One `when … then …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// A boolean.
    pub when: Node,
    /// The value.
    pub then: Node,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// As it is written, in expressions and in SQL.
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "=",
            Comparison::NotEqual => "<>",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }
}

/// Arithmetic that keeps to integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `%`
    Remainder,
}

/// `least` or `greatest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// `least`
    Least,
    /// `greatest`
    Greatest,
}

/// What is asked of a reference curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CurveAnswer {
    /// The z-score, two decimals.
    Z,
    /// The class by the printed standard deviations, an integer.
    Band,
}

/// How decimals are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest, a half away from zero.
    HalfAway,
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
}

/// What completed spans are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanUnit {
    /// Seven days.
    Weeks,
    /// Calendar months.
    Months,
    /// Years of age.
    Years,
}

/// Parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// Year, four digits.
    Year,
    /// Month, 1 to 12.
    Month,
    /// Day of the month, 1 to 31.
    Day,
}

/// How many of the listed codes `has` needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// One of them.
    Any,
    /// Each of them.
    All,
}

/// A `like` pattern, read once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LikePattern {
    /// As written.
    pub text: String,
    /// What must follow what.
    pub parts: Vec<LikePart>,
}

/// A piece of a `like` pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LikePart {
    /// `%`: any characters, also none.
    Anything,
    /// `_`: one character.
    One,
    /// This character; an ASCII letter also in the other case.
    Exactly(char),
}
