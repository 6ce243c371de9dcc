//! Prints how long all rules of a pack take over one record: 300 expressions over 150 columns.

use std::io::{self, Write};
use std::time::Instant;

use fuyou_expr::{Column, Expr, Rows, Scope, SetId, Slot, Type, Value, parse};

const COLUMNS: usize = 150;
const EXPRESSIONS: usize = 300;
const ROUNDS: usize = 20_000;

struct Record(Vec<Value>);

impl Rows for Record {
    fn outer(&self, slot: Slot) -> &Value {
        &self.0[usize::from(slot.0)]
    }

    fn len(&self, _: SetId) -> usize {
        0
    }

    fn member(&self, _: SetId, _: usize, _: Slot) -> &Value {
        &Value::Null
    }
}

fn main() -> io::Result<()> {
    let mut scope = Scope::new();
    let mut record = Record(Vec::new());
    for at in 0..COLUMNS {
        let (ty, value) = match at % 5 {
            0 => (Type::Integer, Value::Number(at as i64)),
            1 => (Type::Decimal(1), Value::Number(at as i64 * 7)),
            2 => (Type::Boolean, Value::Boolean(at % 2 == 0)),
            3 => (Type::Date, Value::Date(20_000 + at as i32)),
            _ => (Type::Text, Value::text("clinic")),
        };
        scope.outer(
            &format!("c{at}"),
            Column {
                range: Some((0, 1_000_000)),
                ..Column::new(ty)
            },
        );
        record.0.push(if at % 7 == 0 { Value::Null } else { value });
    }
    let exprs: Vec<Expr> = (0..EXPRESSIONS)
        .map(|at| parse(&rule(at), &scope).expect("the rules are well typed"))
        .collect();
    let mut nodes = 0;
    exprs
        .iter()
        .for_each(|expr| expr.root().visit(&mut |_| nodes += 1));
    let start = Instant::now();
    let mut held = 0usize;
    for _ in 0..ROUNDS {
        held += exprs.iter().filter(|expr| expr.holds(&record)).count();
    }
    let each_ns = start.elapsed().as_nanos() as f64 / ROUNDS as f64;
    let per_node = each_ns / f64::from(nodes);
    let held = held / ROUNDS;
    let out = &mut io::stdout();
    writeln!(
        out,
        "{EXPRESSIONS} rules, {nodes} nodes, {held} hold: {:.1} us per record, {per_node:.1} ns per node",
        each_ns / 1_000.0
    )
}

/// Rules of the kinds that packs have.
fn rule(at: usize) -> String {
    let column = |kind: usize, step: usize| (at * step) % (COLUMNS / 5) * 5 + kind;
    let (n, m) = (column(0, 1), column(0, 7));
    let (d, b) = (column(1, 3), column(2, 5));
    let (on, later, t) = (column(3, 1), column(3, 11), column(4, 1));
    match at % 5 {
        0 => format!("c{n} >= 140 or c{m} between 90 and 110"),
        1 => format!("c{d} > 25 or c{d} < 18.5 and not c{b}"),
        2 => format!("weeks_between(c{on}, c{later}) >= 28 and c{n} is not null"),
        3 => format!("c{t} in ('home', 'clinic') and coalesce(c{d}, 0) * 10 < 300"),
        _ => format!("case when c{b} then c{n} + c{m} else 0 end > 100"),
    }
}
