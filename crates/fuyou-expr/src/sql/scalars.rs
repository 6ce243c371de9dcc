use super::{Printer, quoted};
use crate::tree::{Comparison, Extreme, Kind, LikePattern, Need, Node};
use crate::types::{Type, ValueSet};
use crate::value::{Value, format_value};

impl Printer<'_> {
    pub(super) fn sql(&self, node: &Node) -> String {
        match &node.kind {
            Kind::Literal(value) => self.literal(&node.ty, value),
            Kind::Column(column) => self.names.column(column.set, column.slot),
            Kind::Not(of) => format!("(not {})", self.sql(of)),
            Kind::And(all) => format!("({})", self.list(all, " and ")),
            Kind::Or(all) => format!("({})", self.list(all, " or ")),
            Kind::Compare { op, left, right } => self.compare(*op, left, right),
            Kind::Distinct { left, right } => {
                format!("({} is distinct from {})", self.sql(left), self.sql(right))
            }
            Kind::IsNull(of) => format!("({} is null)", self.sql(of)),
            Kind::IsTruth { of, truth } => format!("({} is {truth})", self.sql(of)),
            Kind::Between { of, low, high } => {
                format!(
                    "({} between {} and {})",
                    self.ordered(of),
                    self.ordered(low),
                    self.ordered(high)
                )
            }
            Kind::In { of, list } => format!("({} in ({}))", self.sql(of), self.list(list, ", ")),
            Kind::Like { of, pattern } => self.like(of, pattern),
            Kind::Case { arms, otherwise } => {
                let arm = |arm: &crate::tree::Arm| {
                    format!(" when {} then {}", self.sql(&arm.when), self.sql(&arm.then))
                };
                let arms: String = arms.iter().map(arm).collect();
                let otherwise = otherwise
                    .as_ref()
                    .map_or(String::new(), |node| format!(" else {}", self.sql(node)));
                format!("(case{arms}{otherwise} end)")
            }
            Kind::Coalesce(all) => match all.as_slice() {
                [only] => self.sql(only),
                all => format!("coalesce({})", self.list(all, ", ")),
            },
            Kind::NullIf { of, equal_to } => {
                format!("nullif({}, {})", self.sql(of), self.sql(equal_to))
            }
            Kind::Extreme { which, of } => self.extreme(*which, of),
            Kind::Concat(parts) => format!("({})", self.list(parts, " || ")),
            Kind::Length(of) if self.is_postgres() => format!("length({})::bigint", self.sql(of)),
            Kind::Length(of) => format!("length({})", self.sql(of)),
            Kind::Has { of, need, codes } => self.has(of, *need, codes),
            // One bar more than there are codes.
            Kind::Size(of) => {
                let of = self.sql(of);
                let bars = format!("(length({of}) - length(replace({of}, '|', '')) - 1)");
                if self.is_postgres() {
                    format!("{bars}::bigint")
                } else {
                    bars
                }
            }
            Kind::Arithmetic { .. } | Kind::Negate(_) | Kind::Absolute(_) => self.number(node),
            Kind::Divide { .. } | Kind::Rescale { .. } | Kind::Round { .. } => self.number(node),
            Kind::DaysBetween { .. } | Kind::AddDays { .. } | Kind::AddMonths { .. } => {
                self.date(node)
            }
            Kind::Completed { .. } | Kind::DatePart { .. } => self.date(node),
            Kind::Aggregate(aggregate) => self.aggregate(aggregate),
            Kind::Curve { .. } => unreachable!("an expression that reads a curve is not printed"),
        }
    }

    pub(super) fn literal(&self, ty: &Type, value: &Value) -> String {
        let postgres = self.is_postgres();
        match (ty, value) {
            (_, Value::Null) if !postgres => "null".to_owned(),
            (Type::Boolean, Value::Null) => "null::boolean".to_owned(),
            (Type::Integer | Type::Decimal(_), Value::Null) => "null::bigint".to_owned(),
            (Type::Date, Value::Null) => "null::date".to_owned(),
            (Type::Text | Type::Code(_) | Type::Codes(_), Value::Null) => "null::text".to_owned(),
            (_, Value::Boolean(truth)) if postgres => truth.to_string(),
            (_, Value::Boolean(truth)) => u8::from(*truth).to_string(),
            // Without the cast PostgreSQL would compute small numbers in 32 bits.
            (_, Value::Number(number)) if postgres => format!("({number})::bigint"),
            (_, Value::Number(number)) => format!("({number})"),
            (_, Value::Date(_)) if postgres => format!("date '{}'", format_value(ty, value)),
            (_, Value::Text(_) | Value::Code(_) | Value::Codes(_)) if postgres => {
                format!("{}::text", quoted(&format_value(ty, value)))
            }
            (_, Value::Text(_) | Value::Code(_) | Value::Codes(_) | Value::Date(_)) => {
                quoted(&format_value(ty, value))
            }
        }
    }

    /// Something that compares in the order of the language: codes by rank, texts by their bytes.
    pub(super) fn ordered(&self, node: &Node) -> String {
        self.ordered_text(&node.ty, self.sql(node))
    }

    pub(super) fn ordered_text(&self, ty: &Type, sql: String) -> String {
        match ty {
            Type::Code(set) => rank(set, &sql),
            Type::Text if self.is_postgres() => format!("({sql} collate \"C\")"),
            _ => sql,
        }
    }

    fn compare(&self, op: Comparison, left: &Node, right: &Node) -> String {
        if let Some(sql) = self.completed_by(op, left, right) {
            return sql;
        }
        let sign = op.sign();
        match op {
            Comparison::Equal | Comparison::NotEqual => {
                format!("({} {sign} {})", self.sql(left), self.sql(right))
            }
            _ => format!("({} {sign} {})", self.ordered(left), self.ordered(right)),
        }
    }

    /// SQLite folds ASCII letters in `like` and no others; PostgreSQL is made to do the same.
    fn like(&self, of: &Node, pattern: &LikePattern) -> String {
        let of = self.sql(of);
        if !self.is_postgres() {
            return format!("({of} like {})", quoted(&pattern.text));
        }
        let upper: String = ('A'..='Z').collect();
        let lower = upper.to_ascii_lowercase();
        let pattern = quoted(&pattern.text.to_ascii_lowercase());
        format!("(translate({of}, '{upper}', '{lower}') like {pattern} escape '')")
    }

    fn extreme(&self, which: Extreme, of: &[Node]) -> String {
        let [first, _, ..] = of else {
            return self.list(of, "");
        };
        let all = of
            .iter()
            .map(|node| self.ordered(node))
            .collect::<Vec<_>>()
            .join(", ");
        let extreme = match (self.is_postgres(), which) {
            (false, Extreme::Least) => format!("min({all})"),
            (false, Extreme::Greatest) => format!("max({all})"),
            // PostgreSQL's own skip NULL.
            (true, Extreme::Least) => {
                format!("(case when num_nulls({all}) = 0 then least({all}) end)")
            }
            (true, Extreme::Greatest) => {
                format!("(case when num_nulls({all}) = 0 then greatest({all}) end)")
            }
        };
        self.unranked(&first.ty, extreme)
    }

    /// The reverse of [`Printer::ordered_text`].
    pub(super) fn unranked(&self, ty: &Type, sql: String) -> String {
        let Type::Code(set) = ty else { return sql };
        let arms: String = (0..)
            .zip(set.codes())
            .map(|(at, code)| format!(" when {at} then {}", quoted(code)))
            .collect();
        if set.codes().is_empty() {
            sql
        } else {
            format!("(case {sql}{arms} end)")
        }
    }

    /// A stored set of codes is `|a|b|`; no code contains a bar, so `|a|` finds just this code.
    fn has(&self, of: &Node, need: Need, codes: &[u16]) -> String {
        let find = if self.is_postgres() {
            "strpos"
        } else {
            "instr"
        };
        let set = of.ty.value_set();
        let of = self.sql(of);
        let code = |index: &u16| {
            set.and_then(|set| set.code(*index))
                .map_or(String::new(), |code| code.to_string())
        };
        let tests = codes.iter().map(|index| {
            format!(
                "{find}({of}, {}) > 0",
                quoted(&format!("|{}|", code(index)))
            )
        });
        let between = match need {
            Need::Any => " or ",
            Need::All => " and ",
        };
        format!("({})", tests.collect::<Vec<_>>().join(between))
    }
}

fn rank(set: &ValueSet, sql: &str) -> String {
    let arms: String = (0..)
        .zip(set.codes())
        .map(|(at, code)| format!(" when {} then {at}", quoted(code)))
        .collect();
    if arms.is_empty() {
        sql.to_owned()
    } else {
        format!("(case {sql}{arms} end)")
    }
}
