//! From typed trees to one graph: the same sub-expression becomes the same node, constants are computed.

use std::collections::HashMap;

use crate::row::{self, Rows};
use crate::scope::{SetId, Slot};
use crate::tree::{Arm, Comparison, Extreme, Kind, Node};
use crate::value::Value;

use super::op::{Class, Constant, NodeId, One, Op, Two};
use super::plan::{ColumnUse, Plan, PlanError, PlanNode, Wanted};

impl Plan {
    /// Puts expressions into one graph. The outputs of a run stand in the order given.
    ///
    /// # Errors
    /// When an expression aggregates over a set of rows or reads a curve.
    pub fn compile(wanted: &[Wanted<'_>]) -> Result<Plan, PlanError> {
        let mut graph = Graph::default();
        let mut outputs = Vec::with_capacity(wanted.len());
        for want in wanted {
            let expr = want.expr();
            let refused = |why| match why {
                Refused::Aggregate => PlanError::Aggregate(expr.text().to_owned()),
                Refused::Curve => PlanError::Curve(expr.text().to_owned()),
            };
            outputs.push(graph.lower(expr.root()).map_err(refused)?);
        }
        let mut plan = Plan {
            nodes: graph.nodes,
            columns: graph
                .columns
                .into_iter()
                .map(|slot| ColumnUse {
                    slot,
                    values: false,
                    known: false,
                })
                .collect(),
            outputs,
        };
        plan.demand(wanted);
        Ok(plan)
    }

    /// Marks what is read of each node, from the outputs down.
    fn demand(&mut self, wanted: &[Wanted<'_>]) {
        for (want, output) in wanted.iter().zip(&self.outputs) {
            let node = &mut self.nodes[output.get()];
            node.values = true;
            node.known |= matches!(want, Wanted::Value(_));
        }
        for at in (0..self.nodes.len()).rev() {
            let node = self.nodes[at].clone();
            for (operand, values, known) in reads(&node) {
                let operand = &mut self.nodes[operand.get()];
                operand.values |= values;
                operand.known |= known;
            }
            if let Op::Column(_, place) = node.op {
                let column = &mut self.columns[place as usize];
                (column.values, column.known) = (node.values, node.known);
            }
        }
    }
}

/// What a node reads of its operands: of each whether the values, and whether where they are known.
fn reads(node: &PlanNode) -> Vec<(NodeId, bool, bool)> {
    let (values, known) = (node.values, node.known && !node.never_null);
    let any = values || known;
    let each = |values, known| move |of: NodeId| (of, values, known);
    let all = node.op.operands().into_iter();
    match &node.op {
        // Where a conjunction is true asks only where its operands are; where it is known asks all.
        Op::And(_) | Op::Or(_) => all.map(each(any, known)).collect(),
        Op::Not(_) => all.map(each(values, any)).collect(),
        Op::IsNull(_) => all.map(each(false, values)).collect(),
        Op::IsTruth(_, truth) => all.map(each(values, values && !truth)).collect(),
        Op::CompareConstant(..) | Op::Compare(..) | Op::Like(..) | Op::Has(..) => {
            all.map(each(values, any)).collect()
        }
        Op::Case {
            class,
            arms,
            otherwise,
        } => {
            let known = known || *class != Class::Boolean && any;
            let whens = arms.iter().map(|(when, _)| (*when, any, false));
            let thens = arms.iter().map(|(_, then)| *then).chain(*otherwise);
            whens
                .chain(thens.map(each(values, known)))
                .collect::<Vec<_>>()
        }
        Op::Constant(..) | Op::Column(..) => Vec::new(),
        Op::One(..) | Op::Two(..) | Op::Length(_) | Op::Size(_) | Op::Concat(_) => {
            all.map(each(any, any)).collect()
        }
    }
}

/// What columns cannot answer.
enum Refused {
    Aggregate,
    Curve,
}

type Lowered = Result<NodeId, Refused>;

#[derive(Default)]
struct Graph {
    nodes: Vec<PlanNode>,
    known: HashMap<Op, NodeId>,
    columns: Vec<Slot>,
}

impl Graph {
    fn add(&mut self, op: Op) -> NodeId {
        if let Some(known) = self.known.get(&op) {
            return *known;
        }
        let never_null = match &op {
            Op::Constant(_, constant) => constant.is_some(),
            Op::IsNull(_) | Op::IsTruth(..) => true,
            Op::Not(_) | Op::And(_) | Op::Or(_) => op
                .operands()
                .iter()
                .all(|of| self.nodes[of.get()].never_null),
            _ => false,
        };
        let id =
            NodeId(u32::try_from(self.nodes.len()).expect("plans have fewer nodes than memory"));
        self.nodes.push(PlanNode {
            op: op.clone(),
            values: false,
            known: false,
            never_null,
        });
        self.known.insert(op, id);
        id
    }

    fn lower(&mut self, node: &Node) -> Lowered {
        let class = Class::of(&node.ty);
        if is_constant(node) {
            let value = row::value(node, &NoRows);
            return Ok(self.add(Op::Constant(class, Constant::of(&value))));
        }
        let op = match &node.kind {
            Kind::Aggregate(_) => return Err(Refused::Aggregate),
            Kind::Curve { .. } => return Err(Refused::Curve),
            Kind::Literal(value) => Op::Constant(class, Constant::of(value)),
            Kind::Column(column) if column.set.is_some() => return Err(Refused::Aggregate),
            Kind::Column(column) => Op::Column(class, self.column(column.slot)),
            Kind::Not(of) => Op::Not(self.lower(of)?),
            Kind::And(all) => return self.conjunction(all),
            Kind::Or(all) => return self.disjunction(all),
            Kind::Compare { op, left, right } => {
                let (left, right) = (self.lower(left)?, self.lower(right)?);
                return Ok(self.compare(*op, left, right));
            }
            Kind::Distinct { left, right } => return self.distinct(left, right),
            Kind::IsNull(of) => Op::IsNull(self.lower(of)?),
            Kind::IsTruth { of, truth } => Op::IsTruth(self.lower(of)?, *truth),
            Kind::Between { of, low, high } => {
                let (of, low, high) = (self.lower(of)?, self.lower(low)?, self.lower(high)?);
                let above = self.compare(Comparison::GreaterOrEqual, of, low);
                let below = self.compare(Comparison::LessOrEqual, of, high);
                return Ok(self.both(vec![above, below]));
            }
            Kind::In { of, list } => {
                let of = self.lower(of)?;
                let mut any = Vec::with_capacity(list.len());
                for candidate in list {
                    let candidate = self.lower(candidate)?;
                    any.push(self.compare(Comparison::Equal, of, candidate));
                }
                return Ok(self.either(any));
            }
            Kind::Like { of, pattern } => Op::Like(self.lower(of)?, pattern.clone()),
            Kind::Has { of, need, codes } => {
                Op::Has(self.lower(of)?, *need, codes.as_slice().into())
            }
            Kind::Case { arms, otherwise } => return self.case(class, arms, otherwise.as_deref()),
            Kind::Coalesce(all) => return self.coalesce(class, all),
            Kind::NullIf { of, equal_to } => return self.null_if(class, of, equal_to),
            Kind::Extreme { which, of } => return self.extreme(class, *which, of),
            Kind::Length(of) => Op::Length(self.lower(of)?),
            Kind::Size(of) => Op::Size(self.lower(of)?),
            Kind::Concat(parts) => Op::Concat(self.lower_all(parts)?.into()),
            _ => return self.number(node),
        };
        Ok(self.add(op))
    }

    fn number(&mut self, node: &Node) -> Lowered {
        let one = |one, of: NodeId| Op::One(one, of);
        let op = match &node.kind {
            Kind::Negate(of) => one(One::Negate, self.lower(of)?),
            Kind::Absolute(of) => one(One::Absolute, self.lower(of)?),
            Kind::Rescale { of, digits } => one(One::Rescale(*digits), self.lower(of)?),
            Kind::Round {
                of,
                digits,
                rounding,
            } => one(One::Round(*digits, *rounding), self.lower(of)?),
            Kind::DatePart { part, of } => one(One::Part(*part), self.lower(of)?),
            Kind::Arithmetic { op, left, right } => {
                Op::Two(Two::Arithmetic(*op), self.lower(left)?, self.lower(right)?)
            }
            Kind::Divide { left, right, shift } => {
                Op::Two(Two::Divide(*shift), self.lower(left)?, self.lower(right)?)
            }
            Kind::DaysBetween { from, to } => {
                Op::Two(Two::DaysBetween, self.lower(from)?, self.lower(to)?)
            }
            Kind::AddDays { date, days } => {
                Op::Two(Two::AddDays, self.lower(date)?, self.lower(days)?)
            }
            Kind::AddMonths { date, months } => {
                Op::Two(Two::AddMonths, self.lower(date)?, self.lower(months)?)
            }
            Kind::Completed { unit, from, to } => {
                Op::Two(Two::Completed(*unit), self.lower(from)?, self.lower(to)?)
            }
            kind => unreachable!("{kind:?} is no number made of numbers"),
        };
        Ok(self.add(op))
    }

    fn column(&mut self, slot: Slot) -> u32 {
        let found = self.columns.iter().position(|known| *known == slot);
        let place = found.unwrap_or_else(|| {
            self.columns.push(slot);
            self.columns.len() - 1
        });
        u32::try_from(place).expect("a row has fewer than 65536 columns")
    }

    fn lower_all(&mut self, nodes: &[Node]) -> Result<Vec<NodeId>, Refused> {
        nodes.iter().map(|node| self.lower(node)).collect()
    }

    fn conjunction(&mut self, all: &[Node]) -> Lowered {
        let all = self.lower_all(all)?;
        Ok(self.both(all))
    }

    fn disjunction(&mut self, all: &[Node]) -> Lowered {
        let all = self.lower_all(all)?;
        Ok(self.either(all))
    }

    /// Three-valued `and` does not care for order or repetition, so that `a and b` and `b and a` are one node.
    fn both(&mut self, mut all: Vec<NodeId>) -> NodeId {
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [only] => *only,
            _ => self.add(Op::And(all.into())),
        }
    }

    fn either(&mut self, mut all: Vec<NodeId>) -> NodeId {
        all.sort_unstable();
        all.dedup();
        match all.as_slice() {
            [only] => *only,
            _ => self.add(Op::Or(all.into())),
        }
    }

    /// A number beside a constant is compared in the number's own width.
    fn compare(&mut self, op: Comparison, left: NodeId, right: NodeId) -> NodeId {
        let number = |id: NodeId| match &self.nodes[id.get()].op {
            Op::Constant(_, Some(Constant::Number(number))) => Some(*number),
            _ => None,
        };
        let op = match (number(left), number(right)) {
            (None, Some(with)) => Op::CompareConstant(op, left, with),
            (Some(with), None) => Op::CompareConstant(mirrored(op), right, with),
            _ => Op::Compare(op, left, right),
        };
        self.add(op)
    }

    /// Not both unknown, and not surely equal.
    fn distinct(&mut self, left: &Node, right: &Node) -> Lowered {
        let (left, right) = (self.lower(left)?, self.lower(right)?);
        let equal = self.compare(Comparison::Equal, left, right);
        let equal = self.add(Op::IsTruth(equal, true));
        let unknown = [left, right].map(|of| self.add(Op::IsNull(of)));
        let unknown = self.both(unknown.to_vec());
        let same = self.either(vec![equal, unknown]);
        Ok(self.add(Op::Not(same)))
    }

    fn case(&mut self, class: Class, arms: &[Arm], otherwise: Option<&Node>) -> Lowered {
        let mut lowered = Vec::with_capacity(arms.len());
        for arm in arms {
            lowered.push((self.lower(&arm.when)?, self.lower(&arm.then)?));
        }
        let otherwise = otherwise.map(|node| self.lower(node)).transpose()?;
        Ok(self.choose(class, lowered, otherwise))
    }

    fn choose(
        &mut self,
        class: Class,
        arms: Vec<(NodeId, NodeId)>,
        otherwise: Option<NodeId>,
    ) -> NodeId {
        let arms = arms.into();
        self.add(Op::Case {
            class,
            arms,
            otherwise,
        })
    }

    fn coalesce(&mut self, class: Class, all: &[Node]) -> Lowered {
        let mut arms = Vec::with_capacity(all.len());
        for of in self.lower_all(all)? {
            let unknown = self.add(Op::IsNull(of));
            arms.push((self.add(Op::Not(unknown)), of));
        }
        Ok(self.choose(class, arms, None))
    }

    fn null_if(&mut self, class: Class, of: &Node, equal_to: &Node) -> Lowered {
        let (of, equal_to) = (self.lower(of)?, self.lower(equal_to)?);
        let equal = self.compare(Comparison::Equal, of, equal_to);
        let null = self.add(Op::Constant(class, None));
        Ok(self.choose(class, vec![(equal, null)], Some(of)))
    }

    /// Two at a time: unknown when either is, else the second when it is better, else the first.
    fn extreme(&mut self, class: Class, which: Extreme, of: &[Node]) -> Lowered {
        let better = match which {
            Extreme::Least => Comparison::Less,
            Extreme::Greatest => Comparison::Greater,
        };
        let mut all = self.lower_all(of)?.into_iter();
        let Some(mut best) = all.next() else {
            return Ok(self.add(Op::Constant(class, None)));
        };
        for next in all {
            let wins = self.compare(better, next, best);
            let worse = self.add(Op::Not(wins));
            // Where either is unknown, neither arm holds.
            best = self.choose(class, vec![(wins, next), (worse, best)], None);
        }
        Ok(best)
    }
}

/// The comparison with its sides exchanged.
fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Equal | Comparison::NotEqual => op,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// Reads nothing of any row.
fn is_constant(node: &Node) -> bool {
    let mut constant = true;
    node.visit(&mut |node| {
        constant &= !matches!(
            node.kind,
            Kind::Column(_) | Kind::Aggregate(_) | Kind::Curve { .. }
        );
    });
    constant
}

/// What constants are evaluated over.
struct NoRows;

impl Rows for NoRows {
    fn outer(&self, _: Slot) -> &Value {
        &Value::Null
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &Value::Null
    }
}
